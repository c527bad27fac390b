//! How far the integer scores are from the real-valued formulas: the bounds of docs/economics.md.
//!
//! The real values are taken in rationals with √ to 60 digits, in units of the integers (10⁻¹⁸ of a micro-USD).

use super::{amount, big, tokens, wad};
use fomo_common::score::{Activity, payout, scores};
use fomo_common::units::WAD;
use fomo_common::{U256, Wad, lock};
use num_bigint::{BigInt, BigUint};
use num_rational::BigRational;
use proptest::prelude::*;

fn rational(n: U256) -> BigRational {
    BigRational::from_integer(BigInt::from(big(n)))
}

fn int(n: u64) -> BigRational {
    BigRational::from_integer(BigInt::from(n))
}

/// A user of one MT: spend, stake, effective balance.
#[derive(Debug, Clone)]
struct User {
    spend: u64,
    stake: U256,
    effective: U256,
}

#[derive(Debug, Clone)]
struct World {
    alpha: Wad,
    lambda: Wad,
    half: U256,
    total: U256,
}

impl World {
    fn integers(&self, user: &User) -> (U256, U256) {
        let multiplier = lock::multiplier(user.effective, self.lambda, self.half).unwrap();
        let user = Activity { spend: user.spend, stake: user.stake, multiplier };
        let scores = scores(&user, self.total, self.alpha).unwrap();
        (scores.global, scores.incentive)
    }

    /// spend·(α + (1−α)·√share)·m and spend·share·m, times 10¹⁸.
    fn reals(&self, user: &User) -> (BigRational, BigRational) {
        let one = rational(WAD);
        let digits = BigUint::from(10_u8).pow(60);
        let root = (big(user.stake) * digits.pow(2) / big(self.total)).sqrt();
        let root = BigRational::new(root.into(), digits.into());
        let alpha = rational(self.alpha.raw()) / &one;
        let factor = &alpha + (int(1) - &alpha) * root;
        let saturation = rational(user.effective) / rational(user.effective + self.half);
        let multiplier = int(1) + rational(self.lambda.raw()) / &one * saturation;
        let share = rational(user.stake) / rational(self.total);
        let scale = int(user.spend) * multiplier * one;
        (&scale * factor, &scale * share)
    }
}

fn world() -> impl Strategy<Value = World> {
    let total = amount(tokens(1_000_000) * U256::from(86_400)).prop_map(|total| total.max(U256::ONE));
    (1..=Wad::ONE.0, 0..=Wad::ONE.0, amount(tokens(10_000_000)), total).prop_map(|(alpha, lambda, half, total)| World {
        alpha: Wad(alpha),
        lambda: Wad(lambda),
        half: half + U256::ONE,
        total,
    })
}

fn user(total: U256) -> impl Strategy<Value = User> {
    let spend = prop_oneof![any::<u64>(), 1_u64..1_000_000_000, Just(1)];
    (spend, amount(total), amount(tokens(1_000_000_000))).prop_map(|(spend, stake, effective)| User {
        spend,
        stake,
        effective,
    })
}

fn world_and_user() -> impl Strategy<Value = (World, User)> {
    world().prop_flat_map(|world| {
        let total = world.total;
        (Just(world), user(total))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_global_score_is_below_the_real_one_by_less_than_five_units_a_micro_usd_and_one((world, user) in world_and_user()) {
        let (global, _) = world.integers(&user);
        let gap = world.reals(&user).0 - rational(global);
        // √ is cut at 60 digits, which can put the real value below by spend·10⁻⁴².
        prop_assert!(gap > BigRational::new(BigInt::from(-1), BigInt::from(10_u64.pow(9))));
        prop_assert!(gap < int(user.spend) * int(5) + int(1), "{}", gap);
    }

    #[test]
    fn an_incentive_score_is_below_the_real_one_by_less_than_three_units_a_micro_usd_and_one((world, user) in world_and_user()) {
        let (_, incentive) = world.integers(&user);
        let gap = world.reals(&user).1 - rational(incentive);
        prop_assert!(gap >= int(0) && gap < int(user.spend) * int(3) + int(1), "{}", gap);
    }

    #[test]
    fn a_payout_is_the_floor_of_the_exact_rational(pool in amount(tokens(1_000_000_000)), score in amount(U256::from(1) << 125), rest in amount(U256::from(1) << 125)) {
        prop_assume!(!(score + rest).is_zero());
        let exact = rational(pool) * rational(score) / rational(score + rest);
        prop_assert_eq!(exact.floor(), rational(payout(pool, score, score + rest).unwrap()));
    }

    #[test]
    fn a_global_payout_is_within_6_over_alpha_times_10_to_the_minus_18_of_the_pool_and_a_wei_of_the_real_one(
        (world, alice) in world_and_user(), bob in user(U256::ONE), pool in amount(tokens(1_000_000_000))
    ) {
        prop_assume!(world.alpha > wad(0.01) && alice.spend > 0 && bob.spend > 0);
        let bob = User { stake: U256::ZERO, ..bob };
        let (a, b) = (world.integers(&alice).0, world.integers(&bob).0);
        let (real_a, real_b) = (world.reals(&alice).0, world.reals(&bob).0);
        let paid = rational(payout(pool, a, a + b).unwrap());
        let real = rational(pool) * &real_a / (real_a + real_b);
        let bound = rational(pool) * int(6) / rational(world.alpha.raw()) + int(1);
        let gap = if paid > real { paid - real } else { real - paid };
        prop_assert!(gap < bound, "{} {}", gap, bound);
    }
}
