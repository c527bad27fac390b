//! Stake over an epoch (§6): stake-seconds from checkpoints, the average, and the API discount that it earns.

use crate::{Bps, Epoch, Error, Seconds, Timestamp, U256, epoch, math};

/// A stake from a time on, with the stake-seconds that had accrued by then. One per change; the last one runs on.
///
/// Stake-seconds are of 10⁻¹⁸ MT: the whole supply for a day is 8.64·10²⁸, for a century 3.2·10³³.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checkpoint {
    /// Since when.
    pub at: Timestamp,
    /// The stake from then on, MT.
    pub stake: U256,
    /// Stake-seconds before.
    pub accrued: U256,
}

impl Checkpoint {
    /// Stake-seconds accrued by a time at or after this checkpoint and not after the next: exact.
    ///
    /// # Errors
    /// [`Error::TimeBackwards`] for an earlier time; [`Error::Overflow`].
    pub fn accrued_by(&self, time: Timestamp) -> Result<U256, Error> {
        let seconds = time.since(self.at)?.raw();
        math::add(self.accrued, math::mul(self.stake, seconds)?)
    }

    /// The checkpoint of a change of stake. Two in one second: the later one replaces the earlier.
    ///
    /// # Errors
    /// [`Error::TimeBackwards`] for an earlier time; [`Error::Overflow`].
    pub fn changed(&self, time: Timestamp, stake: U256) -> Result<Self, Error> {
        Ok(Self { at: time, stake, accrued: self.accrued_by(time)? })
    }
}

/// Stake-seconds of an epoch: what had accrued by its end less what had by its start, exact.
///
/// * `first`: the last checkpoint at or before the epoch's start, or none where there was no stake before.
/// * `last`: the last checkpoint at or before the epoch's end.
///
/// # Errors
/// [`Error::TimeBackwards`] where a checkpoint is after the bound that it is for; [`Error::Overflow`].
pub fn stake_seconds(first: Option<&Checkpoint>, last: Option<&Checkpoint>, epoch: Epoch) -> Result<U256, Error> {
    let by_start = first.map_or(Ok(U256::ZERO), |checkpoint| checkpoint.accrued_by(epoch.start()))?;
    let by_end = last.map_or(Ok(U256::ZERO), |checkpoint| checkpoint.accrued_by(epoch.end()))?;
    math::sub(by_end, by_start)
}

/// [`stake_seconds`] of a whole history in order of time.
///
/// # Errors
/// As [`stake_seconds`].
pub fn stake_seconds_in(history: &[Checkpoint], epoch: Epoch) -> Result<U256, Error> {
    let last_by = |time: Timestamp| history.iter().rev().find(|checkpoint| checkpoint.at <= time);
    stake_seconds(last_by(epoch.start()), last_by(epoch.end()), epoch)
}

/// Average stake over an epoch: `⌊stake-seconds/86,400⌋`, MT, down.
///
/// # Errors
/// None: the divisor is a constant.
pub fn average(stake_seconds: U256) -> Result<U256, Error> {
    math::div(stake_seconds, epoch::DAY.raw())
}

/// Stake-seconds of a stake held for a while: exact.
///
/// # Errors
/// [`Error::Overflow`].
pub fn held(stake: U256, time: Seconds) -> Result<U256, Error> {
    math::mul(stake, time.raw())
}

/// From which average stake on which discount is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Least average stake, MT.
    pub min_stake: U256,
    /// Discount on the API's price.
    pub discount: Bps,
}

/// Checks that tiers rise strictly, in stake and in discount.
///
/// # Errors
/// [`Error::TiersOutOfOrder`].
pub fn check_tiers(tiers: &[Tier]) -> Result<(), Error> {
    let rises = |pair: (&Tier, &Tier)| pair.0.min_stake < pair.1.min_stake && pair.0.discount < pair.1.discount;
    if tiers.iter().zip(tiers.iter().skip(1)).all(rises) { Ok(()) } else { Err(Error::TiersOutOfOrder) }
}

/// Discount of an average stake: that of the highest tier reached, 0 below the first (§6).
#[must_use]
pub fn discount(tiers: &[Tier], average: U256) -> Bps {
    let reached = tiers.iter().rev().find(|tier| tier.min_stake <= average);
    reached.map_or(Bps::ZERO, |tier| tier.discount)
}
