//! Adapter and locker for Uniswap V2 and the forks of it that charge 30 bps. LP fees stay in the pool and compound.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::abi::Word;
use fomo_access::token::{ask, call, first_word};
use fomo_access::{route_access, routes};
use fomo_common::math::{add, mul, mul_div};
use fomo_liquidity::pool::Side;
use fomo_liquidity::{Adapter, Error, Own, Venue};
use stylus_sdk::function_selector;
use stylus_sdk::host::VM;
use stylus_sdk::prelude::*;

/// Uniswap V2.
pub struct UniswapV2;

impl Venue for UniswapV2 {
    fn pool(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error> {
        Ok(ask(vm, factory, function_selector!("getPair", Address, Address), &[a.word(), b.word()])?)
    }

    fn create(vm: &VM, factory: Address, a: Address, b: Address) -> Result<U256, Error> {
        let data = call(vm, factory, function_selector!("createPair", Address, Address), &[a.word(), b.word()])?;
        Ok(first_word(&data).unwrap_or_default())
    }

    /// `⌊997·in·reserve_out / (1000·reserve_in + 997·in)⌋`, as its pairs check it.
    fn amount_out(_: &VM, _: Address, _: Address, side: &Side, amount_in: U256) -> Result<U256, Error> {
        if side.reserve_in.is_zero() || side.reserve_out.is_zero() {
            return Err(Own::NoReserves.into());
        }
        let net = mul(amount_in, U256::from(997))?;
        let total = add(mul(side.reserve_in, U256::from(1_000))?, net)?;
        Ok(mul_div(net, side.reserve_out, total)?)
    }

    fn claim_fees(_: &VM, _: Address) -> Result<(U256, U256), Error> {
        Ok((U256::ZERO, U256::ZERO))
    }
}

routes! { Adapter;
    constructor => constructor(Address, Address, Address, Address, Address);
    "seed" => seed<UniswapV2>(Address, Address, U256, U256);
    "swap" => swap<UniswapV2>(Vec<Address>, U256, U256, Address, u64);
    "quote" => quote<UniswapV2>(Vec<Address>, U256);
    "collectFees" => collect_fees<UniswapV2>(Address);
    "poolOf" => pool_of<UniswapV2>(Address, Address);
    "reserves" => reserves<UniswapV2>(Address, Address);
    "locked" => locked(Address);
    "factory" => factory();
    otherwise => route_access;
}
