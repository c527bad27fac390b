//! Random histories against a plain model: lists of what happened, every number computed from them anew.
//!
//! Each step is compared in its outcome, to the selector of its error, and in all that it changes; at the end of a history every second of
//! its days is walked through, everybody leaves, and what is left is what was donated.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::common::{DAY, IAccess, IEconomicsErrors, IFomoERC20, IStakeRegistry, World, YEAR};
use IStakeRegistry as R;

/// Histories that failed once, tried first ever after.
const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/stake_registry/model.regressions");

/// An account, of three; a token, of two.
type Who = usize;
type Which = usize;

/// An amount, relative to what the step meets, so that bounds are hit.
#[derive(Debug, Clone, Copy)]
enum Amount {
    None,
    Some(u64),
    All,
    Over,
}

/// How long before a step.
#[derive(Debug, Clone, Copy)]
enum Wait {
    No,
    Seconds(u64),
    /// To the second before midnight, or the first of the day.
    BeforeMidnight,
    Midnight,
    Days(u64),
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Stake { payer: Who, account: Who, token: Which, amount: Amount },
    Request { who: Who, token: Which, amount: Amount },
    Withdraw { who: Who, token: Which },
    Donate { token: Which, amount: u64 },
    Unregister { token: Which },
    Register { token: Which },
    Pause,
    Unpause,
    Lock { who: Who, amount: Amount, period: u64 },
    Increase { who: Who, lock: usize, amount: Amount },
    Extend { who: Who, lock: usize, by: u64 },
    Merge { who: Who, a: usize, b: usize },
    WithdrawLock { who: Who, lock: usize },
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![
        1 => Just(Amount::None),
        6 => (1..u64::MAX).prop_map(Amount::Some),
        2 => Just(Amount::All),
        1 => Just(Amount::Over),
    ]
}

fn stake_step() -> impl Strategy<Value = Step> {
    let (who, token) = (0..3_usize, 0..2_usize);
    prop_oneof![
        5 => (who.clone(), who.clone(), token.clone(), amount())
            .prop_map(|(payer, account, token, amount)| Step::Stake { payer, account, token, amount }),
        5 => (who.clone(), token.clone(), amount()).prop_map(|(who, token, amount)| Step::Request { who, token, amount }),
        4 => (who, token.clone()).prop_map(|(who, token)| Step::Withdraw { who, token }),
        1 => (token.clone(), 1..u64::MAX).prop_map(|(token, amount)| Step::Donate { token, amount }),
        1 => token.clone().prop_map(|token| Step::Unregister { token }),
        1 => token.prop_map(|token| Step::Register { token }),
        1 => Just(Step::Pause),
        1 => Just(Step::Unpause),
    ]
}

fn lock_step() -> impl Strategy<Value = Step> {
    let (who, lock) = (0..3_usize, 0..6_usize);
    let period = prop_oneof![5 => DAY..YEAR + 1, 1 => Just(DAY), 1 => Just(YEAR), 1 => Just(30 * DAY), 1 => 0..DAY];
    prop_oneof![
        5 => (who.clone(), amount(), period).prop_map(|(who, amount, period)| Step::Lock { who, amount, period }),
        3 => (who.clone(), lock.clone(), amount()).prop_map(|(who, lock, amount)| Step::Increase { who, lock, amount }),
        3 => (who.clone(), lock.clone(), 0..200 * DAY).prop_map(|(who, lock, by)| Step::Extend { who, lock, by }),
        2 => (who.clone(), lock.clone(), lock.clone()).prop_map(|(who, a, b)| Step::Merge { who, a, b }),
        3 => (who, lock).prop_map(|(who, lock)| Step::WithdrawLock { who, lock }),
        1 => (0..2_usize, 1..u64::MAX).prop_map(|(token, amount)| Step::Donate { token, amount }),
    ]
}

