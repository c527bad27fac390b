//! A chain with a Model Token on it, and what tests do to it.

use std::sync::LazyLock;

use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use alloy_primitives::{Address, B256, Bytes, LogData, TxKind, U256, hex, keccak256};
use alloy_sol_types::{Eip712Domain, SolCall, SolError, SolEvent, SolStruct, sol};
use fomo::devnet::STYLUS_DEPLOYER;
use fomo_chain::{Chain, Config, Execution, Outcome};
use fomo_tests::{GAS, Harness, init_code};

pub use interfaces::{IFlock, IFomoERC20, IModelToken, IStylusDeployer, IUsd, Permit};

/// What the tests call.
#[allow(clippy::too_many_arguments)]
mod interfaces {
    use super::sol;

    sol!(
        #[sol(abi, all_derives)]
        "../abi/IFomoERC20.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IModelToken.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IFlock.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IUsd.sol"
    );
    sol! {
        interface IStylusDeployer {
            function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
            event ContractDeployed(address deployedContract);
        }

        struct Permit {
            address owner;
            address spender;
            uint256 value;
            uint256 nonce;
            uint256 deadline;
        }
    }
}

/// What a constructor answers to, whatever its parameters.
pub const CONSTRUCTOR: [u8; 4] = hex!("5585258d");
/// The whole supply: 1,000,000 MT.
pub const SUPPLY: U256 = U256::from_limbs([0x1bce_cced_a100_0000, 0xd3c2, 0, 0]);
/// When the chains of the tests begin.
pub const GENESIS: u64 = 1_800_000_000;
pub const NAME: &str = "Chat Model";
pub const SYMBOL: &str = "CHAT";
pub const URI: &str = "ipfs://chat";

/// A chain and the token on it: Alice holds the supply, Bob issued it, the factory initialised it.
pub struct World {
    pub harness: Harness,
    /// The locked implementation.
    pub implementation: Address,
    /// A clone, initialised.
    pub token: Address,
    pub factory: Address,
    pub alice: Address,
    pub bob: Address,
    pub carol: Address,
    pub dave: Address,
}

/// One token of all tests; each works on a copy of its chain.
static BASE: LazyLock<(Chain, Address, Address)> = LazyLock::new(|| {
    let world = World::with(config());
    (world.harness.chain, world.implementation, world.token)
});

pub fn config() -> Config {
    Config { genesis_time: Some(GENESIS), ..Config::default() }
}

impl World {
    /// A chain with a token that nothing happened to yet.
    pub fn new() -> Self {
        let (chain, implementation, token) = BASE.clone();
        Self { implementation, token, ..Self::on(chain) }
    }

    /// The same on a chain with other settings.
    pub fn with(config: Config) -> Self {
        let mut world = Self::on(Chain::new(config));
        world.harness.chain.set_code(STYLUS_DEPLOYER, fomo::npm::stylus_deployer().unwrap());
        world.implementation = world.deploy("model-token", &[]).expect("the implementation is deployed");
        world.token = world.clone_token();
        let call = world.initialize(NAME, SYMBOL, URI);
        let (factory, token) = (world.factory, world.token);
        world.must(factory, token, call);
        world
    }

    fn on(chain: Chain) -> Self {
        let [factory, alice, bob, carol, dave, ..] = chain.accounts()[..] else { panic!("the chain has accounts") };
        let (implementation, token) = (Address::ZERO, Address::ZERO);
        Self { harness: Harness { chain }, implementation, token, factory, alice, bob, carol, dave }
    }

    /// Deploys, activates and constructs a contract in one transaction, then caches it; the deployer's error.
    pub fn deploy(&mut self, name: &str, arguments: &[u8]) -> Result<Address, Bytes> {
        let code = fomo::build::code(name).unwrap();
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&code).into(),
            initData: [CONSTRUCTOR.as_slice(), arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let value = U256::from(10_000_000_000_000_000_u64);
        let execution = self.harness.send_value(STYLUS_DEPLOYER, call.abi_encode(), value).execution;
        if !execution.success() {
            return Err(execution.output);
        }
        let topic = IStylusDeployer::ContractDeployed::SIGNATURE_HASH;
        let log = execution.logs.iter().find(|log| log.topics()[0] == topic).expect("the deployer says where");
        let program = IStylusDeployer::ContractDeployed::decode_log_data(&log.data).unwrap().deployedContract;
        self.harness.cache(program);
        Ok(program)
    }

    /// Deploys the token's code as a contract of its own, which no constructor has locked.
    pub fn deploy_bare(&mut self) -> Address {
        let program = self.harness.deploy_code(&fomo::build::code("model-token").unwrap());
        let activation = self.harness.activate(program).execution;
        assert!(activation.success() || !activation.output.is_empty(), "{activation:?}");
        let code_hash = self.harness.chain.head_state().code_hash(program);
        self.harness.chain.set_cached(code_hash, true);
        program
    }

    /// An ERC-1167 clone of the implementation, which is no token yet.
    pub fn clone_token(&mut self) -> Address {
        let before = hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73");
        let after = hex!("5af43d82803e903d91602b57fd5bf3");
        let code = [before.as_slice(), self.implementation.as_slice(), after.as_slice()].concat();
        let mut request = TransactionRequest { from: Some(self.factory), ..Default::default() };
        request = request.input(Bytes::from(code).into());
        request.to = Some(TxKind::Create);
        self.harness.submit(request).execution.created.expect("the clone is made")
    }

    /// A further token.
    pub fn another(&mut self, name: &str, symbol: &str, uri: &str) -> Address {
        let clone = self.clone_token();
        let call = self.initialize(name, symbol, uri);
        self.must(self.factory, clone, call);
        clone
    }

