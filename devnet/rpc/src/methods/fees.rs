//! `eth_*` about the price of gas.

use serde_json::{Value, json};

use super::{Method, method};
use crate::block_id::BlockRef;
use crate::convert::quantity;
use crate::error::{RpcResult, server};
use crate::node::Node;
use crate::params::Params;

pub(super) const METHODS: &[Method] = &[
    method(&["eth_gasPrice"], 0, |node, _| Ok(quantity(node.chain.base_fee()))),
    // The sequencer takes transactions as they come and gives tips back.
    method(&["eth_maxPriorityFeePerGas"], 0, |_, _| Ok(quantity(0_u64))),
    method(&["eth_feeHistory"], 3, history),
];

/// Blocks of a fee history, the limit of geth.
const MOST_BLOCKS: u64 = 1_024;
/// Percentiles that one request may ask for, as in geth.
const MAX_PERCENTILES: usize = 100;

fn history(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let count = params.required::<u64>(0, "block count")?.min(MOST_BLOCKS);
    let newest = params.required::<BlockRef>(1, "newest block")?;
    let percentiles = params.optional::<Vec<f64>>(2, "reward percentiles")?;
    if percentiles.as_ref().is_some_and(|list| list.len() > MAX_PERCENTILES) {
        return Err(server("at most 100 reward percentiles can be asked for"));
    }
    let newest = newest.find(&node.chain).ok_or_else(|| server("the newest block does not exist"))?.header.number;
    let oldest = (newest + 1).saturating_sub(count).max(node.chain.first());
    let headers: Vec<_> = (oldest..=newest).filter_map(|number| node.chain.header_of(number)).collect();
    let next = node.chain.header_of(newest + 1).map_or(Some(node.chain.base_fee()), |header| header.base_fee_per_gas);
    let fees = headers.iter().map(|header| header.base_fee_per_gas).chain([next]);
    let ratio = |used: u64, limit: u64| if limit == 0 { 0.0 } else { used as f64 / limit as f64 };
    let mut answer = json!({
        "oldestBlock": quantity(oldest),
        "baseFeePerGas": fees.map(|fee| quantity(fee.unwrap_or_default())).collect::<Vec<_>>(),
        "gasUsedRatio": headers.iter().map(|header| ratio(header.gas_used, header.gas_limit)).collect::<Vec<_>>(),
    });
    if let (Some(percentiles), Value::Object(fields)) = (percentiles, &mut answer) {
        let tips = vec![quantity(0_u64); percentiles.len()];
        fields.insert("reward".into(), json!(vec![tips; headers.len()]));
    }
    Ok(answer)
}
