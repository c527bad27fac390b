//! Time: seconds, and the UTC days by which everything is counted (head of the specification).

use crate::{Error, U256};

/// Seconds of a day.
pub const DAY: Seconds = Seconds(86_400);

/// A point in time: a block's timestamp, in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub u64);

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Seconds(pub u64);

/// A UTC day: `timestamp / 86,400`, half-open, so that midnight belongs to the day that begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Epoch(u64);

impl Timestamp {
    /// Time from `earlier` to this one.
    ///
    /// # Errors
    /// [`Error::TimeBackwards`] where this one is earlier.
    pub fn since(self, earlier: Self) -> Result<Seconds, Error> {
        self.0.checked_sub(earlier.0).map(Seconds).ok_or(Error::TimeBackwards)
    }

    /// The time a while after this one.
    ///
    /// # Errors
    /// [`Error::Overflow`] from 2⁶⁴ on.
    pub fn after(self, seconds: Seconds) -> Result<Self, Error> {
        self.0.checked_add(seconds.0).map(Self).ok_or(Error::Overflow)
    }
}

impl Seconds {
    /// As many days.
    #[must_use]
    pub const fn days(days: u16) -> Self {
        Self((days as u64).saturating_mul(86_400))
    }

    /// Its number as a 256-bit number.
    #[must_use]
    pub const fn raw(self) -> U256 {
        U256::from_limbs([self.0, 0, 0, 0])
    }
}

impl Epoch {
    /// The last epoch that ends within `u64` seconds.
    pub const LAST: Self = Self(u64::MAX / 86_400 - 1);

    /// The epoch of a number.
    ///
    /// # Errors
    /// [`Error::EpochOutOfRange`] after [`Epoch::LAST`].
    pub fn new(number: u64) -> Result<Self, Error> {
        if number > Self::LAST.0 { Err(Error::EpochOutOfRange) } else { Ok(Self(number)) }
    }

    /// The epoch that a time is in.
    ///
    /// # Errors
    /// [`Error::EpochOutOfRange`] after [`Epoch::LAST`], 584 billion years from now.
    pub fn of(time: Timestamp) -> Result<Self, Error> {
        Self::new(time.0 / 86_400)
    }

    /// Its number: days since 1 January 1970.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }

    /// Its first second.
    #[must_use]
    pub const fn start(self) -> Timestamp {
        Timestamp(self.0.saturating_mul(86_400)) // never saturates: see LAST
    }

    /// The first second that is no longer in it, which is the next epoch's start.
    #[must_use]
    pub const fn end(self) -> Timestamp {
        Timestamp(self.start().0.saturating_add(86_400)) // never saturates: see LAST
    }

    /// The next one: from when on a change made in this one counts (§8, inputs).
    ///
    /// # Errors
    /// [`Error::EpochOutOfRange`] after [`Epoch::LAST`].
    pub fn next(self) -> Result<Self, Error> {
        Self::new(self.0.saturating_add(1))
    }

    /// Days from `earlier` to this one.
    ///
    /// # Errors
    /// [`Error::TimeBackwards`] where this one is earlier.
    pub fn since(self, earlier: Self) -> Result<u64, Error> {
        self.0.checked_sub(earlier.0).ok_or(Error::TimeBackwards)
    }
}
