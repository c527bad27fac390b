//! A launch's good end.
//!
//! Every other contract is called here. They are the suite's own, the venue behind its adapter and FLOCK: none of them can be
//! brought by somebody else to refuse. The launch counts as graduated before the first call.

use alloy_primitives::{Address, U256};
use fomo_access::token::{self, CallError};
use fomo_common::curve::Graduation;
use fomo_common::math::add;
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;

use crate::clone::{self, Initialization};
use crate::error::{Error, Own};
use crate::launch::{State, Texts};
use crate::{Launchpad, event};

impl Launchpad {
    /// See [`Launchpad::graduate`].
    pub(crate) fn graduate_launch(&mut self, token: Address) -> Result<Address, Error> {
        match self.state_of(token)? {
            State::None => return Err(Own::UnknownLaunch.into()),
            State::Succeeded => {}
            _ => return Err(Own::NotSucceeded.into()),
        }
        let end = self.close(token)?;
        self.release_fees(token)?;
        self.mint(token)?;
        let pool = self.seed(token, &end)?;
        self.fund_rewards(token, &end)?;
        let (issuer_vesting_id, platform_vesting_id) = self.open_vestings(token, &end)?;
        let burn = function_selector!("burn", U256);
        token::call(self.vm(), token, burn, &[end.mt_burned])?;
        event::Graduated {
            token,
            pool,
            raised: add(end.flock_liquidity, end.flock_reserved)?,
            sold: end.mt_sold,
            flock_liquidity: end.flock_liquidity,
            mt_liquidity: end.mt_liquidity,
            flock_reserved: end.flock_reserved,
            mt_burned: end.mt_burned,
            issuer_vesting_id,
            platform_vesting_id,
        }
        .log(self.vm());
        Ok(pool)
    }

    /// Marks the launch and computes where everything goes.
    fn close(&mut self, token: Address) -> Result<Graduation, Error> {
        let mut sale = self.sales.setter(token);
        let mut terms = sale.terms().ok_or(Own::UnknownLaunch)?;
        terms.graduated = true;
        sale.set_terms(&terms);
        Ok(terms.curve()?.graduation(&sale.reserves())?)
    }

    /// Moves the escrow to whom it belongs; nobody is paid here, so that nobody can refuse.
    fn release_fees(&mut self, token: Address) -> Result<(), Error> {
        let sale = self.sales.getter(token);
        let ((protocol, issuer), (surcharges, _)) = (sale.fees.get(), sale.extra.get());
        let creator = self.records.getter(token).creator.get();
        let to_treasury = add(protocol, surcharges)?;
        let treasury_owed = add(self.treasury_owed.get(), to_treasury)?;
        self.treasury_owed.set(treasury_owed);
        let owed = add(self.owed.get(creator), issuer)?;
        self.owed.insert(creator, owed);
        event::FeesReleased { token, to_treasury, to_issuer: issuer, treasury_owed, issuer_owed: owed }.log(self.vm());
        Ok(())
    }

    /// Makes the token, whose whole supply this contract gets.
    fn mint(&self, token: Address) -> Result<(), Error> {
        let record = self.records.getter(token);
        let launch_id = record.launch_id.get();
        if clone::create(self.vm(), self.implementation.get(), launch_id)? != token {
            return Err(Own::UnexpectedAddress.into());
        }
        let initialization = Initialization {
            issuer: record.creator.get(),
            launch_id,
            model_id: record.model_id.get(),
            texts: Texts::unpack(&record.texts.get()),
        };
        initialization.run(self.vm(), token)
    }

    /// Pairs MT and FLOCK at the closing price, through the adapter, which locks what it gets for them. Gives the pool.
    fn seed(&self, token: Address, end: &Graduation) -> Result<Address, Error> {
        let (vm, flock) = (self.vm(), self.access.pauses.token());
        let adapter = self.records.getter(token).adapter.get();
        token::approve(vm, token, adapter, end.mt_liquidity)?;
        token::approve(vm, flock, adapter, end.flock_liquidity)?;
        let selector = function_selector!("seed", Address, Address, U256, U256);
        let words = [token::word(token), token::word(flock), end.mt_liquidity, end.flock_liquidity];
        let answer = token::call(vm, adapter, selector, &words)?;
        let pool = token::first_word(&answer).ok_or(CallError::Refused)?;
        Ok(Address::from_word(pool.into()))
    }

    /// Funds the MT Reward stream and, where φ is under 1, the Reserved FLOCK tranche; from tomorrow on the token is supported.
    fn fund_rewards(&self, token: Address, end: &Graduation) -> Result<(), Error> {
        let (vm, flock, rewards) = (self.vm(), self.access.pauses.token(), self.distributor.get());
        let supported = function_selector!("setSupported", Address, bool);
        token::call(vm, rewards, supported, &[token::word(token), U256::ONE])?;
        token::approve(vm, token, rewards, end.mt_incentive)?;
        let fund = function_selector!("fundMtReward", Address, U256);
        token::call(vm, rewards, fund, &[token::word(token), end.mt_incentive])?;
        if !end.flock_reserved.is_zero() {
            token::approve(vm, flock, rewards, end.flock_reserved)?;
            let fund = function_selector!("fundReserved", Address, U256, bool);
            token::call(vm, rewards, fund, &[token::word(token), end.flock_reserved, U256::ZERO])?;
        }
        Ok(())
    }

    /// Opens the issuer's vesting, its bundled buy included, and the platform's; gives their ids.
    fn open_vestings(&self, token: Address, end: &Graduation) -> Result<(U256, U256), Error> {
        let (_, bundled) = self.sales.getter(token).extra.get();
        let issuer = add(end.mt_issuer, bundled)?;
        token::approve(self.vm(), token, self.vesting.get(), add(issuer, end.mt_platform)?)?;
        let (creator, treasury) = (self.records.getter(token).creator.get(), self.treasury()?);
        Ok((self.open_vesting(token, creator, issuer)?, self.open_vesting(token, treasury, end.mt_platform)?))
    }

    fn open_vesting(&self, token: Address, beneficiary: Address, amount: U256) -> Result<U256, Error> {
        let record = self.records.getter(token);
        let start = U256::from(self.vm().block_timestamp());
        let (cliff, length) = (record.vesting_cliff.get().to(), record.vesting_length.get().to());
        let selector = function_selector!("open", Address, Address, U256, u64, u64, u64);
        let words = [token::word(token), token::word(beneficiary), amount, start, cliff, length];
        let answer = token::call(self.vm(), self.vesting.get(), selector, &words)?;
        Ok(token::first_word(&answer).ok_or(CallError::Refused)?)
    }
}