/// Steps of one account that fills its places and empties them.
fn crowded_step() -> impl Strategy<Value = Step> {
    let period = prop_oneof![6 => DAY..6 * DAY, 1 => DAY..YEAR];
    let (lock, amount) = (0..16_usize, (1..u64::MAX).prop_map(Amount::Some));
    prop_oneof![
        12 => (amount.clone(), period).prop_map(|(amount, period)| Step::Lock { who: 0, amount, period }),
        6 => lock.clone().prop_map(|lock| Step::WithdrawLock { who: 0, lock }),
        1 => (lock.clone(), amount).prop_map(|(lock, amount)| Step::Increase { who: 0, lock, amount }),
        1 => (lock.clone(), 1..5 * DAY).prop_map(|(lock, by)| Step::Extend { who: 0, lock, by }),
        1 => (lock.clone(), lock).prop_map(|(a, b)| Step::Merge { who: 0, a, b }),
    ]
}

fn crowded_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![6 => Just(Wait::No), 6 => (1..9_000_u64).prop_map(Wait::Seconds), 1 => Just(Wait::Midnight), 1 => (1..3_u64).prop_map(Wait::Days)]
}

fn short_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        2 => Just(Wait::No),
        4 => (1..9_000_u64).prop_map(Wait::Seconds),
        1 => Just(Wait::BeforeMidnight),
        1 => Just(Wait::Midnight),
    ]
}

fn long_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![2 => Just(Wait::No), 2 => (1..9_000_u64).prop_map(Wait::Seconds), 1 => Just(Wait::Midnight), 4 => (1..12_u64).prop_map(Wait::Days)]
}

/// An open lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Lock {
    id: U256,
    amount: U256,
    gm: U256,
    unlock: u64,
}

/// What happened, and nothing computed from it.
#[derive(Default)]
struct Model {
    /// By account and token: when the stake became what.
    stakes: BTreeMap<(Who, Which), Vec<(u64, U256)>>,
    requests: BTreeMap<(Who, Which), Vec<(U256, u64)>>,
    /// By account: when the open locks became which.
    locks: BTreeMap<Who, Vec<(u64, Vec<Lock>)>>,
    donated: [U256; 3],
    unregistered: BTreeSet<Which>,
    paused_until: u64,
    ids: BTreeSet<(Who, U256)>,
    /// What was read of ended epochs, and of earlier seconds.
    seen: Vec<(Who, Which, u64, U256)>,
}

/// gmFLOCK by the specification: n, and beyond 30 days n·2.19·(t − 30)/365 more, rounded once.
fn preview(amount: U256, period: u64) -> U256 {
    let over = U256::from(period.saturating_sub(30 * DAY));
    amount + amount * over * U256::from(219) / (U256::from(100) * U256::from(YEAR))
}

impl Model {
    fn stake(&self, who: Who, token: Which) -> U256 {
        self.stakes.get(&(who, token)).and_then(|list| list.last()).map_or(U256::ZERO, |(_, stake)| *stake)
    }

    fn total(&self, token: Which) -> U256 {
        (0..3).map(|who| self.stake(who, token)).sum()
    }

    fn waiting(&self, token: Which) -> U256 {
        (0..3).flat_map(|who| self.requests.get(&(who, token)).into_iter().flatten()).map(|(amount, _)| *amount).sum()
    }

    fn open(&self, who: Who) -> Vec<Lock> {
        self.locks.get(&who).and_then(|list| list.last()).map_or_else(Vec::new, |(_, locks)| locks.clone())
    }

    fn locked(&self) -> U256 {
        (0..3).flat_map(|who| self.open(who)).map(|lock| lock.amount).sum()
    }

    /// The stake in each second of a day, one by one.
    fn naive_seconds(&self, who: Who, token: Which, epoch: u64) -> U256 {
        let changes = self.stakes.get(&(who, token)).map_or(&[][..], Vec::as_slice);
        let (mut next, mut stake, mut sum) = (0, U256::ZERO, U256::ZERO);
        for second in epoch * DAY..(epoch + 1) * DAY {
            while next < changes.len() && changes[next].0 <= second {
                stake = changes[next].1;
                next += 1;
            }
            sum += stake;
        }
        sum
    }

