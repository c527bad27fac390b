//! The splitter's parameters: their keys, their defaults and what they may be.

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::Word;
use fomo_access::{CheckParameter, enter, role, tag, tagged, token};
use fomo_common::epoch::DAY;
use fomo_common::{Bps, waterfall};
use stylus_sdk::prelude::*;

use crate::RevenueSplitter;
use crate::error::{Error, Own};

/// Brings revenue. A role.
pub const SETTLER: B256 = const { role("SETTLER") };
/// Buys back where nobody else may. A role.
pub const KEEPER: B256 = const { role("KEEPER") };
/// Who gets the treasury's bucket.
pub const TREASURY: B256 = const { role("TREASURY") };
/// Who gets compute cost of the tokens that have no payee of their own.
pub const COMPUTE: B256 = const { role("COMPUTE") };
/// Most compute cost of the gross revenue, in bps.
pub const COMPUTE_LIMIT: B256 = const { role("COMPUTE_LIMIT") };
/// Seconds from a buyback to the next of the same token with the same stablecoin.
pub const INTERVAL: B256 = const { role("INTERVAL") };
/// Whether only the keeper buys back: 0 or 1.
pub const KEEPER_ONLY: B256 = const { role("KEEPER_ONLY") };
/// Where FLOCK that was bought goes if it cannot be burned; zero where it can.
pub const SINK: B256 = const { role("SINK") };
/// Tag of a stablecoin's key: 1 while it is accepted, 0 from then on. The other three of a stablecoin are set before.
pub const ASSET: [u8; 4] = *b"ASST";
/// Tag of a stablecoin's key: the adapter that swaps it for FLOCK; zero for none.
pub const ROUTE: [u8; 4] = *b"ROUT";
/// Tag of a stablecoin's key: the token between it and FLOCK; zero where their pool is direct.
pub const VIA: [u8; 4] = *b"VIAT";
/// Tag of a stablecoin's key: the least that a buyback spends, and 2⁹⁶ times the most.
pub const SPEND: [u8; 4] = *b"SPND";
/// Tag of a Model Token's key: who gets its compute cost.
pub const COMPUTE_OF: [u8; 4] = *b"COMP";

/// One hour, which is also the least.
const DEFAULT_INTERVAL: u64 = 3_600;
/// Longest interval: a week, so that a slip cannot stop buybacks.
const MOST_INTERVAL: u64 = 7 * DAY.0;
/// Bits of an amount of [`SPEND`].
const AMOUNT_BITS: usize = 96;

/// The key of what belongs to a token.
pub(crate) fn key(tag: [u8; 4], of: Address) -> B256 {
    tagged(tag, of.word().into())
}

/// The key of something else that belongs to the same token.
fn sibling(of: B256, tag: [u8; 4]) -> B256 {
    let mut key = of;
    for (byte, own) in key.iter_mut().zip(tag) {
        *byte = own;
    }
    key
}

fn address(word: U256) -> Address {
    Address::from_word(word.into())
}

/// Least and most that a buyback spends.
fn limits(value: U256) -> (U256, U256) {
    (value.wrapping_shl(256 - AMOUNT_BITS).wrapping_shr(256 - AMOUNT_BITS), value.wrapping_shr(AMOUNT_BITS))
}

impl RevenueSplitter {
    /// Sets what a new splitter begins with.
    pub(crate) fn set_defaults(&mut self, treasury: Address, compute: Address, sink: Address) -> Result<(), Error> {
        if treasury.is_zero() || compute.is_zero() {
            return Err(fomo_access::Error::ZeroAddress.into());
        }
        let parameters = &mut self.access.parameters;
        parameters.set(TREASURY, treasury.word())?;
        parameters.set(COMPUTE, compute.word())?;
        parameters.set(COMPUTE_LIMIT, waterfall::DEFAULT_COMPUTE_LIMIT.raw())?;
        parameters.set(INTERVAL, U256::from(DEFAULT_INTERVAL))?;
        parameters.set(KEEPER_ONLY, U256::ZERO)?;
        parameters.set(SINK, sink.word())?;
        Ok(())
    }

    pub(crate) fn is_accepted(&self, asset: Address) -> bool {
        self.access.parameters.get(key(ASSET, asset)) == Ok(U256::ONE)
    }

    fn has(&self, key: B256) -> bool {
        self.access.parameters.get(key).is_ok()
    }

