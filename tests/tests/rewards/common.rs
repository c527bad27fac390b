//! A suite with two graduated models, stakers and a funded emission, and what tests do to it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use alloy::rpc::types::TransactionRequest;
use alloy_primitives::{Address, B256, Bytes, Log, U256, keccak256};
use alloy_sol_types::{SolCall, SolError, SolEvent};
use anyhow::Result;
use fomo::verify::{Ledger, Registry};
use fomo_chain::{Block, Chain, Execution, Outcome};
use fomo_tests::suite::{
    Addresses, DAY, GENESIS, IAccess, IFomoERC20, ILaunchpad, IStakeRegistry, SINGLE, Suite, name, tokens,
};
use fomo_tests::{GAS, Harness};

pub use fomo_tests::suite::IRewardDistributor as R;

/// The day on which the tests begin; the models are supported since two days before.
pub const START: u64 = GENESIS / DAY + 3;
/// FLOCK a day of the first phase.
pub const DAILY: u64 = 100;
/// α of the days up to [`MATURE`], and from the next on.
pub const MATURE: u64 = START + 100;

/// What each account spent, by key.
pub type Usage = BTreeMap<B256, BTreeMap<Address, u64>>;

/// A chain with the suite, the models A and B, and Alice, Bob, Carol and Dave, who hold both.
pub struct World {
    pub suite: Suite,
    pub a: Address,
    pub b: Address,
    pub alice: Address,
    pub bob: Address,
    pub carol: Address,
    pub dave: Address,
    pub reporter: Address,
}

type Base = (Chain, Addresses, [Address; 2]);

static BASE: LazyLock<Base> = LazyLock::new(|| {
    let world = World::with(Suite::new());
    (world.suite.harness.chain, world.suite.at, [world.a, world.b])
});

/// A token as a key of the first season.
pub fn key(mt: Address) -> B256 {
    mt.into_word()
}

/// Rows as they are reported.
pub fn rows<'a>(rows: impl IntoIterator<Item = (&'a Address, &'a u64)>) -> Bytes {
    let row = |(account, spend): (&Address, &u64)| [account.as_slice(), &spend.to_be_bytes()[2..]].concat();
    rows.into_iter().flat_map(row).collect::<Vec<u8>>().into()
}

/// A season as a parameter.
pub fn season(start: u64, days: u64, from: u64, to: u64) -> U256 {
    let wad = |percent: u64| percent * 10_u64.pow(16);
    U256::from_limbs([wad(to), wad(from), start << 32 | days, 0])
}

/// A phase as a parameter.
pub fn phase(start: u64, days: u64, daily: U256, decay: u64, every: u64) -> U256 {
    daily | U256::from(decay) << 96 | U256::from(every) << 112 | U256::from(days) << 128 | U256::from(start) << 160
}

impl World {
    pub fn new() -> Self {
        let (chain, at, mts) = BASE.clone();
        let suite = Suite::new();
        Self::on(Suite { harness: Harness { chain }, at, ..suite }, mts)
    }

    /// On a suite of one's own.
    pub fn with(suite: Suite) -> Self {
        let mut world = Self::on(suite, [Address::ZERO; 2]);
        world.build();
        world
    }

    fn on(suite: Suite, [a, b]: [Address; 2]) -> Self {
        let [alice, bob, carol, dave, reporter] = suite.users[..] else { panic!("five users") };
        Self { suite, a, b, alice, bob, carol, dave, reporter }
    }

