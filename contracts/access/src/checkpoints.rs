//! Values over time.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};

use crate::Error;

/// Bits of a value; its time takes the 64 above.
const VALUE_BITS: usize = 192;

/// A history of values of up to 192 bits, each from a time on (seconds or epochs). The newest is one slot away; an older one is
/// found by binary search.
#[storage]
pub struct Checkpoints {
    /// The newest: time · 2¹⁹² + value; zero before the first.
    newest: StorageU256,
    /// How many are in `older`.
    count: StorageU256,
    older: StorageMap<U256, StorageU256>,
}

fn unpack(word: U256) -> (u64, U256) {
    (word.wrapping_shr(VALUE_BITS).as_limbs()[0], word.wrapping_shl(256 - VALUE_BITS).wrapping_shr(256 - VALUE_BITS))
}

impl Checkpoints {
    /// The newest and its time; nothing before the first.
    pub fn newest(&self) -> Option<(u64, U256)> {
        let word = self.newest.get();
        if word.is_zero() { None } else { Some(unpack(word)) }
    }

    /// The value at a time: that of the newest checkpoint at or before it.
    pub fn at(&self, time: u64) -> Option<U256> {
        let (newest, value) = self.newest()?;
        if newest <= time {
            return Some(value);
        }
        let (mut low, mut high) = (U256::ZERO, self.count.get());
        // Everything below `low` is at or before the time, everything from `high` on is after it.
        while low < high {
            let middle = low.wrapping_add(high).wrapping_shr(1);
            if unpack(self.older.get(middle)).0 <= time { low = middle.wrapping_add(U256::ONE) } else { high = middle }
        }
        let index = low.checked_sub(U256::ONE)?;
        Some(unpack(self.older.get(index)).1)
    }

    /// Sets the value from a time on, over one of the same time.
    ///
    /// # Errors
    /// [`Error::TimeBackwards`] for a time before the newest, or time zero; [`Error::TooLarge`] for a value over 192 bits.
    pub fn push(&mut self, time: u64, value: U256) -> Result<(), Error> {
        if value.bit_len() > VALUE_BITS {
            return Err(Error::TooLarge);
        }
        let before = self.newest.get();
        let newest = unpack(before).0;
        if time < newest || time == 0 {
            return Err(Error::TimeBackwards);
        }
        if time > newest && !before.is_zero() {
            let count = self.count.get();
            self.older.insert(count, before);
            self.count.set(count.wrapping_add(U256::ONE));
        }
        self.newest.set(U256::from(time).wrapping_shl(VALUE_BITS) | value);
        Ok(())
    }
}
