//! gmFLOCK: locks, what they weigh, and who may make them.

use alloy_primitives::U256;
use alloy_sol_types::SolEvent;

use crate::common::{DAY, IAccess, IEconomicsErrors, IStakeRegistry, ONE, World, YEAR, key, tokens};
use IStakeRegistry as R;

fn exchange(world: &World, amount: U256, period: u64) -> R::exchangeFlockCall {
    R::exchangeFlockCall { amount, lockPeriod: U256::from(period), beneficiary: world.alice }
}

fn gm_of(world: &World, id: U256) -> U256 {
    world.locks(world.alice).iter().find(|lock| lock.id == id).expect("it is open").gm
}

#[test]
fn a_lock_takes_flock_and_gives_gm() {
    let mut world = World::new();
    let (alice, flock) = (world.alice, world.flock);
    let before = world.balance(flock, alice);
    let (time, gm) = (world.now() + 5, tokens(301));
    assert_eq!(world.ask(R::previewLockCall { amount: tokens(100), lockPeriod: U256::from(30 * DAY) }), tokens(100));
    // A year gives 1 + 2.19 · 335/365 = 3.01.
    assert_eq!(world.ask(R::previewLockCall { amount: tokens(100), lockPeriod: U256::from(YEAR) }), gm);
    let call = exchange(&world, tokens(100), YEAR);
    let (id, logs) = world.at(time).does(alice, call);
    let (amount, unlock) = (tokens(100), time + YEAR);
    let event = R::LockOpened { account: alice, id, payer: alice, amount, gm, unlock, totalLocked: amount };
    assert_eq!(logs, [event.encode_log_data()]);
    let locks = world.locks(alice);
    assert_eq!(locks, [R::Lock { id, amount, gm, unlock }]);
    assert_eq!((world.balance(flock, alice), world.ask(R::totalLockedCall {})), (before - amount, amount));
    assert_eq!(world.effective(alice), gm, "a year to go weighs all of it");
    assert_eq!(world.effective_at(alice, time), U256::ZERO, "nothing had been locked before that second");
    world.mine(time + YEAR / 5);
    assert_eq!(world.effective(alice), gm * U256::from(4) / U256::from(5));
    assert_eq!(world.effective_at(alice, time + YEAR / 5), world.effective(alice));
}

#[test]
fn a_hundred_for_a_year_weigh_what_two_hundred_for_half_a_year_weigh() {
    let mut world = World::new();
    let (alice, bob) = (world.alice, world.bob);
    world.set_parameter("EPSILON", U256::ZERO);
    let start = world.now() + 10;
    world.at(start).lock(alice, tokens(100), YEAR);
    world.at(start).lock(bob, tokens(200), YEAR / 2);
    assert_eq!(world.effective(alice), tokens(100));
    assert_eq!(world.effective(bob), tokens(100));
    world.next_day().next_day();
    let time = world.now();
    assert_eq!(world.effective_at(alice, time), tokens(100) * U256::from(start + YEAR - time) / U256::from(YEAR));
    assert_eq!(world.effective_at(bob, time), tokens(200) * U256::from(start + YEAR / 2 - time) / U256::from(YEAR));
}

#[test]
fn what_cannot_be_locked_is_refused() {
    let mut world = World::new();
    let (alice, bob) = (world.alice, world.bob);
    let out_of_range = IEconomicsErrors::LockPeriodOutOfRange {};
    for period in [0, DAY - 1, YEAR + 1, u64::MAX] {
        let call = exchange(&world, ONE, period);
        world.refused(alice, call, out_of_range.clone());
        let (amount, lock_period) = (ONE, U256::from(period));
        world.unanswered(R::previewLockCall { amount, lockPeriod: lock_period }, out_of_range.clone());
    }
    let call = R::exchangeFlockCall { amount: ONE, lockPeriod: U256::MAX, beneficiary: alice };
    world.refused(alice, call, out_of_range);
    let call = exchange(&world, U256::ZERO, YEAR);
    world.refused(alice, call, R::ZeroAmount {});
    let call = exchange(&world, U256::ONE << 96, DAY);
    world.refused(alice, call, IAccess::TooLarge {});
    let call = exchange(&world, ONE, YEAR);
    world.refused(bob, call, R::NotOperator {});
    world.pause();
    let call = exchange(&world, ONE, YEAR);
    world.refused(alice, call, IAccess::EnforcedPause {});
}

