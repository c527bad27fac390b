//! What wallets show before somebody signs: quotes, cards, pages.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};
use fomo_common::curve::{Curve, Reserves, TradingFee};
use fomo_common::{Bps, Seconds};
use fomo_tests::suite::*;
use proptest::prelude::*;

fn curve() -> Curve {
    Curve::new(max_target(), Bps::ONE).unwrap()
}

fn cards(suite: &Suite, offset: u64, limit: u64) -> Vec<ILens::LaunchCard> {
    suite.view(suite.at.lens, ILens::launchCardsCall { launchpad: suite.at.launchpad, offset, limit })
}

fn card(suite: &Suite, token: Address) -> ILens::LaunchCard {
    suite.view(suite.at.lens, ILens::launchCardCall { launchpad: suite.at.launchpad, token })
}

fn positions(suite: &Suite, account: Address) -> Vec<ILens::Position> {
    let launchpad = suite.at.launchpad;
    suite.view(suite.at.lens, ILens::positionsCall { launchpad, account, offset: 0, limit: 200 })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    /// Whatever is offered or asked for, and whatever was bought before: the buy does to the wei what its quote said.
    #[test]
    fn a_buy_does_what_its_quote_said(
        before in 1_u64..150_000,
        size in 1_u64..120_000,
        minutes in 0_u64..120,
        surcharge: bool,
        exact: bool,
    ) {
        let mut suite = Suite::new();
        let token = suite.launch(ILaunchpad::createLaunchCall { surcharge, ..Suite::order(VENUES[0]) });
        suite.pass(7_200);
        suite.buy(suite.users[0], token, tokens(before));
        let token = if surcharge {
            let token = suite.launch(ILaunchpad::createLaunchCall { surcharge, ..Suite::order(VENUES[0]) });
            suite.pass(minutes * 60);
            token
        } else {
            token
        };
        let (launchpad, buyer, size) = (suite.at.launchpad, suite.users[1], tokens(size));
        suite.at_time(suite.now() + 1);
        let (quote, bought) = if exact {
            let quoted = suite.harness.call(launchpad, ILaunchpad::quoteBuyExactCall { token, mt: size }.abi_encode());
            let call = ILaunchpad::buyExactCall { token, mt: size, maxIn: U256::MAX, deadline: NEVER };
            (quoted, suite.run(buyer, launchpad, call))
        } else {
            let quoted = suite.harness.call(launchpad, ILaunchpad::quoteBuyCall { token, offered: size }.abi_encode());
            let call = ILaunchpad::buyCall { token, offered: size, minOut: U256::ZERO, deadline: NEVER };
            (quoted, suite.run(buyer, launchpad, call))
        };
        prop_assert_eq!(quote.success(), bought.success() || bought.output.len() > 4, "{:?} {:?}", quote, bought);
        if !bought.success() {
            prop_assert_eq!(quote.output, bought.output);
            return Ok(());
        }
        let quote = ILaunchpad::quoteBuyCall::abi_decode_returns_validate(&quote.output).unwrap();
        let log = bought.logs.iter().find_map(|log| {
            use alloy_sol_types::SolEvent;
            ILaunchpad::Purchased::decode_log_data(&log.data).ok()
        }).expect("a buy is announced");
        prop_assert_eq!(
            (quote.flockIn, quote.netUsed, quote.mt, quote.protocolFee, quote.creatorFee, quote.antiSniperFee),
            (log.flockIn, log.netUsed, log.mtAllocated, log.protocolFee, log.creatorFee, log.antiSniperFee)
        );
        prop_assert_eq!(quote.flockIn, quote.netUsed + quote.protocolFee + quote.creatorFee + quote.antiSniperFee);
    }
}

