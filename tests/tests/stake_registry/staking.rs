//! Stakes, requests, withdrawals, registration, discounts.

use alloy_primitives::{Address, LogData, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use fomo_chain::Outcome;

use crate::common::{DAY, IAccess, IEconomicsErrors, IFomoERC20, IModelToken, IStakeRegistry, ONE, World, key, tokens};
use IStakeRegistry as R;

fn staked(world: &World, account: Address, payer: Address, amounts: [U256; 4]) -> LogData {
    let [amount, stake, total, held] = amounts;
    R::Staked { account, token: world.mt, payer, amount, stake, totalStake: total, held }.encode_log_data()
}

#[test]
fn a_stake_moves_tokens_and_counts() {
    let mut world = World::new();
    let (alice, bob, registry, mt) = (world.alice, world.bob, world.registry, world.mt);
    let before = world.balance(mt, alice);
    let logs = world.stake(alice, tokens(5));
    let registered = R::TokenRegistered { token: mt, byLaunchpad: true }.encode_log_data();
    assert_eq!(logs, [registered, staked(&world, alice, alice, [tokens(5); 4])], "the first stake asks the launchpad");
    let logs = world.stake(bob, tokens(3));
    assert_eq!(logs, [staked(&world, bob, bob, [tokens(3), tokens(3), tokens(8), tokens(8)])]);
    let logs = world.stake(alice, tokens(2));
    assert_eq!(logs, [staked(&world, alice, alice, [tokens(2), tokens(7), tokens(10), tokens(10)])]);
    assert_eq!(world.ask(R::stakeOfCall { account: alice, mt }), tokens(7));
    assert_eq!(world.ask(R::totalStakedCall { mt }), tokens(10));
    assert_eq!(world.ask(R::heldOfCall { mt }), tokens(10));
    assert_eq!(world.balance(mt, registry), tokens(10));
    assert_eq!(world.balance(mt, alice), before - tokens(7));
    assert_eq!(world.ask(R::totalStakedCall { mt: world.other }), U256::ZERO, "tokens have ledgers of their own");
}

#[test]
fn who_stakes_for_another_gives_it_away() {
    let mut world = World::new();
    let (alice, bob, mt) = (world.alice, world.bob, world.mt);
    let call = R::stakeForCall { mt, account: bob, amount: tokens(4) };
    let logs = world.does(alice, call).1;
    assert_eq!(logs[1], staked(&world, bob, alice, [tokens(4); 4]));
    assert_eq!(world.ask(R::stakeOfCall { account: bob, mt }), tokens(4));
    world.refused(alice, R::requestUnstakeCall { mt, amount: ONE }, R::InsufficientStake {});
    world.request(bob, tokens(4));
}

#[test]
fn what_cannot_be_staked_is_refused() {
    let mut world = World::new();
    let (alice, mt, stranger) = (world.alice, world.mt, world.stranger_token);
    let amount = ONE;
    world.refused(alice, R::stakeCall { mt, amount: U256::ZERO }, R::ZeroAmount {});
    world.refused(alice, R::stakeForCall { mt, account: Address::ZERO, amount }, IAccess::ZeroAddress {});
    world.refused(alice, R::stakeCall { mt: stranger, amount }, R::TokenNotRegistered {});
    world.refused(alice, R::stakeCall { mt: world.flock, amount }, R::TokenNotRegistered {});
    world.refused(alice, R::stakeCall { mt: Address::ZERO, amount }, R::TokenNotRegistered {});
    // Over 2⁸⁰, and over 2¹²⁸.
    world.refused(alice, R::stakeCall { mt, amount: U256::ONE << 80 }, IAccess::TooLarge {});
    world.refused(alice, R::stakeCall { mt, amount: U256::MAX }, IAccess::TooLarge {});
    // More than the payer has: the token's own error.
    let (registry, needed) = (world.registry, tokens(200_001));
    let before = world.storage();
    let execution = world.run(alice, registry, R::stakeCall { mt, amount: needed }.abi_encode());
    assert_eq!(execution.output[..4], IFomoERC20::ERC20InsufficientBalance::SELECTOR);
    assert_eq!(world.storage(), before);
    world.pause();
    world.refused(alice, R::stakeCall { mt, amount }, IAccess::EnforcedPause {});
    world.refused(alice, R::stakeForCall { mt, account: alice, amount }, IAccess::EnforcedPause {});
}

#[test]
fn a_whole_model_token_can_be_staked() {
    let mut world = World::new();
    let (admin, mt, registry) = (world.admin, world.mt, world.registry);
    for account in [world.alice, world.bob, world.carol, world.dave] {
        world.stake(account, tokens(200_000));
    }
    world.must(admin, mt, IFomoERC20::approveCall { spender: registry, value: U256::MAX });
    world.stake(admin, tokens(200_000));
    world.next_day().next_day();
    let epoch = world.today() - 1;
    assert_eq!(world.total_seconds(epoch), tokens(1_000_000) * U256::from(DAY));
    assert_eq!(world.balance(mt, registry), tokens(1_000_000));
}

#[test]
fn a_request_stops_counting_at_once_and_matures_by_itself() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    world.stake(alice, tokens(10));
    let due = world.now() + 100 + DAY;
    let time = world.now() + 100;
    let (given, logs) = world.at(time).does(alice, R::requestUnstakeCall { mt, amount: tokens(4) });
    assert_eq!(given, due);
    let event = R::UnstakeRequested {
        account: alice,
        token: mt,
        amount: tokens(4),
        due,
        stake: tokens(6),
        totalStake: tokens(6),
    };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!(world.ask(R::stakeOfCall { account: alice, mt }), tokens(6));
    assert_eq!(world.ask(R::heldOfCall { mt }), tokens(10), "it is owed until it is withdrawn");
    // A second request before the first matured.
    world.at(due - 50).request(alice, tokens(1));
    world.at(due - 1).refused(alice, R::withdrawCall { mt }, R::NothingToWithdraw {});
    let before = world.balance(mt, alice);
    let (amount, logs) = world.at(due).does(alice, R::withdrawCall { mt });
    assert_eq!(amount, tokens(4));
    let event = R::Withdrawn { account: alice, token: mt, amount, waiting: tokens(1), held: tokens(6) };
    assert_eq!(logs, [event.encode_log_data()]);
    assert_eq!(world.balance(mt, alice), before + tokens(4));
    let left: Vec<_> = world.ask(R::requestsOfCall { account: alice, mt }).iter().map(|r| (r.amount, r.due)).collect();
    assert_eq!(left, [(tokens(1), due - 50 + DAY)]);
    world.refused(alice, R::withdrawCall { mt }, R::NothingToWithdraw {});
    world.pass(DAY);
    assert_eq!(world.withdraw(alice), tokens(1));
    assert!(world.ask(R::requestsOfCall { account: alice, mt }).is_empty());
}

