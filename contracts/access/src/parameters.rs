//! Under which values.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U256};
use fomo_common::epoch::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU64, StorageU256};

use crate::checkpoints::Checkpoints;
use crate::roles::{ADMIN, Roles, role};
use crate::{Error, event};

/// Seconds between proposing and executing: itself a parameter.
pub const DELAY: B256 = const { role("DELAY") };
/// The delay of a new contract: two days.
pub(crate) const DEFAULT_DELAY: U256 = U256::from_limbs([2 * DAY.0, 0, 0, 0]);
/// The shortest delay, in seconds: one day.
pub const LEAST_DELAY: u64 = DAY.0;
/// The longest delay, in seconds: 30 days, so that a slip cannot lock the parameters.
const MOST_DELAY: u64 = 30 * DAY.0;
/// Seconds within which a proposal that is due can be executed: 14 days.
pub const VALID_FOR: u64 = 14 * DAY.0;

/// A value that waits.
#[storage]
pub struct Proposal {
    value: StorageU256,
    /// Zero where there is none.
    due: StorageU64,
}

/// Values of up to 192 bits under a key: a name in ASCII, or a hash of a name and what it belongs to.
#[storage]
pub struct Parameters {
    values: StorageMap<B256, Checkpoints>,
    proposals: StorageMap<B256, Proposal>,
}

impl Parameters {
    /// The value now, that is, of the last execution.
    ///
    /// # Errors
    /// [`Error::ParameterUnset`].
    pub fn get(&self, key: B256) -> Result<U256, Error> {
        self.values.getter(key).newest().map(|(_, value)| value).ok_or(Error::ParameterUnset)
    }

    /// The value that an epoch is computed with: executions of a day count from the next.
    ///
    /// # Errors
    /// [`Error::ParameterUnset`] where it had none then.
    pub fn at(&self, key: B256, epoch: u64) -> Result<U256, Error> {
        self.values.getter(key).at(epoch).ok_or(Error::ParameterUnset)
    }

    /// What is proposed, and from when it can be executed; zeros where nothing is.
    pub fn proposal(&self, key: B256) -> (U256, u64) {
        let proposal = self.proposals.getter(key);
        (proposal.value.get(), proposal.due.get().to())
    }

    /// Sets a first value, which counts at once: nothing could rely on it before. For constructors and [`Self::initialize`].
    ///
    /// # Errors
    /// [`Error::AlreadyInitialized`], [`Error::TooLarge`].
    pub fn set(&mut self, key: B256, value: U256) -> Result<(), Error> {
        if self.values.getter(key).newest().is_some() {
            return Err(Error::AlreadyInitialized);
        }
        self.push(key, value, self.today())
    }

    /// Sets a first value after construction. By the admin.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::AlreadyInitialized`], [`Error::TooLarge`].
    pub fn initialize(&mut self, roles: &Roles, key: B256, value: U256) -> Result<(), Error> {
        roles.only(ADMIN)?;
        self.set(key, value)
    }

    /// Proposes a value, in place of an earlier proposal; the delay begins. By the admin.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::ParameterOutOfRange`] for a delay under a day or over 30, [`Error::ParameterUnset`].
    pub fn propose(&mut self, roles: &Roles, key: B256, value: U256) -> Result<(), Error> {
        roles.only(ADMIN)?;
        if key == DELAY && !(U256::from(LEAST_DELAY)..=U256::from(MOST_DELAY)).contains(&value) {
            return Err(Error::ParameterOutOfRange);
        }
        let delay = self.get(DELAY)?.as_limbs()[0];
        let due = self.vm().block_timestamp().saturating_add(delay);
        let mut proposal = self.proposals.setter(key);
        proposal.value.set(value);
        proposal.due.set(due.try_into().unwrap_or_default());
        event::ParameterProposed { key, value, due, expires: due.saturating_add(VALID_FOR) }.log(self.vm());
        Ok(())
    }

    /// Takes a proposal back. By the admin.
    ///
    /// # Errors
    /// [`Error::Unauthorized`], [`Error::NotProposed`].
    pub fn cancel(&mut self, roles: &Roles, key: B256) -> Result<(), Error> {
        roles.only(ADMIN)?;
        self.take(key)?;
        event::ParameterCancelled { key }.log(self.vm());
        Ok(())
    }

    /// Makes a proposal that is due the value; for what is computed per epoch, from the next on. By anyone.
    ///
    /// # Errors
    /// [`Error::NotProposed`], [`Error::TooEarly`], [`Error::ProposalExpired`], [`Error::TooLarge`].
    pub fn execute(&mut self, key: B256) -> Result<(), Error> {
        let (value, due) = self.take(key)?;
        let now = self.vm().block_timestamp();
        if now < due {
            return Err(Error::TooEarly);
        }
        if now > due.saturating_add(VALID_FOR) {
            return Err(Error::ProposalExpired);
        }
        self.push(key, value, self.today().saturating_add(1))
    }

    fn take(&mut self, key: B256) -> Result<(U256, u64), Error> {
        let (value, due) = self.proposal(key);
        if due == 0 {
            return Err(Error::NotProposed);
        }
        let mut proposal = self.proposals.setter(key);
        proposal.value.erase();
        proposal.due.erase();
        Ok((value, due))
    }

    fn push(&mut self, key: B256, value: U256, epoch: u64) -> Result<(), Error> {
        self.values.setter(key).push(epoch, value)?;
        event::ParameterSet { key, value, epoch }.log(self.vm());
        Ok(())
    }

    fn today(&self) -> u64 {
        self.vm().block_timestamp() / DAY.0
    }
}
