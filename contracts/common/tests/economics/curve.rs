use super::{amount, any_u256, big, bps, tokens};
use fomo_common::curve::*;
use fomo_common::{Bps, Error, Seconds, U256};
use proptest::prelude::*;

fn curve(target: u64, phi: u16) -> Curve {
    Curve::new(tokens(target), bps(phi)).unwrap()
}

const FEE: TradingFee = TradingFee::DEFAULT;

/// A curve of any target up to the supply of FLOCK and any φ.
fn any_curve() -> impl Strategy<Value = Curve> {
    let target = prop_oneof![
        Just(tokens(1_000)),
        Just(tokens(400_000)),
        (1_000_u64..=1_000_000_000).prop_map(tokens),
        amount(tokens(1_000_000_000)).prop_map(|n| n.max(tokens(1_000)))
    ];
    let phi = prop_oneof![Just(10_000_u16), Just(5_001_u16), 5_001_u16..=10_000];
    (target, phi).prop_map(|(target, phi)| Curve::new(target, bps(phi)).unwrap())
}

/// Reserves after some buys, each a part in a thousand of what is left.
fn after(curve: &Curve, buys: &[u64]) -> Reserves {
    buys.iter().fold(curve.opening(), |reserves, part| {
        let room = curve.max_target() - curve.raised(&reserves).unwrap();
        let offered = room * U256::from(*part) / U256::from(1_000_u64) + U256::from(*part);
        curve.buy(&reserves, offered, &FEE, FEE.total()).map_or(reserves, |purchase| purchase.reserves)
    })
}

fn some_buys() -> impl Strategy<Value = Vec<u64>> {
    prop::collection::vec(0_u64..1_200, 0..6)
}

fn any_tax() -> impl Strategy<Value = Bps> {
    (0_u64..7_200).prop_map(|seconds| FEE.sniper_tax(Seconds(seconds)))
}

#[test]
fn with_phi_one_the_opening_reserves_are_800_000_mt_and_the_target() {
    let curve = curve(120_000, 10_000);
    assert_eq!(curve.opening(), Reserves { mt: tokens(800_000), flock: tokens(120_000) });
    assert_eq!(curve.k().unwrap(), tokens(800_000) * tokens(120_000));
}

#[test]
fn with_phi_one_the_price_runs_from_a_800_000th_to_a_200_000th_of_the_target() {
    let curve = curve(800_000, 10_000);
    assert_eq!(curve.spot(U256::ZERO).unwrap(), tokens(1));
    assert_eq!(curve.closing_price().unwrap(), tokens(4));
    assert_eq!(curve.sold_at(tokens(800_000)).unwrap(), SALE);
    assert_eq!(curve.sold_at(U256::ZERO).unwrap(), U256::ZERO);
    assert_eq!(curve.spot(tokens(800_001)), Err(Error::BadReserves));
}

#[test]
fn with_phi_three_quarters_the_sale_and_its_liquidity_meet_at_the_closing_price() {
    // x0 = 0.75·400,000²/(0.75·400,000 − 200,000) = 1,200,000; y0 = 2·T.
    let curve = curve(100_000, 7_500);
    assert_eq!(curve.opening(), Reserves { mt: tokens(1_200_000), flock: tokens(200_000) });
    let full = curve.buy(&curve.opening(), tokens(1_000_000), &FEE, FEE.total()).unwrap();
    assert_eq!((full.net_used, full.mt), (tokens(100_000), SALE));
    let graduation = curve.graduation(&full.reserves).unwrap();
    assert_eq!(graduation.flock_liquidity, tokens(75_000));
    assert_eq!(graduation.flock_reserved, tokens(25_000));
    assert_eq!(graduation.mt_liquidity, LIQUIDITY);
    assert_eq!(graduation.mt_burned, U256::ZERO);
}

#[test]
fn opening_reserves_round_up_one_from_the_other() {
    // x0 = S·5003/3, not a whole number of wei; y0 = T·(x0 − S)/S of that.
    let curve = curve(100_001, 5_003);
    let x0 = SALE * U256::from(5_003) / U256::from(3) + U256::ONE;
    assert_eq!(curve.opening().mt, x0);
    let exact = (big(x0) - big(SALE)) * big(tokens(100_001));
    assert_eq!(big(curve.opening().flock), (exact + big(SALE) - 1_u8) / big(SALE));
}

