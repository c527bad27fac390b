//! A chain with the registry, FLOCK and two Model Tokens, and what tests do to them.

use std::sync::LazyLock;

use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy_primitives::{Address, B256, Bytes, LogData, U256, hex, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue, sol};
use fomo::devnet::STYLUS_DEPLOYER;
use fomo_chain::precompiles::ARB_WASM;
use fomo_chain::{Chain, Config, Execution, Outcome};
use fomo_tests::{GAS, Harness, IArbWasm, init_code};

use interfaces::IStylusDeployer;
pub use interfaces::{IAccess, IEconomicsErrors, IFomoERC20, IModelToken, IStakeRegistry};

/// What the tests call.
#[allow(clippy::too_many_arguments)]
mod interfaces {
    use super::sol;

    sol!(
        #[sol(abi, all_derives)]
        "../abi/IStakeRegistry.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IAccess.sol"
    );
    sol!(
        #[sol(abi, all_derives)]
        "../abi/IEconomicsErrors.sol"
    );
    sol!("../abi/IFomoERC20.sol");
    sol!("../abi/IModelToken.sol");
    sol! {
        interface IStylusDeployer {
            function deploy(bytes calldata bytecode, bytes calldata initData, uint256 initValue, bytes32 salt) external payable returns (address);
            event ContractDeployed(address deployedContract);
        }
    }
}

/// What a constructor answers to, whatever its parameters.
pub const CONSTRUCTOR: [u8; 4] = hex!("5585258d");
/// When the chains of the tests begin: some hours into a day.
pub const GENESIS: u64 = 1_800_000_000;
pub const DAY: u64 = 86_400;
pub const YEAR: u64 = 365 * DAY;
/// One token.
pub const ONE: U256 = U256::from_limbs([1_000_000_000_000_000_000, 0, 0, 0]);

/// A chain and the registry on it. Alice, Bob, Carol and Dave hold FLOCK and both Model Tokens, and the registry may take them.
#[derive(Clone)]
pub struct World {
    pub harness: Harness,
    pub registry: Address,
    pub desk: Address,
    pub flock: Address,
    /// The launchpad's.
    pub mt: Address,
    /// Another one of the launchpad's.
    pub other: Address,
    /// One that the launchpad does not know.
    pub stranger_token: Address,
    /// Says which of them it made.
    pub launchpad: Address,
    pub admin: Address,
    pub guardian: Address,
    pub alice: Address,
    pub bob: Address,
    pub carol: Address,
    pub dave: Address,
    /// Whether the test has chosen the time of the next transaction.
    timed: bool,
}

/// One world of all tests; each works on a copy.
static BASE: LazyLock<World> = LazyLock::new(World::build);

/// A launchpad as far as the registry knows it: `isModelToken` says yes to what was told to it. The launchpad itself has tests of its own,
/// and a whole launch before each of these would only make them slow; `tests/economy/stakes.rs` has the two together. Storage: slot of the address → yes.
///
/// Call data of 32 bytes (an address) writes a yes; a call of 36 bytes answers. PUSH1 32 CALLDATASIZE EQ PUSH1 17 JUMPI,
/// mstore(0, sload(calldataload(4))), return(0, 32); JUMPDEST sstore(calldataload(0), 1).
const LAUNCHPAD: &[u8] = &hex!("60203614601157600435545f5260205ff35b60015f355500");

pub fn tokens(amount: u64) -> U256 {
    U256::from(amount) * ONE
}

