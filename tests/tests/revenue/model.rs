//! Random sequences of every action by many actors, with time and prices moving: the real WASM against a plain model, step by step.
//!
//! The model keeps whole lists where the contract keeps sums: every settlement and every amount that left a bucket. It has the split and the
//! limits from the economics, whose own tests compare them with exact rationals; prices it asks the adapter for. What is tested here is
//! everything around them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};
use fomo_common::waterfall::{Buckets, DEFAULT_COMPUTE_LIMIT, DEFAULT_SHARES, buyback_amount, min_out, split};
use fomo_common::{Bps, Error as Economics};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::common::*;
use IRevenueSplitter as R;

/// What an actor may do. Tokens are graduated, raising and failed; dollars one with a market and one without.
#[derive(Debug, Clone)]
enum Action {
    Settle { token: usize, dollar: usize, period: u64, gross: u64, permille: u64 },
    ClaimCompute { token: usize, dollar: usize, user: usize },
    ClaimIssuer { token: usize, dollar: usize, user: usize },
    ClaimTreasury(usize),
    BuybackFlock(usize),
    BuybackMt { token: usize, dollar: usize },
    Redirect { token: usize, dollar: usize },
    ChangePayee { token: usize, user: usize },
    Record,
    Trade { up: bool, dollars: u64 },
    Donate(u64),
    Pass(u64),
    Pause(u64),
    Unpause,
}

fn action() -> impl Strategy<Value = Action> {
    let (token, dollar) = (0_usize..3, 0_usize..2);
    let pair = (token.clone(), dollar.clone());
    let gross = prop_oneof![2 => 0_u64..30, 3 => 1_000_000_u64..5_000_000_000, 1 => 1_000_000_000_u64..100_000_000_000];
    prop_oneof![
        10 => (pair.clone(), 0_u64..40, gross, 0_u64..1_000).prop_map(
            |((token, dollar), period, gross, permille)| Action::Settle { token, dollar, period, gross, permille }
        ),
        3 => (pair.clone(), 0_usize..4)
            .prop_map(|((token, dollar), user)| Action::ClaimCompute { token, dollar, user }),
        3 => (pair.clone(), 0_usize..4).prop_map(|((token, dollar), user)| Action::ClaimIssuer { token, dollar, user }),
        2 => dollar.clone().prop_map(Action::ClaimTreasury),
        5 => prop_oneof![6 => Just(0_usize), 1 => Just(1)].prop_map(Action::BuybackFlock),
        6 => (prop_oneof![6 => Just(0_usize), 1 => 1_usize..3], prop_oneof![6 => Just(0_usize), 1 => Just(1)])
            .prop_map(|(token, dollar)| Action::BuybackMt { token, dollar }),
        2 => pair.prop_map(|(token, dollar)| Action::Redirect { token, dollar }),
        1 => (token, 0_usize..3).prop_map(|(token, user)| Action::ChangePayee { token, user }),
        6 => Just(Action::Record),
        3 => (any::<bool>(), 1_u64..60_000).prop_map(|(up, dollars)| Action::Trade { up, dollars }),
        1 => (1_u64..1_000).prop_map(Action::Donate),
        8 => prop_oneof![4 => 1_u64..1_000, 5 => 1_000_u64..8_000, 1 => 50_000_u64..300_000].prop_map(Action::Pass),
        1 => (1_u64..4_000).prop_map(Action::Pause),
        1 => Just(Action::Unpause),
    ]
}

/// A bucket: of a token, or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Compute(usize),
    MtBuyback(usize),
    Issuer(usize),
    Treasury,
    FlockBuyback,
}

struct Settlement {
    token: usize,
    dollar: usize,
    period: u64,
    buckets: Buckets,
}

/// What left a bucket: to a payee, into a swap, or to another bucket.
struct Gone {
    dollar: usize,
    bucket: Bucket,
    amount: U256,
    stays: bool,
}

type Tally = BTreeMap<&'static str, (u32, u32)>;

type Expected<T> = Result<T, [u8; 4]>;

/// Everything that happened.
struct Model {
    world: World,
    now: u64,
    tokens: [Address; 3],
    dollars: [Address; 2],
    raising_until: u64,
    settlements: Vec<Settlement>,
    gone: Vec<Gone>,
    redirected: Vec<(usize, U256)>,
    payees: [Address; 3],
    bought_at: BTreeMap<(Option<usize>, usize), u64>,
    recorded: Vec<u64>,
    paused_until: u64,
    guardian_spent: bool,
    donated: U256,
    burned: [U256; 2],
    supplies: [U256; 2],
    tally: Tally,
}

