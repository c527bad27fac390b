//! A tranche in storage.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_access::narrow;
use fomo_common::emission::{Shape, Tranche};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageBool, StorageU16, StorageU32, StorageU128};

use crate::error::Error;

/// Days of every tranche (§8).
pub const DAYS: u16 = 180;

/// A tranche: what it was funded with, what is left, and how many of its days have passed.
#[storage]
pub struct StoredTranche {
    funded: StorageU128,
    remaining: StorageU128,
    /// First day that it pays for.
    start: StorageU32,
    days: StorageU16,
    /// Sealed days on which its token was supported.
    elapsed: StorageU16,
    level: StorageBool,
}

impl StoredTranche {
    /// Opens it.
    pub fn open(&mut self, funded: U256, start: u64, level: bool) -> Result<(), Error> {
        self.funded.set(narrow(funded)?);
        self.remaining.set(narrow(funded)?);
        self.start.set(narrow(U256::from(start))?);
        self.days.set(narrow(U256::from(DAYS))?);
        self.level.set(level);
        Ok(())
    }

    /// Adds a funding of the same day; gives all of it.
    pub fn add(&mut self, amount: U256) -> Result<U256, Error> {
        let funded = fomo_common::math::add(self.funded.get().to(), amount)?;
        self.funded.set(narrow(funded)?);
        self.remaining.set(narrow(funded)?);
        Ok(funded)
    }

    /// A sealed day on which its token was supported: what it pays, which is nothing where nobody qualifies; and what is left in the end,
    /// where this was the last.
    pub fn day(&mut self, epoch: u64, pays: bool) -> Result<(U256, Option<U256>), Error> {
        let Some(tranche) = self.tranche().filter(|_| self.live() && self.start() <= epoch) else {
            return Ok((U256::ZERO, None));
        };
        let (day, remaining) = (self.elapsed(), self.remaining());
        let paid = if pays { tranche.pool(day.into(), remaining)? } else { U256::ZERO };
        let rest = fomo_common::math::sub(remaining, paid)?;
        let days = day.saturating_add(1);
        let over = tranche.is_over(days.into());
        self.elapsed.set(narrow(U256::from(days))?);
        self.remaining.set(narrow(if over { U256::ZERO } else { rest })?);
        Ok((paid, Some(rest).filter(|rest| over && !rest.is_zero())))
    }

    /// What it would pay on its next day, if that were this epoch and anyone qualified.
    pub fn pool_of(&self, epoch: u64) -> Result<U256, Error> {
        match self.tranche().filter(|_| self.live() && self.start() <= epoch) {
            Some(tranche) => Ok(tranche.pool(self.elapsed().into(), self.remaining())?),
            None => Ok(U256::ZERO),
        }
    }

    /// Its formula; nothing where there is none.
    pub fn tranche(&self) -> Option<Tranche> {
        let shape = if self.level.get() { Shape::Level } else { Shape::Declining };
        Tranche::new(self.funded.get().to(), self.days.get().to(), shape).ok()
    }

    /// First day that it pays for.
    pub fn start(&self) -> u64 {
        self.start.get().to()
    }

    /// Whether it declines or is level.
    pub fn level(&self) -> bool {
        self.level.get()
    }

    /// What was not paid yet.
    pub fn remaining(&self) -> U256 {
        self.remaining.get().to()
    }

    /// Sealed days on which its token was supported.
    pub fn elapsed(&self) -> u16 {
        self.elapsed.get().to()
    }

    /// Whether it can still pay.
    pub fn live(&self) -> bool {
        let over = self.tranche().is_none_or(|tranche| tranche.is_over(self.elapsed().into()));
        !over && !self.remaining().is_zero()
    }
}
