//! Adapter and locker for Uniswap V2 and the forks of it that charge 30 bps. LP fees stay in the pool and compound.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::abi::Word;
use fomo_access::token::{CallError, ask, call, first_word};
use fomo_access::{route_access, routes};
use fomo_common::Bps;
use fomo_common::math::{add, mul, mul_div};
use fomo_liquidity::oracle::{ONE, Sums};
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

    /// The integrals of its prices, which its pairs sum up until their last change; the time since then is added here.
    fn sums(vm: &VM, pool: Address) -> Result<Sums, Error> {
        let reserves = call(vm, pool, function_selector!("getReserves"), &[])?;
        let word = |at: usize| reserves.get(at..).and_then(first_word).ok_or(CallError::Refused);
        let (reserve0, reserve1, last) = (word(0)?, word(32)?, word(64)?);
        let sum0 = ask(vm, pool, function_selector!("price0CumulativeLast"), &[])?;
        let sum1 = ask(vm, pool, function_selector!("price1CumulativeLast"), &[])?;
        // Pairs keep times in 32 bits; differences survive the wrap.
        let now = U256::from(vm.block_timestamp());
        let seconds = now.wrapping_sub(last) & U256::from(u32::MAX);
        let more = |a: U256, b: U256| Ok::<_, Error>(mul_div(a, ONE, b)?.wrapping_mul(seconds));
        if seconds.is_zero() || reserve0.is_zero() || reserve1.is_zero() {
            return Ok(Sums(sum0, sum1));
        }
        Ok(Sums(sum0.wrapping_add(more(reserve1, reserve0)?), sum1.wrapping_add(more(reserve0, reserve1)?)))
    }

    fn integrals(from: &Sums, to: &Sums, _: u64) -> Result<(U256, U256), Error> {
        Ok((to.0.wrapping_sub(from.0), to.1.wrapping_sub(from.1)))
    }

    fn fee(_: &VM, _: Address, _: Address) -> Result<Bps, Error> {
        Ok(Bps::new(30)?)
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
    "recordObservation" => record_observation<UniswapV2>(Address, Address);
    "observedSince" => observed_since<UniswapV2>(Address, Address);
    "timeWeightedOut" => time_weighted_out<UniswapV2>(Vec<Address>, U256);
    "depth" => depth<UniswapV2>(Vec<Address>);
    "fees" => fees<UniswapV2>(Vec<Address>);
    "poolOf" => pool_of<UniswapV2>(Address, Address);
    "reserves" => reserves<UniswapV2>(Address, Address);
    "locked" => locked(Address);
    "factory" => factory();
    otherwise => route_access;
}
