//! Every refusal, by its typed error, and that it changes nothing.

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use fomo_tests::suite::{DAY, IAccess, IEconomicsErrors, name, tokens};

use crate::common::*;

/// A world on the day after [`START`], at noon, with a declared report of two rows.
fn declared() -> (World, u64, Usage) {
    let mut world = World::new();
    world.next_day();
    let epoch = world.today() - 1;
    let usage = usage(key(world.a), &[(world.alice, 5), (world.bob, 6)]);
    world.declare(epoch, &usage);
    (world, epoch, usage)
}

fn batch(usage: &Usage) -> (B256, Bytes) {
    World::batches(usage, 200).remove(0)
}

#[test]
fn only_the_reporter_reports() {
    let (mut world, epoch, usage) = declared();
    let (key, rows) = batch(&usage);
    for from in [world.alice, world.suite.admin, world.suite.guardian] {
        world.refused(from, R::declareCall { epoch, rows: 1, spend: 1 }, R::NotReporter {});
        let call = R::reportCall { epoch, index: 0, key, rows: rows.clone() };
        world.refused(from, call, R::NotReporter {});
        let call = R::reportRegisteredCall { epoch, index: 0, key, rows: rows.clone() };
        world.refused(from, call, R::NotReporter {});
    }
}

#[test]
fn a_report_is_of_an_ended_epoch_that_is_not_sealed() {
    let mut world = World::new();
    let (reporter, today) = (world.reporter, world.today());
    let declare = |epoch| R::declareCall { epoch, rows: 0, spend: 0 };
    world.refused(reporter, declare(today), R::EpochNotEnded {});
    world.refused(reporter, declare(u64::MAX), R::EpochNotEnded {});
    world.refused(reporter, declare(today - 1), R::EpochAlreadySealed {});
    world.refused(reporter, declare(1), R::EpochIsVoid {});
    let report = |epoch| R::reportCall { epoch, index: 0, key: B256::ZERO, rows: vec![1; 26].into() };
    world.refused(reporter, report(today), R::EpochNotEnded {});
    world.refused(reporter, report(today - 1), R::EpochAlreadySealed {});
    world.next_day();
    world.refused(reporter, report(today), R::NotDeclared {});
}

#[test]
fn totals_are_declared_once() {
    let (mut world, epoch, _) = declared();
    let reporter = world.reporter;
    for (rows, spend) in [(2, 12), (3, 11), (0, 0)] {
        world.refused(reporter, R::declareCall { epoch, rows, spend }, R::TotalsDiffer {});
    }
    let before = world.storage();
    world.does(reporter, R::declareCall { epoch, rows: 2, spend: 11 });
    assert_eq!(world.storage(), before);
    world.next_day();
    let call = R::declareCall { epoch: epoch + 1, rows: 0, spend: 1 };
    world.refused(reporter, call, R::TotalsNotMet {});
}