    /// The same by pieces, exact.
    fn seconds(&self, who: Who, token: Which, epoch: u64) -> U256 {
        let changes = self.stakes.get(&(who, token)).map_or(&[][..], Vec::as_slice);
        let (start, end) = (epoch * DAY, (epoch + 1) * DAY);
        let mut sum = U256::ZERO;
        for (index, (at, stake)) in changes.iter().enumerate() {
            let until = changes.get(index + 1).map_or(end, |(next, _)| *next);
            let (from, to) = ((*at).max(start), until.min(end));
            sum += *stake * U256::from(to.saturating_sub(from));
        }
        sum
    }

    /// Σ gm·left/365 d of the locks as they stood before a second, floored once.
    fn effective_at(&self, who: Who, time: u64) -> U256 {
        let versions = self.locks.get(&who).map_or(&[][..], Vec::as_slice);
        let locks = versions.iter().rev().find(|(at, _)| *at < time).map_or(&[][..], |(_, locks)| locks.as_slice());
        effective(locks, time)
    }

    fn set_locks(&mut self, who: Who, now: u64, locks: Vec<Lock>) {
        self.locks.entry(who).or_default().push((now, locks));
    }
}

fn effective(locks: &[Lock], time: u64) -> U256 {
    let weights: U256 = locks.iter().map(|lock| lock.gm * U256::from(lock.unlock.saturating_sub(time))).sum();
    weights / U256::from(YEAR)
}

/// A call, and what the model says comes of it.
struct Expected {
    from: Address,
    data: Vec<u8>,
    outcome: Result<(), [u8; 4]>,
}

/// The chain and the model side by side.
struct Twins {
    world: World,
    model: Model,
    accounts: [Address; 3],
    tokens: [Address; 3],
}

impl Twins {
    fn new() -> Self {
        let world = World::new();
        let (accounts, tokens) = ([world.alice, world.bob, world.carol], [world.mt, world.other, world.flock]);
        Self { world, model: Model::default(), accounts, tokens }
    }

    fn wait(&mut self, wait: Wait) -> u64 {
        let now = self.world.now();
        let midnight = (now / DAY + 1) * DAY;
        let time = match wait {
            Wait::No => now,
            Wait::Seconds(seconds) => now + seconds,
            Wait::BeforeMidnight => midnight - 1,
            Wait::Midnight => midnight,
            Wait::Days(days) => now + days * DAY + days * 777,
        };
        self.world.at(time);
        time
    }

    fn amount(amount: Amount, all: U256) -> U256 {
        match amount {
            Amount::None => U256::ZERO,
            Amount::Some(some) => U256::from(some),
            Amount::All => all,
            Amount::Over => all + U256::ONE,
        }
    }

    /// The lock that a step is about: an open one if there is one, or else one that never was.
    fn pick(&self, who: Who, lock: usize) -> Option<Lock> {
        let open = self.model.open(who);
        if open.is_empty() { None } else { open.get(lock % (open.len() + 1)).copied() }
    }

