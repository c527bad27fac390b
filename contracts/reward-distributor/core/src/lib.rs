//! Daily rewards (`protocol.md` §8): a day's usage, reported by the platform, becomes three streams of rewards, by two scores.
//!
//! Of each epoch the reporter declares the totals and sends numbered batches of rows. A batch is scored at once, by what the stake registry
//! says of the day, and kept as one hash. Twelve hours after the last row anyone seals the epoch; then anyone accrues the batches from their
//! rows, which the events have, and anyone claims for their owner. All of it goes on where somebody left off.
//!
//! Each stream has a ledger of its own: what an MT's tranches hold is theirs whatever the contract's balance is, and a transfer that
//! nobody booked is nobody's. Money that arrives on a day counts from the next. A change of anything that an epoch is computed with
//! counts from the day after it, so that the time of a report, of sealing and of accruing changes nothing but the time of payment.
//!
//! Three programs share this code and one storage: the distributor itself answers what happens for every batch and claim, its desk declares,
//! voids and seals, its office has the rest. Amounts are in 10⁻¹⁸ of a token, spend in micro-USD, epochs in UTC days.
extern crate alloc;

mod accrue;
mod day;
mod epochs;
mod error;
pub mod event;
pub mod parameters;
mod report;
mod seal;
mod tranche;
mod views;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U64, U256};
use fomo_access::abi::{Arguments, CONSTRUCTOR, Word, Words};
use fomo_access::{ADMIN, Access, Checkpoints, HasAccess, enter, narrow, token};
use fomo_common::emission::check_funding;
use fomo_common::epoch::DAY;
use stylus_sdk::ArbResult;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU32, StorageU256};

use day::Day;
pub use epochs::State;
use epochs::{Report, Sealing};
pub use error::{Error, Own};
use parameters::launchpad_key;
pub use report::Data;
use seal::Funds;
use tranche::{DAYS, StoredTranche};

/// Most live Reserved FLOCK tranches of a token, that of its graduation apart.
const MOST_TRANCHES: u64 = 8;

/// The contract's storage. Fields are only ever appended.
#[storage]
pub struct RewardDistributor {
    /// The program that declares, voids and seals.
    desk: StorageAddress,
    /// The program of everything else.
    office: StorageAddress,
    access: Access,
    /// 1 from an epoch on where the token earns, else 2; empty where it was never supported.
    supported: StorageMap<Address, Checkpoints>,
    mt_rewards: StorageMap<Address, StoredTranche>,
    /// Reserved FLOCK of graduation.
    graduation: StorageMap<Address, StoredTranche>,
    reserved: StorageMap<Address, StorageMap<U256, StoredTranche>>,
    reserved_count: StorageMap<Address, StorageU256>,
    /// The first reserved tranche that may be live.
    reserved_first: StorageMap<Address, StorageU256>,
    /// Every token that was ever supported.
    token_count: StorageU256,
    tokens: StorageMap<U256, StorageAddress>,
    token_number: StorageMap<Address, StorageU256>,
    /// Funds of the global emission by phase.
    phases: StorageMap<U256, Funds>,
    sealing: Sealing,
    /// Reports by epoch.
    reports: StorageMap<U256, Report>,
    /// Hashes of batches; zero once accrued.
    batches: StorageMap<U256, StorageU256>,
    /// Days by token, epoch and attempt.
    days: StorageMap<Address, StorageMap<U256, Day>>,
    /// Rewards by token and account.
    rewards: StorageMap<Address, StorageMap<Address, StorageU256>>,
    /// On which tokens an account has earned, a bit each.
    earned_on: StorageMap<Address, StorageMap<U256, StorageU256>>,
    /// Accounts by their ids, from 1 on.
    account_count: StorageU32,
    accounts: StorageMap<U256, StorageAddress>,
    /// MT of ended streams, to be burned.
    left_over: StorageMap<Address, StorageU256>,
}

