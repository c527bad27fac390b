//! Buybacks: a bucket buys its token at the time-weighted price or better, and burns it.
//!
//! The ledger moves before any other contract is called, and everything is undone together if one of them refuses: a failed swap leaves
//! the bucket whole. The adapter is asked for prices, but not believed: it gets an allowance of exactly what is spent and has to use all of it,
//! and what it says it gave has to be there to be burned.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::abi::Word;
use fomo_access::token::{self, CallError, first_word};
use fomo_common::math::{mul_div, sub};
use fomo_common::{Bps, waterfall};
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;

use crate::error::{Error, Own};
use crate::parameters::KEEPER;
use crate::{Bucket, RevenueSplitter, event, left_in, stored, time};

/// A part of a route that one adapter swaps.
pub(crate) struct Leg {
    adapter: Address,
    route: Vec<Address>,
}

impl RevenueSplitter {
    pub(crate) fn buy_back(&mut self, bought: Address, asset: Address, deadline: u64) -> Result<(U256, U256), Error> {
        self.only_now(bought, asset, deadline)?;
        let legs = self.legs(bought, asset)?;
        let (spent, least) = self.terms(bought, asset, &legs)?;
        let (total_spent, bucket) = self.spend(bought, asset, spent)?;
        let amount = self.swap(&legs, spent, least, deadline)?;
        self.destroy(bought, amount)?;
        let (total_burned, total_sunk) = self.destroyed.getter(bought).get();
        let caller = self.vm().msg_sender();
        event::BoughtBack {
            token: bought,
            asset,
            caller,
            spent,
            bought: amount,
            bucket,
            total_spent,
            total_burned,
            total_sunk,
        }
        .log(self.vm());
        Ok((spent, amount))
    }

