//! Adapter and locker for Aerodrome and Velodrome, volatile pools (`stable = false`). LP fees are claimed apart from the liquidity.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::abi::Word;
use fomo_access::token::{CallError, ask, call, first_word};
use fomo_access::{route_access, routes};
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
    "poolOf" => pool_of<Aerodrome>(Address, Address);
    "reserves" => reserves<Aerodrome>(Address, Address);
    "locked" => locked(Address);
    "factory" => factory();
    otherwise => route_access;
}