#[test]
fn a_buy_that_reaches_the_target_is_charged_no_more_than_it_needs() {
    // At 99 % tax a hundred amounts leave the same net.
    let (curve, tax) = (curve(100_000, 10_000), FEE.sniper_tax(Seconds(0)));
    let least = tokens(10_000_000);
    for more in [0, 1, 99, 100, 12_345] {
        let purchase = curve.buy(&curve.opening(), least + U256::from(more), &FEE, tax).unwrap();
        assert_eq!((purchase.flock_in, purchase.net_used), (least, tokens(100_000)));
    }
    assert!(curve.buy(&curve.opening(), least - U256::ONE, &FEE, tax).unwrap().net_used < tokens(100_000));
}

#[test]
fn a_bundle_of_exactly_a_quarter_of_the_supply_is_accepted() {
    // At over a FLOCK per MT every wei of MT has its price.
    let curve = curve(1_000_000_000, 10_000);
    let quarter = curve.buy_exact(&curve.opening(), BUNDLE_LIMIT, &FEE, FEE.total()).unwrap();
    assert_eq!(quarter.mt, BUNDLE_LIMIT);
    assert_eq!(curve.bundled_buy(quarter.flock_in, &FEE, tokens(1_000_000_000)), Ok(quarter));
    let more = curve.buy_exact(&curve.opening(), BUNDLE_LIMIT + U256::ONE, &FEE, FEE.total()).unwrap();
    assert_eq!(curve.bundled_buy(more.flock_in, &FEE, tokens(1_000_000_000)), Err(Error::BundleTooLarge));
}

#[test]
fn a_curve_that_can_be_made_never_overflows_later() {
    for (phi, bits) in [(10_000, 175), (5_001, 153)] {
        let target = U256::ONE << bits;
        assert_eq!(Curve::new(target << 1, bps(phi)), Err(Error::Overflow));
        let curve = Curve::new(target, bps(phi)).unwrap();
        assert!(curve.closing_price().unwrap() > curve.spot(U256::ZERO).unwrap());
        let half = curve.buy_exact(&curve.opening(), SALE >> 1, &FEE, FEE.sniper_tax(Seconds(0))).unwrap();
        let full = curve.buy(&half.reserves, U256::MAX, &FEE, FEE.sniper_tax(Seconds(0))).unwrap();
        assert_eq!(full.check_minimum(U256::MAX, U256::ONE), Ok(()));
        assert!(curve.graduation(&full.reserves).is_ok());
    }
}

#[test]
fn phi_and_targets_out_of_range_are_errors() {
    assert_eq!(Curve::new(tokens(1_000), bps(5_000)), Err(Error::PhiTooLow));
    assert_eq!(Curve::new(tokens(1_000), bps(0)), Err(Error::PhiTooLow));
    assert!(Curve::new(tokens(1_000), bps(5_001)).is_ok());
    assert_eq!(Curve::new(tokens(1_000) - U256::ONE, Bps::ONE), Err(Error::TargetsOutOfOrder));
    assert_eq!(Curve::new(U256::MAX, Bps::ONE), Err(Error::Overflow));
    assert_eq!(Curve::new(U256::MAX >> 60, bps(5_001)), Err(Error::Overflow));
}

#[test]
fn the_minimum_target_is_between_half_the_maximum_and_the_maximum() {
    let ok = |min: U256, max: U256| check_targets(min, max).is_ok();
    assert!(ok(tokens(1_000), tokens(2_000)) && ok(tokens(1_000), tokens(1_000)));
    assert!(!ok(tokens(1_000), tokens(2_000) + U256::ONE));
    assert!(!ok(tokens(1_001), tokens(1_000)));
    assert!(!ok(tokens(1_000) - U256::ONE, tokens(1_000)));
    assert!(!ok(tokens(1_000), U256::MAX) && ok(U256::MAX, U256::MAX));
    assert_eq!(check_targets(U256::MAX, U256::ZERO), Err(Error::TargetsOutOfOrder));
}

#[test]
fn trading_fees_are_at_most_five_percent() {
    assert!(TradingFee::new(bps(250), bps(250)).is_ok());
    assert_eq!(TradingFee::new(bps(250), bps(251)), Err(Error::FeeTooHigh));
    assert_eq!(TradingFee::new(bps(10_000), bps(10_000)), Err(Error::FeeTooHigh));
    assert_eq!(TradingFee::new(bps(100), bps(50)), Ok(FEE));
}

