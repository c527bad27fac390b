//! What has gone wrong elsewhere (§11), tried here with real bytecode.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use fomo_tests::suite::*;

sol! {
    interface IArmed {
        function arm(address target, bytes[] calldata calls) external;
        function struck() external view returns (bool[] memory worked, bytes[] memory answers);
    }

    interface ILiveFlock {
        error Blacklisted(address account);
        function setBlacklisted(address account, bool listed) external;
    }
}

/// Fills a launch.
fn fill(suite: &mut Suite, token: Address) {
    suite.buy(suite.users[1], token, tokens(50_000));
    suite.buy(suite.users[2], token, tokens(1_000_000));
}

fn hostile(suite: &mut Suite, name: &str, arguments: Vec<u8>) -> Address {
    let code = fomo::solidity::tests("Hostile.sol").unwrap()[name].to_vec();
    suite.create([code, arguments].concat())
}

/// Every call back was refused, and for the right reason.
fn check_refused(suite: &Suite, armed: Address, calls: usize) {
    let struck = suite.view(armed, IArmed::struckCall {});
    assert_eq!(struck.worked.len(), calls, "it called back");
    for (worked, answer) in struck.worked.iter().zip(&struck.answers) {
        assert!(!worked);
        assert_eq!(answer.as_ref(), IAccess::Reentered::SELECTOR, "{answer}");
    }
}

/// A pool that is there before the token: made at the predicted address, given a wei, synced, given more, between every pair of steps.
/// The market still opens, and not below the closing price.
#[test]
fn a_pool_made_and_donated_to_before_graduation_only_raises_the_opening_price() {
    for donation in [U256::ONE, tokens(10_000)] {
        let mut suite = Suite::new();
        let (attacker, flock) = (suite.users[0], suite.at.flock);
        let token = suite.launch(Suite::order(VENUES[0]));
        let factory = suite.at.factories[0];
        let pair = suite.must(attacker, factory, IVenueFactory::createPairCall { a: token, b: flock });
        let harass = |suite: &mut Suite| {
            suite.must(attacker, flock, IFomoERC20::transferCall { to: pair, value: donation });
            // Before the token exists neither works; the tests do not care, the suite must not either.
            suite.run(attacker, pair, IPool::syncCall {});
            suite.run(attacker, pair, IPool::mintCall { to: attacker });
        };
        harass(&mut suite);
        suite.buy(suite.users[1], token, tokens(50_000));
        harass(&mut suite);
        suite.buy(suite.users[2], token, tokens(1_000_000));
        harass(&mut suite);
        let sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token });
        assert_eq!(suite.graduate(token), pair);
        let (mt, reserve) = suite.pool(pair, token);
        assert_eq!(reserve, tokens(100_000) + donation * U256::from(3), "donations are the pool's");
        assert!(reserve * sale.reserveMt >= sale.reserveFlock * mt, "no lower than the curve closed");
        let locked = suite.view(suite.at.adapters[0], ILiquidityAdapter::lockedCall { pool: pair });
        assert_eq!(suite.view(pair, IPool::totalSupplyCall {}), locked + U256::from(1_000), "all LP is locked");
    }
}

/// Aerodrome's pools ask the tokens for their symbols when they are made: none can be there first.
#[test]
fn no_pool_of_aerodrome_can_be_made_before_its_token() {
    let mut suite = Suite::new();
    let (attacker, flock) = (suite.users[0], suite.at.flock);
    let token = suite.launch(Suite::order(VENUES[1]));
    let call = IVenueFactory::createPoolCall { a: token, b: flock, stable: false };
    assert!(!suite.run(attacker, suite.at.factories[1], call).success());
    // The stable pool of the same tokens is another pool.
    let call = IVenueFactory::createPoolCall { a: token, b: flock, stable: true };
    assert!(!suite.run(attacker, suite.at.factories[1], call).success());
    fill(&mut suite, token);
    suite.graduate(token);
}

