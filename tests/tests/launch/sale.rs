//! Creation and buys.

use alloy_primitives::{Address, B256, U256, keccak256};
use alloy_sol_types::SolEvent;
use fomo_common::curve::{Curve, TradingFee};
use fomo_common::{Bps, Seconds};
use fomo_tests::suite::*;

fn curve() -> Curve {
    Curve::new(max_target(), Bps::ONE).unwrap()
}

#[test]
fn a_launch_is_announced_as_indexers_read_it() {
    let mut suite = Suite::new();
    let before = suite.flock(suite.issuer);
    let order = ILaunchpad::createLaunchCall { bundledOffer: tokens(1_000), ..Suite::order(VENUES[0]) };
    let execution = suite.run(suite.issuer, suite.at.launchpad, order);
    assert!(execution.success(), "{execution:?}");
    let now = suite.now();
    let token = Address::from_slice(&execution.output[12..32]);
    let logs: Vec<_> =
        execution.logs.iter().filter(|log| log.address == suite.at.launchpad).map(|log| log.data.clone()).collect();
    let created = ILaunchpad::LaunchCreated::decode_log_data(&logs[0]).unwrap();
    assert_eq!(
        created,
        ILaunchpad::LaunchCreated {
            token,
            creator: suite.issuer,
            modelTypeId: name(MODEL_TYPE),
            targetRaiseMin: min_target(),
            targetRaiseMax: max_target(),
            targetSale: tokens(400_000),
            saleStart: now + 1,
            saleEnd: now + 1 + 7 * DAY,
            mtName: "Chat Model".into(),
            mtSymbol: "CHAT".into(),
            isBundled: true,
        }
    );
    let configured = ILaunchpad::LaunchConfigured::decode_log_data(&logs[1]).unwrap();
    assert_eq!((configured.token, configured.adapter, configured.phiBps), (token, suite.at.adapters[0], 10_000));
    assert_eq!((configured.protocolFeeBps, configured.creatorFeeBps, configured.hasSurcharge), (100, 50, false));
    let expected = curve().bundled_buy(tokens(1_000), &TradingFee::DEFAULT, min_target()).unwrap();
    let bought = ILaunchpad::Purchased::decode_log_data(&logs[2]).unwrap();
    assert_eq!(
        bought,
        ILaunchpad::Purchased {
            token,
            buyer: suite.issuer,
            flockIn: tokens(1_000),
            netUsed: expected.net_used,
            mtAllocated: expected.mt,
            protocolFee: expected.protocol_fee,
            creatorFee: expected.issuer_fee,
            antiSniperFee: U256::ZERO,
        }
    );
    assert_eq!(before - suite.flock(suite.issuer), tokens(32_768 + 1_000));
    assert_eq!(suite.view(suite.at.launchpad, ILaunchpad::treasuryFeesOwedCall {}), tokens(32_768));
    assert_eq!(suite.state(token), SCHEDULED);
    suite.pass(1);
    assert_eq!(suite.state(token), RAISING);
}

/// The address is the one that CREATE2 gives, and no two launches share it.
#[test]
fn a_launch_is_named_by_the_address_of_its_token_to_be() {
    let mut suite = Suite::new();
    let first = suite.launch(Suite::order(VENUES[0]));
    let second = suite.launch(Suite::order(VENUES[0]));
    assert_ne!(first, second);
    for (index, token) in [first, second].into_iter().enumerate() {
        let launch_id = keccak256([suite.issuer.into_word().0, U256::from(index).to_be_bytes::<32>()].concat());
        let launch = suite.view(suite.at.launchpad, ILaunchpad::launchCall { token });
        assert_eq!((launch.launchId, launch.creator), (launch_id, suite.issuer));
        let code = [
            alloy_primitives::hex!("3d602d80600a3d3981f3363d3d373d3d3d363d73").as_slice(),
            suite.at.implementation.as_slice(),
            &alloy_primitives::hex!("5af43d82803e903d91602b57fd5bf3"),
        ]
        .concat();
        assert_eq!(token, suite.at.launchpad.create2_from_code(launch_id, code));
        let at = ILaunchpad::launchAtCall { index: U256::from(index) };
        assert_eq!(suite.view(suite.at.launchpad, at), token);
        assert!(!suite.view(suite.at.launchpad, ILaunchpad::isModelTokenCall { token }));
    }
    assert_eq!(suite.view(suite.at.launchpad, ILaunchpad::launchCountCall {}), U256::from(2));
}

