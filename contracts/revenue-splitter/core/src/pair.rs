//! Two amounts side by side.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_access::{Error, narrow};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU256;

/// Two amounts of 128 bits in a slot.
#[storage]
pub struct StoragePair {
    word: StorageU256,
}

impl StoragePair {
    /// The two.
    pub fn get(&self) -> (U256, U256) {
        let [a, b, c, d] = *self.word.get().as_limbs();
        (U256::from_limbs([a, b, 0, 0]), U256::from_limbs([c, d, 0, 0]))
    }

    /// Sets them.
    ///
    /// # Errors
    /// [`Error::TooLarge`] from 2¹²⁸ on.
    pub fn set(&mut self, first: U256, second: U256) -> Result<(), Error> {
        let second = U256::from(narrow::<128, 2>(second)?).wrapping_shl(128);
        self.word.set(U256::from(narrow::<128, 2>(first)?) | second);
        Ok(())
    }

    /// Adds to each of them; gives the sums.
    ///
    /// # Errors
    /// [`Error::TooLarge`] from 2¹²⁸ on.
    pub fn add(&mut self, first: U256, second: U256) -> Result<(U256, U256), Error> {
        let (a, b) = self.get();
        let sums = (a.saturating_add(first), b.saturating_add(second));
        self.set(sums.0, sums.1)?;
        Ok(sums)
    }
}
