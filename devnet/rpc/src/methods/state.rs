//! `eth_*` about accounts.

use alloy::primitives::{Address, B256, U256};
use fomo_chain::State;
use serde_json::{Value, json};

use super::{Method, method};
use crate::block_id::BlockRef;
use crate::convert::quantity;
use crate::error::{RpcResult, chain};
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["eth_getBalance"], 2, balance),
    method(&["eth_getTransactionCount"], 2, transaction_count),
    method(&["eth_getCode"], 2, code),
    method(&["eth_getStorageAt"], 3, storage),
];

/// The state at the end of the block that a parameter names.
fn state<'a>(node: &'a Node, params: &Params, index: usize) -> RpcResult<&'a State> {
    let block = params.optional::<BlockRef>(index, "block")?.unwrap_or_default();
    let number = block.with_state(&node.chain)?;
    node.chain.state(number).map_err(chain)
}

fn balance(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    Ok(quantity(state(node, params, 1)?.balance(address)))
}

fn transaction_count(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    if params.optional(1, "block")? == Some(BlockRef::Pending) {
        return Ok(quantity(node.chain.pending_nonce(address)));
    }
    Ok(quantity(state(node, params, 1)?.nonce(address)))
}

fn code(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    Ok(json!(state(node, params, 1)?.code(address)))
}

fn storage(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    let slot = params.required::<U256>(1, "slot")?;
    Ok(json!(B256::from(state(node, params, 2)?.storage(address, slot))))
}