    pub(crate) fn compute_limit(&self) -> Result<Bps, Error> {
        let limit = self.access.parameters.get(COMPUTE_LIMIT)?;
        Ok(Bps::new(u16::try_from(limit).unwrap_or(u16::MAX))?)
    }

    pub(crate) fn interval(&self) -> Result<u64, Error> {
        Ok(u64::try_from(self.access.parameters.get(INTERVAL)?).unwrap_or(MOST_INTERVAL))
    }

    pub(crate) fn is_keeper_only(&self) -> Result<bool, Error> {
        Ok(!self.access.parameters.get(KEEPER_ONLY)?.is_zero())
    }

    pub(crate) fn treasury(&self) -> Result<Address, Error> {
        Ok(address(self.access.parameters.get(TREASURY)?))
    }

    pub(crate) fn sink(&self) -> Result<Address, Error> {
        Ok(address(self.access.parameters.get(SINK)?))
    }

    pub(crate) fn payee_of_compute(&self, mt: Address) -> Result<Address, Error> {
        let parameters = &self.access.parameters;
        let payee = parameters.get(key(COMPUTE_OF, mt)).or_else(|_| parameters.get(COMPUTE))?;
        Ok(address(payee))
    }

    /// The adapter that swaps a stablecoin for FLOCK, and the token in between, zero for none.
    pub(crate) fn route_of(&self, asset: Address) -> Result<(Address, Address), Error> {
        let parameters = &self.access.parameters;
        let (adapter, via) = (parameters.get(key(ROUTE, asset)), parameters.get(key(VIA, asset)));
        match (adapter, via) {
            (Ok(adapter), Ok(via)) if !adapter.is_zero() => Ok((address(adapter), address(via))),
            _ => Err(Own::NoRoute.into()),
        }
    }

    /// Executes a proposal; of a stablecoin's adapter and the token in between both, where both are proposed. Otherwise there
    /// would be a time with half of the old route and half of the new one, by pools that nobody ever looked at.
    ///
    /// # Errors
    /// `NotProposed`, `TooEarly`, `ProposalExpired`, `TooLarge`: for either. `Reentered`.
    pub fn execute_parameter(&mut self, key: B256) -> Result<(), Error> {
        enter(self.vm())?;
        let parameters = &mut self.access.parameters;
        parameters.execute(key)?;
        let other = match tag(key) {
            ROUTE => sibling(key, VIA),
            VIA => sibling(key, ROUTE),
            _ => return Ok(()),
        };
        if parameters.proposal(other).1 != 0 {
            parameters.execute(other)?;
        }
        Ok(())
    }

    /// Least and most that a buyback spends.
    pub(crate) fn limits_of(&self, asset: Address) -> Result<(U256, U256), Error> {
        self.access.parameters.get(key(SPEND, asset)).map(limits).map_err(|_| Own::NoRoute.into())
    }
}

impl CheckParameter for RevenueSplitter {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        let is_address = value.bit_len() <= 160;
        let is_contract = |value: U256| is_address && token::has_code(self.vm(), address(value));
        match key {
            TREASURY | COMPUTE => is_address && !value.is_zero(),
            COMPUTE_LIMIT => value <= Bps::ONE.raw(),
            INTERVAL => value >= U256::from(DEFAULT_INTERVAL) && value <= U256::from(MOST_INTERVAL),
            KEEPER_ONLY => value <= U256::ONE,
            SINK => is_address,
            _ => match tag(key) {
                ASSET => value <= U256::ONE && [ROUTE, VIA, SPEND].iter().all(|tag| self.has(sibling(key, *tag))),
                COMPUTE_OF => is_address && !value.is_zero(),
                ROUTE | VIA => value.is_zero() || is_contract(value),
                SPEND => {
                    let (least, most) = limits(value);
                    most.bit_len() <= AMOUNT_BITS && !least.is_zero() && least <= most
                }
                _ => false,
            },
        }
    }

    /// What a stablecoin was settled in, or compute cost was owed under, changes in two steps only.
    fn check_first_value(&self, key: B256, value: U256) -> bool {
        let is_late = match tag(key) {
            ROUTE | VIA | SPEND => self.has(sibling(key, ASSET)),
            tag => tag == COMPUTE_OF,
        };
        !is_late && self.check_parameter(key, value)
    }
}
