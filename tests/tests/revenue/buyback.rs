//! Buybacks and burns: what they spend, what they accept, where it goes.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use fomo_common::Bps;
use fomo_common::waterfall::{buyback_amount, min_out};

use crate::common::*;
use IRevenueSplitter as R;

/// Fees of a venue's pools: of Uniswap V2's 30 bps, of Aerodrome's what its factory says.
fn fees(world: &World, route: &[Address]) -> Vec<Bps> {
    let fees = world.suite.view(world.adapter, ILiquidityAdapter::feesCall { route: route.to_vec() });
    fees.into_iter().map(|fee| Bps::new(fee).unwrap()).collect()
}

#[test]
fn flock_is_bought_with_the_bucket_and_burned() {
    for mut world in World::both() {
        world.settle(1, usd(1_000), U256::ZERO);
        let supply = world.supply(world.flock);
        let anyone = world.suite.users[0];
        let (spends, least) = world.terms(world.flock);
        assert_eq!(spends, usd(300), "the whole bucket");
        let expected = world.suite.view(
            world.adapter,
            ILiquidityAdapter::timeWeightedOutCall { route: vec![world.usd, world.flock], amountIn: spends },
        );
        assert_eq!(expected, tokens(1_500), "a dollar is five FLOCK");
        assert_eq!(least, min_out(expected, &fees(&world, &[world.usd, world.flock])).unwrap());
        let execution = world.run(anyone, world.buyback_flock());
        let log = execution.logs.iter().find(|log| log.address == world.splitter).unwrap();
        let event = R::BoughtBack::decode_log_data(&log.data).unwrap();
        assert_eq!((event.token, event.asset, event.caller), (world.flock, world.usd, anyone));
        assert_eq!((event.spent, event.bucket, event.totalSpent), (usd(300), U256::ZERO, usd(300)));
        assert!(event.bought >= least && event.bought < tokens(1_500));
        assert_eq!((event.totalBurned, event.totalSunk), (event.bought, U256::ZERO));
        assert_eq!(world.supply(world.flock), supply - event.bought);
        assert_eq!(world.destroyed(world.flock), (event.bought, U256::ZERO));
        assert_eq!(world.suite.balance(world.usd, world.splitter), usd(700));
        assert_eq!(world.suite.flock(world.splitter), U256::ZERO);
    }
}

#[test]
fn a_model_token_is_bought_by_way_of_flock_and_burned() {
    for mut world in World::both() {
        world.settle(1, usd(200), U256::ZERO);
        let (mt, anyone) = (world.mt, world.suite.users[0]);
        let supply = world.supply(mt);
        let flock = world.supply(world.flock);
        let (spends, least) = world.terms(mt);
        let done = world.must(anyone, world.buyback_mt());
        assert_eq!((done.spent, spends), (usd(60), usd(60)));
        // 60 $ are 300 FLOCK, and at 100,000 FLOCK for 200,000 MT they are 600 MT, without fees and impact.
        assert!(done.bought >= least && done.bought < tokens(600) && done.bought > tokens(582));
        assert_eq!(world.supply(mt), supply - done.bought);
        assert_eq!(world.supply(world.flock), flock);
        assert_eq!(world.destroyed(mt), (done.bought, U256::ZERO));
        assert_eq!(world.ledger().mtBuybackLeft, usd(60));
    }
}

/// The dollar trades on one venue, the token on the other: two legs, one minimum.
#[test]
fn a_route_over_two_venues_is_swapped_in_two_legs() {
    let mut world = World::new(1);
    let (usd_token, flock, admin, anyone) = (world.usd, world.flock, world.suite.admin, world.suite.users[0]);
    let other = world.suite.at.adapters[0];
    for token in [usd_token, flock] {
        world.approve(admin, token, other);
    }
    let seed = ILiquidityAdapter::seedCall {
        tokenA: usd_token,
        tokenB: flock,
        amountA: usd(1_000_000),
        amountB: tokens(4_000_000),
    };
    world.suite.must(admin, other, seed);
    let key = world.key("ROUT", usd_token);
    world.change(key, word(other));
    let record = ILiquidityAdapter::recordObservationCall { tokenA: usd_token, tokenB: flock };
    world.suite.must(anyone, other, record);
    world.observe();
    world.suite.pass(WINDOW);
    world.settle(1, usd(200), U256::ZERO);
    let (spends, least) = world.terms(world.mt);
    // Four FLOCK a dollar here; a fee on each venue.
    let expected = tokens(480);
    let all_fees: Vec<Bps> = [Bps::new(30).unwrap()].into_iter().chain(fees(&world, &[flock, world.mt])).collect();
    let exact = min_out(expected, &all_fees).unwrap();
    assert!(exact - least <= U256::from(10), "but for the rounding of prices: {exact} {least}");
    let done = world.must(anyone, world.buyback_mt());
    assert_eq!(done.spent, spends);
    assert!(done.bought >= least && done.bought < expected);
    assert_eq!(world.suite.flock(world.splitter), U256::ZERO, "what the first leg gave the second took");
}

