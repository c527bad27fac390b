//! The adapters' time-weighted price, and what else of them a buyback or the treasury relies on.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolEvent;
use fomo_tests::suite::ILiquidityAdapter as A;

use crate::common::*;

fn route(world: &World) -> Vec<Address> {
    vec![world.usd, world.flock]
}

/// FLOCK for a thousand dollars at the time-weighted price.
fn weighted(world: &World) -> U256 {
    world.suite.view(world.adapter, A::timeWeightedOutCall { route: route(world), amountIn: usd(1_000) })
}

fn record(world: &World) -> A::recordObservationCall {
    A::recordObservationCall { tokenA: world.flock, tokenB: world.usd }
}

/// FLOCK for a thousand dollars at the reserves, without fees and impact.
fn spot(world: &World) -> U256 {
    let (dollars, flock) = world.suite.pool(world.pool, world.usd);
    usd(1_000) * flock / dollars
}

/// `a` is `b` but for a share of 10⁻⁶.
#[track_caller]
fn close(a: U256, b: U256) {
    let difference = a.max(b) - a.min(b);
    assert!(difference <= b / U256::from(1_000_000), "{a} is not {b}");
}

#[test]
fn the_price_is_the_mean_over_time_in_both_directions() {
    for mut world in World::both() {
        close(weighted(&world), tokens(5_000));
        let back = vec![world.flock, world.usd];
        let back = world.suite.view(world.adapter, A::timeWeightedOutCall { route: back, amountIn: tokens(5_000) });
        close(back, usd(1_000));
        // For a quarter of an hour at one price, for another at the next.
        let (user, way) = (world.suite.users[0], route(&world));
        world.suite.must(user, world.adapter, record(&world));
        let start = world.suite.now();
        let first = spot(&world);
        world.suite.at_time(start + 900);
        world.swap(user, &way, usd(20_000));
        let second = spot(&world);
        world.suite.at_time(start + WINDOW);
        world.suite.harness.chain.mine(1, None);
        let mean = (first + second) / U256::from(2);
        // Aerodrome's is the ratio of mean reserves, which for these 4 % is next to the mean of ratios.
        let difference = weighted(&world).max(mean) - weighted(&world).min(mean);
        assert!(difference <= mean / U256::from(2_000), "{} is not {mean}", weighted(&world));
    }
}

/// The second's own trades weigh nothing, whatever they do to the reserves.
#[test]
fn one_block_cannot_move_the_price() {
    for mut world in World::both() {
        let (user, way) = (world.suite.users[0], route(&world));
        world.approve(user, world.usd, world.adapter);
        let (before, now) = (weighted(&world), world.suite.now());
        // As many blocks as fit into a second.
        for _ in 0..3 {
            world.suite.harness.chain.set_next_timestamp(now).unwrap();
            let call = A::swapCall {
                route: way.clone(),
                amountIn: usd(10_000_000),
                minOut: U256::ZERO,
                to: user,
                deadline: NEVER,
            };
            world.suite.must(user, world.adapter, call);
        }
        assert_eq!(world.suite.now(), now);
        assert!(spot(&world) * U256::from(500) < before, "a dollar buys next to nothing");
        assert_eq!(weighted(&world), before);
    }
}

/// Each second that a price is held weighs a second: a price pushed down for s of a window's seconds lowers the mean by s of them at most.
#[test]
fn what_is_held_across_the_window_weighs_what_it_lasts() {
    for (venue, mut world) in World::both().into_iter().enumerate() {
        let (user, way) = (world.suite.users[0], route(&world));
        let before = weighted(&world);
        let start = world.suite.view(world.adapter, A::observedSinceCall { tokenA: world.usd, tokenB: world.flock });
        let bought = world.swap(user, &way, usd(9_000_000));
        let from = world.suite.now();
        world.suite.pass(18);
        world.swap(user, &[world.flock, world.usd], bought);
        let until = world.suite.now();
        let least = before - before * U256::from(until - from) / U256::from(until - start.since);
        let held = weighted(&world);
        println!("{}: held {} s of {} s: {held} of {before}", VENUES[venue], until - from, until - start.since);
        assert!(held < before);
        // On Aerodrome the ratio of mean reserves lies a little lower: the deep side weighs more.
        let tolerance = if venue == 0 { U256::ZERO } else { before * U256::from(9) / U256::from(100) };
        assert!(held + tolerance >= least, "{held} under {least}");
        // Half an hour of observations later it is forgotten.
        world.suite.pass(60);
        world.suite.must(user, world.adapter, record(&world));
        world.suite.pass(WINDOW);
        close(weighted(&world), spot(&world));
    }
}