/// Every number of every buy is the core's, and the sale's fields add up.
#[test]
fn buys_are_those_of_the_curve() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[1]));
    let (curve, fee) = (curve(), TradingFee::DEFAULT);
    let mut reserves = curve.opening();
    let (mut escrow, mut held) = (U256::ZERO, suite.flock(suite.at.launchpad));
    for (index, offered) in [1, 7_919, 3, 20_000, 11].into_iter().enumerate() {
        let buyer = suite.users[index % 2];
        let expected = curve.buy(&reserves, tokens(offered), &fee, fee.total()).unwrap();
        let (taken, mt) = suite.buy(buyer, token, tokens(offered));
        assert_eq!((taken, mt), (expected.flock_in, expected.mt));
        reserves = expected.reserves;
        escrow += expected.protocol_fee + expected.issuer_fee;
        held += taken;
        let sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token });
        assert_eq!((sale.reserveMt, sale.reserveFlock), (reserves.mt, reserves.flock));
        assert_eq!((sale.raised, sale.sold), (curve.raised(&reserves).unwrap(), curve.sold(&reserves).unwrap()));
        assert_eq!((sale.protocolFees + sale.creatorFees, sale.surcharges), (escrow, U256::ZERO));
        assert_eq!(suite.flock(suite.at.launchpad), held);
    }
    let positions: Vec<_> = suite.users[..2]
        .iter()
        .map(|buyer| suite.view(suite.at.launchpad, ILaunchpad::positionCall { token, buyer: *buyer }))
        .collect();
    assert_eq!(positions[0].flockIn + positions[1].flockIn, tokens(1 + 7_919 + 3 + 20_000 + 11));
    assert_eq!(positions[0].mt + positions[1].mt, curve.sold(&reserves).unwrap());
}

#[test]
fn the_last_buy_is_filled_to_the_maximum_and_takes_no_more() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let (buyer, before) = (suite.users[0], suite.flock(suite.users[0]));
    let (taken, mt) = suite.buy(buyer, token, tokens(1_000_000));
    let fee = TradingFee::DEFAULT;
    let expected = curve().buy(&curve().opening(), tokens(1_000_000), &fee, fee.total()).unwrap();
    assert_eq!((taken, mt), (expected.flock_in, expected.mt));
    assert!(taken < tokens(101_523) && taken > tokens(101_522));
    assert_eq!(before - suite.flock(buyer), taken);
    assert_eq!(suite.state(token), SUCCEEDED);
    let call = ILaunchpad::buyCall { token, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    suite.refused(buyer, suite.at.launchpad, call, IEconomicsErrors::SoldOut {});
}

#[test]
fn an_exact_buy_gives_what_was_asked_for_at_the_least_price() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let fee = TradingFee::DEFAULT;
    let expected = curve().buy_exact(&curve().opening(), tokens(12_345), &fee, fee.total()).unwrap();
    let call = |max_in| ILaunchpad::buyExactCall { token, mt: tokens(12_345), maxIn: max_in, deadline: NEVER };
    let (buyer, launchpad) = (suite.users[0], suite.at.launchpad);
    suite.refused(buyer, launchpad, call(expected.flock_in - U256::ONE), ILaunchpad::AboveMaximumIn {});
    let bought = suite.must(buyer, launchpad, call(expected.flock_in));
    assert_eq!((bought.flockIn, bought.mtAllocated), (expected.flock_in, expected.mt));
    let over = ILaunchpad::buyExactCall { token, mt: tokens(390_000), maxIn: U256::MAX, deadline: NEVER };
    suite.refused(buyer, launchpad, over, IEconomicsErrors::OverTarget {});
}

