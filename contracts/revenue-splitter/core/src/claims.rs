//! Who is owed pulls. None of this needs a DEX, and no pause stops it.

use alloy_primitives::{Address, U256};
use fomo_access::token;
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;

use crate::error::{Error, Own};
use crate::{RevenueSplitter, empty, event};

/// The launchpad's number of a failed launch.
const FAILED: U256 = U256::from_limbs([5, 0, 0, 0]);

impl RevenueSplitter {
    pub(crate) fn pay_compute(&mut self, mt: Address, asset: Address) -> Result<U256, Error> {
        let payee = self.payee_of_compute(mt)?;
        self.only_payee(payee)?;
        let (amount, total) = empty(&mut self.ledgers.setter(mt).setter(asset).compute)?;
        event::ComputeClaimed { token: mt, asset, payee, amount, total }.log(self.vm());
        self.pay(asset, payee, amount)
    }

    pub(crate) fn pay_issuer(&mut self, mt: Address, asset: Address) -> Result<U256, Error> {
        self.only_graduated(mt)?;
        let payee = self.payee_of_issuer(mt)?;
        self.only_payee(payee)?;
        let (amount, total) = empty(&mut self.ledgers.setter(mt).setter(asset).issuer)?;
        event::IssuerClaimed { token: mt, asset, payee, amount, total }.log(self.vm());
        self.pay(asset, payee, amount)
    }

    pub(crate) fn pay_treasury(&mut self, asset: Address) -> Result<U256, Error> {
        let payee = self.treasury()?;
        let (amount, total) = empty(&mut self.totals.setter(asset).treasury)?;
        event::TreasuryClaimed { asset, payee, amount, total }.log(self.vm());
        self.pay(asset, payee, amount)
    }

    /// Pays what was taken out of a bucket.
    fn pay(&mut self, asset: Address, payee: Address, amount: U256) -> Result<U256, Error> {
        if amount.is_zero() {
            return Err(Own::NothingToClaim.into());
        }
        self.totals.setter(asset).all.add(U256::ZERO, amount)?;
        token::transfer(self.vm(), asset, payee, amount)?;
        Ok(amount)
    }

    pub(crate) fn only_payee(&self, payee: Address) -> Result<(), Error> {
        if payee == self.vm().msg_sender() { Ok(()) } else { Err(Own::NotPayee.into()) }
    }

    /// Who gets issuer yield: the launch's issuer, or who took over.
    pub(crate) fn payee_of_issuer(&self, mt: Address) -> Result<Address, Error> {
        let current = self.issuers.getter(mt).current.get();
        if !current.is_zero() {
            return Ok(current);
        }
        // Of an unknown launch it says so, under the same name.
        let creator =
            token::ask(self.vm(), self.launchpad.get(), function_selector!("launch", Address), &[token::word(mt)])?;
        Ok(Address::from_word(creator.into()))
    }

    pub(crate) fn redirect(&mut self, mt: Address, asset: Address) -> Result<(), Error> {
        if self.launch_state(mt)? != FAILED {
            return Err(Own::NotFailed.into());
        }
        let mut ledgers = self.ledgers.setter(mt);
        let mut ledger = ledgers.setter(asset);
        let (mt_buyback, _) = empty(&mut ledger.mt_buyback)?;
        let (issuer, _) = empty(&mut ledger.issuer)?;
        let amount = fomo_common::math::add(mt_buyback, issuer)?;
        if amount.is_zero() {
            return Err(Own::NothingToClaim.into());
        }
        let (credited, spent) = self.totals.setter(asset).flock_buyback.add(amount, U256::ZERO)?;
        let bucket = fomo_common::math::sub(credited, spent)?;
        event::Redirected { token: mt, asset, mt_buyback, issuer, bucket }.log(self.vm());
        Ok(())
    }
}
