//! Any requests over HTTP: each is answered, none by an internal error, and the node goes on.
#![no_main]

use std::cell::Cell;
use std::sync::LazyLock;

use alloy::primitives::{U256, hex};
use arbitrary::{Result, Unstructured};
use fomo_chain::{Chain, Config};
use fomo_fuzz::{CONTRACT, address, number};
use fomo_rpc::Server;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

/// Requests until the chain starts over.
const ROUND: u32 = 2_000;
/// Emits what it is sent, keeps a count and returns it.
const EMITTER: &str = "0x36600060003736600060006000a1600054600101600055600054600052602060006000f3";

/// Files with the tables of the methods.
const SOURCES: [&str; 9] = [
    include_str!("../../rpc/src/methods/blocks.rs"),
    include_str!("../../rpc/src/methods/calls.rs"),
    include_str!("../../rpc/src/methods/debug.rs"),
    include_str!("../../rpc/src/methods/development.rs"),
    include_str!("../../rpc/src/methods/fees.rs"),
    include_str!("../../rpc/src/methods/filters.rs"),
    include_str!("../../rpc/src/methods/network.rs"),
    include_str!("../../rpc/src/methods/state.rs"),
    include_str!("../../rpc/src/methods/transactions.rs"),
];
const WORDS: [&str; 12] = [
    "latest",
    "pending",
    "earliest",
    "safe",
    "newHeads",
    "logs",
    "callTracer",
    "stylusProfiler",
    "0x",
    "",
    "0x1",
    "nonsense",
];
const KEYS: [&str; 38] = [
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
    "tracer",
    "tracerConfig",
    "onlyTopCall",
    "stateOverrides",
    "blockOverrides",
    "0x00000000000000000000000000000000000c0de1",
    "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266",
];

static METHODS: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let entries = SOURCES.iter().flat_map(|source| source.split("method(").skip(1));
    let names = entries.filter_map(|entry| Some(entry.trim_start().strip_prefix("&[")?.split_once(']')?.0));
    names.flat_map(|names| names.split('"').filter(|name| name.contains('_'))).collect()
});

struct Node {
    runtime: Runtime,
    server: Server,
    http: reqwest::Client,
}

static NODE: LazyLock<Node> = LazyLock::new(|| {
    let runtime = Runtime::new().expect("threads");
    let mut chain = Chain::new(Config { accounts: 2, genesis_time: Some(1_700_000_000), ..Config::default() });
    chain.set_code(CONTRACT, EMITTER.parse().expect("hex"));
    let server = runtime.block_on(Server::start(chain, ([127, 0, 0, 1], 0).into())).expect("a port");
    Node { runtime, server, http: reqwest::Client::new() }
});

thread_local! { static SENT: Cell<u32> = const { Cell::new(0) } }

fn leaf(u: &mut Unstructured<'_>) -> Result<Value> {
    Ok(match u.int_in_range(0..=9)? {
        0 => Value::Null,
        1 => json!(u.arbitrary::<bool>()?),
        2 => json!(u.arbitrary::<i64>()?),
        3 => json!(*u.choose(&WORDS)?),
        4 | 5 => json!(address(u)?),
        6 | 7 => json!(format!("{:#x}", number(u)?)),
        8 => {
            let length = u.int_in_range(0..=80)?;
            json!(hex::encode_prefixed(u.bytes(length)?))
        }
        _ => json!(alloy::primitives::B256::from(U256::from(u.arbitrary::<u64>()?))),
    })
}

fn value(u: &mut Unstructured<'_>, depth: u32) -> Result<Value> {
    Ok(match u.int_in_range(0..=5)? {
        0 if depth > 0 => {
            let items = (0..u.int_in_range(0..=4)?).map(|_| value(u, depth - 1));
            Value::Array(items.collect::<Result<_>>()?)
        }
        1..=3 if depth > 0 => {
            let fields =
                (0..u.int_in_range(0..=7)?).map(|_| Ok(((*u.choose(&KEYS)?).to_owned(), value(u, depth - 1)?)));
            Value::Object(fields.collect::<Result<Map<_, _>>>()?)
        }
        _ => leaf(u)?,
    })
}

fn body(u: &mut Unstructured<'_>) -> Result<String> {
    if u.ratio(1, 20)? {
        return Ok(String::from_utf8_lossy(u.bytes(u.len())?).into_owned());
    }
    let method = *u.choose(&METHODS)?;
    let count = u.int_in_range(0..=4)?;
    let params = (0..count).map(|_| value(u, 3)).collect::<Result<Vec<_>>>()?;
    Ok(json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string())
}

fn post(body: String) -> String {
    let Node { runtime, server, http } = &*NODE;
    runtime.block_on(async {
        let sent = http.post(server.url()).header("content-type", "application/json").body(body).send().await;
        sent.expect("the node answers").text().await.expect("the node finishes its answer")
    })
}

fuzz_target!(|data: &[u8]| {
    let mut u = Unstructured::new(data);
    while !u.is_empty() {
        let Ok(body) = body(&mut u) else { return };
        let answer = post(body.clone());
        assert!(!answer.contains("-32603"), "{body}\n{answer}");
        SENT.set(SENT.get() + 1);
        if SENT.get() % ROUND == 0 {
            post(json!({ "jsonrpc": "2.0", "id": 1, "method": "anvil_reset", "params": [] }).to_string());
            let code = json!({ "jsonrpc": "2.0", "id": 1, "method": "anvil_setCode", "params": [CONTRACT, EMITTER] });
            assert!(post(code.to_string()).contains("result"));
        }
    }
});