pub fn key(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

impl World {
    pub fn new() -> Self {
        BASE.clone()
    }

    fn build() -> Self {
        let mut chain = Chain::new(Config { genesis_time: Some(GENESIS), ..Config::default() });
        chain.set_code(STYLUS_DEPLOYER, fomo::npm::stylus_deployer().unwrap());
        let [admin, alice, bob, carol, dave, guardian, ..] = chain.accounts()[..] else { panic!("it has accounts") };
        let zero = Address::ZERO;
        let mut world = Self {
            harness: Harness { chain },
            registry: zero,
            desk: zero,
            flock: zero,
            mt: zero,
            other: zero,
            stranger_token: zero,
            launchpad: zero,
            admin,
            guardian,
            alice,
            bob,
            carol,
            dave,
            timed: false,
        };
        world.flock = world.deploy("flock", &(admin, tokens(1_000_000_000)).abi_encode()).unwrap();
        let implementation = world.deploy("model-token", &[]).unwrap();
        [world.mt, world.other, world.stranger_token] = [(); 3].map(|()| world.model_token(implementation));
        world.launchpad = world.harness.deploy_code(LAUNCHPAD);
        for token in [world.mt, world.other] {
            assert!(world.run(admin, world.launchpad, token.abi_encode()).success());
        }
        world.desk = world.harness.deploy_code(&fomo::build::code("stake-registry-desk").unwrap());
        assert!(world.harness.activate(world.desk).execution.success());
        world.harness.cache(world.desk);
        let arguments = (world.desk, admin, guardian, world.flock, world.launchpad).abi_encode();
        world.registry = world.deploy("stake-registry", &arguments).unwrap();
        for account in [alice, bob, carol, dave] {
            for token in [world.flock, world.mt, world.other, world.stranger_token] {
                world.must(admin, token, IFomoERC20::transferCall { to: account, value: tokens(200_000) });
                world.must(account, token, IFomoERC20::approveCall { spender: world.registry, value: U256::MAX });
            }
        }
        world
    }

    /// Deploys, activates and constructs a contract in one transaction, then caches it; the deployer's error.
    pub fn deploy(&mut self, name: &str, arguments: &[u8]) -> Result<Address, Bytes> {
        let call = IStylusDeployer::deployCall {
            bytecode: init_code(&fomo::build::code(name).unwrap()).into(),
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

    /// Another registry with these arguments; the deployer's error.
    pub fn deploy_again(&mut self, arguments: &[u8]) -> Bytes {
        self.deploy("stake-registry", arguments).expect_err("it is refused")
    }

    /// A clone of the Model Token, all of it with the admin.
    fn model_token(&mut self, implementation: Address) -> Address {
        let (before, after) =
            (hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73"), hex!("5af43d82803e903d91602b57fd5bf3"));
        let code = [before.as_slice(), implementation.as_slice(), after.as_slice()].concat();
        let mut request = TransactionRequest { from: Some(self.admin), ..Default::default() };
        request = request.input(Bytes::from(code).into());
        request.to = Some(alloy_primitives::TxKind::Create);
        let token = self.harness.submit(request).execution.created.expect("the clone is made");
        let call = IModelToken::initializeCall {
            issuer: self.admin,
            launchId: keccak256("launch"),
            modelId: keccak256("model"),
            holder: self.admin,
            name: "Chat".into(),
            symbol: "CHAT".into(),
            metadataUri: String::new(),
        };
        self.must(self.admin, token, call);
        token
    }

    /// The time of the last block: the clock that runs on meanwhile is of no use to tests.
    pub fn now(&self) -> u64 {
        let chain = &self.harness.chain;
        chain.block(chain.head()).expect("there is a head").header.timestamp
    }

    pub fn today(&self) -> u64 {
        self.now() / DAY
    }

    /// Makes the next transaction's block have this time.
    pub fn at(&mut self, time: u64) -> &mut Self {
        self.harness.chain.set_next_timestamp(time).unwrap();
        self.timed = true;
        self
    }

    /// Makes a block of this time.
    pub fn mine(&mut self, time: u64) -> &mut Self {
        self.harness.chain.set_next_timestamp(time).unwrap();
        self.harness.chain.mine(1, None);
        self.timed = false;
        self
    }

    /// Makes a block that many seconds later.
    pub fn pass(&mut self, seconds: u64) -> &mut Self {
        let time = self.now() + seconds;
        self.mine(time)
    }

    /// Calls in a transaction.
    pub fn run(&mut self, from: Address, to: Address, data: impl Into<Bytes>) -> Execution {
        // In the second of the last block, unless the test has chosen one.
        if !std::mem::take(&mut self.timed) {
            let now = self.now();
            self.harness.chain.set_next_timestamp(now).unwrap();
        }
        let request = TransactionRequest { from: Some(from), gas: Some(GAS), ..Default::default() };
        self.harness.submit(request.to(to).input(data.into().into())).execution
    }

    /// Calls in a transaction that has to succeed.
    #[track_caller]
    pub fn must<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Execution {
        let execution = self.run(from, to, call.abi_encode());
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        execution
    }

    /// Calls the registry in a transaction that has to succeed; what it gives and its own events.
    #[track_caller]
    pub fn does<C: SolCall>(&mut self, from: Address, call: C) -> (C::Return, Vec<LogData>) {
        let registry = self.registry;
        let execution = self.must(from, registry, call);
        let given = C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says");
        let logs = execution.logs.into_iter().filter(|log| log.address == registry);
        (given, logs.map(|log| log.data).collect())
    }

    /// Calls the registry in a transaction that has to be refused with exactly this error, and to leave nothing behind.
    #[track_caller]
    pub fn refused<C: SolCall, E: SolError>(&mut self, from: Address, call: C, error: E) {
        let (registry, data) = (self.registry, call.abi_encode());
        let before = self.storage();
        let execution = self.run(from, registry, data);
        assert_eq!(execution.outcome, Outcome::Revert, "{} is to be refused: {execution:?}", C::SIGNATURE);
        assert_eq!(execution.output, Bytes::from(error.abi_encode()), "{} with {}", C::SIGNATURE, E::SIGNATURE);
        assert!(execution.logs.is_empty());
        assert_eq!(self.storage(), before, "a refused call leaves storage as it was");
    }

    /// Asks the registry something that has to be refused with exactly this error.
    #[track_caller]
    pub fn unanswered<C: SolCall, E: SolError>(&self, call: C, error: E) {
        let execution = self.call(call.abi_encode());
        assert_eq!(execution.outcome, Outcome::Revert, "{}: {execution:?}", C::SIGNATURE);
        assert_eq!(execution.output, Bytes::from(error.abi_encode()), "{} with {}", C::SIGNATURE, E::SIGNATURE);
    }

    /// All that the registry keeps.
    pub fn storage(&self) -> Vec<(U256, U256)> {
        let state = self.harness.chain.head_state();
        let account = state.account(self.registry);
        let slots = account.map(|account| account.storage.iter().map(|(slot, value)| (*slot, *value)).collect());
        let mut slots: Vec<_> = slots.unwrap_or_default();
        slots.retain(|(_, value)| !value.is_zero());
        slots.sort();
        slots
    }

    /// Calls the registry in the second of the last block, however long the test has taken since.
    pub fn call(&self, data: impl Into<Bytes>) -> Execution {
        let request = TransactionRequest { from: Some(self.alice), ..Default::default() };
        let request = request.to(self.registry).input(data.into().into());
        let time = BlockOverrides { time: Some(self.now()), ..Default::default() };
        let chain = &self.harness.chain;
        chain.call(&request, chain.head(), &Default::default(), &time).expect("the call starts")
    }

    #[track_caller]
    pub fn ask<C: SolCall>(&self, call: C) -> C::Return {
        let execution = self.call(call.abi_encode());
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says")
    }

    pub fn balance(&self, token: Address, account: Address) -> U256 {
        self.harness.view(token, IFomoERC20::balanceOfCall { account })
    }

    // The calls that nearly every test makes.

    #[track_caller]
    pub fn stake(&mut self, who: Address, amount: U256) -> Vec<LogData> {
        let mt = self.mt;
        self.does(who, IStakeRegistry::stakeCall { mt, amount }).1
    }

    #[track_caller]
    pub fn request(&mut self, who: Address, amount: U256) -> u64 {
        let mt = self.mt;
        self.does(who, IStakeRegistry::requestUnstakeCall { mt, amount }).0
    }

    #[track_caller]
    pub fn withdraw(&mut self, who: Address) -> U256 {
        let mt = self.mt;
        self.does(who, IStakeRegistry::withdrawCall { mt }).0
    }

    #[track_caller]
    pub fn lock(&mut self, who: Address, amount: U256, period: u64) -> U256 {
        let call = IStakeRegistry::exchangeFlockCall { amount, lockPeriod: U256::from(period), beneficiary: who };
        self.does(who, call).0
    }

    #[track_caller]
    pub fn extend(&mut self, who: Address, id: U256, unlock: u64) {
        self.does(who, IStakeRegistry::extendLockCall { id, newUnlock: unlock });
    }

    #[track_caller]
    pub fn seconds_of(&self, account: Address, epoch: u64) -> U256 {
        self.ask(IStakeRegistry::stakeSecondsOfCall { account, mt: self.mt, epoch })
    }

    #[track_caller]
    pub fn total_seconds(&self, epoch: u64) -> U256 {
        self.ask(IStakeRegistry::totalStakeSecondsCall { mt: self.mt, epoch })
    }

    #[track_caller]
    pub fn effective(&self, account: Address) -> U256 {
        self.ask(IStakeRegistry::effectiveBalanceCall { account })
    }

    #[track_caller]
    pub fn effective_at(&self, account: Address, time: u64) -> U256 {
        self.ask(IStakeRegistry::effectiveBalanceAtCall { account, time })
    }

    pub fn locks(&self, account: Address) -> Vec<IStakeRegistry::Lock> {
        self.ask(IStakeRegistry::locksOfCall { account, offset: 0, limit: 16 })
    }

    /// Changes a parameter as the admin has to.
    pub fn set_parameter(&mut self, name: &str, value: U256) {
        let (admin, key) = (self.admin, key(name));
        self.does(admin, IAccess::proposeParameterCall { key, value });
        self.pass(2 * DAY);
        self.does(admin, IAccess::executeParameterCall { key });
    }

    pub fn pause(&mut self) {
        let guardian = self.guardian;
        self.does(guardian, IAccess::pauseCall { duration: 7 * DAY });
    }

    /// Makes every program active again, by somebody who has nothing to do with it: registry, desk, FLOCK, and what the Model Token is a
    /// clone of.
    pub fn reactivate(&mut self) {
        self.reactivate_all_but(Address::ZERO);
    }

    /// The same, without one of them.
    pub fn reactivate_all_but(&mut self, expired: Address) {
        let code = self.harness.chain.head_state().code(self.mt);
        let stranger = Some(self.harness.chain.accounts()[9]);
        let programs = [self.registry, self.desk, self.flock, Address::from_slice(&code[10..30])];
        for program in programs.into_iter().filter(|program| *program != expired) {
            let data = Bytes::from(IArbWasm::activateProgramCall { program }.abi_encode());
            let request = TransactionRequest { from: stranger, gas: Some(GAS), value: Some(ONE), ..Default::default() };
            let mined = self.harness.submit(request.to(ARB_WASM).input(data.into()));
            assert!(mined.execution.success(), "{:?}", mined.execution);
        }
    }

    /// Goes to the first second of the next day.
    pub fn next_day(&mut self) -> &mut Self {
        let midnight = (self.today() + 1) * DAY;
        self.mine(midnight)
    }
}