#[test]
fn what_cannot_be_requested_is_refused() {
    let mut world = World::new();
    let (alice, bob, mt) = (world.alice, world.bob, world.mt);
    world.stake(alice, tokens(10));
    world.refused(alice, R::requestUnstakeCall { mt, amount: U256::ZERO }, R::ZeroAmount {});
    for amount in [tokens(10) + U256::ONE, U256::ONE << 128, U256::MAX] {
        world.refused(alice, R::requestUnstakeCall { mt, amount }, R::InsufficientStake {});
    }
    world.refused(bob, R::requestUnstakeCall { mt, amount: ONE }, R::InsufficientStake {});
    world.refused(alice, R::requestUnstakeCall { mt: world.other, amount: ONE }, R::InsufficientStake {});
    world.refused(bob, R::withdrawCall { mt }, R::NothingToWithdraw {});
}

#[test]
fn eight_requests_wait_and_a_withdrawal_makes_room() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    world.stake(alice, tokens(10));
    let start = world.now();
    for index in 1..=8 {
        world.at(start + 100 * index).request(alice, U256::from(index));
    }
    let amounts = |world: &World| -> Vec<u64> {
        world.ask(R::requestsOfCall { account: alice, mt }).iter().map(|request| request.amount.to()).collect()
    };
    assert_eq!(amounts(&world), [1, 2, 3, 4, 5, 6, 7, 8]);
    world.refused(alice, R::requestUnstakeCall { mt, amount: ONE }, R::TooManyRequests {});
    world.at(start + 300 + DAY);
    assert_eq!(world.withdraw(alice), U256::from(6));
    assert_eq!(amounts(&world), [4, 5, 6, 7, 8]);
    world.request(alice, U256::from(9));
    assert_eq!(amounts(&world), [4, 5, 6, 7, 8, 9]);
    world.pass(2 * DAY);
    assert_eq!(world.withdraw(alice), U256::from(39));
    assert!(amounts(&world).is_empty());
}