/// A token in between, on the way to FLOCK.
#[test]
fn a_route_by_way_of_another_token_is_swapped_in_one() {
    let mut world = World::new(0);
    let (settler, admin, token, anyone) = (world.settler, world.suite.admin, world.mt, world.suite.users[0]);
    let asset = world.old_dollar(tokens(3_000_000), 18);
    let (adapter, usd_token) = (world.adapter, world.usd);
    world.suite.run(settler, asset, IFomoERC20::transferCall { to: admin, value: tokens(1_000_000) });
    world.approve(admin, asset, adapter);
    let seed = ILiquidityAdapter::seedCall {
        tokenA: asset,
        tokenB: usd_token,
        amountA: tokens(1_000_000),
        amountB: usd(1_000_000),
    };
    world.suite.must(admin, adapter, seed);
    world.accept_by(asset, [word(adapter), word(usd_token)], tokens(1), tokens(2_000));
    let record = ILiquidityAdapter::recordObservationCall { tokenA: usd_token, tokenB: asset };
    world.suite.must(anyone, adapter, record);
    world.pass_observed(WINDOW);
    world.approve(settler, asset, world.splitter);
    world.must(settler, R::settleCall { token, period: period(1), asset, gross: tokens(100), compute: U256::ZERO });
    let supply = world.supply(token);
    let done = world.must(anyone, R::buybackMtCall { token, asset, deadline: NEVER });
    assert_eq!(done.spent, tokens(30));
    assert!(done.bought > tokens(285) && done.bought < tokens(300));
    assert_eq!(world.supply(token), supply - done.bought);
    let done = world.must(anyone, R::buybackFlockCall { asset, deadline: NEVER });
    assert_eq!(done.spent, tokens(30));
    assert!(done.bought > tokens(145) && done.bought < tokens(150));
}

/// Spent is exactly min(bucket, most, 0.5 % of the thinnest reserve), which for a Model Token is that of FLOCK in its own pool.
#[test]
fn a_buyback_spends_the_least_of_bucket_limit_and_half_a_percent_of_the_thinnest_reserve() {
    for mut world in World::both() {
        let anyone = world.suite.users[0];
        world.settle(1, usd(100_000), U256::ZERO);
        let (mt, usd_token, flock) = (world.mt, world.usd, world.flock);
        let depth = |world: &World, route: Vec<Address>| {
            let depth = world.suite.view(world.adapter, ILiquidityAdapter::depthCall { route });
            (depth.amountIn, depth.amountOut)
        };
        let (into, out) = depth(&world, vec![usd_token, flock]);
        assert_eq!((into, out), (usd(1_000_000), tokens(5_000_000)));
        let (into, _) = depth(&world, vec![usd_token, flock, mt]);
        assert!(usd(20_000) - into <= U256::ONE, "100,000 FLOCK are 20,000 $, but for rounding: {into}");
        let spend = buyback_amount(usd(30_000), usd(2_000), into).unwrap();
        assert_eq!(world.must(anyone, world.buyback_mt()).spent, spend);
        assert!(usd(100) - spend <= U256::ONE);
        assert_eq!(world.must(anyone, world.buyback_flock()).spent, usd(2_000), "the configured most");
        let totals = world.totals();
        assert_eq!((totals.flockBuyback, totals.flockBuybackLeft), (usd(30_000), usd(2_000)));
    }
}

#[test]
fn a_buyback_comes_once_an_hour_for_each_bucket() {
    let mut world = World::new(0);
    let anyone = world.suite.users[0];
    world.settle(1, usd(100_000), U256::ZERO);
    world.must(anyone, world.buyback_flock());
    let at = world.suite.now();
    let next = R::nextBuybackCall { token: world.flock, asset: world.usd };
    assert_eq!(world.view(next), at + HOUR);
    world.refused(anyone, world.buyback_flock(), R::IntervalNotOver {});
    world.must(anyone, world.buyback_mt());
    world.suite.pass(HOUR - WINDOW - 10);
    world.observe();
    world.suite.at_time(at + HOUR - 1);
    world.refused(anyone, world.buyback_flock(), R::IntervalNotOver {});
    world.suite.at_time(at + HOUR);
    world.must(anyone, world.buyback_flock());
}

