//! `debug_*`: what a transaction or a call did, frame by frame.

use alloy::primitives::B256;
use alloy::rpc::types::BlockOverrides;
use alloy::rpc::types::state::StateOverride;
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

/// How to trace, and on what.
#[derive(Debug)]
struct Options {
    only_top_call: bool,
    overrides: StateOverride,
    block_overrides: BlockOverrides,
}

impl Param for Options {
    const EXPECTED: &'static str = "an object with tracer \"callTracer\", and tracerConfig, stateOverrides or \
                                    blockOverrides if need be";

    fn parse(value: &Value) -> Result<Self, String> {
        let fields = value.as_object().ok_or_else(String::new)?;
        if fields.get("tracer").and_then(Value::as_str) != Some("callTracer") {
            return Err("there is no other tracer here".into());
        }
        let config = fields.get("tracerConfig");
        let on = |name| config.and_then(|config| config.get(name)).and_then(Value::as_bool).unwrap_or(false);
        if on("withLog") {
            return Err("withLog is not supported: logs are in the receipt".into());
        }
        let field = |name| fields.get(name).filter(|value| !value.is_null());
        Ok(Self {
            only_top_call: on("onlyTopCall"),
            overrides: field("stateOverrides").map(Param::parse).transpose()?.unwrap_or_default(),
            block_overrides: field("blockOverrides").map(Param::parse).transpose()?.unwrap_or_default(),
        })
    }
}

fn trace_transaction(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let hash = params.required::<B256>(0, "hash")?;
    let options = params.required::<Options>(1, "options")?;
    let frame = node.chain.trace_transaction(hash).map_err(chain)?;
    Ok(json(&frame.ok_or_else(|| server("transaction not found"))?, options.only_top_call))
}

fn trace_call(node: &mut Node, params: &Params) -> RpcResult<Value> {
    let (request, block) = (request(params)?, block(node, params)?);
    let options = params.required::<Options>(2, "options")?;
    let frame = node.chain.trace_call(&request, block, &options.overrides, &options.block_overrides).map_err(chain)?;
    Ok(json(&frame, options.only_top_call))
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
    if !frame.calls.is_empty() && !only_top_call {
        put("calls", frame.calls.iter().map(|call| json(call, false)).collect());
    }
    Value::Object(fields)
}

fn host_call(call: &HostCall) -> Value {
    json!({ "name": call.name, "startInk": quantity(call.start_ink), "endInk": quantity(call.end_ink) })
}
