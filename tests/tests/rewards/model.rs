//! Any history, worked by any keeper: what is paid follows from the events and the chain's state alone, is the same to the wei whoever worked
//! when and in which steps, and keeps the invariants.

use std::collections::BTreeMap;

use alloy_primitives::{Address, U256};
use fomo_tests::suite::{DAY, tokens};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

use crate::common::*;

/// Seconds into a day at which people act, and at which a keeper reports and seals.
const ACTIONS: u64 = 6 * 3_600;
const SEALING: u64 = 13 * 3_600;

/// What people do on a day.
#[derive(Debug, Clone)]
enum Action {
    Stake(usize, usize, u64),
    Unstake(usize, usize, u64),
    Lock(usize, u64, u64),
    FundPhase(u64),
    FundReserved(usize, u64, bool),
    Support(usize, bool),
}

/// A day: what people do, and what they spend, by model and person.
#[derive(Debug, Clone)]
struct Day {
    actions: Vec<Action>,
    spends: Vec<(usize, usize, u64)>,
}

/// How a keeper works on a day, if at all.
#[derive(Debug, Clone, Copy)]
struct Work {
    works: bool,
    /// Rows of a batch.
    split: usize,
    /// Reports something else first, and voids it.
    slips: bool,
    /// Crashes after every transaction, and sends the last one again when it is back.
    crashes: bool,
    /// Tokens of a step of sealing.
    limit: u64,
}

const PROMPT: Work = Work { works: true, split: 200, slips: false, crashes: false, limit: 100 };

/// Those who act, and three who only use the models. The last is nobody's account.
fn people(world: &World) -> Vec<Address> {
    let others = [1_u8, 2, 3].map(Address::repeat_byte);
    [world.alice, world.bob, world.carol, world.dave].into_iter().chain(others).collect()
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => (0..4_usize, 0..2_usize, 1..1_000_u64).prop_map(|(who, mt, amount)| Action::Stake(who, mt, amount)),
        2 => (0..4_usize, 0..2_usize, 1..500_u64).prop_map(|(who, mt, amount)| Action::Unstake(who, mt, amount)),
        2 => (0..4_usize, 1..20_000_u64, 1..=365_u64).prop_map(|(who, amount, days)| Action::Lock(who, amount, days)),
        1 => (1..500_u64).prop_map(Action::FundPhase),
        2 => (0..2_usize, 1_000..5_000_u64, any::<bool>()).prop_map(|(mt, amount, level)| Action::FundReserved(mt, amount, level)),
        1 => (0..2_usize, any::<bool>()).prop_map(|(mt, on)| Action::Support(mt, on)),
    ]
}

fn day() -> impl Strategy<Value = Day> {
    // The third model is one that nobody knows. Some days have no usage at all.
    let spend = prop_oneof![3 => 1..1_000_000_000_u64, 1 => 0..3_u64];
    let spends = prop_oneof![1 => Just(Vec::new()), 4 => vec((0..3_usize, 0..7_usize, spend), 1..12)];
    (vec(action(), 0..4), spends).prop_map(|(actions, spends)| Day { actions, spends })
}

fn work() -> impl Strategy<Value = Work> {
    (any::<bool>(), 1..4_usize, any::<bool>(), any::<bool>(), 1..3_u64)
        .prop_map(|(works, split, slips, crashes, limit)| Work { works, split, slips, crashes, limit })
}

fn used(world: &World, day: &Day) -> Usage {
    let people = people(world);
    let keys = [key(world.a), key(world.b), key(Address::repeat_byte(0x77))];
    let mut usage = Usage::new();
    for (model, who, spend) in &day.spends {
        usage.entry(keys[*model]).or_default().insert(people[*who], *spend);
    }
    usage
}

