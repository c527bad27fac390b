//! What has gone wrong elsewhere (§11), tried here with real bytecode.

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolError, SolValue};
use fomo_chain::Outcome;

use crate::common::*;
use IRevenueSplitter as R;

/// What a buyback, and who trades around it, come to.
struct Sandwich {
    bought: U256,
    /// Dollars that the attacker has more, or less, after selling all that it bought.
    gain: i128,
}

fn signed(before: U256, after: U256) -> i128 {
    i128::try_from(after).unwrap() - i128::try_from(before).unwrap()
}

/// Buys before the buyback and sells after it, all within a second; nothing where the buyback is refused.
fn sandwich(world: &World, size: U256, of_mt: bool) -> Option<Sandwich> {
    let mut world = world.clone();
    let attacker = world.suite.users[0];
    let mut way = vec![world.usd, world.flock];
    if of_mt {
        way.push(world.mt);
    }
    let before = world.suite.balance(world.usd, attacker);
    let got = if size.is_zero() { U256::ZERO } else { world.swap(attacker, &way, size) };
    let execution =
        if of_mt { world.run(attacker, world.buyback_mt()) } else { world.run(attacker, world.buyback_flock()) };
    if !execution.success() {
        assert_eq!(execution.output.as_ref(), ILiquidityAdapter::BelowMinimum::SELECTOR);
        return None;
    }
    let bought = R::buybackFlockCall::abi_decode_returns(&execution.output).unwrap().bought;
    way.reverse();
    if !got.is_zero() {
        world.swap(attacker, &way, got);
    }
    Some(Sandwich { bought, gain: signed(before, world.suite.balance(world.usd, attacker)) })
}

/// The largest sandwich that the buyback still accepts costs it no more than the slippage, and its maker loses.
#[test]
fn a_sandwich_costs_no_more_than_the_slippage() {
    for (venue, mut world) in World::both().into_iter().enumerate() {
        world.settle(1, usd(100_000), U256::ZERO);
        for of_mt in [false, true] {
            let token = if of_mt { world.mt } else { world.flock };
            let (spends, least) = world.terms(token);
            let alone = sandwich(&world, U256::ZERO, of_mt).unwrap();
            let (mut low, mut high) = (U256::ZERO, usd(200_000));
            while high - low > usd(1) {
                let middle = (low + high) / U256::from(2);
                if sandwich(&world, middle, of_mt).is_some() { low = middle } else { high = middle }
            }
            let worst = sandwich(&world, low, of_mt).unwrap();
            let loss = (alone.bought - worst.bought) * U256::from(10_000) / alone.bought;
            println!(
                "{}, {}: {spends} units, {low} in front: {loss} bps less bought; attacker {:+} units",
                VENUES[venue],
                if of_mt { "MT" } else { "FLOCK" },
                worst.gain
            );
            assert!(worst.bought >= least);
            assert!(worst.bought * U256::from(10_000) >= alone.bought * U256::from(9_700), "three per cent at most");
            assert!(low < usd(30_000), "a larger one is refused");
            assert!(worst.gain < i128::try_from(spends).unwrap() * 3 / 100, "no more than it cost the buyback");
        }
    }
}

/// A price that is pushed up within the block makes the buyback wait, whole; pushed up across the window, it is the price.
#[test]
fn a_price_moved_within_the_block_stops_the_buyback_and_moves_nothing() {
    for mut world in World::both() {
        world.settle(1, usd(1_000), U256::ZERO);
        let attacker = world.suite.users[0];
        let terms = world.terms(world.flock);
        let got = world.swap(attacker, &[world.usd, world.flock], usd(500_000));
        let after = world.terms(world.flock);
        assert_eq!(after.0, terms.0);
        // The swap's own second, and at most a few after it.
        assert!(after.1 >= terms.1 * U256::from(99) / U256::from(100));
        world.refused(attacker, world.buyback_flock(), ILiquidityAdapter::BelowMinimum {});
        let totals = world.totals();
        assert_eq!((totals.flockBuyback, totals.flockBuybackLeft), (usd(300), U256::ZERO), "the bucket is whole");
        assert_eq!(world.view(R::nextBuybackCall { token: world.flock, asset: world.usd }), 0);
        world.swap(attacker, &[world.flock, world.usd], got);
        world.must(attacker, world.buyback_flock());
    }
}

#[test]
fn a_price_moved_across_the_window_is_the_price_and_costs_who_holds_it() {
    for mut world in World::both() {
        world.settle(1, usd(1_000), U256::ZERO);
        let attacker = world.suite.users[0];
        world.swap(attacker, &[world.usd, world.flock], usd(500_000));
        let (mut held, step) = (0, 300);
        while !world.run(attacker, world.buyback_flock()).success() {
            world.suite.pass(step);
            world.suite.run(
                attacker,
                world.adapter,
                ILiquidityAdapter::recordObservationCall { tokenA: world.usd, tokenB: world.flock },
            );
            held += step;
            assert!(held <= 2 * WINDOW, "then it is what the market says");
        }
        assert!(held >= WINDOW, "most of the window has to be at the new price: {held} s");
    }
}