#[test]
fn the_sniper_tax_falls_a_point_a_minute_from_99_percent_to_the_fee() {
    let tax = |seconds| FEE.sniper_tax(Seconds(seconds)).get();
    assert_eq!([tax(0), tax(59), tax(60), tax(119), tax(120)], [9_900, 9_900, 9_800, 9_800, 9_700]);
    assert_eq!([tax(97 * 60), tax(98 * 60), tax(99 * 60), tax(100 * 60)], [200, 150, 150, 150]);
    assert_eq!(tax(u64::MAX), 150);
    // 65,536 bps off and more must not wrap around.
    assert_eq!([tax(656 * 60), tax(700 * 60)], [150, 150]);
}

#[test]
fn a_buy_pays_one_and_a_half_percent_rounded_up() {
    let curve = curve(100_000, 10_000);
    let buy = |offered| curve.buy(&curve.opening(), offered, &FEE, FEE.total()).unwrap();
    let purchase = buy(tokens(1_000));
    assert_eq!((purchase.protocol_fee, purchase.issuer_fee), (tokens(10), tokens(5)));
    assert_eq!((purchase.net_used, purchase.surcharge), (tokens(985), U256::ZERO));
    // 10,001 wei: ⌈150.015⌉ in all, ⌈100.01⌉ of it to the protocol.
    let odd = buy(U256::from(10_001));
    assert_eq!((odd.protocol_fee, odd.issuer_fee, odd.net_used), (U256::from(101), U256::from(50), U256::from(9_850)));
}

#[test]
fn the_surcharge_is_the_tax_above_the_fee() {
    let curve = curve(100_000, 10_000);
    let tax = FEE.sniper_tax(Seconds(0));
    let purchase = curve.buy(&curve.opening(), tokens(1_000), &FEE, tax).unwrap();
    assert_eq!((purchase.net_used, purchase.surcharge), (tokens(10), tokens(975)));
    assert_eq!((purchase.protocol_fee, purchase.issuer_fee), (tokens(10), tokens(5)));
}

#[test]
fn a_tax_below_the_fee_or_of_everything_is_an_error() {
    let curve = curve(100_000, 10_000);
    for tax in [bps(149), Bps::ZERO, Bps::ONE] {
        assert_eq!(curve.buy(&curve.opening(), tokens(1), &FEE, tax), Err(Error::TaxOutOfRange));
        assert_eq!(curve.buy_exact(&curve.opening(), tokens(1), &FEE, tax), Err(Error::TaxOutOfRange));
    }
}

#[test]
fn a_buy_of_nothing_is_an_error_unless_it_fills_the_raise() {
    // 5,000 FLOCK per MT at the close: a wei of FLOCK buys no wei of MT.
    let curve = curve(1_000_000_000, 10_000);
    assert_eq!(curve.buy(&curve.opening(), U256::ZERO, &FEE, FEE.total()), Err(Error::NothingBought));
    assert_eq!(curve.buy(&curve.opening(), U256::ONE, &FEE, FEE.total()), Err(Error::NothingBought));
    let almost = curve.max_target() - U256::ONE;
    let gross = almost * U256::from(10_000) / U256::from(9_850) + U256::ONE;
    let first = curve.buy(&curve.opening(), gross, &FEE, FEE.total()).unwrap();
    assert_eq!(first.net_used, almost);
    let last = curve.buy(&first.reserves, tokens(7), &FEE, FEE.total()).unwrap();
    assert_eq!((last.net_used, last.mt, last.flock_in), (U256::ONE, U256::ZERO, U256::from(2)));
    assert_eq!(last.refund(tokens(7)), Ok(tokens(7) - U256::from(2)));
    assert_eq!(last.refund(U256::ONE), Err(Error::PartOverTotal));
    assert_eq!(curve.buy(&last.reserves, tokens(7), &FEE, FEE.total()), Err(Error::SoldOut));
    assert_eq!(curve.buy_exact(&last.reserves, U256::ONE, &FEE, FEE.total()), Err(Error::SoldOut));
}

#[test]
fn an_exact_buy_past_the_target_is_an_error() {
    let curve = curve(100_000, 10_000);
    let exact = |mt| curve.buy_exact(&curve.opening(), mt, &FEE, FEE.total());
    assert_eq!(exact(SALE).unwrap().mt, SALE);
    assert_eq!(exact(SALE + U256::ONE), Err(Error::OverTarget));
    assert_eq!(exact(U256::MAX), Err(Error::OverTarget));
    assert_eq!(exact(U256::ZERO), Err(Error::NothingBought));
    let half = curve.buy(&curve.opening(), tokens(60_000), &FEE, FEE.total()).unwrap().reserves;
    assert_eq!(curve.buy_exact(&half, SALE - U256::ONE, &FEE, FEE.total()), Err(Error::OverTarget));
}