fn act(world: &mut World, action: &Action) {
    use fomo_tests::suite::IStakeRegistry as S;
    let people = people(world);
    let (mts, registry, rewards) = ([world.a, world.b], world.suite.at.registry, world.suite.at.rewards);
    // What is refused, such as an unstake without a stake, changes nothing in any of the worlds.
    match *action {
        Action::Stake(who, mt, amount) => {
            world.run(people[who], registry, S::stakeCall { mt: mts[mt], amount: tokens(amount) });
        }
        Action::Unstake(who, mt, amount) => {
            world.run(people[who], registry, S::requestUnstakeCall { mt: mts[mt], amount: tokens(amount) });
        }
        Action::Lock(who, amount, days) => {
            let (lock_period, beneficiary) = (U256::from(days * DAY), people[who]);
            let call = S::exchangeFlockCall { amount: tokens(amount), lockPeriod: lock_period, beneficiary };
            world.run(people[who], registry, call);
        }
        Action::FundPhase(amount) => {
            world.run(world.alice, rewards, R::fundPhaseCall { phase: U256::ONE, amount: tokens(amount) });
        }
        Action::FundReserved(mt, amount, level) => {
            world.run(world.bob, rewards, R::fundReservedCall { mt: mts[mt], amount: tokens(amount), level });
        }
        Action::Support(mt, supported) => {
            world.run(world.suite.admin, rewards, R::setSupportedCall { mt: mts[mt], supported });
        }
    }
}

/// Does it again where the keeper crashed before it knew: nothing changes.
fn again<C: alloy_sol_types::SolCall + Clone>(world: &mut World, work: &Work, from: Address, call: C) {
    world.does(from, call.clone());
    if work.crashes {
        let before = world.storage();
        world.does(from, call);
        assert_eq!(world.storage(), before, "what was sent before changes nothing");
    }
}

fn report(world: &mut World, epoch: u64, usage: &Usage, work: &Work) {
    let reporter = world.reporter;
    if work.slips {
        let wrong = wrong_usage(world);
        world.report(epoch, &wrong, work.split);
        world.does(reporter, R::voidReportCall { epoch });
    }
    let spend = usage.values().flat_map(|rows| rows.values()).sum();
    let rows = usage.values().map(|rows| rows.len() as u32).sum();
    again(world, work, reporter, R::declareCall { epoch, rows, spend });
    for (index, (key, rows)) in World::batches(usage, work.split).into_iter().enumerate() {
        again(world, work, reporter, R::reportCall { epoch, index: index as u32, key, rows });
    }
}

fn wrong_usage(world: &World) -> Usage {
    usage(key(world.a), &[(world.dave, 77), (world.alice, 5)])
}

fn seal_all(world: &mut World, work: &Work) {
    for epoch in world.next()..world.today() {
        if world.state(epoch) != 4 {
            break;
        }
        world.seal(epoch, work.limit);
    }
}

/// Plays a history with a keeper, and finishes it.
fn play(days: &[Day], works: &[Work]) -> (World, BTreeMap<u64, Usage>) {
    let mut world = World::new();
    let mut reported = world.today();
    let mut used_on = BTreeMap::from([(reported, Usage::new())]);
    for (index, day) in days.iter().enumerate() {
        world.next_day();
        let today = world.today();
        used_on.insert(today, used(&world, day));
        let work = works[index % works.len()];
        if work.works {
            while reported < today {
                let usage = used_on[&reported].clone();
                report(&mut world, reported, &usage, &work);
                reported += 1;
            }
        }
        world.go(today * DAY + ACTIONS);
        for action in &day.actions {
            act(&mut world, action);
        }
        world.go(today * DAY + SEALING);
        if work.works {
            seal_all(&mut world, &work);
        }
    }
    world.next_day();
    let work = works[0];
    while reported < world.today() {
        let usage = used_on[&reported].clone();
        report(&mut world, reported, &usage, &work);
        reported += 1;
    }
    world.pass(DAY / 2);
    seal_all(&mut world, &work);
    assert_eq!(world.next(), world.today(), "every epoch is sealed");
    (world, used_on)
}

