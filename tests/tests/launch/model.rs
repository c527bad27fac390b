//! Random sequences of every action by many actors, with time moving: the real WASM against a plain model, step by step.
//!
//! The model keeps whole lists where the contract keeps sums: every pause and every buy. It has the curve from the economics, whose own tests
//! compare it with exact rationals; what is tested here is everything around it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};
use fomo_common::curve::{Curve, Graduation, Purchase, Reserves, TradingFee};
use fomo_common::{Bps, Error as Economics, Seconds};
use fomo_tests::suite::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

/// What an actor may do. Launches and actors are numbers, taken modulo how many there are.
#[derive(Debug, Clone)]
enum Action {
    Create { venue: usize, surcharge: bool, start: u64, duration: u64, bundle: u64 },
    Buy { launch: usize, user: usize, flock: u64, wei: u64 },
    BuyExact { launch: usize, user: usize, mt: u64 },
    Pass(u64),
    Graduate(usize),
    Claim { launch: usize, user: usize },
    Refund { launch: usize, user: usize },
    Pause(u64),
    Unpause,
    WithdrawFees,
    WithdrawTreasury,
    Donate { user: usize, flock: u64 },
}

fn action() -> impl Strategy<Value = Action> {
    let launch = 0_usize..3;
    let user = 0_usize..5;
    prop_oneof![
        2 => (0_usize..2, any::<bool>(), prop_oneof![3 => Just(0), 1 => 0_u64..50_000], 3_000_u64..600_000, 0_u64..60_000).prop_map(
            |(venue, surcharge, start, duration, bundle)| Action::Create { venue, surcharge, start, duration, bundle }
        ),
        16 => (launch.clone(), user.clone(), 0_u64..60_000, 0_u64..1_000_000)
            .prop_map(|(launch, user, flock, wei)| Action::Buy { launch, user, flock, wei }),
        5 => (launch.clone(), user.clone(), 0_u64..150_000)
            .prop_map(|(launch, user, mt)| Action::BuyExact { launch, user, mt }),
        3 => prop_oneof![4 => 1_u64..120, 3 => 1_u64..40_000, 1 => 1_u64..2_000_000, 1 => 2_000_000_u64..4_000_000].prop_map(Action::Pass),
        3 => launch.clone().prop_map(Action::Graduate),
        4 => (launch.clone(), user.clone()).prop_map(|(launch, user)| Action::Claim { launch, user }),
        4 => (launch, user.clone()).prop_map(|(launch, user)| Action::Refund { launch, user }),
        1 => prop_oneof![4 => 0_u64..40_000, 1 => 0_u64..700_000].prop_map(Action::Pause),
        2 => Just(Action::Unpause),
        1 => Just(Action::WithdrawFees),
        1 => Just(Action::WithdrawTreasury),
        1 => (user, 0_u64..1_000).prop_map(|(user, flock)| Action::Donate { user, flock }),
    ]
}

/// One launch as a plain record.
struct Launch {
    token: Address,
    start: u64,
    duration: u64,
    surcharge: bool,
    buys: Vec<(Address, Purchase, bool)>,
    filled_at: Option<u64>,
    end: Option<Graduation>,
    taken: BTreeMap<Address, bool>,
}

impl Launch {
    fn reserves(&self) -> Reserves {
        self.buys.last().map_or_else(|| curve().opening(), |(_, buy, _)| buy.reserves)
    }

    fn sum(&self, of: impl Fn(&Purchase) -> U256, whose: Option<Address>, bundled: Option<bool>) -> U256 {
        let mine = |buyer: &Address| whose.is_none_or(|whose| whose == *buyer);
        let kind = |is: &bool| bundled.is_none_or(|bundled| bundled == *is);
        let chosen = self.buys.iter().filter(|(buyer, _, is)| mine(buyer) && kind(is));
        chosen.fold(U256::ZERO, |sum, (_, buy, _)| sum + of(buy))
    }

    fn has_taken(&self, user: Address) -> bool {
        self.taken.get(&user).copied().unwrap_or_default()
    }

    fn paid(&self, user: Address) -> U256 {
        if self.has_taken(user) { U256::ZERO } else { self.sum(|buy| buy.flock_in, Some(user), None) }
    }

    fn bought(&self, user: Address) -> U256 {
        if self.has_taken(user) { U256::ZERO } else { self.sum(|buy| buy.mt, Some(user), Some(false)) }
    }
}