/// The surcharge falls by a point a minute, is held apart, and goes to the treasury, never to the issuer.
#[test]
fn the_surcharge_falls_by_the_minute_and_is_the_treasurys() {
    let mut suite = Suite::new();
    let token = suite.launch(ILaunchpad::createLaunchCall { surcharge: true, ..Suite::order(VENUES[0]) });
    let start = suite.now();
    let (curve, fee) = (curve(), TradingFee::DEFAULT);
    let (mut reserves, mut surcharges) = (curve.opening(), U256::ZERO);
    for (buyer, minute) in [(0, 0), (1, 1), (2, 50), (0, 97), (1, 98), (2, 120)] {
        suite.at_time(start + minute * 60 + 59);
        let tax = fee.sniper_tax(Seconds(minute * 60 + 59));
        let expected = curve.buy(&reserves, tokens(1_000), &fee, tax).unwrap();
        let (_, mt) = suite.buy(suite.users[buyer], token, tokens(1_000));
        assert_eq!(mt, expected.mt, "minute {minute}");
        reserves = expected.reserves;
        surcharges += expected.surcharge;
    }
    let sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token });
    assert_eq!((sale.surcharges, sale.taxBps), (surcharges, 150));
    let (launch_fees, issuer) = (tokens(32_768), suite.issuer);
    suite.buy(suite.users[4], token, tokens(1_000_000));
    let sale = suite.view(suite.at.launchpad, ILaunchpad::saleCall { token });
    suite.graduate(token);
    let owed = suite.view(suite.at.launchpad, ILaunchpad::treasuryFeesOwedCall {});
    assert_eq!(owed, launch_fees + surcharges + sale.protocolFees);
    assert_eq!(suite.view(suite.at.launchpad, ILaunchpad::feesOwedCall { account: issuer }), sale.creatorFees);
    let (treasury, before) = (suite.treasury, suite.flock(issuer));
    suite.must(suite.users[3], suite.at.launchpad, ILaunchpad::withdrawTreasuryCall {});
    suite.must(issuer, suite.at.launchpad, ILaunchpad::withdrawFeesCall {});
    assert_eq!((suite.flock(treasury), suite.flock(issuer) - before), (owed, sale.creatorFees));
    suite.refused(issuer, suite.at.launchpad, ILaunchpad::withdrawFeesCall {}, ILaunchpad::NothingToClaim {});
}

#[test]
fn a_sale_begins_and_ends_by_the_clock() {
    let mut suite = Suite::new();
    let start = suite.now() + DAY;
    let order = ILaunchpad::createLaunchCall { saleStart: start, duration: 3_600, ..Suite::order(VENUES[0]) };
    let token = suite.launch(order);
    assert_eq!(suite.state(token), SCHEDULED);
    let call = ILaunchpad::buyCall { token, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    suite.at_time(start - 1);
    suite.refused(suite.users[0], suite.at.launchpad, call.clone(), ILaunchpad::NotRaising {});
    suite.at_time(start);
    suite.must(suite.users[0], suite.at.launchpad, call.clone());
    suite.at_time(start + 3_599);
    suite.must(suite.users[0], suite.at.launchpad, call.clone());
    suite.at_time(start + 3_600);
    suite.refused(suite.users[0], suite.at.launchpad, call, ILaunchpad::NotRaising {});
    assert_eq!(suite.state(token), FAILED);
}

/// A pause stops buys and creations, moves the end by its own length, and blocks nothing else.
#[test]
fn a_pause_moves_the_end_by_its_own_length() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let (start, launchpad) = (suite.now(), suite.at.launchpad);
    suite.at_time(start + DAY);
    suite.must(suite.guardian, launchpad, IAccess::pauseCall { duration: 2 * DAY });
    let call = ILaunchpad::buyCall { token, offered: tokens(1), minOut: U256::ZERO, deadline: NEVER };
    suite.refused(suite.users[0], launchpad, call.clone(), IAccess::EnforcedPause {});
    suite.refused(suite.issuer, launchpad, Suite::order(VENUES[0]), IAccess::EnforcedPause {});
    assert_eq!(suite.view(launchpad, ILaunchpad::saleCall { token }).saleEnd, start + 9 * DAY);
    // Lifted after a day: the end moves by one.
    suite.at_time(start + 2 * DAY);
    suite.must(suite.guardian, launchpad, IAccess::unpauseCall {});
    assert_eq!(suite.view(launchpad, ILaunchpad::saleCall { token }).saleEnd, start + 8 * DAY);
    suite.at_time(start + 8 * DAY - 1);
    suite.must(suite.users[0], launchpad, call.clone());
    suite.at_time(start + 8 * DAY);
    suite.refused(suite.users[0], launchpad, call, ILaunchpad::NotRaising {});
    // The guardian has used its right; the admin renews it.
    suite.refused(suite.guardian, launchpad, IAccess::pauseCall { duration: DAY }, IAccess::PauseSpent {});
    suite.must(suite.admin, launchpad, IAccess::unpauseCall {});
    suite.must(suite.guardian, launchpad, IAccess::pauseCall { duration: 7 * DAY });
    // Refunds go on.
    suite.must(suite.users[0], launchpad, ILaunchpad::refundCall { token });
}

