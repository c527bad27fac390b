//! `evm_*`, `anvil_*` and `hardhat_*`: what only a development chain can do.

use alloy::primitives::{Address, B256, Bytes, U256};
use fomo_chain::ForkPoint;
use serde_json::{Value, json};

use super::{Method, method};
use crate::convert::quantity;
use crate::error::{RpcResult, chain, internal, invalid_params};
use crate::node::Node;
use crate::params::{Param, Params};

pub(super) const METHODS: &[Method] = &[
    method(&["evm_snapshot", "anvil_snapshot"], 0, |node, _| Ok(quantity(node.chain.snapshot()))),
    method(&["evm_revert", "anvil_revert"], 1, revert),
    method(&["evm_increaseTime", "anvil_increaseTime"], 1, increase_time),
    method(&["evm_setNextBlockTimestamp", "anvil_setNextBlockTimestamp"], 1, set_next_timestamp),
    method(&["evm_setTime", "anvil_setTime"], 1, set_time),
    method(&["evm_mine"], 1, evm_mine),
    method(&["anvil_mine", "hardhat_mine"], 2, mine),
    method(&["evm_setAutomine", "anvil_setAutomine"], 1, set_auto_mine),
    method(&["evm_setIntervalMining", "anvil_setIntervalMining"], 1, mine_at_intervals),
    method(&["anvil_getIntervalMining"], 0, |node, _| Ok(json!(node.interval()))),
    method(&["anvil_getAutomine", "hardhat_getAutomine"], 0, |node, _| Ok(json!(node.chain.auto_mine()))),
    method(&["anvil_setBalance", "hardhat_setBalance"], 2, set_balance),
    method(&["anvil_setCode", "hardhat_setCode"], 2, set_code),
    method(&["anvil_setNonce", "hardhat_setNonce"], 2, set_nonce),
    method(&["anvil_setStorageAt", "hardhat_setStorageAt"], 3, set_storage),
    method(&["anvil_impersonateAccount", "hardhat_impersonateAccount"], 1, impersonate),
    method(&["anvil_stopImpersonatingAccount", "hardhat_stopImpersonatingAccount"], 1, stop_impersonating),
    method(&["anvil_autoImpersonateAccount"], 1, auto_impersonate),
    method(&["anvil_setNextBlockBaseFeePerGas", "hardhat_setNextBlockBaseFeePerGas"], 1, set_base_fee),
    method(&["anvil_dropTransaction", "hardhat_dropTransaction"], 1, drop_transaction),
    method(&["anvil_reset", "hardhat_reset"], 1, reset),
    method(&["anvil_dumpState", "hardhat_dumpState"], 1, |node, _| Ok(json!(node.chain.dump()))),
    method(&["anvil_loadState", "hardhat_loadState"], 1, load),
    method(&["anvil_nodeInfo"], 0, node_info),
];

/// Blocks that one request mines at most: more would keep everybody else waiting.
const MOST_BLOCKS: u64 = 100_000;
/// The last second of the year 9999. Later ones overflow the clocks of clients, and seconds given in nanoseconds are
/// beyond it.
const LAST_SECOND: u64 = 253_402_300_799;

fn bounded(number: u64, most: u64, name: &str) -> RpcResult<u64> {
    if number > most {
        return Err(invalid_params(format!("invalid {name}: expected at most {most}, got {number}")));
    }
    Ok(number)
}

// ---- snapshots ----

fn revert(node: &mut Node, params: &Params) -> RpcResult<Value> {
    Ok(json!(node.chain.revert_to(params.required(0, "snapshot id")?)))
}

fn load(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let dump = params.required::<Bytes>(0, "state")?;
    node.chain
        .load(&dump)
        .map_err(|error| invalid_params(format!("invalid parameter 1 (state): expected a dump: {error}")))?;
    Ok(json!(true))
}

fn reset(node: &mut Node, params: &Params) -> RpcResult<Value> {
    if let Some(Value::Object(options)) = params.optional::<Value>(0, "options")?
        && options.get("forking").is_some_and(|forking| !forking.is_null())
    {
        return Err(invalid_params(
            "invalid parameter 1 (options): another chain can only be forked at the start, with --fork-url",
        ));
    }
    node.chain.reset();
    Ok(Value::Null)
}

// ---- time ----

fn increase_time(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let seconds = params.required::<u64>(0, "seconds")?;
    bounded(node.chain.timestamp().saturating_add(seconds), LAST_SECOND, "time")?;
    Ok(json!(node.chain.increase_time(seconds)))
}

fn timestamp(params: &Params) -> RpcResult<u64> {
    bounded(params.required(0, "timestamp")?, LAST_SECOND, "parameter 1 (timestamp)")
}

fn set_next_timestamp(node: &mut Node, params: &Params) -> RpcResult<Value> {
    node.chain.set_next_timestamp(timestamp(params)?).map_err(chain)?;
    Ok(Value::Null)
}

/// Answers by how many seconds the clock was put forward.
fn set_time(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (before, timestamp) = (node.chain.timestamp(), timestamp(params)?);
    node.chain.set_time(timestamp).map_err(chain)?;
    Ok(json!(timestamp.saturating_sub(before)))
}