/// Recordings every minute narrow where deep liquidity of a moment can weigh more than its time: on Aerodrome to one of them.
#[test]
fn deep_liquidity_of_a_moment_weighs_no_more_than_its_minute() {
    let mut world = World::new(1);
    let (user, way) = (world.suite.admin, route(&world));
    for _ in 0..31 {
        world.suite.must(user, world.adapter, record(&world));
        world.suite.pass(60);
    }
    let before = weighted(&world);
    // Moves the price to a fourth and puts forty times the pool's liquidity there, for two seconds.
    world.swap(user, &way, usd(1_000_000));
    let (dollars, flock) = world.suite.pool(world.pool, world.usd);
    let many = U256::from(40);
    let (settler, pool) = (world.settler, world.pool);
    world.suite.must(settler, world.usd, IDollar::mintCall { to: settler, value: dollars * many });
    world.suite.must(settler, world.usd, IFomoERC20::transferCall { to: pool, value: dollars * many });
    world.suite.must(settler, world.flock, IFomoERC20::transferCall { to: pool, value: flock * many });
    world.suite.must(settler, pool, IPool::mintCall { to: pool });
    world.suite.pass(2);
    let after = weighted(&world);
    println!("a fourth of the price at 40 times the liquidity for two seconds: {after} of {before}");
    assert!(after >= before - before * U256::from(62) / U256::from(1_800), "{after} of {before}");
}

#[test]
fn observations_come_every_minute_and_reach_back_half_an_hour_at_least() {
    for mut world in World::both() {
        let (user, adapter) = (world.suite.users[0], world.adapter);
        world.suite.must(user, adapter, record(&world));
        let first = world.suite.now();
        world.suite.at_time(first + 59);
        world.suite.refused(user, adapter, record(&world), A::ObservedRecently {});
        for step in 1..70 {
            world.suite.at_time(first + 60 * step);
            let execution = world.suite.run(user, adapter, record(&world));
            let event = A::ObservationRecorded::decode_log_data(&execution.logs[0].data).unwrap();
            assert_eq!((event.pool, event.time), (world.pool, first + 60 * step));
            let observed = world.suite.view(adapter, A::observedSinceCall { tokenA: world.usd, tokenB: world.flock });
            let now = world.suite.now();
            assert_eq!(observed.newest, now);
            if step >= 30 {
                assert_eq!(observed.since, now - WINDOW, "the newest that is old enough");
            }
            close(weighted(&world), tokens(5_000));
        }
    }
}

#[test]
fn without_an_observation_of_the_last_day_there_is_no_price() {
    for mut world in World::both() {
        let (user, adapter) = (world.suite.users[0], world.adapter);
        let since = world.suite.view(adapter, A::observedSinceCall { tokenA: world.usd, tokenB: world.flock }).since;
        let out = A::timeWeightedOutCall { route: route(&world), amountIn: usd(1) };
        world.suite.at_time(since + DAY);
        world.suite.must(user, adapter, out.clone());
        world.suite.at_time(since + DAY + 1);
        world.suite.refused(user, adapter, out.clone(), A::NoObservation {});
        world.suite.must(user, adapter, record(&world));
        world.suite.refused(user, adapter, out.clone(), A::NoObservation {});
        world.suite.pass(WINDOW);
        world.suite.must(user, adapter, out);
        let stranger = world.suite.at.implementation;
        let unknown = A::recordObservationCall { tokenA: world.usd, tokenB: stranger };
        world.suite.refused(user, adapter, unknown, A::NoPool {});
        let unknown = A::timeWeightedOutCall { route: vec![world.usd], amountIn: usd(1) };
        world.suite.refused(user, adapter, unknown, A::RouteOutOfRange {});
    }
}

