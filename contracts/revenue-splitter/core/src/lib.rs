//! The revenue splitter (`protocol.md` §7): a model's revenue of a period becomes compute cost, buybacks that burn, the treasury's part and
//! the issuer's.
//!
//! Nobody is paid by somebody else's call but the treasury: payees pull, each from a ledger of its own, so that whom a stablecoin refuses
//! keeps nobody else waiting, and no claim needs a DEX. What is bought back is gone in the call that buys it. Balances are asked for
//! one thing only: whether what a settler brings arrives, in full. What is sent here otherwise changes nothing and is nobody's.
//!
//! Amounts are in units of a stablecoin, times in seconds, shares in bps.
extern crate alloc;

mod buyback;
mod claims;
mod error;
pub mod event;
mod pair;
pub mod parameters;
mod settle;
mod views;

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, U64, U256};
use fomo_access::abi::{Arguments, CONSTRUCTOR, Word, Words};
use fomo_access::{Access, HasAccess, enter, token};
use fomo_common::math::sub;
use stylus_sdk::ArbResult;
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap, StorageU64};

pub use error::{Error, Own};
use pair::StoragePair;

/// The splitter's storage. Fields are only ever appended.
#[storage]
pub struct RevenueSplitter {
    access: Access,
    /// The program of what happens seldom.
    desk: StorageAddress,
    /// Knows launches, their issuers and where their tokens trade.
    launchpad: StorageAddress,
    /// By stablecoin.
    totals: StorageMap<Address, Totals>,
    /// By Model Token and stablecoin.
    ledgers: StorageMap<Address, StorageMap<Address, Ledger>>,
    /// By Model Token and period.
    settlements: StorageMap<Address, StorageMap<B256, Settlement>>,
    issuers: StorageMap<Address, Payee>,
    /// Burned, and sent to a sink, by token.
    destroyed: StorageMap<Address, StoragePair>,
    /// Time of the last buyback, by token and stablecoin.
    bought_at: StorageMap<Address, StorageMap<Address, StorageU64>>,
}

/// A bucket: what was ever credited to it, and what has left it.
type Bucket = StoragePair;

/// What is owed of a stablecoin, and what all tokens share.
#[storage]
pub struct Totals {
    /// Received, and paid or spent.
    all: Bucket,
    treasury: Bucket,
    flock_buyback: Bucket,
}

/// A Model Token's buckets of a stablecoin.
#[storage]
pub struct Ledger {
    compute: Bucket,
    mt_buyback: Bucket,
    issuer: Bucket,
    /// What it brought to the FLOCK buyback and to the treasury.
    shared: StoragePair,
}

/// A period of a Model Token that is settled.
#[storage]
pub struct Settlement {
    asset: StorageAddress,
    /// Zero where there is none.
    at: StorageU64,
    /// Gross revenue, compute cost.
    amounts: StoragePair,
}

/// Who gets issuer yield, where that is not the issuer any more.
#[storage]
pub struct Payee {
    current: StorageAddress,
    proposed: StorageAddress,
}

/// What a bucket has.
fn left_in(bucket: &Bucket) -> Result<U256, Error> {
    let (credited, left) = bucket.get();
    Ok(sub(credited, left)?)
}

/// Empties a bucket; gives what was in it, and what was ever credited to it.
fn empty(bucket: &mut Bucket) -> Result<(U256, U256), Error> {
    let amount = left_in(bucket)?;
    let (credited, _) = bucket.add(U256::ZERO, amount)?;
    Ok((amount, credited))
}

impl RevenueSplitter {
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

    /// Sets up the contract: the desk, which [`Self::ask_desk`] has noted, its admin and guardian, FLOCK, the launchpad, who gets the treasury's
    /// bucket and compute cost, and where FLOCK goes that cannot be burned (zero where it can). The first five are final but for admin and guardian.
    ///
    /// # Errors
    /// `ZeroAddress`; `TokenCallFailed` where FLOCK or the launchpad has no code; `Unauthorized` of a desk that is called by itself.
    #[allow(clippy::too_many_arguments)]
    pub fn constructor(
        &mut self,
        desk: Address,
        admin: Address,
        guardian: Address,
        flock: Address,
        launchpad: Address,
        treasury: Address,
        compute: Address,
        sink: Address,
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
        self.set_defaults(treasury, compute, sink)
    }

    /// Takes `gross` of a stablecoin, a token's revenue of a period, from the settler, who has approved it, and splits it: `compute` of it
    /// is cost. Gives the buckets: compute, FLOCK buyback, treasury, MT buyback, issuer.
    ///
    /// * `period`: the settler's name for the period, unique among the token's, whatever the stablecoin.
    ///
    /// Emits [`event::Settled`] and [`event::Credited`].
    ///
    /// # Errors
    /// `EnforcedPause`, `Unauthorized`, `ZeroAmount`, `AssetNotAccepted`, `UnknownLaunch`, `PeriodSettled`, `ComputeOverLimit`,
    /// `BalanceBelowLedger`, `TransferDiffers`, `TooLarge` from 2¹²⁸ units on, `Reentered`, or the stablecoin's own.
    pub fn settle(
        &mut self,
        mt: Address,
        period: B256,
        asset: Address,
        gross: U256,
        compute: U256,
    ) -> Result<Words<5>, Error> {
        enter(self.vm())?;
        self.settle_period(mt, period, asset, gross, compute)
    }

    /// Pays the caller, a token's compute payee, its bucket; gives how much.
    ///
    /// Emits [`event::ComputeClaimed`].
    ///
    /// # Errors
    /// `NotPayee`, `NothingToClaim`, `Reentered`, or the stablecoin's own.
    pub fn claim_compute(&mut self, mt: Address, asset: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.pay_compute(mt, asset)
    }

