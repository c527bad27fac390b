//! Numbers that are shares: 18 decimals and basis points.

use crate::{Error, U256, math};

/// 10¹⁸ as a 256-bit number.
pub const WAD: U256 = U256::from_limbs([Wad::ONE.0, 0, 0, 0]);

/// A ratio with 18 decimals, from 0 to 18.4: α, λ, ε, stake shares, multipliers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Wad(pub u64);

impl Wad {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1.
    pub const ONE: Self = Self(1_000_000_000_000_000_000);

    /// Its number of 10⁻¹⁸.
    #[must_use]
    pub const fn raw(self) -> U256 {
        U256::from_limbs([self.0, 0, 0, 0])
    }

    /// `⌊self · amount⌋`.
    ///
    /// # Errors
    /// [`Error::Overflow`] where it is 2²⁵⁶ or more.
    pub fn of(self, amount: U256) -> Result<U256, Error> {
        math::mul_div(amount, self.raw(), WAD)
    }
}

impl TryFrom<U256> for Wad {
    type Error = Error;

    /// Reads a number of 10⁻¹⁸; [`Error::Overflow`] from 2⁶⁴ on.
    fn try_from(raw: U256) -> Result<Self, Error> {
        u64::try_from(raw).map(Self).map_err(|_| Error::Overflow)
    }
}

/// A share in 1/10,000, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Bps(u16);

impl Bps {
    /// 0.
    pub const ZERO: Self = Self(0);
    /// 1, which is 10,000 bps.
    pub const ONE: Self = Self(10_000);

    /// A share of `bps`/10,000.
    ///
    /// # Errors
    /// [`Error::BpsOverOne`] over 10,000.
    pub const fn new(bps: u16) -> Result<Self, Error> {
        if bps > Self::ONE.0 { Err(Error::BpsOverOne) } else { Ok(Self(bps)) }
    }

    /// Its number of 1/10,000.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Its number of 1/10,000 as a 256-bit number.
    #[must_use]
    pub const fn raw(self) -> U256 {
        U256::from_limbs([self.0 as u64, 0, 0, 0])
    }

    /// 1 − self.
    #[must_use]
    pub const fn rest(self) -> Self {
        Self(Self::ONE.0.saturating_sub(self.0))
    }

    /// self + other.
    ///
    /// # Errors
    /// [`Error::BpsOverOne`] over 10,000.
    pub const fn plus(self, other: Self) -> Result<Self, Error> {
        Self::new(self.0.saturating_add(other.0))
    }

    /// `⌊self · amount⌋`, for every amount.
    ///
    /// # Errors
    /// None: the result is at most the amount. The type is that of its neighbours.
    pub fn of(self, amount: U256) -> Result<U256, Error> {
        math::mul_div(amount, self.raw(), Self::ONE.raw())
    }

    /// `⌈self · amount⌉`, for every amount.
    ///
    /// # Errors
    /// None: the result is at most the amount.
    pub fn of_up(self, amount: U256) -> Result<U256, Error> {
        math::mul_div_up(amount, self.raw(), Self::ONE.raw())
    }
}

/// A part of the whole that a module names as a constant.
pub(crate) const fn constant(bps: u16) -> Bps {
    assert!(bps <= Bps::ONE.0);
    Bps(bps)
}

/// An amount of whole tokens of 18 decimals that a module names as a constant.
pub(crate) const fn tokens(whole: u64) -> U256 {
    product(whole, Wad::ONE.0)
}

/// `a·b` of two 64-bit numbers, which cannot overflow.
pub(crate) const fn product(a: u64, b: u64) -> U256 {
    let raw = (a as u128).saturating_mul(b as u128);
    #[allow(clippy::cast_possible_truncation)] // the two halves
    U256::from_limbs([raw as u64, (raw >> 64) as u64, 0, 0])
}