#[test]
fn rows_are_whole_and_in_order_and_not_more_than_declared() {
    let (mut world, epoch, _) = declared();
    let (reporter, a) = (world.reporter, key(world.a));
    let report = |index, key, rows: Bytes| R::reportCall { epoch, index, key, rows };
    let of = |spends: &[(Address, u64)]| rows(spends.iter().map(|(account, spend)| (account, spend)));
    let mut two = [world.alice, world.bob];
    two.sort();
    for bad in [Bytes::new(), vec![1; 25].into(), vec![1; 27].into(), vec![0xFF; 257 * 26].into()] {
        world.refused(reporter, report(0, a, bad), R::BatchSizeInvalid {});
    }
    let zero = of(&[(Address::ZERO, 5)]);
    world.refused(reporter, report(0, a, zero), R::RowsOutOfOrder {});
    let twice = of(&[(two[0], 5), (two[0], 5)]);
    world.refused(reporter, report(0, a, twice), R::RowsOutOfOrder {});
    let unsorted = of(&[(two[1], 5), (two[0], 6)]);
    world.refused(reporter, report(0, a, unsorted), R::RowsOutOfOrder {});
    let rich = of(&[(two[0], 5), (two[1], 7)]);
    world.refused(reporter, report(0, a, rich), R::TotalsExceeded {});
    let poor = of(&[(two[0], 5), (two[1], 5)]);
    world.refused(reporter, report(0, a, poor), R::TotalsNotMet {});
    let long = of(&[(two[0], 1), (two[1], 1), (Address::repeat_byte(0xFF), 1)]);
    world.refused(reporter, report(0, a, long), R::TotalsExceeded {});
    world.refused(reporter, report(1, a, of(&[(two[0], 5)])), R::BatchOutOfOrder {});
    world.does(reporter, report(0, a, of(&[(two[0], 5)])));
    // The same account under the same key, and a key before this one.
    world.refused(reporter, report(1, a, of(&[(two[0], 6)])), R::RowsOutOfOrder {});
    world.refused(reporter, report(1, B256::with_last_byte(1), of(&[(two[1], 6)])), R::RowsOutOfOrder {});
    for other in [of(&[(two[0], 6)]), of(&[(two[1], 5)]), of(&[(two[0], 4)])] {
        world.refused(reporter, report(0, a, other), R::BatchContradicts {});
    }
    world.refused(reporter, report(0, key(world.b), of(&[(two[0], 5)])), R::BatchContradicts {});
    world.does(reporter, report(1, a, of(&[(two[1], 6)])));
    assert_eq!(world.state(epoch), 3);
    // Complete: the same again changes nothing, more is refused.
    let before = world.storage();
    world.does(reporter, report(1, a, of(&[(two[1], 6)])));
    assert_eq!(world.storage(), before);
    let more = of(&[(Address::repeat_byte(0xFF), 0)]);
    world.refused(reporter, report(2, a, more), R::TotalsExceeded {});
}

#[test]
fn registered_accounts_are_named_by_their_ids() {
    let (mut world, epoch, usage) = declared();
    let (reporter, a) = (world.reporter, key(world.a));
    let accounts: Vec<Address> = usage[&a].keys().copied().collect();
    assert_eq!(world.does(world.carol, R::registerAccountsCall { accounts: accounts.clone() }), 1);
    assert_eq!(world.ask(R::accountByIdCall { id: 2 }).account, accounts[1]);
    let by_id = |ids: &[(u32, u64)]| -> Bytes {
        ids.iter().flat_map(|(id, spend)| [&id.to_be_bytes()[..], &spend.to_be_bytes()[2..]].concat()).collect()
    };
    let report = |rows| R::reportRegisteredCall { epoch, index: 0, key: a, rows };
    world.refused(reporter, report(by_id(&[(3, 5)])), R::UnknownAccount {});
    world.refused(reporter, report(by_id(&[(0, 5)])), R::UnknownAccount {});
    world.refused(reporter, report(by_id(&[(2, 5), (1, 6)])), R::RowsOutOfOrder {});
    let spends: Vec<u64> = usage[&a].values().copied().collect();
    world.does(reporter, report(by_id(&[(1, spends[0]), (2, spends[1])])));
    // The same batch, whichever way its accounts are named.
    let before = world.storage();
    let (key, rows) = batch(&usage);
    world.does(reporter, R::reportCall { epoch, index: 0, key, rows });
    assert_eq!(world.storage(), before);
    let call = R::registerAccountsCall { accounts: vec![Address::ZERO] };
    world.refused(reporter, call, IAccess::ZeroAddress {});
}

#[test]
fn voids_have_their_limits() {
    let (mut world, epoch, usage) = declared();
    let (reporter, admin, guardian) = (world.reporter, world.suite.admin, world.suite.guardian);
    let void = R::voidReportCall { epoch };
    world.refused(world.alice, void.clone(), IAccess::Unauthorized {});
    for _ in 0..2 {
        world.does(guardian, void.clone());
        world.refused(guardian, void.clone(), R::NothingToVoid {});
        world.report(epoch, &usage, 1);
    }
    world.refused(guardian, void.clone(), R::VoidsSpent {});
    world.does(admin, void.clone());
    world.report(epoch, &usage, 2);
    world.does(reporter, void.clone());
    world.refused(reporter, void.clone(), R::NothingToVoid {});
    world.report(epoch, &usage, 2);
    world.pass(DAY / 2);
    // Until sealing begins, then never again.
    world.does(reporter, void.clone());
    world.report(epoch, &usage, 2);
    world.pass(DAY / 2);
    assert!(!world.does(world.carol, R::sealCall { epoch, limit: 1 }));
    assert_eq!(world.state(epoch), 5);
    for from in [reporter, admin, guardian] {
        world.refused(from, void.clone(), R::EpochAlreadySealed {});
    }
    world.seal(epoch, 1);
    world.refused(admin, void, R::EpochAlreadySealed {});
    let call = R::voidReportCall { epoch: world.today() };
    world.refused(admin, call, R::EpochNotEnded {});
}