type Beginning = (World, [Address; 3], [Address; 2]);

static BEGINNINGS: LazyLock<[Beginning; 2]> = LazyLock::new(|| [0, 1].map(begin));

fn begin(venue: usize) -> Beginning {
    let mut world = World::new(venue);
    let (raising, failed) = world.launch_and_failure();
    let old = world.old_dollar(tokens(1_000_000_000), 18);
    world.accept_only(old);
    world.approve(world.settler, old, world.splitter);
    for token in [world.usd, world.flock] {
        world.approve(world.suite.users[0], token, world.adapter);
    }
    let tokens = [world.mt, raising, failed];
    let dollars = [world.usd, old];
    (world, tokens, dollars)
}

impl Model {
    fn new(venue: usize) -> Self {
        let (world, tokens, dollars) = BEGINNINGS[venue].clone();
        let now = world.suite.now() + 1;
        let sale = world.suite.view(world.suite.at.launchpad, ILaunchpad::saleCall { token: tokens[1] });
        let observed = ILiquidityAdapter::observedSinceCall { tokenA: world.usd, tokenB: world.flock };
        let recorded = vec![world.suite.view(world.adapter, observed).newest];
        let supplies = [world.supply(world.flock), world.supply(world.mt)];
        Self {
            payees: [world.suite.issuer; 3],
            raising_until: sale.saleEnd,
            world,
            now,
            tokens,
            dollars,
            settlements: Vec::new(),
            gone: Vec::new(),
            redirected: Vec::new(),
            bought_at: BTreeMap::new(),
            recorded,
            paused_until: 0,
            guardian_spent: false,
            donated: U256::ZERO,
            burned: [U256::ZERO; 2],
            supplies,
            tally: Tally::new(),
        }
    }

    fn paused(&self) -> bool {
        self.paused_until > self.now
    }

    fn failed(&self, token: usize) -> bool {
        token == 2 || token == 1 && self.now >= self.raising_until
    }

    fn credited(&self, dollar: usize, bucket: Bucket) -> U256 {
        let of = |settlement: &&Settlement, token: usize| settlement.token == token;
        let all = self.settlements.iter().filter(|settlement| settlement.dollar == dollar);
        let sum = |amounts: Vec<U256>| amounts.into_iter().fold(U256::ZERO, |sum, amount| sum + amount);
        match bucket {
            Bucket::Compute(token) => sum(all.filter(|s| of(s, token)).map(|s| s.buckets.compute).collect()),
            Bucket::MtBuyback(token) => sum(all.filter(|s| of(s, token)).map(|s| s.buckets.mt_buyback).collect()),
            Bucket::Issuer(token) => sum(all.filter(|s| of(s, token)).map(|s| s.buckets.issuer).collect()),
            Bucket::Treasury => sum(all.map(|s| s.buckets.treasury).collect()),
            Bucket::FlockBuyback => {
                let redirected = self.redirected.iter().filter(|(of, _)| *of == dollar).map(|(_, amount)| *amount);
                sum(all.map(|s| s.buckets.flock_buyback).chain(redirected).collect())
            }
        }
    }

    fn left(&self, dollar: usize, of: impl Fn(&Gone) -> bool) -> U256 {
        let gone = self.gone.iter().filter(|gone| gone.dollar == dollar && of(gone));
        gone.fold(U256::ZERO, |sum, gone| sum + gone.amount)
    }

    fn bucket(&self, dollar: usize, bucket: Bucket) -> U256 {
        self.credited(dollar, bucket) - self.left(dollar, |gone| gone.bucket == bucket)
    }

