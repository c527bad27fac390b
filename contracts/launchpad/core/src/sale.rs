//! Buys, claims, refunds and fees.

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::Words;
use fomo_access::token;
use fomo_common::Bps;
use fomo_common::curve::{Curve, Purchase, TradingFee};
use fomo_common::math::add;
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;

use crate::error::{Error, Own};
use crate::launch::{State, Terms};
use crate::{Launchpad, event};

/// Who buys: anyone with a position of its own, or the issuer in the transaction that creates the launch.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Buyer {
    Supporter,
    Bundled,
}

/// A buy that may happen now, but for its size.
struct Offer {
    terms: Terms,
    curve: Curve,
    fee: TradingFee,
    tax: Bps,
}

/// What a buy would do: FLOCK taken, of it into the curve, MT, fees to protocol and issuer, surcharge, tax.
pub type Quote = Words<7>;

fn quote_of(purchase: &Purchase, tax: Bps) -> Quote {
    let Purchase { flock_in, net_used, mt, protocol_fee, issuer_fee, surcharge, .. } = *purchase;
    Words([flock_in, net_used, mt, protocol_fee, issuer_fee, surcharge, tax.raw()])
}

impl Launchpad {
    /// See [`Launchpad::buy`].
    pub(crate) fn buy_with(
        &mut self,
        token: Address,
        offered: U256,
        min_out: U256,
        deadline: u64,
    ) -> Result<(U256, U256), Error> {
        let Offer { terms, curve, fee, tax } = self.offer(token, deadline)?;
        let purchase = curve.buy(&self.sales.getter(token).reserves(), offered, &fee, tax)?;
        purchase.check_minimum(offered, min_out)?;
        self.settle(token, &terms, &purchase)
    }

    /// See [`Launchpad::buy_exact`].
    pub(crate) fn buy_exactly(
        &mut self,
        token: Address,
        mt: U256,
        max_in: U256,
        deadline: u64,
    ) -> Result<(U256, U256), Error> {
        let Offer { terms, curve, fee, tax } = self.offer(token, deadline)?;
        let purchase = curve.buy_exact(&self.sales.getter(token).reserves(), mt, &fee, tax)?;
        if purchase.flock_in > max_in {
            return Err(Own::AboveMaximumIn.into());
        }
        self.settle(token, &terms, &purchase)
    }

    /// See [`Launchpad::quote_buy`].
    pub(crate) fn quote(&self, token: Address, offered: U256) -> Result<Quote, Error> {
        let Offer { curve, fee, tax, .. } = self.offer(token, u64::MAX)?;
        Ok(quote_of(&curve.buy(&self.sales.getter(token).reserves(), offered, &fee, tax)?, tax))
    }

    /// See [`Launchpad::quote_buy_exact`].
    pub(crate) fn quote_exact(&self, token: Address, mt: U256) -> Result<Quote, Error> {
        let Offer { curve, fee, tax, .. } = self.offer(token, u64::MAX)?;
        Ok(quote_of(&curve.buy_exact(&self.sales.getter(token).reserves(), mt, &fee, tax)?, tax))
    }

    fn offer(&self, token: Address, deadline: u64) -> Result<Offer, Error> {
        self.access.pauses.only_unpaused()?;
        self.only_by(deadline)?;
        let now = self.vm().block_timestamp();
        let terms = self.sales.getter(token).terms().ok_or(Own::UnknownLaunch)?;
        // Of the states, only what tells raising from the others: the curve itself says when it is sold out.
        let running = now >= terms.start && terms.elapsed(&self.access.pauses, now) < terms.duration.into();
        if terms.graduated || !running {
            return Err(Own::NotRaising.into());
        }
        let fee = terms.fee()?;
        let tax = terms.tax(&fee, &self.access.pauses, now);
        Ok(Offer { terms, curve: terms.curve()?, fee, tax })
    }

    /// # Errors
    /// `DeadlinePassed`.
    pub(crate) fn only_by(&self, deadline: u64) -> Result<(), Error> {
        if self.vm().block_timestamp() > deadline { Err(Own::DeadlinePassed.into()) } else { Ok(()) }
    }

    fn settle(&mut self, token: Address, terms: &Terms, purchase: &Purchase) -> Result<(U256, U256), Error> {
        self.book(token, terms, purchase, Buyer::Supporter)?;
        self.take_flock(purchase.flock_in)?;
        Ok((purchase.flock_in, purchase.mt))
    }

