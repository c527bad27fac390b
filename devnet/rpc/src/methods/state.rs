//! `eth_*` about accounts.

use alloy::primitives::{Address, B256, U256};
use fomo_chain::State;
use serde_json::{Value, json};

use super::{Method, method};
use crate::block_id::BlockRef;
use crate::convert::quantity;
use crate::error::{RpcResult, chain, unread};
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
    state(node, params, 1)?.try_balance(address).map(quantity).map_err(unread)
}

fn transaction_count(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    if params.optional(1, "block")? == Some(BlockRef::Pending) {
        return node.chain.try_pending_nonce(address).map(quantity).map_err(unread);
    }
    state(node, params, 1)?.try_nonce(address).map(quantity).map_err(unread)
}

fn code(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    state(node, params, 1)?.try_code(address).map(|code| json!(code)).map_err(unread)
}

fn storage(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let address = params.required::<Address>(0, "address")?;
    let slot = params.required::<U256>(1, "slot")?;
    let value = state(node, params, 2)?.try_storage(address, slot);
    value.map(|value| json!(B256::from(value))).map_err(unread)
}