    /// Pays the caller, who gets a graduated token's issuer yield, its bucket; gives how much.
    ///
    /// Emits [`event::IssuerClaimed`].
    ///
    /// # Errors
    /// `NotGraduated`, `NotPayee`, `NothingToClaim`, `Reentered`, or the stablecoin's own.
    pub fn claim_issuer(&mut self, mt: Address, asset: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.pay_issuer(mt, asset)
    }

    /// Pays the treasury its bucket; gives how much. By anyone.
    ///
    /// Emits [`event::TreasuryClaimed`].
    ///
    /// # Errors
    /// `NothingToClaim`, `Reentered`, or the stablecoin's own.
    pub fn claim_treasury(&mut self, asset: Address) -> Result<U256, Error> {
        enter(self.vm())?;
        self.pay_treasury(asset)
    }

    /// Buys FLOCK for what is in its bucket, within the limits of a buyback, and burns it, or sends it to its sink where it has no burn. Gives what
    /// was spent and bought. `deadline` is the last second at which it may happen.
    ///
    /// Emits [`event::BoughtBack`].
    ///
    /// # Errors
    /// `EnforcedPause`, `Unauthorized` where only the keeper may, `DeadlinePassed`, `IntervalNotOver`, `NoRoute`, `SpendTooSmall`, `BelowMinimum`,
    /// `SpendDiffers`, `NotBurned`, `Reentered`, or what adapter, pools and tokens revert with, such as `NoObservation`.
    pub fn buyback_flock(&mut self, asset: Address, deadline: u64) -> Result<(U256, U256), Error> {
        enter(self.vm())?;
        self.buy_back(self.access.pauses.token(), asset, deadline)
    }

    /// Buys a graduated token by way of FLOCK for what is in its bucket, within the limits of a buyback, and burns it. As
    /// [`Self::buyback_flock`].
    ///
    /// Emits [`event::BoughtBack`].
    ///
    /// # Errors
    /// `NotGraduated`; otherwise as [`Self::buyback_flock`].
    pub fn buyback_mt(&mut self, mt: Address, asset: Address, deadline: u64) -> Result<(U256, U256), Error> {
        enter(self.vm())?;
        self.only_graduated(mt)?;
        self.buy_back(mt, asset, deadline)
    }

    /// What a buyback of FLOCK or of a Model Token would spend now, and the least that it would accept.
    ///
    /// # Errors
    /// As [`Self::buyback_mt`].
    pub fn buyback_terms(&self, bought: Address, asset: Address) -> Result<(U256, U256), Error> {
        let legs = self.legs(bought, asset)?;
        self.terms(bought, asset, &legs)
    }

    /// Moves the buckets of a failed launch's buyback and issuer to the FLOCK buyback. By anyone.
    ///
    /// Emits [`event::Redirected`].
    ///
    /// # Errors
    /// `NotFailed`, `NothingToClaim`, `Reentered`.
    pub fn redirect_failed(&mut self, mt: Address, asset: Address) -> Result<(), Error> {
        enter(self.vm())?;
        self.redirect(mt, asset)
    }

    /// Proposes who gets a token's issuer yield from now on, what is in the bucket included; zero takes a proposal back. By who gets it.
    ///
    /// Emits [`event::IssuerPayeeProposed`].
    ///
    /// # Errors
    /// `UnknownLaunch`, `NotPayee`.
    pub fn propose_issuer_payee(&mut self, mt: Address, account: Address) -> Result<(), Error> {
        enter(self.vm())?;
        self.only_payee(self.payee_of_issuer(mt)?)?;
        self.issuers.setter(mt).proposed.set(account);
        event::IssuerPayeeProposed { token: mt, account }.log(self.vm());
        Ok(())
    }

    /// Takes over a token's issuer yield that was proposed to the caller.
    ///
    /// Emits [`event::IssuerPayeeChanged`].
    ///
    /// # Errors
    /// `NotProposed`.
    pub fn accept_issuer_payee(&mut self, mt: Address) -> Result<(), Error> {
        enter(self.vm())?;
        let (account, previous) = (self.vm().msg_sender(), self.payee_of_issuer(mt)?);
        let mut payee = self.issuers.setter(mt);
        if payee.proposed.get() != account {
            return Err(fomo_access::Error::NotProposed.into());
        }
        payee.proposed.erase();
        payee.current.set(account);
        event::IssuerPayeeChanged { token: mt, previous, account }.log(self.vm());
        Ok(())
    }

    /// A launch's state by the launchpad: 0 none, 4 graduated, 5 failed.
    fn launch_state(&self, mt: Address) -> Result<U256, Error> {
        Ok(token::ask(self.vm(), self.launchpad.get(), function_selector!("state", Address), &[mt.word()])?)
    }

    fn is_graduated(&self, mt: Address) -> Result<bool, Error> {
        let selector = function_selector!("isModelToken", Address);
        Ok(token::ask(self.vm(), self.launchpad.get(), selector, &[mt.word()])? == U256::ONE)
    }

    fn only_graduated(&self, mt: Address) -> Result<(), Error> {
        if self.is_graduated(mt)? { Ok(()) } else { Err(Own::NotGraduated.into()) }
    }
}

impl HasAccess for RevenueSplitter {
    fn access(&mut self) -> &mut Access {
        &mut self.access
    }
}

/// A time of storage.
fn time(of: &StorageU64) -> u64 {
    of.get().to()
}

/// A time for storage.
fn stored(time: u64) -> U64 {
    U64::from(time)
}