    /// A transaction now, compared with what was expected of it.
    fn send<C: SolCall>(&mut self, from: Address, to: Address, call: C, expected: &Expected<Option<C::Return>>) {
        self.world.suite.at_time(self.now);
        let execution = self.world.suite.run(from, to, call);
        assert_eq!(self.world.suite.now(), self.now);
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
        let splitter = self.world.splitter;
        match *action {
            Action::Settle { token, dollar, period, gross, permille } => {
                self.settle(token, dollar, period, U256::from(gross), U256::from(permille));
            }
            Action::ClaimCompute { token, dollar, user } => {
                let from = if user == 0 { self.world.suite.users[1] } else { self.world.compute };
                let call = R::claimComputeCall { token: self.tokens[token], asset: self.dollars[dollar] };
                self.claim(from, self.world.compute, dollar, Bucket::Compute(token), call);
            }
            Action::ClaimIssuer { token, dollar, user } => {
                let call = R::claimIssuerCall { token: self.tokens[token], asset: self.dollars[dollar] };
                if token != 0 {
                    self.send(self.payees[token], splitter, call, &Err(R::NotGraduated::SELECTOR));
                } else {
                    let from = if user == 0 { self.world.settler } else { self.payees[token] };
                    self.claim(from, self.payees[token], dollar, Bucket::Issuer(token), call);
                }
            }
            Action::ClaimTreasury(dollar) => {
                let (anyone, call) = (self.world.settler, R::claimTreasuryCall { asset: self.dollars[dollar] });
                self.claim(anyone, anyone, dollar, Bucket::Treasury, call);
            }
            Action::BuybackFlock(dollar) => self.buy_back(None, dollar),
            Action::BuybackMt { token, dollar } => self.buy_back(Some(token), dollar),
            Action::Redirect { token, dollar } => self.redirect(token, dollar),
            Action::ChangePayee { token, user } => {
                let (token_at, account) = (self.tokens[token], self.world.suite.users[user]);
                let propose = R::proposeIssuerPayeeCall { token: token_at, account };
                self.send(self.payees[token], splitter, propose, &Ok(None));
                self.now += 1;
                self.send(account, splitter, R::acceptIssuerPayeeCall { token: token_at }, &Ok(None));
                self.payees[token] = account;
            }
            Action::Record => self.record(),
            Action::Trade { up, dollars } => self.trade(up, dollars),
            Action::Donate(dollars) => {
                let (from, to) = (self.world.settler, self.world.usd);
                let call = IFomoERC20::transferCall { to: splitter, value: usd(dollars) };
                self.send(from, to, call, &Ok(None));
                self.donated += usd(dollars);
            }
            Action::Pass(seconds) => self.now += seconds,
            Action::Pause(seconds) => {
                let spent = self.guardian_spent;
                let expected = if spent { Err(IAccess::PauseSpent::SELECTOR) } else { Ok(None) };
                self.send(self.world.suite.guardian, splitter, IAccess::pauseCall { duration: seconds }, &expected);
                if !spent {
                    (self.paused_until, self.guardian_spent) = (self.now + seconds, true);
                }
            }
            Action::Unpause => {
                self.send(self.world.suite.admin, splitter, IAccess::unpauseCall {}, &Ok(None));
                (self.paused_until, self.guardian_spent) = (self.paused_until.min(self.now), false);
            }
        }
        self.check();
    }

    fn settle(&mut self, token: usize, dollar: usize, number: u64, gross: U256, permille: U256) {
        let compute = gross * permille / U256::from(1_000);
        let known = self.settlements.iter().any(|s| s.token == token && s.period == number);
        let expected = if self.paused() {
            Err(IAccess::EnforcedPause::SELECTOR)
        } else if gross.is_zero() {
            Err(R::ZeroAmount::SELECTOR)
        } else if known {
            Err(R::PeriodSettled::SELECTOR)
        } else {
            split(gross, compute, DEFAULT_COMPUTE_LIMIT, &DEFAULT_SHARES).map_err(|error| match error {
                Economics::ComputeOverLimit => IEconomicsErrors::ComputeOverLimit::SELECTOR,
                other => panic!("{other}"),
            })
        };
        let call = R::settleCall {
            token: self.tokens[token],
            period: period(number),
            asset: self.dollars[dollar],
            gross,
            compute,
        };
        let returned = expected.map(|buckets| {
            Some(R::settleReturn {
                toCompute: buckets.compute,
                flockBuyback: buckets.flock_buyback,
                treasury: buckets.treasury,
                mtBuyback: buckets.mt_buyback,
                issuer: buckets.issuer,
            })
        });
        self.send(self.world.settler, self.world.splitter, call, &returned);
        if let Ok(buckets) = expected {
            self.settlements.push(Settlement { token, dollar, period: number, buckets });
        }
    }

    fn claim<C: SolCall<Return = U256>>(&mut self, from: Address, payee: Address, dollar: usize, of: Bucket, call: C) {
        let amount = self.bucket(dollar, of);
        let expected = match amount {
            _ if from != payee => Err(R::NotPayee::SELECTOR),
            amount if amount.is_zero() => Err(R::NothingToClaim::SELECTOR),
            amount => Ok(Some(amount)),
        };
        let worked = expected.is_ok();
        self.send(from, self.world.splitter, call, &expected);
        if worked {
            self.gone.push(Gone { dollar, bucket: of, amount, stays: false });
        }
    }

    fn priced(&self) -> bool {
        let old = self.recorded.iter().rev().find(|at| self.now - **at >= WINDOW);
        old.is_some_and(|at| self.now - at <= DAY)
    }