impl HasAccess for RewardDistributor {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}

impl RewardDistributor {
    /// Passes a call on to the desk, whose code runs on this contract's storage. The first call of all is the constructor's, which brings
    /// the addresses of desk and office as its first arguments and is the office's.
    pub fn ask_desk(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        if selector == CONSTRUCTOR {
            if !self.desk.get().is_zero() {
                return Some(Err(fomo_access::Error::AlreadyInitialized.into()));
            }
            let mut arguments = Arguments::new(data);
            self.desk.set(arguments.take()?);
            self.office.set(arguments.take()?);
            return self.ask_office(selector, data);
        }
        Some(self.delegate(self.desk.get(), selector, data))
    }

    /// Passes a call on to the office.
    pub fn ask_office(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        Some(self.delegate(self.office.get(), selector, data))
    }

    fn delegate(&self, to: Address, selector: [u8; 4], data: &[u8]) -> ArbResult {
        if !token::has_code(self.vm(), to) {
            return Err(fomo_access::Error::TokenCallFailed.into());
        }
        token::delegate(self.vm(), to, &[&selector[..], data].concat())
    }

    /// Sets up the contract: desk and office, which [`Self::ask_desk`] has noted, admin, guardian, FLOCK. The admin then names the launchpad,
    /// which has to know this contract first, the stake registry, which has to know the launchpad, and the reporter. The first epoch is that of
    /// today.
    ///
    /// # Errors
    /// `AlreadyInitialized`, `ZeroAddress`; `TokenCallFailed` where desk, office or FLOCK has no code; `Unauthorized` of an office that is called
    /// by itself.
    pub fn constructor(
        &mut self,
        desk: Address,
        office: Address,
        admin: Address,
        guardian: Address,
        flock: Address,
    ) -> Result<(), Error> {
        // Noted by the distributor before it delegates, and by nobody else.
        if self.office.get() != office || office.is_zero() {
            return Err(fomo_access::Error::Unauthorized.into());
        }
        self.access.initialize(admin, guardian)?;
        for contract in [desk, office, flock] {
            if !token::has_code(self.vm(), contract) {
                return Err(fomo_access::Error::TokenCallFailed.into());
            }
        }
        self.access.pauses.set_token(flock);
        self.sealing.next.set(U64::from(self.today()));
        self.set_defaults()
    }

    /// Says whether a token earns, from the next epoch on. A launchpad says that it does, once, of a token that graduates: it stays a launchpad for
    /// good, and would have the last word of every token otherwise. The admin takes it away and gives it back.
    ///
    /// Emits [`event::SupportedSet`].
    ///
    /// # Errors
    /// `NotLaunchpad` also of a launchpad that says anything else; `UnknownToken` where there is none, or the admin names one that no launchpad
    /// brought.
    pub fn set_supported(&mut self, mt: Address, supported: bool) -> Result<(), Error> {
        enter(self.vm())?;
        let known = self.supported.getter(mt).newest().is_some();
        let brought = supported && !known && self.is_launchpad();
        if !brought {
            if !self.access.roles.held(ADMIN) {
                return Err(Own::NotLaunchpad.into());
            }
            self.only_known(known)?;
        }
        self.only_token(mt)?;
        if !known {
            self.add_token(mt);
        }
        let epoch = self.tomorrow();
        self.supported.setter(mt).push(epoch, U256::from(if supported { 1 } else { 2 }))?;
        event::SupportedSet { mt, supported, epoch }.log(self.vm());
        Ok(())
    }