#[test]
fn dust_locks_cannot_be_pushed_on_anyone() {
    let mut world = World::new();
    let (alice, bob, carol) = (world.alice, world.bob, world.carol);
    let call = exchange(&world, U256::ONE, DAY);
    world.refused(bob, call.clone(), R::NotOperator {});
    let logs = world.does(alice, R::setOperatorCall { operator: bob, approved: true }).1;
    assert_eq!(logs, [R::OperatorSet { account: alice, operator: bob, approved: true }.encode_log_data()]);
    assert!(world.ask(R::isOperatorCall { account: alice, operator: bob }));
    assert!(!world.ask(R::isOperatorCall { account: bob, operator: alice }), "not the other way round");
    world.refused(carol, call.clone(), R::NotOperator {});
    let before = (world.balance(world.flock, alice), world.balance(world.flock, bob));
    let (id, logs) = world.does(bob, call.clone());
    let unlock = world.now() + DAY;
    let (amount, gm) = (U256::ONE, U256::ONE);
    let event = R::LockOpened { account: alice, id, payer: bob, amount, gm, unlock, totalLocked: amount };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!((world.balance(world.flock, alice), world.balance(world.flock, bob)), (before.0, before.1 - amount));
    // The lock is Alice's: the operator neither changes nor withdraws it.
    world.refused(bob, R::extendLockCall { id, newUnlock: unlock + 1 }, R::UnknownLock {});
    world.does(alice, R::setOperatorCall { operator: bob, approved: false });
    world.refused(bob, call, R::NotOperator {});
    world.pass(DAY);
    world.refused(bob, R::withdrawLockCall { id }, R::UnknownLock {});
    world.does(alice, R::withdrawLockCall { id });
}

#[test]
fn sixteen_locks_are_open_and_a_withdrawal_makes_room() {
    let mut world = World::new();
    let alice = world.alice;
    let ids: Vec<U256> = (1..=16).map(|day| world.lock(alice, tokens(day), day * DAY)).collect();
    let call = exchange(&world, ONE, DAY);
    world.refused(alice, call.clone(), R::TooManyLocks {});
    let page = |world: &World, offset, limit| -> Vec<U256> {
        world.ask(R::locksOfCall { account: alice, offset, limit }).iter().map(|lock| lock.id).collect()
    };
    assert_eq!(page(&world, 0, 16), ids);
    assert_eq!(page(&world, 0, u64::MAX), ids);
    assert_eq!(page(&world, 5, 4), ids[5..9]);
    assert!(page(&world, 16, 5).is_empty() && page(&world, u64::MAX, 5).is_empty() && page(&world, 0, 0).is_empty());
    let weight: U256 = world.locks(alice).iter().map(|lock| lock.gm * U256::from(lock.unlock - world.now())).sum();
    assert_eq!(world.effective(alice), weight / U256::from(YEAR));
    world.pass(DAY);
    // It is over, but not withdrawn: its place is taken.
    world.refused(alice, call.clone(), R::TooManyLocks {});
    let before = world.storage().len();
    world.does(alice, R::withdrawLockCall { id: ids[0] });
    assert_eq!(world.storage().len(), before - 1);
    assert_eq!(page(&world, 0, 16), ids[1..]);
    let (id, _) = world.does(alice, call.clone());
    assert!(!ids.contains(&id), "an id is not used again");
    world.refused(alice, R::withdrawLockCall { id: ids[0] }, R::UnknownLock {});
    world.refused(alice, call, R::TooManyLocks {});
}