#[test]
fn a_quote_is_refused_like_the_buy() {
    let mut suite = Suite::new();
    let (buyer, launchpad) = (suite.users[0], suite.at.launchpad);
    let start = suite.now() + DAY;
    let token = suite.launch(ILaunchpad::createLaunchCall { saleStart: start, ..Suite::order(VENUES[0]) });
    let quote = |token, offered| ILaunchpad::quoteBuyCall { token, offered };
    suite.refused(buyer, launchpad, quote(token, tokens(1)), ILaunchpad::NotRaising {});
    suite.refused(buyer, launchpad, quote(buyer, tokens(1)), ILaunchpad::UnknownLaunch {});
    suite.pass(DAY);
    suite.refused(buyer, launchpad, quote(token, U256::ZERO), IEconomicsErrors::NothingBought {});
    let exact = ILaunchpad::quoteBuyExactCall { token, mt: tokens(400_001) };
    suite.refused(buyer, launchpad, exact, IEconomicsErrors::OverTarget {});
    suite.must(suite.admin, launchpad, IAccess::pauseCall { duration: 60 });
    suite.refused(buyer, launchpad, quote(token, tokens(1)), IAccess::EnforcedPause {});
}

#[test]
fn a_card_tells_a_launch_through_its_life() {
    let mut suite = Suite::new();
    let start = suite.now() + DAY;
    let token = suite.launch(ILaunchpad::createLaunchCall { saleStart: start, ..Suite::order(VENUES[0]) });
    let opening = curve().spot(U256::ZERO).unwrap();
    let scheduled = card(&suite, token);
    assert_eq!((scheduled.state, scheduled.saleStart, scheduled.price), (1, start, opening));
    assert_eq!(scheduled.timeLeft, start - suite.now());
    assert_eq!((scheduled.creator, scheduled.adapter), (suite.issuer, suite.at.adapters[0]));
    assert_eq!((scheduled.targetRaiseMin, scheduled.targetRaiseMax), (min_target(), max_target()));

    suite.at_time(start);
    let (taken, mt) = suite.buy(suite.users[0], token, tokens(1_000));
    let raising = card(&suite, token);
    let net = taken - tokens(15);
    assert_eq!((raising.state, raising.raised, raising.sold, raising.timeLeft), (2, net, mt, 7 * DAY));
    assert_eq!((raising.price, raising.taxBps, raising.feeBps), (curve().spot(net).unwrap(), 150, 150));

    let filled = start + 60;
    suite.at_time(filled);
    suite.buy(suite.users[1], token, tokens(200_000));
    let succeeded = card(&suite, token);
    assert_eq!((succeeded.state, succeeded.raised, succeeded.timeLeft), (3, max_target(), 30 * DAY));
    assert_eq!(succeeded.price, curve().closing_price().unwrap());

    suite.graduate(token);
    let graduated = card(&suite, token);
    assert_eq!((graduated.state, graduated.timeLeft), (4, 0));
}

#[test]
fn a_success_by_time_can_graduate_for_thirty_days_from_the_end() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    suite.buy(suite.users[0], token, tokens(80_000));
    let end = card(&suite, token).saleEnd;
    suite.at_time(end + 100);
    suite.must(suite.admin, suite.at.launchpad, IAccess::pauseCall { duration: 60 });
    let succeeded = card(&suite, token);
    assert_eq!((succeeded.state, succeeded.timeLeft), (3, 30 * DAY - 100), "a pause after the end moves nothing");
    suite.pass(30 * DAY - 101);
    assert_eq!((card(&suite, token).state, card(&suite, token).timeLeft), (3, 1));
    suite.pass(1);
    assert_eq!((card(&suite, token).state, card(&suite, token).timeLeft), (5, 0));
}

/// The surcharge is over when its card says, also when pauses came before, and not a second earlier.
#[test]
fn the_surcharge_ends_when_its_card_says() {
    for pause in [None, Some(1_000), Some(90_000)] {
        let mut suite = Suite::new();
        let token = suite.launch(ILaunchpad::createLaunchCall { surcharge: true, ..Suite::order(VENUES[0]) });
        suite.pass(1_200);
        if let Some(duration) = pause {
            suite.must(suite.admin, suite.at.launchpad, IAccess::pauseCall { duration });
            suite.pass(duration + 1);
        }
        let told = card(&suite, token);
        assert!(told.taxBps > 150, "{told:?}");
        suite.at_time(told.surchargeEnd - 1);
        suite.harness.chain.mine(1, None);
        let last = card(&suite, token);
        assert_eq!((last.taxBps, last.surchargeEnd), (200, told.surchargeEnd));
        suite.pass(1);
        let over = card(&suite, token);
        assert_eq!((over.taxBps, over.surchargeEnd), (150, 0));
        let quote = suite.view(suite.at.launchpad, ILaunchpad::quoteBuyCall { token, offered: tokens(100) });
        assert_eq!((quote.antiSniperFee, quote.taxBps), (U256::ZERO, 150));
        // A pause after it does not bring it back.
        suite.must(suite.admin, suite.at.launchpad, IAccess::pauseCall { duration: DAY });
        suite.pass(DAY);
        assert_eq!(card(&suite, token).surchargeEnd, 0);
    }
}

