//! `eth_*` about blocks.

use std::sync::Arc;

use alloy::primitives::B256;
use fomo_chain::Block;
use serde_json::{Value, json};

use super::{Method, method};
use crate::block_id::BlockRef;
use crate::convert::{self, quantity};
use crate::error::RpcResult;
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["eth_blockNumber"], 0, |node, _| Ok(quantity(node.chain.head()))),
    method(&["eth_getBlockByNumber"], 2, |node, params| whole(by_number(node, params)?, params)),
    method(&["eth_getBlockByHash"], 2, |node, params| whole(by_hash(node, params)?, params)),
    method(&["eth_getBlockTransactionCountByNumber"], 1, |node, params| Ok(count(by_number(node, params)?))),
    method(&["eth_getBlockTransactionCountByHash"], 1, |node, params| Ok(count(by_hash(node, params)?))),
    method(&["eth_getBlockReceipts"], 1, receipts),
    // There are no uncles on Arbitrum.
    method(&["eth_getUncleCountByBlockNumber"], 1, |node, params| Ok(no_uncles(by_number(node, params)?))),
    method(&["eth_getUncleCountByBlockHash"], 1, |node, params| Ok(no_uncles(by_hash(node, params)?))),
    method(&["eth_getUncleByBlockNumberAndIndex"], 2, |node, params| uncle(by_number(node, params)?, params)),
    method(&["eth_getUncleByBlockHashAndIndex"], 2, |node, params| uncle(by_hash(node, params)?, params)),
];

/// The block that the first parameter names by number or tag.
pub(super) fn by_number(node: &Node, params: &Params) -> RpcResult<Option<Arc<Block>>> {
    Ok(params.required::<BlockRef>(0, "block")?.find(&node.chain))
}

/// The block that the first parameter is the hash of.
pub(super) fn by_hash(node: &Node, params: &Params) -> RpcResult<Option<Arc<Block>>> {
    Ok(BlockRef::Hash(params.required::<B256>(0, "block hash")?).find(&node.chain))
}

fn whole(block: Option<Arc<Block>>, params: &Params) -> RpcResult<Value> {
    let full = params.optional(1, "full transactions")?.unwrap_or(false);
    block.map_or(Ok(Value::Null), |block| convert::block(&block, full))
}

fn count(block: Option<Arc<Block>>) -> Value {
    block.map_or(Value::Null, |block| quantity(block.transactions.len() as u64))
}

fn no_uncles(block: Option<Arc<Block>>) -> Value {
    block.map_or(Value::Null, |_| quantity(0_u64))
}

fn uncle(_: Option<Arc<Block>>, params: &Params) -> RpcResult<Value> {
    params.required::<u64>(1, "index").map(|_| Value::Null)
}

fn receipts(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let Some(block) = by_number(node, params)? else { return Ok(Value::Null) };
    let receipts = (0..block.transactions.len()).filter_map(|index| convert::receipt(&block, index));
    Ok(json!(receipts.collect::<Vec<Value>>()))
}
