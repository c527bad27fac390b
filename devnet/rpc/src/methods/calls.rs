//! `eth_call` and `eth_estimateGas`.

use alloy::rpc::types::TransactionRequest;
use serde_json::{Value, json};

use super::{Method, method};
use crate::block_id::BlockRef;
use crate::convert::quantity;
use crate::error::{RpcResult, chain, failed};
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[method(&["eth_call"], 4, call), method(&["eth_estimateGas"], 3, estimate_gas)];

/// Gas that a call may use at most, what Arbitrum's nodes give one too: an endless loop ends in a second.
const GAS_CAP: u64 = 50_000_000;

pub(super) fn request(params: &Params) -> RpcResult<TransactionRequest> {
    let mut request = params.required::<TransactionRequest>(0, "transaction")?;
    request.gas = request.gas.map(|gas| gas.min(GAS_CAP));
    Ok(request)
}

pub(super) fn block(node: &Node, params: &Params) -> RpcResult<u64> {
    params.optional::<BlockRef>(1, "block")?.unwrap_or_default().with_state(&node.chain)
}

fn call(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let request = request(params)?;
    let overrides = params.optional(2, "state overrides")?.unwrap_or_default();
    let block_overrides = params.optional(3, "block overrides")?.unwrap_or_default();
    let block = block(node, params)?;
    let execution = node.chain.call(&request, block, &overrides, &block_overrides).map_err(chain)?;
    if execution.success() { Ok(json!(execution.output)) } else { Err(failed(&execution)) }
}

fn estimate_gas(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let request = request(params)?;
    let overrides = params.optional(2, "state overrides")?.unwrap_or_default();
    let block = block(node, params)?;
    node.chain.estimate_gas(&request, block, &overrides).map(quantity).map_err(chain)
}