#[test]
fn the_cooldown_is_that_of_the_request() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    world.stake(alice, tokens(10));
    world.set_parameter("COOLDOWN", U256::from(14 * DAY));
    let first = world.request(alice, tokens(1));
    assert_eq!(first, world.now() + 14 * DAY);
    world.set_parameter("COOLDOWN", U256::ZERO);
    let second = world.request(alice, tokens(2));
    assert_eq!(second, world.now(), "none at all is allowed");
    assert_eq!(world.withdraw(alice), tokens(2), "a later request may mature earlier");
    world.at(first - 1).refused(alice, R::withdrawCall { mt }, R::NothingToWithdraw {});
    world.at(first);
    assert_eq!(world.withdraw(alice), tokens(1));
    let (admin, key) = (world.admin, key("COOLDOWN"));
    let call = IAccess::proposeParameterCall { key, value: U256::from(14 * DAY + 1) };
    world.refused(admin, call, IAccess::ParameterOutOfRange {});
}

#[test]
fn an_epoch_is_the_time_weighted_average_of_its_day() {
    let mut world = World::new();
    let (alice, bob, mt) = (world.alice, world.bob, world.mt);
    world.next_day();
    let (start, epoch) = (world.now(), world.today());
    world.at(start + 3_600).stake(alice, tokens(24));
    world.at(start + DAY - 1).stake(bob, tokens(1));
    world.unanswered(R::stakeSecondsOfCall { account: alice, mt, epoch }, R::EpochNotEnded {});
    world.unanswered(R::totalStakeSecondsCall { mt, epoch }, R::EpochNotEnded {});
    world.unanswered(R::averageStakeCall { account: alice, mt, epoch }, R::EpochNotEnded {});
    world.unanswered(R::readManyCall { mt, epoch, accounts: vec![alice] }, R::EpochNotEnded {});
    let far = u64::MAX;
    world.unanswered(R::totalStakeSecondsCall { mt, epoch: far }, IEconomicsErrors::EpochOutOfRange {});
    world.next_day();
    // An action at midnight belongs to the new day.
    world.request(alice, tokens(24));
    assert_eq!(world.seconds_of(alice, epoch), tokens(24) * U256::from(DAY - 3_600));
    assert_eq!(world.ask(R::averageStakeCall { account: alice, mt, epoch }), tokens(23));
    assert_eq!(world.seconds_of(bob, epoch), tokens(1), "a second weighs 1/86,400 of a day");
    assert_eq!(world.total_seconds(epoch), tokens(24) * U256::from(DAY - 3_600) + tokens(1));
    assert_eq!(world.seconds_of(alice, epoch - 1), U256::ZERO);
    assert_eq!(world.seconds_of(alice, 0), U256::ZERO);
    // Days without any action.
    let later = start + 5 * DAY + 7;
    world.at(later).stake(alice, tokens(1));
    world.next_day();
    for day in 1..5 {
        assert_eq!(world.seconds_of(bob, epoch + day), tokens(DAY));
        assert_eq!(world.total_seconds(epoch + day), tokens(DAY));
        assert_eq!(world.seconds_of(alice, epoch + day), U256::ZERO);
    }
    assert_eq!(world.seconds_of(alice, epoch + 5), tokens(DAY - 7));
}

#[test]
fn changes_of_one_second_count_as_the_last_of_them() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    world.next_day();
    let (start, epoch) = (world.now(), world.today());
    world.at(start + 10).stake(alice, tokens(5));
    world.at(start + 10).request(alice, tokens(5));
    world.at(start + 10).stake(alice, tokens(2));
    world.next_day();
    assert_eq!(world.seconds_of(alice, epoch), tokens(2) * U256::from(DAY - 10));
    assert_eq!(world.ask(R::heldOfCall { mt }), tokens(7));
}

#[test]
fn a_day_of_actions_takes_one_record() {
    let mut world = World::new();
    let alice = world.alice;
    world.stake(alice, tokens(1));
    world.next_day();
    world.stake(alice, tokens(1));
    let slots = world.storage().len();
    for _ in 0..20 {
        world.pass(60).stake(alice, tokens(1));
    }
    assert_eq!(world.storage().len(), slots);
    world.next_day();
    world.stake(alice, tokens(1));
    assert_eq!(world.storage().len(), slots + 2, "one more of the account and one of all");
}