    /// Two launches graduate on the first day; α, the emission and its funds are set; on the fourth all three days before are sealed.
    fn build(&mut self) {
        let (admin, rewards) = (self.suite.admin, self.suite.at.rewards);
        let mts = ["A", "B"].map(|name| self.graduated(name));
        [self.a, self.b] = mts;
        for account in [self.alice, self.bob, self.carol, self.dave] {
            for token in mts {
                let call = IFomoERC20::transferCall { to: account, value: tokens(50_000) };
                self.suite.must(self.suite.issuer, token, call);
                let approve = |spender| IFomoERC20::approveCall { spender, value: U256::MAX };
                self.suite.must(account, token, approve(self.suite.at.registry));
            }
            let approve = |spender| IFomoERC20::approveCall { spender, value: U256::MAX };
            self.suite.must(account, self.suite.at.flock, approve(self.suite.at.registry));
            self.suite.must(account, self.suite.at.flock, approve(rewards));
        }
        self.suite.must(admin, self.suite.at.flock, IFomoERC20::approveCall { spender: rewards, value: U256::MAX });
        let first = self.suite.view(rewards, R::phaseKeyCall { number: 1 });
        let value = phase(START, 30, tokens(DAILY), 0, 0);
        self.does(admin, IAccess::initializeParameterCall { key: first, value });
        self.does(admin, R::fundPhaseCall { phase: U256::ONE, amount: tokens(1_000_000) });
        let key = self.suite.view(rewards, R::seasonKeyCall { number: 1 });
        self.does(admin, IAccess::proposeParameterCall { key, value: season(MATURE, 2, 90, 50) });
        self.go(START * DAY - 3_600);
        self.does(admin, IAccess::executeParameterCall { key });
        self.go(START * DAY);
        self.settle();
        assert_eq!(self.today(), START);
    }

    /// A model whose launch was bought by the issuer and graduated; the issuer has what was sold.
    fn graduated(&mut self, model: &str) -> Address {
        let issuer = self.suite.issuer;
        let order = ILaunchpad::createLaunchCall {
            modelTypeId: name(SINGLE),
            modelId: keccak256(model),
            name: model.into(),
            ..Suite::order("UNISWAP_V2")
        };
        let token = self.suite.launch(order);
        self.suite.buy(issuer, token, tokens(200_000));
        let launchpad = self.suite.at.launchpad;
        let mined = self.run(self.dave, launchpad, ILaunchpad::graduateCall { token });
        assert!(mined.success(), "{mined:?}");
        self.suite.must(issuer, launchpad, ILaunchpad::claimCall { token });
        token
    }

    pub fn now(&self) -> u64 {
        self.suite.now()
    }

    pub fn today(&self) -> u64 {
        self.now() / DAY
    }

    /// Goes to a time.
    pub fn go(&mut self, time: u64) {
        if time > self.now() {
            self.suite.harness.chain.set_next_timestamp(time).unwrap();
            self.suite.harness.chain.mine(1, None);
        }
    }

    pub fn pass(&mut self, seconds: u64) {
        self.go(self.now() + seconds);
    }

    /// Goes to the beginning of the next day.
    pub fn next_day(&mut self) {
        self.go((self.today() + 1) * DAY);
    }

    /// Calls in the second of the last block.
    pub fn run<C: SolCall>(&mut self, from: Address, to: Address, call: C) -> Execution {
        let now = self.now();
        self.suite.harness.chain.set_next_timestamp(now).unwrap();
        let request = TransactionRequest { from: Some(from), gas: Some(GAS), ..Default::default() };
        let request = request.to(to).input(Bytes::from(call.abi_encode()).into());
        self.suite.harness.submit(request).execution
    }

    /// All that the distributor told the outside.
    pub fn logs(&self) -> Vec<Log> {
        let (chain, rewards) = (&self.suite.harness.chain, self.suite.at.rewards);
        let blocks = (0..=chain.head()).filter_map(|number| chain.block(number));
        let logs = |block: &Block| -> Vec<Log> {
            let logs = block.transactions.iter().flat_map(|mined| &mined.execution.logs);
            logs.filter(|log| log.address == rewards).cloned().collect()
        };
        blocks.flat_map(|block| logs(&block)).collect()
    }

    /// Calls the distributor with these data, which has to do it.
    #[track_caller]
    pub fn send(&mut self, from: Address, data: Vec<u8>) {
        let now = self.now();
        self.suite.harness.chain.set_next_timestamp(now).unwrap();
        let request = TransactionRequest { from: Some(from), gas: Some(GAS), ..Default::default() };
        let request = request.to(self.suite.at.rewards).input(Bytes::from(data).into());
        let execution = self.suite.harness.submit(request).execution;
        assert!(execution.success(), "{execution:?}");
    }

