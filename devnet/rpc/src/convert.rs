//! What the chain keeps, as what Arbitrum's nodes answer.

use std::fmt::LowerHex;

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Transaction as _, TxEnvelope, Typed2718};
use alloy::network::primitives::BlockTransactions;
use alloy::primitives::{B256, U256, logs_bloom};
use alloy::rlp::{Encodable, Header as RlpHeader};
use alloy::rpc::types::{Header, Log, Transaction};
use fomo_chain::{Block, Mined};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::{RpcResult, failure_reason, internal};

/// Any value as JSON.
pub(crate) fn to_json(value: impl Serialize) -> RpcResult<Value> {
    serde_json::to_value(value).map_err(|error| internal(format!("the answer cannot be written: {error}")))
}

/// A number as clients expect it: hex without leading zeros.
pub(crate) fn quantity(number: impl LowerHex) -> Value {
    Value::String(format!("{number:#x}"))
}

/// A block, its transactions whole or as hashes.
pub(crate) fn block(block: &Block, full: bool) -> RpcResult<Value> {
    let transactions = if full {
        BlockTransactions::Full((0..block.transactions.len()).filter_map(|index| transaction(block, index)).collect())
    } else {
        BlockTransactions::Hashes(block.transactions.iter().map(|mined| *mined.transaction.tx_hash()).collect())
    };
    let mut json = to_json(alloy::rpc::types::Block::<Transaction>::new(header(block), transactions))?;
    add_nitro_fields(&mut json, block);
    Ok(json)
}

/// A block without its transactions, as subscribers get it.
pub(crate) fn head(block: &Block) -> RpcResult<Value> {
    let mut json = to_json(header(block))?;
    add_nitro_fields(&mut json, block);
    Ok(json)
}

fn header(block: &Block) -> Header {
    let payload_length = block.transactions.iter().map(|mined| mined.transaction.length()).sum();
    let transactions = RlpHeader { list: true, payload_length }.length_with_payload();
    let uncles = RlpHeader { list: true, payload_length: 0 }.length_with_payload();
    let payload_length = block.header.length() + transactions + uncles;
    let size = RlpHeader { list: true, payload_length }.length_with_payload();
    Header {
        hash: block.hash,
        inner: block.header.clone(),
        // Every block's difficulty is one.
        total_difficulty: Some(U256::from(block.header.number) + U256::ONE),
        size: Some(U256::from(size)),
    }
}

fn add_nitro_fields(json: &mut Value, block: &Block) {
    if let Value::Object(fields) = json {
        fields.insert("l1BlockNumber".into(), quantity(block.l1_number));
        fields.insert("sendCount".into(), quantity(0_u64));
        fields.insert("sendRoot".into(), json!(B256::ZERO));
    }
}

/// A transaction of a block.
pub(crate) fn transaction(block: &Block, index: usize) -> Option<Transaction> {
    let mined = block.transactions.get(index)?;
    Some(Transaction {
        inner: mined.transaction.clone(),
        block_hash: Some(block.hash),
        block_number: Some(block.header.number),
        transaction_index: Some(index as u64),
        effective_gas_price: Some(mined.gas_price),
        block_timestamp: Some(block.header.timestamp),
    })
}

/// A transaction that waits.
pub(crate) fn pending_transaction(transaction: Recovered<TxEnvelope>) -> Transaction {
    Transaction {
        effective_gas_price: Some(transaction.max_fee_per_gas()),
        inner: transaction,
        block_hash: None,
        block_number: None,
        transaction_index: None,
        block_timestamp: None,
    }
}

/// The logs of a transaction of a block.
pub(crate) fn logs(block: &Block, index: usize) -> Vec<Log> {
    let Some(mined) = block.transactions.get(index) else { return Vec::new() };
    let numbered = (mined.first_log..).zip(&mined.execution.logs);
    numbered
        .map(|(log_index, log)| Log {
            inner: log.clone(),
            block_hash: Some(block.hash),
            block_number: Some(block.header.number),
            block_timestamp: Some(block.header.timestamp),
            transaction_hash: Some(*mined.transaction.tx_hash()),
            transaction_index: Some(index as u64),
            log_index: Some(log_index),
            removed: false,
        })
        .collect()
}

/// The receipt of a transaction of a block.
pub(crate) fn receipt(block: &Block, index: usize) -> Option<Value> {
    let mined = block.transactions.get(index)?;
    let (transaction, execution) = (&mined.transaction, &mined.execution);
    let mut receipt = json!({
        "type": quantity(transaction.ty()),
        "status": quantity(u64::from(execution.success())),
        "transactionHash": transaction.tx_hash(),
        "transactionIndex": quantity(index as u64),
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "from": transaction.signer(),
        "to": transaction.to(),
        "contractAddress": contract_address(mined),
        "gasUsed": quantity(execution.gas_used),
        "cumulativeGasUsed": quantity(mined.cumulative_gas),
        "effectiveGasPrice": quantity(mined.gas_price),
        "gasUsedForL1": "0x0",
        "l1BlockNumber": quantity(block.l1_number),
        "logs": logs(block, index),
        "logsBloom": logs_bloom(&execution.logs),
    });
    if let (Value::Object(fields), false) = (&mut receipt, execution.success()) {
        if !execution.output.is_empty() {
            fields.insert("revertData".into(), json!(execution.output));
        }
        if let Some(reason) = failure_reason(execution) {
            fields.insert("revertReason".into(), json!(reason));
        }
    }
    Some(receipt)
}

/// Nodes tell where a contract would be even when its creation failed.
fn contract_address(mined: &Mined) -> Value {
    if !mined.transaction.is_create() {
        return Value::Null;
    }
    let (sender, nonce) = (mined.transaction.signer(), mined.transaction.nonce());
    json!(mined.execution.created.unwrap_or_else(|| sender.create(nonce)))
}
