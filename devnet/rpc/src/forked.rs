//! What a client of a forked chain asks about blocks that only the chain that was forked has.

use alloy::primitives::B256;
use alloy::rpc::types::{Filter, FilterBlockOption};
use serde_json::{Value, json};

use crate::block_id::{BlockRef, filter_bound};
use crate::error::{RpcResult, server, unavailable};
use crate::node::{Node, NodeHandle};
use crate::params::{Param, Params};
use crate::upstream::{Upstream, hex};

/// How a method names what it is about.
#[derive(Debug, Clone, Copy)]
enum Subject {
    /// By the block in this parameter; the block of the fork is the other chain's.
    Block(usize),
    /// By the block in this parameter; the state of the fork's block is this chain's.
    State(usize),
    /// By the hash of a transaction.
    Transaction,
    /// By a filter of logs, or by the id of one.
    Logs,
}

fn subject(method: &str) -> Option<Subject> {
    Some(match method {
        "eth_getBlockByNumber"
        | "eth_getBlockByHash"
        | "eth_getBlockTransactionCountByNumber"
        | "eth_getBlockTransactionCountByHash"
        | "eth_getBlockReceipts"
        | "eth_getUncleCountByBlockNumber"
        | "eth_getUncleCountByBlockHash"
        | "eth_getUncleByBlockNumberAndIndex"
        | "eth_getUncleByBlockHashAndIndex"
        | "eth_getTransactionByBlockNumberAndIndex"
        | "eth_getTransactionByBlockHashAndIndex" => Subject::Block(0),
        "eth_feeHistory" => Subject::Block(1),
        "eth_getBalance" | "eth_getTransactionCount" | "eth_getCode" => Subject::State(1),
        "eth_getStorageAt" => Subject::State(2),
        "eth_getTransactionByHash" | "eth_getTransactionReceipt" | "eth_getRawTransactionByHash" => {
            Subject::Transaction
        }
        "eth_getLogs" | "eth_getFilterLogs" => Subject::Logs,
        _ => return None,
    })
}

/// Who answers a request.
enum Route {
    /// This chain.
    Here,
    /// The other chain, about this block.
    There { index: usize, number: u64 },
    /// The other chain, if the block of this hash is older than `end`.
    Perhaps { hash: B256, end: u64 },
    /// The other chain, if it has the transaction in a block before `end`.
    Transaction { hash: B256, end: u64 },
    /// Both: the other one for the logs of this filter.
    Logs(Box<Filter>),
    /// The other chain, if the block of this hash is older than `end`, for its logs.
    LogsOf { hash: B256, filter: Box<Filter>, end: u64 },
}

/// The answer of the other chain to a request, where it is about one of its blocks.
///
/// Logs come with whether those of this chain come after them.
pub(crate) async fn answer(
    node: &NodeHandle,
    upstream: &Upstream,
    method: &'static str,
    json: Option<&str>,
) -> RpcResult<Option<(Value, bool)>> {
    let Some(subject) = subject(method) else { return Ok(None) };
    // What is wrong with a request, this chain tells.
    let Ok(params) = Params::new(json, usize::MAX) else { return Ok(None) };
    let (route, params) = node
        .run(move |node| (route(node, subject, &params).unwrap_or(Route::Here), params))
        .await
        .map_err(unavailable)?;
    let whole = |value: Value| Some((value, false));
    Ok(match route {
        Route::Here => None,
        Route::There { index, number } => whole(upstream.forward(method, params.with(index, hex(number))).await?),
        Route::Perhaps { hash, end } => match number_of(upstream, hash).await? {
            Some(number) if number < end => {
                // A state is asked for by number, which every node understands.
                let params = match subject {
                    Subject::State(index) => params.with(index, hex(number)),
                    _ => params.into_value(),
                };
                whole(upstream.forward(method, params).await?)
            }
            _ => None,
        },
        Route::Transaction { hash, end } => {
            let transaction = upstream.forward("eth_getTransactionByHash", json!([hash])).await?;
            match transaction.get("blockNumber").and_then(|number| u64::parse(number).ok()) {
                Some(number) if number < end && method == "eth_getTransactionByHash" => whole(transaction),
                Some(number) if number < end => whole(upstream.forward(method, params.into_value()).await?),
                _ => None,
            }
        }
        Route::Logs(filter) => Some((upstream.forward("eth_getLogs", json!([filter])).await?, true)),
        Route::LogsOf { hash, filter, end } => match number_of(upstream, hash).await? {
            Some(number) if number < end => whole(upstream.forward("eth_getLogs", json!([filter])).await?),
            _ => None,
        },
    })
}

/// Logs of the other chain and of this one after them.
pub(crate) fn join(there: Value, here: Value) -> RpcResult<Value> {
    match (there, here) {
        (Value::Array(mut there), Value::Array(mut here)) => {
            there.append(&mut here);
            Ok(Value::Array(there))
        }
        _ => Err(server("the forked chain's answer to eth_getLogs is no list")),
    }
}

async fn number_of(upstream: &Upstream, hash: B256) -> RpcResult<Option<u64>> {
    let block = upstream.forward("eth_getBlockByHash", json!([hash, false])).await?;
    Ok(block.get("number").and_then(|number| u64::parse(number).ok()))
}

fn route(node: &mut Node, subject: Subject, params: &Params) -> RpcResult<Route> {
    // A dump may have made it a chain of its own.
    let Some(first) = node.chain.fork_point().map(|point| point.number()) else { return Ok(Route::Here) };
    let (index, end) = match subject {
        Subject::Block(index) => (index, first + 1),
        Subject::State(index) => (index, first),
        Subject::Transaction => {
            let hash = params.required(0, "hash")?;
            let known = node.chain.transaction(hash).is_some() || node.chain.pending_transaction(hash).is_some();
            return Ok(if known { Route::Here } else { Route::Transaction { hash, end: first + 1 } });
        }
        Subject::Logs => return route_logs(node, params, first),
    };
    Ok(match params.optional::<BlockRef>(index, "block")? {
        Some(BlockRef::Number(number)) if number < end => Route::There { index, number },
        Some(BlockRef::Hash(hash)) => match node.chain.block_number_by_hash(hash) {
            Some(number) if number >= end => Route::Here,
            _ => Route::Perhaps { hash, end },
        },
        _ => Route::Here,
    })
}

fn route_logs(node: &mut Node, params: &Params, first: u64) -> RpcResult<Route> {
    let filter = match params.required::<Filter>(0, "filter") {
        Ok(filter) => filter,
        Err(_) => node.filters.log_filter(params.required(0, "filter id")?)?.clone(),
    };
    let end = first + 1;
    Ok(match filter.block_option {
        FilterBlockOption::AtBlockHash(hash) => match node.chain.block_number_by_hash(hash) {
            Some(number) if number >= end => Route::Here,
            _ => Route::LogsOf { hash, filter: Box::new(filter), end },
        },
        FilterBlockOption::Range { from_block, to_block } => {
            let from = filter_bound(from_block.unwrap_or_default(), &node.chain);
            let to = filter_bound(to_block.unwrap_or_default(), &node.chain);
            if from > first || to < from {
                return Ok(Route::Here);
            }
            Route::Logs(Box::new(filter.from_block(from).to_block(to.min(first))))
        }
    })
}
