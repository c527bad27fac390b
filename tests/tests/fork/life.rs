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

/// The guardian pauses, and everybody leaves all the same, with what began on either chain; the admin changes a parameter.
fn leave(suite: &mut Suite, failing: Address, mt: Address, (alice, bob): (Address, Address)) {
    let (at, anyone) = (suite.at, suite.users[3]);
    for contract in [at.launchpad, at.rewards, at.registry, at.splitter] {
        suite.must(suite.guardian, contract, IAccess::pauseCall { duration: 7 * DAY });
    }
    let staked = suite.view(at.registry, IStakeRegistry::stakeOfCall { account: alice, mt });
    let had = suite.balance(mt, alice);
    suite.must(alice, at.registry, IStakeRegistry::requestUnstakeCall { mt, amount: staked });
    suite.pass(DAY);
    suite.must(alice, at.registry, IStakeRegistry::withdrawCall { mt });
    assert_eq!(suite.balance(mt, alice) - had, staked);

    // A launch that began there failed here.
    suite.pass(8 * DAY);
    let had = suite.flock(alice);
    suite.must(alice, at.launchpad, ILaunchpad::refundCall { token: failing });
    assert_eq!(suite.flock(alice) - had, tokens(5_000));

    let key = name("COOLDOWN");
    suite.must(suite.admin, at.registry, IAccess::proposeParameterCall { key, value: U256::from(2 * DAY) });
    suite.pass(2 * DAY);
    suite.must(anyone, at.registry, IAccess::executeParameterCall { key });
    assert_eq!(suite.view(at.registry, IAccess::parameterCall { key }), U256::from(2 * DAY));

    suite.pass(300 * DAY);
    let locks = suite.view(at.registry, IStakeRegistry::locksOfCall { account: bob, offset: 0, limit: 16 });
    let had = suite.flock(bob);
    for lock in &locks {
        suite.must(bob, at.registry, IStakeRegistry::withdrawLockCall { id: lock.id });
    }
    assert_eq!(suite.flock(bob) - had, tokens(5_000));
    for id in [0, 1] {
        assert!(suite.must(anyone, at.vesting, IVesting::releaseCall { id: U256::from(id) }) > U256::ZERO);
    }
}

#[test]
fn everybody_acts_on_a_fork_of_the_suite() {
    let mut origin = Suite::new();
    let (alice, bob) = (origin.users[0], origin.users[1]);
    let begun =
        origin.launch(ILaunchpad::createLaunchCall { modelId: keccak256("begun there"), ..Suite::order(VENUES[1]) });
    origin.buy(alice, begun, tokens(20_000));
    let failing =
        origin.launch(ILaunchpad::createLaunchCall { modelId: keccak256("fails there"), ..Suite::order(VENUES[0]) });
    origin.buy(alice, failing, tokens(5_000));
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

    // Those who are paid from revenue take theirs.
    let (token, asset) = (revenue.mt, revenue.usd);
    let (compute, issuer, treasury) = (revenue.compute, revenue.suite.issuer, revenue.suite.treasury);
    revenue.must(compute, IRevenueSplitter::claimComputeCall { token, asset });
    revenue.must(issuer, IRevenueSplitter::claimIssuerCall { token, asset });
    revenue.must(anyone, IRevenueSplitter::claimTreasuryCall { asset });
    for account in [compute, issuer, treasury] {
        assert!(revenue.suite.balance(asset, account) > U256::ZERO, "{account}");
    }
    leave(&mut revenue.suite, failing, a, (alice, bob));

    // All of it is, to the hash of each block, what the other node would have mined itself; and it did nothing.
    let suite = revenue.suite;
    let at = suite.at;
    let chain = &suite.harness.chain;
    println!("{} blocks in all: {} requests", chain.head() - chain.first(), upstream.requests());
    let other = assert_same_history(chain, original.clone());
    assert_same_storage(&suite, &other, &[begun, a, world.b, revenue.mt, revenue.mt_pool, revenue.pool]);
    // Whatever was done, no contract's code became another.
    let (now, then) = (chain.head_state(), original.head_state());
    for contract in [at.flock, at.launchpad, at.vesting, at.rewards, at.registry, at.splitter, at.adapters[0], begun] {
        let code = then.account(contract).map(|account| account.code_hash);
        if let Some(code) = code {
            assert_eq!(now.account(contract).unwrap().code_hash, code, "{contract}");
        }
    }
    let untouched = remote.chain();
    assert_eq!(untouched.head(), original.head());
    for contract in [at.flock, at.launchpad, at.rewards, at.registry, at.splitter, begun] {
        assert_eq!(untouched.head_state().account(contract), original.head_state().account(contract));
    }
}
