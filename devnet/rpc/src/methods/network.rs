//! `web3_*`, `net_*`, `txpool_*`, and what `eth_*` says about the node.

use std::collections::BTreeMap;

use alloy::consensus::Transaction as _;
use alloy::primitives::{Address, Bytes, keccak256};
use alloy::rpc::types::Transaction;
use serde_json::{Value, json};

use super::{Method, method};
use crate::convert::{pending_transaction, quantity, to_json};
use crate::error::{RpcResult, unread};
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["web3_clientVersion"], 0, |_, _| Ok(json!(CLIENT_VERSION))),
    method(&["web3_sha3"], 1, sha3),
    method(&["net_version"], 0, |node, _| Ok(json!(node.chain.config().chain_id.to_string()))),
    method(&["net_listening"], 0, |_, _| Ok(json!(true))),
    method(&["net_peerCount"], 0, |_, _| Ok(quantity(0_u64))),
    method(&["eth_chainId"], 0, |node, _| Ok(quantity(node.chain.config().chain_id))),
    method(&["eth_syncing"], 0, |_, _| Ok(json!(false))),
    method(&["eth_mining"], 0, |_, _| Ok(json!(false))),
    method(&["eth_coinbase"], 0, coinbase),
    method(&["eth_accounts"], 0, |node, _| Ok(json!(node.chain.accounts()))),
    method(&["txpool_status"], 0, pool_status),
    method(&["txpool_content"], 0, pool_content),
];

/// What the node calls itself.
pub(super) const CLIENT_VERSION: &str = concat!("fomo-devnet/v", env!("CARGO_PKG_VERSION"));

fn sha3(_: &mut Node, params: &Params) -> RpcResult<Value> {
    Ok(json!(keccak256(params.required::<Bytes>(0, "data")?)))
}

fn coinbase(node: &mut Node, _: &Params) -> RpcResult<Value> {
    let head = node.chain.block(node.chain.head());
    Ok(json!(head.map(|block| block.header.beneficiary).unwrap_or_default()))
}

type BySender = BTreeMap<Address, BTreeMap<u64, Transaction>>;

/// Transactions that wait: those that the next block takes, and those behind a gap.
fn pool(node: &Node) -> RpcResult<(BySender, BySender)> {
    let (mut pending, mut queued) = (BySender::new(), BySender::new());
    for transaction in node.chain.pending() {
        let (sender, nonce) = (transaction.signer(), transaction.nonce());
        let next = node.chain.try_pending_nonce(sender).map_err(unread)?;
        let part = if nonce < next { &mut pending } else { &mut queued };
        part.entry(sender).or_default().insert(nonce, pending_transaction(transaction));
    }
    Ok((pending, queued))
}

fn pool_status(node: &mut Node, _: &Params) -> RpcResult<Value> {
    let count = |part: BySender| quantity(part.values().map(BTreeMap::len).sum::<usize>() as u64);
    let (pending, queued) = pool(node)?;
    Ok(json!({ "pending": count(pending), "queued": count(queued) }))
}

fn pool_content(node: &mut Node, _: &Params) -> RpcResult<Value> {
    let (pending, queued) = pool(node)?;
    Ok(json!({ "pending": to_json(pending)?, "queued": to_json(queued)? }))
}
