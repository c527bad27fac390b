use super::{amount, any_u256, tokens, wad};
use fomo_common::lock::multiplier;
use fomo_common::score::*;
use fomo_common::{Error, U256, Wad};
use proptest::prelude::*;

const DAY_OF_ONE: u64 = 86_400;
/// m = 2, which no balance reaches.
const TWO: Wad = Wad(2 * Wad::ONE.0);

/// What two users with half of the usage each get of a pool of 100, in hundredths: of Global FLOCK and of the others.
fn paid(alpha: f64, alices_share: f64, bobs_multiplier: Wad) -> ([u64; 2], [u64; 2]) {
    let total = tokens(1_000_000);
    let stake = wad(alices_share).of(total).unwrap();
    let user = |stake, multiplier| Activity { spend: 5_000_000, stake, multiplier };
    let scores = [user(stake, Wad::ONE), user(U256::ZERO, bobs_multiplier)]
        .map(|user| fomo_common::score::scores(&user, total, wad(alpha)).unwrap());
    let pay = |part: fn(&Scores) -> U256| {
        let total = part(&scores[0]) + part(&scores[1]);
        // To the nearest hundredth, as the vectors are written.
        [0, 1].map(|i| {
            let wei = payout(tokens(100), part(&scores[i]), total).unwrap();
            u64::try_from((wei + tokens(1) / U256::from(200)) / (tokens(1) / U256::from(100))).unwrap()
        })
    };
    (pay(|scores| scores.global), pay(|scores| scores.incentive))
}

#[test]
fn the_specifications_vectors_hold_to_the_hundredth() {
    let vectors = [
        (0.9, 1.0, Wad::ONE, [5_263, 4_737]),
        (0.9, 0.1, Wad::ONE, [5_086, 4_914]),
        (0.5, 1.0, Wad::ONE, [6_667, 3_333]),
        (0.5, 0.1, Wad::ONE, [5_683, 4_317]),
        (0.9, 1.0, TWO, [3_571, 6_429]),
        (0.5, 1.0, TWO, [5_000, 5_000]),
    ];
    for (alpha, share, bobs_multiplier, expected) in vectors {
        let (global, incentive) = paid(alpha, share, bobs_multiplier);
        assert_eq!(global, expected, "α {alpha}, share {share}");
        assert_eq!(incentive, [10_000, 0], "α {alpha}, share {share}");
    }
}

#[test]
fn the_specifications_factors_hold_to_the_fifth_digit() {
    let factor = |alpha| {
        let root = root_share(U256::from(1), U256::from(10)).unwrap();
        staking_factor(wad(alpha), root).unwrap().0 / 10_u64.pow(13)
    };
    assert_eq!([factor(0.9), factor(0.5)], [93_162, 65_811]);
    assert_eq!(root_share(U256::from(1), U256::from(10)), Ok(Wad(316_227_766_016_837_933)));
    assert_eq!(share(U256::from(1), U256::from(3)), Ok(Wad(333_333_333_333_333_333)));
}

#[test]
fn without_any_stake_every_share_is_zero() {
    assert_eq!(root_share(U256::ZERO, U256::ZERO), Ok(Wad::ZERO));
    assert_eq!(share(U256::ZERO, U256::ZERO), Ok(Wad::ZERO));
    let user = Activity { spend: 7, stake: U256::ZERO, multiplier: Wad::ONE };
    let scores = scores(&user, U256::ZERO, wad(0.9)).unwrap();
    assert_eq!((scores.global, scores.incentive), (U256::from(7) * wad(0.9).raw(), U256::ZERO));
}

#[test]
fn a_stake_over_the_total_is_an_error() {
    let (one, two) = (U256::from(1), U256::from(2));
    assert_eq!(root_share(two, one), Err(Error::PartOverTotal));
    assert_eq!(share(one, U256::ZERO), Err(Error::PartOverTotal));
    assert_eq!(staking_factor(wad(0.5), TWO), Err(Error::PartOverTotal));
    assert_eq!(root_share(U256::MAX, U256::MAX), Ok(Wad::ONE));
    assert_eq!(share(U256::MAX, U256::MAX), Ok(Wad::ONE));
}

#[test]
fn an_alpha_of_zero_or_over_one_is_an_error() {
    for wrong in [Wad::ZERO, Wad(Wad::ONE.0 + 1)] {
        assert_eq!(staking_factor(wrong, Wad::ONE), Err(Error::AlphaOutOfRange));
        assert_eq!(alpha(wrong, wad(0.5), 0, 10), Err(Error::AlphaOutOfRange));
        assert_eq!(alpha(Wad::ONE, wrong, 0, 10), Err(Error::AlphaOutOfRange));
    }
    assert_eq!(staking_factor(Wad::ONE, Wad::ZERO), Ok(Wad::ONE));
}