// ---- blocks ----

/// The options of `evm_mine`: a timestamp, or an object with one and a number of blocks.
#[derive(Default)]
struct MineOptions {
    timestamp: Option<u64>,
    blocks: Option<u64>,
}

impl Param for MineOptions {
    const EXPECTED: &'static str = "a timestamp, or an object with timestamp and blocks";

    fn parse(value: &Value) -> Result<Self, String> {
        let Value::Object(fields) = value else {
            return Ok(Self { timestamp: Some(u64::parse(value)?), blocks: None });
        };
        let field = |name| fields.get(name).filter(|value| !value.is_null()).map(u64::parse).transpose();
        Ok(Self { timestamp: field("timestamp")?, blocks: field("blocks")? })
    }
}

fn evm_mine(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let options = params.optional::<MineOptions>(0, "options")?.unwrap_or_default();
    let blocks = bounded(options.blocks.unwrap_or(1), MOST_BLOCKS, "number of blocks")?;
    if let Some(timestamp) = options.timestamp {
        let timestamp = bounded(timestamp, LAST_SECOND, "timestamp")?;
        node.chain.set_next_timestamp(timestamp).map_err(chain)?;
    }
    node.chain.mine(blocks, None);
    Ok(json!("0x0"))
}

fn mine(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let blocks = bounded(params.optional(0, "blocks")?.unwrap_or(1), MOST_BLOCKS, "parameter 1 (blocks)")?;
    let interval = params.optional::<u64>(1, "interval")?;
    let seconds = interval.unwrap_or_default().saturating_mul(blocks);
    bounded(node.chain.timestamp().saturating_add(seconds), LAST_SECOND, "time")?;
    node.chain.mine(blocks, interval);
    Ok(Value::Null)
}

fn set_auto_mine(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let on = params.required(0, "on")?;
    node.chain.set_auto_mine(on);
    if on {
        node.set_interval(0);
    }
    Ok(Value::Null)
}

/// As with Anvil, it takes the place of a block for every transaction, and 0 seconds leave it to requests.
fn mine_at_intervals(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let seconds = params.required::<u64>(0, "seconds")?;
    node.set_interval(seconds);
    node.chain.set_auto_mine(false);
    Ok(Value::Null)
}

fn set_base_fee(node: &mut Node, params: &Params) -> RpcResult<Value> {
    node.chain.set_base_fee(params.required(0, "wei")?);
    Ok(Value::Null)
}

fn drop_transaction(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    Ok(json!(node.chain.drop_transaction(hash).then_some(hash)))
}

// ---- accounts ----

fn set_balance(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (address, balance) = (params.required::<Address>(0, "address")?, params.required::<U256>(1, "balance")?);
    node.chain.set_balance(address, balance);
    Ok(Value::Null)
}

fn set_code(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (address, code) = (params.required::<Address>(0, "address")?, params.required::<Bytes>(1, "code")?);
    node.chain.set_code(address, code);
    Ok(Value::Null)
}

fn set_nonce(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (address, nonce) = (params.required::<Address>(0, "address")?, params.required::<u64>(1, "nonce")?);
    node.chain.set_nonce(address, nonce);
    Ok(Value::Null)
}

fn set_storage(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    let (slot, value) = (params.required::<U256>(1, "slot")?, params.required::<U256>(2, "value")?);
    node.chain.set_storage(address, slot, value);
    Ok(json!(true))
}

fn impersonate(node: &mut Node, params: &Params) -> RpcResult<Value> {
    node.chain.impersonate(params.required(0, "address")?);
    Ok(Value::Null)
}

fn stop_impersonating(node: &mut Node, params: &Params) -> RpcResult<Value> {
    node.chain.stop_impersonating(params.required(0, "address")?);
    Ok(Value::Null)
}

fn auto_impersonate(node: &mut Node, params: &Params) -> RpcResult<Value> {
    node.chain.set_auto_impersonate(params.required(0, "on")?);
    Ok(Value::Null)
}

// ---- the node ----

fn node_info(node: &mut Node, _: &Params) -> RpcResult<Value> {
    let head = node.chain.block(node.chain.head()).ok_or_else(|| internal("the chain has no block"))?;
    let (config, fork) = (node.chain.config(), node.chain.fork_point());
    Ok(json!({
        "currentBlockNumber": quantity(head.header.number),
        "currentBlockTimestamp": head.header.timestamp,
        "currentBlockHash": head.hash,
        "hardFork": format!("arbos{}", config.arbos),
        "transactionOrder": "fifo",
        "environment": {
            "baseFee": quantity(node.chain.base_fee()),
            "chainId": config.chain_id,
            "gasLimit": quantity(config.block_gas_limit),
            "gasPrice": quantity(node.chain.base_fee()),
        },
        "forkConfig": {
            "forkUrl": fork.map(|point| &point.upstream),
            "forkBlockNumber": fork.map(ForkPoint::number),
            "forkRetryBackoff": null,
        },
        "network": "arbitrum",
    }))
}