/// Whoever has the reporter's key cannot use up the attempts and so make a report that nobody can void.
#[test]
fn the_last_attempts_are_the_admins_to_void() {
    let (mut world, epoch, _) = declared();
    let (reporter, admin, guardian) = (world.reporter, world.suite.admin, world.suite.guardian);
    let (void, declare) = (R::voidReportCall { epoch }, R::declareCall { epoch, rows: 1, spend: 1 });
    for _ in 0..1_000 {
        world.does(reporter, void.clone());
        world.does(reporter, declare.clone());
    }
    world.refused(reporter, void.clone(), R::VoidsSpent {});
    // Nor those of the guardian.
    for _ in 0..2 {
        world.does(guardian, void.clone());
        world.does(reporter, declare.clone());
    }
    for from in [reporter, guardian] {
        world.refused(from, void.clone(), R::VoidsSpent {});
    }
    world.does(admin, void.clone());
    world.does(reporter, declare);
    world.does(admin, void);
}

/// A guardian that reports too voids as the reporter, and has its own two when those are used up.
#[test]
fn a_guardian_that_reports_has_the_voids_of_both() {
    let mut world = World::new();
    let (admin, guardian, key) = (world.suite.admin, world.suite.guardian, name("REPORTER"));
    let value = U256::from_be_bytes(guardian.into_word().0);
    world.does(admin, IAccess::proposeParameterCall { key, value });
    world.pass(2 * DAY);
    world.does(guardian, IAccess::executeParameterCall { key });
    let epoch = START;
    let (void, declare) = (R::voidReportCall { epoch }, R::declareCall { epoch, rows: 1, spend: 1 });
    for _ in 0..1_002 {
        world.does(guardian, declare.clone());
        world.does(guardian, void.clone());
    }
    world.does(guardian, declare);
    world.refused(guardian, void, R::VoidsSpent {});
}

/// A complete report cannot be thrown away by voiding first the report and then, since it is late, the epoch.
#[test]
fn after_a_void_there_is_time_to_report_again() {
    let (mut world, epoch, usage) = declared();
    let (guardian, admin, alice) = (world.suite.guardian, world.suite.admin, world.alice);
    world.report(epoch, &usage, 2);
    world.pass(31 * DAY);
    let void = R::voidEpochCall { epoch };
    world.refused(alice, void.clone(), R::EpochAlreadySealed {});
    world.does(guardian, R::voidReportCall { epoch });
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.refused(admin, void.clone(), IAccess::TooEarly {});
    world.pass(7 * DAY);
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.does(admin, void);
}

/// Nor by declaring another one in between: with the reporter's key these are three transactions.
#[test]
fn what_is_declared_after_a_void_has_the_same_time() {
    let (mut world, epoch, usage) = declared();
    let (reporter, admin, alice) = (world.reporter, world.suite.admin, world.alice);
    world.report(epoch, &usage, 2);
    world.pass(31 * DAY);
    world.does(reporter, R::voidReportCall { epoch });
    world.declare(epoch, &usage);
    let void = R::voidEpochCall { epoch };
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.pass(7 * DAY - 1);
    world.refused(admin, void.clone(), IAccess::TooEarly {});
    world.pass(23 * DAY);
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.pass(1);
    world.does(alice, void);
}

/// Whoever has the reporter's key cannot put off the end of an epoch, and so hold up all sealing, by declaring and voiding it every 29 days.
#[test]
fn only_the_reporters_first_three_voids_give_more_time() {
    let (mut world, epoch, usage) = declared();
    let (reporter, alice) = (world.reporter, world.alice);
    let (again, void) = (R::voidReportCall { epoch }, R::voidEpochCall { epoch });
    for _ in 0..3 {
        world.pass(29 * DAY);
        world.does(reporter, again.clone());
        world.declare(epoch, &usage);
    }
    world.pass(29 * DAY);
    world.does(reporter, again);
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.pass(DAY - 1);
    world.declare(epoch, &usage);
    world.refused(alice, void.clone(), IAccess::TooEarly {});
    world.pass(1);
    world.does(alice, void);
}