    fn only_now(&self, bought: Address, asset: Address, deadline: u64) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        if self.is_keeper_only()? {
            self.access.roles.only(KEEPER)?;
        }
        let now = self.vm().block_timestamp();
        if now > deadline {
            return Err(Own::DeadlinePassed.into());
        }
        if now < self.next_buyback(bought, asset)? { Err(Own::IntervalNotOver.into()) } else { Ok(()) }
    }

    /// From when on a token can be bought back with a stablecoin again; zero where it never was.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn next_buyback(&self, bought: Address, asset: Address) -> Result<u64, Error> {
        let last = time(&self.bought_at.getter(bought).getter(asset));
        Ok(if last == 0 { 0 } else { last.saturating_add(self.interval()?) })
    }

    /// The stablecoin to FLOCK by its own adapter, FLOCK to the Model Token by the launch's; in one where they are the same.
    pub(crate) fn legs(&self, bought: Address, asset: Address) -> Result<Vec<Leg>, Error> {
        let (adapter, via) = self.route_of(asset)?;
        let flock = self.access.pauses.token();
        let route = [asset, via, flock].into_iter().filter(|token| !token.is_zero()).collect();
        let mut legs = Vec::from([Leg { adapter, route }]);
        if bought == flock {
            return Ok(legs);
        }
        self.only_graduated(bought)?;
        let launch = function_selector!("launch", Address);
        let answer = token::call(self.vm(), self.launchpad.get(), launch, &[bought.word()])?;
        let venue = Address::from_word(answer.get(32..).and_then(first_word).ok_or(CallError::Refused)?.into());
        match legs.last_mut() {
            Some(leg) if leg.adapter == venue => leg.route.push(bought),
            _ => legs.push(Leg { adapter: venue, route: Vec::from([flock, bought]) }),
        }
        Ok(legs)
    }

    /// What a buyback spends, and the least that it accepts.
    pub(crate) fn terms(&self, bought: Address, asset: Address, legs: &[Leg]) -> Result<(U256, U256), Error> {
        let (mut depth, mut out, mut fees) = (U256::MAX, U256::MAX, Vec::new());
        for leg in legs {
            let (into, gives) = self.depth(leg)?;
            // The thinner of what was before and this leg, in what goes into it, decides.
            if into < out {
                depth = if depth == U256::MAX { into } else { mul_div(depth, into, out)? };
                out = gives;
            } else {
                out = mul_div(gives, out, into)?;
            }
            fees.append(&mut self.fees(leg)?);
        }
        let (fewest, most) = self.limits_of(asset)?;
        let amount = waterfall::buyback_amount(self.bucket(bought, asset)?, most, depth)?;
        if amount < fewest {
            return Err(Own::SpendTooSmall.into());
        }
        let least = waterfall::min_out(mul_div(out, amount, depth)?, &fees)?;
        if least.is_zero() { Err(Own::SpendTooSmall.into()) } else { Ok((amount, least)) }
    }

    fn bucket(&self, bought: Address, asset: Address) -> Result<U256, Error> {
        if bought == self.access.pauses.token() {
            return left_in(&self.totals.getter(asset).flock_buyback);
        }
        left_in(&self.ledgers.getter(bought).getter(asset).mt_buyback)
    }

    /// Takes an amount out of its bucket, and begins the interval. Gives all that was ever taken, and what is left.
    fn spend(&mut self, bought: Address, asset: Address, amount: U256) -> Result<(U256, U256), Error> {
        let now = stored(self.vm().block_timestamp());
        self.bought_at.setter(bought).insert(asset, now);
        self.totals.setter(asset).all.add(U256::ZERO, amount)?;
        let take = |bucket: &mut Bucket| bucket.add(U256::ZERO, amount);
        let (credited, spent) = if bought == self.access.pauses.token() {
            take(&mut self.totals.setter(asset).flock_buyback)?
        } else {
            take(&mut self.ledgers.setter(bought).setter(asset).mt_buyback)?
        };
        Ok((spent, sub(credited, spent)?))
    }

    /// Swaps along all legs; gives what came out.
    fn swap(&self, legs: &[Leg], amount: U256, least: U256, deadline: u64) -> Result<U256, Error> {
        let mut amount = amount;
        for (index, leg) in legs.iter().enumerate() {
            // What counts is what comes out at the end.
            let least = if index.saturating_add(1) == legs.len() { least } else { U256::ZERO };
            amount = self.swap_leg(leg, amount, least, deadline)?;
        }
        if amount < least { Err(Own::BelowMinimum.into()) } else { Ok(amount) }
    }

    fn swap_leg(&self, leg: &Leg, amount: U256, least: U256, deadline: u64) -> Result<U256, Error> {
        let (vm, here) = (self.vm(), self.vm().contract_address());
        let Some(first) = leg.route.first() else { return Err(Own::NoRoute.into()) };
        token::approve(vm, *first, leg.adapter, amount)?;
        // The route lies behind the five arguments.
        let arguments = [U256::from(160), amount, least, here.word(), deadline.word()];
        let selector = function_selector!("swap", Vec<Address>, U256, U256, Address, u64);
        let answer = token::call(vm, leg.adapter, selector, &with_route(&arguments, &leg.route))?;
        let allowance = function_selector!("allowance", Address, Address);
        if !token::ask(vm, *first, allowance, &[here.word(), leg.adapter.word()])?.is_zero() {
            return Err(Own::SpendDiffers.into());
        }
        Ok(first_word(&answer).ok_or(CallError::Refused)?)
    }

    /// Burns what was bought, or sends FLOCK to its sink. Only what the supply has lost counts as burned.
    fn destroy(&mut self, bought: Address, amount: U256) -> Result<(), Error> {
        let is_flock = bought == self.access.pauses.token();
        let sink = if is_flock { self.sink()? } else { Address::ZERO };
        if !sink.is_zero() {
            self.destroyed.setter(bought).add(U256::ZERO, amount)?;
            return Ok(token::transfer(self.vm(), bought, sink, amount)?);
        }
        self.destroyed.setter(bought).add(amount, U256::ZERO)?;
        let before = self.supply(bought)?;
        token::call(self.vm(), bought, function_selector!("burn", U256), &[amount])?;
        if sub(before, self.supply(bought)?) == Ok(amount) { Ok(()) } else { Err(Own::NotBurned.into()) }
    }

    fn supply(&self, token: Address) -> Result<U256, Error> {
        Ok(token::ask(self.vm(), token, function_selector!("totalSupply"), &[])?)
    }

    fn depth(&self, leg: &Leg) -> Result<(U256, U256), Error> {
        let words = with_route(&[U256::from(32)], &leg.route);
        let answer = token::call(self.vm(), leg.adapter, function_selector!("depth", Vec<Address>), &words)?;
        let (into, rest) = answer.split_first_chunk::<32>().ok_or(CallError::Refused)?;
        Ok((U256::from_be_bytes(*into), first_word(rest).ok_or(CallError::Refused)?))
    }

    /// The fee of each pool: an array of the ABI, whose length is that of the route.
    fn fees(&self, leg: &Leg) -> Result<Vec<Bps>, Error> {
        let words = with_route(&[U256::from(32)], &leg.route);
        let answer = token::call(self.vm(), leg.adapter, function_selector!("fees", Vec<Address>), &words)?;
        let mut fees = Vec::new();
        for index in 1..leg.route.len() {
            let at = index.saturating_add(1).saturating_mul(32);
            let fee = answer.get(at..).and_then(first_word).ok_or(CallError::Refused)?;
            fees.push(Bps::new(u16::try_from(fee).unwrap_or(u16::MAX))?);
        }
        Ok(fees)
    }
}

/// Words of arguments, the last of which is a route.
fn with_route(arguments: &[U256], route: &[Address]) -> Vec<U256> {
    let route = route.iter().map(|token| token.word());
    arguments.iter().copied().chain([U256::from(route.len())]).chain(route).collect()
}