/// FLOCK and MT sent to every contract at every state: no number moves.
#[test]
fn donations_to_any_contract_at_any_time_change_nothing() {
    let run = |donate: bool| {
        let mut suite = Suite::new();
        let at = suite.at;
        let contracts = [
            at.launchpad,
            at.desk,
            at.office,
            at.vesting,
            at.rewards,
            at.adapters[0],
            at.adapters[1],
            at.implementation,
        ];
        let give = |suite: &mut Suite, token: Address| {
            for to in contracts {
                if donate {
                    suite.must(suite.users[4], token, IFomoERC20::transferCall { to, value: tokens(7) });
                }
            }
        };
        suite.pass(60);
        give(&mut suite, at.flock);
        let order = ILaunchpad::createLaunchCall { bundledOffer: tokens(5_000), ..Suite::order(VENUES[1]) };
        let token = suite.launch(order);
        give(&mut suite, at.flock);
        fill(&mut suite, token);
        give(&mut suite, at.flock);
        let pool = suite.graduate(token);
        let reserves = suite.pool(pool, token);
        let claim = |suite: &mut Suite, user: usize| {
            suite.must(suite.users[user], at.launchpad, ILaunchpad::claimCall { token })
        };
        let first = claim(&mut suite, 2);
        if donate {
            for to in contracts {
                suite.must(suite.users[2], token, IFomoERC20::transferCall { to, value: tokens(1) });
            }
        }
        give(&mut suite, at.flock);
        let second = claim(&mut suite, 1);
        let fees = suite.must(suite.issuer, at.launchpad, ILaunchpad::withdrawFeesCall {});
        let treasury = suite.must(suite.issuer, at.launchpad, ILaunchpad::withdrawTreasuryCall {});
        suite.pass(100 * DAY);
        let vested = suite.view(at.vesting, IVesting::vestedAtCall { id: U256::ZERO, time: u64::MAX });
        let reward = suite.view(at.rewards, IRewardDistributor::mtRewardCall { mt: token }).remaining;
        (reserves, first, second, fees, treasury, vested, reward)
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn a_hostile_adapter_cannot_reenter_the_launchpad() {
    let mut suite = Suite::new();
    let adapter = hostile(&mut suite, "HostileAdapter", Vec::new());
    let (admin, launchpad) = (suite.admin, suite.at.launchpad);
    let key = suite.view(launchpad, ILaunchpad::venueKeyCall { venue: name("EVIL") });
    let value = U256::from_be_bytes(adapter.into_word().0);
    suite.must(admin, launchpad, IAccess::initializeParameterCall { key, value });
    let token = suite.launch(Suite::order("EVIL"));
    fill(&mut suite, token);
    let buy = ILaunchpad::buyCall { token, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    let exact = ILaunchpad::buyExactCall { token, mt: tokens(1), maxIn: U256::MAX, deadline: NEVER };
    let calls: Vec<Bytes> = vec![
        ILaunchpad::graduateCall { token }.abi_encode().into(),
        ILaunchpad::claimCall { token }.abi_encode().into(),
        ILaunchpad::refundCall { token }.abi_encode().into(),
        ILaunchpad::withdrawFeesCall {}.abi_encode().into(),
        ILaunchpad::withdrawTreasuryCall {}.abi_encode().into(),
        Suite::order(VENUES[0]).abi_encode().into(),
        buy.abi_encode().into(),
        exact.abi_encode().into(),
    ];
    let count = calls.len();
    suite.must(admin, adapter, IArmed::armCall { target: launchpad, calls });
    suite.graduate(token);
    check_refused(&suite, adapter, count);
}

/// Whoever steals the admin's key cannot add an adapter that takes the next raise, and launch on it, before anybody knows.
#[test]
fn a_new_venue_is_announced_once_somebody_has_launched() {
    let mut suite = Suite::new();
    let adapter = hostile(&mut suite, "HostileAdapter", Vec::new());
    let (admin, launchpad, issuer, anyone) = (suite.admin, suite.at.launchpad, suite.issuer, suite.users[0]);
    let key = suite.view(launchpad, ILaunchpad::venueKeyCall { venue: name("EVIL") });
    let value = U256::from_be_bytes(adapter.into_word().0);
    suite.launch(Suite::order(VENUES[0]));
    let at_once = IAccess::initializeParameterCall { key, value };
    suite.refused(admin, launchpad, at_once, IAccess::ParameterOutOfRange {});
    suite.must(admin, launchpad, IAccess::proposeParameterCall { key, value });
    suite.refused(issuer, launchpad, Suite::order("EVIL"), ILaunchpad::UnknownVenue {});
    let execute = IAccess::executeParameterCall { key };
    suite.refused(anyone, launchpad, execute.clone(), IAccess::TooEarly {});
    suite.pass(2 * DAY);
    suite.must(anyone, launchpad, execute);
    suite.launch(Suite::order("EVIL"));
}

/// FLOCK itself calls back: a buy, a refund and a fee withdrawal are complete in the ledgers before it is asked.
#[test]
fn a_hostile_flock_cannot_reenter_the_launchpad() {
    let mut suite = Suite::with_solidity_flock("Hostile.sol", "HostileToken");
    let (launchpad, flock, user) = (suite.at.launchpad, suite.at.flock, suite.users[0]);
    let token = suite.launch(Suite::order(VENUES[0]));
    let buy = ILaunchpad::buyCall { token, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    let refund = ILaunchpad::refundCall { token };
    let arm = |suite: &mut Suite| {
        let calls: Vec<Bytes> = vec![buy.abi_encode().into(), refund.abi_encode().into()];
        suite.must(user, flock, IArmed::armCall { target: launchpad, calls });
    };
    arm(&mut suite);
    suite.must(user, launchpad, buy.clone());
    check_refused(&suite, flock, 2);
    suite.pass(8 * DAY);
    arm(&mut suite);
    suite.must(user, launchpad, refund.clone());
    check_refused(&suite, flock, 2);
}

#[test]
fn a_hostile_token_cannot_reenter_vesting_or_adapter() {
    let mut suite = Suite::new();
    let user = suite.users[0];
    let token = hostile(&mut suite, "HostileToken", (user, tokens(1_000)).abi_encode());
    let (vesting, adapter) = (suite.at.vesting, suite.at.adapters[0]);
    for spender in [vesting, adapter] {
        suite.must(user, token, IFomoERC20::approveCall { spender, value: U256::MAX });
        suite.must(user, suite.at.flock, IFomoERC20::approveCall { spender, value: U256::MAX });
    }
    let open = IVesting::openCall { token, beneficiary: user, amount: tokens(1), start: 0, cliff: 0, length: 1 };
    let release = IVesting::releaseCall { id: U256::ZERO };
    let calls = |calls: [Vec<u8>; 2]| calls.map(Bytes::from).to_vec();
    let both = calls([open.abi_encode(), release.abi_encode()]);
    suite.must(user, token, IArmed::armCall { target: vesting, calls: both.clone() });
    suite.must(user, vesting, open);
    check_refused(&suite, token, 2);
    suite.must(user, token, IArmed::armCall { target: vesting, calls: both });
    assert_eq!(suite.must(user, vesting, release.clone()), tokens(1));
    check_refused(&suite, token, 2);
    suite.refused(user, vesting, release, IVesting::NothingToRelease {});

    let flock = suite.at.flock;
    let seed = ILiquidityAdapter::seedCall { tokenA: token, tokenB: flock, amountA: tokens(9), amountB: tokens(9) };
    let route = vec![token, flock];
    let swap =
        ILiquidityAdapter::swapCall { route, amountIn: tokens(1), minOut: U256::ZERO, to: user, deadline: NEVER };
    let both = calls([seed.abi_encode(), swap.abi_encode()]);
    suite.must(user, token, IArmed::armCall { target: adapter, calls: both.clone() });
    suite.must(user, adapter, seed);
    check_refused(&suite, token, 2);
    suite.must(user, token, IArmed::armCall { target: adapter, calls: both });
    suite.must(user, adapter, swap);
    check_refused(&suite, token, 2);
}

#[test]
fn a_hostile_pool_cannot_reenter_the_adapter() {
    let mut suite = Suite::new();
    let (admin, user, flock, other) = (suite.admin, suite.users[0], suite.at.flock, suite.at.implementation);
    let venue = hostile(&mut suite, "HostileVenue", flock.abi_encode());
    let arguments = (admin, suite.guardian, flock, venue, suite.treasury).abi_encode();
    let adapter = suite.program("adapter-uniswap-v2", &arguments);
    suite.must(user, flock, IFomoERC20::approveCall { spender: adapter, value: U256::MAX });
    let route = vec![flock, other];
    let swap =
        ILiquidityAdapter::swapCall { route, amountIn: tokens(1), minOut: U256::ZERO, to: user, deadline: NEVER };
    let seed = ILiquidityAdapter::seedCall { tokenA: flock, tokenB: other, amountA: U256::ZERO, amountB: U256::ZERO };
    let collect = ILiquidityAdapter::collectFeesCall { mt: other };
    let calls: Vec<Bytes> = [swap.abi_encode(), seed.abi_encode(), collect.abi_encode()].map(Bytes::from).to_vec();
    suite.must(user, venue, IArmed::armCall { target: adapter, calls });
    suite.must(user, adapter, swap);
    check_refused(&suite, venue, 3);
}

/// Ten small buys in the same minute get no more than one, with and without the surcharge.
#[test]
fn splitting_a_buy_dodges_nothing() {
    for surcharge in [false, true] {
        let run = |parts: u64| {
            let mut suite = Suite::new();
            let order = ILaunchpad::createLaunchCall { surcharge, ..Suite::order(VENUES[0]) };
            let token = suite.launch(order);
            let start = suite.now();
            let mut mt = U256::ZERO;
            for _ in 0..parts {
                suite.at_time(start + 40 * 60);
                mt += suite.buy(suite.users[0], token, tokens(10_000) / U256::from(parts)).1;
            }
            mt
        };
        let (whole, split) = (run(1), run(10));
        assert!(split <= whole, "{split} of ten buys, {whole} of one");
    }
}

#[test]
fn a_refund_or_claim_pays_only_who_paid() {
    let mut suite = Suite::new();
    let launchpad = suite.at.launchpad;
    let token = suite.launch(Suite::order(VENUES[0]));
    suite.buy(suite.users[0], token, tokens(100));
    suite.pass(8 * DAY);
    let thief = suite.users[1];
    suite.refused(thief, launchpad, ILaunchpad::refundCall { token }, ILaunchpad::NothingToClaim {});
    let unknown = ILaunchpad::refundCall { token: thief };
    suite.refused(thief, launchpad, unknown, ILaunchpad::UnknownLaunch {});
}

#[test]
fn of_two_that_graduate_the_second_is_refused_and_nothing_happens_twice() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    fill(&mut suite, token);
    let pool = suite.graduate(token);
    let before = (suite.pool(pool, token), suite.flock(suite.at.launchpad));
    let call = ILaunchpad::graduateCall { token };
    suite.refused(suite.users[0], suite.at.launchpad, call, ILaunchpad::NotSucceeded {});
    assert_eq!((suite.pool(pool, token), suite.flock(suite.at.launchpad)), before);
}

/// The live token can blacklist senders and has no burn. A blacklisted issuer blocks nobody: everything is pulled.
#[test]
fn with_the_live_tokens_habits_everything_goes_on() {
    let mut suite = Suite::with_solidity_flock("LiveFlock.sol", "LiveFlock");
    let (launchpad, owner, issuer) = (suite.at.launchpad, suite.harness.sender(), suite.issuer);
    let token = suite.launch(Suite::order(VENUES[1]));
    let failed = suite.launch(Suite::order(VENUES[0]));
    suite.buy(suite.users[0], failed, tokens(100));
    fill(&mut suite, token);
    for account in [issuer, suite.users[1], suite.users[3]] {
        suite.must(owner, suite.at.flock, ILiveFlock::setBlacklistedCall { account, listed: true });
    }
    suite.graduate(token);
    for user in [suite.users[1], suite.users[2]] {
        suite.must(user, launchpad, ILaunchpad::claimCall { token });
    }
    suite.must(issuer, launchpad, ILaunchpad::withdrawFeesCall {});
    let error = ILiveFlock::Blacklisted { account: suite.users[1] };
    let buy = ILaunchpad::buyCall { token: failed, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    suite.refused(suite.users[1], launchpad, buy, error);
    suite.pass(8 * DAY);
    suite.must(suite.users[0], launchpad, ILaunchpad::refundCall { token: failed });
}

/// Once every program has expired nothing works; once a stranger has reactivated them, everybody is paid in full.
#[test]
fn after_every_program_has_expired_a_stranger_brings_refunds_claims_and_vesting_back() {
    let mut suite = Suite::new();
    let launchpad = suite.at.launchpad;
    let (token, failed) = (suite.launch(Suite::order(VENUES[0])), suite.launch(Suite::order(VENUES[0])));
    suite.buy(suite.users[0], failed, tokens(100));
    fill(&mut suite, token);
    suite.graduate(token);
    let position = suite.view(launchpad, ILaunchpad::positionCall { token, buyer: suite.users[1] });
    suite.pass(366 * DAY);
    assert!(!suite.run(suite.users[1], launchpad, ILaunchpad::claimCall { token }).success());
    assert!(!suite.run(suite.users[0], launchpad, ILaunchpad::refundCall { token: failed }).success());
    let at = suite.at;
    suite.reactivate();
    assert_eq!(suite.must(suite.users[1], launchpad, ILaunchpad::claimCall { token }), position.mt);
    assert_eq!(suite.must(suite.users[0], launchpad, ILaunchpad::refundCall { token: failed }), tokens(100));
    let total = suite.view(at.vesting, IVesting::vestingCall { id: U256::ZERO }).total;
    assert_eq!(suite.must(suite.users[4], at.vesting, IVesting::releaseCall { id: U256::ZERO }), total);
}

/// An issuer that buys beside its bundle in the transaction that creates the launch would have MT that do not vest.
#[test]
fn nothing_but_the_bundle_buys_in_the_second_of_creation() {
    let mut suite = Suite::new();
    let (issuer, launchpad) = (suite.issuer, suite.at.launchpad);
    let token = suite.must(issuer, launchpad, Suite::order(VENUES[0]));
    let created = suite.now();
    let buy = ILaunchpad::buyCall { token, offered: tokens(1_000), minOut: U256::ZERO, deadline: NEVER };
    suite.at_time(created);
    suite.refused(issuer, launchpad, buy.clone(), ILaunchpad::NotRaising {});
    assert_eq!(suite.now(), created);
    suite.at_time(created + 1);
    suite.must(issuer, launchpad, buy);
}

/// A second launchpad is named beside the first, whose launches go on.
#[test]
fn a_new_launchpad_does_not_stop_the_launches_of_the_old_one() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let (admin, rewards, other) = (suite.admin, suite.at.rewards, suite.users[4]);
    let key = suite.view(rewards, IRewardDistributor::launchpadKeyCall { launchpad: other });
    suite.must(admin, rewards, IAccess::initializeParameterCall { key, value: U256::ONE });
    // Nor can it spoil a launch whose token does not exist yet.
    let fund = IRewardDistributor::fundMtRewardCall { mt: token, amount: U256::ONE };
    suite.refused(other, rewards, fund, IRewardDistributor::UnknownToken {});
    let support = IRewardDistributor::setSupportedCall { mt: token, supported: true };
    suite.refused(other, rewards, support, IRewardDistributor::UnknownToken {});
    fill(&mut suite, token);
    suite.graduate(token);
    // It stays one: its launches that have begun could not graduate otherwise.
    let (value, out) = (U256::ZERO, IAccess::ParameterOutOfRange {});
    suite.refused(admin, rewards, IAccess::proposeParameterCall { key, value }, out.clone());
    // Beside a token that earns, a further one is announced: its own would share the emission.
    let third = suite.users[3];
    let key = suite.view(rewards, IRewardDistributor::launchpadKeyCall { launchpad: third });
    let value = U256::ONE;
    suite.refused(admin, rewards, IAccess::initializeParameterCall { key, value }, out);
    suite.must(admin, rewards, IAccess::proposeParameterCall { key, value });
    let support = IRewardDistributor::setSupportedCall { mt: token, supported: false };
    suite.refused(third, rewards, support.clone(), IRewardDistributor::NotLaunchpad {});
    suite.pass(2 * DAY);
    suite.must(third, rewards, IAccess::executeParameterCall { key });
    // It stays one for good: so of a token that is known it says nothing, neither way, whoever brought it.
    let says = |mt, supported| IRewardDistributor::setSupportedCall { mt, supported };
    suite.refused(third, rewards, support.clone(), IRewardDistributor::NotLaunchpad {});
    suite.must(admin, rewards, support.clone());
    suite.refused(third, rewards, says(token, true), IRewardDistributor::NotLaunchpad {});
    let own = suite.at.flock;
    suite.refused(third, rewards, says(own, false), IRewardDistributor::NotLaunchpad {});
    suite.must(third, rewards, says(own, true));
    for supported in [false, true] {
        suite.refused(third, rewards, says(own, supported), IRewardDistributor::NotLaunchpad {});
    }
    let epoch = suite.now() / DAY + 1;
    let supported = |mt| IRewardDistributor::supportedAtCall { mt, epoch };
    assert!(!suite.view(rewards, supported(token)) && suite.view(rewards, supported(own)));
}
