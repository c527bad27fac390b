//! The calls that pools of both venues answer alike.

use alloy_primitives::{Address, U256};
use fomo_access::abi::{Item, Word, encode};
use fomo_access::token::{CallError, ask, call, call_raw, first_word};
use stylus_sdk::abi::Bytes;
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;

use crate::error::{Error, Own};

/// A pool of two tokens, seen from one of them.
pub struct Side {
    /// What the pool holds of the token that goes in.
    pub reserve_in: U256,
    /// What it holds of the other.
    pub reserve_out: U256,
    /// Whether the token that goes in is its `token0`.
    pub zero_for_one: bool,
}

/// The pool from the side of a token that it is known to have.
///
/// # Errors
/// The pool's own.
pub fn side(vm: &VM, pool: Address, token_in: Address) -> Result<Side, Error> {
    let token0 = ask(vm, pool, function_selector!("token0"), &[])?;
    let data = call(vm, pool, function_selector!("getReserves"), &[])?;
    let reserve0 = first_word(&data).ok_or(CallError::Refused)?;
    let reserve1 = data.get(32..).and_then(first_word).ok_or(CallError::Refused)?;
    let zero_for_one = token0 == token_in.word();
    let (reserve_in, reserve_out) = if zero_for_one { (reserve0, reserve1) } else { (reserve1, reserve0) };
    Ok(Side { reserve_in, reserve_out, zero_for_one })
}

/// Mints LP tokens for what lies in the pool beyond its reserves; gives how many.
///
/// # Errors
/// The pool's own.
pub fn mint(vm: &VM, pool: Address, to: Address) -> Result<U256, Error> {
    let data = call(vm, pool, function_selector!("mint", Address), &[to.word()])?;
    Ok(first_word(&data).ok_or(CallError::Refused)?)
}

/// Takes `amount_out` out of the pool against what lies in it beyond its reserves.
///
/// # Errors
/// The pool's own.
pub fn swap(vm: &VM, pool: Address, zero_for_one: bool, amount_out: U256, to: Address) -> Result<(), Error> {
    let (out0, out1) = if zero_for_one { (U256::ZERO, amount_out) } else { (amount_out, U256::ZERO) };
    let arguments = encode(&[Item::Word(out0), Item::Word(out1), Item::Word(to.word()), Item::Text(&[])]);
    let selector = function_selector!("swap", U256, U256, Address, Bytes);
    call_raw(vm, pool, &[&selector[..], &arguments].concat())?;
    Ok(())
}

/// A pool that a factory knows, or that it just made.
///
/// # Errors
/// [`Own::NoPool`] for none.
pub fn existing(pool: U256) -> Result<Address, Error> {
    if pool.is_zero() { Err(Own::NoPool.into()) } else { Ok(Address::from_word(pool.into())) }
}
