//! Daily rewards (`protocol.md` §8). So far: which tokens earn, and how their streams are funded.
//!
//! Each stream has a ledger of its own: what an MT's tranches hold is theirs whatever the contract's balance is, and a transfer that
//! nobody booked is nobody's. Money that arrives on a day counts from the next.
extern crate alloc;

mod error;
pub mod event;
mod tranche;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Word, Words};
use fomo_access::{
    ADMIN, Access, CheckParameter, Checkpoints, HasAccess, enter, route_access, routes, tag, tagged, token,
};
use fomo_common::emission::check_funding;
use fomo_common::epoch::DAY;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};

pub use error::{Error, Own};
use tranche::{DAYS, StoredTranche};

/// Tag of a launchpad's key: 1 for a contract that may say once which tokens are supported, and fund their graduation tranches. Each has its
/// own, so that a new launchpad does not stop the launches of another.
const LAUNCHPAD: [u8; 4] = *b"LPAD";
/// Most live Reserved FLOCK tranches of a token, that of its graduation apart.
const MOST_TRANCHES: u64 = 8;

/// The contract's storage. Fields are only ever appended.
#[storage]
pub struct RewardDistributor {
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
}

impl HasAccess for RewardDistributor {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}

impl CheckParameter for RewardDistributor {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        tag(key) == LAUNCHPAD && value <= U256::ONE
    }
}

impl RewardDistributor {
    /// Sets up the contract: admin, guardian, FLOCK. The admin then names the launchpad ([`Self::launchpad_key`]), which has to know this contract first.
    ///
    /// # Errors
    /// `AlreadyInitialized`, `ZeroAddress`; `TokenCallFailed` where FLOCK has no code.
    pub fn constructor(&mut self, admin: Address, guardian: Address, flock: Address) -> Result<(), Error> {
        self.access.initialize(admin, guardian)?;
        if !token::has_code(self.vm(), flock) {
            return Err(fomo_access::Error::TokenCallFailed.into());
        }
        self.access.pauses.set_token(flock);
        Ok(())
    }

    /// Says whether a token earns, from the next epoch on. The launchpad says so of a token that graduates; the admin takes it away and gives it
    /// back.
    ///
    /// Emits [`event::SupportedSet`].
    ///
    /// # Errors
    /// `NotLaunchpad`; `UnknownToken` where there is none, or the admin names one that no launchpad brought.
    pub fn set_supported(&mut self, mt: Address, supported: bool) -> Result<(), Error> {
        enter(self.vm())?;
        let known = self.supported.getter(mt).newest().is_some();
        if !self.is_launchpad()? {
            if !self.access.roles.held(ADMIN) {
                return Err(Own::NotLaunchpad.into());
            }
            self.only_known(known)?;
        }
        self.only_token(mt)?;
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
        if !self.is_launchpad()? {
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
        let (index, funded) = if self.is_launchpad()? {
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

    /// The parameter that makes a contract a launchpad: 1, or 0 again.
    pub fn launchpad_key(&self, launchpad: Address) -> B256 {
        Self::key_of_launchpad(launchpad)
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
        if count.wrapping_sub(first) >= U256::from(MOST_TRANCHES) {
            return Err(Own::TooManyTranches.into());
        }
        self.reserved.setter(mt).setter(count).open(amount, epoch, level)?;
        self.reserved_count.insert(mt, count.wrapping_add(U256::ONE));
        self.reserved_first.insert(mt, first);
        Ok((count, amount))
    }

    /// The first tranche that is live; they end in the order of their beginning.
    fn first_live(&self, mt: Address, count: U256) -> U256 {
        let mut first = self.reserved_first.get(mt);
        while first < count && !self.reserved.getter(mt).getter(first).live() {
            first = first.wrapping_add(U256::ONE);
        }
        first
    }

    fn is_launchpad(&self) -> Result<bool, Error> {
        let key = Self::key_of_launchpad(self.vm().msg_sender());
        match self.access.parameters.get(key) {
            Ok(value) => Ok(value == U256::ONE),
            Err(fomo_access::Error::ParameterUnset) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    fn key_of_launchpad(launchpad: Address) -> B256 {
        tagged(LAUNCHPAD, launchpad.into_word())
    }

    /// A token that exists: what has no code would accept every transfer.
    fn only_token(&self, mt: Address) -> Result<(), Error> {
        if token::has_code(self.vm(), mt) { Ok(()) } else { Err(Own::UnknownToken.into()) }
    }

    fn only_known(&self, known: bool) -> Result<(), Error> {
        if known { Ok(()) } else { Err(Own::UnknownToken.into()) }
    }

    fn tomorrow(&self) -> u64 {
        (self.vm().block_timestamp() / DAY.0).saturating_add(1)
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

routes! { RewardDistributor;
    constructor => constructor(Address, Address, Address);
    "setSupported" => set_supported(Address, bool);
    "fundMtReward" => fund_mt_reward(Address, U256);
    "fundReserved" => fund_reserved(Address, U256, bool);
    "launchpadKey" => launchpad_key(Address);
    "supportedAt" => supported_at(Address, u64);
    "mtReward" => mt_reward(Address);
    "graduationTranche" => graduation_tranche(Address);
    "reservedCount" => reserved_count(Address);
    "reservedTranche" => reserved_tranche(Address, U256);
    otherwise => route_access;
}