    /// The call that makes a clone a token which Bob issues and Alice holds.
    pub fn initialize(&self, name: &str, symbol: &str, uri: &str) -> IModelToken::initializeCall {
        IModelToken::initializeCall {
            issuer: self.bob,
            launchId: launch_id(),
            modelId: model_id(),
            holder: self.alice,
            name: name.into(),
            symbol: symbol.into(),
            metadataUri: uri.into(),
        }
    }

    /// Calls in a transaction.
    pub fn run(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Execution {
        self.run_with(from, to, data, U256::ZERO)
    }

    /// Calls in a transaction that carries wei.
    pub fn run_with(&mut self, from: Address, to: Address, data: impl Into<Bytes>, value: U256) -> Execution {
        let request = TransactionRequest { from: Some(from), value: Some(value), gas: Some(GAS), ..Default::default() };
        self.harness.submit(request.to(to).input(data.into().into())).execution
    }

    /// Calls in a transaction that has to succeed; its events.
    pub fn must<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Vec<LogData> {
        let execution = self.run(from, to, call.abi_encode());
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says");
        if C::SIGNATURE.starts_with("transfer") || C::SIGNATURE.starts_with("approve") {
            assert_eq!(U256::from_be_slice(&execution.output), U256::ONE, "{} returns true", C::SIGNATURE);
        }
        execution
            .logs
            .into_iter()
            .map(|log| {
                assert_eq!(log.address, to, "the event is the token's own");
                log.data
            })
            .collect()
    }

    /// Calls in a transaction that has to be refused with exactly this error, and to leave nothing behind.
    #[track_caller]
    pub fn refused<C: SolCall, E: SolError>(&mut self, from: Address, to: Address, call: C, error: E) {
        let execution = self.refused_raw(from, to, call.abi_encode(), U256::ZERO);
        let expected = Bytes::from(error.abi_encode());
        assert_eq!(execution.output, expected, "{} is to be refused with {}", C::SIGNATURE, E::SIGNATURE);
    }

    /// Sends data that has to be refused, and to leave nothing behind.
    #[track_caller]
    pub fn refused_raw(&mut self, from: Address, to: Address, data: impl Into<Bytes>, value: U256) -> Execution {
        let before = self.storage(to);
        let data = data.into();
        let execution = self.run_with(from, to, data.clone(), value);
        assert_eq!(execution.outcome, Outcome::Revert, "{data} is to be refused: {execution:?}");
        assert!(execution.logs.is_empty());
        assert_eq!(self.storage(to), before, "a refused call leaves storage as it was");
        execution
    }

    /// All that a contract keeps.
    pub fn storage(&self, contract: Address) -> Vec<(U256, U256)> {
        let state = self.harness.chain.head_state();
        let mut slots: Vec<_> = state
            .account(contract)
            .map(|account| account.storage.iter().map(|(slot, value)| (*slot, *value)).collect())
            .unwrap_or_default();
        slots.retain(|(_, value)| !value.is_zero());
        slots.sort();
        slots
    }

    pub fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        self.harness.view(to, call)
    }

    pub fn balance(&self, account: Address) -> U256 {
        self.view(self.token, IFomoERC20::balanceOfCall { account })
    }

    pub fn allowance(&self, owner: Address, spender: Address) -> U256 {
        self.view(self.token, IFomoERC20::allowanceCall { owner, spender })
    }

    pub fn supply(&self) -> U256 {
        self.view(self.token, IFomoERC20::totalSupplyCall {})
    }

    pub fn nonce(&self, owner: Address) -> U256 {
        self.view(self.token, IFomoERC20::noncesCall { owner })
    }

    /// The key of one of the chain's accounts.
    pub fn key(&self, account: Address) -> PrivateKeySigner {
        let keys = self.harness.chain.development_keys();
        keys.iter().find(|key| key.address() == account).expect("it is an account of the chain's").clone()
    }

    /// The domain of a token's permits, as a wallet makes it from the token's name.
    pub fn domain(&self, token: Address) -> Eip712Domain {
        let name = self.view(token, IFomoERC20::nameCall {});
        let chain_id = self.harness.chain.config().chain_id;
        Eip712Domain::new(Some(name.into()), Some("1".into()), Some(U256::from(chain_id)), Some(token), None)
    }

    /// A permit of the token, signed by its owner.
    pub fn permit(&self, owner: Address, spender: Address, value: U256) -> IFomoERC20::permitCall {
        let permit = Permit { owner, spender, value, nonce: self.nonce(owner), deadline: U256::MAX };
        sign(&permit, &self.domain(self.token), &self.key(owner))
    }
}

/// Signs a permit in a domain; the call that uses it.
pub fn sign(permit: &Permit, domain: &Eip712Domain, key: &PrivateKeySigner) -> IFomoERC20::permitCall {
    let signature = key.sign_hash_sync(&permit.eip712_signing_hash(domain)).unwrap();
    IFomoERC20::permitCall {
        owner: permit.owner,
        spender: permit.spender,
        value: permit.value,
        deadline: permit.deadline,
        v: 27 + u8::from(signature.v()),
        r: signature.r().into(),
        s: signature.s().into(),
    }
}

pub fn launch_id() -> B256 {
    keccak256("launch 1")
}

pub fn model_id() -> B256 {
    keccak256("flock-chat")
}

pub fn amount(value: u64) -> U256 {
    U256::from(value)
}

pub fn transfer_event(from: Address, to: Address, value: U256) -> LogData {
    IFomoERC20::Transfer { from, to, value }.encode_log_data()
}

pub fn approval_event(owner: Address, spender: Address, value: U256) -> LogData {
    IFomoERC20::Approval { owner, spender, value }.encode_log_data()
}
