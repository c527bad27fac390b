//! `debug_*`: what a transaction or a call did, frame by frame, or where its ink went, function by function.

use std::collections::VecDeque;

use alloy::primitives::B256;
use alloy::rpc::types::BlockOverrides;
use alloy::rpc::types::state::StateOverride;
use fomo_chain::profile::{CallTree, Profile, Site};
use fomo_chain::trace::{Frame, FrameKind, HostCall};
use serde_json::{Map, Value, json};

use super::calls::{block, request};
use super::{Method, method};
use crate::convert::quantity;
use crate::error::{RpcResult, chain, decode_reason, server};
use crate::node::Node;
use crate::params::{Param, Params};

pub(super) const METHODS: &[Method] =
    &[method(&["debug_traceTransaction"], 2, trace_transaction), method(&["debug_traceCall"], 3, trace_call)];

/// What to tell of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tracer {
    /// Frames, as geth does.
    Call,
    /// Frames, and of those of programs the ink by function.
    Profile,
}

/// How to trace, and on what.
#[derive(Debug)]
struct Options {
    tracer: Tracer,
    only_top_call: bool,
    overrides: StateOverride,
    block_overrides: BlockOverrides,
}

impl Param for Options {
    const EXPECTED: &'static str = "an object with tracer \"callTracer\" or \"stylusProfiler\", and tracerConfig, \
                                    stateOverrides or blockOverrides if need be";

    fn parse(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or_else(String::new)?;
        let tracer = match fields.get("tracer").and_then(Value::as_str) {
            Some("callTracer") => Tracer::Call,
            Some("stylusProfiler") => Tracer::Profile,
            _ => return Err("there is no other tracer here".into()),
        };
        let config = fields.get("tracerConfig");
        let on = |name| config.and_then(|config| config.get(name)).and_then(Value::as_bool).unwrap_or(false);
        if on("withLog") {
            return Err("withLog is not supported: logs are in the receipt".into());
        }
        let field = |name| fields.get(name).filter(|value| !value.is_null());
        Ok(Self {
            tracer,
            only_top_call: on("onlyTopCall"),
            overrides: field("stateOverrides").map(Param::parse).transpose()?.unwrap_or_default(),
            block_overrides: field("blockOverrides").map(Param::parse).transpose()?.unwrap_or_default(),
        })
    }
}

fn trace_transaction(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    let options = params.required::<Options>(1, "options")?;
    let unknown = || server("transaction not found");
    Ok(match options.tracer {
        Tracer::Call => {
            let frame = node.chain.trace_transaction(hash).map_err(chain)?;
            json(&frame.ok_or_else(unknown)?, options.only_top_call)
        }
        Tracer::Profile => {
            profile(&node.chain.profile_transaction(hash).map_err(chain)?.ok_or_else(unknown)?, options.only_top_call)
        }
    })
}

fn trace_call(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (request, block) = (request(params)?, block(node, params)?);
    let options = params.required::<Options>(2, "options")?;
    let (state, setting) = (&options.overrides, &options.block_overrides);
    Ok(match options.tracer {
        Tracer::Call => {
            json(&node.chain.trace_call(&request, block, state, setting).map_err(chain)?, options.only_top_call)
        }
        Tracer::Profile => {
            profile(&node.chain.profile_call(&request, block, state, setting).map_err(chain)?, options.only_top_call)
        }
    })
}

/// A profile: what was charged, and the frames with the ink of programs, in a list, since they may be deeper than readers of
/// JSON go. Each names those within it by their places in the list. Gas of the first is what was left to it.
fn profile(profile: &Profile, only_top_call: bool) -> Value {
    json!({
        "gasUsed": quantity(profile.gas_used),
        "intrinsicGas": quantity(profile.intrinsic_gas),
        "refund": quantity(profile.refund()),
        "frames": flat(&profile.frame, only_top_call),
    })
}

fn flat(first: &Frame, only_top_call: bool) -> Vec<Value> {
    let (mut told, mut waiting) = (Vec::new(), VecDeque::from([first]));
    while let Some(frame) = waiting.pop_front() {
        let mut value = json(frame, true);
        // They come behind those that wait already.
        let first = told.len() + waiting.len() + 1;
        if let (Value::Object(fields), false) = (&mut value, only_top_call) {
            fields.insert("calls".into(), json!((first..first + frame.calls.len()).collect::<Vec<_>>()));
            waiting.extend(&frame.calls);
        }
        told.push(value);
    }
    told
}

/// A frame as geth's call tracer writes it, and the host calls of programs as Nitro's Stylus tracer names them. The
/// frames are at most as deep as the EVM's calls, which the thread's stack has room for.
fn json(frame: &Frame, only_top_call: bool) -> Value {
    let mut fields = Map::new();
    let mut put = |name: &str, value: Value| {
        fields.insert(name.into(), value);
    };
    put("type", json!(frame.kind.name()));
    put("from", json!(frame.from));
    if let Some(to) = frame.to {
        put("to", json!(to));
    }
    if frame.kind != FrameKind::StaticCall {
        put("value", quantity(frame.value));
    }
    put("gas", quantity(frame.gas));
    put("gasUsed", quantity(frame.gas_used));
    put("input", json!(frame.input));
    if !frame.output.is_empty() {
        put("output", json!(frame.output));
    }
    if let Some(error) = &frame.error {
        put("error", json!(error));
        if let Some(reason) = decode_reason(&frame.output) {
            put("revertReason", json!(reason));
        }
    }
    if let Some(calls) = &frame.host_calls {
        put("stylus", json!({ "hostCalls": calls.iter().map(host_call).collect::<Vec<_>>() }));
    }
    if let Some(tree) = &frame.profile {
        put("stylus", call_tree(tree));
    }
    if !frame.calls.is_empty() && !only_top_call {
        put("calls", frame.calls.iter().map(|call| json(call, false)).collect());
    }
    Value::Object(fields)
}

/// Nodes in a list, which names those under each by their places in it.
fn call_tree(tree: &CallTree) -> Value {
    let nodes = tree.nodes.iter().map(|node| {
        let (name, value) = match node.site {
            Site::Program => ("program", json!(true)),
            Site::Function(index) => ("function", json!(index)),
            Site::HostCall(host) => ("hostCall", json!(host)),
        };
        let (calls, ink) = (quantity(node.calls), quantity(node.ink));
        json!({ name: value, "calls": calls, "ink": ink, "children": node.children, "frames": node.frames })
    });
    json!({ "codeHash": tree.code_hash, "nodes": nodes.collect::<Vec<_>>() })
}

fn host_call(call: &HostCall) -> Value {
    json!({ "name": call.name, "startInk": quantity(call.start_ink), "endInk": quantity(call.end_ink) })
}