#[test]
fn reserves_of_another_curve_are_an_error() {
    let curve = curve(100_000, 10_000);
    let opening = curve.opening();
    let cases = [
        Reserves { mt: opening.mt + U256::ONE, ..opening },
        Reserves { mt: opening.mt - SALE - U256::ONE, ..opening },
        Reserves { flock: opening.flock - U256::ONE, ..opening },
        Reserves { flock: opening.flock + tokens(100_000) + U256::ONE, ..opening },
        Reserves { mt: U256::ZERO, flock: U256::ZERO },
        Reserves { mt: U256::MAX, flock: U256::MAX },
    ];
    for reserves in cases {
        assert_eq!(curve.buy(&reserves, tokens(1), &FEE, FEE.total()), Err(Error::BadReserves));
        assert_eq!(curve.buy_exact(&reserves, tokens(1), &FEE, FEE.total()), Err(Error::BadReserves));
        assert_eq!(curve.graduation(&reserves), Err(Error::BadReserves));
    }
}

#[test]
fn the_minimum_out_is_pro_rata_of_what_was_taken() {
    let curve = curve(100_000, 10_000);
    let offered = tokens(1_000_000);
    let purchase = curve.buy(&curve.opening(), offered, &FEE, FEE.total()).unwrap();
    // Asked: 3 MT per FLOCK offered; given: 400,000 for 101,522.84.
    assert!(purchase.flock_in < offered);
    assert_eq!(purchase.check_minimum(offered, tokens(3_000_000)), Ok(()));
    assert_eq!(purchase.check_minimum(offered, tokens(4_000_000)), Err(Error::BelowMinimumOut));
    assert_eq!(purchase.check_minimum(offered, U256::MAX), Err(Error::BelowMinimumOut));
    // Without a cap it is the plain comparison.
    let whole = curve.buy(&curve.opening(), tokens(10), &FEE, FEE.total()).unwrap();
    assert_eq!(whole.check_minimum(tokens(10), whole.mt), Ok(()));
    assert_eq!(whole.check_minimum(tokens(10), whole.mt + U256::ONE), Err(Error::BelowMinimumOut));
}

#[test]
fn a_bundled_buy_is_a_quarter_of_the_supply_at_most_and_leaves_the_raise_below_its_minimum() {
    let curve = curve(100_000, 10_000);
    let bundle = |offered, min| curve.bundled_buy(offered, &FEE, min);
    // 250,000 of 800,000: net = 100,000·250/550 = 45,454.54 FLOCK.
    assert!(bundle(tokens(46_000), tokens(50_000)).unwrap().mt < BUNDLE_LIMIT);
    assert_eq!(bundle(tokens(46_200), tokens(100_000)), Err(Error::BundleTooLarge));
    let least = curve.buy_exact(&curve.opening(), BUNDLE_LIMIT, &FEE, FEE.total()).unwrap();
    assert!(bundle(least.flock_in - U256::ONE, tokens(100_000)).is_ok());
    let tiny = curve.buy(&curve.opening(), tokens(2_000), &FEE, FEE.total()).unwrap();
    assert_eq!(bundle(tokens(2_000), tiny.net_used), Err(Error::BundleReachesMinimum));
    assert_eq!(bundle(tokens(2_000), tiny.net_used + U256::ONE), Ok(tiny));
}

#[test]
fn an_early_graduation_burns_the_unsold_and_scales_the_buckets() {
    // R = T/2: sold = 800,000·½/1.5 = 266,666.67; two thirds of the sale.
    let curve = curve(120_000, 10_000);
    let gross = tokens(60_000) * U256::from(10_000) / U256::from(9_850) + U256::ONE;
    let reserves = curve.buy(&curve.opening(), gross, &FEE, FEE.total()).unwrap().reserves;
    assert_eq!(curve.raised(&reserves).unwrap(), tokens(60_000));
    let graduation = curve.graduation(&reserves).unwrap();
    let third = U256::from(10).pow(U256::from(18)) * U256::from(100_000) / U256::from(3);
    assert_eq!(graduation.flock_liquidity, tokens(60_000));
    assert_eq!(graduation.mt_sold, tokens(800_000) / U256::from(3));
    // 60,000 FLOCK at (180,000)²/k = 0.3375 FLOCK.
    assert!(graduation.mt_liquidity.abs_diff(tokens(1_600_000) / U256::from(9)) <= U256::ONE);
    assert!(graduation.mt_issuer.abs_diff(third * U256::from(2)) <= U256::from(2));
    assert_eq!(graduation.mt_incentive, INCENTIVE);
}