    fn take(&mut self, step: Step, now: u64) -> Expected {
        match step {
            Step::Stake { payer, account, token, amount } => self.stake(payer, account, token, amount, now),
            Step::Request { who, token, amount } => self.request(who, token, amount, now),
            Step::Withdraw { who, token } => self.withdraw(who, token, now),
            Step::Donate { token, amount } => {
                let (to, value) = (self.world.registry, U256::from(amount));
                let dave = self.world.dave;
                self.world.must(dave, self.tokens[token], IFomoERC20::transferCall { to, value });
                self.model.donated[token] += value;
                // Something that changes nothing, to have a step.
                let data = R::setOperatorCall { operator: dave, approved: false }.abi_encode();
                Expected { from: dave, data, outcome: Ok(()) }
            }
            Step::Unregister { token } => {
                let fresh = self.model.unregistered.insert(token);
                let data = R::unregisterTokenCall { mt: self.tokens[token] }.abi_encode();
                let outcome = if fresh { Ok(()) } else { Err(R::TokenNotRegistered::SELECTOR) };
                Expected { from: self.world.admin, data, outcome }
            }
            Step::Register { token } => {
                let data = R::registerTokenCall { mt: self.tokens[token] }.abi_encode();
                // Of one that was only known to the launchpad it depends on whether it was asked: that is tested elsewhere.
                if !self.model.unregistered.remove(&token) {
                    self.world.does(self.world.admin, R::unregisterTokenCall { mt: self.tokens[token] });
                }
                Expected { from: self.world.admin, data, outcome: Ok(()) }
            }
            Step::Pause => {
                self.model.paused_until = now + 3_600;
                let data = IAccess::pauseCall { duration: 3_600 }.abi_encode();
                Expected { from: self.world.admin, data, outcome: Ok(()) }
            }
            Step::Unpause => {
                self.model.paused_until = 0;
                Expected { from: self.world.admin, data: IAccess::unpauseCall {}.abi_encode(), outcome: Ok(()) }
            }
            Step::Lock { who, amount, period } => self.lock(who, amount, period, now),
            Step::Increase { who, lock, amount } => self.increase(who, lock, amount, now),
            Step::Extend { who, lock, by } => self.extend(who, lock, by, now),
            Step::Merge { who, a, b } => self.merge(who, a, b, now),
            Step::WithdrawLock { who, lock } => self.withdraw_lock(who, lock, now),
        }
    }

    fn stake(&mut self, payer: Who, account: Who, token: Which, amount: Amount, now: u64) -> Expected {
        let has = self.world.balance(self.tokens[token], self.accounts[payer]);
        let amount = Self::amount(amount, has);
        let data = R::stakeForCall { mt: self.tokens[token], account: self.accounts[account], amount }.abi_encode();
        let outcome = if self.model.paused_until > now {
            Err(IAccess::EnforcedPause::SELECTOR)
        } else if amount.is_zero() {
            Err(R::ZeroAmount::SELECTOR)
        } else if self.model.unregistered.contains(&token) {
            Err(R::TokenNotRegistered::SELECTOR)
        } else if amount > has {
            Err(IFomoERC20::ERC20InsufficientBalance::SELECTOR)
        } else {
            let stake = self.model.stake(account, token) + amount;
            self.model.stakes.entry((account, token)).or_default().push((now, stake));
            Ok(())
        };
        Expected { from: self.accounts[payer], data, outcome }
    }

    fn request(&mut self, who: Who, token: Which, amount: Amount, now: u64) -> Expected {
        let has = self.model.stake(who, token);
        let amount = Self::amount(amount, has);
        let data = R::requestUnstakeCall { mt: self.tokens[token], amount }.abi_encode();
        let requests = self.model.requests.entry((who, token)).or_default();
        let outcome = if amount.is_zero() {
            Err(R::ZeroAmount::SELECTOR)
        } else if amount > has {
            Err(R::InsufficientStake::SELECTOR)
        } else if requests.len() == 8 {
            Err(R::TooManyRequests::SELECTOR)
        } else {
            requests.push((amount, now + DAY));
            self.model.stakes.entry((who, token)).or_default().push((now, has - amount));
            Ok(())
        };
        Expected { from: self.accounts[who], data, outcome }
    }

    fn withdraw(&mut self, who: Who, token: Which, now: u64) -> Expected {
        let requests = self.model.requests.entry((who, token)).or_default();
        let before = requests.len();
        requests.retain(|(_, due)| *due > now);
        let outcome = if requests.len() == before { Err(R::NothingToWithdraw::SELECTOR) } else { Ok(()) };
        Expected { from: self.accounts[who], data: R::withdrawCall { mt: self.tokens[token] }.abi_encode(), outcome }
    }