    /// What a buyback spends and buys.
    fn terms(&self, token: Option<usize>, dollar: usize) -> Expected<(U256, U256)> {
        if self.paused() {
            return Err(IAccess::EnforcedPause::SELECTOR);
        }
        let last = self.bought_at.get(&(token, dollar));
        if last.is_some_and(|last| self.now < last + HOUR) {
            return Err(R::IntervalNotOver::SELECTOR);
        }
        if dollar == 1 {
            return Err(R::NoRoute::SELECTOR);
        }
        if !self.priced() {
            return Err(ILiquidityAdapter::NoObservation::SELECTOR);
        }
        let world = &self.world;
        let mut route = vec![world.usd, world.flock];
        route.extend(token.map(|_| world.mt));
        let depth = world.suite.view(world.adapter, ILiquidityAdapter::depthCall { route: route.clone() });
        let fees = world.suite.view(world.adapter, ILiquidityAdapter::feesCall { route: route.clone() });
        let fees: Vec<Bps> = fees.into_iter().map(|fee| Bps::new(fee).unwrap()).collect();
        let bucket = self.bucket(dollar, token.map_or(Bucket::FlockBuyback, Bucket::MtBuyback));
        let amount = buyback_amount(bucket, usd(2_000), depth.amountIn).unwrap();
        if amount < usd(1) {
            return Err(R::SpendTooSmall::SELECTOR);
        }
        let least = min_out(depth.amountOut * amount / depth.amountIn, &fees).unwrap();
        let quote = world.suite.view(world.adapter, ILiquidityAdapter::quoteCall { route, amountIn: amount });
        if quote < least { Err(ILiquidityAdapter::BelowMinimum::SELECTOR) } else { Ok((amount, quote)) }
    }

    fn buy_back(&mut self, token: Option<usize>, dollar: usize) {
        self.world.suite.at_time(self.now);
        let graduated = token.is_none_or(|token| token == 0);
        let expected = if graduated { self.terms(token, dollar) } else { Err(R::NotGraduated::SELECTOR) };
        let (anyone, splitter, asset) = (self.world.suite.users[3], self.world.splitter, self.dollars[dollar]);
        match token {
            None => {
                let returned = expected.map(|(spent, bought)| Some(R::buybackFlockReturn { spent, bought }));
                self.send(anyone, splitter, R::buybackFlockCall { asset, deadline: self.now }, &returned);
            }
            Some(token) => {
                let returned = expected.map(|(spent, bought)| Some(R::buybackMtReturn { spent, bought }));
                let call = R::buybackMtCall { token: self.tokens[token], asset, deadline: self.now };
                self.send(anyone, splitter, call, &returned);
            }
        }
        if let Ok((amount, bought)) = expected {
            let bucket = token.map_or(Bucket::FlockBuyback, Bucket::MtBuyback);
            self.gone.push(Gone { dollar, bucket, amount, stays: false });
            self.bought_at.insert((token, dollar), self.now);
            self.burned[usize::from(token.is_some())] += bought;
        }
    }

    fn redirect(&mut self, token: usize, dollar: usize) {
        let buckets = [Bucket::MtBuyback(token), Bucket::Issuer(token)];
        let amounts = buckets.map(|bucket| self.bucket(dollar, bucket));
        let sum = amounts[0] + amounts[1];
        let expected = match self.failed(token) {
            false => Err(R::NotFailed::SELECTOR),
            true if sum.is_zero() => Err(R::NothingToClaim::SELECTOR),
            true => Ok(None),
        };
        let worked = expected.is_ok();
        let call = R::redirectFailedCall { token: self.tokens[token], asset: self.dollars[dollar] };
        self.send(self.world.suite.users[3], self.world.splitter, call, &expected);
        if worked {
            for (bucket, amount) in buckets.into_iter().zip(amounts) {
                self.gone.push(Gone { dollar, bucket, amount, stays: true });
            }
            self.redirected.push((dollar, sum));
        }
    }

    fn record(&mut self) {
        let recently = self.recorded.last().is_some_and(|last| self.now - last < 60);
        let expected = if recently { Err(ILiquidityAdapter::ObservedRecently::SELECTOR) } else { Ok(None) };
        for token in [self.world.usd, self.world.mt] {
            let call = ILiquidityAdapter::recordObservationCall { tokenA: token, tokenB: self.world.flock };
            self.send(self.world.suite.users[3], self.world.adapter, call, &expected);
        }
        if !recently {
            self.recorded.push(self.now);
        }
    }

