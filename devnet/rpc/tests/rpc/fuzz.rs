//! Random requests to every method: whatever is asked, the node goes on.

use std::time::{Duration, Instant, UNIX_EPOCH};

use alloy::primitives::{B256, U256};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::harness::{CONTRACT, EMITTER, Node, STRANGER};

/// How long to go on. `FOMO_FUZZ_SECONDS` overrides it, `FOMO_FUZZ_SEED` repeats a run.
const SECONDS: u64 = 10;
/// Requests between two looks at whether the node is well.
const ROUND: usize = 200;

/// All methods with how many parameters they take at most, from the tables themselves, so that none is forgotten.
fn methods() -> Vec<(String, usize)> {
    let sources = [
        include_str!("../../src/methods/blocks.rs"),
        include_str!("../../src/methods/calls.rs"),
        include_str!("../../src/methods/debug.rs"),
        include_str!("../../src/methods/development.rs"),
        include_str!("../../src/methods/fees.rs"),
        include_str!("../../src/methods/filters.rs"),
        include_str!("../../src/methods/network.rs"),
        include_str!("../../src/methods/state.rs"),
        include_str!("../../src/methods/transactions.rs"),
    ];
    let entries = sources.iter().flat_map(|source| source.split("method(").skip(1)).filter_map(|entry| {
        let (names, rest) = entry.trim_start().strip_prefix("&[")?.split_once(']')?;
        let parameters = rest.trim_start_matches([',', ' ', '\n']).split(',').next()?.parse().ok()?;
        Some(names.split('"').filter(|name| name.contains('_')).map(move |name| (name.to_owned(), parameters)))
    });
    entries.flatten().collect()
}

/// Values that get far: of the right shape, or nearly.
fn leaf() -> BoxedStrategy<Value> {
    let pick = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(false),
        json!(0),
        json!(1),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(""),
        json!("0x"),
        json!("0x0"),
        json!("0x1"),
        json!("0xffffffffffffffff"),
        json!("0x1c9c380"),
        json!("latest"),
        json!("pending"),
        json!("earliest"),
        json!("newHeads"),
        json!("callTracer"),
        json!("stylusProfiler"),
        json!(CONTRACT),
        json!(STRANGER),
        json!(B256::ZERO),
        json!("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"),
        json!(format!("0x{}", "f".repeat(64))),
        json!("0x0000000000000000000000000000000000000071"),
        json!("0x60006000fd"),
        json!("0xeff00000aabb"),
    ]);
    prop_oneof![
        6 => pick,
        1 => any::<u64>().prop_map(|number| json!(format!("{number:#x}"))),
        1 => any::<i64>().prop_map(|number| json!(number)),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(|bytes| json!(alloy::hex::encode_prefixed(bytes))),
        1 => any::<String>().prop_map(|text| json!(text)),
    ]
    .boxed()
}

fn key() -> impl Strategy<Value = String> {
    let known = [
        "from",
        "to",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "maxPriorityFeePerGas",
        "value",
        "data",
        "input",
        "nonce",
        "chainId",
        "type",
        "accessList",
        "authorizationList",
        "fromBlock",
        "toBlock",
        "blockHash",
        "blockNumber",
        "address",
        "topics",
        "balance",
        "code",
        "state",
        "stateDiff",
        "number",
        "time",
        "gasLimit",
        "baseFee",
        "timestamp",
        "blocks",
        "storageKeys",
        "r",
        "s",
        "yParity",
        "feeRecipient",
        "tracer",
        "0x00000000000000000000000000000000000c0de1",
    ];
    prop_oneof![9 => prop::sample::select(known.to_vec()).prop_map(String::from), 1 => any::<String>()]
}

fn value() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::Array),
            prop::collection::hash_map(key(), inner, 0..7)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