    fn lock(&mut self, who: Who, amount: Amount, period: u64, now: u64) -> Expected {
        let has = self.world.balance(self.tokens[2], self.accounts[who]);
        // All of it once would leave nothing to go on with.
        let amount = match amount {
            Amount::All => has / U256::from(3),
            other => Self::amount(other, has),
        };
        let (lock_period, beneficiary) = (U256::from(period), self.accounts[who]);
        let data = R::exchangeFlockCall { amount, lockPeriod: lock_period, beneficiary }.abi_encode();
        let mut locks = self.model.open(who);
        let outcome = if amount.is_zero() {
            Err(R::ZeroAmount::SELECTOR)
        } else if period < DAY {
            Err(IEconomicsErrors::LockPeriodOutOfRange::SELECTOR)
        } else if locks.len() == 16 {
            Err(R::TooManyLocks::SELECTOR)
        } else if amount > has {
            Err(IFomoERC20::ERC20InsufficientBalance::SELECTOR)
        } else {
            // The id is the chain's to choose; see `check`.
            locks.push(Lock { id: U256::ZERO, amount, gm: preview(amount, period), unlock: now + period });
            self.model.set_locks(who, now, locks);
            Ok(())
        };
        Expected { from: beneficiary, data, outcome }
    }

    fn increase(&mut self, who: Who, lock: usize, amount: Amount, now: u64) -> Expected {
        let has = self.world.balance(self.tokens[2], self.accounts[who]);
        let picked = self.pick(who, lock);
        let amount = match amount {
            Amount::All => has / U256::from(3),
            other => Self::amount(other, has),
        };
        let id = picked.map_or(U256::MAX, |lock| lock.id);
        let outcome = match picked {
            _ if amount.is_zero() => Err(R::ZeroAmount::SELECTOR),
            None => Err(R::UnknownLock::SELECTOR),
            Some(lock) if lock.unlock <= now => Err(IEconomicsErrors::LockExpired::SELECTOR),
            Some(_) if amount > has => Err(IFomoERC20::ERC20InsufficientBalance::SELECTOR),
            Some(lock) => {
                let gm = lock.gm + preview(amount, lock.unlock - now);
                self.replace(who, now, &[lock.id], Lock { amount: lock.amount + amount, gm, ..lock });
                Ok(())
            }
        };
        Expected { from: self.accounts[who], data: R::increaseLockCall { id, amount }.abi_encode(), outcome }
    }

    /// What an extension makes of a lock.
    fn extended(lock: Lock, now: u64, unlock: u64) -> Lock {
        let (before, after) = (U256::from(lock.unlock - now), unlock - now);
        let gm = preview(lock.amount, after).max(lock.gm * before / U256::from(after));
        Lock { gm, unlock, ..lock }
    }

    fn extend(&mut self, who: Who, lock: usize, by: u64, now: u64) -> Expected {
        let picked = self.pick(who, lock);
        let (id, unlock) = picked.map_or((U256::MAX, now + by), |lock| (lock.id, lock.unlock + by));
        let outcome = match picked {
            None => Err(R::UnknownLock::SELECTOR),
            Some(lock) if lock.unlock <= now => Err(IEconomicsErrors::LockExpired::SELECTOR),
            Some(_) if by == 0 => Err(IEconomicsErrors::NotAnExtension::SELECTOR),
            Some(_) if unlock - now > YEAR => Err(IEconomicsErrors::LockPeriodOutOfRange::SELECTOR),
            Some(lock) => {
                let extended = Self::extended(lock, now, unlock);
                self.never_lower(who, now, &[lock], extended);
                self.replace(who, now, &[lock.id], extended);
                Ok(())
            }
        };
        Expected { from: self.accounts[who], data: R::extendLockCall { id, newUnlock: unlock }.abi_encode(), outcome }
    }