#[test]
fn a_permit_buys_without_an_approval_and_may_have_been_used_before() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    let (buyer, launchpad, flock) = (suite.users[0], suite.at.launchpad, suite.at.flock);
    suite.must(buyer, flock, IFomoERC20::approveCall { spender: launchpad, value: U256::ZERO });
    let permit = suite.permit(flock, buyer, launchpad, tokens(500));
    let call = ILaunchpad::buyWithPermitCall {
        token,
        offered: tokens(500),
        minOut: U256::ZERO,
        deadline: NEVER,
        permitDeadline: permit.deadline,
        v: permit.v,
        r: permit.r,
        s: permit.s,
    };
    // Somebody sees it and uses it first.
    suite.must(suite.users[1], flock, permit);
    let bought = suite.must(buyer, launchpad, call.clone());
    assert_eq!(bought.flockIn, tokens(500));
    let execution = suite.run(buyer, launchpad, call);
    assert!(!execution.success(), "the allowance is used up");
    let permit = suite.permit(flock, buyer, launchpad, tokens(10));
    let call = ILaunchpad::buyWithPermitCall {
        token,
        offered: tokens(10),
        minOut: U256::ZERO,
        deadline: NEVER,
        permitDeadline: permit.deadline,
        v: permit.v,
        r: permit.r,
        s: permit.s,
    };
    assert_eq!(suite.must(buyer, launchpad, call).flockIn, tokens(10));
}

#[test]
fn texts_survive_from_creation_to_the_token() {
    let mut suite = Suite::new();
    let (long, uri) = ("n".repeat(31), "u".repeat(256));
    let order = ILaunchpad::createLaunchCall {
        name: long.clone(),
        symbol: "ß".into(),
        metadataUri: uri.clone(),
        modelTypeId: name(SINGLE),
        ..Suite::order(VENUES[1])
    };
    let token = suite.launch(order);
    assert_eq!(suite.view(suite.at.launchpad, ILaunchpad::metadataURICall { token }), uri);
    suite.buy(suite.users[0], token, tokens(1_000_000));
    suite.graduate(token);
    assert_eq!(suite.view(token, IFomoERC20::nameCall {}), long);
    assert_eq!(suite.view(token, IFomoERC20::symbolCall {}), "ß");
    assert_eq!(suite.view(token, IModelToken::metadataURICall {}), uri);
    assert_eq!(suite.view(token, IModelToken::issuerCall {}), suite.issuer);
    assert_eq!(suite.view(token, IModelToken::modelIdCall {}), keccak256("flock-chat"));
    assert_ne!(suite.view(token, IModelToken::launchIdCall {}), B256::ZERO);
}