fn curve() -> Curve {
    Curve::new(max_target(), Bps::ONE).unwrap()
}

/// Everything that happened.
struct Model {
    suite: Suite,
    now: u64,
    launches: Vec<Launch>,
    /// From when until when.
    pauses: Vec<(u64, u64)>,
    guardian_spent: bool,
    issuer_owed: U256,
    treasury_owed: U256,
    /// FLOCK that nobody booked.
    donated: U256,
    tally: Tally,
}

/// How often each call worked and was refused.
type Tally = BTreeMap<&'static str, (u32, u32)>;

type Expected<T> = Result<T, [u8; 4]>;

fn economics(error: Economics) -> [u8; 4] {
    match error {
        Economics::NothingBought => IEconomicsErrors::NothingBought::SELECTOR,
        Economics::SoldOut => IEconomicsErrors::SoldOut::SELECTOR,
        Economics::OverTarget => IEconomicsErrors::OverTarget::SELECTOR,
        Economics::BundleTooLarge => IEconomicsErrors::BundleTooLarge::SELECTOR,
        Economics::BundleReachesMinimum => IEconomicsErrors::BundleReachesMinimum::SELECTOR,
        other => panic!("{other}"),
    }
}

impl Model {
    fn new() -> Self {
        let suite = Suite::new();
        let now = suite.now() + 10;
        Self {
            suite,
            now,
            launches: Vec::new(),
            pauses: Vec::new(),
            guardian_spent: false,
            issuer_owed: U256::ZERO,
            treasury_owed: U256::ZERO,
            donated: U256::ZERO,
            tally: Tally::new(),
        }
    }

    fn paused(&self) -> bool {
        self.pauses.last().is_some_and(|(_, until)| *until > self.now)
    }

    /// Seconds of the sale until `now`, without those of pauses.
    fn elapsed(&self, launch: &Launch) -> u64 {
        let paused: u64 = self
            .pauses
            .iter()
            .map(|(since, until)| (*until).min(self.now).saturating_sub((*since).max(launch.start)))
            .sum();
        self.now.saturating_sub(launch.start).saturating_sub(paused)
    }

    /// When the sale's time was over: the first second at which it has lasted long enough.
    fn ended_at(&self, launch: &Launch) -> u64 {
        let mut left = launch.duration;
        let mut time = launch.start;
        for (since, until) in &self.pauses {
            if *until <= time {
                continue;
            }
            let runs = since.saturating_sub(time);
            if runs >= left {
                break;
            }
            left -= runs;
            time = *until;
        }
        time + left
    }

    fn state(&self, launch: &Launch) -> u8 {
        let succeeded_at = match launch.filled_at {
            _ if launch.end.is_some() => return GRADUATED,
            _ if self.now < launch.start => return SCHEDULED,
            Some(filled_at) => filled_at,
            None if self.elapsed(launch) < launch.duration => return RAISING,
            None if launch.sum(|buy| buy.net_used, None, None) < min_target() => return FAILED,
            None => self.ended_at(launch),
        };
        if self.now < succeeded_at + 30 * DAY { SUCCEEDED } else { FAILED }
    }

    /// A transaction now, compared with what was expected of it.
    fn send<C: SolCall>(&mut self, from: Address, call: C, expected: &Expected<Option<C::Return>>) {
        self.send_to(from, self.suite.at.launchpad, call, expected);
    }

    fn send_to<C: SolCall>(&mut self, from: Address, to: Address, call: C, expected: &Expected<Option<C::Return>>) {
        self.suite.at_time(self.now);
        let execution = self.suite.run(from, to, call);
        assert_eq!(self.suite.now(), self.now);
        let count = self.tally.entry(C::SIGNATURE).or_default();
        *(if expected.is_ok() { &mut count.0 } else { &mut count.1 }) += 1;
        match expected {
            Ok(value) => {
                assert!(execution.success(), "{}: {execution:?}", C::SIGNATURE);
                if let Some(value) = value {
                    assert_eq!(execution.output, C::abi_encode_returns(value), "{}", C::SIGNATURE);
                }
            }
            Err(selector) => {
                assert!(!execution.success(), "{} worked", C::SIGNATURE);
                assert_eq!(execution.output.as_ref(), selector, "{}", C::SIGNATURE);
            }
        }
    }

