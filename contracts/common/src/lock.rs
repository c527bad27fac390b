//! gmFLOCK (§6): what a lock is worth, how it changes, the effective balance and the multiplier.

use crate::units::{WAD, Wad};
use crate::{Error, Seconds, Timestamp, U256, math};

/// Shortest period of a new lock.
pub const SHORTEST: Seconds = Seconds::days(1);
/// Longest period of a lock, and the duration at which a gm weighs one.
pub const LONGEST: Seconds = Seconds::days(365);
/// Up to here a lock gets no bonus.
pub const NO_BONUS: Seconds = Seconds::days(30);
/// ε by default: 2.19.
pub const DEFAULT_EPSILON: Wad = Wad(2_190_000_000_000_000_000);

/// One lock's record. Changing a lock gives another record: records are history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// n, FLOCK that can be withdrawn in the end.
    pub amount: U256,
    /// gmFLOCK that it was given, with the ε of that time.
    pub gm: U256,
    /// From when on it can be withdrawn and weighs nothing.
    pub unlock: Timestamp,
}

/// gmFLOCK for locking `amount` FLOCK for `period`: `n` up to 30 days, `n·(1 + ε·(t − 30)/365)` beyond (§6).
///
/// t is the period in days, fractions included; the bonus rounds down, for the others. For
/// ε = 2.19 a year gives 3.01 n.
///
/// # Errors
/// [`Error::LockPeriodOutOfRange`] for no time at all or over 365 days; [`Error::Overflow`].
pub fn preview(amount: U256, period: Seconds, epsilon: Wad) -> Result<U256, Error> {
    if period.0 == 0 || period > LONGEST {
        return Err(Error::LockPeriodOutOfRange);
    }
    let bonus_time = Seconds(period.0.saturating_sub(NO_BONUS.0));
    // At most 2⁶⁴·2²⁵ over 10¹⁸·2²⁵: one quotient.
    let rate = math::mul(epsilon.raw(), bonus_time.raw())?;
    let bonus = math::mul_div(amount, rate, math::mul(WAD, LONGEST.raw())?)?;
    math::add(amount, bonus)
}

impl Lock {
    /// A new lock of `period` from `now` on.
    ///
    /// # Errors
    /// [`Error::LockPeriodOutOfRange`] outside 1 to 365 days; [`Error::Overflow`].
    pub fn open(amount: U256, now: Timestamp, period: Seconds, epsilon: Wad) -> Result<Self, Error> {
        if period < SHORTEST {
            return Err(Error::LockPeriodOutOfRange);
        }
        Ok(Self { amount, gm: preview(amount, period, epsilon)?, unlock: now.after(period)? })
    }

    /// Time left, r.
    ///
    /// # Errors
    /// [`Error::LockExpired`] once unlocked.
    pub fn remaining(&self, now: Timestamp) -> Result<Seconds, Error> {
        match self.unlock.since(now) {
            Ok(Seconds(0)) | Err(_) => Err(Error::LockExpired),
            remaining => remaining,
        }
    }

    /// Unlocks later: `gm' = max(preview(n, r'), ⌊gm·r/r'⌋)` (§6).
    ///
    /// Rounds down: an extension lowers a balance by less than one wei, and never otherwise. Small steps keep no more of a
    /// long lock's bonus than its weight `gm·r`.
    ///
    /// # Errors
    /// [`Error::LockExpired`]; [`Error::NotAnExtension`]; [`Error::LockPeriodOutOfRange`] for r' over 365 days;
    /// [`Error::Overflow`].
    pub fn extend(&self, now: Timestamp, unlock: Timestamp, epsilon: Wad) -> Result<Self, Error> {
        let before = self.remaining(now)?;
        if unlock <= self.unlock {
            return Err(Error::NotAnExtension);
        }
        let after = unlock.since(now)?;
        let fresh = preview(self.amount, after, epsilon)?;
        let kept = math::mul_div(self.gm, before.raw(), after.raw())?;
        Ok(Self { amount: self.amount, gm: fresh.max(kept), unlock })
    }