#[test]
fn an_extension_keeps_the_better_of_two_records() {
    let mut world = World::new();
    let alice = world.alice;
    let start = world.now() + 10;
    let id = world.at(start).lock(alice, tokens(100), 60 * DAY);
    let early = R::extendLockCall { id, newUnlock: start + 60 * DAY };
    world.refused(alice, early, IEconomicsErrors::NotAnExtension {});
    let late = R::extendLockCall { id, newUnlock: start + 20 + YEAR + 1 };
    world.at(start + 20).refused(alice, late, IEconomicsErrors::LockPeriodOutOfRange {});
    let unknown = R::extendLockCall { id: id + U256::from(16), newUnlock: start + YEAR };
    world.refused(alice, unknown, R::UnknownLock {});
    let bob = world.bob;
    world.refused(bob, R::extendLockCall { id, newUnlock: start + YEAR }, R::UnknownLock {});
    let time = start + 10 * DAY;
    let before = gm_of(&world, id);
    let (_, logs) = world.at(time).does(alice, R::extendLockCall { id, newUnlock: time + YEAR });
    let gm = tokens(301);
    let event = R::LockExtended { account: alice, id, amount: tokens(100), gm, unlock: time + YEAR };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!((world.effective(alice), gm_of(&world, id)), (gm, gm));
    // Before it, history is what it was.
    let left = U256::from(start + 60 * DAY - time);
    assert_eq!(world.effective_at(alice, time), before * left / U256::from(YEAR));
}

#[test]
fn rolling_short_extensions_keep_no_bonus_of_a_long_lock() {
    let mut world = World::new();
    let (alice, bob) = (world.alice, world.bob);
    let start = world.now() + 10;
    let id = world.at(start).lock(alice, tokens(100), 300 * DAY);
    // Near the end, again and again.
    for week in 0..5 {
        let time = start + (299 + 7 * week) * DAY;
        world.at(time).extend(alice, id, time + 8 * DAY);
    }
    let fresh = world.now();
    world.at(fresh).lock(bob, tokens(100), 8 * DAY);
    let (rolled, new) = (world.effective(alice), world.effective(bob));
    assert!(rolled <= new + U256::from(20), "{rolled} {new}");
}

#[test]
fn an_increase_adds_what_a_lock_of_the_rest_would_get() {
    let mut world = World::new();
    let (alice, bob, flock) = (world.alice, world.bob, world.flock);
    let start = world.now() + 10;
    let id = world.at(start).lock(alice, tokens(100), YEAR);
    let gm = gm_of(&world, id);
    let time = start + 265 * DAY;
    let before = world.balance(flock, alice);
    let (_, logs) = world.at(time).does(alice, R::increaseLockCall { id, amount: tokens(50) });
    let added = world.ask(R::previewLockCall { amount: tokens(50), lockPeriod: U256::from(100 * DAY) });
    let (amount, gm) = (tokens(150), gm + added);
    let event = R::LockIncreased {
        account: alice,
        id,
        added: tokens(50),
        amount,
        gm,
        unlock: start + YEAR,
        totalLocked: amount,
    };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!((gm_of(&world, id), world.balance(flock, alice)), (gm, before - tokens(50)));
    world.refused(alice, R::increaseLockCall { id, amount: U256::ZERO }, R::ZeroAmount {});
    world.refused(alice, R::increaseLockCall { id, amount: U256::MAX }, IEconomicsErrors::Overflow {});
    world.refused(bob, R::increaseLockCall { id, amount: ONE }, R::UnknownLock {});
    world.pause();
    world.refused(alice, R::increaseLockCall { id, amount: ONE }, IAccess::EnforcedPause {});
    world.refused(alice, R::extendLockCall { id, newUnlock: time + YEAR }, IAccess::EnforcedPause {});
    world.refused(alice, R::mergeLocksCall { a: id, b: id }, IAccess::EnforcedPause {});
}