#[test]
fn the_launchpads_yes_is_kept_and_the_admin_has_the_last_word() {
    let mut world = World::new();
    let (admin, alice, mt, stranger) = (world.admin, world.alice, world.mt, world.stranger_token);
    assert!(world.ask(R::isStakeableCall { mt }) && !world.ask(R::isStakeableCall { mt: stranger }));
    world.refused(alice, R::registerTokenCall { mt: stranger }, IAccess::Unauthorized {});
    world.refused(alice, R::unregisterTokenCall { mt }, IAccess::Unauthorized {});
    world.refused(admin, R::registerTokenCall { mt: alice }, IAccess::TokenCallFailed {});
    let logs = world.does(admin, R::registerTokenCall { mt: stranger }).1;
    assert_eq!(logs, [R::TokenRegistered { token: stranger, byLaunchpad: false }.encode_log_data()]);
    world.refused(admin, R::registerTokenCall { mt: stranger }, R::TokenAlreadyRegistered {});
    world.does(alice, R::stakeCall { mt: stranger, amount: ONE });
    world.stake(alice, ONE);
    // The launchpad is gone: what it said once counts, and silence is a no.
    world.harness.chain.set_code(world.launchpad, Default::default());
    world.stake(alice, ONE);
    world.refused(alice, R::stakeCall { mt: world.other, amount: ONE }, R::TokenNotRegistered {});
    assert!(!world.ask(R::isStakeableCall { mt: world.other }));
    for token in [mt, stranger, world.other] {
        let logs = world.does(admin, R::unregisterTokenCall { mt: token }).1;
        assert_eq!(logs, [R::TokenUnregistered { token }.encode_log_data()]);
        world.refused(alice, R::stakeCall { mt: token, amount: ONE }, R::TokenNotRegistered {});
        world.refused(admin, R::unregisterTokenCall { mt: token }, R::TokenNotRegistered {});
        assert!(!world.ask(R::isStakeableCall { mt: token }));
    }
    world.does(admin, R::registerTokenCall { mt });
    assert_eq!(world.ask(R::stakeOfCall { account: alice, mt }), tokens(2), "stakes stayed");
    world.stake(alice, ONE);
}

#[test]
fn a_launchpad_that_reverts_or_says_more_than_yes_registers_nothing() {
    for code in ["5f5ffd", "60025f5260205ff3", "600160005260105ff3"] {
        let mut world = World::new();
        world.harness.chain.set_code(world.launchpad, alloy_primitives::hex::decode(code).unwrap().into());
        world.refused(world.alice, R::stakeCall { mt: world.mt, amount: ONE }, R::TokenNotRegistered {});
    }
}

/// A token that is said to be one before there is any code would accept every transfer.
#[test]
fn what_has_no_code_is_no_token_whatever_the_launchpad_says() {
    let mut world = World::new();
    let (admin, alice, launchpad) = (world.admin, world.alice, world.launchpad);
    let unborn = Address::repeat_byte(0x77);
    assert!(world.run(admin, launchpad, unborn.abi_encode()).success());
    world.refused(alice, R::stakeCall { mt: unborn, amount: ONE }, R::TokenNotRegistered {});
    assert!(!world.ask(R::isStakeableCall { mt: unborn }));
    world.refused(admin, R::registerTokenCall { mt: unborn }, IAccess::TokenCallFailed {});
    let registry = world.registry;
    world.refused(admin, R::registerTokenCall { mt: registry }, IAccess::UnknownFunction {});
}