/// Those of the guardian and the admin always do: what they take away can be reported again.
#[test]
fn voids_of_guardian_and_admin_give_more_time_whatever_came_before() {
    for admin in [false, true] {
        let (mut world, epoch, usage) = declared();
        let (reporter, alice) = (world.reporter, world.alice);
        let (again, void) = (R::voidReportCall { epoch }, R::voidEpochCall { epoch });
        for _ in 0..4 {
            world.does(reporter, again.clone());
            world.declare(epoch, &usage);
        }
        world.pass(31 * DAY);
        let by = if admin { world.suite.admin } else { world.suite.guardian };
        world.does(by, again);
        world.pass(30 * DAY - 1);
        world.refused(alice, void.clone(), IAccess::TooEarly {});
        world.pass(1);
        world.does(alice, void);
    }
}

#[test]
fn sealing_waits_for_the_report_the_window_and_the_epochs_before() {
    let (mut world, epoch, usage) = declared();
    let carol = world.carol;
    let seal = R::sealCall { epoch, limit: 9 };
    world.refused(carol, seal.clone(), R::EpochNotSealable {});
    world.report(epoch, &usage, 9);
    world.refused(carol, seal.clone(), R::EpochNotSealable {});
    world.pass(DAY / 2 - 1);
    world.refused(carol, seal.clone(), R::EpochNotSealable {});
    world.next_day();
    world.report(epoch + 1, &usage, 9);
    world.pass(DAY / 2);
    let later = R::sealCall { epoch: epoch + 1, limit: 9 };
    world.refused(carol, later.clone(), R::EpochOutOfOrder {});
    let first = world.reported(epoch).remove(0);
    world.refused(carol, accrual(&first), R::EpochNotSealed {});
    world.seal(epoch, 9);
    world.refused(carol, seal, R::EpochAlreadySealed {});
    world.seal(epoch + 1, 9);
    let call = R::sealCall { epoch: world.today(), limit: 1 };
    world.refused(carol, call, R::EpochNotEnded {});
}

#[test]
fn a_batch_is_accrued_once_and_from_its_own_rows() {
    let (mut world, epoch, _) = declared();
    let reporter = world.reporter;
    world.does(reporter, R::voidReportCall { epoch });
    let mut used = usage(key(world.a), &[(world.alice, 5), (world.bob, 6)]);
    used.extend(usage(B256::repeat_byte(0xEE), &[(world.alice, 9)]));
    world.report(epoch, &used, 1);
    world.pass(DAY / 2);
    world.seal(epoch, 9);
    let carol = world.carol;
    let batches = world.reported(epoch);
    let call = accrual(&batches[0]);
    let mut changed = call.rows.to_vec();
    changed[40] ^= 1;
    let wrong = [
        R::accrueCall { rows: changed.into(), ..call.clone() },
        R::accrueCall { rows: Bytes::new(), ..call.clone() },
        R::accrueCall { mt: world.b, ..call.clone() },
        R::accrueCall { spends: keccak256("other"), ..call.clone() },
        R::accrueCall { rows: batches[1].rows.clone(), ..call.clone() },
        R::accrueCall { index: 1, ..call.clone() },
    ];
    for wrong in wrong {
        world.refused(carol, wrong, R::RowsDiffer {});
    }
    world.does(carol, call.clone());
    world.refused(carol, call.clone(), R::AlreadyAccrued {});
    let unknown = R::accrueCall { index: 3, ..call };
    world.refused(carol, unknown, R::UnknownBatch {});
    let left_out = batches.iter().find(|batch| batch.mt.is_zero()).unwrap();
    world.refused(carol, accrual(left_out), R::UnknownBatch {});
}