#[test]
fn a_merge_extends_the_earlier_and_adds() {
    let mut world = World::new();
    let (alice, bob) = (world.alice, world.bob);
    let start = world.now() + 10;
    let short = world.at(start).lock(alice, tokens(100), 100 * DAY);
    let long = world.at(start).lock(alice, tokens(40), YEAR);
    let third = world.at(start).lock(alice, tokens(1), YEAR);
    world.refused(alice, R::mergeLocksCall { a: short, b: short }, R::SameLock {});
    world.refused(alice, R::mergeLocksCall { a: short, b: U256::ZERO }, R::UnknownLock {});
    world.refused(bob, R::mergeLocksCall { a: short, b: long }, R::UnknownLock {});
    let time = start + 50 * DAY;
    let before = world.effective_at(alice, time.min(world.now()));
    let preview = |world: &World, amount| world.ask(R::previewLockCall { amount, lockPeriod: U256::from(315 * DAY) });
    let gm = preview(&world, tokens(100)) + gm_of(&world, long);
    let (id, logs) = world.at(time).does(alice, R::mergeLocksCall { a: short, b: long });
    let (amount, unlock) = (tokens(140), start + YEAR);
    assert_eq!(id, long, "the one that unlocks later goes on");
    let event = R::LocksMerged { account: alice, id, other: short, amount, gm, unlock };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!(world.locks(alice).len(), 2);
    assert_eq!(gm_of(&world, long), gm);
    assert!(world.effective(alice) >= before);
    world.refused(alice, R::extendLockCall { id: short, newUnlock: time + YEAR }, R::UnknownLock {});
    // Of two that unlock together the first goes on.
    let (id, _) = world.does(alice, R::mergeLocksCall { a: third, b: long });
    assert_eq!((id, world.ask(R::totalLockedCall {})), (third, tokens(141)));
    world.at(start + YEAR).reactivate();
    assert_eq!(world.does(alice, R::withdrawLockCall { id }).0, tokens(141));
}

#[test]
fn a_lock_that_is_over_can_only_be_withdrawn() {
    let mut world = World::new();
    let (alice, bob, flock) = (world.alice, world.bob, world.flock);
    let start = world.now() + 10;
    let id = world.at(start).lock(alice, tokens(5), 40 * DAY);
    let other = world.at(start).lock(alice, tokens(6), 50 * DAY);
    world.at(start + 40 * DAY - 1).refused(alice, R::withdrawLockCall { id }, R::StillLocked {});
    world.mine(start + 40 * DAY);
    let expired = IEconomicsErrors::LockExpired {};
    world.refused(alice, R::extendLockCall { id, newUnlock: start + 60 * DAY }, expired.clone());
    world.refused(alice, R::increaseLockCall { id, amount: ONE }, expired.clone());
    world.refused(alice, R::mergeLocksCall { a: other, b: id }, expired.clone());
    world.refused(alice, R::mergeLocksCall { a: id, b: other }, expired);
    world.refused(bob, R::withdrawLockCall { id }, R::UnknownLock {});
    let before = world.balance(flock, alice);
    let (amount, logs) = world.does(alice, R::withdrawLockCall { id });
    let event = R::LockWithdrawn { account: alice, id, amount, totalLocked: tokens(6) };
    assert_eq!((amount, logs), (tokens(5), vec![event.encode_log_data()]));
    assert_eq!(world.balance(flock, alice), before + tokens(5));
    world.refused(alice, R::withdrawLockCall { id }, R::UnknownLock {});
}

#[test]
fn a_withdrawal_changes_no_past_balance() {
    let mut world = World::new();
    let alice = world.alice;
    let start = world.now() + 10;
    let id = world.at(start).lock(alice, tokens(500), 40 * DAY);
    world.mine(start + 45 * DAY);
    let times: Vec<u64> = (0..46).map(|day| start + day * DAY).collect();
    let before: Vec<U256> = times.iter().map(|time| world.effective_at(alice, *time)).collect();
    assert!(before[20] > U256::ZERO && before[41].is_zero());
    world.does(alice, R::withdrawLockCall { id });
    world.pass(10).lock(alice, tokens(1), YEAR);
    let after: Vec<U256> = times.iter().map(|time| world.effective_at(alice, *time)).collect();
    assert_eq!(before, after);
}

#[test]
fn an_epoch_has_the_balance_from_before_its_end() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    let id = world.lock(alice, tokens(10), 100 * DAY);
    let midnight = (world.today() + 1) * DAY;
    let epoch = world.today();
    // The extension happens in the first second of the next day, and counts in that day.
    world.at(midnight).extend(alice, id, midnight + YEAR);
    let at_end = world.effective_at(alice, midnight);
    let read = world.ask(R::readManyCall { mt, epoch, accounts: vec![alice] })[1];
    assert_eq!(read, at_end);
    assert!(at_end < tokens(10) && world.effective(alice) > tokens(30));
    world.at(midnight).lock(alice, tokens(50), YEAR);
    assert_eq!(world.effective_at(alice, midnight), at_end, "later actions of the same second do not matter");
    world.unanswered(R::effectiveBalanceAtCall { account: alice, time: midnight + 1 }, R::TimeNotReached {});
    assert_eq!(world.effective_at(alice, 0), U256::ZERO);
}