    fn run(&mut self, action: &Action) {
        self.now += 1;
        match *action {
            Action::Create { venue, surcharge, start, duration, bundle } => {
                if self.launches.len() < 3 {
                    self.create(venue, surcharge, start, duration, bundle);
                }
            }
            Action::Buy { launch, user, flock, wei } => self.buy(launch, user, tokens(flock) + U256::from(wei)),
            Action::BuyExact { launch, user, mt } => self.buy_exact(launch, user, tokens(mt)),
            Action::Pass(seconds) => self.now += seconds,
            Action::Graduate(launch) => self.graduate(launch),
            Action::Claim { launch, user } => self.claim(launch, user),
            Action::Refund { launch, user } => self.refund(launch, user),
            Action::Pause(seconds) => self.pause(seconds),
            Action::Unpause => self.unpause(),
            Action::WithdrawFees => self.withdraw_fees(),
            Action::WithdrawTreasury => self.withdraw_treasury(),
            Action::Donate { user, flock } => {
                let (to, value) = (self.suite.at.launchpad, tokens(flock));
                let flock = self.suite.at.flock;
                let user = self.suite.users[user];
                self.send_to(user, flock, IFomoERC20::transferCall { to, value }, &Ok(None));
                self.donated += value;
            }
        }
        self.check();
    }

    fn create(&mut self, venue: usize, surcharge: bool, start: u64, duration: u64, bundle: u64) {
        let issuer = self.suite.issuer;
        let (start, bundled) = ((self.now + start).max(self.now + 1), tokens(bundle));
        let fee = TradingFee::DEFAULT;
        let shortest = if surcharge { 3 * 3_600 } else { 3_600 };
        let expected = if self.paused() {
            Err(IAccess::EnforcedPause::SELECTOR)
        } else if duration < shortest {
            Err(ILaunchpad::DurationOutOfRange::SELECTOR)
        } else if bundle == 0 {
            Ok(None)
        } else {
            curve().bundled_buy(bundled, &fee, min_target()).map(Some).map_err(economics)
        };
        let order = ILaunchpad::createLaunchCall {
            saleStart: start,
            duration,
            surcharge,
            bundledOffer: bundled,
            ..Suite::order(VENUES[venue])
        };
        let index = U256::from(self.launches.len());
        self.send(issuer, order, &expected.map(|_| None));
        if let Ok(purchase) = expected {
            let token = self.suite.view(self.suite.at.launchpad, ILaunchpad::launchAtCall { index });
            let buys = purchase.map(|purchase| (issuer, purchase, true)).into_iter().collect();
            let (filled_at, end, taken) = (None, None, BTreeMap::new());
            self.launches.push(Launch { token, start, duration, surcharge, buys, filled_at, end, taken });
            self.treasury_owed += tokens(32_768);
        }
    }

    /// What a buy may do now, but for its size.
    fn offer(&self, launch: &Launch) -> Expected<Bps> {
        if self.paused() {
            return Err(IAccess::EnforcedPause::SELECTOR);
        }
        let running = self.now >= launch.start && self.elapsed(launch) < launch.duration;
        if launch.end.is_some() || !running {
            return Err(ILaunchpad::NotRaising::SELECTOR);
        }
        let fee = TradingFee::DEFAULT;
        let seconds = Seconds(self.elapsed(launch));
        Ok(if launch.surcharge { fee.sniper_tax(seconds) } else { fee.total() })
    }

    fn booked(&mut self, index: usize, user: Address, purchase: Purchase) {
        let launch = &mut self.launches[index];
        launch.buys.push((user, purchase, false));
        if launch.sum(|buy| buy.net_used, None, None) == max_target() {
            launch.filled_at = Some(self.now);
        }
    }

    fn buy(&mut self, launch: usize, user: usize, offered: U256) {
        let Some(index) = launch.checked_rem(self.launches.len()) else { return };
        let (launch, user) = (&self.launches[index], self.suite.users[user]);
        let token = launch.token;
        let expected = self
            .offer(launch)
            .and_then(|tax| curve().buy(&launch.reserves(), offered, &TradingFee::DEFAULT, tax).map_err(economics));
        let call = ILaunchpad::buyCall { token, offered, minOut: U256::ZERO, deadline: self.now };
        let returned = |buy: &Purchase| ILaunchpad::buyReturn { flockIn: buy.flock_in, mt: buy.mt };
        self.send(user, call, &expected.as_ref().map(|buy| Some(returned(buy))).map_err(|error| *error));
        if let Ok(purchase) = expected {
            self.booked(index, user, purchase);
        }
    }

