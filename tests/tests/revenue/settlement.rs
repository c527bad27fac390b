//! What comes in, how it splits, who is refused.

use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolError, SolEvent, SolValue};

use crate::common::*;
use IRevenueSplitter as R;

#[test]
fn revenue_splits_after_compute_and_the_treasury_takes_the_remainder() {
    for mut world in World::both() {
        let before = world.suite.balance(world.usd, world.settler);
        let got = world.settle(1, usd(1_000) + U256::from(7), usd(400));
        // A net of 600,000,007: the floors of 30, 30 and 10 %, and the rest.
        let expected =
            [usd(400), usd(180) + U256::from(2), usd(180) + U256::from(3), usd(180) + U256::from(2), usd(60)];
        let buckets = [got.toCompute, got.flockBuyback, got.treasury, got.mtBuyback, got.issuer];
        assert_eq!(buckets, expected);
        let gross = usd(1_000) + U256::from(7);
        assert_eq!(world.suite.balance(world.usd, world.settler), before - gross);
        assert_eq!(world.suite.balance(world.usd, world.splitter), gross);
        let settlement = world.view(R::settlementCall { token: world.mt, period: period(1) });
        assert_eq!((settlement.asset, settlement.at, settlement.gross), (world.usd, world.suite.now(), gross));
        let of_period =
            [settlement.compute, settlement.flockBuyback, settlement.treasury, settlement.mtBuyback, settlement.issuer];
        assert_eq!(of_period, expected);
        let totals = world.totals();
        assert_eq!((totals.received, totals.left), (gross, U256::ZERO));
        assert_eq!((totals.treasury, totals.flockBuyback), (expected[2], expected[1]));
    }
}

/// Invariant 8: buckets sum to net exactly, for every net of 1 to 9 units and for large ones.
#[test]
fn every_net_splits_exactly_dust_included() {
    let mut world = World::new(0);
    let mut sums = [U256::ZERO; 5];
    let nets = (1..=9).chain([10, 11, 99, 101, 9_999, 10_001, 999_999_999]);
    for (number, net) in nets.enumerate() {
        let (net, compute) = (U256::from(net), U256::from(number));
        let compute = compute.min(net * U256::from(9));
        let got = world.settle(number as u64, net + compute, compute);
        let buckets = [got.toCompute, got.flockBuyback, got.treasury, got.mtBuyback, got.issuer];
        assert_eq!(buckets.iter().copied().reduce(|a, b| a + b), Some(net + compute), "of {net}");
        assert_eq!(got.toCompute, compute);
        assert_eq!(got.flockBuyback, net * U256::from(3) / U256::from(10));
        assert_eq!(got.mtBuyback, got.flockBuyback);
        assert_eq!(got.issuer, net / U256::from(10));
        assert!(got.treasury >= got.flockBuyback && got.treasury - got.flockBuyback <= U256::from(3));
        for (sum, bucket) in sums.iter_mut().zip(buckets) {
            *sum += bucket;
        }
    }
    let ledger = world.ledger();
    let credited = [ledger.compute, ledger.flockBuyback, ledger.treasury, ledger.mtBuyback, ledger.issuer];
    assert_eq!(credited, sums);
    assert_eq!(world.totals().received, sums.iter().copied().reduce(|a, b| a + b).unwrap());
}

#[test]
fn events_tell_the_split_and_cumulative_totals() {
    let mut world = World::new(1);
    let first = world.settle(1, usd(10), usd(1));
    let (settler, call) = (world.settler, world.settlement(2, usd(20), usd(5)));
    let execution = world.run(settler, call);
    let logs: Vec<_> = execution.logs.iter().filter(|log| log.address == world.splitter).collect();
    let credited = R::Credited::decode_log_data(&logs[0].data).unwrap();
    let settled = R::Settled::decode_log_data(&logs[1].data).unwrap();
    assert_eq!((settled.token, settled.period, settled.asset), (world.mt, period(2), world.usd));
    assert_eq!((settled.settler, settled.gross, settled.compute), (world.settler, usd(20), usd(5)));
    let net = settled.flockBuyback + settled.treasury + settled.mtBuyback + settled.issuer;
    assert_eq!(net, usd(15));
    assert_eq!(credited.compute, usd(6));
    assert_eq!(credited.treasury, first.treasury + settled.treasury);
    assert_eq!(credited.issuer, first.issuer + settled.issuer);
}