#[test]
fn a_buyback_has_a_deadline_can_be_the_keepers_and_stops_in_a_pause() {
    let mut world = World::new(0);
    let (admin, keeper, stranger) = (world.suite.admin, world.suite.users[0], world.suite.users[1]);
    world.settle(1, usd(1_000), U256::ZERO);
    let late = R::buybackFlockCall { deadline: world.suite.now(), ..world.buyback_flock() };
    world.suite.pass(1);
    world.refused(stranger, late, R::DeadlinePassed {});
    let role = name("KEEPER");
    world.must(admin, IAccess::proposeRoleCall { role, account: keeper });
    world.must(keeper, IAccess::acceptRoleCall { role });
    world.change(name("KEEPER_ONLY"), U256::ONE);
    world.pass_observed(WINDOW);
    world.refused(stranger, world.buyback_flock(), IAccess::Unauthorized {});
    world.refused(stranger, world.buyback_mt(), IAccess::Unauthorized {});
    world.must(world.suite.guardian, IAccess::pauseCall { duration: 60 });
    world.refused(keeper, world.buyback_flock(), IAccess::EnforcedPause {});
    world.suite.pass(60);
    world.must(keeper, world.buyback_flock());
}

#[test]
fn without_a_route_or_a_price_the_bucket_waits() {
    let mut world = World::new(0);
    let (settler, token, anyone) = (world.settler, world.mt, world.suite.users[0]);
    let asset = world.old_dollar(tokens(3_000_000), 18);
    world.accept_by(asset, [U256::ZERO; 2], tokens(1), tokens(20));
    world.approve(settler, asset, world.splitter);
    world.must(settler, R::settleCall { token, period: period(1), asset, gross: tokens(100), compute: U256::ZERO });
    let call = R::buybackFlockCall { asset, deadline: NEVER };
    world.refused(anyone, call.clone(), R::NoRoute {});
    let (key, adapter) = (world.key("ROUT", asset), word(world.adapter));
    world.change(key, adapter);
    world.refused(anyone, call.clone(), ILiquidityAdapter::NoPool {});
    world.suite.run(settler, asset, IFomoERC20::transferCall { to: world.suite.admin, value: tokens(1_000_000) });
    world.market(asset, tokens(1_000_000));
    world.refused(anyone, call.clone(), ILiquidityAdapter::NoObservation {});
    let record = ILiquidityAdapter::recordObservationCall { tokenA: asset, tokenB: world.flock };
    world.suite.must(anyone, world.adapter, record.clone());
    let at = world.suite.now();
    world.suite.at_time(at + WINDOW - 1);
    world.refused(anyone, call.clone(), ILiquidityAdapter::NoObservation {});
    world.suite.at_time(at + DAY + 1);
    world.refused(anyone, call.clone(), ILiquidityAdapter::NoObservation {});
    world.suite.must(anyone, world.adapter, record);
    world.suite.pass(WINDOW);
    assert_eq!(world.must(anyone, call).spent, tokens(20));
}

/// The live token's habits: nobody burns it. It goes to a sink, which is counted apart; until one is named the bucket waits.
#[test]
fn flock_without_a_burn_is_sent_to_its_sink_and_counted_apart() {
    let mut world = World::of(Suite::with_solidity_flock("LiveFlock.sol", "LiveFlock"), 1);
    let anyone = world.suite.users[0];
    world.settle(1, usd(1_000), U256::ZERO);
    let execution = world.run(anyone, world.buyback_flock());
    assert!(!execution.success());
    assert_eq!(world.totals().flockBuybackLeft, U256::ZERO);
    world.change(name("SINK"), word(SINK));
    world.pass_observed(WINDOW);
    let supply = world.supply(world.flock);
    let done = world.must(anyone, world.buyback_flock());
    assert_eq!(world.suite.flock(SINK), done.bought);
    assert_eq!(world.destroyed(world.flock), (U256::ZERO, done.bought));
    assert_eq!(world.supply(world.flock), supply);
    // A Model Token burns all the same.
    let done = world.must(anyone, world.buyback_mt());
    assert_eq!(world.destroyed(world.mt), (done.bought, U256::ZERO));
}
