//! The stake and gmFLOCK registry (`protocol.md` §6): for any account, token and past day it answers how much was staked on average
//! and how much gmFLOCK counted, now and for ever the same.
//!
//! Model Tokens are staked and leave by a request and a cooldown; FLOCK is locked for 1 to 365 days. What is owed to stakers of each
//! token and to lockers is in ledgers of their own, and balances are never asked: what is sent here otherwise changes nothing
//! and is nobody's. Nobody but its owner moves a stake or a lock, and no pause, admin or unregistered token hinders who leaves.
//!
//! Amounts are in 10⁻¹⁸ of a token, times in seconds, epochs in UTC days, ratios in 10⁻¹⁸. Tokens that take a fee on transfers are
//! not meant for it: the last to leave would lack the fee.
extern crate alloc;

mod bits;
mod book;
mod error;
pub mod event;
mod history;
mod locking;
pub mod parameters;
mod reads;
mod staking;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U256};
use fomo_access::abi::{Arguments, CONSTRUCTOR, Rows, Word, Words};
use fomo_access::{ADMIN, Access, HasAccess, enter, token};
use fomo_common::Timestamp;
use stylus_sdk::ArbResult;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageBool, StorageMap, StorageU256};

use bits::wide;
use book::Book;
pub use error::{Error, Own};
use staking::Token;

/// The contract's storage. Fields are only ever appended.
#[storage]
pub struct StakeRegistry {
    access: Access,
    /// The program of what happens seldom.
    desk: StorageAddress,
    /// Says which tokens it made.
    launchpad: StorageAddress,
    /// FLOCK owed to lockers.
    total_locked: StorageU256,
    tokens: StorageMap<Address, Token>,
    books: StorageMap<Address, Book>,
    /// Who may lock for an account.
    operators: StorageMap<Address, StorageMap<Address, StorageBool>>,
}

impl StakeRegistry {
    /// Passes a call on to the desk, whose code runs on this contract's storage. The first call of all is the constructor's, which brings
    /// the desk's address as its first argument.
    pub fn ask_desk(&mut self, selector: [u8; 4], data: &[u8]) -> Option<ArbResult> {
        if selector == CONSTRUCTOR && self.desk.get().is_zero() {
            self.desk.set(Arguments::new(data).take()?);
        }
        let desk = self.desk.get();
        if !token::has_code(self.vm(), desk) {
            return Some(Err(fomo_access::Error::TokenCallFailed.into()));
        }
        Some(token::delegate(self.vm(), desk, &[&selector[..], data].concat()))
    }

    /// Sets up the contract: the desk, which [`Self::ask_desk`] has noted, its admin and guardian, FLOCK, and the launchpad. All
    /// but admin and guardian are final.
    ///
    /// # Errors
    /// `ZeroAddress`; `TokenCallFailed` where FLOCK or the launchpad has no code; `Unauthorized` of a desk that is called by itself.
    pub fn constructor(
        &mut self,
        desk: Address,
        admin: Address,
        guardian: Address,
        flock: Address,
        launchpad: Address,
    ) -> Result<(), Error> {
        if self.desk.get() != desk || desk.is_zero() {
            return Err(fomo_access::Error::Unauthorized.into());
        }
        self.access.initialize(admin, guardian)?;
        for contract in [flock, launchpad] {
            if !token::has_code(self.vm(), contract) {
                return Err(fomo_access::Error::TokenCallFailed.into());
            }
        }
        self.access.pauses.set_token(flock);
        self.launchpad.set(launchpad);
        self.set_defaults()
    }

    /// Stakes `amount` of `mt`, which the caller has approved.
    ///
    /// Emits [`event::Staked`], and [`event::TokenRegistered`] with the first stake of a token of the launchpad.
    ///
    /// # Errors
    /// `EnforcedPause`, `ZeroAmount`, `TokenNotRegistered`, `TooLarge` where 2⁸⁰ or more of the token were staked, `Reentered`, or the
    /// token's own.
    pub fn stake(&mut self, mt: Address, amount: U256) -> Result<(), Error> {
        enter(self.vm())?;
        let account = self.vm().msg_sender();
        self.stake_of_payer(mt, account, amount)
    }

    /// Stakes `amount` of the caller's `mt` for `account`, whose stake it is from then on.
    ///
    /// # Errors
    /// `ZeroAddress`; otherwise as [`Self::stake`].
    pub fn stake_for(&mut self, mt: Address, account: Address, amount: U256) -> Result<(), Error> {
        enter(self.vm())?;
        self.stake_of_payer(mt, account, amount)
    }

    /// Takes `amount` of the caller's stake back: it stops counting this second, and can be withdrawn after the cooldown of now.
    /// Gives the time from which on. A request cannot be cancelled; eight can wait for an account and token.
    ///
    /// Emits [`event::UnstakeRequested`].
    ///
    /// # Errors
    /// `ZeroAmount`, `InsufficientStake`, `TooManyRequests`, `Reentered`.
    pub fn request_unstake(&mut self, mt: Address, amount: U256) -> Result<u64, Error> {
        enter(self.vm())?;
        self.request(mt, amount)
    }