/// What the events say was reported is what was used.
fn published(world: &World, used: &BTreeMap<u64, Usage>) {
    for (epoch, usage) in used {
        let mut told = Usage::new();
        for batch in world.reported(*epoch) {
            for (row, spend) in batch.rows.chunks(48).zip(batch.spends.chunks(6)) {
                let spend = spend.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte));
                told.entry(batch.key).or_default().insert(Address::from_slice(&row[..20]), spend);
            }
        }
        assert_eq!(told, *usage);
    }
}

fn earned(world: &World) -> Vec<[U256; 3]> {
    let of = |account| [world.flock_of(account), world.mt_of(account, world.a), world.mt_of(account, world.b)];
    people(world).into_iter().map(of).collect()
}

/// Gives what each person earned, of FLOCK and of both MTs.
fn check(days: &[Day], works: &[Work]) -> Vec<[U256; 3]> {
    let (mut prompt, used) = play(days, &[PROMPT]);
    let (mut other, same) = play(days, works);
    assert_eq!(used, same);
    for world in [&mut prompt, &mut other] {
        for epoch in used.keys() {
            world.accrue(*epoch);
        }
        published(world, &used);
    }
    assert_eq!(earned(&prompt), earned(&other), "whoever worked, when and in which steps");
    let people = people(&other);
    let ledger = other.verified(&people);
    invariants(&other, &ledger);
    // Half of them claim; the rest of the balance is still owed or uncommitted.
    for account in &people[..4] {
        other.does(other.reporter, R::claimCall { account: *account });
    }
    let ledger = other.verified(&people);
    invariants(&other, &ledger);
    earned(&prompt)
}

/// Invariants 5, 6 and 10 for what was sealed.
fn invariants(world: &World, ledger: &fomo::verify::Ledger) {
    let (mut owed, mut dust) = (U256::ZERO, U256::ZERO);
    for report in ledger.reports.values() {
        for (mt, day) in &report.days {
            let rows = || report.batches.iter().filter(|batch| batch.mt == *mt).flat_map(|batch| &batch.rows);
            let flock: U256 = rows().map(|row| row.flock).sum();
            let reward: U256 = rows().map(|row| row.mt).sum();
            assert!(flock + day.dust[0] == day.pools[0] + day.pools[1], "5. the payouts and the dust are the pool");
            assert!(reward + day.dust[1] == day.pools[2]);
            dust += day.dust[0];
            for row in rows() {
                let nothing = row.flock.is_zero() && row.mt.is_zero();
                assert!(row.spend > 0 || nothing, "6. no usage, nothing");
                assert!(!row.scores.incentive.is_zero() || row.mt.is_zero(), "6. no stake, no incentive");
            }
        }
    }
    for (flock, _) in ledger.rewards.values() {
        owed += *flock;
    }
    let balance = world.balance(world.suite.at.flock, world.suite.at.rewards);
    assert_eq!(balance, owed + dust + ledger.uncommitted(), "10. every wei is somebody's or a stream's");
}

proptest! {
    #![proptest_config(Config {
        cases: 8,
        max_shrink_iters: 24,
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..Config::default()
    })]

    #[test]
    fn any_keeper_pays_the_same_and_the_events_prove_it(days in vec(day(), 2..7), works in vec(work(), 1..7)) {
        check(&days, &works);
    }
}

/// A keeper that does nothing for a week pays the same as one that is there every day.
#[test]
fn a_late_keeper_pays_the_same() {
    let spends = vec![(0, 0, 5_000_000), (0, 1, 7_000_001), (1, 2, 3), (2, 3, 9), (0, 6, 1)];
    let actions = vec![Action::Stake(0, 0, 7), Action::Lock(1, 999, 365), Action::FundReserved(0, 1_500, false)];
    let day = Day { actions, spends };
    let absent = Work { works: false, split: 2, slips: true, crashes: true, limit: 1 };
    let [alice, bob, .., last] = check(&vec![day; 7], &[absent])[..] else { panic!("there are people") };
    assert!(alice.iter().take(2).all(|earned| *earned > tokens(1)) && alice[2].is_zero());
    assert!(bob[0] > tokens(1) && bob[1].is_zero() && !last[0].is_zero());
}
