//! Time-weighted prices (`protocol.md` §4, §7): what a pool's price was on average since an observation of 30 minutes to 24 hours ago.
//!
//! An observation is the integral over time of both prices of a pool, as far as it is known: on Uniswap V2 the pool's own, on
//! Aerodrome, whose pools sum up reserves, of each time between two observations the ratio of the mean reserves. Neither counts the
//! state that a pool came to this second, so that what happens within one block weighs nothing; what is held for a second weighs a
//! second. On Aerodrome deep reserves of a moment weigh more than their time, but never more than the time between the two observations
//! around them: anyone may record, every minute.
//!
//! A price is how much of the other token one of it gives, times 2¹¹².

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U64, U256};
use fomo_common::epoch::DAY;
use fomo_common::math::mul_div;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU64, StorageU256};

use crate::Venue;
use crate::error::{Error, Own};

/// One, as a price.
pub const ONE: U256 = U256::from_limbs([0, 1 << 48, 0, 0]);
/// Least age of the observation that a price counts from, in seconds: 30 minutes.
pub const WINDOW: u64 = 1_800;
/// Most age of it: 24 hours.
pub const MOST_AGE: u64 = DAY.0;
/// Seconds from an observation to the next: a minute, so that a pool's last 32 always reach back 30 minutes.
pub const SPACING: u64 = 60;
/// How many observations of a pool are kept.
const KEPT: u64 = 32;

/// What a pool has summed up, for each of its tokens, until now and without its state of this second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums(pub U256, pub U256);

/// A pool's integrals of its prices at a time, `token0`'s first, modulo 2²⁵⁶.
#[storage]
pub struct Observation {
    time: StorageU64,
    integral0: StorageU256,
    integral1: StorageU256,
}

/// Observations of a pool.
#[storage]
pub struct Oracle {
    count: StorageU64,
    /// The pool's sums at the newest.
    sums0: StorageU256,
    sums1: StorageU256,
    kept: StorageMap<U64, Observation>,
}

/// Integrals at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub time: u64,
    /// Of `token0`'s price, and of `token1`'s.
    pub integrals: (U256, U256),
}

impl Point {
    /// The mean price since another point, of `token0` or of `token1`.
    fn price(&self, since: &Self, of_zero: bool) -> Result<U256, Error> {
        let seconds = U256::from(self.time.saturating_sub(since.time));
        let integral = |point: &Self| if of_zero { point.integrals.0 } else { point.integrals.1 };
        Ok(fomo_common::math::div(integral(self).wrapping_sub(integral(since)), seconds)?)
    }
}

impl Oracle {
    /// The newest observation; nothing before the first.
    pub fn newest(&self) -> Option<Point> {
        self.count().checked_sub(1).map(|index| self.point(index))
    }

    /// Records the integrals of now; gives them.
    ///
    /// # Errors
    /// [`Own::ObservedRecently`], or the pool's own.
    pub fn record<V: Venue>(&mut self, pool: Address) -> Result<Point, Error> {
        let now = self.vm().block_timestamp();
        if self.newest().is_some_and(|newest| now.saturating_sub(newest.time) < SPACING) {
            return Err(Own::ObservedRecently.into());
        }
        let Sums(sums0, sums1) = V::sums(self.vm(), pool)?;
        let point = self.now::<V>(Sums(sums0, sums1))?;
        let count = self.count();
        let mut place = self.kept.setter(U64::from(count % KEPT));
        place.time.set(U64::from(point.time));
        place.integral0.set(point.integrals.0);
        place.integral1.set(point.integrals.1);
        self.count.set(U64::from(count.saturating_add(1)));
        self.sums0.set(sums0);
        self.sums1.set(sums1);
        Ok(point)
    }

    /// The mean price of a pool's token since the newest observation that is 30 minutes old.
    ///
    /// # Errors
    /// [`Own::NoObservation`], or the pool's own.
    pub fn price<V: Venue>(&self, pool: Address, of_zero: bool) -> Result<U256, Error> {
        let since = self.since()?;
        self.now::<V>(V::sums(self.vm(), pool)?)?.price(&since, of_zero)
    }

    /// The observation that a price of now counts from: the newest that is 30 minutes old.
    ///
    /// # Errors
    /// [`Own::NoObservation`] where there is none, or none of the last 24 hours.
    pub fn since(&self) -> Result<Point, Error> {
        let (now, count) = (self.vm().block_timestamp(), self.count());
        // Everything before `low` is old enough, nothing from `high` on is.
        let first = count.saturating_sub(KEPT);
        let (mut low, mut high) = (first, count);
        while low < high {
            let middle = low.midpoint(high);
            let time: u64 = self.kept.getter(U64::from(middle % KEPT)).time.get().to();
            if now.saturating_sub(time) >= WINDOW { low = middle.saturating_add(1) } else { high = middle }
        }
        if low == first {
            return Err(Own::NoObservation.into());
        }
        let point = self.point(low.saturating_sub(1));
        if now.saturating_sub(point.time) > MOST_AGE { Err(Own::NoObservation.into()) } else { Ok(point) }
    }

    fn now<V: Venue>(&self, sums: Sums) -> Result<Point, Error> {
        let time = self.vm().block_timestamp();
        let Some(Point { time: before, integrals }) = self.newest() else {
            return Ok(Point { time, ..Point::default() });
        };
        let seconds = time.saturating_sub(before);
        if seconds == 0 {
            return Ok(Point { time, integrals });
        }
        let (more0, more1) = V::integrals(&Sums(self.sums0.get(), self.sums1.get()), &sums, seconds)?;
        Ok(Point { time, integrals: (integrals.0.wrapping_add(more0), integrals.1.wrapping_add(more1)) })
    }

    fn count(&self) -> u64 {
        self.count.get().to()
    }

    fn point(&self, index: u64) -> Point {
        let place = self.kept.getter(U64::from(index % KEPT));
        Point { time: place.time.get().to(), integrals: (place.integral0.get(), place.integral1.get()) }
    }
}

/// What an amount gives at a price.
///
/// # Errors
/// `Overflow`.
pub fn at_price(amount: U256, price: U256) -> Result<U256, Error> {
    Ok(mul_div(amount, price, ONE)?)
}