    /// Pays the caller what has matured of its requests; gives how much.
    ///
    /// Emits [`event::Withdrawn`].
    ///
    /// # Errors
    /// `NothingToWithdraw`, `Reentered`, or the token's own.
    pub fn withdraw(&mut self, mt: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.withdraw_matured(mt)
    }

    /// Lets `operator` lock its own FLOCK for the caller, or no longer.
    ///
    /// Emits [`event::OperatorSet`].
    ///
    /// # Errors
    /// None.
    pub fn set_operator(&mut self, operator: Address, approved: bool) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        self.operators.setter(account).insert(operator, approved);
        event::OperatorSet { account, operator, approved }.log(self.vm());
        Ok(())
    }

    /// Locks `amount` of the caller's FLOCK for `lock_period` seconds, 1 to 365 days, as `beneficiary`'s; gives the lock's id, which
    /// is unique among the beneficiary's. By the beneficiary or an operator of its.
    ///
    /// Emits [`event::LockOpened`].
    ///
    /// # Errors
    /// `EnforcedPause`, `NotOperator`, `ZeroAmount`, `LockPeriodOutOfRange`, `TooManyLocks`, `TooLarge`, `Reentered`, or FLOCK's own.
    pub fn exchange_flock(&mut self, amount: U256, lock_period: U256, beneficiary: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.exchange(amount, lock_period, beneficiary)
    }

    /// Adds `amount` FLOCK to a lock of the caller's, until the same time.
    ///
    /// Emits [`event::LockIncreased`].
    ///
    /// # Errors
    /// `EnforcedPause`, `ZeroAmount`, `UnknownLock`, `LockExpired`, `TooLarge`, `Reentered`, or FLOCK's own.
    pub fn increase_lock(&mut self, id: U256, amount: U256) -> Result<(), Error> {
        enter(self.vm())?;
        self.increase(id, amount)
    }

    /// Makes a lock of the caller's unlock at `new_unlock`: later than before, and at most 365 days from now.
    ///
    /// Emits [`event::LockExtended`].
    ///
    /// # Errors
    /// `EnforcedPause`, `UnknownLock`, `LockExpired`, `NotAnExtension`, `LockPeriodOutOfRange`, `Reentered`.
    pub fn extend_lock(&mut self, id: U256, new_unlock: u64) -> Result<(), Error> {
        enter(self.vm())?;
        self.extend(id, new_unlock)
    }

    /// Makes two locks of the caller's one: the one that unlocks earlier is extended and added to the other, whose id it gives.
    ///
    /// Emits [`event::LocksMerged`].
    ///
    /// # Errors
    /// `EnforcedPause`, `SameLock`, `UnknownLock`, `LockExpired`, `TooLarge`, `Reentered`.
    pub fn merge_locks(&mut self, a: U256, b: U256) -> Result<U256, Error> {
        enter(self.vm())?;
        self.merge(a, b)
    }

    /// Pays the caller a lock that is over; gives how much.
    ///
    /// Emits [`event::LockWithdrawn`].
    ///
    /// # Errors
    /// `UnknownLock`, `StillLocked`, `Reentered`, or FLOCK's own.
    pub fn withdraw_lock(&mut self, id: U256) -> Result<U256, Error> {
        enter(self.vm())?;
        self.withdraw_unlocked(id)
    }

    /// Lets a token be staked, whatever the launchpad says. By the admin.
    ///
    /// Emits [`event::TokenRegistered`].
    ///
    /// # Errors
    /// `Unauthorized`, `TokenCallFailed` where there is no token, `TokenAlreadyRegistered`, `TooLarge` where 2⁸⁰ or more of it exist.
    pub fn register_token(&mut self, mt: Address) -> Result<(), Error> {
        self.access.roles.only(ADMIN)?;
        self.register_by_admin(mt)
    }

    /// Lets a token not be staked any more, whatever the launchpad says; its stakers keep their stakes and leave as before. By the
    /// admin.
    ///
    /// Emits [`event::TokenUnregistered`].
    ///
    /// # Errors
    /// `Unauthorized`, `TokenNotRegistered` where it was taken back before.
    pub fn unregister_token(&mut self, mt: Address) -> Result<(), Error> {
        self.access.roles.only(ADMIN)?;
        self.unregister(mt)
    }

    /// Whether a token can be staked, as it is or after the launchpad is asked.
    pub fn is_stakeable(&self, mt: Address) -> bool {
        self.stakeable(mt)
    }

    /// An account's stake now.
    pub fn stake_of(&self, account: Address, mt: Address) -> U256 {
        self.with_history(mt, account, |history| wide(history.stake()))
    }

    /// All stake of a token now.
    pub fn total_staked(&self, mt: Address) -> U256 {
        self.with_total(mt, |history| wide(history.stake()))
    }

    /// What is owed to stakers of a token: stakes, and requests that were not withdrawn.
    pub fn held_of(&self, mt: Address) -> U256 {
        self.held(mt)
    }

    /// An account's stake-seconds in an epoch that has ended: the sum of its stake over the day's seconds, exact.
    ///
    /// # Errors
    /// `EpochNotEnded`, `EpochOutOfRange`.
    pub fn stake_seconds_of(&self, account: Address, mt: Address, epoch: u64) -> Result<U256, Error> {
        let epoch = self.ended(epoch)?;
        self.with_history(mt, account, |history| history.stake_seconds(epoch))
    }

    /// Stake-seconds of all stake of a token in an epoch that has ended: exact.
    ///
    /// # Errors
    /// As [`Self::stake_seconds_of`].
    pub fn total_stake_seconds(&self, mt: Address, epoch: u64) -> Result<U256, Error> {
        let epoch = self.ended(epoch)?;
        self.with_total(mt, |history| history.stake_seconds(epoch))
    }

    /// An account's average stake in an epoch that has ended: stake-seconds/86,400, down.
    ///
    /// # Errors
    /// As [`Self::stake_seconds_of`].
    pub fn average_stake(&self, account: Address, mt: Address, epoch: u64) -> Result<U256, Error> {
        Ok(fomo_common::stake::average(self.stake_seconds_of(account, mt, epoch)?)?)
    }

    /// An account's requests that were not withdrawn: amounts, and from when on they can be.
    pub fn requests_of(&self, account: Address, mt: Address) -> Rows<2> {
        self.waiting_requests(account, mt)
    }

    /// An account's open locks, the first `offset` left out, at most `limit` of the at most 16: id, FLOCK, gmFLOCK, unlocking.
    pub fn locks_of(&self, account: Address, offset: u64, limit: u64) -> Rows<4> {
        self.open_locks(account, offset, limit)
    }

    /// FLOCK owed to lockers.
    pub fn total_locked(&self) -> U256 {
        self.total_locked.get()
    }

    /// Whether `operator` may lock for `account`.
    pub fn is_operator(&self, account: Address, operator: Address) -> bool {
        self.operators.getter(account).get(operator)
    }

    /// gmFLOCK that a lock of `amount` FLOCK for `lock_period` seconds would get now.
    ///
    /// # Errors
    /// `LockPeriodOutOfRange`, `Overflow`.
    pub fn preview_lock(&self, amount: U256, lock_period: U256) -> Result<U256, Error> {
        self.preview(amount, lock_period)
    }

    /// An account's effective gmFLOCK balance now, changes of this second included: E, down.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn effective_balance(&self, account: Address) -> Result<U256, Error> {
        self.books.getter(account).effective(self.now())
    }

    /// An account's effective gmFLOCK balance at a time that is not in the future, by its locks as they stood before that second.
    /// That of an epoch is the one at its end.
    ///
    /// # Errors
    /// `TimeNotReached`.
    pub fn effective_balance_at(&self, account: Address, time: u64) -> Result<U256, Error> {
        self.effective_at(account, Timestamp(time))
    }

    /// An account's multiplier with its effective balance of now and today's λ and H: 10¹⁸ to below 2·10¹⁸, down.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn multiplier(&self, account: Address) -> Result<U256, Error> {
        self.multiplier_now(account)
    }

    /// An account's multiplier of an epoch that has ended, with that epoch's λ and H.
    ///
    /// # Errors
    /// `EpochNotEnded`, `EpochOutOfRange`, `ParameterUnset` for an epoch before the contract.
    pub fn multiplier_at(&self, account: Address, epoch: u64) -> Result<U256, Error> {
        self.multiplier_of_epoch(account, epoch)
    }

    /// An account's discount on a token's API, in bps: by today's tiers and its average stake of the last epoch that has ended, or its stake now
    /// where that is less: what was requested back counts no longer.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn discount_bps(&self, account: Address, mt: Address) -> Result<u16, Error> {
        self.discount(account, mt)
    }

    /// What a reward epoch needs of many accounts: first the stake-seconds of all stake of the token, then for each account
    /// 2¹²⁸ times its stake-seconds, plus its effective balance at the epoch's end.
    ///
    /// # Errors
    /// `EpochNotEnded`, `EpochOutOfRange`.
    pub fn read_many(&self, mt: Address, epoch: u64, accounts: Vec<Address>) -> Result<Vec<U256>, Error> {
        self.read_accounts(mt, epoch, &accounts)
    }

    /// The contracts that it was set up with: FLOCK, the launchpad, and the desk, whose code is this contract's too.
    pub fn contracts(&self) -> Words<3> {
        Words([self.access.pauses.token(), self.launchpad.get(), self.desk.get()].map(Word::word))
    }
}

impl HasAccess for StakeRegistry {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}