    /// Writes a buy into the ledgers.
    pub(crate) fn book(&mut self, token: Address, terms: &Terms, purchase: &Purchase, by: Buyer) -> Result<(), Error> {
        let buyer = self.vm().msg_sender();
        let bundled = by == Buyer::Bundled;
        let allocated = if bundled { U256::ZERO } else { purchase.mt };
        let now = self.vm().block_timestamp();

        let mut sale = self.sales.setter(token);
        sale.set_reserves(&purchase.reserves)?;
        let (protocol, issuer) = sale.fees.get();
        let (protocol_fees, creator_fees) = (add(protocol, purchase.protocol_fee)?, add(issuer, purchase.issuer_fee)?);
        sale.fees.set(protocol_fees, creator_fees)?;
        if !purchase.surcharge.is_zero() || bundled {
            let (surcharges, vesting) = sale.extra.get();
            let vesting = if bundled { purchase.mt } else { vesting };
            sale.extra.set(add(surcharges, purchase.surcharge)?, vesting)?;
        }
        let curve = terms.curve()?;
        let (raised, sold) = (curve.raised(&purchase.reserves)?, curve.sold(&purchase.reserves)?);
        let filled = raised == terms.max;
        if filled {
            sale.fill(now)?;
        }

        let mut positions = self.positions.setter(token);
        let mut position = positions.setter(buyer);
        let (paid, mt) = position.get();
        position.set(add(paid, purchase.flock_in)?, add(mt, allocated)?)?;

        event::Purchased {
            token,
            buyer,
            flock_in: purchase.flock_in,
            net_used: purchase.net_used,
            mt_allocated: purchase.mt,
            protocol_fee: purchase.protocol_fee,
            creator_fee: purchase.issuer_fee,
            anti_sniper_fee: purchase.surcharge,
        }
        .log(self.vm());
        event::SaleUpdated { token, raised, sold, protocol_fees, creator_fees }.log(self.vm());
        if filled {
            event::RaiseFilled { token, raised }.log(self.vm());
        }
        Ok(())
    }

    /// Uses a permit; whether it worked shows in the allowance.
    pub(crate) fn permit(&self, value: U256, deadline: U256, v: u8, r: B256, s: B256) {
        let selector = function_selector!("permit", Address, Address, U256, U256, u8, B256, B256);
        let (owner, spender) = (token::word(self.vm().msg_sender()), token::word(self.vm().contract_address()));
        let words = [owner, spender, value, deadline, U256::from(v), r.into(), s.into()];
        // One that somebody else has used already reverts, and has done its work.
        let _ = token::call(self.vm(), self.access.pauses.token(), selector, &words);
    }

    /// Takes FLOCK from the caller: the last step of what costs something.
    pub(crate) fn take_flock(&self, amount: U256) -> Result<(), Error> {
        let (from, to) = (self.vm().msg_sender(), self.vm().contract_address());
        Ok(token::transfer_from(self.vm(), self.access.pauses.token(), from, to, amount)?)
    }

    /// See [`Launchpad::claim`].
    pub(crate) fn claim_sale(&mut self, token: Address) -> Result<U256, Error> {
        let terms = self.sales.getter(token).terms().ok_or(Own::UnknownLaunch)?;
        if !terms.graduated {
            return Err(Own::NotGraduated.into());
        }
        let (_, amount) = self.take_position(token);
        let buyer = self.vm().msg_sender();
        if amount.is_zero() {
            return Err(Own::NothingToClaim.into());
        }
        event::SaleClaimed { token, buyer, amount }.log(self.vm());
        token::transfer(self.vm(), token, buyer, amount)?;
        Ok(amount)
    }

    /// See [`Launchpad::refund`].
    pub(crate) fn refund_buyer(&mut self, token: Address) -> Result<U256, Error> {
        match self.state_of(token)? {
            State::None => return Err(Own::UnknownLaunch.into()),
            State::Failed => {}
            _ => return Err(Own::NotFailed.into()),
        }
        let (amount, _) = self.take_position(token);
        let buyer = self.vm().msg_sender();
        if amount.is_zero() {
            return Err(Own::NothingToClaim.into());
        }
        event::Refunded { token, buyer, amount }.log(self.vm());
        token::transfer(self.vm(), self.access.pauses.token(), buyer, amount)?;
        Ok(amount)
    }

    fn take_position(&mut self, token: Address) -> (U256, U256) {
        let buyer = self.vm().msg_sender();
        let mut positions = self.positions.setter(token);
        let mut position = positions.setter(buyer);
        let taken = position.get();
        position.clear();
        taken
    }

    pub(crate) fn pay_fees(&self, account: Address, amount: U256) -> Result<U256, Error> {
        if amount.is_zero() {
            return Err(Own::NothingToClaim.into());
        }
        event::FeesWithdrawn { account, amount }.log(self.vm());
        token::transfer(self.vm(), self.access.pauses.token(), account, amount)?;
        Ok(amount)
    }

    /// Where a launch is now.
    pub(crate) fn state_of(&self, token: Address) -> Result<State, Error> {
        self.sales.getter(token).state(&self.access.pauses, self.vm().block_timestamp())
    }
}
