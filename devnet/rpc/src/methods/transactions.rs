//! `eth_*` about transactions, and signing for the development accounts.

use std::sync::Arc;

use alloy::consensus::TxEnvelope;
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::primitives::{Address, B256, Bytes};
use alloy::rpc::types::TransactionRequest;
use fomo_chain::Block;
use serde_json::{Value, json};

use super::blocks::{by_hash, by_number};
use super::{Method, method};
use crate::convert::{self, to_json};
use crate::error::{RpcResult, chain, invalid_params, server};
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["eth_getTransactionByHash"], 1, transaction),
    method(&["eth_getTransactionByBlockNumberAndIndex"], 2, |node, params| in_block(by_number(node, params)?, params)),
    method(&["eth_getTransactionByBlockHashAndIndex"], 2, |node, params| in_block(by_hash(node, params)?, params)),
    method(&["eth_getRawTransactionByHash"], 1, raw_transaction),
    method(&["eth_getTransactionReceipt"], 1, receipt),
    method(&["eth_sendRawTransaction"], 1, send_raw),
    method(&["eth_sendTransaction"], 1, send),
    method(&["eth_sign"], 2, |node, params| sign(node, params, 0, 1)),
    // The same in the other order; the third is a password that no account here has.
    method(&["personal_sign"], 3, |node, params| sign(node, params, 1, 0)),
];

fn transaction(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    if let Some((block, index)) = node.chain.transaction(hash) {
        return to_json(convert::transaction(&block, index));
    }
    to_json(node.chain.pending_transaction(hash).map(convert::pending_transaction))
}

fn in_block(block: Option<Arc<Block>>, params: &Params) -> RpcResult<Value> {
    let index = params.required::<u64>(1, "index")?;
    to_json(block.and_then(|block| convert::transaction(&block, usize::try_from(index).ok()?)))
}

fn raw_transaction(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    if let Some((block, index)) = node.chain.transaction(hash) {
        let raw = block.transactions.get(index).map(|mined| Bytes::from(mined.transaction.encoded_2718()));
        return to_json(raw);
    }
    to_json(node.chain.pending_transaction(hash).map(|transaction| Bytes::from(transaction.encoded_2718())))
}

fn receipt(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    let mined = node.chain.transaction(hash);
    Ok(mined.and_then(|(block, index)| convert::receipt(&block, index)).unwrap_or_default())
}

fn send_raw(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let raw = params.required::<Bytes>(0, "transaction")?;
    node.chain.submit(decode(&raw)?).map(|hash| json!(hash)).map_err(chain)
}

fn decode(raw: &Bytes) -> RpcResult<TxEnvelope> {
    match raw.first() {
        None => {
            return Err(invalid_params("invalid parameter 1 (transaction): expected a signed transaction, got none"));
        }
        Some(1 | 2 | 4 | 0xC0..) => {}
        Some(3) => {
            return Err(server(
                "transaction type not supported: transactions with blobs (type 3) are not supported on Arbitrum",
            ));
        }
        Some(other) => return Err(server(format!("transaction type not supported: {other:#x} is none of 0, 1, 2, 4"))),
    }
    TxEnvelope::decode_2718_exact(raw).map_err(|error| {
        invalid_params(format!("invalid parameter 1 (transaction): expected a signed transaction in RLP: {error}"))
    })
}

fn send(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let request = params.required::<TransactionRequest>(0, "transaction")?;
    node.chain.submit_request(request).map(|hash| json!(hash)).map_err(chain)
}

fn sign(node: &mut Node, params: &Params, address: usize, message: usize) -> RpcResult<Value> {
    let from = params.required::<Address>(address, "address")?;
    let message = params.required::<Bytes>(message, "message")?;
    node.chain.sign_message(from, &message).map(|signature| json!(signature)).map_err(chain)
}
