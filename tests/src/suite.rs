//! The suite on a chain: tokens, both venues, every contract, wired as a deployment wires them.

use std::sync::LazyLock;

use alloy::rpc::types::TransactionRequest;
use alloy::signers::SignerSync;
use alloy_primitives::{Address, B256, Bytes, U256, hex, keccak256};
use alloy_sol_types::{Eip712Domain, SolCall, SolError, SolEvent, SolStruct, SolValue, sol};
use fomo::client::deployment::{Contract, Deployment};
use fomo::devnet::STYLUS_DEPLOYER;
use fomo::{npm, solidity};
use fomo_chain::{Chain, Config, Execution, Outcome};

use crate::{GAS, Harness, init_code};

pub use interfaces::*;

/// The contracts' interfaces, from `abi/`.
#[allow(missing_docs, clippy::too_many_arguments)]
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
        "../abi/IAccess.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IEconomicsErrors.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/ILaunchpad.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IVesting.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/ILiquidityAdapter.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IRewardDistributor.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IRevenueSplitter.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/ILens.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IStakeRegistry.sol"
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

        #[derive(Debug)]
        interface IPool {
            function token0() external view returns (address);
            function getReserves() external view returns (uint256 reserve0, uint256 reserve1, uint256 at);
            function totalSupply() external view returns (uint256);
            function balanceOf(address account) external view returns (uint256);
            function transfer(address to, uint256 value) external returns (bool);
            function sync() external;
            function skim(address to) external;
            function mint(address to) external returns (uint256);
        }

        interface IVenueFactory {
            function createPair(address a, address b) external returns (address);
            function getPair(address a, address b) external view returns (address);
            function createPool(address a, address b, bool stable) external returns (address);
            function getPool(address a, address b, bool stable) external view returns (address);
        }
    }
}

/// What a constructor answers to, whatever its parameters.
pub const CONSTRUCTOR: [u8; 4] = hex!("5585258d");
/// When the chains of these tests begin: midnight of a UTC day.
pub const GENESIS: u64 = 20_833 * DAY;
/// Seconds of a day.
pub const DAY: u64 = 86_400;
/// A deadline that never passes.
pub const NEVER: u64 = u64::MAX;

/// So many whole tokens.
#[must_use]
pub fn tokens(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10).pow(U256::from(18))
}

/// A name in a word: ASCII, zeros behind.
#[must_use]
pub fn name(text: &str) -> B256 {
    B256::right_padding_from(text.as_bytes())
}

/// Where a launch is.
pub const SCHEDULED: u8 = 1;
/// See [`SCHEDULED`].
pub const RAISING: u8 = 2;
/// See [`SCHEDULED`].
pub const SUCCEEDED: u8 = 3;
/// See [`SCHEDULED`].
pub const GRADUATED: u8 = 4;
/// See [`SCHEDULED`].
pub const FAILED: u8 = 5;

/// The venues by name.
pub const VENUES: [&str; 2] = ["UNISWAP_V2", "AERODROME"];
/// A model type whose minimum and maximum are [`MIN`] and [`MAX`].
pub const MODEL_TYPE: &str = "small";
/// A model type with a single target, [`MAX`].
pub const SINGLE: &str = "single";

/// Minimum target of [`MODEL_TYPE`].
#[must_use]
pub fn min_target() -> U256 {
    tokens(60_000)
}

/// Maximum target of [`MODEL_TYPE`].
#[must_use]
pub fn max_target() -> U256 {
    tokens(100_000)
}

/// Addresses of the suite.
#[derive(Debug, Clone, Copy, Default)]
pub struct Addresses {
    /// FLOCK.
    pub flock: Address,
    /// The locked implementation of Model Tokens.
    pub implementation: Address,
    /// Launchpad.
    pub launchpad: Address,
    /// Its desk.
    pub desk: Address,
    /// Its office.
    pub office: Address,
    /// Vesting.
    pub vesting: Address,
    /// Reward distributor.
    pub rewards: Address,
    /// Its desk.
    pub rewards_desk: Address,
    /// Its office.
    pub rewards_office: Address,
    /// Stake registry.
    pub registry: Address,
    /// Its desk.
    pub registry_desk: Address,
    /// Lens.
    pub lens: Address,
    /// Revenue splitter.
    pub splitter: Address,
    /// Its desk.
    pub splitter_desk: Address,
    /// A dollar of 6 decimals.
    pub usd: Address,
    /// The venues' factories, in the order of [`VENUES`].
    pub factories: [Address; 2],
    /// Their adapters.
    pub adapters: [Address; 2],
}

