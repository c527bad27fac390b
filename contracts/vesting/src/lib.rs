//! Vesting (`protocol.md` §5): linear from the start, released from the cliff on, frozen when it is opened.
//!
//! Nobody has power over it: no admin, no pause, no parameters. Anyone may open a vesting with tokens of its own, and anyone may
//! trigger a release, which pays the beneficiary. Each vesting pays at most what it was opened with, so that vestings of the
//! same token do not touch each other; what is sent to the contract otherwise is nobody's.
//!
//! Amounts are in the token's smallest unit. Tokens that take a fee on transfers are not meant for it: their last release would
//! lack the fee.
extern crate alloc;

mod error;
pub mod event;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use fomo_access::abi::{Word, Words};
use fomo_access::{enter, narrow, routes, token};
use fomo_common::vesting::Vesting as Schedule;
use fomo_common::{Seconds, Timestamp};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU32, StorageU64, StorageU128, StorageU256};

pub use error::{Error, Own};

/// One vesting, in three slots.
#[storage]
pub struct Record {
    token: StorageAddress,
    start: StorageU64,
    length: StorageU32,
    beneficiary: StorageAddress,
    cliff: StorageU32,
    total: StorageU128,
    released: StorageU128,
    proposed: StorageAddress,
}

/// The contract's storage. Fields are only ever appended.
#[storage]
pub struct Vesting {
    count: StorageU256,
    records: StorageMap<U256, Record>,
}

impl Record {
    fn schedule(&self) -> Result<Schedule, Error> {
        let seconds = |field: &StorageU32| Seconds(field.get().to());
        let start = Timestamp(self.start.get().to());
        Ok(Schedule::new(self.total.get().to(), start, seconds(&self.cliff), seconds(&self.length))?)
    }

    fn releasable(&self) -> Result<U256, Error> {
        let now = Timestamp(self.vm().block_timestamp());
        Ok(self.schedule()?.releasable(now, self.released.get().to())?)
    }
}

impl Vesting {
    /// Opens a vesting of `amount` of `token`, which the caller has approved, and gives its id; ids count from zero.
    ///
    /// `start` is a time, in the past too; `cliff` and `length` are seconds from it, `cliff ≤ length`.
    ///
    /// Emits [`event::VestingOpened`].
    ///
    /// # Errors
    /// `ZeroAddress` without a beneficiary, `NothingToVest`, `VestingInvalid`, `TooLarge`, `TokenCallFailed`, or the token's own.
    pub fn open(
        &mut self,
        token: Address,
        beneficiary: Address,
        amount: U256,
        start: u64,
        cliff: u64,
        length: u64,
    ) -> Result<U256, Error> {
        enter(self.vm())?;
        if beneficiary.is_zero() {
            return Err(fomo_access::Error::ZeroAddress.into());
        }
        if amount.is_zero() {
            return Err(Own::NothingToVest.into());
        }
        if !token::has_code(self.vm(), token) {
            return Err(fomo_access::Error::TokenCallFailed.into());
        }
        Schedule::new(amount, Timestamp(start), Seconds(cliff), Seconds(length))?;
        let id = self.count.get();
        let mut record = self.records.setter(id);
        record.token.set(token);
        record.beneficiary.set(beneficiary);
        record.total.set(narrow(amount)?);
        record.start.set(narrow(U256::from(start))?);
        record.cliff.set(narrow(U256::from(cliff))?);
        record.length.set(narrow(U256::from(length))?);
        self.count.set(id.wrapping_add(U256::ONE));
        event::VestingOpened { id, token, beneficiary, amount, start, cliff, length }.log(self.vm());
        let (from, to) = (self.vm().msg_sender(), self.vm().contract_address());
        token::transfer_from(self.vm(), token, from, to, amount)?;
        Ok(id)
    }