fn hostile(world: &mut World) -> Address {
    let arguments = (usd(1_000_000), tokens(5_000_000)).abi_encode();
    let adapter = world.solidity("Hostile.sol", "HostileSwapper", arguments);
    let (settler, flock) = (world.settler, world.flock);
    world.suite.must(settler, flock, IFomoERC20::transferCall { to: adapter, value: tokens(1_000_000) });
    let key = world.key("ROUT", world.usd);
    world.change(key, word(adapter));
    adapter
}

/// Adapter and token in between change together. If anybody could execute one of two proposals, buybacks would go by pools that nobody
/// ever looked at, such as one that the attacker has made and priced.
#[test]
fn a_route_changes_as_a_whole() {
    let mut world = World::new(0);
    let (admin, attacker) = (world.suite.admin, world.suite.users[0]);
    let [route, via] = ["ROUT", "VIAT"].map(|kind| world.key(kind, world.usd));
    let (other, between) = (word(world.suite.at.adapters[1]), word(world.mt));
    let propose = |world: &mut World, key, value| world.must(admin, IAccess::proposeParameterCall { key, value });
    let execute = |key| IAccess::executeParameterCall { key };
    let values = |world: &World| [route, via].map(|key| world.view(IAccess::parameterCall { key }));
    let before = values(&world);

    propose(&mut world, route, other);
    world.suite.pass(HOUR);
    propose(&mut world, via, between);
    world.suite.pass(2 * DAY - HOUR);
    // The first is due, the second is not yet.
    for key in [route, via] {
        world.refused(attacker, execute(key), IAccess::TooEarly {});
    }
    assert_eq!(values(&world), before);
    world.suite.pass(HOUR);
    world.must(attacker, execute(via));
    assert_eq!(values(&world), [other, between]);
    world.refused(attacker, execute(route), IAccess::NotProposed {});

    // What was not executed in time keeps the other back, until the admin takes it back.
    propose(&mut world, route, before[0]);
    world.suite.pass(HOUR);
    propose(&mut world, via, before[1]);
    world.suite.pass(16 * DAY);
    world.refused(attacker, execute(via), IAccess::ProposalExpired {});
    world.must(admin, IAccess::cancelParameterCall { key: route });
    world.must(attacker, execute(via));
    assert_eq!(values(&world), [other, before[1]]);
}

/// An adapter that lies: every lie is refused with a typed error, and the bucket stays whole.
#[test]
fn a_hostile_route_takes_nothing_that_it_does_not_pay_for() {
    let mut world = World::new(0);
    let anyone = world.suite.users[0];
    let adapter = hostile(&mut world);
    world.settle(1, usd(1_000), U256::ZERO);
    let behave = |world: &mut World, takes, says, gives| {
        let [takes, says, gives] = [takes, says, gives].map(U256::from);
        world.suite.must(anyone, adapter, IArmed::behaveCall { takes, says, gives });
    };
    // Takes less than it was given: an allowance would be left.
    behave(&mut world, 9_999, 10_000, 10_000);
    world.refused(anyone, world.buyback_flock(), R::SpendDiffers {});
    // Gives less than the minimum and says so.
    behave(&mut world, 10_000, 9_699, 10_000);
    world.refused(anyone, world.buyback_flock(), R::BelowMinimum {});
    // Says more than it gives: there is not so much to burn. Takes more than it may.
    for (takes, says, gives) in [(10_000, 10_000, 9_999), (10_000, 1_000_000, 10_000), (10_001, 10_000, 10_000)] {
        behave(&mut world, takes, says, gives);
        let before = world.suite.storage(world.splitter);
        let execution = world.run(anyone, world.buyback_flock());
        assert_eq!(execution.outcome, Outcome::Revert, "{takes} {says} {gives}");
        assert_eq!(world.suite.storage(world.splitter), before);
    }
    let (totals, held) = (world.totals(), world.suite.balance(world.usd, world.splitter));
    assert_eq!((totals.flockBuybackLeft, held), (U256::ZERO, usd(1_000)));
    behave(&mut world, 10_000, 10_000, 10_000);
    let done = world.must(anyone, world.buyback_flock());
    assert_eq!(done.bought, tokens(5_000_000) * done.spent / usd(1_000_000));
}