    fn merge(&mut self, who: Who, a: usize, b: usize, now: u64) -> Expected {
        let (first, second) = (self.pick(who, a), self.pick(who, b));
        let id = |lock: Option<Lock>| lock.map_or(U256::MAX, |lock| lock.id);
        let data = R::mergeLocksCall { a: id(first), b: id(second) }.abi_encode();
        let outcome = match (first, second) {
            _ if id(first) == id(second) => Err(R::SameLock::SELECTOR),
            (Some(a), Some(b)) if a.unlock <= now || b.unlock <= now => Err(IEconomicsErrors::LockExpired::SELECTOR),
            (Some(a), Some(b)) => {
                let (earlier, later) = if b.unlock > a.unlock { (a, b) } else { (b, a) };
                let moved =
                    if earlier.unlock == later.unlock { earlier } else { Self::extended(earlier, now, later.unlock) };
                let merged = Lock { amount: moved.amount + later.amount, gm: moved.gm + later.gm, ..later };
                self.never_lower(who, now, &[earlier, later], merged);
                self.replace(who, now, &[earlier.id, later.id], merged);
                Ok(())
            }
            _ => Err(R::UnknownLock::SELECTOR),
        };
        Expected { from: self.accounts[who], data, outcome }
    }

    fn withdraw_lock(&mut self, who: Who, lock: usize, now: u64) -> Expected {
        let picked = self.pick(who, lock);
        let id = picked.map_or(U256::MAX, |lock| lock.id);
        let outcome = match picked {
            None => Err(R::UnknownLock::SELECTOR),
            Some(lock) if lock.unlock > now => Err(R::StillLocked::SELECTOR),
            Some(lock) => {
                // It weighs nothing any more: that it is gone changes no balance of any time.
                let left = self.model.open(who).into_iter().filter(|open| open.id != lock.id).collect();
                self.model.set_locks(who, now, left);
                Ok(())
            }
        };
        Expected { from: self.accounts[who], data: R::withdrawLockCall { id }.abi_encode(), outcome }
    }

    fn replace(&mut self, who: Who, now: u64, gone: &[U256], lock: Lock) {
        let mut locks = self.model.open(who);
        locks.retain(|open| !gone.contains(&open.id));
        locks.push(lock);
        self.model.set_locks(who, now, locks);
    }

    /// A change of locks never lowers what they weigh by a wei and more, nor gives more than a fresh lock of the same remaining time beside what
    /// was held. The chain's numbers are compared with these.
    fn never_lower(&self, who: Who, now: u64, before: &[Lock], after: Lock) {
        let (held, then) = (effective(before, now), effective(&[after], now));
        assert!(then + U256::ONE >= held, "{who}: {held} falls to {then}");
        let amount = before.iter().map(|lock| lock.amount).sum();
        let fresh = Lock { gm: preview(amount, after.unlock - now), ..after };
        assert!(then <= effective(&[fresh], now) + held + U256::from(2));
    }

    /// Takes a step on both sides.
    fn step(&mut self, wait: Wait, step: Step) {
        let now = self.wait(wait);
        let Expected { from, data, outcome } = self.take(step, now);
        let registry = self.world.registry;
        self.world.at(now);
        let execution = self.world.run(from, registry, data);
        match outcome {
            Ok(()) => assert!(execution.success(), "{step:?}: {execution:?}"),
            Err(selector) => {
                assert!(!execution.success(), "{step:?} is to be refused");
                assert_eq!(execution.output[..4], selector, "{step:?}");
            }
        }
        if let (Step::Lock { who, .. }, Ok(())) = (step, outcome) {
            let id = U256::from_be_slice(&execution.output);
            assert!(self.model.ids.insert((who, id)), "an id is used once");
            let (_, locks) = self.model.locks.get_mut(&who).unwrap().last_mut().unwrap();
            locks.last_mut().unwrap().id = id;
        }
        self.check(now);
    }

