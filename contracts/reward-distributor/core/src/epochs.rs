//! The life of an epoch (§8): open, reporting, complete, sealed; or voided.
//!
//! What a report writes lies under the number of its attempt: voiding it is a step of a few slots, whatever was reported.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U16, U32, U64, U256};
use fomo_access::{ADMIN, GUARDIAN, token};
use fomo_common::Epoch;
use fomo_common::epoch::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{
    StorageAddress, StorageB256, StorageBool, StorageU8, StorageU16, StorageU32, StorageU64, StorageU128, StorageUint,
};

use crate::error::{Error, Own};
use crate::parameters::{HALF, LAMBDA, REGISTRY, REPORTER};
use crate::{RewardDistributor, event};

/// Seconds from a complete report to when it can be sealed: 12 hours.
pub const WINDOW: u64 = DAY.0 / 2;
/// Seconds from an epoch's end until the admin may void it: 7 days; and until anyone may: 30.
pub const ADMIN_VOIDS: u64 = 7 * DAY.0;
/// See [`ADMIN_VOIDS`].
pub const ANYONE_VOIDS: u64 = 30 * DAY.0;
/// How often the guardian may void the report of an epoch.
const GUARDIAN_VOIDS: u8 = 2;
/// Attempts from which on the reporter voids no more: who has its key cannot use up the numbers, and so make a report final. The guardian's
/// two and the admin's fit above.
const MOST_ATTEMPTS: u16 = 1_000;
/// Attempts from which on the reporter's voids give no more time to report: who has its key cannot put off the end of an epoch, and so hold
/// up all sealing, by voiding every 29 days. Those of the guardian and the admin always give it.
const TIMELY_ATTEMPTS: u16 = 3;

/// Where an epoch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// The day goes on.
    Open,
    /// It is over, and no report is declared.
    Unreported,
    /// The report is declared.
    Reporting,
    /// It is complete, for less than twelve hours.
    Complete,
    /// It can be sealed, once the epochs before it are.
    Sealable,
    /// Some tokens are sealed.
    Sealing,
    /// Its rewards can be accrued and claimed.
    Sealed,
    /// It pays nothing.
    Voided,
}

impl State {
    /// As in the interface.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// The report of an epoch. The first four slots are what a batch needs.
#[storage]
pub struct Report {
    pub attempt: StorageU16,
    pub season: StorageU8,
    pub declared: StorageBool,
    pub voided: StorageBool,
    pub guardian_voids: StorageU8,
    /// When the last row came; zero before.
    pub completed: StorageU64,
    pub declared_rows: StorageU32,
    pub rows: StorageU32,
    pub batches: StorageU32,
    pub declared_spend: StorageU64,
    pub spend: StorageU64,
    /// Spend that names a supported token.
    pub eligible: StorageU64,
    pub alpha: StorageU64,
    pub half: StorageUint<192, 3>,
    pub lambda: StorageU64,
    /// The last row's key and account.
    pub last_key: StorageB256,
    pub last_account: StorageAddress,
    /// When a void last gave the epoch more time.
    pub voided_at: StorageU64,
}

/// The epoch that is to be sealed next, and how far it is.
#[storage]
pub struct Sealing {
    pub next: StorageU64,
    /// Tokens that are sealed.
    pub cursor: StorageU64,
    pub begun: StorageBool,
    /// The day's global pool, and what of it is paid so far.
    pub pool: StorageU128,
    pub committed: StorageU128,
    /// FLOCK of tranches that ended with this epoch.
    pub joined: StorageU128,
}

/// Where something of an attempt of an epoch is.
pub fn attempt_key(epoch: u64, attempt: u16, index: u32) -> U256 {
    U256::from_limbs([index.into(), attempt.into(), epoch, 0])
}

impl RewardDistributor {
    /// Where an epoch is, by time and what was done.
    pub fn state_of(&self, epoch: u64) -> State {
        let report = self.reports.getter(U256::from(epoch));
        if epoch < self.sealing.next.get().to::<u64>() {
            let sealed = report.declared.get() && !report.voided.get();
            return if sealed { State::Sealed } else { State::Voided };
        }
        let now = self.vm().block_timestamp();
        let completed = report.completed.get().to::<u64>();
        if epoch >= now / DAY.0 {
            State::Open
        } else if self.sealing.begun.get() && self.sealing.next.get() == U64::from(epoch) {
            State::Sealing
        } else if !report.declared.get() {
            State::Unreported
        } else if completed == 0 {
            State::Reporting
        } else if now < completed.saturating_add(WINDOW) {
            State::Complete
        } else {
            State::Sealable
        }
    }

    /// Refuses what cannot be reported any more, or not yet.
    pub(crate) fn reportable(&self, epoch: u64) -> Result<State, Error> {
        match self.state_of(epoch) {
            State::Open => Err(Own::EpochNotEnded.into()),
            State::Sealing | State::Sealed => Err(Own::EpochAlreadySealed.into()),
            State::Voided => Err(Own::EpochIsVoid.into()),
            state => Ok(state),
        }
    }

    pub(crate) fn only_reporter(&self) -> Result<(), Error> {
        if self.is_reporter() { Ok(()) } else { Err(Own::NotReporter.into()) }
    }

    fn is_reporter(&self) -> bool {
        let caller: U256 = token::word(self.vm().msg_sender());
        self.access.parameters.get(REPORTER) == Ok(caller)
    }