#[test]
fn alpha_falls_from_nine_tenths_to_a_half_over_a_season_and_stays() {
    let at = |index| alpha(DEFAULT_ALPHA_START, DEFAULT_ALPHA_END, index, 5).unwrap();
    assert_eq!([at(0), at(1), at(2), at(3), at(4)], [wad(0.9), wad(0.8), wad(0.7), wad(0.6), wad(0.5)]);
    assert_eq!([at(5), at(u64::MAX)], [wad(0.5), wad(0.5)]);
    // 0.4·1/3 floors, so that α is rounded up.
    assert_eq!(alpha(wad(0.9), wad(0.5), 1, 4), Ok(Wad(766_666_666_666_666_667)));
}

#[test]
fn an_alpha_schedule_that_rises_or_is_too_short_is_an_error() {
    assert_eq!(alpha(wad(0.5), wad(0.9), 0, 10), Err(Error::AlphaScheduleInvalid));
    assert_eq!(alpha(wad(0.9), wad(0.5), 0, 1), Err(Error::AlphaScheduleInvalid));
    assert_eq!(alpha(wad(0.9), wad(0.5), 0, 0), Err(Error::AlphaScheduleInvalid));
    assert_eq!(alpha(wad(0.9), wad(0.9), 3, 2), Ok(wad(0.9)));
}

#[test]
fn a_payout_by_a_zero_total_or_of_more_than_the_total_is_an_error() {
    assert_eq!(payout(tokens(1), U256::ZERO, U256::ZERO), Err(Error::ZeroTotal));
    assert_eq!(payout(tokens(1), U256::from(2), U256::from(1)), Err(Error::PartOverTotal));
    assert_eq!(payout(U256::MAX, U256::MAX, U256::MAX), Ok(U256::MAX));
}

#[test]
fn a_pool_pays_no_more_scores_than_it_was_made_for() {
    let mut payouts = Payouts::new(tokens(10), U256::from(3));
    assert_eq!(payouts.pay(U256::from(2)), Ok(tokens(20) / U256::from(3)));
    assert_eq!(payouts.pay(U256::from(2)), Err(Error::PartOverTotal));
    let before = payouts;
    assert_eq!(payouts.pay(U256::ZERO), Ok(U256::ZERO));
    assert_eq!(payouts, before);
    assert!(payouts.pay(U256::from(1)).is_ok());
    assert_eq!(payouts.pool_left, U256::ONE);
    let mut empty = Payouts::new(tokens(10), U256::ZERO);
    assert_eq!(empty.pay(U256::ZERO), Err(Error::ZeroTotal));
    assert_eq!(empty.pool_left, tokens(10));
}

#[test]
fn the_largest_scores_stay_under_125_bits() {
    let total = tokens(1_000_000) * U256::from(DAY_OF_ONE);
    let whale = Activity { spend: u64::MAX, stake: total, multiplier: TWO };
    let scores = scores(&whale, total, Wad::ONE).unwrap();
    assert!(scores.global.bit_len() <= 125 && scores.incentive == scores.global);
    // No type of a factor can make it overflow.
    assert!(weight(u64::MAX, Wad(u64::MAX), Wad(u64::MAX)).is_ok());
}

/// Parameters, the MT's stake, and a user's spend, stake and effective balance.
fn world() -> impl Strategy<Value = (Wad, Wad, U256, U256)> {
    let total = amount(tokens(1_000_000) * U256::from(DAY_OF_ONE));
    (1..=Wad::ONE.0, 0..=Wad::ONE.0, amount(tokens(10_000_000)), total)
        .prop_map(|(alpha, lambda, half, total)| (Wad(alpha), Wad(lambda), half + U256::ONE, total))
}

