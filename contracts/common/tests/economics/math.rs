use super::{any_u256, big};
use fomo_common::math::*;
use fomo_common::{Error, U256};
use num_bigint::BigUint;
use proptest::prelude::*;

fn two_to_256() -> BigUint {
    BigUint::from(1_u8) << 256
}

#[test]
fn a_zero_divisor_is_an_error() {
    let one = U256::ONE;
    assert_eq!(div(one, U256::ZERO), Err(Error::DivisionByZero));
    assert_eq!(mul_div(one, one, U256::ZERO), Err(Error::DivisionByZero));
    assert_eq!(mul_div_up(one, one, U256::ZERO), Err(Error::DivisionByZero));
}

#[test]
fn a_quotient_of_two_to_256_is_an_error_and_one_less_is_not() {
    let max = U256::MAX;
    assert_eq!(mul_div(max, max, max), Ok(max));
    assert_eq!(mul_div_up(max, max, max), Ok(max));
    assert_eq!(mul_div(max, max, max - U256::ONE), Err(Error::Overflow));
    let half = U256::ONE << 255;
    assert_eq!(mul_div(half, U256::from(2), U256::ONE), Err(Error::Overflow));
    assert_eq!(mul_div(half, U256::from(4), U256::from(2)), Err(Error::Overflow));
    assert_eq!(mul_div(half, U256::from(4), U256::from(4)), Ok(half));
    assert_eq!(mul_div(max, U256::from(3), U256::from(3)), Ok(max));
}

#[test]
fn a_ceiling_that_leaves_256_bits_is_an_error() {
    // Two factors of 3·2²⁵⁶ − 1, a third of which is 2²⁵⁶ − ⅓.
    let n = (BigUint::from(3_u8) << 256) - 1_u8;
    let small = (2_u32..10_000).find(|p| (&n % p) == BigUint::from(0_u8)).unwrap();
    let cofactor: BigUint = &n / small;
    let cofactor = U256::from_be_slice(&cofactor.to_bytes_be());
    let (b, d) = (U256::from(small), U256::from(3));
    assert_eq!(mul_div(cofactor, b, d), Ok(U256::MAX));
    assert_eq!(mul_div_up(cofactor, b, d), Err(Error::Overflow));
}

#[test]
fn additions_products_and_differences_are_checked() {
    assert_eq!(add(U256::MAX, U256::ONE), Err(Error::Overflow));
    assert_eq!(sub(U256::ZERO, U256::ONE), Err(Error::Overflow));
    assert_eq!(mul(U256::ONE << 128, U256::ONE << 128), Err(Error::Overflow));
    assert_eq!(add(U256::MAX, U256::ZERO), Ok(U256::MAX));
}

#[test]
fn a_product_carries_out_of_every_place() {
    let low = u128::from(u64::MAX);
    let half = 1_u128 << 63;
    // The middle sum is 2¹²⁸ − 1 before the low half's carry comes in; then over 2¹²⁸ by itself.
    let cases =
        [((half + 1) << 64 | low, half << 64 | low), (u128::MAX, u128::MAX), (u128::MAX, 1), (u128::MAX, 1 << 64)];
    for (a, b) in cases {
        let (a, b) = (U256::from(a), U256::from(b));
        assert_eq!(big(mul(a, b).unwrap()), big(a) * big(b));
    }
}

#[test]
fn a_square_root_is_exact_around_every_power_of_two_and_square() {
    assert_eq!(isqrt(U256::ZERO), U256::ZERO);
    assert_eq!(isqrt(U256::MAX), (U256::ONE << 128) - U256::ONE);
    for small in 0_u64..5_000 {
        assert_eq!(isqrt(U256::from(small)), U256::from(small.isqrt()));
    }
    for bit in 0..128 {
        let power: U256 = U256::ONE << bit;
        for root in [power - U256::ONE, power, power + U256::ONE] {
            if root.is_zero() || root >> 128 != U256::ZERO {
                continue;
            }
            let square = root * root;
            assert_eq!(isqrt(square), root);
            assert_eq!(isqrt(square - U256::ONE), root - U256::ONE);
            assert_eq!(isqrt(square + U256::ONE), root);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn mul_div_is_the_floor_of_the_exact_quotient(a in any_u256(), b in any_u256(), d in any_u256()) {
        prop_assume!(!d.is_zero());
        let exact = big(a) * big(b) / big(d);
        match mul_div(a, b, d) {
            Ok(quotient) => prop_assert_eq!(big(quotient), exact),
            Err(error) => { prop_assert_eq!(error, Error::Overflow); prop_assert!(exact >= two_to_256()); }
        }
    }

    #[test]
    fn mul_div_up_is_its_ceiling(a in any_u256(), b in any_u256(), d in any_u256()) {
        prop_assume!(!d.is_zero());
        let exact = (big(a) * big(b) + big(d) - 1_u8) / big(d);
        match mul_div_up(a, b, d) {
            Ok(quotient) => prop_assert_eq!(big(quotient), exact),
            Err(error) => { prop_assert_eq!(error, Error::Overflow); prop_assert!(exact >= two_to_256()); }
        }
    }

    #[test]
    fn full_width_factors_divide_exactly(a in any::<[u64; 4]>(), b in any::<[u64; 4]>(), d in any::<[u64; 4]>(), twos in 0_usize..256) {
        let (a, b) = (U256::from_limbs(a), U256::from_limbs(b));
        let d = (U256::from_limbs(d) | U256::ONE) << twos;
        let exact = big(a) * big(b) / big(d);
        match mul_div(a, b, d) {
            Ok(quotient) => prop_assert_eq!(big(quotient), exact),
            Err(_) => prop_assert!(exact >= two_to_256()),
        }
    }

    #[test]
    fn a_square_root_is_the_floor_to_the_last_bit(n in any_u256()) {
        prop_assert_eq!(big(isqrt(n)), big(n).sqrt());
    }

    #[test]
    fn a_square_root_is_right_next_to_squares(root in any::<u128>()) {
        prop_assume!(root > 0);
        let root = U256::from(root);
        let square = root * root;
        prop_assert_eq!(isqrt(square), root);
        prop_assert_eq!(isqrt(square - U256::ONE), root - U256::ONE);
    }

    #[test]
    fn products_are_compared_in_512_bits(a in any_u256(), b in any_u256(), c in any_u256(), d in any_u256()) {
        prop_assert_eq!(product_at_least(a, b, c, d), big(a) * big(b) >= big(c) * big(d));
    }
}

/// Upper limbs that are equal do not cancel: the short way of a product is only for 128-bit factors.
#[test]
fn a_product_of_equal_upper_limbs_is_exact() {
    for limbs in [[3, 5, 7, 7], [3, 5, 7, 0], [3, 5, 0, 7], [0, 0, 1, 1]] {
        let wide = U256::from_limbs(limbs);
        assert_eq!(mul(wide, U256::ONE), Ok(wide));
        assert_eq!(mul(U256::ONE, wide), Ok(wide));
        assert_eq!(mul(wide, wide), Err(Error::Overflow));
    }
    for (left, right) in [([0, 0, 7, 0], [0, 0, 7, 0]), ([0, 0, 0, 7], [0, 0, 7, 0]), ([0, 0, 7, 0], [0, 0, 0, 7])] {
        assert_eq!(mul(U256::from_limbs(left), U256::from_limbs(right)), Err(Error::Overflow));
    }
}
