//! Adapter and locker for Aerodrome and Velodrome, volatile pools (`stable = false`). LP fees are claimed apart from the liquidity.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::abi::Word;
use fomo_access::token::{CallError, ask, call, first_word};
use fomo_access::{route_access, routes};
use fomo_common::Bps;
use fomo_common::math::{mul, mul_div, sub};
use fomo_liquidity::oracle::{ONE, Sums};
use fomo_liquidity::pool::Side;
use fomo_liquidity::{Adapter, Error, Venue};
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

/// Aerodrome.
pub struct Aerodrome;

/// `stable`: false.
const VOLATILE: U256 = U256::ZERO;

impl Venue for Aerodrome {
    fn pool(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error> {
        let selector = function_selector!("getPool", Address, Address, bool);
        Ok(ask(vm, factory, selector, &[a.word(), b.word(), VOLATILE])?)
    }

    fn create(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error> {
        let selector = function_selector!("createPool", Address, Address, bool);
        let data = call(vm, factory, selector, &[a.word(), b.word(), VOLATILE])?;
        Ok(first_word(&data).unwrap_or_default())
    }

    /// What the pool itself says, whose fee can be set apart.
    fn amount_out(vm: &VM, pool: Address, token_in: Address, _: &Side, amount_in: U256) -> Result<U256, Error> {
        let selector = function_selector!("getAmountOut", U256, Address);
        Ok(ask(vm, pool, selector, &[amount_in, token_in.word()])?)
    }

    /// The time-weighted reserves, which its pools sum up.
    fn sums(vm: &VM, pool: Address) -> Result<Sums, Error> {
        let data = call(vm, pool, function_selector!("currentCumulativePrices"), &[])?;
        let sum0 = first_word(&data).ok_or(CallError::Refused)?;
        let sum1 = data.get(32..).and_then(first_word).ok_or(CallError::Refused)?;
        Ok(Sums(sum0, sum1))
    }

    /// The ratio of the mean reserves, for all of the time.
    fn integrals(from: &Sums, to: &Sums, seconds: u64) -> Result<(U256, U256), Error> {
        let (reserve0, reserve1) = (sub(to.0, from.0)?, sub(to.1, from.1)?);
        let over = |a: U256, b: U256| mul(mul_div(a, ONE, b)?, U256::from(seconds));
        Ok((over(reserve1, reserve0)?, over(reserve0, reserve1)?))
    }

    fn fee(vm: &VM, factory: Address, pool: Address) -> Result<Bps, Error> {
        let fee = ask(vm, factory, function_selector!("getFee", Address, bool), &[pool.word(), VOLATILE])?;
        Ok(Bps::new(u16::try_from(fee).unwrap_or(u16::MAX))?)
    }

    fn claim_fees(vm: &VM, pool: Address) -> Result<(U256, U256), Error> {
        let data = call(vm, pool, function_selector!("claimFees"), &[])?;
        let fee0 = first_word(&data).ok_or(CallError::Refused)?;
        let fee1 = data.get(32..).and_then(first_word).ok_or(CallError::Refused)?;
        Ok((fee0, fee1))
    }
}

routes! { Adapter;
    constructor => constructor(Address, Address, Address, Address, Address);
    "seed" => seed<Aerodrome>(Address, Address, U256, U256);
    "swap" => swap<Aerodrome>(Vec<Address>, U256, U256, Address, u64);
    "quote" => quote<Aerodrome>(Vec<Address>, U256);
    "collectFees" => collect_fees<Aerodrome>(Address);
    "recordObservation" => record_observation<Aerodrome>(Address, Address);
    "observedSince" => observed_since<Aerodrome>(Address, Address);
    "timeWeightedOut" => time_weighted_out<Aerodrome>(Vec<Address>, U256);
    "depth" => depth<Aerodrome>(Vec<Address>);
    "fees" => fees<Aerodrome>(Vec<Address>);
    "poolOf" => pool_of<Aerodrome>(Address, Address);
    "reserves" => reserves<Aerodrome>(Address, Address);
    "locked" => locked(Address);
    "factory" => factory();
    otherwise => route_access;
}
