//! The stake registry beside the real launchpad.

use alloy_primitives::{Address, U256};
use alloy_sol_types::sol;
use fomo_tests::suite::*;

sol! {
    interface ILiveFlock {
        function setBlacklisted(address account, bool listed) external;
    }
}

/// A graduated launch of which two users hold what they claimed, and may stake it.
fn graduated(suite: &mut Suite) -> Address {
    let token = suite.launch(Suite::order(VENUES[0]));
    let (launchpad, registry) = (suite.at.launchpad, suite.at.registry);
    for (user, offered) in [(0, 40_000), (1, 200_000)] {
        suite.buy(suite.users[user], token, tokens(offered));
    }
    suite.graduate(token);
    for user in [suite.users[0], suite.users[1]] {
        suite.must(user, launchpad, ILaunchpad::claimCall { token });
        suite.must(user, token, IFomoERC20::approveCall { spender: registry, value: U256::MAX });
    }
    token
}

#[test]
fn a_token_can_be_staked_from_its_graduation_on_and_not_before() {
    let mut suite = Suite::new();
    let (registry, anyone) = (suite.at.registry, suite.users[0]);
    let token = suite.launch(Suite::order(VENUES[0]));
    let stakeable = |suite: &Suite, mt| suite.view(registry, IStakeRegistry::isStakeableCall { mt });
    assert!(!stakeable(&suite, token));
    let stake = IStakeRegistry::stakeCall { mt: token, amount: U256::ONE };
    suite.refused(anyone, registry, stake, IStakeRegistry::TokenNotRegistered {});
    let flock = suite.at.flock;
    assert!(!stakeable(&suite, flock), "the launchpad did not make FLOCK");

    let token = graduated(&mut suite);
    assert!(stakeable(&suite, token));
    let (alice, bob) = (suite.users[0], suite.users[1]);
    for (account, amount) in [(alice, tokens(10_000)), (bob, tokens(30_000))] {
        suite.must(account, registry, IStakeRegistry::stakeCall { mt: token, amount });
    }
    assert_eq!(suite.view(registry, IStakeRegistry::totalStakedCall { mt: token }), tokens(40_000));
    assert_eq!(suite.balance(token, registry), tokens(40_000));
}

/// With the launchpad, the desk and FLOCK paused or gone, whoever staked or locked leaves in full.
#[test]
fn stakers_leave_in_full_while_everything_else_is_paused() {
    let mut suite = Suite::new();
    let token = graduated(&mut suite);
    let Addresses { registry, launchpad, flock, adapters, rewards, .. } = suite.at;
    let (alice, guardian) = (suite.users[0], suite.guardian);
    let amount = suite.balance(token, alice);
    let locked = tokens(1_000);
    suite.must(alice, flock, IFomoERC20::approveCall { spender: registry, value: locked });
    let lock_period = U256::from(2 * DAY);
    let lock = IStakeRegistry::exchangeFlockCall { amount: locked, lockPeriod: lock_period, beneficiary: alice };
    let id = suite.must(alice, registry, lock);
    suite.must(alice, registry, IStakeRegistry::stakeCall { mt: token, amount });
    let before = suite.flock(alice);
    for contract in [launchpad, registry, adapters[0], adapters[1], rewards] {
        suite.must(guardian, contract, IAccess::pauseCall { duration: 7 * DAY });
    }
    suite.must(suite.admin, registry, IStakeRegistry::unregisterTokenCall { mt: token });
    suite.must(alice, registry, IStakeRegistry::requestUnstakeCall { mt: token, amount });
    suite.pass(2 * DAY);
    assert_eq!(suite.must(alice, registry, IStakeRegistry::withdrawCall { mt: token }), amount);
    assert_eq!(suite.must(alice, registry, IStakeRegistry::withdrawLockCall { id }), locked);
    assert_eq!((suite.balance(token, alice), suite.flock(alice)), (amount, before + locked));
}

/// Tokens that vest, pair or fund rewards are not in the registry: stakes are a ledger of their own beside the launchpad's.
#[test]
fn a_stake_counts_whatever_the_market_does() {
    let mut suite = Suite::new();
    let token = graduated(&mut suite);
    let Addresses { registry, flock, adapters, .. } = suite.at;
    let (alice, bob) = (suite.users[0], suite.users[1]);
    suite.pass(DAY - suite.now() % DAY);
    let day = suite.now() / DAY;
    suite.must(alice, registry, IStakeRegistry::stakeCall { mt: token, amount: tokens(5_000) });
    let staked_at = suite.now();
    // Bob sells into the pool meanwhile.
    suite.must(bob, token, IFomoERC20::approveCall { spender: adapters[0], value: U256::MAX });
    let swap = ILiquidityAdapter::swapCall {
        route: vec![token, flock],
        amountIn: tokens(20_000),
        minOut: U256::ONE,
        to: bob,
        deadline: NEVER,
    };
    let before = suite.flock(bob);
    let quoted =
        suite.view(adapters[0], ILiquidityAdapter::quoteCall { route: swap.route.clone(), amountIn: swap.amountIn });
    let out = suite.must(bob, adapters[0], swap);
    assert_eq!((out, suite.flock(bob) - before), (quoted, out));
    suite.pass(DAY);
    let seconds = suite.view(registry, IStakeRegistry::stakeSecondsOfCall { account: alice, mt: token, epoch: day });
    assert_eq!(seconds, tokens(5_000) * U256::from((day + 1) * DAY - staked_at));
}

/// FLOCK as it lives bars senders. Whoever it bars takes out all that is theirs, and brings nothing in.
#[test]
fn a_barred_owner_leaves_in_full() {
    let mut suite = Suite::with_solidity_flock("LiveFlock.sol", "LiveFlock");
    let token = graduated(&mut suite);
    let Addresses { registry, flock, .. } = suite.at;
    let (alice, owner) = (suite.users[0], suite.harness.sender());
    suite.must(alice, flock, IFomoERC20::approveCall { spender: registry, value: U256::MAX });
    let lock =
        IStakeRegistry::exchangeFlockCall { amount: tokens(1_000), lockPeriod: U256::from(DAY), beneficiary: alice };
    let id = suite.must(alice, registry, lock.clone());
    suite.must(alice, registry, IStakeRegistry::stakeCall { mt: token, amount: tokens(500) });
    suite.must(owner, flock, ILiveFlock::setBlacklistedCall { account: alice, listed: true });
    assert!(!suite.run(alice, registry, lock).success(), "a barred sender locks nothing");
    suite.must(alice, registry, IStakeRegistry::requestUnstakeCall { mt: token, amount: tokens(500) });
    suite.pass(DAY + 1);
    let before = suite.flock(alice);
    assert_eq!(suite.must(alice, registry, IStakeRegistry::withdrawLockCall { id }), tokens(1_000));
    assert_eq!(suite.must(alice, registry, IStakeRegistry::withdrawCall { mt: token }), tokens(500));
    assert_eq!(suite.flock(alice) - before, tokens(1_000));
}
