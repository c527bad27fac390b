//! Graduation, claims, refunds, vesting.

use alloy_primitives::{Address, U256};
use fomo_common::Bps;
use fomo_common::curve::{Curve, Reserves};
use fomo_tests::suite::*;

/// Buys until the raise has so many FLOCK or a little more.
fn raise(suite: &mut Suite, token: Address, flock: u64) {
    let each = tokens(flock) / U256::from(4) * U256::from(10_000) / U256::from(9_850) + tokens(1);
    for buyer in suite.users.clone().into_iter().take(4) {
        suite.buy(buyer, token, each);
    }
}

fn graduation(suite: &Suite, token: Address) -> (fomo_common::curve::Graduation, Reserves) {
    let sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token });
    let launch = suite.view(suite.at.launchpad, ILaunchpad::launchCall { token });
    let curve = Curve::new(launch.targetRaiseMax, Bps::new(launch.phiBps).unwrap()).unwrap();
    let reserves = Reserves { mt: sale.reserveMt, flock: sale.reserveFlock };
    (curve.graduation(&reserves).unwrap(), reserves)
}

/// MT that contracts and accounts hold add up to the supply, and each ledger to what lies in it.
fn check_supply(suite: &Suite, token: Address, pool: Address, end: &fomo_common::curve::Graduation) {
    let supply = suite.view(token, IFomoERC20::totalSupplyCall {});
    assert_eq!(supply, tokens(1_000_000) - end.mt_burned, "MT supply = 1,000,000e18 - burned");
    let at = suite.at;
    let vesting = end.mt_issuer + end.mt_platform;
    let bundled = suite.view(at.launchpad, ILaunchpad::saleCall { token }).bundledMt;
    assert_eq!(suite.balance(token, at.vesting), vesting + bundled);
    assert_eq!(suite.balance(token, at.rewards), end.mt_incentive);
    assert_eq!(suite.balance(token, pool), end.mt_liquidity);
    assert_eq!(suite.balance(token, at.launchpad), end.mt_sold - bundled);
    for adapter in at.adapters {
        assert_eq!(suite.balance(token, adapter), U256::ZERO);
    }
}

/// The DEX opens at the curve's closing price or above, by less than a wei of MT.
fn check_price(suite: &Suite, token: Address, pool: Address, reserves: &Reserves) {
    let (mt, flock) = suite.pool(pool, token);
    assert!(flock * reserves.mt >= reserves.flock * mt, "the DEX opens no lower than the curve closed");
    assert!(flock * reserves.mt <= reserves.flock * (mt + U256::ONE) + reserves.flock * U256::from(100));
}

#[test]
fn a_full_raise_ends_in_a_locked_market_at_the_closing_price_on_both_venues() {
    for (index, venue) in VENUES.into_iter().enumerate() {
        let mut suite = Suite::new();
        let order = ILaunchpad::createLaunchCall { bundledOffer: tokens(5_000), ..Suite::order(venue) };
        let token = suite.launch(order);
        raise(&mut suite, token, 200_000 / 4 * 2);
        assert_eq!(suite.state(token), SUCCEEDED);
        let (end, reserves) = graduation(&suite, token);
        let held = suite.flock(suite.at.launchpad);
        let pool = suite.graduate(token);
        assert_eq!(suite.state(token), GRADUATED);
        assert!(suite.view(suite.at.launchpad, ILaunchpad::isModelTokenCall { token }));
        check_supply(&suite, token, pool, &end);
        check_price(&suite, token, pool, &reserves);
        assert_eq!(suite.flock(pool), tokens(100_000), "all of the raise is paired");
        assert_eq!(held - suite.flock(suite.at.launchpad), tokens(100_000), "fees stay until they are pulled");
        // The LP tokens are the adapter's, but for the thousand that the venue keeps.
        let adapter = suite.at.adapters[index];
        let locked = suite.view(adapter, ILiquidityAdapter::lockedCall { pool });
        assert_eq!(suite.view(pool, IPool::balanceOfCall { account: adapter }), locked);
        assert_eq!(suite.view(pool, IPool::totalSupplyCall {}), locked + U256::from(1_000));
        assert_eq!(suite.view(adapter, ILiquidityAdapter::poolOfCall { tokenA: token, tokenB: suite.at.flock }), pool);
    }
}

