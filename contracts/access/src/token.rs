//! Calls to ERC-20 tokens.
//!
//! A token says yes by returning true or by returning nothing, as some stablecoins do. That there is code at all, the SDK's calls
//! do not check: a contract checks it once, when it learns of the token ([`has_code`]), since code does not go away.

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use stylus_sdk::ArbResult;
use stylus_sdk::call::RawCall;
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

use crate::abi::concat;

/// Why a token call failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallError {
    /// It reverted, with these data.
    Reverted(Vec<u8>),
    /// It returned false or too little.
    Refused,
}

/// Calls a contract with words behind a selector. Writes and forgets the storage cache first: the call may come back.
///
/// # Errors
/// [`CallError::Reverted`].
pub fn call(vm: &VM, to: Address, selector: [u8; 4], words: &[U256]) -> Result<Vec<u8>, CallError> {
    call_raw(vm, to, &concat(&selector, words))
}

/// Calls a contract with call data.
///
/// # Errors
/// [`CallError::Reverted`].
#[allow(unsafe_code, reason = "the SDK has no safe call for what is no `sol_interface!`")]
pub fn call_raw(vm: &VM, to: Address, data: &[u8]) -> Result<Vec<u8>, CallError> {
    vm.flush_cache(true);
    // SAFETY: nothing of the storage is cached across the call.
    unsafe { RawCall::new(vm).call(to, data) }.map_err(CallError::Reverted)
}

/// Runs another program on this contract's storage; its answer or its revert.
///
/// # Errors
/// What it reverted with.
#[allow(unsafe_code, reason = "as in `call_raw`")]
pub fn delegate(vm: &VM, to: Address, data: &[u8]) -> ArbResult {
    vm.flush_cache(true);
    // SAFETY: nothing of the storage is cached across the call, and nothing is read after it.
    unsafe { RawCall::new_delegate(vm).call(to, data) }
}

/// Asks a contract that cannot change anything.
///
/// # Errors
/// [`CallError::Reverted`]; [`CallError::Refused`] where it returns less than a word.
pub fn ask(vm: &VM, to: Address, selector: [u8; 4], words: &[U256]) -> Result<U256, CallError> {
    first_word(&ask_raw(vm, to, selector, words)?).ok_or(CallError::Refused)
}

/// Asks a contract for several words.
///
/// # Errors
/// As [`ask`], where it returns less than as many words.
pub fn ask_words<const N: usize>(
    vm: &VM,
    to: Address,
    selector: [u8; 4],
    words: &[U256],
) -> Result<[U256; N], CallError> {
    let answer = ask_raw(vm, to, selector, words)?;
    let mut given = [U256::ZERO; N];
    let mut chunks = answer.chunks_exact(32);
    for word in &mut given {
        *word = chunks.next().map(U256::from_be_slice).ok_or(CallError::Refused)?;
    }
    Ok(given)
}

/// Asks a contract for a list of words, or of structs of words: what is behind its offset and length.
///
/// # Errors
/// As [`ask`], where it returns neither.
pub fn ask_list(vm: &VM, to: Address, selector: [u8; 4], words: &[U256]) -> Result<Vec<U256>, CallError> {
    let answer = ask_raw(vm, to, selector, words)?;
    let list = answer.get(64..).ok_or(CallError::Refused)?;
    Ok(list.chunks_exact(32).map(U256::from_be_slice).collect())
}

#[allow(unsafe_code, reason = "as in `call_raw`")]
fn ask_raw(vm: &VM, to: Address, selector: [u8; 4], words: &[U256]) -> Result<Vec<u8>, CallError> {
    vm.flush_cache(false);
    // SAFETY: a static call changes no storage.
    unsafe { RawCall::new_static(vm).call(to, &concat(&selector, words)) }.map_err(CallError::Reverted)
}

/// The first word of what was returned.
#[must_use]
pub fn first_word(data: &[u8]) -> Option<U256> {
    data.first_chunk::<32>().map(|word| U256::from_be_bytes(*word))
}

/// An address as a word of call data.
#[must_use]
pub fn word(address: Address) -> U256 {
    address.into_word().into()
}

/// Whether there is a contract.
#[must_use]
pub fn has_code(vm: &VM, at: Address) -> bool {
    vm.code_size(at) > 0
}

fn must(vm: &VM, token: Address, selector: [u8; 4], words: &[U256]) -> Result<(), CallError> {
    let answer = call(vm, token, selector, words)?;
    if answer.is_empty() || first_word(&answer) == Some(U256::ONE) { Ok(()) } else { Err(CallError::Refused) }
}

/// `transfer(to, amount)`.
///
/// # Errors
/// [`CallError`].
pub fn transfer(vm: &VM, token: Address, to: Address, amount: U256) -> Result<(), CallError> {
    must(vm, token, function_selector!("transfer", Address, U256), &[word(to), amount])
}

/// `transferFrom(from, to, amount)`.
///
/// # Errors
/// [`CallError`].
pub fn transfer_from(vm: &VM, token: Address, from: Address, to: Address, amount: U256) -> Result<(), CallError> {
    let selector = function_selector!("transferFrom", Address, Address, U256);
    must(vm, token, selector, &[word(from), word(to), amount])
}

/// `approve(spender, amount)`.
///
/// # Errors
/// [`CallError`].
pub fn approve(vm: &VM, token: Address, spender: Address, amount: U256) -> Result<(), CallError> {
    must(vm, token, function_selector!("approve", Address, U256), &[word(spender), amount])
}

/// `balanceOf(account)`.
///
/// # Errors
/// [`CallError`].
pub fn balance_of(vm: &VM, token: Address, account: Address) -> Result<U256, CallError> {
    ask(vm, token, function_selector!("balanceOf", Address), &[word(account)])
}