#[test]
fn an_epoch_without_a_report_is_voided_by_the_admin_and_then_by_anyone() {
    let mut world = World::new();
    let (admin, anyone, epoch) = (world.suite.admin, world.carol, world.today());
    let void = |epoch| R::voidEpochCall { epoch };
    world.refused(admin, void(epoch), R::EpochNotEnded {});
    world.refused(admin, void(epoch - 1), R::EpochAlreadySealed {});
    let end = (epoch + 1) * DAY;
    world.go(end + 7 * DAY - 1);
    world.refused(admin, void(epoch), IAccess::TooEarly {});
    world.go(end + 7 * DAY);
    world.refused(anyone, void(epoch), IAccess::TooEarly {});
    world.refused(admin, void(epoch + 1), R::EpochOutOfOrder {});
    let pools = world.ask(R::poolsOfCall { mt: world.a });
    world.does(admin, void(epoch));
    assert_eq!(world.state(epoch), 7);
    assert_eq!(world.ask(R::mtRewardCall { mt: world.a }).elapsed, 3 - 1, "its clock has not counted it");
    assert_eq!(world.ask(R::poolsOfCall { mt: world.a }), pools);
    world.refused(admin, void(epoch), R::EpochIsVoid {});
    let reporter = world.reporter;
    world.refused(reporter, R::declareCall { epoch, rows: 0, spend: 0 }, R::EpochIsVoid {});
    // A report that was begun does not hinder it, a complete one does.
    world.does(reporter, R::declareCall { epoch: epoch + 1, rows: 5, spend: 5 });
    world.go(end + 31 * DAY - 1);
    world.refused(anyone, void(epoch + 1), IAccess::TooEarly {});
    world.go(end + 31 * DAY);
    world.does(anyone, void(epoch + 1));
    world.does(reporter, R::declareCall { epoch: epoch + 2, rows: 0, spend: 0 });
    world.go(end + 40 * DAY);
    world.refused(admin, void(epoch + 2), R::EpochAlreadySealed {});
}

#[test]
fn funding_is_of_something_and_by_who_has_it() {
    let mut world = World::new();
    let (alice, admin) = (world.alice, world.suite.admin);
    let fund = |phase: u64, amount| R::fundPhaseCall { phase: U256::from(phase), amount };
    for phase in [0, 2, 9, 256, 257] {
        world.refused(alice, fund(phase, tokens(1)), R::UnknownPhase {});
    }
    world.refused(alice, fund(1, U256::ZERO), R::ZeroAmount {});
    world.refused(alice, fund(1, U256::MAX), IEconomicsErrors::Overflow {});
    world.refused(alice, fund(1, U256::ONE << 130), IAccess::TooLarge {});
    let amount = tokens(999);
    let reserved = |mt, amount| R::fundReservedCall { mt, amount, level: false };
    world.refused(alice, reserved(world.a, amount), IEconomicsErrors::FundingTooSmall {});
    world.refused(alice, reserved(alice, tokens(1_000)), R::UnknownToken {});
    world.refused(alice, R::burnLeftOverCall { mt: world.a }, R::ZeroAmount {});
    let (mt, flock) = (world.a, world.suite.at.flock);
    world.refused(alice, R::fundMtRewardCall { mt, amount }, R::NotLaunchpad {});
    world.refused(alice, R::setSupportedCall { mt, supported: false }, R::NotLaunchpad {});
    let call = R::setSupportedCall { mt: flock, supported: true };
    world.refused(admin, call, R::UnknownToken {});
    for _ in 0..8 {
        world.does(alice, reserved(world.a, tokens(1_000)));
        world.next_day();
    }
    world.refused(alice, reserved(world.a, tokens(1_000)), R::TooManyTranches {});
    assert_eq!(world.ask(R::reservedCountCall { mt }), U256::from(8));
    let call = R::reservedTrancheCall { mt, index: U256::from(8) };
    world.refused(alice, call, R::UnknownTranche {});
}