    /// Locks more until the same time: adds `preview(added, r)` (§6).
    ///
    /// # Errors
    /// [`Error::LockExpired`]; [`Error::LockPeriodOutOfRange`] for a record of over 365 days; [`Error::Overflow`].
    pub fn increase(&self, now: Timestamp, added: U256, epsilon: Wad) -> Result<Self, Error> {
        let bonus = preview(added, self.remaining(now)?, epsilon)?;
        Ok(Self { amount: math::add(self.amount, added)?, gm: math::add(self.gm, bonus)?, unlock: self.unlock })
    }

    /// One lock of two: extends the earlier to the later unlock, then sums (§6).
    ///
    /// # Errors
    /// [`Error::LockExpired`] where one of them is over; [`Error::LockPeriodOutOfRange`]; [`Error::Overflow`].
    pub fn merge(&self, other: &Self, now: Timestamp, epsilon: Wad) -> Result<Self, Error> {
        let (earlier, later) = if self.unlock <= other.unlock { (self, other) } else { (other, self) };
        earlier.remaining(now)?;
        let earlier =
            if earlier.unlock == later.unlock { *earlier } else { earlier.extend(now, later.unlock, epsilon)? };
        Ok(Self {
            amount: math::add(earlier.amount, later.amount)?,
            gm: math::add(earlier.gm, later.gm)?,
            unlock: later.unlock,
        })
    }

    /// `gm · min(unlock − τ, 365 d)`, gmFLOCK times seconds: 0 once unlocked. Exact.
    ///
    /// # Errors
    /// [`Error::Overflow`] from a gm of about 2²³¹ on.
    pub fn weight(&self, at: Timestamp) -> Result<U256, Error> {
        let left = self.unlock.0.saturating_sub(at.0).min(LONGEST.0);
        math::mul(self.gm, Seconds(left).raw())
    }
}

/// Effective balance of a sum of [`Lock::weight`]s: `E = ⌊Σ/365 d⌋`, gmFLOCK, floored once (§6).
///
/// # Errors
/// None: the divisor is a constant.
pub fn effective_of(weights: U256) -> Result<U256, Error> {
    math::div(weights, LONGEST.raw())
}

/// Effective balance of an account's open locks at τ: `E = ⌊Σ gmᵢ·min(unlockᵢ − τ, 365 d)/365 d⌋` (§6).
///
/// # Errors
/// [`Error::Overflow`].
pub fn effective_balance(locks: &[Lock], at: Timestamp) -> Result<U256, Error> {
    let weights = locks.iter().try_fold(U256::ZERO, |sum, lock| math::add(sum, lock.weight(at)?))?;
    effective_of(weights)
}

/// Checks the multiplier's parameters: 0 ≤ λ ≤ 1 and H ≥ 1 (§6).
///
/// # Errors
/// [`Error::LambdaOverOne`]; [`Error::ZeroHalf`].
pub fn check_multiplier(lambda: Wad, half: U256) -> Result<(), Error> {
    if lambda > Wad::ONE {
        return Err(Error::LambdaOverOne);
    }
    if half.is_zero() { Err(Error::ZeroHalf) } else { Ok(()) }
}

/// Multiplier of an effective balance: `m = 1 + ⌊λ·E/(E + H)⌋` with 18 decimals (§6, §8).
///
/// In [1, 2): E/(E + H) < 1 for H ≥ 1, so that its floor stays under λ. Rounds down, by less than 10⁻¹⁸.
///
/// # Errors
/// [`Error::LambdaOverOne`]; [`Error::ZeroHalf`]; [`Error::Overflow`] where E + H is 2²⁵⁶ or more.
pub fn multiplier(effective: U256, lambda: Wad, half: U256) -> Result<Wad, Error> {
    check_multiplier(lambda, half)?;
    let boost = math::mul_div(effective, lambda.raw(), math::add(effective, half)?)?;
    Wad::try_from(math::add(WAD, boost)?)
}