/// A chain with the suite on it.
#[derive(Clone)]
pub struct Suite {
    /// The chain.
    pub harness: Harness,
    /// The suite's addresses.
    pub at: Addresses,
    /// Admin of everything.
    pub admin: Address,
    /// Guardian of everything.
    pub guardian: Address,
    /// Gets the protocol's fees.
    pub treasury: Address,
    /// Has FLOCK and approved the launchpad, like every one of `users`.
    pub issuer: Address,
    /// Accounts with 10,000,000 FLOCK each that have approved the launchpad.
    pub users: Vec<Address>,
}

/// One suite of all tests; each works on a copy of its chain.
static BASE: LazyLock<(Chain, Addresses)> = LazyLock::new(|| {
    let suite = Suite::deploy("flock");
    (suite.harness.chain, suite.at)
});

impl Default for Suite {
    fn default() -> Self {
        Self::new()
    }
}

impl Suite {
    /// A chain with a suite that nothing happened to yet.
    #[must_use]
    pub fn new() -> Self {
        let (chain, at) = BASE.clone();
        Self::on(chain, at)
    }

    fn on(chain: Chain, at: Addresses) -> Self {
        let accounts = chain.accounts().to_vec();
        let [_, admin, guardian, treasury, issuer, ref users @ ..] = accounts[..] else { panic!("there are accounts") };
        Self { harness: Harness { chain }, at, admin, guardian, treasury, issuer, users: users.to_vec() }
    }

