//! `eth_*` about logs, and filters that are polled.

use alloy::rpc::types::Filter;
use serde_json::{Value, json};

use super::{Method, method};
use crate::convert::{quantity, to_json};
use crate::error::RpcResult;
use crate::filters::{Changes, Kind};
use crate::logs;
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["eth_getLogs"], 1, get_logs),
    method(&["eth_newFilter"], 1, |node, params| add(node, Kind::Logs(Box::new(params.required(0, "filter")?)))),
    method(&["eth_newBlockFilter"], 0, |node, _| add(node, Kind::Blocks)),
    method(&["eth_newPendingTransactionFilter"], 1, |node, _| add(node, Kind::Transactions)),
    method(&["eth_getFilterChanges"], 1, changes),
    method(&["eth_getFilterLogs"], 1, filter_logs),
    method(&["eth_uninstallFilter"], 1, uninstall),
];

fn get_logs(node: &mut Node, params: &Params) -> RpcResult<Value> {
    to_json(logs::all(&node.chain, &params.required::<Filter>(0, "filter")?)?)
}

fn add(node: &mut Node, kind: Kind) -> RpcResult<Value> {
    node.filters.add(kind, &node.chain).map(quantity)
}

fn changes(node: &mut Node, params: &Params) -> RpcResult<Value> {
    match node.filters.changes(params.required(0, "filter id")?, &node.chain)? {
        Changes::Hashes(hashes) => to_json(hashes),
        Changes::Logs(logs) => to_json(logs),
    }
}

fn filter_logs(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let filter = node.filters.log_filter(params.required(0, "filter id")?)?;
    to_json(logs::all(&node.chain, filter)?)
}

fn uninstall(node: &mut Node, params: &Params) -> RpcResult<Value> {
    Ok(json!(node.filters.remove(params.required(0, "filter id")?)))
}
