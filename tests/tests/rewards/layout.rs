//! Where the distributor keeps what: its three programs share it, and tools read it.
//!
//! | slot | what |
//! |---|---|
//! | 0, 1 | desk, office |
//! | 2 – 7 | `fomo-access`: role holders, proposed holders, pause and FLOCK, pauses, parameters, proposals |
//! | 8 | supported: checkpoints by token |
//! | 9, 10, 11 | tranches: MT Reward and graduation by token, reserved by token and number |
//! | 12, 13 | reserved tranches of a token, and the first that may be live |
//! | 14 – 16 | tokens: how many, by number, their numbers |
//! | 17 | phases: `keccak256(number . 17)` the newest funding, 1 and 2 older ones, 3 joined and paid |
//! | 18 – 20 | sealing: next epoch, cursor, begun; pool and committed; joined |
//! | 21 | reports: `keccak256(epoch . 21)` counts, 1 spend and α, 2 H and λ, 3 the last key, 4 the last account, when a void gave more time |
//! | 22 | batches: `keccak256(epoch·2¹²⁸ + attempt·2⁶⁴ + index . 22)` |
//! | 23 | days: `keccak256(epoch·2¹²⁸ + attempt·2⁶⁴ . keccak256(token . 23))` scores, 1 spend, rows, MT pool, 2 FLOCK pools, 3 left |
//! | 24 | rewards: `keccak256(account . keccak256(token . 24))` 2²⁵⁵ listed, MT above, FLOCK below |
//! | 25 | lists: `keccak256(number/256 . keccak256(account . 25))`, a bit a token |
//! | 26, 27 | accounts with ids: how many, by id |
//! | 28 | MT of ended streams |

use alloy_primitives::{Address, U256, keccak256};
use fomo_tests::suite::{DAY, tokens};

use crate::common::*;

fn entry(key: U256, mapping: U256) -> U256 {
    keccak256([key.to_be_bytes::<32>(), mapping.to_be_bytes::<32>()].concat()).into()
}

fn word(address: Address) -> U256 {
    address.into_word().into()
}

fn number(number: u64) -> U256 {
    U256::from(number)
}

fn pair(low: U256, high: U256) -> U256 {
    low | high << 128
}

#[test]
fn storage_is_where_it_was() {
    let mut world = World::new();
    let (alice, a, at) = (world.alice, world.a, world.suite.at);
    world.does(alice, R::registerAccountsCall { accounts: vec![alice] });
    world.stake(alice, a, tokens(1));
    world.next_day();
    let first = world.today() - 1;
    world.pay(&usage(key(a), &[(alice, 5)]));
    world.next_day();
    let epoch = first + 1;
    world.report(epoch, &usage(key(a), &[(alice, 7)]), 9);
    let slot = |slot| world.suite.harness.chain.head_state().storage(at.rewards, slot);
    let report = |epoch| entry(number(epoch), number(21));
    let attempt = |epoch: u64| number(epoch) << 128;
    let day = world.ask(R::dayOfCall { mt: a, epoch: first });
    let days = |epoch| entry(attempt(epoch), entry(word(a), number(23)));
    let completed = world.ask(R::reportOfCall { epoch }).completed;
    let counts = U256::ONE << 16
        | U256::ONE << 24
        | number(completed) << 48
        | number(1) << 112
        | number(1) << 144
        | number(1) << 176;
    let alpha = number(world.ask(R::alphaAtCall { epoch }).alpha);
    let wad = number(10_u64.pow(18));
    let funds = world.ask(R::phaseCall { number: U256::ONE });
    let expected = [
        (number(0), word(at.rewards_desk)),
        (number(1), word(at.rewards_office)),
        (number(14), number(2)),
        (entry(U256::ZERO, number(15)), word(a)),
        (entry(word(world.b), number(16)), U256::ONE),
        (entry(U256::ONE, number(17)) + number(3), pair(U256::ZERO, funds.paid)),
        (number(18), number(epoch)),
        (report(epoch), counts),
        (report(epoch) + number(1), number(7) | number(7) << 64 | number(7) << 128 | alpha << 192),
        (report(epoch) + number(2), tokens(10_000) | wad << 192),
        (report(epoch) + number(3), word(a)),
        (report(epoch) + number(4), word(alice)),
        (entry(attempt(epoch), number(22)), U256::from_be_bytes(world.ask(R::batchOfCall { epoch, index: 0 }).0)),
        (days(first), pair(day.globalScore, day.incentiveScore)),
        (days(first) + number(1), number(5) | U256::ONE << 64 | day.mtPool << 96),
        (days(first) + number(2), pair(day.globalPool, day.reservedPool)),
        (days(first) + number(3), pair(day.flockLeft, day.mtLeft)),
        (
            entry(word(alice), entry(word(a), number(24))),
            pair(world.flock_of(alice), world.mt_of(alice, a)) | U256::ONE << 255,
        ),
        (entry(U256::ZERO, entry(word(alice), number(25))), U256::ONE),
        (number(26), U256::ONE),
        (entry(U256::ONE, number(27)), word(alice)),
    ];
    for (index, (at, value)) in expected.into_iter().enumerate() {
        assert_eq!(slot(at), value, "row {index}");
    }
    assert!(!day.mtPool.is_zero() && !funds.paid.is_zero());
    // What is voided has another number, and its time beside the last account.
    world.does(world.reporter, R::voidReportCall { epoch });
    let state = world.suite.harness.chain.head_state();
    assert_eq!(state.storage(at.rewards, report(epoch)) % number(1 << 16), U256::ONE);
    assert_eq!(state.storage(at.rewards, report(epoch) + number(4)), number(world.now()) << 160);
}

/// After every program has expired a stranger activates them again, and what was earned is paid.
#[test]
fn what_was_earned_outlives_the_programs() {
    let mut world = World::new();
    let (alice, a) = (world.alice, world.a);
    world.stake(alice, a, tokens(1));
    world.next_day();
    let epoch = world.today() - 1;
    world.report(epoch, &usage(key(a), &[(alice, 5)]), 9);
    world.pass(DAY / 2);
    world.seal(epoch, 9);
    let batch = world.reported(epoch).remove(0);
    world.pass(400 * DAY);
    let call = R::claimCall { account: alice };
    assert!(!world.run(alice, world.suite.at.rewards, call.clone()).success(), "the programs have expired");
    world.suite.reactivate();
    world.does(world.dave, accrual(&batch));
    let (flock, mt) = (world.flock_of(alice), world.mt_of(alice, a));
    assert!(flock == tokens(DAILY) && mt > U256::ZERO);
    let before = world.balance(a, alice);
    assert_eq!(world.does(world.dave, call), flock);
    assert_eq!(world.balance(a, alice) - before, mt);
}
