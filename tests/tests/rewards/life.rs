//! The life of an epoch, end to end.

use alloy_primitives::U256;
use fomo_tests::suite::{DAY, tokens};

use crate::common::*;

/// Two decimals of an amount of whole tokens, rounded.
fn cents(amount: U256) -> u64 {
    ((amount + U256::from(5_000_000_000_000_000_u64)) / U256::from(10_000_000_000_000_000_u64)).to()
}

/// A day on which Alice and Bob spent the same on A; what both have.
fn alice_and_bob(world: &mut World) -> (u64, u64) {
    let before = [world.alice, world.bob].map(|account| world.flock_of(account));
    world.next_day();
    world.pay(&usage(key(world.a), &[(world.alice, 5_000_000), (world.bob, 5_000_000)]));
    let after = [world.alice, world.bob].map(|account| world.flock_of(account));
    (cents(after[0] - before[0]), cents(after[1] - before[1]))
}

#[test]
fn the_vectors_of_the_specification_come_out_of_the_chain() {
    for (day, alone, shared) in [(START, (5_263, 4_737), (5_086, 4_914)), (MATURE + 1, (6_667, 3_333), (5_683, 4_317))]
    {
        let mut world = World::new();
        let (alice, bob, carol, a) = (world.alice, world.bob, world.carol, world.a);
        world.go(day * DAY);
        world.next_day();
        world.stake(alice, a, tokens(1_000));
        world.settle();
        assert_eq!(alice_and_bob(&mut world), alone, "Alice is the only staker");
        let mt = world.mt_of(alice, a);
        assert!(mt > U256::ZERO && world.mt_of(bob, a).is_zero(), "the MT Reward is for stakers");
        world.next_day();
        world.stake(carol, a, tokens(9_000));
        world.settle();
        assert_eq!(alice_and_bob(&mut world), shared, "Alice has a tenth of the stake");
        assert!(
            world.mt_of(alice, a) > mt && world.mt_of(bob, a).is_zero(),
            "she still gets all MT Reward that is paid"
        );
        for account in [alice, bob] {
            let owed = (world.flock_of(account), world.mt_of(account, a));
            let before = (world.balance(world.suite.at.flock, account), world.balance(a, account));
            assert_eq!(world.does(carol, R::claimCall { account }), owed.0);
            let after = (world.balance(world.suite.at.flock, account), world.balance(a, account));
            assert_eq!((after.0 - before.0, after.1 - before.1), owed, "paid to the owner, whoever claims");
            assert!(world.flock_of(account).is_zero() && world.mt_of(account, a).is_zero());
        }
    }
}
