//! What a node tells of a run.

use alloy::primitives::{Address, B256, Bytes, U64};
use serde::Deserialize;

/// The answer of `debug_traceTransaction` with the `stylusProfiler`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Profile {
    gas_used: U64,
    intrinsic_gas: U64,
    refund: U64,
    /// The first is what the transaction called.
    pub frames: Vec<Frame>,
}

impl Profile {
    pub(super) fn gas_used(&self) -> u64 {
        self.gas_used.to()
    }

    pub(super) fn intrinsic_gas(&self) -> u64 {
        self.intrinsic_gas.to()
    }

    pub(super) fn refund(&self) -> u64 {
        self.refund.to()
    }
}

/// A call or a creation.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Frame {
    #[serde(rename = "type")]
    pub kind: String,
    pub to: Option<Address>,
    gas_used: U64,
    #[serde(default)]
    pub input: Bytes,
    /// Those within it, by their places in the list.
    pub calls: Vec<usize>,
    pub stylus: Option<Tree>,
}

impl Frame {
    pub(super) fn gas_used(&self) -> u64 {
        self.gas_used.to()
    }
}

/// Where a program's ink went.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Tree {
    pub code_hash: B256,
    pub nodes: Vec<Node>,
}

/// A site as it was reached from another one: a function by its index, a host call by its name, or the program itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Node {
    pub function: Option<u32>,
    pub host_call: Option<String>,
    calls: U64,
    ink: U64,
    pub children: Vec<usize>,
    pub frames: Vec<usize>,
}

impl Node {
    pub(super) fn calls(&self) -> u64 {
        self.calls.to()
    }

    pub(super) fn ink(&self) -> u64 {
        self.ink.to()
    }
}