    /// Funds a token's MT Reward stream with `amount` of it: 180 supported days from tomorrow, declining. By the launchpad, once a token.
    ///
    /// Emits [`event::MtRewardFunded`].
    ///
    /// # Errors
    /// `NotLaunchpad`, `UnknownToken` where there is none, `AlreadyFunded`, `Reentered`, or the token's own.
    pub fn fund_mt_reward(&mut self, mt: Address, amount: U256) -> Result<(), Error> {
        enter(self.vm())?;
        if !self.is_launchpad() {
            return Err(Own::NotLaunchpad.into());
        }
        self.only_token(mt)?;
        if self.mt_rewards.getter(mt).tranche().is_some() {
            return Err(Own::AlreadyFunded.into());
        }
        let epoch = self.tomorrow();
        self.mt_rewards.setter(mt).open(amount, epoch, false)?;
        let from = self.vm().msg_sender();
        event::MtRewardFunded { mt, from, amount, epoch, num_days: DAYS }.log(self.vm());
        self.take(mt, amount)
    }

    /// Funds a Reserved FLOCK tranche of a token: 180 supported days from tomorrow, declining, or level by choice. Fundings of one day and shape
    /// are one tranche. By anyone, with at least 1,000 FLOCK; the launchpad's has a slot of its own and no minimum.
    ///
    /// Emits [`event::ReservedFunded`].
    ///
    /// # Errors
    /// `UnknownToken`, `FundingTooSmall`, `TooManyTranches`, `AlreadyFunded`, `Reentered`, or FLOCK's own.
    pub fn fund_reserved(&mut self, mt: Address, amount: U256, level: bool) -> Result<(), Error> {
        enter(self.vm())?;
        self.only_known(self.supported.getter(mt).newest().is_some())?;
        let epoch = self.tomorrow();
        let (index, funded) = if self.is_launchpad() {
            if self.graduation.getter(mt).tranche().is_some() {
                return Err(Own::AlreadyFunded.into());
            }
            self.graduation.setter(mt).open(amount, epoch, level)?;
            (U256::MAX, amount)
        } else {
            check_funding(amount)?;
            self.add_reserved(mt, amount, epoch, level)?
        };
        let from = self.vm().msg_sender();
        event::ReservedFunded { mt, from, index, amount, funded, epoch, num_days: DAYS, level }.log(self.vm());
        self.take(self.access.pauses.token(), amount)
    }

    /// Funds a phase of the global emission: for days from tomorrow on. By anyone.
    ///
    /// Emits [`event::PhaseFunded`].
    ///
    /// # Errors
    /// `UnknownPhase`, `ZeroAmount`, `TooLarge`, `Reentered`, or FLOCK's own.
    pub fn fund_phase(&mut self, phase: U256, amount: U256) -> Result<(), Error> {
        enter(self.vm())?;
        let known = |number: &u8| self.access.parameters.get(parameters::phase_key(*number)).is_ok();
        let number = u8::try_from(phase).ok().filter(|number| *number <= parameters::MOST_PHASES).filter(known);
        if number.is_none() {
            return Err(Own::UnknownPhase.into());
        }
        if amount.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        let epoch = self.tomorrow();
        let mut funds = self.phases.setter(phase);
        let before = funds.funded.newest().map(|(_, funded)| funded).unwrap_or_default();
        let funded = fomo_common::math::add(before, amount)?;
        narrow::<128, 2>(funded)?;
        funds.funded.push(epoch, funded)?;
        let from = self.vm().msg_sender();
        event::PhaseFunded { phase, from, amount, funded, epoch }.log(self.vm());
        self.take(self.access.pauses.token(), amount)
    }

    /// Gives accounts ids, by which reports may name them: each is a slot to be read and sixteen bytes of call data less. By anyone.
    /// Gives the first id; the others follow.
    ///
    /// Emits [`event::AccountRegistered`].
    ///
    /// # Errors
    /// `ZeroAddress`, `TooLarge` after 2³² − 1 accounts, `Reentered`.
    pub fn register_accounts(&mut self, accounts: Vec<Address>) -> Result<u32, Error> {
        enter(self.vm())?;
        let before: u32 = self.account_count.get().to();
        let mut id = before;
        for account in accounts {
            if account.is_zero() {
                return Err(fomo_access::Error::ZeroAddress.into());
            }
            id = id.checked_add(1).ok_or(fomo_access::Error::TooLarge)?;
            self.accounts.insert(U256::from(id), account);
            event::AccountRegistered { account, id }.log(self.vm());
        }
        self.account_count.set(id.try_into().unwrap_or_default());
        Ok(before.saturating_add(1))
    }