#[test]
fn the_past_is_found_however_often_locks_changed() {
    let mut world = World::new();
    let alice = world.alice;
    let start = world.now();
    let id = world.lock(alice, tokens(3), 30 * DAY);
    let mut seen = Vec::new();
    // Several changes on most days, none on others.
    for day in 1..40_u64 {
        for part in 0..day % 4 {
            let time = start + day * DAY + part * 7_000;
            world.at(time).does(alice, R::increaseLockCall { id, amount: U256::from(1_000 + day) });
            if part == 2 {
                world.at(time + 50).extend(alice, id, time + 100 * DAY + day);
            }
            seen.push((world.now(), world.effective(alice)));
        }
    }
    world.pass(2);
    for (time, effective) in &seen {
        // One second later the same locks weigh that second less.
        let next = world.effective_at(alice, time + 1);
        assert!(next <= *effective && *effective - next <= ONE, "{time}: {effective} {next}");
    }
    let id = world.locks(alice)[0].id;
    let unlock = world.now() + 200 * DAY;
    world.pass(500).extend(alice, id, unlock);
    let midnights: Vec<u64> = (1..40).map(|day| (start / DAY + day) * DAY).collect();
    for pair in midnights.windows(2) {
        let of = |time: u64| seen.iter().rev().find(|(at, _)| *at < time).map(|(at, _)| *at);
        if let (Some(a), Some(b)) = (of(pair[0]), of(pair[1]))
            && a == b
        {
            assert!(world.effective_at(alice, pair[1]) < world.effective_at(alice, pair[0]), "it only falls");
        }
    }
}

#[test]
fn multipliers_are_of_their_epochs_parameters() {
    let mut world = World::new();
    let (alice, bob) = (world.alice, world.bob);
    world.lock(alice, tokens(10_000), YEAR);
    let multiplier = |world: &World, account| world.ask(R::multiplierCall { account });
    let expected = |effective: U256, half: U256| ONE + ONE * effective / (effective + half);
    assert_eq!(multiplier(&world, alice), expected(tokens(30_100), tokens(10_000)));
    assert_eq!(multiplier(&world, bob), ONE);
    world.next_day();
    let epoch = world.today() - 1;
    let call = R::multiplierAtCall { account: alice, epoch };
    let before = world.ask(call.clone());
    assert_eq!(before, expected(world.effective_at(alice, world.now()), tokens(10_000)));
    world.set_parameter("HALF", tokens(1_000_000));
    let changed = world.today();
    world.next_day();
    assert_eq!(world.ask(call), before, "an ended epoch keeps its multiplier");
    let end = (changed + 1) * DAY;
    let of = |world: &World, epoch| world.ask(R::multiplierAtCall { account: alice, epoch });
    assert_eq!(of(&world, changed), expected(world.effective_at(alice, end), tokens(10_000)), "counts from the next");
    assert_eq!(multiplier(&world, alice), expected(world.effective(alice), tokens(1_000_000)));
    let call = R::multiplierAtCall { account: alice, epoch: world.today() };
    world.unanswered(call, R::EpochNotEnded {});
    world.unanswered(R::multiplierAtCall { account: alice, epoch: 5 }, IAccess::ParameterUnset {});
    assert_eq!(world.ask(IAccess::parameterCall { key: key("LAMBDA") }), ONE);
}

#[test]
fn epsilon_is_fixed_into_a_lock() {
    let mut world = World::new();
    let alice = world.alice;
    let id = world.lock(alice, tokens(100), YEAR);
    world.set_parameter("EPSILON", U256::ZERO);
    assert_eq!(gm_of(&world, id), tokens(301));
    assert_eq!(world.ask(R::previewLockCall { amount: tokens(100), lockPeriod: U256::from(YEAR) }), tokens(100));
    let time = world.now() + 100;
    let left = world.locks(alice)[0].unlock - time;
    world.at(time).extend(alice, id, time + YEAR);
    assert_eq!(gm_of(&world, id), tokens(301) * U256::from(left) / U256::from(YEAR), "its weight stays");
}