#[test]
fn a_tax_is_told_before_the_sale_begins() {
    let mut suite = Suite::new();
    let start = suite.now() + DAY;
    let order = ILaunchpad::createLaunchCall { surcharge: true, saleStart: start, ..Suite::order(VENUES[0]) };
    let token = suite.launch(order);
    let told = card(&suite, token);
    let minutes = (1..).find(|minute| TradingFee::DEFAULT.sniper_tax(Seconds(minute * 60)) == Bps::new(150).unwrap());
    assert_eq!((told.taxBps, told.surchargeEnd), (9_900, start + minutes.unwrap() * 60));
}

#[test]
fn lists_come_in_pages() {
    let mut suite = Suite::new();
    let tokens: Vec<Address> = (0..5).map(|_| suite.launch(Suite::order(VENUES[0]))).collect();
    let listed = |suite: &Suite, offset, limit| -> Vec<Address> {
        cards(suite, offset, limit).iter().map(|card| card.token).collect()
    };
    assert_eq!(listed(&suite, 0, 200), tokens);
    assert_eq!(listed(&suite, 1, 2), tokens[1..3]);
    assert_eq!(listed(&suite, 4, 200), tokens[4..]);
    for (offset, limit) in [(5, 200), (u64::MAX, 200), (0, 0)] {
        assert!(listed(&suite, offset, limit).is_empty());
    }
    assert_eq!(cards(&suite, 2, 1)[0], card(&suite, tokens[2]));
}

/// Positions say what a claim or a refund pays, and then it pays that.
#[test]
fn positions_say_what_a_claim_or_a_refund_would_pay() {
    let mut suite = Suite::new();
    let (alice, bob, launchpad) = (suite.users[0], suite.users[1], suite.at.launchpad);
    let [won, lost, other] = [0; 3].map(|_| suite.launch(Suite::order(VENUES[0])));
    suite.buy(alice, lost, tokens(10));
    suite.buy(alice, won, tokens(200_000));
    suite.buy(bob, other, tokens(10));
    let told = positions(&suite, alice);
    assert_eq!(told.iter().map(|row| row.token).collect::<Vec<_>>(), [won, lost]);
    assert!(told.iter().all(|row| row.claimable.is_zero() && row.refundable.is_zero()));
    assert_eq!((told[1].state, told[1].flockIn), (2, tokens(10)));

    suite.graduate(won);
    suite.pass(7 * DAY);
    let told = positions(&suite, alice);
    assert_eq!((told[0].state, told[0].claimable, told[0].refundable), (4, told[0].mt, U256::ZERO));
    assert_eq!((told[1].state, told[1].claimable, told[1].refundable), (5, U256::ZERO, tokens(10)));
    let claimed = suite.must(alice, launchpad, ILaunchpad::claimCall { token: won });
    let refunded = suite.must(alice, launchpad, ILaunchpad::refundCall { token: lost });
    assert_eq!((claimed, refunded), (told[0].claimable, told[1].refundable));
    assert!(positions(&suite, alice).is_empty());
    assert_eq!(positions(&suite, bob).len(), 1);
}