#[test]
fn a_dollar_of_18_decimals_without_return_values_is_as_good() {
    let mut world = World::new(0);
    let (settler, token) = (world.settler, world.mt);
    let dollar = world.old_dollar(tokens(1_000_000), 18);
    world.accept_only(dollar);
    world.approve(settler, dollar, world.splitter);
    let gross = tokens(100) + U256::from(1);
    let got =
        world.must(settler, R::settleCall { token, period: period(1), asset: dollar, gross, compute: tokens(10) });
    assert_eq!(got.issuer, tokens(9));
    assert_eq!(got.treasury, tokens(27) + U256::from(1));
    assert_eq!(world.must(world.compute, R::claimComputeCall { token, asset: dollar }), tokens(10));
    assert_eq!(world.suite.balance(dollar, world.compute), tokens(10));
}

#[test]
fn a_dollar_that_takes_a_fee_is_refused() {
    let mut world = World::new(0);
    let (settler, token) = (world.settler, world.mt);
    let asset = world.solidity("Dollars.sol", "FeeDollar", (settler, usd(1_000)).abi_encode());
    world.accept_only(asset);
    world.approve(settler, asset, world.splitter);
    let call = R::settleCall { token, period: period(1), asset, gross: usd(100), compute: U256::ZERO };
    world.refused(settler, call, R::TransferDiffers {});
}

/// One that rounds what arrives is refused at once; one that shrinks what is here, from then on.
#[test]
fn a_dollar_that_rebases_is_refused() {
    let mut world = World::new(0);
    let (settler, token) = (world.settler, world.mt);
    let asset = world.solidity("Dollars.sol", "RebasingDollar", (settler, usd(1_000)).abi_encode());
    world.accept_only(asset);
    world.approve(settler, asset, world.splitter);
    let call = |number: u64, gross| R::settleCall { token, period: period(number), asset, gross, compute: U256::ZERO };
    world.must(settler, call(1, usd(100)));
    world.suite.must(settler, asset, IRebasing::rebaseCall { factor: U256::from(999) });
    world.refused(settler, call(2, usd(1)), R::BalanceBelowLedger {});
    world.suite.must(settler, asset, IRebasing::rebaseCall { factor: U256::from(1_001) });
    world.refused(settler, call(2, usd(1) + U256::from(7)), R::TransferDiffers {});
}

#[test]
fn compute_is_at_most_its_limit_of_gross() {
    let mut world = World::new(0);
    let settler = world.settler;
    let most = usd(90);
    let call = world.settlement(1, usd(100), most + U256::ONE);
    world.refused(settler, call, IEconomicsErrors::ComputeOverLimit {});
    let call = world.settlement(1, usd(100), U256::MAX);
    world.refused(settler, call, IEconomicsErrors::ComputeOverLimit {});
    assert_eq!(world.settle(1, usd(100), most).toCompute, most);
    // Of nine units of dust eight are within nine tenths, nine are not.
    let call = world.settlement(2, U256::from(9), U256::from(9));
    world.refused(settler, call, IEconomicsErrors::ComputeOverLimit {});
    assert_eq!(world.settle(2, U256::from(9), U256::from(8)).treasury, U256::ONE);
    world.change(name("COMPUTE_LIMIT"), U256::from(1_000));
    let call = world.settlement(3, usd(100), usd(10) + U256::ONE);
    world.refused(settler, call, IEconomicsErrors::ComputeOverLimit {});
}

#[test]
fn a_period_of_a_token_is_settled_once() {
    let mut world = World::new(0);
    let (settler, token) = (world.settler, world.mt);
    let (raising, _) = world.launch_and_failure();
    world.settle(7, usd(1), U256::ZERO);
    let call = world.settlement(7, usd(2), U256::ZERO);
    world.refused(settler, call, R::PeriodSettled {});
    // In another dollar too.
    let asset = world.old_dollar(usd(1_000), 6);
    world.accept_only(asset);
    world.approve(settler, asset, world.splitter);
    let call = R::settleCall { token, period: period(7), asset, gross: usd(1), compute: U256::ZERO };
    world.refused(settler, call, R::PeriodSettled {});
    // Of another token it is another one.
    world.must(settler, R::settleCall { token: raising, ..world.settlement(7, usd(1), U256::ZERO) });
}

#[test]
fn what_is_nobodys_business_is_refused() {
    let mut world = World::new(0);
    let (settler, stranger, guardian) = (world.settler, world.suite.users[0], world.suite.guardian);
    let call = world.settlement(1, usd(1), U256::ZERO);
    world.refused(stranger, call.clone(), IAccess::Unauthorized {});
    world.refused(settler, R::settleCall { gross: U256::ZERO, ..call.clone() }, R::ZeroAmount {});
    world.refused(settler, R::settleCall { token: stranger, ..call.clone() }, R::UnknownLaunch {});
    for asset in [world.flock, world.mt, Address::ZERO] {
        world.refused(settler, R::settleCall { asset, ..call.clone() }, R::AssetNotAccepted {});
    }
    let flock = world.flock;
    world.accept_only(flock);
    world.refused(settler, R::settleCall { asset: flock, ..call.clone() }, R::AssetNotAccepted {});
    world.must(guardian, IAccess::pauseCall { duration: DAY });
    world.refused(settler, call.clone(), IAccess::EnforcedPause {});
    world.suite.pass(DAY);
    world.must(settler, call);
    let (key, usd_token) = (world.key("ASST", world.usd), world.usd);
    world.change(key, U256::ZERO);
    let call = R::settleCall { asset: usd_token, ..world.settlement(2, usd(1), U256::ZERO) };
    world.refused(settler, call, R::AssetNotAccepted {});
}