/// Everything that changes something, called from within a buyback.
#[test]
fn nothing_reenters_the_splitter() {
    let mut world = World::new(0);
    let (anyone, settler, token) = (world.suite.users[0], world.settler, world.mt);
    let adapter = hostile(&mut world);
    world.settle(1, usd(1_000), usd(10));
    let asset = world.usd;
    let calls: Vec<Bytes> = vec![
        world.buyback_flock().abi_encode().into(),
        world.buyback_mt().abi_encode().into(),
        world.settlement(2, usd(1), U256::ZERO).abi_encode().into(),
        R::claimComputeCall { token, asset }.abi_encode().into(),
        R::claimIssuerCall { token, asset }.abi_encode().into(),
        R::claimTreasuryCall { asset }.abi_encode().into(),
        R::redirectFailedCall { token, asset }.abi_encode().into(),
        R::proposeIssuerPayeeCall { token, account: adapter }.abi_encode().into(),
        R::acceptIssuerPayeeCall { token }.abi_encode().into(),
        IAccess::executeParameterCall { key: world.key("ROUT", asset) }.abi_encode().into(),
    ];
    let count = calls.len();
    let splitter = world.splitter;
    world.suite.must(anyone, adapter, IArmed::armCall { target: splitter, calls: calls.clone() });
    world.must(anyone, world.buyback_flock());
    check_refused(&world, adapter, count);
    // And from within a dollar's transfer, into the splitter and out of it.
    let dollar = world.solidity("Hostile.sol", "HostileToken", (settler, usd(1_000_000)).abi_encode());
    world.accept_only(dollar);
    world.approve(settler, dollar, splitter);
    world.suite.must(anyone, dollar, IArmed::armCall { target: splitter, calls: calls.clone() });
    let call = R::settleCall { asset: dollar, ..world.settlement(3, usd(100), U256::ZERO) };
    world.must(settler, call);
    check_refused(&world, dollar, count);
    world.suite.must(anyone, dollar, IArmed::armCall { target: splitter, calls });
    assert_eq!(world.must(anyone, R::claimTreasuryCall { asset: dollar }), usd(30));
    check_refused(&world, dollar, count);
}

/// Every call back was refused, and for the right reason.
fn check_refused(world: &World, armed: Address, calls: usize) {
    let struck = world.suite.view(armed, IArmed::struckCall {});
    assert_eq!(struck.worked.len(), calls, "it called back");
    for (worked, answer) in struck.worked.iter().zip(&struck.answers) {
        assert!(!worked);
        assert_eq!(answer.as_ref(), IAccess::Reentered::SELECTOR, "{answer}");
    }
}

/// Dollars, FLOCK and MT sent to the splitter: no number of it moves.
#[test]
fn donations_change_nothing() {
    let run = |donate: bool| {
        let mut world = World::new(1);
        let splitter = world.splitter;
        let give = |world: &mut World| {
            let gifts = [(world.usd, world.settler, usd(5)), (world.flock, world.settler, tokens(7))];
            for (token, from, value) in gifts.into_iter().chain([(world.mt, world.suite.users[2], tokens(3))]) {
                if donate {
                    world.suite.must(from, token, IFomoERC20::transferCall { to: splitter, value });
                } else {
                    world.suite.must(from, token, IFomoERC20::transferCall { to: from, value });
                }
            }
        };
        let (anyone, asset, token) = (world.suite.users[0], world.usd, world.mt);
        give(&mut world);
        let split = world.settle(1, usd(1_000), usd(100));
        give(&mut world);
        let flock = world.must(anyone, world.buyback_flock());
        give(&mut world);
        let mt = world.must(anyone, world.buyback_mt());
        give(&mut world);
        let treasury = world.must(anyone, R::claimTreasuryCall { asset });
        let issuer = world.must(world.suite.issuer, R::claimIssuerCall { token, asset });
        (split.treasury, flock.bought, mt.bought, treasury, issuer, world.totals().left)
    };
    assert_eq!(run(true), run(false));
}

/// Dust does not use up the hour: under the least nothing is spent, and nothing begins.
#[test]
fn dust_starves_no_buyback() {
    let mut world = World::new(0);
    let attacker = world.suite.users[0];
    world.settle(1, usd(3), U256::ZERO);
    world.refused(attacker, world.buyback_flock(), R::SpendTooSmall {});
    world.refused(attacker, world.buyback_mt(), R::SpendTooSmall {});
    assert_eq!(world.view(R::nextBuybackCall { token: world.flock, asset: world.usd }), 0);
    world.settle(2, usd(10_000), U256::ZERO);
    assert_eq!(world.must(attacker, world.buyback_flock()).spent, usd(2_000));
}

/// Half a percent of a reserve that somebody thins is less; below the least it is refused, and to get there costs far more than it delays.
#[test]
fn a_pool_that_is_thinned_to_starve_a_buyback_is_refused_below_the_least() {
    let mut world = World::new(0);
    let (attacker, settler) = (world.suite.users[0], world.settler);
    world.settle(1, usd(10_000), U256::ZERO);
    let key = world.key("SPND", world.usd);
    world.change(key, usd(1_000) | usd(2_000) << 96);
    world.pass_observed(WINDOW);
    world.suite.must(settler, world.flock, IFomoERC20::transferCall { to: attacker, value: tokens(50_000_000) });
    let before = world.suite.balance(world.usd, attacker);
    let got = world.swap(attacker, &[world.flock, world.usd], tokens(25_000_000));
    world.refused(attacker, world.buyback_flock(), R::SpendTooSmall {});
    world.swap(attacker, &[world.usd, world.flock], got);
    assert_eq!(world.suite.balance(world.usd, attacker), before);
    world.must(attacker, world.buyback_flock());
}
