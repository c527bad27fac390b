//! A stake over time.
//!
//! What an epoch needs is what had accrued by its two ends, and between two changes that is a straight line. So one record a day is
//! enough, exact to the second: a later change of the same day replaces the record of the day, an untouched day needs none.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_common::epoch::DAY;
use fomo_common::stake::{Checkpoint, stake_seconds};
use fomo_common::{Epoch, Timestamp};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};

use crate::bits::{cut, cut_u64, halves, join, mask, narrow, wide};
use crate::error::{Error, Own};

/// Bits of a time: seconds until the year 4147.
pub const TIME_BITS: usize = 36;
/// Bits of a stake: a whole Model Token has 10²⁴ < 2⁸⁰.
pub const STAKE_BITS: usize = 80;
/// Bits of stake-seconds: a stake for as long as there is time.
const ACCRUED_BITS: usize = STAKE_BITS + TIME_BITS;
/// Bits of the number of older records in each half of the slot, 24 in all: more than there are days.
const COUNT_PART: usize = 128 - ACCRUED_BITS;

/// The last record of a day, in one slot: stake, time and half of the count, then the rest of the count and what had accrued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Record {
    stake: u128,
    at: u64,
    /// How many records were before it.
    count: u64,
    /// Stake-seconds before it.
    accrued: u128,
}

impl Record {
    fn unpack(word: U256) -> Self {
        let (upper, lower) = halves(word);
        Self {
            stake: upper >> (128 - STAKE_BITS),
            at: cut_u64(upper, COUNT_PART, TIME_BITS),
            count: cut_u64(upper, 0, COUNT_PART) << COUNT_PART | cut_u64(lower, ACCRUED_BITS, COUNT_PART),
            accrued: cut(lower, 0, ACCRUED_BITS),
        }
    }

    /// Every part fits: the stake is checked, what accrues is a stake times a time, and no two records are of one day.
    fn pack(&self) -> U256 {
        let upper = self.stake << TIME_BITS | u128::from(self.at);
        let upper = upper << COUNT_PART | u128::from(self.count >> COUNT_PART);
        let lower = u128::from(self.count) & mask(COUNT_PART);
        join(upper, lower << ACCRUED_BITS | self.accrued)
    }

    fn checkpoint(&self) -> Checkpoint {
        Checkpoint { at: Timestamp(self.at), stake: wide(self.stake), accrued: wide(self.accrued) }
    }

    fn day(&self) -> u64 {
        self.at / DAY.0
    }
}

/// A stake over time: the last record one slot away, the ones before it in the order of their days.
#[storage]
pub struct History {
    newest: StorageU256,
    older: StorageMap<U256, StorageU256>,
}

impl History {
    /// The stake now.
    pub fn stake(&self) -> u128 {
        Record::unpack(self.newest.get()).stake
    }

    /// Adds to the stake from `now` on; the stake then.
    ///
    /// # Errors
    /// `TooLarge` where it comes to 2⁸⁰ or more.
    pub fn add(&mut self, now: Timestamp, amount: u128) -> Result<u128, Error> {
        self.change(now, |stake| stake.checked_add(amount).filter(|stake| *stake <= mask(STAKE_BITS)))
            .ok_or_else(|| fomo_access::Error::TooLarge.into())
    }

    /// Takes from the stake from `now` on; the stake then.
    ///
    /// # Errors
    /// `InsufficientStake`.
    pub fn sub(&mut self, now: Timestamp, amount: u128) -> Result<u128, Error> {
        self.change(now, |stake| stake.checked_sub(amount)).ok_or_else(|| Own::InsufficientStake.into())
    }

    fn change(&mut self, now: Timestamp, to: impl FnOnce(u128) -> Option<u128>) -> Option<u128> {
        let word = self.newest.get();
        let before = Record::unpack(word);
        let stake = to(before.stake)?;
        let accrued = narrow(before.checkpoint().accrued_by(now).ok()?).ok()?;
        let mut count = before.count;
        if !word.is_zero() && before.day() != now.0 / DAY.0 {
            self.older.insert(U256::from(count), word);
            count = count.saturating_add(1);
        }
        self.newest.set(Record { stake, at: now.0, count, accrued }.pack());
        Some(stake)
    }

    /// Stake-seconds of an epoch that has ended: exact.
    ///
    /// # Errors
    /// None: records are in the order of time.
    pub fn stake_seconds(&self, epoch: Epoch) -> Result<U256, Error> {
        let newest = Record::unpack(self.newest.get());
        let (index, last) = match newest.day().checked_sub(epoch.number()) {
            None | Some(0) => (newest.count, newest),
            Some(days) => match self.last_by(epoch, newest.count, days) {
                Some(found) => found,
                None => return Ok(U256::ZERO),
            },
        };
        // A record of the epoch itself says what had accrued by its end; by its start, the one before does.
        let first =
            if last.day() == epoch.number() { index.checked_sub(1).map(|index| self.older(index)) } else { Some(last) };
        let first = first.map(|record| record.checkpoint());
        Ok(stake_seconds(first.as_ref(), Some(&last.checkpoint()), epoch)?)
    }

    /// The last of the older records by the end of an epoch, and its index. No two are of one day, so the one as many records
    /// back as the epoch is days back is old enough already: the search is over those days, however long the history is.
    fn last_by(&self, epoch: Epoch, count: u64, days: u64) -> Option<(u64, Record)> {
        let (mut low, mut high) = (count.checked_sub(days).map_or(0, |known| known.saturating_add(1)), count);
        while low < high {
            let middle = low.midpoint(high);
            if self.older(middle).day() <= epoch.number() { low = middle.saturating_add(1) } else { high = middle }
        }
        let index = low.checked_sub(1)?;
        Some((index, self.older(index)))
    }

    fn older(&self, index: u64) -> Record {
        Record::unpack(self.older.get(U256::from(index)))
    }
}