    /// All that is, against the model.
    fn check(&self, now: u64) {
        assert_eq!(self.world.now(), now);
        let (world, model) = (&self.world, &self.model);
        for token in 0..2 {
            let mt = self.tokens[token];
            let (staked, owed) = (model.total(token), model.total(token) + model.waiting(token));
            assert_eq!(world.ask(R::totalStakedCall { mt }), staked);
            assert_eq!(world.ask(R::heldOfCall { mt }), owed);
            assert_eq!(
                world.balance(mt, world.registry),
                owed + model.donated[token],
                "stakes are holdings less donations"
            );
        }
        assert_eq!(world.ask(R::totalLockedCall {}), model.locked());
        assert_eq!(world.balance(self.tokens[2], world.registry), model.locked(), "locks are holdings less donations");
        for (who, account) in self.accounts.into_iter().enumerate() {
            for (token, mt) in self.tokens[..2].iter().enumerate() {
                assert_eq!(world.ask(R::stakeOfCall { account, mt: *mt }), model.stake(who, token));
                let requests = world.ask(R::requestsOfCall { account, mt: *mt });
                let requests: Vec<_> = requests.iter().map(|request| (request.amount, request.due)).collect();
                assert_eq!(requests, model.requests.get(&(who, token)).cloned().unwrap_or_default());
            }
            let locks = world.locks(account).into_iter();
            let mut locks: Vec<Lock> =
                locks.map(|R::Lock { id, amount, gm, unlock }| Lock { id, amount, gm, unlock }).collect();
            let mut expected = model.open(who);
            locks.sort_by_key(|lock| lock.id);
            expected.sort_by_key(|lock| lock.id);
            assert_eq!(locks, expected);
            assert_eq!(world.effective(account), effective(&expected, now));
        }
    }

    /// Reads yesterday, to read it again later: it never changes.
    fn remember(&mut self) {
        let epoch = self.world.today() - 1;
        for (who, account) in self.accounts.into_iter().enumerate() {
            for (token, mt) in self.tokens[..2].iter().enumerate() {
                let word = self.world.ask(R::readManyCall { mt: *mt, epoch, accounts: vec![account] })[1];
                self.model.seen.push((who, token, epoch, word));
            }
        }
    }

    /// Every ended epoch since the beginning, by this count of its stake-seconds.
    fn check_past(&self, since: u64, seconds: impl Fn(&Model, Who, Which, u64) -> U256) {
        let (world, model) = (&self.world, &self.model);
        for epoch in since..world.today() {
            for (token, mt) in self.tokens[..2].iter().enumerate() {
                let words = world.ask(R::readManyCall { mt: *mt, epoch, accounts: self.accounts.to_vec() });
                let mut total = U256::ZERO;
                for (who, word) in words[1..].iter().enumerate() {
                    let stake_seconds = seconds(model, who, token, epoch);
                    total += stake_seconds;
                    let effective = model.effective_at(who, (epoch + 1) * DAY);
                    assert_eq!(*word, stake_seconds << 128 | effective, "{who} {token} {epoch}");
                }
                assert_eq!(words[0], total);
            }
        }
        for (who, token, epoch, word) in &model.seen {
            let accounts = vec![self.accounts[*who]];
            let now = world.ask(R::readManyCall { mt: self.tokens[*token], epoch: *epoch, accounts })[1];
            assert_eq!(now, *word, "history never changes by later actions");
        }
        // Any second of the past, around every change.
        for who in 0..3 {
            for (time, _) in model.locks.get(&who).into_iter().flatten() {
                for time in [*time, time + 1].into_iter().filter(|time| *time <= world.now()) {
                    assert_eq!(world.effective_at(self.accounts[who], time), model.effective_at(who, time));
                }
            }
        }
    }