    fn trade(&mut self, up: bool, dollars: u64) {
        let (trader, adapter) = (self.world.suite.users[0], self.world.adapter);
        let (usd_token, flock) = (self.world.usd, self.world.flock);
        let (route, amount) =
            if up { (vec![usd_token, flock], usd(dollars)) } else { (vec![flock, usd_token], tokens(dollars * 5)) };
        if self.world.suite.balance(route[0], trader) >= amount {
            let call = ILiquidityAdapter::swapCall {
                route,
                amountIn: amount,
                minOut: U256::ZERO,
                to: trader,
                deadline: NEVER,
            };
            self.send(trader, adapter, call, &Ok(None));
        }
    }

    /// Σ buckets + Σ paid + Σ spent = Σ received, per asset; every total is what the lists add up to; what was bought is gone.
    fn check(&mut self) {
        self.world.suite.at_time(self.now);
        for dollar in 0..2 {
            let asset = self.dollars[dollar];
            let totals = self.world.view(R::totalsOfCall { asset });
            let gross = |s: &Settlement| {
                let Buckets { compute, flock_buyback, treasury, mt_buyback, issuer } = s.buckets;
                compute + flock_buyback + treasury + mt_buyback + issuer
            };
            let here = self.settlements.iter().filter(|s| s.dollar == dollar);
            let received = here.fold(U256::ZERO, |sum, s| sum + gross(s));
            let left = self.left(dollar, |gone| !gone.stays);
            assert_eq!((totals.received, totals.left), (received, left));
            let mut buckets = self.bucket(dollar, Bucket::Treasury) + self.bucket(dollar, Bucket::FlockBuyback);
            for bucket in [Bucket::Compute, Bucket::MtBuyback, Bucket::Issuer] {
                buckets += (0..3).fold(U256::ZERO, |sum, token| sum + self.bucket(dollar, bucket(token)));
            }
            assert_eq!(buckets + left, received, "nothing is lost, nothing is made");
            let donated = if dollar == 0 { self.donated } else { U256::ZERO };
            assert_eq!(self.world.suite.balance(asset, self.world.splitter), buckets + donated);
            let treasury = self.credited(dollar, Bucket::Treasury);
            let flock = self.credited(dollar, Bucket::FlockBuyback);
            assert_eq!((totals.treasury, totals.flockBuyback), (treasury, flock));
            for token in 0..3 {
                self.check_ledger(token, dollar);
            }
        }
        for (index, token) in [self.world.flock, self.world.mt].into_iter().enumerate() {
            assert_eq!(self.world.destroyed(token), (self.burned[index], U256::ZERO));
            assert_eq!(self.world.supply(token), self.supplies[index] - self.burned[index]);
            assert_eq!(self.world.suite.balance(token, self.world.splitter), U256::ZERO);
        }
    }

    fn check_ledger(&self, token: usize, dollar: usize) {
        let (token_at, asset) = (self.tokens[token], self.dollars[dollar]);
        let ledger = self.world.view(R::ledgerOfCall { token: token_at, asset });
        let pairs = [
            (Bucket::Compute(token), ledger.compute, ledger.computeLeft),
            (Bucket::MtBuyback(token), ledger.mtBuyback, ledger.mtBuybackLeft),
            (Bucket::Issuer(token), ledger.issuer, ledger.issuerLeft),
        ];
        for (bucket, credited, left) in pairs {
            assert_eq!(credited, self.credited(dollar, bucket), "{bucket:?}");
            assert_eq!(left, self.left(dollar, |gone| gone.bucket == bucket), "{bucket:?}");
        }
        let here = self.settlements.iter().filter(|s| s.dollar == dollar && s.token == token);
        let shared = here.fold((U256::ZERO, U256::ZERO), |(flock, treasury), s| {
            (flock + s.buckets.flock_buyback, treasury + s.buckets.treasury)
        });
        assert_eq!((ledger.flockBuyback, ledger.treasury), shared);
    }
}

/// Invariant 8 of §10, and that nothing is lost between what comes in and what goes out.
#[test]
fn whatever_happens_the_splitter_does_what_the_plain_model_does() {
    let cases = std::env::var("FOMO_MODEL_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(64);
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(cases) });
    let tally = RefCell::new(Tally::new());
    runner
        .run(&(0_usize..2, prop::collection::vec(action(), 30..120)), |(venue, actions)| {
            let mut model = Model::new(venue);
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
    assert!(tally.len() >= 14 && tally.values().all(|(worked, _)| *worked > 0), "every action has worked: {tally:?}");
}