#[test]
fn parameters_are_held_to_their_bounds() {
    let mut world = World::new(0);
    let admin = world.suite.admin;
    let out = |world: &mut World, key: B256, value: U256| {
        world.refused(admin, IAccess::proposeParameterCall { key, value }, IAccess::ParameterOutOfRange {});
    };
    out(&mut world, name("COMPUTE_LIMIT"), U256::from(10_001));
    out(&mut world, name("INTERVAL"), U256::from(HOUR - 1));
    out(&mut world, name("INTERVAL"), U256::from(7 * DAY + 1));
    out(&mut world, name("KEEPER_ONLY"), U256::from(2));
    out(&mut world, name("TREASURY"), U256::ZERO);
    out(&mut world, name("TREASURY"), U256::MAX);
    out(&mut world, name("COMPUTE"), U256::ZERO);
    out(&mut world, name("SINK"), U256::MAX);
    out(&mut world, name("NOTHING"), U256::ONE);
    let keys = ["ASST", "ROUT", "VIAT", "COMP", "SPND"].map(|kind| world.key(kind, world.usd));
    out(&mut world, keys[0], U256::from(2));
    out(&mut world, keys[1], word(admin));
    out(&mut world, keys[2], word(admin));
    out(&mut world, keys[3], U256::ZERO);
    // No least, a least over the most, a most that is too large.
    out(&mut world, keys[4], usd(1) << 96);
    out(&mut world, keys[4], usd(2) | usd(1) << 96);
    out(&mut world, keys[4], U256::MAX);
}

/// A first value counts at once: so there is none where something was settled before it, or owed to somebody else.
#[test]
fn a_first_value_is_for_what_nothing_relies_on() {
    let mut world = World::new(0);
    let (admin, dollar) = (world.suite.admin, world.old_dollar(tokens(1), 18));
    let refused = |world: &mut World, kind, of, value| {
        let key = world.key(kind, of);
        world.refused(admin, IAccess::initializeParameterCall { key, value }, IAccess::ParameterOutOfRange {});
    };
    let (token, adapter) = (world.mt, word(world.adapter));
    refused(&mut world, "COMP", token, word(admin));
    // A stablecoin is accepted last, proposed or not.
    for (kind, value) in [("ROUT", adapter), ("VIAT", U256::ZERO), ("SPND", U256::ONE | U256::ONE << 96)] {
        refused(&mut world, "ASST", dollar, U256::ONE);
        let key = world.key("ASST", dollar);
        world.refused(admin, IAccess::proposeParameterCall { key, value: U256::ONE }, IAccess::ParameterOutOfRange {});
        world.initialize(kind, dollar, value);
    }
    world.initialize("ASST", dollar, U256::ONE);
    assert_eq!(world.view(IAccess::parameterCall { key: world.key("ASST", dollar) }), U256::ONE);
}

#[test]
fn it_is_set_up_once_and_only_with_contracts() {
    let mut world = World::new(0);
    let (admin, flock, suite) = (world.suite.admin, world.flock, world.suite.at);
    let arguments = |flock: Address, launchpad: Address, treasury: Address| {
        (suite.splitter_desk, admin, admin, flock, launchpad, treasury, admin, Address::ZERO).abi_encode()
    };
    let again = [CONSTRUCTOR.as_slice(), &arguments(flock, suite.launchpad, admin)].concat();
    let before = world.suite.storage(world.splitter);
    // The desk's own storage is nobody's.
    let own = world.suite.harness.send(suite.splitter_desk, again.clone()).execution;
    assert_eq!(own.output.as_ref(), IAccess::Unauthorized::SELECTOR);
    let execution = world.suite.harness.send(world.splitter, again).execution;
    assert_eq!(execution.output.as_ref(), IAccess::AlreadyInitialized::SELECTOR);
    assert_eq!(world.suite.storage(world.splitter), before);
    for wrong in [
        arguments(admin, suite.launchpad, admin),
        arguments(flock, admin, admin),
        arguments(flock, suite.launchpad, Address::ZERO),
    ] {
        assert!(!world.suite.try_program("revenue-splitter", &wrong).success());
    }
}