#[test]
fn discounts_follow_the_average_of_yesterday() {
    let mut world = World::new();
    let (alice, mt) = (world.alice, world.mt);
    let discount = |world: &World| world.ask(R::discountBpsCall { account: alice, mt });
    world.next_day();
    world.stake(alice, tokens(1_000));
    assert_eq!(discount(&world), 0, "today does not count yet");
    world.next_day();
    assert_eq!(discount(&world), 500);
    world.stake(alice, tokens(19_000));
    world.next_day();
    assert_eq!(discount(&world), 1_500);
    let start = world.now();
    world.at(start + DAY / 2).request(alice, tokens(16_000));
    assert_eq!(discount(&world), 500, "what is requested back counts no longer from that second on");
    world.stake(alice, tokens(16_000));
    world.at(start + DAY / 2).request(alice, tokens(15_000));
    assert_eq!(discount(&world), 1_000);
    world.next_day();
    assert_eq!(discount(&world), 1_000, "half a day of 20,000 and half a day of 5,000, of which 5,000 are left");
    world.request(alice, tokens(5_000));
    assert_eq!(discount(&world), 0);
    world.next_day();
    assert_eq!(discount(&world), 0);
    // Other tiers, from the day after their execution on.
    world.stake(alice, tokens(50));
    let tiers: U256 = "0x0000003200070000000a0003".parse().unwrap();
    world.set_parameter("DISCOUNT_TIERS", tiers);
    assert_eq!(discount(&world), 0);
    world.next_day();
    assert_eq!(discount(&world), 7);
    let admin = world.admin;
    // A fifth tier would not fit a parameter.
    let fifth = U256::from(9) << 192;
    let call = IAccess::proposeParameterCall { key: key("DISCOUNT_TIERS"), value: fifth };
    world.refused(admin, call, IAccess::ParameterOutOfRange {});
    for wrong in ["0x0000000a000300000032000a", "0x0000000a2711", "0x1000000000000000000000000000000000000000a0001"] {
        let call = IAccess::proposeParameterCall { key: key("DISCOUNT_TIERS"), value: wrong.parse().unwrap() };
        world.refused(admin, call, IAccess::ParameterOutOfRange {});
    }
}

#[test]
fn many_accounts_are_read_in_one_call() {
    let mut world = World::new();
    let (alice, bob, carol, mt) = (world.alice, world.bob, world.carol, world.mt);
    world.next_day();
    let epoch = world.today();
    world.stake(alice, tokens(7));
    world.pass(77).stake(bob, tokens(3));
    world.lock(bob, tokens(100), 365 * DAY);
    world.next_day();
    let words = world.ask(R::readManyCall { mt, epoch, accounts: vec![alice, bob, carol, alice] });
    let end = (epoch + 1) * DAY;
    let word = |account| world.seconds_of(account, epoch) << 128 | world.effective_at(account, end);
    assert_eq!(words, [world.total_seconds(epoch), word(alice), word(bob), word(carol), word(alice)]);
    assert!(!words[2].is_zero() && words[3].is_zero());
    assert_eq!(world.ask(R::readManyCall { mt, epoch, accounts: vec![] }), [words[0]]);
    // Lists that are none: a dirty address, and lengths and offsets beyond the data.
    let good = R::readManyCall { mt, epoch, accounts: vec![alice] }.abi_encode();
    for (byte, value) in
        [(4 + 4 * 32, 1), (4 + 3 * 32, 0xFF), (4 + 3 * 32 + 31, 2), (4 + 2 * 32, 0xFF), (4 + 2 * 32 + 30, 1)]
    {
        let mut data = good.clone();
        data[byte] = value;
        let execution = world.call(data);
        assert_eq!(execution.output.as_ref(), IAccess::InvalidCallData::SELECTOR, "byte {byte}");
    }
}

#[test]
fn donations_change_nothing() {
    let mut world = World::new();
    let (alice, bob, mt, flock, registry) = (world.alice, world.bob, world.mt, world.flock, world.registry);
    world.stake(alice, tokens(7));
    let id = world.lock(alice, tokens(9), DAY);
    let before = world.storage();
    for token in [mt, flock, world.other] {
        world.must(bob, token, IFomoERC20::transferCall { to: registry, value: tokens(1_000) });
    }
    assert_eq!(world.storage(), before);
    world.request(alice, tokens(7));
    world.pass(2 * DAY);
    assert_eq!(world.withdraw(alice), tokens(7));
    assert_eq!(world.does(alice, R::withdrawLockCall { id }).0, tokens(9));
    assert_eq!(world.balance(mt, registry), tokens(1_000), "what was given away stays nobody's");
}

