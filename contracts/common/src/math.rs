//! Checked 256-bit arithmetic, quotients of 512-bit products and the integer square root.

use ruint::aliases::U512;

use crate::{Error, U256, host};

/// `a + b`.
///
/// # Errors
/// [`Error::Overflow`] from 2²⁵⁶ on.
pub fn add(a: U256, b: U256) -> Result<U256, Error> {
    a.checked_add(b).ok_or(Error::Overflow)
}

/// `a − b`.
///
/// # Errors
/// [`Error::Overflow`] where b > a.
pub fn sub(a: U256, b: U256) -> Result<U256, Error> {
    a.checked_sub(b).ok_or(Error::Overflow)
}

/// `a · b`.
///
/// # Errors
/// [`Error::Overflow`] from 2²⁵⁶ on.
pub fn mul(a: U256, b: U256) -> Result<U256, Error> {
    product(a, b).ok_or(Error::Overflow)
}

/// `a·b`, nothing from 2²⁵⁶ on. Almost all factors have 128 bits: their product always fits, and on WASM it costs a
/// third of the general one.
fn product(a: U256, b: U256) -> Option<U256> {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (a.into_limbs(), b.into_limbs());
    if a2 | a3 | b2 | b3 != 0 {
        return a.checked_mul(b);
    }
    let times = |a: u64, b: u64| u128::from(a).wrapping_mul(u128::from(b)); // cannot wrap
    let (low, high) = (times(a0, b0), times(a1, b1));
    let (middle, carry) = times(a0, b1).overflowing_add(times(a1, b0));
    let (middle, again) = middle.overflowing_add(low >> 64);
    let carries = u128::from(carry).wrapping_add(u128::from(again)) << 64;
    // The product of two 128-bit numbers has 256 bits: the upper half cannot wrap.
    let high = high.wrapping_add(middle >> 64).wrapping_add(carries);
    Some(U256::from_limbs([lower(low), lower(middle), lower(high), lower(high >> 64)]))
}

/// The lower 64 bits.
#[allow(clippy::cast_possible_truncation)]
const fn lower(n: u128) -> u64 {
    n as u64
}

/// `⌊a / b⌋`.
///
/// # Errors
/// [`Error::DivisionByZero`].
pub fn div(a: U256, b: U256) -> Result<U256, Error> {
    if b.is_zero() {
        return Err(Error::DivisionByZero);
    }
    Ok(div_nonzero(a, b))
}

/// Two 64-bit numbers need no host call.
fn div_nonzero(a: U256, b: U256) -> U256 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => U256::from(a.checked_div(b).unwrap_or(0)),
        _ => host::div(a, b),
    }
}

/// `⌊a·b / d⌋`, the product taken to 512 bits.
///
/// # Errors
/// [`Error::DivisionByZero`]; [`Error::Overflow`] where the quotient is 2²⁵⁶ or more.
pub fn mul_div(a: U256, b: U256, d: U256) -> Result<U256, Error> {
    if d.is_zero() {
        return Err(Error::DivisionByZero);
    }
    match product(a, b) {
        Some(product) => Ok(div_nonzero(product, d)),
        None => wide_mul_div(a, b, d),
    }
}

/// `⌈a·b / d⌉`, the product taken to 512 bits.
///
/// # Errors
/// As [`mul_div`].
pub fn mul_div_up(a: U256, b: U256, d: U256) -> Result<U256, Error> {
    let floor = mul_div(a, b, d)?;
    if host::mul_mod(a, b, d).is_zero() { Ok(floor) } else { add(floor, U256::ONE) }
}

/// [`mul_div`] where the product needs more than 256 bits and d > 0, without a 512-bit division.
///
/// What is left after subtracting the remainder divides exactly, so that its low half times the inverse of d modulo
/// 2²⁵⁶ is the quotient; that inverse exists once d's powers of two are shifted out of both (Remco Bloemen's method).
fn wide_mul_div(a: U256, b: U256, d: U256) -> Result<U256, Error> {
    let (high, low) = wide_mul(a, b);
    if high >= d {
        return Err(Error::Overflow);
    }
    let remainder = host::mul_mod(a, b, d);
    let (low, borrow) = low.overflowing_sub(remainder);
    // high ≥ 1 or no borrow: the remainder is at most the product.
    let high = if borrow { high.wrapping_sub(U256::ONE) } else { high };
    let twos = d.trailing_zeros();
    let exact = match 256_usize.checked_sub(twos) {
        Some(rest) => low.wrapping_shr(twos) | high.wrapping_shl(rest),
        None => low,
    };
    let inverse = d.wrapping_shr(twos).inv_ring().ok_or(Error::DivisionByZero)?;
    Ok(exact.wrapping_mul(inverse))
}

/// `a·b` as its high and low 256 bits.
fn wide_mul(a: U256, b: U256) -> (U256, U256) {
    let product: U512 = a.widening_mul(b);
    let [l0, l1, l2, l3, h0, h1, h2, h3] = product.into_limbs();
    (U256::from_limbs([h0, h1, h2, h3]), U256::from_limbs([l0, l1, l2, l3]))
}

/// Whether `a·b ≥ c·d`, of 512-bit products: a comparison of two ratios without rounding either.
#[must_use]
pub fn product_at_least(a: U256, b: U256, c: U256, d: U256) -> bool {
    wide_mul(a, b) >= wide_mul(c, d)
}

/// `⌊√n⌋`, exact to the last bit for every n.
///
/// Top-down: with the root of the first bits of n to half the precision, one division gives it to the full; the
/// correct bits double from 1, 2, 4, … to the length of the root, and the invariant `(a−1)² < n >> 2(c−d) < (a+1)²` holds
/// after each step, so that one comparison at the end settles the last bit. Steps that fit 64 bits divide natively:
/// at most two of the seven need a wide division.
#[must_use]
pub fn isqrt(n: U256) -> U256 {
    let Some(top) = n.bit_len().checked_sub(1) else {
        return U256::ZERO;
    };
    let c = top >> 1;
    let mut root = U256::ONE;
    let mut bits = 0_usize;
    let mut step = usize::BITS.saturating_sub(c.leading_zeros());
    while step > 0 {
        step = step.saturating_sub(1);
        let before = bits;
        bits = c >> step;
        // bits is before·2 or before·2 + 1, at least 1; 2c + 1 ≥ before + bits: none of these saturates.
        let grow = bits.saturating_sub(before).saturating_sub(1);
        let skip = c.saturating_mul(2).saturating_add(1).saturating_sub(before).saturating_sub(bits);
        let quotient = div_nonzero(n.wrapping_shr(skip), root);
        root = root.wrapping_shl(grow).wrapping_add(quotient);
    }
    // root ≤ ⌊√n⌋ + 1 ≤ 2¹²⁸: its square overflows only as 2²⁵⁶, which is over n.
    match product(root, root) {
        Some(square) if square <= n => root,
        _ => root.wrapping_sub(U256::ONE),
    }
}
