//! gmFLOCK: FLOCK locked for a while, by its owner or who it approved.

use alloy_primitives::{Address, U256};
use fomo_access::abi::Rows;
use fomo_access::token;
use fomo_common::lock::Lock;
use fomo_common::{Seconds, Timestamp, math};
use stylus_sdk::prelude::*;

use crate::book::Opened;
use crate::error::{Error, Own};
use crate::{StakeRegistry, event};

impl StakeRegistry {
    pub(crate) fn exchange(&mut self, amount: U256, period: U256, account: Address) -> Result<U256, Error> {
        self.access.pauses.only_unpaused()?;
        let payer = self.vm().msg_sender();
        if account != payer && !self.operators.getter(account).get(payer) {
            return Err(Own::NotOperator.into());
        }
        if amount.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        let now = self.now();
        let lock = Lock::open(amount, now, seconds(period), self.epsilon()?)?;
        let mut book = self.books.setter(account);
        let mut draft = book.draft();
        let place = book.place(&mut draft, now)?;
        let id = book.set(&mut draft, place, &lock)?;
        book.write(draft, now)?;
        let total = math::add(self.total_locked.get(), amount)?;
        self.total_locked.set(total);
        let (gm, unlock) = (lock.gm, lock.unlock.0);
        event::LockOpened { account, id, payer, amount, gm, unlock, total_locked: total }.log(self.vm());
        self.take(payer, amount)?;
        Ok(id)
    }

    pub(crate) fn increase(&mut self, id: U256, added: U256) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        if added.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        let epsilon = self.epsilon()?;
        let (account, lock) = self.change(id, |lock, now| Ok(lock.increase(now, added, epsilon)?))?;
        let total = math::add(self.total_locked.get(), added)?;
        self.total_locked.set(total);
        let Lock { amount, gm, unlock } = lock;
        event::LockIncreased { account, id, added, amount, gm, unlock: unlock.0, total_locked: total }.log(self.vm());
        self.take(account, added)
    }

    pub(crate) fn extend(&mut self, id: U256, unlock: u64) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        let epsilon = self.epsilon()?;
        let (account, lock) = self.change(id, |lock, now| Ok(lock.extend(now, Timestamp(unlock), epsilon)?))?;
        let (amount, gm) = (lock.amount, lock.gm);
        event::LockExtended { account, id, amount, gm, unlock }.log(self.vm());
        Ok(())
    }

    /// Puts another record in a lock's place.
    fn change(
        &mut self,
        id: U256,
        change: impl FnOnce(&Lock, Timestamp) -> Result<Lock, Error>,
    ) -> Result<(Address, Lock), Error> {
        let (now, account) = (self.now(), self.vm().msg_sender());
        let mut book = self.books.setter(account);
        let (place, lock) = book.find(id)?;
        let lock = change(&lock, now)?;
        let mut draft = book.draft();
        book.set(&mut draft, place, &lock)?;
        book.write(draft, now)?;
        Ok((account, lock))
    }

    pub(crate) fn merge(&mut self, first: U256, second: U256) -> Result<U256, Error> {
        self.access.pauses.only_unpaused()?;
        if first == second {
            return Err(Own::SameLock.into());
        }
        let epsilon = self.epsilon()?;
        let (now, account) = (self.now(), self.vm().msg_sender());
        let mut book = self.books.setter(account);
        let (a, b) = (book.find(first)?, book.find(second)?);
        let merged = a.1.merge(&b.1, now, epsilon)?;
        // The one that unlocks later goes on, the first of two that unlock together.
        let ((place, _), (gone, _), other) = if b.1.unlock > a.1.unlock { (b, a, first) } else { (a, b, second) };
        let mut draft = book.draft();
        book.remove(&mut draft, gone);
        let id = book.set(&mut draft, place, &merged)?;
        book.write(draft, now)?;
        let Lock { amount, gm, unlock } = merged;
        event::LocksMerged { account, id, other, amount, gm, unlock: unlock.0 }.log(self.vm());
        Ok(id)
    }

    pub(crate) fn withdraw_unlocked(&mut self, id: U256) -> Result<U256, Error> {
        let (now, account) = (self.now(), self.vm().msg_sender());
        let mut book = self.books.setter(account);
        let (place, Lock { amount, unlock, .. }) = book.find(id)?;
        if unlock > now {
            return Err(Own::StillLocked.into());
        }
        book.close(place);
        let total = math::sub(self.total_locked.get(), amount)?;
        self.total_locked.set(total);
        event::LockWithdrawn { account, id, amount, total_locked: total }.log(self.vm());
        token::transfer(self.vm(), self.access.pauses.token(), account, amount)?;
        Ok(amount)
    }

    /// Takes FLOCK from who pays for a lock, at the end of what it does.
    fn take(&self, payer: Address, amount: U256) -> Result<(), Error> {
        let (flock, to) = (self.access.pauses.token(), self.vm().contract_address());
        Ok(token::transfer_from(self.vm(), flock, payer, to, amount)?)
    }

    pub(crate) fn open_locks(&self, account: Address, offset: u64, limit: u64) -> Rows<4> {
        let book = self.books.getter(account);
        let page = book.opened().skip(saturated(offset)).take(saturated(limit));
        Rows(page.map(|Opened { id, lock }| [id, lock.amount, lock.gm, U256::from(lock.unlock.0)]).collect())
    }
}

/// A period of the ABI; one that is longer than time is too long.
pub(crate) fn seconds(period: U256) -> Seconds {
    Seconds(u64::try_from(period).unwrap_or(u64::MAX))
}

fn saturated(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
