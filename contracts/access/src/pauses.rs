//! When not.
//!
//! A pause moves the end of what it stops by its own length. So there is a clock that stands still during pauses,
//! [`Pauses::clock`], and what has a length is measured by it.

use alloc::{vec, vec::Vec};

use alloy_primitives::aliases::U24;
use alloy_primitives::{Address, U64, U256};
use fomo_common::epoch::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageBool, StorageMap, StorageU64, StorageU256, StorageUint};

use crate::roles::{ADMIN, GUARDIAN, Roles};
use crate::{Error, event};

/// Longest pause, in seconds: seven days.
pub const LONGEST_PAUSE: u64 = 7 * DAY.0;

/// Every pause that there was. They do not overlap, and only the last can be in the future.
#[storage]
pub struct Pauses {
    /// The contract's main token. It lies in the slot that says whether there is a pause: a program has no immutables, and what
    /// asks for the one needs the other.
    token: StorageAddress,
    until: StorageU64,
    count: StorageUint<24, 1>,
    /// Whether the guardian has used its pause.
    spent: StorageBool,
    list: StorageMap<U64, StorageU256>,
}

/// A pause: from `since` until `until`, after `before` seconds of earlier ones.
#[derive(Clone, Copy, Default)]
struct Pause {
    since: u64,
    until: u64,
    before: u64,
}

impl Pause {
    fn pack(self) -> U256 {
        U256::from_limbs([self.since, self.until, self.before, 0])
    }

    fn unpack(word: U256) -> Self {
        let [since, until, before, _] = *word.as_limbs();
        Self { since, until, before }
    }

    /// Seconds paused from the first pause until `time`, which is not before this one.
    fn total(&self, time: u64) -> u64 {
        self.before.saturating_add(self.until.min(time).saturating_sub(self.since))
    }

    /// What the clock shows while it stands.
    fn clock(&self) -> u64 {
        self.since.saturating_sub(self.before)
    }
}

impl Pauses {
    /// Until when it is paused; a past time where it is not.
    pub fn until(&self) -> u64 {
        self.until.get().to()
    }

    /// The contract's main token.
    pub fn token(&self) -> Address {
        self.token.get()
    }

    /// Sets the contract's main token; for constructors.
    pub fn set_token(&mut self, token: Address) {
        self.token.set(token);
    }

    /// # Errors
    /// [`Error::EnforcedPause`].
    pub fn only_unpaused(&self) -> Result<(), Error> {
        if self.until() > self.vm().block_timestamp() { Err(Error::EnforcedPause) } else { Ok(()) }
    }

    /// Seconds that were not paused, from the beginning of time until `time`. Never decreases; stands still during a pause.
    pub fn clock(&self, time: u64) -> u64 {
        time.saturating_sub(self.find(|pause| pause.since <= time).total(time))
    }

    /// The first time at which [`Self::clock`] shows `clock`, if no pause is lifted early or added.
    pub fn time(&self, clock: u64) -> u64 {
        clock.saturating_add(self.find(|pause| pause.clock() < clock).total(u64::MAX))
    }

    /// Pauses for `seconds` from now on. The guardian may once, while nothing is paused, until the admin renews its right by pausing or
    /// lifting; the admin may change a pause that is on.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::PauseTooLong`], [`Error::PauseSpent`], [`Error::EnforcedPause`].
    pub fn pause(&mut self, roles: &Roles, seconds: u64) -> Result<(), Error> {
        let admin = roles.held(ADMIN);
        if !admin {
            roles.only(GUARDIAN)?;
            if self.spent.get() {
                return Err(Error::PauseSpent);
            }
            // The admin's pause is not the guardian's to change.
            self.only_unpaused()?;
        }
        if seconds == 0 || seconds > LONGEST_PAUSE {
            return Err(Error::PauseTooLong);
        }
        let now = self.vm().block_timestamp();
        let last = self.last();
        let until = now.saturating_add(seconds);
        // One that is on goes on; over an ended one a new one begins.
        let since = if last.until > now { last.since } else { self.begin(last, now) };
        let pause = Pause { until, ..self.last() };
        self.set_last(pause);
        self.spent.set(!admin);
        let by = self.vm().msg_sender();
        event::Paused { by, since, until }.log(self.vm());
        Ok(())
    }

    /// Ends the pause now. By the admin, who gives the guardian its right back with it, also where nothing is paused; or by the guardian, if
    /// the pause is its own.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::ExpectedPause`].
    pub fn unpause(&mut self, roles: &Roles) -> Result<(), Error> {
        let admin = roles.held(ADMIN);
        if !admin {
            roles.only(GUARDIAN)?;
            if !self.spent.get() {
                return Err(Error::Unauthorized);
            }
        }
        let at = self.vm().block_timestamp();
        let last = self.last();
        let paused = last.until > at;
        if !paused && !admin {
            return Err(Error::ExpectedPause);
        }
        if paused {
            self.set_last(Pause { until: at, ..last });
        }
        if admin {
            self.spent.set(false);
        }
        let by = self.vm().msg_sender();
        event::Unpaused { by, at }.log(self.vm());
        Ok(())
    }

    fn begin(&mut self, last: Pause, now: u64) -> u64 {
        let pause = Pause { since: now, until: now, before: last.total(u64::MAX) };
        let count = self.count();
        self.count.set(U24::saturating_from(count.saturating_add(1)));
        self.list.insert(U64::from(count), pause.pack());
        now
    }

    fn count(&self) -> u64 {
        self.count.get().to()
    }

    fn get(&self, index: u64) -> Pause {
        Pause::unpack(self.list.get(U64::from(index)))
    }

    fn last(&self) -> Pause {
        match self.count().checked_sub(1) {
            Some(index) => self.get(index),
            None => Pause::default(),
        }
    }

    fn set_last(&mut self, pause: Pause) {
        self.until.set(U64::from(pause.until));
        if let Some(index) = self.count().checked_sub(1) {
            self.list.insert(U64::from(index), pause.pack());
        }
    }

    /// The last pause of which `holds` holds, which holds of all before it; an empty one where of none.
    fn find(&self, holds: impl Fn(&Pause) -> bool) -> Pause {
        let (mut low, mut high) = (0, self.count());
        let mut found = Pause::default();
        while low < high {
            let middle = low.midpoint(high);
            let pause = self.get(middle);
            if holds(&pause) {
                found = pause;
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        found
    }
}