/// Early graduation dilutes nobody: the buckets scale with what was sold, the rest is burned.
#[test]
fn a_raise_that_only_meets_its_minimum_graduates_and_burns_the_rest() {
    for venue in VENUES {
        let mut suite = Suite::new();
        let token = suite.launch(Suite::order(venue));
        raise(&mut suite, token, 60_000);
        let end_of_sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token }).saleEnd;
        suite.at_time(end_of_sale - 1);
        assert_eq!(suite.state(token), RAISING);
        suite.at_time(end_of_sale);
        assert_eq!(suite.state(token), SUCCEEDED);
        let (end, reserves) = graduation(&suite, token);
        let pool = suite.graduate(token);
        check_supply(&suite, token, pool, &end);
        check_price(&suite, token, pool, &reserves);
        // 300,000 sold: 100,000 unsold, 12,500 of liquidity unused, a quarter of two buckets of 100,000.
        assert!(end.mt_burned < tokens(162_500) && end.mt_burned > tokens(162_450));
        let now = suite.now();
        let epoch = now / DAY + 1;
        let reward = suite.view(suite.at.rewards, IRewardDistributor::mtRewardCall { mt: token });
        assert_eq!((reward.funded, reward.remaining, reward.epoch), (tokens(200_000), tokens(200_000), epoch));
        let supported = |epoch| IRewardDistributor::supportedAtCall { mt: token, epoch };
        assert!(!suite.view(suite.at.rewards, supported(epoch - 1)));
        assert!(suite.view(suite.at.rewards, supported(epoch)));
    }
}

#[test]
fn buyers_claim_what_they_bought_once() {
    let mut suite = Suite::new();
    let order = ILaunchpad::createLaunchCall { bundledOffer: tokens(5_000), ..Suite::order(VENUES[0]) };
    let token = suite.launch(order);
    let launchpad = suite.at.launchpad;
    suite.refused(suite.users[0], launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NotGraduated {});
    raise(&mut suite, token, 100_000);
    suite.refused(suite.users[0], launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NotGraduated {});
    suite.graduate(token);
    // The issuer's bundled MT vest; they are not claimed here.
    suite.refused(suite.issuer, launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NothingToClaim {});
    for buyer in suite.users.clone().into_iter().take(4) {
        let position = suite.view(launchpad, ILaunchpad::positionCall { token, buyer });
        assert_eq!(suite.must(buyer, launchpad, ILaunchpad::claimCall { token }), position.mt);
        assert_eq!(suite.balance(token, buyer), position.mt);
        suite.refused(buyer, launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NothingToClaim {});
        suite.refused(buyer, launchpad, ILaunchpad::refundCall { token }, ILaunchpad::NotFailed {});
    }
    assert_eq!(suite.balance(token, launchpad), U256::ZERO, "every MT of the sale is claimed");
    suite.refused(suite.users[4], launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NothingToClaim {});
}

/// All but the launch fee, in any order, for ever.
#[test]
fn a_failed_launch_gives_everything_back() {
    let mut suite = Suite::new();
    let order =
        ILaunchpad::createLaunchCall { surcharge: true, bundledOffer: tokens(5_000), ..Suite::order(VENUES[0]) };
    let before: Vec<_> = suite.users.iter().map(|user| suite.flock(*user)).collect();
    let (issuer, launchpad) = (suite.issuer, suite.at.launchpad);
    let issuers = suite.flock(issuer);
    let token = suite.launch(order);
    for (index, offered) in [(0, 1_000), (1, 3), (2, 20_000), (0, 77)] {
        suite.buy(suite.users[index], token, tokens(offered));
    }
    suite.refused(suite.users[0], launchpad, ILaunchpad::refundCall { token }, ILaunchpad::NotFailed {});
    suite.pass(300 * DAY);
    assert_eq!(suite.state(token), FAILED);
    suite.refused(suite.users[0], launchpad, ILaunchpad::graduateCall { token }, ILaunchpad::NotSucceeded {});
    suite.refused(suite.users[0], launchpad, ILaunchpad::claimCall { token }, ILaunchpad::NotGraduated {});
    for index in [2, 0, 1] {
        let user = suite.users[index];
        suite.must(user, launchpad, ILaunchpad::refundCall { token });
        assert_eq!(suite.flock(user), before[index]);
        suite.refused(user, launchpad, ILaunchpad::refundCall { token }, ILaunchpad::NothingToClaim {});
    }
    suite.must(issuer, launchpad, ILaunchpad::refundCall { token });
    assert_eq!(suite.flock(issuer), issuers - tokens(32_768), "the launch fee is never refunded");
    assert_eq!(suite.flock(launchpad), tokens(32_768));
}

