//! What the outside reads of the past, and of now.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_common::lock::Lock;
use fomo_common::{Epoch, Timestamp, stake};
use stylus_sdk::prelude::*;

use crate::StakeRegistry;
use crate::bits::{join, narrow};
use crate::error::{Error, Own};
use crate::history::TIME_BITS;
use crate::locking::seconds;

impl StakeRegistry {
    /// The block's time. In the year 4147 it stops, so that who leaves then still can.
    pub(crate) fn now(&self) -> Timestamp {
        Timestamp(self.vm().block_timestamp().min((1 << TIME_BITS) - 1))
    }

    fn today(&self) -> Result<Epoch, Error> {
        Ok(Epoch::of(self.now())?)
    }

    /// An epoch that nothing can change any more.
    pub(crate) fn ended(&self, epoch: u64) -> Result<Epoch, Error> {
        let epoch = Epoch::new(epoch)?;
        if epoch.end() > self.now() { Err(Own::EpochNotEnded.into()) } else { Ok(epoch) }
    }

    pub(crate) fn preview(&self, amount: U256, period: U256) -> Result<U256, Error> {
        Ok(Lock::open(amount, self.now(), seconds(period), self.epsilon()?)?.gm)
    }

    pub(crate) fn effective_at(&self, account: Address, time: Timestamp) -> Result<U256, Error> {
        if time > self.now() {
            return Err(Own::TimeNotReached.into());
        }
        self.books.getter(account).effective_at(time)
    }

    pub(crate) fn multiplier_now(&self, account: Address) -> Result<U256, Error> {
        let effective = self.books.getter(account).effective(self.now())?;
        Ok(self.multiplier_of(effective, self.today()?.number())?.raw())
    }

    pub(crate) fn multiplier_of_epoch(&self, account: Address, epoch: u64) -> Result<U256, Error> {
        let epoch = self.ended(epoch)?;
        let effective = self.books.getter(account).effective_at(epoch.end())?;
        Ok(self.multiplier_of(effective, epoch.number())?.raw())
    }

    pub(crate) fn discount(&self, account: Address, mt: Address) -> Result<u16, Error> {
        let today = self.today()?.number();
        let Some(yesterday) = today.checked_sub(1) else { return Ok(0) };
        let seconds = self.with_history(mt, account, |history| history.stake_seconds(Epoch::new(yesterday)?))?;
        let average = stake::average(seconds)?.min(self.stake_of(account, mt));
        Ok(stake::discount(&self.tiers(today)?, average).get())
    }

    pub(crate) fn read_accounts(&self, mt: Address, epoch: u64, accounts: &[Address]) -> Result<Vec<U256>, Error> {
        let epoch = self.ended(epoch)?;
        let token = self.tokens.getter(mt);
        let (total, stakers) = token.histories();
        let mut words = Vec::with_capacity(accounts.len().saturating_add(1));
        words.push(total.stake_seconds(epoch)?);
        for account in accounts {
            let seconds = stakers.getter(*account).history().stake_seconds(epoch)?;
            let effective = self.books.getter(*account).effective_at(epoch.end())?;
            // Both have under 2¹²⁸: 80 bits of stake times a day, 92 of gmFLOCK in 16 locks.
            words.push(join(narrow(seconds)?, narrow(effective)?));
        }
        Ok(words)
    }
}