#[test]
fn staked_and_locked_flock_are_ledgers_of_their_own() {
    let mut world = World::new();
    let (admin, alice, bob, flock) = (world.admin, world.alice, world.bob, world.flock);
    // One who stakes 2⁸⁰ of a token that has more would keep everybody else out.
    world.refused(admin, R::registerTokenCall { mt: flock }, IAccess::TooLarge {});
    let value = world.balance(flock, admin);
    world.must(admin, flock, IModelToken::burnCall { value });
    world.does(admin, R::registerTokenCall { mt: flock });
    world.does(alice, R::stakeCall { mt: flock, amount: tokens(5) });
    let id = world.lock(bob, tokens(8), DAY);
    assert_eq!(world.ask(R::heldOfCall { mt: flock }), tokens(5));
    assert_eq!(world.ask(R::totalLockedCall {}), tokens(8));
    world.does(alice, R::requestUnstakeCall { mt: flock, amount: tokens(5) });
    world.pass(2 * DAY);
    world.does(alice, R::withdrawCall { mt: flock });
    world.does(bob, R::withdrawLockCall { id });
    assert_eq!(world.balance(flock, world.registry), U256::ZERO);
}

#[test]
fn it_is_set_up_once_and_completely() {
    let mut world = World::new();
    let (admin, flock, launchpad) = (world.admin, world.flock, world.launchpad);
    let contracts = world.ask(R::contractsCall {});
    assert_eq!((contracts.flock, contracts.launchpad, contracts.desk), (flock, launchpad, world.desk));
    assert_eq!(world.ask(IAccess::roleHolderCall { role: key("ADMIN") }), admin);
    let arguments = (world.desk, world.alice, world.alice, flock, launchpad).abi_encode();
    let again = [crate::common::CONSTRUCTOR.as_slice(), &arguments].concat();
    let (alice, registry, before) = (world.alice, world.registry, world.storage());
    let execution = world.run(alice, registry, again.clone());
    assert_eq!(execution.output, IAccess::AlreadyInitialized {}.abi_encode());
    assert_eq!(world.storage(), before);
    // The desk is code, and nobody's contract: its own storage is set up by nobody.
    let own = world.run(alice, world.desk, again);
    assert_eq!(own.output, IAccess::Unauthorized {}.abi_encode());
    assert_eq!(world.storage(), before);
    let told = |error: &[u8], reason: &[u8]| error.windows(4).any(|part| part == reason);
    for (arguments, reason) in [
        ((world.desk, Address::ZERO, admin, flock, launchpad), IAccess::ZeroAddress::SELECTOR),
        ((world.desk, admin, admin, flock, alice), IAccess::TokenCallFailed::SELECTOR),
        ((world.desk, admin, admin, alice, launchpad), IAccess::TokenCallFailed::SELECTOR),
        ((alice, admin, admin, flock, launchpad), IAccess::TokenCallFailed::SELECTOR),
    ] {
        let error = World::new().deploy_again(&arguments.abi_encode());
        assert!(told(&error, &reason), "{error}");
    }
}

#[test]
fn parameters_have_their_bounds() {
    let mut world = World::new();
    let admin = world.admin;
    let wad = ONE;
    let cases: [(&str, U256, bool); 9] = [
        ("EPSILON", wad * U256::from(4), true),
        ("EPSILON", wad * U256::from(4) + U256::ONE, false),
        ("LAMBDA", wad, true),
        ("LAMBDA", wad + U256::ONE, false),
        ("HALF", U256::ONE, true),
        ("HALF", U256::ZERO, false),
        ("DELAY", U256::from(DAY), true),
        ("DELAY", U256::from(DAY - 1), false),
        ("WHATEVER", U256::ONE, false),
    ];
    for (name, value, allowed) in cases {
        let call = IAccess::proposeParameterCall { key: key(name), value };
        if allowed {
            world.does(admin, call);
        } else {
            world.refused(admin, call, IAccess::ParameterOutOfRange {});
        }
    }
    let call = IAccess::proposeParameterCall { key: key("LAMBDA"), value: U256::ZERO };
    world.refused(world.alice, call, IAccess::Unauthorized {});
}

#[test]
fn calls_that_are_none_are_refused_with_a_reason() {
    let mut world = World::new();
    let (alice, registry) = (world.alice, world.registry);
    for (data, reason) in [
        (vec![], IAccess::UnknownFunction::SELECTOR),
        (vec![1, 2, 3, 4], IAccess::UnknownFunction::SELECTOR),
        (R::stakeCall::SELECTOR.to_vec(), IAccess::InvalidCallData::SELECTOR),
        ([&R::stakeCall::SELECTOR[..], &[0xFF; 64]].concat(), IAccess::InvalidCallData::SELECTOR),
    ] {
        let execution = world.run(alice, registry, data);
        assert_eq!((execution.outcome, &execution.output[..]), (Outcome::Revert, &reason[..]));
    }
}
