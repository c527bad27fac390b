//! What a token's users share of a day.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_access::narrow;
use fomo_common::math;
use fomo_common::score::payout;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageU32, StorageU64, StorageU128};

use crate::error::Error;

/// A token's day: the sums of a report, and from its sealing on its pools. FLOCK and MT that no row gets, less than a wei for each row and
/// pool, stay in what is left.
#[storage]
pub struct Day {
    pub global_score: StorageU128,
    pub incentive_score: StorageU128,
    pub spend: StorageU64,
    pub rows: StorageU32,
    pub mt_pool: StorageU128,
    pub global_pool: StorageU128,
    pub reserved_pool: StorageU128,
    pub flock_left: StorageU128,
    pub mt_left: StorageU128,
}

/// The three pools of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pools {
    pub global: U256,
    pub reserved: U256,
    pub mt: U256,
}

/// What rows are paid by.
pub struct Rates {
    global_score: U256,
    incentive_score: U256,
    pools: Pools,
}

impl Day {
    /// Adds the rows of a batch.
    pub fn add(&mut self, rows: u32, spend: u64, global: u128, incentive: u128) -> Result<(), Error> {
        let global = math::add(self.global_score.get().to(), U256::from(global))?;
        let incentive = math::add(self.incentive_score.get().to(), U256::from(incentive))?;
        self.global_score.set(narrow(global)?);
        self.incentive_score.set(narrow(incentive)?);
        let rows = self.rows.get().to::<u32>().saturating_add(rows);
        self.rows.set(narrow(U256::from(rows))?);
        let spend = math::add(self.spend.get().to(), U256::from(spend))?;
        self.spend.set(narrow(spend)?);
        Ok(())
    }

    /// Sets the pools when the epoch is sealed.
    pub fn seal(&mut self, pools: Pools) -> Result<(), Error> {
        self.global_pool.set(narrow(pools.global)?);
        self.reserved_pool.set(narrow(pools.reserved)?);
        self.mt_pool.set(narrow(pools.mt)?);
        self.flock_left.set(narrow(math::add(pools.global, pools.reserved)?)?);
        self.mt_left.set(narrow(pools.mt)?);
        Ok(())
    }

    /// What rows are paid by.
    pub fn rates(&self) -> Rates {
        Rates {
            global_score: self.global_score.get().to(),
            incentive_score: self.incentive_score.get().to(),
            pools: Pools {
                global: self.global_pool.get().to(),
                reserved: self.reserved_pool.get().to(),
                mt: self.mt_pool.get().to(),
            },
        }
    }

    /// Takes what rows were paid; what is left.
    pub fn pay(&mut self, flock: U256, mt: U256) -> Result<(U256, U256), Error> {
        let flock_left = math::sub(self.flock_left.get().to(), flock)?;
        let mt_left = math::sub(self.mt_left.get().to(), mt)?;
        self.flock_left.set(narrow(flock_left)?);
        self.mt_left.set(narrow(mt_left)?);
        Ok((flock_left, mt_left))
    }
}

impl Rates {
    /// A row's FLOCK and MT.
    ///
    /// # Errors
    /// None for a row of the day.
    pub fn payouts(&self, global: U256, incentive: U256) -> Result<(U256, U256), Error> {
        let share = |pool: U256, part: U256, total: U256| {
            // Nothing times anything is nothing, and a total of nothing has no parts.
            if pool.is_zero() || part.is_zero() { Ok(U256::ZERO) } else { payout(pool, part, total) }
        };
        let global = share(self.pools.global, global, self.global_score)?;
        let reserved = share(self.pools.reserved, incentive, self.incentive_score)?;
        let mt = share(self.pools.mt, incentive, self.incentive_score)?;
        Ok((math::add(global, reserved)?, mt))
    }
}