#[test]
fn a_graduation_does_what_its_preview_said() {
    use alloy_sol_types::SolEvent;
    for offered in [80_000, 200_000] {
        let mut suite = Suite::new();
        let bundled = ILaunchpad::createLaunchCall { bundledOffer: tokens(1_000), ..Suite::order(VENUES[1]) };
        let token = suite.launch(bundled);
        suite.buy(suite.users[0], token, tokens(offered));
        suite.pass(7 * DAY);
        let launchpad = suite.at.launchpad;
        let preview = suite.view(suite.at.lens, ILens::previewGraduationCall { launchpad, token });
        let execution = suite.run(suite.users[2], launchpad, ILaunchpad::graduateCall { token });
        let graduated = execution.logs.iter().find_map(|log| ILaunchpad::Graduated::decode_log_data(&log.data).ok());
        let graduated = graduated.expect("it graduates");
        assert_eq!(
            (preview.flockLiquidity, preview.mtLiquidity, preview.flockReserved, preview.mtBurned),
            (graduated.flockLiquidity, graduated.mtLiquidity, graduated.flockReserved, graduated.mtBurned)
        );
        let total = |id| suite.view(suite.at.vesting, IVesting::vestingCall { id }).total;
        let vestings = (total(graduated.issuerVestingId), total(graduated.platformVestingId));
        assert_eq!((preview.issuerVesting, preview.platformVesting), vestings);
        let sale = suite.view(launchpad, ILaunchpad::saleCall { token });
        let end = curve().graduation(&Reserves { mt: sale.reserveMt, flock: sale.reserveFlock }).unwrap();
        assert_eq!(preview.price, curve().spot(sale.raised).unwrap());
        assert_eq!(preview.issuerVesting, end.mt_issuer + sale.bundledMt);
    }
}

#[test]
fn vestings_of_an_account_are_listed_with_what_they_pay_now() {
    let mut suite = Suite::new();
    let token = suite.launch(Suite::order(VENUES[0]));
    suite.buy(suite.users[0], token, tokens(200_000));
    suite.graduate(token);
    let begin = suite.now();
    let list = |suite: &Suite, account| {
        let launchpad = suite.at.launchpad;
        suite.view(suite.at.lens, ILens::vestingsCall { launchpad, account, offset: 0, limit: 200 })
    };
    let before = list(&suite, suite.issuer);
    assert_eq!(before.len(), 1);
    assert_eq!((before[0].token, before[0].releasable, before[0].start), (token, U256::ZERO, begin));
    assert_eq!((before[0].cliff, before[0].end), (begin + 90 * DAY, begin + 365 * DAY));
    suite.pass(90 * DAY);
    let due = list(&suite, suite.issuer)[0].releasable;
    assert_eq!(due, before[0].total * U256::from(suite.now() - begin) / U256::from(365 * DAY));
    let paid = suite.must(suite.users[0], suite.at.vesting, IVesting::releaseCall { id: before[0].id });
    assert!(paid >= due);
    assert_eq!(list(&suite, suite.issuer)[0].released, paid);
    assert_eq!(list(&suite, suite.treasury).len(), 1);
    assert!(list(&suite, suite.users[0]).is_empty());
}

#[test]
fn bad_questions_get_typed_errors() {
    let mut suite = Suite::new();
    let (launchpad, lens, anyone) = (suite.at.launchpad, suite.at.lens, suite.users[0]);
    let token = anyone;
    suite.refused(anyone, lens, ILens::launchCardCall { launchpad, token }, ILaunchpad::UnknownLaunch {});
    suite.refused(anyone, lens, ILens::previewGraduationCall { launchpad, token }, ILaunchpad::UnknownLaunch {});
    let cards = |launchpad, limit| ILens::launchCardsCall { launchpad, offset: 0, limit };
    suite.refused(anyone, lens, cards(launchpad, 201), ILens::PageTooLong {});
    suite.refused(anyone, lens, cards(anyone, 200), ILens::TokenCallFailed {});
    let positions = ILens::positionsCall { launchpad: anyone, account: anyone, offset: 0, limit: 200 };
    suite.refused(anyone, lens, positions, ILens::TokenCallFailed {});
    let vestings = |launchpad, limit| ILens::vestingsCall { launchpad, account: anyone, offset: 0, limit };
    suite.refused(anyone, lens, vestings(launchpad, 201), ILens::PageTooLong {});
    suite.refused(anyone, lens, vestings(anyone, 1), ILens::TokenCallFailed {});
    let execution = suite.harness.call(lens, vec![1, 2, 3, 4]);
    assert_eq!(execution.output.as_ref(), ILens::UnknownFunction::SELECTOR);
}
