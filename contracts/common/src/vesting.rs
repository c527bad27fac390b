//! Vesting (§5): linear from the start, released from the cliff on.

use crate::{Error, Seconds, Timestamp, U256, math};

/// Cliff by default.
pub const DEFAULT_CLIFF: Seconds = Seconds::days(90);
/// Length by default, the cliff included.
pub const DEFAULT_LENGTH: Seconds = Seconds::days(365);

/// A vesting, frozen when it is created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vesting {
    total: U256,
    start: Timestamp,
    cliff: Seconds,
    length: Seconds,
}

impl Vesting {
    /// A vesting of `total` over `length`, with nothing released before `cliff`.
    ///
    /// # Errors
    /// [`Error::VestingInvalid`] for no length, or a cliff after the end.
    pub fn new(total: U256, start: Timestamp, cliff: Seconds, length: Seconds) -> Result<Self, Error> {
        if length.0 == 0 || cliff > length {
            return Err(Error::VestingInvalid);
        }
        Ok(Self { total, start, cliff, length })
    }

    /// What has vested: 0 before the cliff, then `⌊total·(t − start)/length⌋`, all from the end on (§5).
    ///
    /// Down, for the contract, by less than one wei; never falls.
    ///
    /// # Errors
    /// None: the result is at most the total.
    pub fn vested(&self, now: Timestamp) -> Result<U256, Error> {
        match now.since(self.start) {
            Err(_) => Ok(U256::ZERO),
            Ok(elapsed) if elapsed < self.cliff => Ok(U256::ZERO),
            Ok(elapsed) if elapsed >= self.length => Ok(self.total),
            Ok(elapsed) => math::mul_div(self.total, elapsed.raw(), self.length.raw()),
        }
    }

    /// What can be released now, `released` having been before.
    ///
    /// # Errors
    /// [`Error::PartOverTotal`] where more was released than has vested.
    pub fn releasable(&self, now: Timestamp, released: U256) -> Result<U256, Error> {
        self.vested(now)?.checked_sub(released).ok_or(Error::PartOverTotal)
    }
}