#[test]
fn a_success_that_nobody_graduates_for_thirty_days_fails() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    raise(&mut suite, token, 100_000);
    let filled = suite.now();
    suite.at_time(filled + 30 * DAY - 1);
    assert_eq!(suite.state(token), SUCCEEDED);
    suite.at_time(filled + 30 * DAY);
    assert_eq!(suite.state(token), FAILED);
    let (user, launchpad) = (suite.users[0], suite.at.launchpad);
    suite.refused(user, launchpad, ILaunchpad::graduateCall { token }, ILaunchpad::NotSucceeded {});
    suite.must(user, launchpad, ILaunchpad::refundCall { token });
}

/// A share of the raise goes to the Reserved FLOCK tranche where φ is under one.
#[test]
fn with_phi_under_one_the_rest_of_the_raise_is_reserved() {
    let mut suite = Suite::new();
    let (admin, launchpad) = (suite.admin, suite.at.launchpad);
    let key = name("PHI");
    suite.must(admin, launchpad, IAccess::proposeParameterCall { key, value: U256::from(7_000) });
    let anyone = suite.users[0];
    suite.refused(anyone, launchpad, IAccess::executeParameterCall { key }, IAccess::TooEarly {});
    suite.pass(2 * DAY);
    suite.must(anyone, launchpad, IAccess::executeParameterCall { key });
    let token = suite.launch(Suite::order(VENUES[1]));
    raise(&mut suite, token, 100_000);
    let (end, reserves) = graduation(&suite, token);
    assert_eq!(end.flock_reserved, tokens(30_000));
    let pool = suite.graduate(token);
    check_supply(&suite, token, pool, &end);
    check_price(&suite, token, pool, &reserves);
    assert_eq!(suite.flock(suite.at.rewards), tokens(30_000));
    let tranche = suite.view(suite.at.rewards, IRewardDistributor::graduationTrancheCall { mt: token });
    assert_eq!((tranche.funded, tranche.numDays), (tokens(30_000), 180));
}

/// A quarter is there at the cliff, all at the end; the bundled buy vests with the issuer's share.
#[test]
fn issuer_and_platform_vest() {
    let mut suite = Suite::new();
    let order = ILaunchpad::createLaunchCall { bundledOffer: tokens(5_000), ..Suite::order(VENUES[0]) };
    let token = suite.launch(order);
    raise(&mut suite, token, 100_000);
    suite.graduate(token);
    let (start, vesting) = (suite.now(), suite.at.vesting);
    let bundled = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token }).bundledMt;
    let ids = [U256::ZERO, U256::ONE];
    let [issuers, platforms] = ids.map(|id| suite.view(vesting, IVesting::vestingCall { id }));
    let (end, _) = graduation(&suite, token);
    assert_eq!((issuers.beneficiary, issuers.total), (suite.issuer, end.mt_issuer + bundled));
    assert_eq!((platforms.beneficiary, platforms.total), (suite.treasury, end.mt_platform));
    assert_eq!((issuers.start, issuers.cliff, issuers.length), (start, 90 * DAY, 365 * DAY));
    let anyone = suite.users[4];
    suite.at_time(start + 90 * DAY - 1);
    suite.refused(anyone, vesting, IVesting::releaseCall { id: ids[0] }, IVesting::NothingToRelease {});
    suite.at_time(start + 90 * DAY);
    let released = suite.must(anyone, vesting, IVesting::releaseCall { id: ids[0] });
    assert_eq!(released, issuers.total * U256::from(90) / U256::from(365));
    suite.at_time(start + 300 * DAY);
    // The beneficiary hands over in two steps.
    let heir = suite.users[3];
    suite.refused(heir, vesting, IVesting::acceptBeneficiaryCall { id: ids[0] }, IVesting::NotProposedBeneficiary {});
    let propose = IVesting::proposeBeneficiaryCall { id: ids[0], account: heir };
    suite.refused(heir, vesting, propose.clone(), IVesting::NotBeneficiary {});
    suite.must(suite.issuer, vesting, propose);
    suite.must(heir, vesting, IVesting::acceptBeneficiaryCall { id: ids[0] });
    suite.at_time(start + 366 * DAY);
    suite.reactivate();
    suite.must(anyone, vesting, IVesting::releaseCall { id: ids[0] });
    assert_eq!(suite.balance(token, heir) + released, issuers.total);
    suite.must(anyone, vesting, IVesting::releaseCall { id: ids[1] });
    assert_eq!(suite.balance(token, vesting), U256::ZERO);
}