    /// Deploys a suite whose FLOCK is this contract.
    #[must_use]
    pub fn deploy(flock: &str) -> Self {
        let config = Config { genesis_time: Some(GENESIS), ..Config::default() };
        let mut suite = Self::on(Chain::new(config), Addresses::default());
        suite.harness.chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer().unwrap());
        let holder = suite.harness.sender();
        suite.at.flock = suite.program(flock, &(holder, tokens(1_000_000_000)).abi_encode());
        suite.deploy_rest();
        suite
    }

    /// A suite whose FLOCK is a contract of `tests/solidity`.
    #[must_use]
    pub fn with_solidity_flock(file: &str, contract: &str) -> Self {
        let config = Config { genesis_time: Some(GENESIS), ..Config::default() };
        let mut suite = Self::on(Chain::new(config), Addresses::default());
        suite.harness.chain.set_code(STYLUS_DEPLOYER, npm::stylus_deployer().unwrap());
        let code = solidity::tests(file).unwrap()[contract].to_vec();
        let arguments = (suite.harness.sender(), tokens(1_000_000_000)).abi_encode();
        suite.at.flock = suite.create([code, arguments].concat());
        suite.deploy_rest();
        suite
    }

    /// Deploys everything around FLOCK, and gives the users theirs.
    pub fn deploy_rest(&mut self) {
        let (admin, guardian, treasury, flock) = (self.admin, self.guardian, self.treasury, self.at.flock);
        self.at.implementation = self.program("model-token", &[]);
        self.at.vesting = self.program("vesting", &[]);
        self.at.rewards_desk = self.bare("reward-distributor-desk");
        self.at.rewards_office = self.bare("reward-distributor-office");
        let arguments = (self.at.rewards_desk, self.at.rewards_office, admin, guardian, flock).abi_encode();
        self.at.rewards = self.program("reward-distributor", &arguments);
        self.at.lens = self.bare("lens");
        self.at.desk = self.bare("launchpad-desk");
        self.at.office = self.bare("launchpad-office");
        let Addresses { desk, office, implementation, vesting, rewards, .. } = self.at;
        let arguments = (desk, office, admin, guardian, flock, implementation, vesting, rewards, treasury);
        self.at.launchpad = self.program("launchpad", &arguments.abi_encode());
        self.at.registry_desk = self.bare("stake-registry-desk");
        let arguments = (self.at.registry_desk, admin, guardian, flock, self.at.launchpad).abi_encode();
        self.at.registry = self.program("stake-registry", &arguments);
        let launchpad = self.view(rewards, IRewardDistributor::launchpadKeyCall { launchpad: self.at.launchpad });
        let word = |address: Address| U256::from_be_bytes(address.into_word().0);
        let (registry, reporter) = (word(self.at.registry), word(self.reporter()));
        for (key, value) in [(launchpad, U256::ONE), (name("REGISTRY"), registry), (name("REPORTER"), reporter)] {
            self.must(admin, rewards, IAccess::initializeParameterCall { key, value });
        }
        self.deploy_venues();
        self.deploy_splitter();
        for (model_type, min, max) in [(MODEL_TYPE, min_target(), max_target()), (SINGLE, max_target(), max_target())] {
            let key = self.view(self.at.launchpad, ILaunchpad::modelTypeKeyCall { modelTypeId: name(model_type) });
            let value = min | max << 96;
            self.must(admin, self.at.launchpad, IAccess::initializeParameterCall { key, value });
        }
        let holder = self.harness.sender();
        for account in [self.users.clone(), vec![self.issuer, self.admin]].concat() {
            self.must(holder, flock, IFomoERC20::transferCall { to: account, value: tokens(10_000_000) });
            self.must(account, flock, IFomoERC20::approveCall { spender: self.at.launchpad, value: U256::MAX });
        }
    }

    /// The splitter, whose settler is the sender of everything, and a dollar that it accepts once it has a route.
    fn deploy_splitter(&mut self) {
        let (admin, guardian, treasury, settler) = (self.admin, self.guardian, self.treasury, self.harness.sender());
        self.at.usd = self.program("usd", &settler.abi_encode());
        self.at.splitter_desk = self.bare("revenue-splitter-desk");
        let Addresses { splitter_desk, flock, launchpad, .. } = self.at;
        let arguments = (splitter_desk, admin, guardian, flock, launchpad, treasury, self.users[4], Address::ZERO);
        self.at.splitter = self.program("revenue-splitter", &arguments.abi_encode());
        let role = name("SETTLER");
        self.must(admin, self.at.splitter, IAccess::proposeRoleCall { role, account: settler });
        self.must(settler, self.at.splitter, IAccess::acceptRoleCall { role });
    }

    fn deploy_venues(&mut self) {
        let (admin, guardian, treasury, flock) = (self.admin, self.guardian, self.treasury, self.at.flock);
        let uniswap = npm::uniswap_v2().unwrap();
        let aerodrome = solidity::aerodrome().unwrap();
        let v2 = self.create([uniswap.factory.to_vec(), Address::ZERO.abi_encode()].concat());
        let pool = self.create(aerodrome.pool.to_vec());
        let aero = self.create([aerodrome.factory.to_vec(), pool.abi_encode()].concat());
        self.at.factories = [v2, aero];
        for (index, (contract, venue)) in
            [("adapter-uniswap-v2", VENUES[0]), ("adapter-aerodrome", VENUES[1])].into_iter().enumerate()
        {
            let arguments = (admin, guardian, flock, self.at.factories[index], treasury);
            let adapter = self.program(contract, &arguments.abi_encode());
            self.at.adapters[index] = adapter;
            let key = self.view(self.at.launchpad, ILaunchpad::venueKeyCall { venue: name(venue) });
            let value = U256::from_be_bytes(adapter.into_word().0);
            self.must(admin, self.at.launchpad, IAccess::initializeParameterCall { key, value });
        }
    }

    /// Deploys, activates and constructs a contract in one transaction, and caches it.
    pub fn program(&mut self, contract: &str, arguments: &[u8]) -> Address {
        let needs_none = arguments.is_empty() && contract != "model-token";
        if needs_none {
            return self.bare(contract);
        }
        let execution = self.try_program(contract, arguments);
        assert!(execution.success(), "{contract} is not deployed: {execution:?}");
        let topic = IStylusDeployer::ContractDeployed::SIGNATURE_HASH;
        let log = execution.logs.iter().find(|log| log.topics()[0] == topic).expect("the deployer says where");
        let program = IStylusDeployer::ContractDeployed::decode_log_data(&log.data).unwrap().deployedContract;
        self.harness.cache(program);
        program
    }

    /// Deploys, activates and constructs a contract in one transaction, or fails to.
    pub fn try_program(&mut self, contract: &str, arguments: &[u8]) -> Execution {
        let code = fomo::build::code(contract).unwrap();
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&code).into(),
            initData: [CONSTRUCTOR.as_slice(), arguments].concat().into(),
            initValue: U256::ZERO,
            salt: B256::ZERO,
        };
        let value = U256::from(10_000_000_000_000_000_u64);
        self.harness.send_value(STYLUS_DEPLOYER, call.abi_encode(), value).execution
    }

    /// Deploys, activates and caches a program that has no constructor.
    pub fn bare(&mut self, contract: &str) -> Address {
        let program = self.harness.deploy_code(&fomo::build::code(contract).unwrap());
        assert!(self.harness.activate(program).execution.success(), "{contract} is not activated");
        self.harness.cache(program);
        program
    }

    /// Creates an EVM contract.
    pub fn create(&mut self, creation_code: Vec<u8>) -> Address {
        let from = Some(self.harness.sender());
        let mut request = TransactionRequest { from, ..Default::default() }.input(Bytes::from(creation_code).into());
        request.to = Some(alloy_primitives::TxKind::Create);
        let execution = self.harness.submit(request).execution;
        execution.created.unwrap_or_else(|| panic!("not created: {execution:?}"))
    }

    /// Calls in a transaction.
    pub fn run<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Execution {
        let request = TransactionRequest { from: Some(from), gas: Some(GAS), ..Default::default() };
        self.harness.submit(request.to(to).input(Bytes::from(call.abi_encode()).into())).execution
    }

    /// Calls in a transaction that has to succeed; what it returns.
    #[track_caller]
    pub fn must<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> C::Return {
        let execution = self.run(from, to, call);
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says")
    }

    /// Calls in a transaction that has to be refused with exactly this error, and to leave nothing behind.
    #[track_caller]
    pub fn refused<C: SolCall, E: SolError>(&mut self, from: Address, to: Address, call: C, error: E) {
        let before = self.storage(to);
        let execution = self.run(from, to, call);
        assert_eq!(execution.outcome, Outcome::Revert, "{} is to be refused: {execution:?}", C::SIGNATURE);
        let expected = Bytes::from(error.abi_encode());
        assert_eq!(execution.output, expected, "{} is to be refused with {}", C::SIGNATURE, E::SIGNATURE);
        assert_eq!(self.storage(to), before, "a refused call leaves storage as it was");
    }

    /// The record of this suite, as a deployment writes it.
    #[must_use]
    pub fn deployment(&self) -> Deployment {
        let at = self.at;
        let contracts = [
            ("flock", at.flock),
            ("model-token", at.implementation),
            ("launchpad", at.launchpad),
            ("launchpad-desk", at.desk),
            ("launchpad-office", at.office),
            ("vesting", at.vesting),
            ("reward-distributor", at.rewards),
            ("reward-distributor-desk", at.rewards_desk),
            ("reward-distributor-office", at.rewards_office),
            ("stake-registry", at.registry),
            ("stake-registry-desk", at.registry_desk),
            ("revenue-splitter", at.splitter),
            ("revenue-splitter-desk", at.splitter_desk),
            ("adapter-uniswap-v2", at.adapters[0]),
            ("adapter-aerodrome", at.adapters[1]),
            ("lens", at.lens),
            ("usd", at.usd),
        ];
        let contract = |address| Contract { address, ..Contract::default() };
        Deployment {
            chain_id: self.harness.chain.config().chain_id,
            network: "local".into(),
            commit: String::new(),
            contracts: contracts.map(|(name, address)| (name.to_owned(), contract(address))).into(),
        }
    }

    /// All that a contract keeps.
    #[must_use]
    pub fn storage(&self, contract: Address) -> Vec<(U256, U256)> {
        let state = self.harness.chain.head_state();
        let mut slots: Vec<(U256, U256)> = state
            .account(contract)
            .map(|account| account.storage.iter().map(|(slot, value)| (*slot, *value)).collect())
            .unwrap_or_default();
        slots.retain(|(_, value)| !value.is_zero());
        slots.sort();
        slots
    }

    /// Runs a view.
    pub fn view<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        self.harness.view(to, call)
    }

    /// Reports usage.
    #[must_use]
    pub fn reporter(&self) -> Address {
        self.users[4]
    }

    /// Time of the head.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.harness.chain.block(self.harness.chain.head()).expect("there is a head").header.timestamp
    }

    /// Lets time pass: the next block comes so many seconds after the last.
    pub fn pass(&mut self, seconds: u64) {
        let time = self.now() + seconds;
        self.harness.chain.set_next_timestamp(time).unwrap();
        self.harness.chain.mine(1, None);
    }

    /// Activates every program again, as any stranger can.
    pub fn reactivate(&mut self) {
        let at = self.at;
        let launching = [at.flock, at.implementation, at.launchpad, at.desk, at.office, at.vesting];
        let rewarding = [at.rewards, at.rewards_desk, at.rewards_office, at.registry, at.registry_desk];
        let splitting = [at.splitter, at.splitter_desk, at.usd];
        for program in launching.into_iter().chain(rewarding).chain(splitting) {
            assert!(self.harness.activate(program).execution.success(), "a stranger activates it again");
        }
    }

    /// Goes to a time: the next transaction, and the views until then, are at it.
    pub fn at_time(&mut self, time: u64) {
        if self.now() < time - 1 {
            self.harness.chain.set_next_timestamp(time - 1).unwrap();
            self.harness.chain.mine(1, None);
        }
        self.harness.chain.set_next_timestamp(time).unwrap();
    }

    /// A permit of a token, signed by its owner.
    #[must_use]
    pub fn permit(&self, token: Address, owner: Address, spender: Address, value: U256) -> IFomoERC20::permitCall {
        let nonce = self.view(token, IFomoERC20::noncesCall { owner });
        let domain = Eip712Domain::new(
            Some(self.view(token, IFomoERC20::nameCall {}).into()),
            Some("1".into()),
            Some(U256::from(self.harness.chain.config().chain_id)),
            Some(token),
            None,
        );
        let permit = Permit { owner, spender, value, nonce, deadline: U256::MAX };
        let keys = self.harness.chain.development_keys();
        let key = keys.iter().find(|key| key.address() == owner).expect("it is an account of the chain's");
        let signature = key.sign_hash_sync(&permit.eip712_signing_hash(&domain)).unwrap();
        let (r, s) = (signature.r().into(), signature.s().into());
        IFomoERC20::permitCall { owner, spender, value, deadline: U256::MAX, v: 27 + u8::from(signature.v()), r, s }
    }

    /// Balance of FLOCK.
    #[must_use]
    pub fn flock(&self, account: Address) -> U256 {
        self.balance(self.at.flock, account)
    }

    /// Balance of a token.
    #[must_use]
    pub fn balance(&self, token: Address, account: Address) -> U256 {
        self.view(token, IFomoERC20::balanceOfCall { account })
    }

    /// A launch with the defaults of these tests, by the issuer.
    #[must_use]
    pub fn order(venue: &str) -> ILaunchpad::createLaunchCall {
        ILaunchpad::createLaunchCall {
            modelTypeId: name(MODEL_TYPE),
            modelId: keccak256("flock-chat"),
            venue: name(venue),
            name: "Chat Model".into(),
            symbol: "CHAT".into(),
            metadataUri: "ipfs://chat".into(),
            saleStart: 0,
            duration: 7 * DAY,
            surcharge: false,
            bundledOffer: U256::ZERO,
            bundledMinOut: U256::ZERO,
            maxLaunchFee: U256::MAX,
            deadline: NEVER,
        }
    }

    /// Launches, and goes to the second after, in which the sale can begin; the token to be.
    #[track_caller]
    pub fn launch(&mut self, order: ILaunchpad::createLaunchCall) -> Address {
        let token = self.must(self.issuer, self.at.launchpad, order);
        self.pass(1);
        token
    }

    /// Buys; FLOCK taken and MT allocated.
    #[track_caller]
    pub fn buy(&mut self, buyer: Address, token: Address, offered: U256) -> (U256, U256) {
        let call = ILaunchpad::buyCall { token, offered, minOut: U256::ZERO, deadline: NEVER };
        let bought = self.must(buyer, self.at.launchpad, call);
        (bought.flockIn, bought.mt)
    }

    /// Graduates; the pool.
    #[track_caller]
    pub fn graduate(&mut self, token: Address) -> Address {
        let anyone = self.users[3];
        self.must(anyone, self.at.launchpad, ILaunchpad::graduateCall { token })
    }

    /// Where a launch is.
    #[must_use]
    pub fn state(&self, token: Address) -> u8 {
        self.view(self.at.launchpad, ILaunchpad::stateCall { token })
    }

    /// A pool's reserves of a token and of FLOCK.
    #[must_use]
    pub fn pool(&self, pool: Address, token: Address) -> (U256, U256) {
        let reserves = self.view(pool, IPool::getReservesCall {});
        let first = self.view(pool, IPool::token0Call {}) == token;
        if first { (reserves.reserve0, reserves.reserve1) } else { (reserves.reserve1, reserves.reserve0) }
    }
}