    /// Declares the totals of an epoch's report: rows, and their spend in micro-USD. The same totals again change nothing. By the reporter.
    ///
    /// Emits [`event::ReportDeclared`], and [`event::ReportCompleted`] where there is nothing to report.
    ///
    /// # Errors
    /// `EnforcedPause`, `NotReporter`, `EpochNotEnded`, `EpochAlreadySealed`, `EpochIsVoid`, `TotalsDiffer`, `TotalsNotMet` for spend without
    /// rows, `ParameterUnset` without a registry, `Reentered`.
    pub fn declare(&mut self, epoch: u64, rows: u32, spend: u64) -> Result<(), Error> {
        enter(self.vm())?;
        self.declare_report(epoch, rows, spend)
    }

    /// Reports batch `index` of an epoch: rows of one key, 1 to 256, in the order of their accounts; batches in the order of their keys. In
    /// the first season a key is a token's address, from the second on a model id. A row is 20 bytes of account and 6 of spend. A
    /// batch that was sent before changes nothing. By the reporter.
    ///
    /// Emits [`event::BatchReported`]; [`event::UsageLeftOut`] where the key names no supported token; [`event::ReportCompleted`] with the
    /// last row.
    ///
    /// # Errors
    /// `EnforcedPause`, `NotReporter`, `NotDeclared`, `EpochNotEnded`, `EpochAlreadySealed`, `EpochIsVoid`, `BatchSizeInvalid`,
    /// `BatchOutOfOrder`, `BatchContradicts`, `RowsOutOfOrder`, `TotalsExceeded`, `TotalsNotMet`, `Reentered`, or the registry's own.
    pub fn report(&mut self, epoch: u64, index: u32, key: B256, rows: Data) -> Result<(), Error> {
        enter(self.vm())?;
        self.report_rows(epoch, index, key, &rows.0, false)
    }

    /// As [`Self::report`], with rows of 4 bytes of an account's registered id and 6 of spend, still in the order of the accounts' addresses.
    ///
    /// # Errors
    /// `UnknownAccount`; otherwise as [`Self::report`].
    pub fn report_registered(&mut self, epoch: u64, index: u32, key: B256, rows: Data) -> Result<(), Error> {
        enter(self.vm())?;
        self.report_rows(epoch, index, key, &rows.0, true)
    }

    /// Voids the report of an epoch whose sealing has not begun: it is declared and reported anew. By the reporter and the admin, and by the
    /// guardian twice an epoch.
    ///
    /// Emits [`event::ReportVoided`].
    ///
    /// # Errors
    /// `Unauthorized`, `NothingToVoid`, `VoidsSpent`, `EpochNotEnded`, `EpochAlreadySealed`, `EpochIsVoid`, `Reentered`.
    pub fn void_report(&mut self, epoch: u64) -> Result<(), Error> {
        enter(self.vm())?;
        self.void_attempt(epoch)
    }

    /// Voids the epoch that is to be sealed next where it has no complete report 7 days after its end, by the admin, or 30, by anyone. Its pools
    /// stay in their streams, and no stream's clock counts it.
    ///
    /// Emits [`event::EpochVoided`].
    ///
    /// # Errors
    /// `TooEarly`, `EpochOutOfOrder`, `EpochNotEnded`, `EpochAlreadySealed` also for a complete report, `EpochIsVoid`, `Reentered`.
    pub fn void_epoch(&mut self, epoch: u64) -> Result<(), Error> {
        enter(self.vm())?;
        self.void_next_epoch(epoch)
    }