    /// Calls the distributor, which has to do it.
    #[track_caller]
    pub fn does<C: SolCall>(&mut self, from: Address, call: C) -> C::Return {
        let execution = self.run(from, self.suite.at.rewards, call);
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says")
    }

    /// Calls the distributor, which has to refuse with exactly this error, and to leave nothing behind.
    #[track_caller]
    pub fn refused<C: SolCall, E: SolError>(&mut self, from: Address, call: C, error: E) {
        let rewards = self.suite.at.rewards;
        let before = self.suite.storage(rewards);
        let execution = self.run(from, rewards, call);
        assert_eq!(execution.outcome, Outcome::Revert, "{} is to be refused: {execution:?}", C::SIGNATURE);
        let expected = Bytes::from(error.abi_encode());
        assert_eq!(execution.output, expected, "{} is to be refused with {}", C::SIGNATURE, E::SIGNATURE);
        assert_eq!(self.suite.storage(rewards), before, "a refused call leaves storage as it was");
    }

    /// Asks the distributor in the second of the last block.
    #[track_caller]
    pub fn ask<C: SolCall>(&self, call: C) -> C::Return {
        self.ask_of(self.suite.at.rewards, call)
    }

    #[track_caller]
    pub fn ask_of<C: SolCall>(&self, to: Address, call: C) -> C::Return {
        let request = TransactionRequest { from: Some(self.alice), ..Default::default() };
        let request = request.to(to).input(Bytes::from(call.abi_encode()).into());
        let time = alloy::rpc::types::BlockOverrides { time: Some(self.now()), ..Default::default() };
        let chain = &self.suite.harness.chain;
        let execution = chain.call(&request, chain.head(), &Default::default(), &time).expect("the call starts");
        assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
        C::abi_decode_returns_validate(&execution.output).expect("it returns what its signature says")
    }

    pub fn state(&self, epoch: u64) -> u8 {
        self.ask(R::epochStateCall { epoch })
    }

    pub fn next(&self) -> u64 {
        self.ask(R::nextEpochCall {}).epoch
    }

    pub fn stake(&mut self, who: Address, mt: Address, amount: U256) {
        let execution = self.run(who, self.suite.at.registry, IStakeRegistry::stakeCall { mt, amount });
        assert!(execution.success(), "{execution:?}");
    }

    pub fn lock(&mut self, who: Address, amount: U256, days: u64) {
        let call = IStakeRegistry::exchangeFlockCall { amount, lockPeriod: U256::from(days * DAY), beneficiary: who };
        let execution = self.run(who, self.suite.at.registry, call);
        assert!(execution.success(), "{execution:?}");
    }

    /// Declares what an epoch's usage adds up to.
    pub fn declare(&mut self, epoch: u64, usage: &Usage) {
        let spend = usage.values().flat_map(|rows| rows.values()).sum();
        let rows = usage.values().map(|rows| rows.len() as u32).sum();
        self.does(self.reporter, R::declareCall { epoch, rows, spend });
    }

    /// The batches of a usage, at most so many rows in each.
    pub fn batches(usage: &Usage, most: usize) -> Vec<(B256, Bytes)> {
        let mut batches = Vec::new();
        for (key, of_key) in usage {
            let of_key: Vec<_> = of_key.iter().collect();
            batches.extend(of_key.chunks(most).map(|chunk| (*key, rows(chunk.iter().copied()))));
        }
        batches
    }

    /// Declares and reports an epoch.
    pub fn report(&mut self, epoch: u64, usage: &Usage, most: usize) {
        self.declare(epoch, usage);
        for (index, (key, rows)) in Self::batches(usage, most).into_iter().enumerate() {
            self.does(self.reporter, R::reportCall { epoch, index: index as u32, key, rows });
        }
    }

    /// Seals an epoch, so many tokens at a time.
    pub fn seal(&mut self, epoch: u64, limit: u64) {
        while !self.does(self.carol, R::sealCall { epoch, limit }) {}
    }