    pub(crate) fn declare_report(&mut self, epoch: u64, rows: u32, spend: u64) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        self.only_reporter()?;
        if self.reportable(epoch)? != State::Unreported {
            let report = self.reports.getter(U256::from(epoch));
            let same =
                report.declared_rows.get().to::<u32>() == rows && report.declared_spend.get().to::<u64>() == spend;
            return if same { Ok(()) } else { Err(Own::TotalsDiffer.into()) };
        }
        if rows == 0 && spend != 0 {
            return Err(Own::TotalsNotMet.into());
        }
        let (season, schedule) = self.season(epoch)?;
        let alpha = schedule.alpha(epoch)?.0;
        let (lambda, half) = self.multiplier_at(epoch)?;
        let mut report = self.reports.setter(U256::from(epoch));
        report.declared.set(true);
        report.season.set(season.try_into().unwrap_or_default());
        report.declared_rows.set(U32::from(rows));
        report.declared_spend.set(U64::from(spend));
        report.alpha.set(U64::from(alpha));
        report.lambda.set(U64::from(lambda));
        report.half.set(fomo_access::narrow(half)?);
        let attempt = report.attempt.get().to();
        event::ReportDeclared { epoch, attempt, rows, spend, season, alpha, lambda, half }.log(self.vm());
        if rows == 0 { self.complete(epoch) } else { Ok(()) }
    }

    /// λ and H of an epoch: never change once it is over.
    fn multiplier_at(&self, epoch: u64) -> Result<(u64, U256), Error> {
        const PARAMETER_AT: [u8; 4] = stylus_sdk::function_selector!("parameterAt", B256, u64);
        let registry = self.registry(epoch)?;
        let read = |key: B256| token::ask(self.vm(), registry, PARAMETER_AT, &[key.into(), U256::from(epoch)]);
        let (lambda, half) = (read(LAMBDA)?, read(HALF)?);
        Ok((fomo_common::Wad::try_from(lambda)?.0, half))
    }

    /// The stake registry of an epoch.
    pub(crate) fn registry(&self, epoch: u64) -> Result<Address, Error> {
        let registry: U256 = self.access.parameters.at(REGISTRY, epoch)?;
        Ok(Address::from_word(registry.into()))
    }

    /// Notes that a report has all of its rows.
    pub(crate) fn complete(&mut self, epoch: u64) -> Result<(), Error> {
        let now = self.vm().block_timestamp();
        let mut report = self.reports.setter(U256::from(epoch));
        report.completed.set(U64::from(now));
        let (attempt, rows) = (report.attempt.get().to(), report.rows.get().to());
        let (spend, eligible) = (report.spend.get().to(), report.eligible.get().to());
        let sealable_at = now.saturating_add(WINDOW);
        event::ReportCompleted { epoch, attempt, rows, spend, eligible, sealable_at }.log(self.vm());
        Ok(())
    }

    pub(crate) fn void_attempt(&mut self, epoch: u64) -> Result<(), Error> {
        let roles = &self.access.roles;
        let (reporter, admin, guardian) = (self.is_reporter(), roles.held(ADMIN), roles.held(GUARDIAN));
        if !reporter && !admin && !guardian {
            return Err(fomo_access::Error::Unauthorized.into());
        }
        if self.reportable(epoch)? == State::Unreported {
            return Err(Own::NothingToVoid.into());
        }
        let (by, now) = (self.vm().msg_sender(), self.vm().block_timestamp());
        let mut report = self.reports.setter(U256::from(epoch));
        let attempt: u16 = report.attempt.get().to();
        let freely = admin || reporter && attempt < MOST_ATTEMPTS;
        if !freely {
            let used: u8 = report.guardian_voids.get().to();
            if !guardian || used >= GUARDIAN_VOIDS {
                return Err(Own::VoidsSpent.into());
            }
            report.guardian_voids.set(used.saturating_add(1).try_into().unwrap_or_default());
        }
        let next = attempt.checked_add(1).ok_or(fomo_access::Error::TooLarge)?;
        report.attempt.set(U16::from(next));
        report.declared.set(false);
        report.completed.set(U64::ZERO);
        report.rows.set(U32::ZERO);
        report.batches.set(U32::ZERO);
        report.spend.set(U64::ZERO);
        report.eligible.set(U64::ZERO);
        report.last_key.set(B256::ZERO);
        report.last_account.set(Address::ZERO);
        if admin || !freely || attempt < TIMELY_ATTEMPTS {
            report.voided_at.set(U64::from(now));
        }
        event::ReportVoided { epoch, by, attempt }.log(self.vm());
        Ok(())
    }

    pub(crate) fn void_next_epoch(&mut self, epoch: u64) -> Result<(), Error> {
        match self.reportable(epoch)? {
            State::Unreported | State::Reporting => (),
            _ => return Err(Own::EpochAlreadySealed.into()),
        }
        if self.sealing.next.get() != U64::from(epoch) {
            return Err(Own::EpochOutOfOrder.into());
        }
        // A report that was voided may be made again: the time for it begins anew, whether or not another one was begun since, but for the
        // reporter's later voids.
        let voided_at = self.reports.getter(U256::from(epoch)).voided_at.get().to::<u64>();
        let since = Epoch::new(epoch)?.end().0.max(voided_at);
        let since_end = self.vm().block_timestamp().saturating_sub(since);
        let wait = if self.access.roles.held(ADMIN) { ADMIN_VOIDS } else { ANYONE_VOIDS };
        if since_end < wait {
            return Err(fomo_access::Error::TooEarly.into());
        }
        self.reports.setter(U256::from(epoch)).voided.set(true);
        self.sealing.next.set(U64::from(epoch.saturating_add(1)));
        let by = self.vm().msg_sender();
        event::EpochVoided { epoch, by }.log(self.vm());
        Ok(())
    }
}