    /// Seals the next `limit` tokens of an epoch; whether it is sealed now. By anyone, from 12 hours after its report was complete and once
    /// every epoch before it is sealed.
    ///
    /// Emits [`event::SealingBegun`], [`event::TokenSealed`] for each token that was used, [`event::ReservedEnded`],
    /// [`event::MtRewardEnded`], [`event::EpochSealed`].
    ///
    /// # Errors
    /// `EnforcedPause`, `EpochNotSealable`, `EpochOutOfOrder`, `EpochNotEnded`, `EpochAlreadySealed`, `EpochIsVoid`, `Reentered`.
    pub fn seal(&mut self, epoch: u64, limit: u64) -> Result<bool, Error> {
        enter(self.vm())?;
        self.seal_tokens(epoch, limit)
    }

    /// Burns what was left of a token's ended stream; gives how much. By anyone.
    ///
    /// Emits [`event::LeftOverBurned`].
    ///
    /// # Errors
    /// `ZeroAmount`, `Reentered`, or the token's own.
    pub fn burn_left_over(&mut self, mt: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.burn_left(mt)
    }

    /// Adds the rewards of a batch of a sealed epoch to its accounts: once a batch. `rows` and the hash of the spends are those of its event. By
    /// anyone.
    ///
    /// Emits [`event::BatchAccrued`].
    ///
    /// # Errors
    /// `EpochNotSealed`, `UnknownBatch` also for one whose key named no supported token, `AlreadyAccrued`, `RowsDiffer`, `Reentered`.
    pub fn accrue(&mut self, epoch: u64, index: u32, mt: Address, spends: B256, rows: Data) -> Result<(), Error> {
        enter(self.vm())?;
        self.accrue_rows(epoch, index, mt, spends, &rows.0)
    }

    /// Pays an account all that it has accrued: FLOCK of all tokens, and each token's MT Reward. Gives how much FLOCK. By anyone.
    ///
    /// Emits [`event::Claimed`] for every token.
    ///
    /// # Errors
    /// `Reentered`, or a token's own.
    pub fn claim(&mut self, account: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.claim_all(account, true)
    }

    /// As [`Self::claim`], for several accounts.
    ///
    /// # Errors
    /// As [`Self::claim`].
    pub fn claim_many(&mut self, accounts: Vec<Address>) -> Result<(), Error> {
        enter(self.vm())?;
        for account in accounts {
            self.claim_all(account, true)?;
        }
        Ok(())
    }

    /// Pays an account its FLOCK of all tokens; gives how much. By anyone.
    ///
    /// Emits [`event::Claimed`].
    ///
    /// # Errors
    /// `Reentered`, or FLOCK's own.
    pub fn claim_flock(&mut self, account: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.claim_all(account, false)
    }

    /// Pays an account its MT Reward of one token; gives how much. By anyone.
    ///
    /// Emits [`event::Claimed`].
    ///
    /// # Errors
    /// `Reentered`, or the token's own.
    pub fn claim_mt(&mut self, account: Address, mt: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.claim_token(account, mt)
    }

    /// Whether a token earns in an epoch.
    pub fn supported_at(&self, mt: Address, epoch: u64) -> bool {
        self.supported.getter(mt).at(epoch) == Some(U256::ONE)
    }

    /// A token's MT Reward stream: funded, left, first epoch, days, days passed. Zeros where it has none.
    pub fn mt_reward(&self, mt: Address) -> Words<5> {
        fields(&self.mt_rewards.getter(mt))
    }

    /// A token's Reserved FLOCK tranche of graduation, like [`Self::mt_reward`].
    pub fn graduation_tranche(&self, mt: Address) -> Words<5> {
        fields(&self.graduation.getter(mt))
    }

    /// How many Reserved FLOCK tranches a token has had.
    pub fn reserved_count(&self, mt: Address) -> U256 {
        self.reserved_count.get(mt)
    }

