//! Traces as clients read them.

use alloy::primitives::B256;
use serde_json::json;

use crate::harness::{CONTRACT, ERROR_NO, Node, REVERTER, STRANGER};

#[tokio::test(flavor = "multi_thread")]
async fn a_trace_is_that_of_geth() {
    let node = Node::with_code(REVERTER).await;
    let receipt = node.send(json!({ "to": CONTRACT, "data": ERROR_NO, "gas": "0x186a0" })).await;
    let tracer = json!({ "tracer": "callTracer" });
    let frame = node.ok("debug_traceTransaction", json!([receipt["transactionHash"], tracer])).await;
    assert_eq!(
        frame,
        json!({
            "type": "CALL",
            "from": receipt["from"],
            "to": CONTRACT,
            "value": "0x0",
            "gas": "0x186a0",
            "gasUsed": receipt["gasUsed"],
            "input": ERROR_NO,
            "output": ERROR_NO,
            "error": "execution reverted",
            "revertReason": "no",
        })
    );
    // Calls itself until gas is short.
    node.ok("anvil_setCode", json!([CONTRACT, "0x5f5f60205f5f305af100"])).await;
    let call = json!({ "to": CONTRACT, "gas": "0x6000" });
    let mut frame = node.ok("debug_traceCall", json!([call, "latest", tracer])).await;
    let mut depth = 0;
    while let Some(inner) = frame.pointer_mut("/calls/0") {
        frame = inner.take();
        depth += 1;
        assert_eq!((&frame["type"], &frame["from"]), (&json!("CALL"), &json!(CONTRACT)));
    }
    assert!((5..60).contains(&depth), "{depth}");
    // Deeper than most readers of JSON go.
    let call = json!({ "to": CONTRACT, "gas": "0x2faf080" });
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "debug_traceCall", "params": [call, "latest", tracer] });
    let text = node.post(request.to_string()).await.text().await.unwrap();
    assert!(text.matches("\"calls\"").count() > 300);
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    assert!(node.ok("debug_traceCall", json!([call, "latest", top])).await.get("calls").is_none());
    let overrides = json!({
        "tracer": "callTracer",
        "stateOverrides": { CONTRACT.to_string(): { "code": "0x425f5260205ff3" } },
        "blockOverrides": { "time": "0x7" },
    });
    let frame = node.ok("debug_traceCall", json!([{ "to": CONTRACT }, "latest", overrides])).await;
    assert_eq!(frame["output"], json!(B256::with_last_byte(7)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_traced_is_an_error() {
    let node = Node::start().await;
    let tracer = json!({ "tracer": "callTracer" });
    let message = node.fails(-32000, "debug_traceTransaction", json!([format!("0x{:064x}", 1), tracer])).await;
    assert_eq!(message, "transaction not found");
    let receipt = node.send(json!({ "to": STRANGER })).await;
    for options in [
        json!(null),
        json!({}),
        json!({ "tracer": "prestateTracer" }),
        json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } }),
        json!({ "tracer": "callTracer", "stateOverrides": 5 }),
    ] {
        let message = node.fails(-32602, "debug_traceTransaction", json!([receipt["transactionHash"], options])).await;
        assert!(message.contains("callTracer"), "{message}");
    }
    node.ok("anvil_mine", json!([200])).await;
    let message = node.fails(-32000, "debug_traceTransaction", json!([receipt["transactionHash"], tracer])).await;
    assert!(message.contains("no longer kept"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_has_the_gas_of_the_transaction_and_of_its_frames() {
    let node = Node::with_code(REVERTER).await;
    let receipt = node.send(json!({ "to": CONTRACT, "data": ERROR_NO, "gas": "0x186a0" })).await;
    let profiler = json!({ "tracer": "stylusProfiler" });
    let profile = node.ok("debug_traceTransaction", json!([receipt["transactionHash"], profiler])).await;
    assert_eq!((&profile["gasUsed"], &profile["refund"]), (&receipt["gasUsed"], &json!("0x0")));
    let number =
        |value: &serde_json::Value| u64::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
    assert_eq!(
        number(&profile["gasUsed"]),
        number(&profile["intrinsicGas"]) + number(&profile["frames"][0]["gasUsed"])
    );
    assert_eq!(profile["frames"][0]["error"], json!("execution reverted"));
    let call = json!({ "to": CONTRACT, "gas": "0x186a0" });
    let profile = node.ok("debug_traceCall", json!([call, "latest", profiler])).await;
    assert_eq!(profile["intrinsicGas"], json!("0x5208"));
    // Calls itself, twice a level: each frame is told once, under the one that called it.
    node.ok("anvil_setCode", json!([CONTRACT, "0x5f5f60205f5f305af15f5f60205f5f305af100"])).await;
    let call = json!({ "to": CONTRACT, "gas": "0x7000" });
    let profile = node.ok("debug_traceCall", json!([call, "latest", profiler])).await;
    let frames = profile["frames"].as_array().unwrap();
    let mut called: Vec<u64> = Vec::new();
    for (at, frame) in (0..).zip(frames) {
        let within = frame["calls"].as_array().unwrap().iter().map(|call| call.as_u64().unwrap());
        let within: Vec<u64> = within.collect();
        assert!(within.iter().all(|call| *call > at) && within.len() <= 2);
        called.extend(within);
    }
    called.sort_unstable();
    assert!(frames.len() > 5);
    assert_eq!(called, (1..u64::try_from(frames.len()).unwrap()).collect::<Vec<_>>());
}