    /// Pays the beneficiary what has vested and was not paid yet. By anyone.
    ///
    /// Emits [`event::Released`].
    ///
    /// # Errors
    /// `UnknownVesting`, `NothingToRelease`, or the token's own.
    pub fn release(&mut self, id: U256) -> Result<U256, Error> {
        enter(self.vm())?;
        self.known(id)?;
        let mut record = self.records.setter(id);
        let amount = record.releasable()?;
        if amount.is_zero() {
            return Err(Own::NothingToRelease.into());
        }
        let released = fomo_common::math::add(record.released.get().to(), amount)?;
        record.released.set(narrow(released)?);
        let (token, beneficiary) = (record.token.get(), record.beneficiary.get());
        event::Released { id, beneficiary, amount, released }.log(self.vm());
        token::transfer(self.vm(), token, beneficiary, amount)?;
        Ok(amount)
    }

    /// Proposes another beneficiary, zero to take a proposal back. By the beneficiary.
    ///
    /// Emits [`event::BeneficiaryProposed`].
    ///
    /// # Errors
    /// `UnknownVesting`, `NotBeneficiary`.
    pub fn propose_beneficiary(&mut self, id: U256, account: Address) -> Result<(), Error> {
        self.known(id)?;
        let mut record = self.records.setter(id);
        if record.beneficiary.get() != record.vm().msg_sender() {
            return Err(Own::NotBeneficiary.into());
        }
        record.proposed.set(account);
        event::BeneficiaryProposed { id, account }.log(self.vm());
        Ok(())
    }

    /// Becomes the beneficiary. By who was proposed.
    ///
    /// Emits [`event::BeneficiaryChanged`].
    ///
    /// # Errors
    /// `UnknownVesting`, `NotProposedBeneficiary`.
    pub fn accept_beneficiary(&mut self, id: U256) -> Result<(), Error> {
        self.known(id)?;
        let account = self.vm().msg_sender();
        let mut record = self.records.setter(id);
        if record.proposed.get() != account {
            return Err(Own::NotProposedBeneficiary.into());
        }
        let previous = record.beneficiary.get();
        record.beneficiary.set(account);
        record.proposed.erase();
        event::BeneficiaryChanged { id, previous, account }.log(self.vm());
        Ok(())
    }

    /// How many vestings there are.
    pub fn count(&self) -> U256 {
        self.count.get()
    }

    /// Token, beneficiary, proposed beneficiary, total, released, start, cliff and length.
    ///
    /// # Errors
    /// `UnknownVesting`.
    pub fn vesting(&self, id: U256) -> Result<Words<8>, Error> {
        self.known(id)?;
        let record = self.records.getter(id);
        Ok(Words([
            record.token.get().word(),
            record.beneficiary.get().word(),
            record.proposed.get().word(),
            record.total.get().to(),
            record.released.get().to(),
            record.start.get().to(),
            record.cliff.get().to(),
            record.length.get().to(),
        ]))
    }

    /// What a release would pay now.
    ///
    /// # Errors
    /// `UnknownVesting`.
    pub fn releasable(&self, id: U256) -> Result<U256, Error> {
        self.known(id)?;
        self.records.getter(id).releasable()
    }

    /// What has vested by a time, released or not.
    ///
    /// # Errors
    /// `UnknownVesting`.
    pub fn vested_at(&self, id: U256, time: u64) -> Result<U256, Error> {
        self.known(id)?;
        Ok(self.records.getter(id).schedule()?.vested(Timestamp(time))?)
    }
}

impl Vesting {
    fn known(&self, id: U256) -> Result<(), Error> {
        if id < self.count.get() { Ok(()) } else { Err(Own::UnknownVesting.into()) }
    }
}

routes! { Vesting;
    "open" => open(Address, Address, U256, u64, u64, u64);
    "release" => release(U256);
    "proposeBeneficiary" => propose_beneficiary(U256, Address);
    "acceptBeneficiary" => accept_beneficiary(U256);
    "count" => count();
    "vesting" => vesting(U256);
    "releasable" => releasable(U256);
    "vestedAt" => vested_at(U256, u64);
}