    /// The batches of an epoch's present attempt, from the events.
    pub fn reported(&self, epoch: u64) -> Vec<R::BatchReported> {
        let attempt = self.ask(R::reportOfCall { epoch }).attempt;
        let decoded = self.logs().into_iter().filter_map(|log| R::BatchReported::decode_log_data(&log.data).ok());
        decoded.filter(|batch| batch.epoch == epoch && batch.attempt == attempt).collect()
    }

    /// Accrues all batches of an epoch that earned anything, from the events.
    pub fn accrue(&mut self, epoch: u64) {
        for batch in self.reported(epoch).into_iter().filter(|batch| !batch.mt.is_zero()) {
            self.does(self.dave, accrual(&batch));
        }
    }

    /// Reports, seals and accrues the usage of the day that has just ended.
    pub fn pay(&mut self, usage: &Usage) {
        let epoch = self.today() - 1;
        self.report(epoch, usage, 200);
        self.pass(DAY / 2);
        self.seal(epoch, 100);
        self.accrue(epoch);
    }

    /// Reports nothing of every ended epoch that is not sealed, and seals it.
    pub fn settle(&mut self) {
        let ended = self.next()..self.today();
        if ended.is_empty() {
            return;
        }
        for epoch in ended.clone() {
            self.does(self.reporter, R::declareCall { epoch, rows: 0, spend: 0 });
        }
        self.pass(DAY / 2);
        for epoch in ended {
            self.seal(epoch, 100);
        }
    }

    pub fn flock_of(&self, account: Address) -> U256 {
        self.ask(R::claimableFlockCall { account })
    }

    pub fn mt_of(&self, account: Address, mt: Address) -> U256 {
        self.ask(R::claimableMtCall { account, mt })
    }

    pub fn balance(&self, token: Address, account: Address) -> U256 {
        self.suite.balance(token, account)
    }

    pub fn storage(&self) -> Vec<(U256, U256)> {
        self.suite.storage(self.suite.at.rewards)
    }
}

/// The call that accrues a batch, from its event alone.
pub fn accrual(batch: &R::BatchReported) -> R::accrueCall {
    let R::BatchReported { epoch, index, mt, rows, spends, .. } = batch.clone();
    R::accrueCall { epoch, index, mt, spends: keccak256(&spends), rows }
}

/// A usage of one model.
pub fn usage(key: B256, spends: &[(Address, u64)]) -> Usage {
    Usage::from([(key, spends.iter().copied().collect())])
}

impl Registry for World {
    fn read_many(&self, registry: Address, mt: Address, epoch: u64, accounts: &[Address]) -> Result<Vec<U256>> {
        Ok(self.ask_of(registry, IStakeRegistry::readManyCall { mt, epoch, accounts: accounts.to_vec() }))
    }

    fn parameter_at(&self, registry: Address, key: B256, epoch: u64) -> Result<U256> {
        Ok(self.ask_of(registry, IAccess::parameterAtCall { key, epoch }))
    }
}

impl World {
    /// All rewards, recomputed from the events; compared with what the chain says of these accounts and of the contract's own balance.
    pub fn verified(&self, accounts: &[Address]) -> Ledger {
        let mut ledger = Ledger::default();
        for log in self.logs() {
            ledger.read(&log, self).unwrap();
        }
        let flock = self.suite.at.flock;
        for account in accounts {
            assert_eq!(self.flock_of(*account), ledger.flock(*account), "FLOCK of {account}");
            for mt in [self.a, self.b] {
                let owed = ledger.rewards.get(&(mt, *account)).copied().unwrap_or_default();
                assert_eq!(self.mt_of(*account, mt), owed.1, "MT of {account}");
            }
        }
        let (all_flock, of_mts) = ledger.funded();
        let rewards = self.suite.at.rewards;
        let paid = |token| ledger.paid.get(&token).copied().unwrap_or_default();
        assert_eq!(self.balance(flock, rewards), all_flock - paid(flock), "FLOCK is where it was booked");
        for (mt, funded) in of_mts {
            assert_eq!(self.balance(mt, rewards), funded - paid(mt), "MT is where it was booked");
        }
        ledger
    }
}