#[test]
fn a_raise_of_nothing_pairs_nothing_and_mints_no_bucket() {
    let curve = curve(120_000, 10_000);
    let graduation = curve.graduation(&curve.opening()).unwrap();
    assert_eq!((graduation.mt_sold, graduation.mt_liquidity, graduation.mt_issuer), Default::default());
    assert_eq!(graduation.mt_burned, tokens(800_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]

    #[test]
    fn invariant_2_k_never_falls_allocations_stay_under_the_sale_and_the_raise_under_its_target(
        curve in any_curve(), buys in some_buys(), tax in any_tax()
    ) {
        let mut reserves = curve.opening();
        let mut allocated = U256::ZERO;
        for part in buys {
            let k = big(reserves.mt) * big(reserves.flock);
            let offered = curve.max_target() * U256::from(part) / U256::from(2_000) + U256::from(part);
            let Ok(purchase) = curve.buy(&reserves, offered, &FEE, tax) else { continue };
            reserves = purchase.reserves;
            allocated += purchase.mt;
            prop_assert!(big(reserves.mt) * big(reserves.flock) >= k);
            prop_assert!(curve.raised(&reserves).unwrap() <= curve.max_target());
            prop_assert_eq!(curve.sold(&reserves).unwrap(), allocated);
            prop_assert!(allocated <= curve.sold_at(curve.raised(&reserves).unwrap()).unwrap());
            prop_assert!(allocated <= SALE);
            let parts = purchase.net_used + purchase.protocol_fee + purchase.issuer_fee + purchase.surcharge;
            prop_assert_eq!(parts, purchase.flock_in);
            prop_assert!(purchase.flock_in <= offered);
        }
    }

    #[test]
    fn a_full_raise_sells_the_sale_to_within_its_roundings(curve in any_curve()) {
        let full = curve.buy(&curve.opening(), tokens(2_000_000_000), &FEE, FEE.total()).unwrap();
        prop_assert_eq!(full.net_used, curve.max_target());
        // y0 up by a wei sells less by up to S/T wei of MT, and the rest by one; x0 up by one, by φ-dependent less than one.
        let slack = SALE / curve.max_target() + U256::from(3);
        prop_assert!(SALE - full.mt <= slack, "{} short", SALE - full.mt);
    }

    #[test]
    fn a_buy_is_within_a_wei_of_the_exact_curve_and_against_the_buyer(
        curve in any_curve(), buys in some_buys(), offered in amount(tokens(1_000_000_000)), tax in any_tax()
    ) {
        let from = after(&curve, &buys);
        let Ok(purchase) = curve.buy(&from, offered, &FEE, tax) else { return Ok(()) };
        let (x, y, net) = (big(from.mt), big(from.flock), big(purchase.net_used));
        // out ≤ x·net/(y + net) < out + 1, by cross-multiplication.
        let out = big(purchase.mt);
        prop_assert!(&out * (&y + &net) <= &x * &net);
        prop_assert!((out + 1_u8) * (&y + &net) > &x * &net);
        // net ≤ in·(1 − tax) < net + 1.
        let kept = big(purchase.flock_in) * tax.rest().get();
        prop_assert!(&net * 10_000_u32 <= kept && (net + 1_u8) * 10_000_u32 > kept);
    }

    #[test]
    fn an_exact_buy_is_the_cheapest_that_gets_as_much(
        curve in any_curve(), buys in some_buys(), mt in amount(SALE), tax in any_tax()
    ) {
        let from = after(&curve, &buys);
        let Ok(exact) = curve.buy_exact(&from, mt, &FEE, tax) else { return Ok(()) };
        prop_assert!(exact.mt >= mt);
        prop_assert_eq!(curve.buy(&from, exact.flock_in, &FEE, tax), Ok(exact));
        let less = curve.buy(&from, exact.flock_in - U256::ONE, &FEE, tax);
        prop_assert!(less.map_or(true, |less| less.mt < mt));
    }

    #[test]
    fn buying_what_a_quote_gives_never_costs_more_than_the_quote(
        curve in any_curve(), buys in some_buys(), offered in amount(tokens(1_000_000)), tax in any_tax()
    ) {
        let from = after(&curve, &buys);
        let Ok(purchase) = curve.buy(&from, offered, &FEE, tax) else { return Ok(()) };
        prop_assume!(!purchase.mt.is_zero());
        let exact = curve.buy_exact(&from, purchase.mt, &FEE, tax).unwrap();
        prop_assert!(exact.flock_in <= purchase.flock_in && exact.mt == purchase.mt);
    }

    #[test]
    fn splitting_a_buy_never_helps(
        curve in any_curve(), buys in some_buys(), first in amount(tokens(1_000_000)), second in amount(tokens(1_000_000)), tax in any_tax()
    ) {
        let from = after(&curve, &buys);
        let Ok(one) = curve.buy(&from, first, &FEE, tax) else { return Ok(()) };
        let Ok(two) = curve.buy(&one.reserves, second, &FEE, tax) else { return Ok(()) };
        let whole = curve.buy(&from, first + second, &FEE, tax).unwrap();
        prop_assert!(one.mt + two.mt <= whole.mt);
        prop_assert!(one.net_used + two.net_used <= whole.net_used);
    }

    #[test]
    fn more_flock_never_buys_less(
        curve in any_curve(), buys in some_buys(), a in amount(tokens(1_000_000)), b in amount(tokens(1_000_000)), tax in any_tax()
    ) {
        let from = after(&curve, &buys);
        let (less, more) = (a.min(b), a.max(b));
        let Ok(small) = curve.buy(&from, less, &FEE, tax) else { return Ok(()) };
        let large = curve.buy(&from, more, &FEE, tax).unwrap();
        prop_assert!(small.mt <= large.mt && small.flock_in <= large.flock_in);
    }

    #[test]
    fn a_buy_of_any_amount_returns_and_never_panics(curve in any_curve(), offered in any_u256(), min in any_u256(), tax in 0_u16..=10_000) {
        if let Ok(purchase) = curve.buy(&curve.opening(), offered, &FEE, bps(tax)) {
            let _ = purchase.check_minimum(offered, min);
            prop_assert!(purchase.flock_in <= offered);
        }
        let _ = curve.buy_exact(&curve.opening(), offered, &FEE, bps(tax));
        let _ = curve.graduation(&Reserves { mt: offered, flock: min });
        let _ = Curve::new(offered, bps(tax));
    }

    #[test]
    fn invariant_4_the_dex_opens_at_the_closing_price_or_above_and_within_a_wei_of_it(curve in any_curve(), buys in some_buys()) {
        let reserves = after(&curve, &buys);
        let graduation = curve.graduation(&reserves).unwrap();
        let (flock, mt) = (big(graduation.flock_liquidity), big(graduation.mt_liquidity));
        let (x, y) = (big(reserves.mt), big(reserves.flock));
        prop_assert!(&mt * &y <= &flock * &x);
        if graduation.mt_liquidity < LIQUIDITY {
            prop_assert!((mt + 1_u8) * &y > &flock * &x);
        } else {
            // Capped at L: above the closing price by the buys' roundings only, a wei each, and those of x0 and y0.
            let slack = SALE / curve.max_target() + U256::from(buys.len()) + U256::from(3);
            prop_assert!((mt + big(slack)) * &y > &flock * &x);
        }
    }

    #[test]
    fn invariant_3_everything_minted_or_burned_at_graduation_is_the_supply(curve in any_curve(), buys in some_buys()) {
        let reserves = after(&curve, &buys);
        let g = curve.graduation(&reserves).unwrap();
        let mt = g.mt_sold + g.mt_liquidity + g.mt_incentive + g.mt_issuer + g.mt_platform + g.mt_burned;
        prop_assert_eq!(mt, SUPPLY);
        prop_assert_eq!(g.flock_liquidity + g.flock_reserved, curve.raised(&reserves).unwrap());
        prop_assert!(g.mt_liquidity <= LIQUIDITY && g.mt_issuer <= ISSUER && g.mt_platform <= PLATFORM);
    }

    #[test]
    fn the_price_never_falls_as_the_raise_grows(curve in any_curve(), a in 0_u64..=10_000, b in 0_u64..=10_000) {
        let at = |part: u64| curve.max_target() * U256::from(part) / U256::from(10_000);
        let (low, high) = (at(a.min(b)), at(a.max(b)));
        prop_assert!(curve.spot(low).unwrap() <= curve.spot(high).unwrap());
        prop_assert!(curve.sold_at(low).unwrap() <= curve.sold_at(high).unwrap());
    }
}