/// A pool that has nothing in it has no price to be summed up.
#[test]
fn an_empty_pool_is_not_observed() {
    let mut world = World::new(0);
    let (user, other) = (world.suite.users[0], world.suite.at.implementation);
    let create = IVenueFactory::createPairCall { a: world.flock, b: other };
    world.suite.must(user, world.suite.at.factories[0], create);
    let call = A::recordObservationCall { tokenA: other, tokenB: world.flock };
    world.suite.refused(user, world.adapter, call, A::NoReserves {});
}

#[test]
fn a_swap_gives_what_was_quoted_along_every_route_and_not_less_than_asked() {
    for mut world in World::both() {
        let user = world.suite.users[0];
        for way in [vec![world.usd, world.flock], vec![world.usd, world.flock, world.mt], vec![world.flock, world.mt]] {
            let amount = if way[0] == world.usd { usd(77) } else { tokens(77) };
            let quote = world.suite.view(world.adapter, A::quoteCall { route: way.clone(), amountIn: amount });
            let (first, last) = (way[0], *way.last().unwrap());
            let before = (world.suite.balance(first, user), world.suite.balance(last, user));
            world.approve(user, first, world.adapter);
            let swap = |min_out, deadline| A::swapCall {
                route: way.clone(),
                amountIn: amount,
                minOut: min_out,
                to: user,
                deadline,
            };
            let past = world.suite.now() - 1;
            world.suite.refused(user, world.adapter, swap(quote + U256::ONE, NEVER), A::BelowMinimum {});
            world.suite.refused(user, world.adapter, swap(quote, past), A::DeadlinePassed {});
            assert_eq!(world.suite.must(user, world.adapter, swap(quote, NEVER)), quote);
            assert_eq!(world.suite.balance(first, user), before.0 - amount);
            assert_eq!(world.suite.balance(last, user), before.1 + quote);
        }
    }
}

/// Real trades leave fees: on Aerodrome the MT are burned and the FLOCK go to the treasury, on Uniswap V2 they compound.
#[test]
fn fees_of_locked_liquidity_are_burned_and_paid_to_the_treasury() {
    for (venue, mut world) in World::both().into_iter().enumerate() {
        let (user, mt, flock) = (world.suite.users[2], world.mt, world.flock);
        world.swap(user, &[flock, mt], tokens(10_000));
        world.swap(user, &[mt, flock], tokens(5_000));
        let (supply, treasury) = (world.supply(mt), world.suite.flock(world.suite.treasury));
        let got = world.suite.must(world.suite.users[3], world.adapter, A::collectFeesCall { mt });
        assert_eq!(world.supply(mt), supply - got.mtBurned);
        assert_eq!(world.suite.flock(world.suite.treasury), treasury + got.flock);
        if venue == 0 {
            assert_eq!((got.mtBurned, got.flock), (U256::ZERO, U256::ZERO));
            continue;
        }
        // 30 bps of what went in, but for the part of the 1,000 wei of liquidity that nobody has.
        let whole = |amount| tokens(amount) * U256::from(3) / U256::from(1_000);
        close(got.flock, whole(10_000));
        close(got.mtBurned, whole(5_000));
        assert!(got.flock <= whole(10_000) && got.mtBurned <= whole(5_000));
        let again = world.suite.must(user, world.adapter, A::collectFeesCall { mt });
        assert_eq!((again.mtBurned, again.flock), (U256::ZERO, U256::ZERO));
    }
}
