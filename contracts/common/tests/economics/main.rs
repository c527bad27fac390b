//! The specification's vectors and the pure invariants (§10), each test named by what it claims.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod accuracy;
mod curve;
mod emission;
mod epoch;
mod lock;
mod math;
mod score;
mod stake;
mod units;
mod vesting;
mod waterfall;

use fomo_common::{Bps, U256, Wad};
use num_bigint::BigUint;
use proptest::prelude::*;

/// So many whole tokens.
pub fn tokens(whole: u64) -> U256 {
    U256::from(whole) * U256::from(10_u64.pow(18))
}

/// A number of this crate as one without bounds.
pub fn big(n: U256) -> BigUint {
    BigUint::from_bytes_be(&n.to_be_bytes::<32>())
}

pub fn bps(n: u16) -> Bps {
    Bps::new(n).unwrap()
}

pub fn wad(n: f64) -> Wad {
    Wad((n * 1e6) as u64 * 1_000_000_000_000)
}

/// Any 256-bit number, all lengths equally likely.
pub fn any_u256() -> impl Strategy<Value = U256> {
    (any::<[u64; 4]>(), 0_usize..=256).prop_map(|(limbs, length)| match length {
        0 => U256::ZERO,
        length => U256::from_limbs(limbs) >> (256 - length),
    })
}

/// An amount up to `most`, all lengths equally likely, with the ends.
pub fn amount(most: U256) -> impl Strategy<Value = U256> {
    prop_oneof![1 => Just(U256::ZERO), 1 => Just(U256::ONE), 1 => Just(most),
        12 => any_u256().prop_map(move |n| if n <= most { n } else { n % (most + U256::ONE) })]
}
