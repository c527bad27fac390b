//! Numbers in parts of a slot. Their places are constants, so that each is a few instructions; nothing wider than 128 bits is kept.

use alloy_primitives::U256;

/// The upper and lower half of a slot.
pub fn halves(word: U256) -> (u128, u128) {
    let [a, b, c, d] = *word.as_limbs();
    (u128::from(d) << 64 | u128::from(c), u128::from(b) << 64 | u128::from(a))
}

/// A slot of two halves.
#[allow(clippy::cast_possible_truncation, reason = "each half is cut into two limbs")]
pub const fn join(upper: u128, lower: u128) -> U256 {
    U256::from_limbs([lower as u64, (lower >> 64) as u64, upper as u64, (upper >> 64) as u64])
}

/// A number of `bits` bits, of which `below` are below it in its half.
pub const fn cut(half: u128, below: usize, bits: usize) -> u128 {
    half >> below & mask(bits)
}

/// The highest number of as many bits.
pub const fn mask(bits: usize) -> u128 {
    (1 << bits) - 1
}

/// As [`cut`], of a number of at most 64 bits.
#[allow(clippy::cast_possible_truncation, reason = "the number has no more bits")]
pub const fn cut_u64(half: u128, below: usize, bits: usize) -> u64 {
    cut(half, below, bits) as u64
}

/// An amount of 128 bits.
///
/// # Errors
/// `TooLarge`.
pub fn narrow(amount: U256) -> Result<u128, fomo_access::Error> {
    match halves(amount) {
        (0, amount) => Ok(amount),
        _ => Err(fomo_access::Error::TooLarge),
    }
}

/// An amount as a word.
pub const fn wide(amount: u128) -> U256 {
    join(0, amount)
}