    fn buy_exact(&mut self, launch: usize, user: usize, mt: U256) {
        let Some(index) = launch.checked_rem(self.launches.len()) else { return };
        let (launch, user) = (&self.launches[index], self.suite.users[user]);
        let token = launch.token;
        let expected = self
            .offer(launch)
            .and_then(|tax| curve().buy_exact(&launch.reserves(), mt, &TradingFee::DEFAULT, tax).map_err(economics));
        // A first minute's tax makes prices that nobody here could pay.
        let expected = expected.and_then(|buy| {
            if buy.flock_in > tokens(400_000) { Err(ILaunchpad::AboveMaximumIn::SELECTOR) } else { Ok(buy) }
        });
        let call = ILaunchpad::buyExactCall { token, mt, maxIn: tokens(400_000), deadline: self.now };
        let returned = |buy: &Purchase| ILaunchpad::buyExactReturn { flockIn: buy.flock_in, mtAllocated: buy.mt };
        self.send(user, call, &expected.as_ref().map(|buy| Some(returned(buy))).map_err(|error| *error));
        if let Ok(purchase) = expected {
            self.booked(index, user, purchase);
        }
    }

    fn graduate(&mut self, launch: usize) {
        let Some(index) = launch.checked_rem(self.launches.len()) else { return };
        let launch = &self.launches[index];
        let token = launch.token;
        let expected = if self.state(launch) == SUCCEEDED {
            Ok(curve().graduation(&launch.reserves()).unwrap())
        } else {
            Err(ILaunchpad::NotSucceeded::SELECTOR)
        };
        let reserves = launch.reserves();
        let fees = launch.sum(|buy| buy.protocol_fee + buy.surcharge, None, None);
        let issuer_fees = launch.sum(|buy| buy.issuer_fee, None, None);
        let anyone = self.suite.users[4];
        self.send(anyone, ILaunchpad::graduateCall { token }, &expected.as_ref().map(|_| None).map_err(|error| *error));
        if let Ok(end) = expected {
            let flock = self.suite.at.flock;
            let pools = self.suite.at.adapters.map(|adapter| {
                let call = ILiquidityAdapter::poolOfCall { tokenA: token, tokenB: flock };
                self.suite.harness.call(adapter, call.abi_encode())
            });
            let pool = pools.iter().find(|execution| execution.success()).expect("one venue has it");
            let (mt, paired) = self.suite.pool(Address::from_slice(&pool.output[12..32]), token);
            assert_eq!((mt, paired), (end.mt_liquidity, end.flock_liquidity));
            assert!(paired * reserves.mt >= reserves.flock * mt, "the DEX opens no lower than the curve closed");
            self.treasury_owed += fees;
            self.issuer_owed += issuer_fees;
            self.launches[index].end = Some(end);
        }
    }

    fn claim(&mut self, launch: usize, user: usize) {
        let Some(index) = launch.checked_rem(self.launches.len()) else { return };
        let (launch, user) = (&self.launches[index], self.suite.users[user]);
        let token = launch.token;
        let expected = match launch.end {
            None => Err(ILaunchpad::NotGraduated::SELECTOR),
            Some(_) if launch.bought(user).is_zero() => Err(ILaunchpad::NothingToClaim::SELECTOR),
            Some(_) => Ok(launch.bought(user)),
        };
        self.send(user, ILaunchpad::claimCall { token }, &expected.map(Some));
        if let Ok(amount) = expected {
            assert_eq!(self.suite.balance(token, user), amount);
            self.launches[index].taken.insert(user, true);
        }
    }

    fn refund(&mut self, launch: usize, user: usize) {
        let Some(index) = launch.checked_rem(self.launches.len()) else { return };
        let (launch, user) = (&self.launches[index], self.suite.users[user]);
        let token = launch.token;
        let expected = match (self.state(launch), launch.paid(user)) {
            (FAILED, paid) if paid.is_zero() => Err(ILaunchpad::NothingToClaim::SELECTOR),
            (FAILED, paid) => Ok(paid),
            _ => Err(ILaunchpad::NotFailed::SELECTOR),
        };
        self.send(user, ILaunchpad::refundCall { token }, &expected.map(Some));
        if expected.is_ok() {
            self.launches[index].taken.insert(user, true);
        }
    }