#[test]
fn parameters_are_what_they_may_be() {
    let mut world = World::new();
    let admin = world.suite.admin;
    let set = |key, value| IAccess::initializeParameterCall { key, value };
    let (two, three) = (world.ask(R::phaseKeyCall { number: 2 }), world.ask(R::phaseKeyCall { number: 3 }));
    let [first, last, beyond] = [0, 8, 9].map(|number| world.ask(R::phaseKeyCall { number }));
    let good = phase(START, 30, tokens(1), 10, 30);
    let out = IAccess::ParameterOutOfRange {};
    for (key, value) in [
        (first, good),
        (three, good),
        (last, good),
        (beyond, good),
        (two, phase(START, 0, tokens(1), 0, 0)),
        (two, phase(START, 30, tokens(1), 10, 0)),
        (two, phase(START, 30, tokens(1), 10_001, 1)),
        (two, phase(START, 1_001, tokens(1), 1, 1)),
        (two, good | U256::ONE << 192),
        (name("SOMETHING"), good),
        (name("REPORTER"), U256::ZERO),
        (name("REGISTRY"), U256::ONE << 160),
    ] {
        world.refused(admin, set(key, value), out.clone());
    }
    world.does(admin, set(two, good));
    world.does(admin, set(three, good));
    let [zero, two, three] = [0, 2, 3].map(|number| world.ask(R::seasonKeyCall { number }));
    let good = season(START + 50, 2, 100, 100);
    for (key, value) in [
        (zero, good),
        (three, good),
        (two, season(0, 2, 90, 50)),
        (two, season(START + 50, 1, 90, 50)),
        (two, season(START + 50, 2, 50, 90)),
        (two, season(START + 50, 2, 101, 50)),
        (two, season(START + 50, 2, 90, 0)),
        // Days that have begun, or that nobody could know of in time: it is noon.
        (two, season(START, 2, 100, 100)),
        (two, season(START + 1, 2, 100, 100)),
        (two, season(START + 2, 2, 100, 100)),
    ] {
        world.refused(admin, set(key, value), out.clone());
    }
    world.does(admin, set(two, good));
    let model = world.ask(R::modelKeyCall { id: keccak256("model") });
    world.refused(admin, set(model, U256::ONE << 160), out);
    world.does(admin, set(model, U256::from_be_bytes(world.a.into_word().0)));
    let alice = world.alice;
    world.refused(alice, set(three, good), IAccess::Unauthorized {});
}

/// A season's first value counts from its own day, which is no sooner than a proposal of now could be executed, to the second.
#[test]
fn a_season_is_announced_as_early_as_any_change() {
    let mut world = World::new();
    let (admin, key) = (world.suite.admin, world.ask(R::seasonKeyCall { number: 2 }));
    let set = |start| IAccess::initializeParameterCall { key, value: season(start, 2, 50, 50) };
    world.go((START + 1) * DAY - 1);
    world.refused(admin, set(START + 2), IAccess::ParameterOutOfRange {});
    let (delay, value) = (name("DELAY"), U256::from(10 * DAY));
    world.does(admin, IAccess::proposeParameterCall { key: delay, value });
    world.pass(2 * DAY);
    world.does(admin, IAccess::executeParameterCall { key: delay });
    world.next_day();
    let today = world.today();
    world.pass(1);
    world.refused(admin, set(today + 10), IAccess::ParameterOutOfRange {});
    world.next_day();
    world.refused(admin, set(today + 10), IAccess::ParameterOutOfRange {});
    world.does(admin, set(today + 11));
}

/// A pause holds up reports and sealing, and nothing that anyone has earned.
#[test]
fn a_pause_does_not_hold_up_accruing_and_claiming() {
    let (mut world, epoch, usage) = declared();
    let (guardian, reporter, carol, alice) = (world.suite.guardian, world.reporter, world.carol, world.alice);
    world.report(epoch, &usage, 9);
    world.pass(DAY / 2);
    world.seal(epoch, 9);
    world.next_day();
    world.does(reporter, R::declareCall { epoch: epoch + 1, rows: 0, spend: 0 });
    world.pass(DAY / 2);
    world.does(guardian, IAccess::pauseCall { duration: 7 * DAY });
    world.next_day();
    world.refused(reporter, R::declareCall { epoch: epoch + 2, rows: 0, spend: 0 }, IAccess::EnforcedPause {});
    let call = R::reportCall { epoch: epoch + 2, index: 0, key: B256::ZERO, rows: vec![1; 26].into() };
    world.refused(reporter, call, IAccess::EnforcedPause {});
    let call = R::sealCall { epoch: epoch + 1, limit: 1 };
    world.refused(carol, call, IAccess::EnforcedPause {});
    world.accrue(epoch);
    let owed = world.flock_of(alice);
    assert!(owed > tokens(1) && world.does(carol, R::claimFlockCall { account: alice }) == owed);
    world.does(alice, R::claimManyCall { accounts: vec![alice, world.bob] });
    assert!(world.flock_of(world.bob).is_zero());
}
