//! What wallets ask before and after.

use alloy_primitives::{Address, U256};
use fomo_tests::suite::{DAY, tokens};

use crate::common::*;

#[test]
fn previews_are_what_the_day_then_brings() {
    let mut world = World::new();
    let (alice, bob, a) = (world.alice, world.bob, world.a);
    world.stake(alice, a, tokens(300));
    world.stake(bob, a, tokens(100));
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5), (bob, 5)]));
    world.next_day();
    world.settle();
    world.next_day();
    // The stakes stay and nobody locks: what is asked in the morning holds in the evening.
    let scores = world.ask(R::previewScoresCall { account: alice, mt: a, spend: 5_000 });
    let epoch = world.today();
    let pools = world.ask(R::poolsOfCall { mt: a });
    let rewards = world.ask(R::previewRewardsCall { account: alice, mt: a, spend: 5_000, like: epoch - 1 });
    world.settle();
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5_000)]));
    let day = world.ask(R::dayOfCall { mt: a, epoch });
    assert_eq!((day.globalScore, day.incentiveScore), (scores.globalScore, scores.incentiveScore));
    assert_eq!(day.globalPool, pools.globalPool);
    // On the day that it was compared with nobody used the model: she gets the whole pools.
    assert_eq!(rewards.globalFlock, pools.globalPool);
    assert_eq!(rewards.mtReward, pools.mtPool);
}

#[test]
fn why_an_account_earned_nothing() {
    let mut world = World::new();
    let (alice, bob, carol, a) = (world.alice, world.bob, world.carol, world.a);
    world.stake(alice, a, tokens(1));
    world.lock(alice, tokens(10), 365);
    world.lock(bob, tokens(10), 3);
    world.does(world.suite.admin, R::setSupportedCall { mt: world.b, supported: false });
    world.next_day();
    world.settle();
    world.next_day();
    let epoch = world.today() - 1;
    let why = |account, key, spend| world.ask(R::whyZeroCall { account, key, epoch, spend });
    assert_eq!(why(alice, key(a), 5), 0);
    assert_eq!(why(alice, key(a), 0), 1);
    assert_eq!(why(carol, key(a), 5), 2);
    assert_eq!(why(bob, key(a), 5), 2 + 16);
    assert_eq!(why(carol, key(world.b), 5), 8 + 2);
    assert_eq!(why(carol, U256::MAX.into(), 5), 4);
    assert_eq!(why(carol, key(Address::repeat_byte(9)), 5), 8 + 2);
    world.go((epoch + 9) * DAY);
    world.does(world.suite.admin, R::voidEpochCall { epoch });
    assert_eq!(world.ask(R::whyZeroCall { account: alice, key: key(a), epoch, spend: 5 }), 32);
}

#[test]
fn claims_pay_the_owner_in_any_order_and_once() {
    let mut world = World::new();
    let (alice, bob, dave, a, b) = (world.alice, world.bob, world.dave, world.a, world.b);
    for mt in [a, b] {
        world.stake(alice, mt, tokens(1));
        world.stake(bob, mt, tokens(1));
    }
    let mut used = usage(key(a), &[(alice, 5), (bob, 5)]);
    used.extend(usage(key(b), &[(alice, 5), (bob, 5)]));
    world.next_day();
    world.pay(&used);
    let flock = world.suite.at.flock;
    let owed = |world: &World, account| [world.flock_of(account), world.mt_of(account, a), world.mt_of(account, b)];
    let held = |world: &World, account| [flock, a, b].map(|token| world.balance(token, account));
    let mut listed = world.ask(R::earnedTokensCall { account: alice });
    listed.sort();
    let mut both = [a, b];
    both.sort();
    assert_eq!(listed, both);
    let (before, all) = (held(&world, alice), owed(&world, alice));
    assert!(all.iter().all(|amount| *amount > U256::ZERO));
    assert_eq!(world.does(dave, R::claimMtCall { account: alice, mt: b }), all[2]);
    assert_eq!(owed(&world, alice), [all[0], all[1], U256::ZERO]);
    assert_eq!(world.does(dave, R::claimFlockCall { account: alice }), all[0], "one balance of both models");
    assert_eq!(owed(&world, alice), [U256::ZERO, all[1], U256::ZERO]);
    for _ in 0..2 {
        world.does(dave, R::claimCall { account: alice });
    }
    let after = held(&world, alice);
    for token in 0..3 {
        assert_eq!(after[token] - before[token], all[token]);
    }
    let before = held(&world, bob);
    let all = owed(&world, bob);
    world.does(dave, R::claimManyCall { accounts: vec![alice, bob, bob] });
    let after = held(&world, bob);
    for token in 0..3 {
        assert_eq!(after[token] - before[token], all[token]);
    }
    // The next day's rewards come on top of nothing.
    world.next_day();
    world.pay(&used);
    assert!(owed(&world, alice).iter().all(|amount| *amount > U256::ZERO));
    world.verified(&[alice, bob]);
}