    fn pause(&mut self, seconds: u64) {
        let guardian = self.suite.guardian;
        let expected = if self.guardian_spent {
            Err(IAccess::PauseSpent::SELECTOR)
        } else if seconds == 0 || seconds > 7 * DAY {
            Err(IAccess::PauseTooLong::SELECTOR)
        } else {
            Ok(None)
        };
        let worked = expected.is_ok();
        self.send(guardian, IAccess::pauseCall { duration: seconds }, &expected);
        if worked {
            let until = self.now + seconds;
            match self.pauses.last_mut() {
                Some(last) if last.1 > self.now => last.1 = until,
                _ => self.pauses.push((self.now, until)),
            }
            self.guardian_spent = true;
        }
    }

    /// By the admin, who gives the guardian its right back.
    fn unpause(&mut self) {
        let admin = self.suite.admin;
        self.send(admin, IAccess::unpauseCall {}, &Ok(None));
        let now = self.now;
        if let Some(last) = self.pauses.last_mut().filter(|last| last.1 > now) {
            last.1 = now;
        }
        self.guardian_spent = false;
    }

    fn withdraw_fees(&mut self) {
        let issuer = self.suite.issuer;
        let owed = std::mem::take(&mut self.issuer_owed);
        let expected = if owed.is_zero() { Err(ILaunchpad::NothingToClaim::SELECTOR) } else { Ok(Some(owed)) };
        self.send(issuer, ILaunchpad::withdrawFeesCall {}, &expected);
    }

    fn withdraw_treasury(&mut self) {
        let anyone = self.suite.users[0];
        let owed = std::mem::take(&mut self.treasury_owed);
        let expected = if owed.is_zero() { Err(ILaunchpad::NothingToClaim::SELECTOR) } else { Ok(Some(owed)) };
        self.send(anyone, ILaunchpad::withdrawTreasuryCall {}, &expected);
    }

    /// The invariants of §10 that are the launchpad's, after every step.
    fn check(&mut self) {
        self.suite.at_time(self.now);
        let launchpad = self.suite.at.launchpad;
        let mut flock = self.issuer_owed + self.treasury_owed + self.donated;
        for launch in &self.launches {
            let (token, reserves) = (launch.token, launch.reserves());
            assert_eq!(self.suite.state(token), self.state(launch), "at {}", self.now);
            // 2. k never falls; what is allocated is within the sale, what is raised within the target.
            assert!(reserves.mt * reserves.flock >= curve().k().unwrap(), "k never falls");
            assert!(launch.sum(|buy| buy.mt, None, None) <= tokens(400_000));
            assert!(launch.sum(|buy| buy.net_used, None, None) <= max_target());
            for user in &self.suite.users {
                let position = self.suite.view(launchpad, ILaunchpad::positionCall { token, buyer: *user });
                assert_eq!((position.flockIn, position.mt), (launch.paid(*user), launch.bought(*user)));
            }
            match launch.end {
                // 1. Before an end, and after a bad one, what lies here is what every buyer paid and was not given back.
                None => {
                    let actors = self.suite.users.iter().chain([&self.suite.issuer]);
                    flock = actors.fold(flock, |sum, user| sum + launch.paid(*user));
                }
                // 3. After a good one the supply is a million less what was burned, and no refund is left.
                Some(end) => {
                    let supply = self.suite.view(token, IFomoERC20::totalSupplyCall {});
                    assert_eq!(supply, tokens(1_000_000) - end.mt_burned);
                    let unclaimed = self.suite.users.iter().fold(U256::ZERO, |sum, user| sum + launch.bought(*user));
                    assert_eq!(self.suite.balance(token, launchpad), unclaimed);
                }
            }
        }
        assert_eq!(self.suite.flock(launchpad), flock, "FLOCK held is what is owed to somebody, to the wei");
    }
}

/// Invariants 1 to 4 and 9 of §10.
#[test]
fn whatever_happens_the_launchpad_does_what_the_plain_model_does() {
    let cases = std::env::var("FOMO_MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let tally = RefCell::new(Tally::new());
    runner
        .run(&prop::collection::vec(action(), 20..120), |actions| {
            let mut model = Model::new();
            for action in &actions {
                model.run(action);
            }
            for (call, (worked, refused)) in model.tally {
                let mut tally = tally.borrow_mut();
                let count = tally.entry(call).or_default();
                *count = (count.0 + worked, count.1 + refused);
            }
            Ok(())
        })
        .unwrap();
    let tally = tally.into_inner();
    println!("{tally:#?}");
    assert!(tally.len() >= 10 && tally.values().all(|(worked, _)| *worked > 0), "every action has worked: {tally:?}");
}
