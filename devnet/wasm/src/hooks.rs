//! The host functions of `vm_hooks`: names, types and the ink that each costs before what it does.

use wasmparser::ValType::{self, I32, I64};

/// The module that every import has to come from.
pub const MODULE: &str = "vm_hooks";
/// The host function that memory growth is paid through.
pub const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// Ink of every host call.
pub const HOST_INK: u64 = 8_400;
/// Ink of each pointer to a value of fixed size.
pub const PTR_INK: u64 = 5_040;
/// Ink of leaving the program for the chain's state.
pub const API_INK: u64 = 59_673;

/// A host function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hook {
    /// Its name in `vm_hooks`.
    pub name: &'static str,
    /// Types of its parameters.
    pub params: &'static [ValType],
    /// Type of its result, if any.
    pub result: Option<ValType>,
    /// Ink charged before anything that depends on its arguments.
    pub base_ink: u64,
}

const fn hook(name: &'static str, params: &'static [ValType], result: Option<ValType>, base_ink: u64) -> Hook {
    Hook { name, params, result, base_ink }
}

const P1: &[ValType] = &[I32];
const P2: &[ValType] = &[I32, I32];
const P3: &[ValType] = &[I32, I32, I32];
const P4: &[ValType] = &[I32, I32, I32, I32];

/// Every host function that a program may import, as measured on Nitro.
///
/// `native_keccak256`, `exit_early` and `pay_for_memory_grow` have no base: the first costs its row of the price
/// list, the second nothing, the third its pages.
pub const HOOKS: &[Hook] = &[
    hook("read_args", P1, None, HOST_INK),
    hook("write_result", P2, None, HOST_INK),
    hook("exit_early", P1, None, 0),
    hook("storage_load_bytes32", P2, None, HOST_INK + 2 * PTR_INK),
    hook("storage_cache_bytes32", P2, None, HOST_INK + 2 * PTR_INK),
    hook("storage_flush_cache", P1, None, HOST_INK + API_INK),
    hook("transient_load_bytes32", P2, None, HOST_INK + 2 * PTR_INK + API_INK),
    hook("transient_store_bytes32", P2, None, HOST_INK + 2 * PTR_INK + API_INK),
    hook("call_contract", &[I32, I32, I32, I32, I64, I32], Some(I32), HOST_INK + 3 * PTR_INK + API_INK),
    hook("delegate_call_contract", &[I32, I32, I32, I64, I32], Some(I32), HOST_INK + 3 * PTR_INK + API_INK),
    hook("static_call_contract", &[I32, I32, I32, I64, I32], Some(I32), HOST_INK + 3 * PTR_INK + API_INK),
    hook("create1", &[I32, I32, I32, I32, I32], None, HOST_INK + 3 * PTR_INK + API_INK),
    hook("create2", &[I32, I32, I32, I32, I32, I32], None, HOST_INK + 4 * PTR_INK + API_INK),
    hook("read_return_data", P3, Some(I32), HOST_INK + API_INK),
    hook("return_data_size", &[], Some(I32), HOST_INK),
    hook("emit_log", P3, None, HOST_INK + API_INK),
    hook("account_balance", P2, None, HOST_INK + 2 * PTR_INK + API_INK),
    hook("account_code", P4, Some(I32), HOST_INK + API_INK),
    hook("account_code_size", P1, Some(I32), HOST_INK + API_INK),
    hook("account_codehash", P2, None, HOST_INK + 2 * PTR_INK + API_INK),
    hook("block_basefee", P1, None, HOST_INK + PTR_INK),
    hook("block_coinbase", P1, None, HOST_INK + PTR_INK),
    hook("block_gas_limit", &[], Some(I64), HOST_INK),
    hook("block_number", &[], Some(I64), HOST_INK),
    hook("block_timestamp", &[], Some(I64), HOST_INK),
    hook("chainid", &[], Some(I64), HOST_INK),
    hook("contract_address", P1, None, HOST_INK + PTR_INK),
    hook("evm_gas_left", &[], Some(I64), HOST_INK),
    hook("evm_ink_left", &[], Some(I64), HOST_INK),
    hook("math_div", P2, None, HOST_INK + 3 * PTR_INK + 20_000),
    hook("math_mod", P2, None, HOST_INK + 3 * PTR_INK + 20_000),
    hook("math_pow", P2, None, HOST_INK + 3 * PTR_INK),
    hook("math_add_mod", P3, None, HOST_INK + 4 * PTR_INK + 21_000),
    hook("math_mul_mod", P3, None, HOST_INK + 4 * PTR_INK + 24_100),
    hook("msg_reentrant", &[], Some(I32), HOST_INK),
    hook("msg_sender", P1, None, HOST_INK + PTR_INK),
    hook("msg_value", P1, None, HOST_INK + PTR_INK),
    hook("native_keccak256", P3, None, 0),
    hook("tx_gas_price", P1, None, HOST_INK + PTR_INK),
    hook("tx_ink_price", &[], Some(I32), HOST_INK),
    hook("tx_origin", P1, None, HOST_INK + PTR_INK),
    hook(PAY_FOR_MEMORY_GROW, P1, None, 0),
];

/// The host function of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Hook> {
    HOOKS.iter().find(|hook| hook.name == name)
}

/// Ink of copying `bytes` into the program's memory.
#[must_use]
pub const fn write_ink(bytes: u32) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32) as u64
}

/// Ink of copying `bytes` out of the program's memory.
#[must_use]
pub const fn read_ink(bytes: u32) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32) as u64
}

/// Ink of hashing `bytes`.
#[must_use]
pub const fn keccak_ink(bytes: u32) -> u64 {
    121_800 + 21_000 * bytes.div_ceil(32).saturating_sub(2) as u64
}

/// Ink of raising to a big-endian exponent, by its significant bytes.
#[must_use]
pub fn pow_ink(exponent: &[u8; 32]) -> u64 {
    let zeros = exponent.iter().take_while(|byte| **byte == 0).count() as u64;
    3_000 + 17_500 * (33 - zeros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_cost_a_base_up_to_one_word_and_by_the_byte_beyond() {
        assert_eq!((write_ink(0), write_ink(32), write_ink(33)), (5_040, 5_040, 5_070));
        assert_eq!((read_ink(0), read_ink(32), read_ink(33)), (16_381, 16_381, 16_436));
    }

    #[test]
    fn hashing_is_flat_up_to_two_words() {
        assert_eq!((keccak_ink(0), keccak_ink(64), keccak_ink(65)), (121_800, 121_800, 142_800));
    }

    #[test]
    fn powers_cost_by_the_significant_bytes_of_the_exponent() {
        let mut exponent = [0; 32];
        assert_eq!(pow_ink(&exponent), 3_000 + 17_500);
        exponent[31] = 1;
        assert_eq!(pow_ink(&exponent), 3_000 + 2 * 17_500);
        exponent[0] = 1;
        assert_eq!(pow_ink(&exponent), 3_000 + 33 * 17_500);
    }
}