    /// Everybody takes everything; what is left was donated.
    fn leave(&mut self) {
        for (who, account) in self.accounts.into_iter().enumerate() {
            for (token, mt) in self.tokens[..2].iter().copied().enumerate() {
                let (amount, waiting) =
                    (self.model.stake(who, token), self.world.ask(R::requestsOfCall { account, mt }).len());
                self.world.pass(DAY);
                if waiting > 0 {
                    self.world.does(account, R::withdrawCall { mt });
                }
                if !amount.is_zero() {
                    self.world.does(account, R::requestUnstakeCall { mt, amount });
                    self.world.pass(DAY);
                    self.world.does(account, R::withdrawCall { mt });
                }
            }
        }
        self.world.pass(YEAR + DAY).reactivate();
        for account in self.accounts {
            for lock in self.world.locks(account) {
                assert_eq!(self.world.does(account, R::withdrawLockCall { id: lock.id }).0, lock.amount);
            }
            assert_eq!(self.world.effective(account), U256::ZERO);
        }
        for (token, donated) in self.tokens.into_iter().zip(self.model.donated) {
            assert_eq!(self.world.balance(token, self.world.registry), donated, "exits always work, in full");
        }
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 200,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(48))]

    /// Σ stakes = holdings − donations after every step; averages equal a naive second-by-second model; exits always work.
    #[test]
    fn stakes_are_holdings_less_donations_and_averages_are_the_naive_ones(
        history in proptest::collection::vec((short_wait(), stake_step()), 30),
    ) {
        let mut twins = Twins::new();
        let since = twins.world.today();
        for (wait, step) in history {
            twins.step(wait, step);
        }
        twins.world.next_day();
        twins.check_past(since, Model::naive_seconds);
        twins.leave();
    }

    /// Over months, with locks and stakes: effective balances and stake-seconds equal the exact model at every past day and around every
    /// change, history never changes by later actions, a lock's weight only falls, and no change of locks lowers it or beats a fresh lock.
    #[test]
    fn balances_are_those_of_the_exact_model_and_history_never_changes(
        history in proptest::collection::vec((long_wait(), prop_oneof![1 => stake_step(), 2 => lock_step()]), 40),
    ) {
        let mut twins = Twins::new();
        let since = twins.world.today();
        for (index, (wait, step)) in history.into_iter().enumerate() {
            // What is not paused is what this is about.
            if !matches!(step, Step::Pause) {
                twins.step(wait, step);
            }
            if index % 5 == 0 {
                twins.remember();
            }
        }
        twins.world.next_day();
        twins.check_past(since, Model::seconds);
        twins.leave();
    }
}

proptest! {
    #![proptest_config(config(16))]

    /// With all sixteen places in use, emptied and used again: every past balance stays that of the exact model.
    #[test]
    fn places_that_are_used_again_change_no_past(
        history in proptest::collection::vec((crowded_wait(), crowded_step()), 70),
    ) {
        let mut twins = Twins::new();
        let since = twins.world.today();
        for (index, (wait, step)) in history.into_iter().enumerate() {
            twins.step(wait, step);
            if index % 7 == 0 {
                twins.remember();
            }
        }
        twins.world.next_day();
        twins.check_past(since, Model::seconds);
        twins.leave();
    }
}

proptest! {
    #![proptest_config(config(24))]

    /// A lock's weight only falls while nothing is done to it, to zero at its end and never below.
    #[test]
    fn a_locks_weight_only_falls(amount in 1..u64::MAX, period in DAY..YEAR, steps in proptest::collection::vec(1..20 * DAY, 12)) {
        let mut world = World::new();
        let alice = world.alice;
        world.lock(alice, U256::from(amount), period);
        let (mut last, end) = (world.effective(alice), world.now() + period);
        for seconds in steps {
            world.pass(seconds);
            let now = world.effective(alice);
            prop_assert!(now <= last && (world.now() < end || now.is_zero()));
            last = now;
        }
    }
}
