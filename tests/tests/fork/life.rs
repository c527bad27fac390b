//! The whole suite over a fork: launched on one node, lived with on another.

use alloy::primitives::{Address, U256, keccak256};
use fomo_tests::suite::*;

use crate::common::{Remote, align, assert_same_history, fork};
use crate::revenue::World as Revenue;
use crate::rewards::{self, World as Rewards, key, usage};

/// Everything that the suite's contracts keep, as the second chain has it.
fn assert_same_storage(suite: &Suite, other: &fomo_chain::Chain, more: &[Address]) {
    let at = suite.at;
    let contracts = [
        at.flock,
        at.launchpad,
        at.vesting,
        at.rewards,
        at.registry,
        at.splitter,
        at.usd,
        at.adapters[0],
        at.adapters[1],
    ];
    let (state, other) = (suite.harness.chain.head_state(), other.head_state());
    for contract in contracts.iter().chain(more) {
        let account = other.account(*contract).unwrap();
        for (slot, value) in &account.storage {
            assert_eq!(state.storage(*contract, *slot), *value, "{contract}, slot {slot:#x}");
        }
        assert_eq!(state.balance(*contract), account.balance);
    }
}

#[test]
fn everybody_acts_on_a_fork_of_the_suite() {
    let mut origin = Suite::new();
    let (alice, bob) = (origin.users[0], origin.users[1]);
    let begun =
        origin.launch(ILaunchpad::createLaunchCall { modelId: keccak256("begun there"), ..Suite::order(VENUES[1]) });
    origin.buy(alice, begun, tokens(20_000));
    align(&mut origin);
    let original = origin.harness.chain.clone();
    let remote = Remote::serve(original.clone());
    let (harness, upstream) = fork(&remote.url);
    let mut suite = Suite { harness, ..origin };

    // The launch that began there is bought, graduates and is claimed here.
    assert_eq!(suite.state(begun), RAISING);
    let before = upstream.requests();
    suite.buy(bob, begun, tokens(200_000));
    println!("a buy on a launch of the other chain: {} requests", upstream.requests() - before);
    suite.graduate(begun);
    for account in [alice, bob] {
        suite.must(account, suite.at.launchpad, ILaunchpad::claimCall { token: begun });
    }
    assert!(suite.balance(begun, alice) > U256::ZERO);

    // Two more are launched; their holders stake, lock, spend, are reported, and claim their rewards.
    let mut world = Rewards::with(suite);
    let (a, alice, bob, carol) = (world.a, world.alice, world.bob, world.carol);
    world.next_day();
    world.stake(alice, a, tokens(1_000));
    world.lock(bob, tokens(5_000), 300);
    world.settle();
    world.next_day();
    world.pay(&usage(key(a), &[(alice, 5_000_000), (bob, 5_000_000)]));
    for account in [alice, bob] {
        let owed = world.flock_of(account);
        assert!(owed > U256::ZERO);
        assert_eq!(world.does(carol, rewards::R::claimCall { account }), owed);
    }
    assert!(world.mt_of(alice, a).is_zero());

    // Revenue is settled, and buys back.
    let mut revenue = Revenue::of(world.suite, 1);
    revenue.settle(1, crate::revenue::usd(10_000), crate::revenue::usd(2_000));
    revenue.observe();
    revenue.suite.pass(crate::revenue::WINDOW);
    let supply = revenue.supply(revenue.mt);
    let anyone = revenue.suite.users[3];
    revenue.must(anyone, revenue.buyback_flock());
    revenue.must(anyone, revenue.buyback_mt());
    assert!(revenue.supply(revenue.mt) < supply, "what was bought back is burned");

    // All of it is, to the hash of each block, what the other node would have mined itself; and it did nothing.
    let suite = revenue.suite;
    let chain = &suite.harness.chain;
    println!("{} blocks in all: {} requests", chain.head() - chain.first(), upstream.requests());
    let other = assert_same_history(chain, original.clone());
    assert_same_storage(&suite, &other, &[begun, a, world.b, revenue.mt, revenue.mt_pool, revenue.pool]);
    let untouched = remote.chain();
    assert_eq!(untouched.head(), original.head());
    let at = suite.at;
    for contract in [at.flock, at.launchpad, at.rewards, at.registry, at.splitter, begun] {
        assert_eq!(untouched.head_state().account(contract), original.head_state().account(contract));
    }
}