    /// A Reserved FLOCK tranche by its number, like [`Self::mt_reward`].
    ///
    /// # Errors
    /// `UnknownTranche`.
    pub fn reserved_tranche(&self, mt: Address, index: U256) -> Result<Words<5>, Error> {
        if index >= self.reserved_count.get(mt) {
            return Err(Own::UnknownTranche.into());
        }
        Ok(fields(&self.reserved.getter(mt).getter(index)))
    }

    fn add_reserved(&mut self, mt: Address, amount: U256, epoch: u64, level: bool) -> Result<(U256, U256), Error> {
        let count = self.reserved_count.get(mt);
        let first = self.first_live(mt, count);
        // Fundings of one day are at the end: at most one of each shape.
        let mut index = count;
        while let Some(last) = index.checked_sub(U256::ONE) {
            let mut tranches = self.reserved.setter(mt);
            let mut tranche = tranches.setter(last);
            if tranche.start() != epoch || last < first {
                break;
            }
            if tranche.level() == level {
                return Ok((last, tranche.add(amount)?));
            }
            index = last;
        }
        if self.live_from(mt, first, count) >= MOST_TRANCHES {
            return Err(Own::TooManyTranches.into());
        }
        self.reserved.setter(mt).setter(count).open(amount, epoch, level)?;
        self.reserved_count.insert(mt, count.wrapping_add(U256::ONE));
        self.reserved_first.insert(mt, first);
        Ok((count, amount))
    }

    /// The first tranche that is live: none before it will be again.
    fn first_live(&self, mt: Address, count: U256) -> U256 {
        let mut first = self.reserved_first.get(mt);
        while first < count && !self.reserved.getter(mt).getter(first).live() {
            first = first.wrapping_add(U256::ONE);
        }
        first
    }

    /// How many tranches are live from the first that is. One that found users may be over before an older one that did not. A tranche lives
    /// for 180 to 360 of its days, so that behind one that is live there are 14 at most.
    fn live_from(&self, mt: Address, first: U256, count: U256) -> u64 {
        let tranches = self.reserved.getter(mt);
        let (mut live, mut index) = (0_u64, first);
        while index < count {
            live = live.saturating_add(tranches.getter(index).live().into());
            index = index.wrapping_add(U256::ONE);
        }
        live
    }

    /// Whether the caller is a launchpad: there is no value but 1.
    fn is_launchpad(&self) -> bool {
        self.access.parameters.get(launchpad_key(self.vm().msg_sender())).is_ok()
    }

    /// A token that exists: what has no code would accept every transfer.
    fn only_token(&self, mt: Address) -> Result<(), Error> {
        if token::has_code(self.vm(), mt) { Ok(()) } else { Err(Own::UnknownToken.into()) }
    }

    fn only_known(&self, known: bool) -> Result<(), Error> {
        if known { Ok(()) } else { Err(Own::UnknownToken.into()) }
    }

    fn add_token(&mut self, mt: Address) {
        let number = self.token_count.get();
        self.tokens.insert(number, mt);
        self.token_number.insert(mt, number);
        self.token_count.set(number.wrapping_add(U256::ONE));
    }

    fn today(&self) -> u64 {
        self.vm().block_timestamp() / DAY.0
    }

    fn tomorrow(&self) -> u64 {
        self.today().saturating_add(1)
    }

    fn take(&self, asset: Address, amount: U256) -> Result<(), Error> {
        let (from, to) = (self.vm().msg_sender(), self.vm().contract_address());
        Ok(token::transfer_from(self.vm(), asset, from, to, amount)?)
    }
}

fn fields(tranche: &StoredTranche) -> Words<5> {
    let (funded, days) = tranche.tranche().map_or((U256::ZERO, 0), |tranche| (tranche.funded, tranche.days));
    Words([funded, tranche.remaining(), tranche.start().word(), days.word(), tranche.elapsed().word()])
}