fn object(fields: Vec<(&'static str, BoxedStrategy<Value>)>) -> BoxedStrategy<Value> {
    let fields =
        fields.into_iter().map(|(name, value)| prop::option::weighted(0.4, value.prop_map(move |it| (name, it))));
    let fields: Vec<_> = fields.collect();
    fields.prop_map(|fields| fields.into_iter().flatten().map(|(name, it)| (name.to_owned(), it)).collect()).boxed()
}

fn small() -> BoxedStrategy<Value> {
    prop_oneof![any::<u8>().prop_map(u64::from), any::<u32>().prop_map(u64::from), any::<u64>()]
        .prop_map(|number| json!(format!("{number:#x}")))
        .boxed()
}

fn account() -> BoxedStrategy<Value> {
    let accounts = ["0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", "0x0000000000000000000000000000000000000071"];
    prop_oneof![
        prop::sample::select(accounts.to_vec()).prop_map(|text| json!(text)),
        (1_u64..0x20).prop_map(|precompile| json!(format!("{precompile:#042x}"))),
        Just(json!(CONTRACT)),
        Just(json!(STRANGER)),
    ]
    .boxed()
}

fn bytes() -> BoxedStrategy<Value> {
    prop::collection::vec(any::<u8>(), 0..100).prop_map(|bytes| json!(alloy::hex::encode_prefixed(bytes))).boxed()
}

fn block() -> BoxedStrategy<Value> {
    let tags = ["latest", "pending", "earliest", "safe", "0x0", "0x1", "0x5"];
    prop::sample::select(tags.to_vec()).prop_map(|text| json!(text)).boxed()
}

/// Objects that the methods that take one can do something with.
fn shaped() -> BoxedStrategy<Value> {
    let word = || any::<[u8; 32]>().prop_map(|word| json!(B256::from(word))).boxed();
    let transaction = object(vec![
        ("from", account()),
        ("from", account()),
        ("to", account()),
        ("to", account()),
        ("gas", small()),
        ("value", small()),
        ("data", bytes()),
        ("nonce", small()),
        ("gasPrice", small()),
        ("maxFeePerGas", small()),
        ("maxPriorityFeePerGas", small()),
        ("chainId", small()),
        ("accessList", account().prop_map(|address| json!([{ "address": address, "storageKeys": [] }])).boxed()),
        ("type", prop::sample::select(vec![json!("0x0"), json!("0x1"), json!("0x2"), json!("0x4")]).boxed()),
    ]);
    let filter = object(vec![
        ("fromBlock", block()),
        ("toBlock", block()),
        ("address", account()),
        ("topics", prop::collection::vec(word(), 0..4).prop_map(Value::Array).boxed()),
    ]);
    let fields = || vec![("number", small()), ("time", small()), ("gasLimit", small()), ("baseFee", small())];
    let overrides = || object(vec![("balance", small()), ("nonce", small()), ("code", bytes())]);
    let state = object(vec![
        ("0x00000000000000000000000000000000000c0de1", overrides()),
        ("0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266", overrides()),
    ]);
    prop_oneof![4 => transaction, 1 => filter, 1 => object(fields()), 1 => state].boxed()
}

/// As many parameters as the method takes, or fewer, of kinds that it may take.
fn fitting(method: &str, count: usize) -> BoxedStrategy<Value> {
    let any_one = || prop_oneof![3 => shaped(), 2 => account(), 2 => small(), 2 => block(), 1 => bytes(), 2 => leaf()];
    let all: Vec<BoxedStrategy<Value>> =
        match method {
            "eth_call" | "eth_estimateGas" | "eth_sendTransaction" => {
                [shaped(), block(), shaped(), shaped()].into_iter().take(count).collect()
            }
            "eth_getLogs" | "eth_newFilter" => vec![shaped()],
            _ => (0..count)
                .map(|index| {
                    if index == 0 { any_one().boxed() } else { prop_oneof![small(), block(), bytes(), leaf()].boxed() }
                })
                .collect(),
        };
    (all, 0..=count)
        .prop_map(|(mut all, most)| {
            all.truncate(most.max(1));
            Value::Array(all)
        })
        .boxed()
}

/// What is sent: mostly a request that the method may like, at times any JSON, at times none.
fn body(methods: Vec<(String, usize)>) -> impl Strategy<Value = String> {
    let params = prop_oneof![8 => prop::collection::vec(value(), 0..5).prop_map(Value::Array), 1 => value()].boxed();
    let request = prop::sample::select(methods).prop_flat_map(move |(method, count)| {
        prop_oneof![3 => fitting(&method, count), 1 => params.clone()]
            .prop_map(move |params| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))
    });
    prop_oneof![
        18 => request.prop_map(|request| request.to_string()),
        1 => value().prop_map(|value| value.to_string()),
        1 => any::<String>(),
    ]
}

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn random_requests_leave_the_node_well() {
    let seconds = number("FOMO_FUZZ_SECONDS").unwrap_or(SECONDS);
    let until = Instant::now() + Duration::from_secs(seconds);
    let node = Node::with_code(EMITTER).await;
    let methods = methods();
    assert!(methods.len() > 80, "{methods:?}");
    let seed: u64 = number("FOMO_FUZZ_SEED").unwrap_or_else(|| UNIX_EPOCH.elapsed().unwrap().as_secs());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &B256::from(U256::from(seed)).0);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let bodies = body(methods);
    let (mut sent, mut results) = (0, 0);
    while Instant::now() < until {
        for _ in 0..ROUND {
            let body = bodies.new_tree(&mut runner).unwrap().current();
            let answer = node.post(body.clone()).await.text().await.unwrap();
            assert!(!answer.contains("-32603"), "seed {seed}: {body}\n{answer}");
            results += usize::from(answer.contains("\"result\":"));
        }
        sent += ROUND;
        let block = node.call("eth_blockNumber", json!([])).await;
        assert!(block.is_ok(), "seed {seed}: {block:?} after {sent} requests");
        // Blocks by the hundred thousand and times beyond all clocks would leave little to the requests that follow.
        node.ok("anvil_reset", json!([])).await;
        node.ok("anvil_setCode", json!([CONTRACT, EMITTER])).await;
    }
    println!("seed {seed}: {sent} requests, {results} with a result");
}