fn part_of(whole: U256, thousandths: u64) -> U256 {
    whole * U256::from(thousandths) / U256::from(1_000_u64)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn invariant_5_payouts_are_at_most_the_pool_and_miss_it_by_less_than_a_wei_a_row(
        pool in amount(tokens(1_000_000_000)), scores in prop::collection::vec(amount(U256::from(1) << 125), 1..40)
    ) {
        let total: U256 = scores.iter().copied().sum();
        prop_assume!(!total.is_zero());
        let mut payouts = Payouts::new(pool, total);
        let mut paid = U256::ZERO;
        for score in &scores {
            paid += payouts.pay(*score).unwrap();
        }
        prop_assert_eq!(pool - paid, payouts.pool_left);
        prop_assert!(payouts.pool_left < U256::from(scores.len()));
        prop_assert!(payouts.scores_left.is_zero());
    }

    #[test]
    fn invariant_6_no_usage_earns_nothing_and_no_stake_no_incentive_whatever_the_multiplier(
        (alpha, lambda, half, total) in world(), spend in any::<u64>(), thousandths in 0_u64..=1_000, effective in amount(tokens(1_000_000_000))
    ) {
        let multiplier = multiplier(effective, lambda, half).unwrap();
        let idle = Activity { spend: 0, stake: part_of(total, thousandths), multiplier };
        prop_assert_eq!(scores(&idle, total, alpha), Ok(Scores::default()));
        let unstaked = scores(&Activity { spend, stake: U256::ZERO, multiplier }, total, alpha).unwrap();
        prop_assert!(unstaked.incentive.is_zero());
        // And a user without stake still earns of the global pool.
        prop_assert!(unstaked.global >= U256::from(spend) * alpha.raw());
    }

    #[test]
    fn invariant_7_splitting_an_account_never_raises_its_total_score(
        (alpha, lambda, half, total) in world(),
        spend in any::<u64>(), stake in 0_u64..=1_000, effective in amount(tokens(1_000_000_000)),
        cuts in (0_u64..=1_000, 0_u64..=1_000, 0_u64..=1_000)
    ) {
        let of = |spend, stake, effective| {
            let multiplier = multiplier(effective, lambda, half).unwrap();
            scores(&Activity { spend, stake, multiplier }, total, alpha).unwrap()
        };
        let stake = part_of(total, stake);
        let (first_spend, first_stake, first_effective) =
            ((u128::from(spend) * u128::from(cuts.0) / 1_000) as u64, part_of(stake, cuts.1), part_of(effective, cuts.2));
        let whole = of(spend, stake, effective);
        let first = of(first_spend, first_stake, first_effective);
        let second = of(spend - first_spend, stake - first_stake, effective - first_effective);
        prop_assert!(first.global + second.global <= whole.global);
        prop_assert!(first.incentive + second.incentive <= whole.incentive);
    }

    #[test]
    fn invariant_7_splitting_an_account_never_raises_its_total_payout(
        (alpha, lambda, half, total) in world(), pool in amount(tokens(1_000_000)),
        spend in 2_u64..1_000_000_000_000, stake in 0_u64..=500, others in 1_u64..1_000_000_000_000, effective in amount(tokens(1_000_000))
    ) {
        let of = |spend, stake, effective| {
            let multiplier = multiplier(effective, lambda, half).unwrap();
            scores(&Activity { spend, stake, multiplier }, total, alpha).unwrap().global
        };
        let stake = part_of(total, stake);
        let whole = of(spend, stake, effective);
        let two = U256::from(2);
        let (one, other) = (of(spend / 2, stake / two, effective / two), of(spend - spend / 2, stake - stake / two, effective - effective / two));
        let rest = of(others, part_of(total, 500), U256::ZERO);
        let together = payout(pool, whole, whole + rest).unwrap();
        let apart = payout(pool, one, one + other + rest).unwrap() + payout(pool, other, one + other + rest).unwrap();
        prop_assert!(apart <= together);
    }

    #[test]
    fn more_of_anything_never_scores_less(
        (alpha, lambda, half, total) in world(), a in (any::<u64>(), 0_u64..=1_000, amount(tokens(1_000_000_000))), b in (any::<u64>(), 0_u64..=1_000, amount(tokens(1_000_000_000)))
    ) {
        let of = |spend, stake, effective| {
            let multiplier = multiplier(effective, lambda, half).unwrap();
            scores(&Activity { spend, stake: part_of(total, stake), multiplier }, total, alpha).unwrap()
        };
        let less = of(a.0.min(b.0), a.1.min(b.1), a.2.min(b.2));
        let more = of(a.0.max(b.0), a.1.max(b.1), a.2.max(b.2));
        prop_assert!(less.global <= more.global && less.incentive <= more.incentive);
    }

    #[test]
    fn a_staking_factor_is_between_alpha_and_one(alpha in 1..=Wad::ONE.0, root in 0..=Wad::ONE.0) {
        let factor = staking_factor(Wad(alpha), Wad(root)).unwrap();
        prop_assert!(factor >= Wad(alpha) && factor <= Wad::ONE);
    }

    #[test]
    fn alpha_never_rises_and_stays_within_its_ends(a in 1..=Wad::ONE.0, b in 1..=Wad::ONE.0, i in any::<u64>(), j in any::<u64>(), length in 2_u64..) {
        let (start, end) = (Wad(a.max(b)), Wad(a.min(b)));
        let (early, late) = (alpha(start, end, i.min(j), length).unwrap(), alpha(start, end, i.max(j), length).unwrap());
        prop_assert!(start >= early && early >= late && late >= end);
    }

    #[test]
    fn shares_of_any_stakes_are_at_most_one_or_an_error(stake in any_u256(), total in any_u256()) {
        match (root_share(stake, total), share(stake, total)) {
            (Ok(root), Ok(share)) => prop_assert!(share <= root && root <= Wad::ONE),
            results => prop_assert_eq!((results, stake > total), ((Err(Error::PartOverTotal), Err(Error::PartOverTotal)), true)),
        }
    }
}
