//! A chain that goes on from another one: what it reads of it, what it answers about its past, and what it does when
//! the other one lies or is silent.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alloy::primitives::{Address, B256, U256, address, bytes, hex, keccak256};
use fomo_rpc::{Upstream, UpstreamOptions};
use serde_json::{Value, json};

use crate::harness::{CONTRACT, Node, READER, STRANGER, number};

/// Adds one to slot 0 and emits an event with the topic 7.
const COUNTER: alloy::primitives::Bytes = bytes!("600160005401600055600760206000a100");
/// Destroys itself in favour of the caller when it is sent anything, else answers slot 0.
const MORTAL: alloy::primitives::Bytes = bytes!("34600b575f545f5260205ff35b33ff");
/// Answers the balance of [`STRANGER`].
const LOOKS: alloy::primitives::Bytes = bytes!("7300000000000000000000000000000000005742a6315f5260205ff3");
/// Writes slot 1 and ignores that a call of [`CONTRACT`] failed.
const CARELESS: alloy::primitives::Bytes =
    bytes!("60016001555f5f5f5f5f7300000000000000000000000000000000000c0de161fffff15000");
const OTHER: Address = address!("00000000000000000000000000000000000c0de2");

fn options(url: &str) -> UpstreamOptions {
    UpstreamOptions { timeout: Duration::from_secs(5), ..UpstreamOptions::new(url) }
}

fn word(number: u64) -> Value {
    json!(B256::from(U256::from(number)))
}

// ---- another node of our own ----

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_the_other_chain_and_writes_here() {
    let upstream = Node::with_code(COUNTER).await;
    upstream.ok("anvil_setBalance", json!([STRANGER, "0x7b"])).await;
    upstream.ok("anvil_setStorageAt", json!([CONTRACT, "0x5", word(9)])).await;
    upstream.send(json!({ "to": CONTRACT })).await;
    let head = upstream.head().await;
    let fork = Node::fork(options(&upstream.server.url())).await;
    assert_eq!(fork.head().await, head);
    assert_eq!(fork.ok("eth_chainId", json!([])).await, upstream.ok("eth_chainId", json!([])).await);
    assert_eq!(fork.ok("eth_getBalance", json!([STRANGER])).await, "0x7b");
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x5"])).await, word(9));
    assert_eq!(fork.ok("eth_getCode", json!([CONTRACT])).await, json!(COUNTER));

    let receipt = fork.send(json!({ "to": CONTRACT })).await;
    assert_eq!((&receipt["status"], number(&receipt["blockNumber"])), (&json!("0x1"), head + 1));
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(2));
    // A slot that is set to zero here is not the other chain's again.
    fork.ok("anvil_setStorageAt", json!([CONTRACT, "0x5", word(0)])).await;
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x5"])).await, word(0));
    fork.ok("anvil_setBalance", json!([STRANGER, "0x0"])).await;
    assert_eq!(fork.ok("eth_getBalance", json!([STRANGER])).await, "0x0");

    assert_eq!(upstream.head().await, head);
    assert_eq!(upstream.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(1));
    assert_eq!(upstream.ok("eth_getStorageAt", json!([CONTRACT, "0x5"])).await, word(9));
    // And what happens there does not matter here any more.
    upstream.send(json!({ "to": CONTRACT })).await;
    upstream.ok("anvil_setStorageAt", json!([CONTRACT, "0x6", word(6)])).await;
    upstream.send(json!({ "to": CONTRACT })).await;
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x6"])).await, word(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots_bring_back_what_was_read() {
    let upstream = Node::with_code(COUNTER).await;
    upstream.send(json!({ "to": CONTRACT })).await;
    let fork = Node::fork(options(&upstream.server.url())).await;
    let snapshot = fork.ok("evm_snapshot", json!([])).await;
    fork.send(json!({ "to": CONTRACT })).await;
    fork.send(json!({ "to": CONTRACT })).await;
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(3));
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0", "0x2"])).await, word(2));
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0", "0x1"])).await, word(1));
    assert_eq!(fork.ok("evm_revert", json!([snapshot])).await, json!(true));
    assert_eq!((fork.head().await, fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await), (1, word(1)));
    fork.send(json!({ "to": CONTRACT })).await;
    fork.ok("anvil_reset", json!([])).await;
    assert_eq!((fork.head().await, fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await), (1, word(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_destroyed_here_does_not_come_back() {
    let upstream = Node::start().await;
    // Created in the transaction that destroys it: the only ones that go since Cancun.
    upstream.ok("anvil_setCode", json!([CONTRACT, MORTAL])).await;
    upstream.ok("anvil_setStorageAt", json!([CONTRACT, "0x0", word(5)])).await;
    upstream.send(json!({ "to": STRANGER })).await;
    let fork = Node::fork(options(&upstream.server.url())).await;
    let call = json!({ "to": CONTRACT });
    assert_eq!(fork.ok("eth_call", json!([call])).await, word(5));
    // Emptied by hand: no code, no balance, and the slot zero.
    fork.ok("anvil_setCode", json!([CONTRACT, "0x"])).await;
    fork.ok("anvil_setStorageAt", json!([CONTRACT, "0x0", word(0)])).await;
    fork.send(json!({ "to": CONTRACT })).await;
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(0));
    assert_eq!(fork.ok("eth_getCode", json!([CONTRACT])).await, "0x");
    // An account that was emptied and touched is gone, whatever it has there.
    let all = json!({ "from": STRANGER, "to": OTHER, "value": "0x5", "gasPrice": "0x5f5e100", "gas": "0x5208" });
    upstream.ok("anvil_setBalance", json!([STRANGER, "0x1"])).await;
    fork.ok("anvil_impersonateAccount", json!([STRANGER])).await;
    fork.ok("anvil_setBalance", json!([STRANGER, format!("{:#x}", 21_000 * 100_000_000_u64 + 5)])).await;
    fork.send(all).await;
    assert_eq!(fork.ok("eth_getBalance", json!([STRANGER])).await, "0x0");
    assert_eq!(fork.ok("eth_getBalance", json!([OTHER])).await, "0x5");
}

#[tokio::test(flavor = "multi_thread")]
async fn overrides_of_a_whole_storage_hide_the_other_chains() {
    let upstream = Node::with_code(READER).await;
    upstream.ok("anvil_setStorageAt", json!([CONTRACT, "0x5", word(9)])).await;
    let fork = Node::fork(options(&upstream.server.url())).await;
    let with = |overrides: Value| json!([{ "to": CONTRACT }, "latest", { CONTRACT.to_string(): overrides }]);
    assert_eq!(fork.ok("eth_call", with(json!({}))).await, word(9));
    assert_eq!(fork.ok("eth_call", with(json!({ "state": {} }))).await, word(0));
    assert_eq!(
        fork.ok("eth_call", with(json!({ "stateDiff": { word(5).as_str().unwrap(): word(3) } }))).await,
        word(3)
    );
    assert_eq!(fork.ok("eth_call", with(json!({ "balance": "0x1" }))).await, word(9));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_the_other_chains() {
    let upstream = Node::with_code(COUNTER).await;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(upstream.send(json!({ "to": CONTRACT })).await);
    }
    let fork = Node::fork(UpstreamOptions { block: Some(2), ..options(&upstream.server.url()) }).await;
    // Not the same as the third one there, which would be the very same block.
    let new = fork.send(json!({ "to": CONTRACT, "data": "0x01" })).await;
    assert_eq!((fork.head().await, number(&new["blockNumber"])), (3, 3));
    assert_ne!(new["blockHash"], old[2]["blockHash"]);

    // Blocks, by number and by hash.
    for block in ["0x0", "0x1", "0x2", "earliest"] {
        for method in ["eth_getBlockByNumber", "eth_getBlockReceipts", "eth_getBlockTransactionCountByNumber"] {
            let params = if method == "eth_getBlockByNumber" { json!([block, true]) } else { json!([block]) };
            assert_eq!(fork.ok(method, params.clone()).await, upstream.ok(method, params).await, "{method} {block}");
        }
    }
    let by_hash = json!([old[0]["blockHash"], false]);
    assert_eq!(fork.ok("eth_getBlockByHash", by_hash.clone()).await, upstream.ok("eth_getBlockByHash", by_hash).await);
    let child = fork.ok("eth_getBlockByNumber", json!(["0x3", false])).await;
    assert_eq!(child["parentHash"], old[1]["blockHash"]);
    assert_eq!(child["hash"], new["blockHash"]);

    // Transactions and receipts; what happened there after the fork never happened here.
    for receipt in &old[..2] {
        let hash = json!([receipt["transactionHash"]]);
        assert_eq!(fork.ok("eth_getTransactionReceipt", hash.clone()).await, *receipt);
        for method in ["eth_getTransactionByHash", "eth_getRawTransactionByHash"] {
            assert_eq!(fork.ok(method, hash.clone()).await, upstream.ok(method, hash.clone()).await);
        }
    }
    let after = json!([old[2]["transactionHash"]]);
    assert_eq!(fork.ok("eth_getTransactionReceipt", after.clone()).await, json!(null));
    assert_eq!(fork.ok("eth_getTransactionByHash", after).await, json!(null));
    assert_eq!(fork.ok("eth_getBlockByHash", json!([old[2]["blockHash"], false])).await, json!(null));
    let unknown = json!([B256::repeat_byte(7)]);
    assert_eq!(fork.ok("eth_getTransactionByHash", unknown.clone()).await, json!(null));
    assert_eq!(fork.ok("eth_getTransactionReceipt", unknown).await, json!(null));

    // State.
    for (block, value) in [(json!("0x0"), 0), (json!("0x1"), 1), (json!({ "blockHash": old[0]["blockHash"] }), 1)] {
        assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0", block])).await, word(value));
    }
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0", "0x2"])).await, word(2));
    assert_eq!(fork.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(3));
    let error = fork.fails(-32_000, "eth_call", json!([{ "to": CONTRACT }, "0x1"])).await;
    assert!(error.contains("before the fork at block 2"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_go_over_the_fork() {
    let upstream = Node::with_code(COUNTER).await;
    for _ in 0..3 {
        upstream.send(json!({ "to": CONTRACT })).await;
    }
    let fork = Node::fork(UpstreamOptions { block: Some(2), ..options(&upstream.server.url()) }).await;
    for _ in 0..2 {
        fork.send(json!({ "to": CONTRACT, "data": "0x01" })).await;
    }
    let blocks = async |filter: Value| -> Vec<u64> {
        let logs = fork.ok("eth_getLogs", json!([filter])).await;
        logs.as_array().unwrap().iter().map(|log| number(&log["blockNumber"])).collect()
    };
    assert_eq!(blocks(json!({ "fromBlock": "0x0", "address": CONTRACT })).await, [1, 2, 3, 4]);
    assert_eq!(blocks(json!({ "fromBlock": "0x2", "toBlock": "0x3" })).await, [2, 3]);
    assert_eq!(blocks(json!({ "fromBlock": "earliest", "toBlock": "0x1" })).await, [1]);
    assert_eq!(blocks(json!({ "fromBlock": "0x3" })).await, [3, 4]);
    assert_eq!(blocks(json!({ "fromBlock": "0x0", "address": STRANGER })).await, Vec::<u64>::new());
    let first = upstream.ok("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_eq!(blocks(json!({ "blockHash": first["hash"] })).await, [1]);
    let third = upstream.ok("eth_getBlockByNumber", json!(["0x3", false])).await;
    fork.fails(-32_000, "eth_getLogs", json!([{ "blockHash": third["hash"] }])).await;
    let filter = fork.ok("eth_newFilter", json!([{ "fromBlock": "0x0" }])).await;
    assert_eq!(fork.ok("eth_getFilterLogs", json!([filter])).await.as_array().unwrap().len(), 4);
    // Only what is new since then.
    assert_eq!(fork.ok("eth_getFilterChanges", json!([filter])).await, json!([]));
    fork.send(json!({ "to": CONTRACT })).await;
    assert_eq!(fork.ok("eth_getFilterChanges", json!([filter])).await.as_array().unwrap().len(), 1);
    let history = fork.ok("eth_feeHistory", json!(["0x3", "latest"])).await;
    assert_eq!(history["oldestBlock"], "0x3");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dump_is_loaded_by_a_fork_of_the_same_block_only() {
    let upstream = Node::with_code(COUNTER).await;
    upstream.send(json!({ "to": CONTRACT })).await;
    let url = upstream.server.url();
    let fork = Node::fork(options(&url)).await;
    fork.send(json!({ "to": CONTRACT })).await;
    let dump = fork.ok("anvil_dumpState", json!([])).await;
    let again = Node::fork(options(&url)).await;
    again.ok("anvil_loadState", json!([dump])).await;
    assert_eq!((again.head().await, again.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await), (2, word(2)));
    // What was not written is read on.
    upstream.ok("anvil_setBalance", json!([STRANGER, "0x1"])).await;
    again.send(json!({ "to": CONTRACT })).await;
    assert_eq!(again.ok("eth_getStorageAt", json!([CONTRACT, "0x0"])).await, word(3));
    let other = Node::fork(UpstreamOptions { block: Some(0), ..options(&url) }).await;
    for node in [&other, &upstream] {
        let error = node.fails(-32_602, "anvil_loadState", json!([dump])).await;
        assert!(error.contains("made from block 1"), "{error}");
    }
    assert_eq!(other.head().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_is_not_asked_for_again() {
    let node = Node::with_code(COUNTER).await;
    let url = node.server.url();
    let upstream = tokio::task::spawn_blocking(move || Upstream::connect(&options(&url))).await.unwrap().unwrap();
    assert_eq!(upstream.requests(), 3);
    let source: Arc<dyn fomo_chain::Source> = Arc::new(upstream.clone());
    let point = upstream.point().clone();
    let mut chain = fomo_chain::Chain::forked(point.config(), point, source);
    let from = chain.accounts()[0];
    let request = alloy::rpc::types::TransactionRequest { from: Some(from), ..Default::default() };
    let request = request.to(CONTRACT);
    let mut asked = Vec::new();
    for _ in 0..3 {
        let before = upstream.requests();
        let request = request.clone();
        chain = tokio::task::spawn_blocking(move || {
            chain.submit_request(request).unwrap();
            chain
        })
        .await
        .unwrap();
        asked.push(upstream.requests() - before);
    }
    println!("requests of a transaction: {asked:?}");
    // Sender, contract and the receiver of fees with three each, one slot.
    assert_eq!(asked, [10, 0, 0]);
}

// ---- another node that cannot be trusted ----

/// Where that node has a program.
const PROGRAM: Address = address!("00000000000000000000000000000000000c0de3");
/// Its code, which can be activated nowhere.
const UNREADABLE: alloy::primitives::Bytes = bytes!("eff00000ff");

/// How a request is answered.
#[derive(Debug, Clone)]
enum Lie {
    /// This result.
    Result(Value),
    /// This whole body.
    Body(&'static str),
    /// An error of JSON-RPC.
    Error(i64),
    /// This HTTP status.
    Status(u16),
    /// An answer with the id of another request.
    OtherId,
    /// So many bytes.
    Huge(usize),
    /// Less than was promised.
    Truncated,
    /// Nothing, and the connection ends.
    Closed,
    /// Nothing for longer than anybody waits.
    Silent,
}

/// The method that is lied about, and how.
type Lying = Arc<Mutex<Option<(&'static str, Lie)>>>;

struct Hostile {
    url: String,
    lying: Lying,
}

impl Hostile {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let lying = Lying::default();
        let shared = Arc::clone(&lying);
        // They end with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let lying = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &lying));
            }
        });
        Self { url, lying }
    }

    fn lie(&self, method: &'static str, lie: Lie) {
        *self.lying.lock().unwrap() = Some((method, lie));
    }

    fn be_honest(&self) {
        *self.lying.lock().unwrap() = None;
    }

    fn options(&self) -> UpstreamOptions {
        UpstreamOptions { timeout: Duration::from_millis(300), attempts: 1, ..UpstreamOptions::new(&self.url) }
    }
}

/// An answer as it might be: of an Arbitrum chain, on which all accounts are alike.
fn honest(request: &Value) -> Value {
    let zero = B256::ZERO;
    match request["method"].as_str().unwrap() {
        "eth_call" => honest_call(&request["params"][0]),
        "eth_chainId" => json!("0x7"),
        "eth_getBlockByNumber" => json!({
            "number": "0x10", "timestamp": "0x6553f100", "hash": B256::repeat_byte(1), "parentHash": zero, "gasLimit": "0x1c9c380",
            "baseFeePerGas": "0x1",
        }),
        "eth_getBalance" => json!("0x64"),
        "eth_getTransactionCount" => json!("0x0"),
        "eth_getCode" if request["params"][0] == json!(PROGRAM) => json!(UNREADABLE),
        "eth_getCode" => json!(LOOKS),
        "eth_getStorageAt" => word(3),
        _ => json!(null),
    }
}

/// What the precompiles answer: ArbOS 51, and a program with half a year left.
fn honest_call(call: &Value) -> Value {
    let [to, data] = ["to", "data"].map(|field| call[field].as_str().unwrap());
    let is = |signature: &str| data.starts_with(&hex::encode_prefixed(&keccak256(signature)[..4]));
    match &to[40..] {
        "64" => word(55 + 51),
        "71" if is("programInitGas(address)") => json!(format!("0x{:064x}{:064x}", 10_000, 400)),
        "71" if is("programTimeLeft(address)") => word(182 * 86_400),
        "71" => word(2),
        _ => word(0),
    }
}

fn serve(mut stream: TcpStream, lying: &Lying) {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4_096];
    let request = loop {
        let Ok(read @ 1..) = stream.read(&mut buffer) else { return };
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((_, body)) = text.split_once("\r\n\r\n")
            && let Ok(request) = serde_json::from_str::<Value>(body)
        {
            break request;
        }
    };
    let method = request["method"].as_str().unwrap();
    let lie = lying.lock().unwrap().clone().filter(|(about, _)| *about == method).map(|(_, lie)| lie);
    let answer = |result: Value| json!({ "jsonrpc": "2.0", "id": request["id"], "result": result }).to_string();
    let (mut status, mut promised) = (200, 0);
    let body = match lie {
        None => answer(honest(&request)),
        Some(Lie::Result(result)) => answer(result),
        Some(Lie::Body(body)) => body.into(),
        Some(Lie::Error(code)) => {
            json!({ "jsonrpc": "2.0", "id": request["id"], "error": { "code": code, "message": "I would rather not" } })
                .to_string()
        }
        Some(Lie::Status(code)) => {
            status = code;
            "no".into()
        }
        Some(Lie::OtherId) => json!({ "jsonrpc": "2.0", "id": 0, "result": honest(&request) }).to_string(),
        Some(Lie::Huge(bytes)) => answer(json!(format!("0x{}", "00".repeat(bytes / 2)))),
        Some(Lie::Truncated) => {
            promised = 100;
            answer(honest(&request))
        }
        Some(Lie::Closed) => return,
        Some(Lie::Silent) => {
            std::thread::sleep(Duration::from_secs(2));
            return;
        }
    };
    let length = body.len() + promised;
    let head = format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    let _ = stream.write_all(format!("{head}connection: close\r\n\r\n{body}").as_bytes());
}

/// Everything that can be wrong with the answer to any request.
fn lies() -> Vec<Lie> {
    vec![
        Lie::Result(json!(null)),
        Lie::Result(json!(0)),
        Lie::Result(json!(true)),
        Lie::Result(json!("")),
        Lie::Result(json!("0xzz")),
        Lie::Result(json!("zero")),
        Lie::Result(json!(["0x0"])),
        Lie::Result(json!({ "balance": "0x0" })),
        Lie::Result(json!(format!("0x{}", "1".repeat(65)))),
        Lie::Body(""),
        Lie::Body("[]"),
        Lie::Body("null"),
        Lie::Body("{}"),
        Lie::Body("{\"jsonrpc\":\"2.0\",\"id\":"),
        Lie::Body("<html>busy</html>"),
        Lie::Body("{\"id\":1,\"error\":{}}"),
        Lie::Body("{\"id\":1,\"error\":\"no\"}"),
        Lie::Body("\u{0}\u{1}"),
        Lie::Error(-32_000),
        Lie::Error(-32_005),
        Lie::Error(i64::MAX),
        Lie::Status(404),
        Lie::Status(429),
        Lie::Status(500),
        Lie::Status(302),
        Lie::OtherId,
        Lie::Huge(6 * 1024 * 1024),
        Lie::Truncated,
        Lie::Closed,
        Lie::Silent,
    ]
}

/// Nested too deep for any reader, with the id that comes first.
fn deep() -> Lie {
    Lie::Body(Box::leak(format!("{{\"id\":1,\"result\":{}", "[".repeat(100_000)).into_boxed_str()))
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_an_error_and_never_zero() {
    let hostile = Hostile::start();
    let fork = Node::fork(hostile.options()).await;
    fork.ok("anvil_setCode", json!([CONTRACT, LOOKS])).await;
    let head = fork.head().await;
    let about = format!("the forked chain at {} could not be read", hostile.url);
    for method in ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"] {
        for lie in lies().into_iter().chain([deep()]) {
            hostile.lie(method, lie.clone());
            let requests = [
                ("eth_getBalance", json!([STRANGER])),
                ("eth_getTransactionCount", json!([STRANGER, "pending"])),
                ("eth_getCode", json!([STRANGER])),
                ("eth_call", json!([{ "to": CONTRACT }])),
                ("eth_estimateGas", json!([{ "to": CONTRACT }])),
                ("eth_sendTransaction", json!([{ "to": CONTRACT }])),
                ("eth_sendTransaction", json!([{ "to": CONTRACT, "gas": "0x30d40", "nonce": "0x0" }])),
            ];
            let requests = if matches!(lie, Lie::Silent) { &requests[..4] } else { &requests[..] };
            for (request, params) in requests {
                let error = fork.fails(-32_000, request, params.clone()).await;
                assert!(error.contains(&about) && error.contains(method), "{method} {lie:?} {request}: {error}");
            }
            assert_eq!(fork.head().await, head, "{method} {lie:?}: nothing was mined");
        }
    }
    // It was no more than that: what could not be read then is read now.
    hostile.be_honest();
    assert_eq!(fork.ok("eth_getBalance", json!([STRANGER])).await, "0x64");
    assert_eq!(fork.ok("eth_call", json!([{ "to": CONTRACT }])).await, word(0x64));
    assert_eq!(fork.send(json!({ "to": CONTRACT })).await["status"], "0x1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_whose_record_cannot_be_read_is_not_taken_for_inactive() {
    let hostile = Hostile::start();
    let fork = Node::fork(hostile.options()).await;
    let head = fork.head().await;
    let lies = lies().into_iter().chain([deep(), Lie::Result(json!("0x")), Lie::Result(json!("0x01"))]);
    for lie in lies.filter(|lie| !matches!(lie, Lie::Silent)) {
        hostile.lie("eth_call", lie.clone());
        for (method, fields) in [("eth_call", json!({})), ("eth_sendTransaction", json!({ "gas": "0x30d40" }))] {
            let mut request = fields;
            request["to"] = json!(PROGRAM);
            let error = fork.fails(-32_000, method, json!([request])).await;
            assert!(error.contains("ArbWasm.programTimeLeft of 0x"), "{lie:?} {method}: {error}");
        }
        assert_eq!(fork.head().await, head);
    }
    hostile.be_honest();
    // It is active there, and no program at all.
    let error = fork.fails(-32_000, "eth_call", json!([{ "to": PROGRAM }])).await;
    assert!(error.contains("is activated there, and cannot be here"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slot_that_cannot_be_read_ends_the_transaction_however_deep_it_is_asked_for() {
    let hostile = Hostile::start();
    let fork = Node::fork(hostile.options()).await;
    fork.ok("anvil_setCode", json!([CONTRACT, READER])).await;
    fork.ok("anvil_setCode", json!([OTHER, CARELESS])).await;
    let head = fork.head().await;
    for lie in lies().into_iter().chain([deep()]).filter(|lie| !matches!(lie, Lie::Silent)) {
        hostile.lie("eth_getStorageAt", lie.clone());
        let direct = fork.fails(-32_000, "eth_getStorageAt", json!([CONTRACT, "0x5"])).await;
        assert!(direct.contains("slot 0x5"), "{direct}");
        for to in [CONTRACT, OTHER] {
            for (method, fields) in [("eth_call", json!({})), ("eth_sendTransaction", json!({ "gas": "0x30d40" }))] {
                let mut request = fields;
                request["to"] = json!(to);
                let error = fork.fails(-32_000, method, json!([request])).await;
                assert!(error.contains("could not be read"), "{lie:?} {method}: {error}");
            }
        }
        assert_eq!(fork.head().await, head);
    }
    // One that waits goes on waiting.
    fork.ok("evm_setAutomine", json!([false])).await;
    let hash = fork.ok("eth_sendTransaction", json!([{ "to": OTHER, "gas": "0x30d40" }])).await;
    fork.ok("evm_mine", json!([])).await;
    assert_eq!(fork.ok("eth_getTransactionReceipt", json!([hash])).await, json!(null));
    assert_eq!(fork.ok("txpool_status", json!([])).await["pending"], "0x1");
    hostile.be_honest();
    fork.ok("evm_mine", json!([])).await;
    assert_eq!(fork.ok("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");
    assert_eq!(fork.ok("eth_getStorageAt", json!([OTHER, "0x1"])).await, word(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_other_chain_says_of_its_past_is_checked_or_passed_on() {
    let hostile = Hostile::start();
    let fork = Node::fork(hostile.options()).await;
    for lie in lies().into_iter().filter(|lie| !matches!(lie, Lie::Result(_) | Lie::Silent | Lie::Huge(_))) {
        hostile.lie("eth_getLogs", lie.clone());
        let answer = fork.call("eth_getLogs", json!([{ "fromBlock": "0x1" }])).await;
        let error = answer.expect_err(&format!("{lie:?}"));
        assert!(error["message"].as_str().unwrap().contains(&hostile.url), "{error}");
    }
    for wrong in [json!(null), json!({}), json!("0x")] {
        hostile.lie("eth_getLogs", Lie::Result(wrong));
        let error = fork.fails(-32_000, "eth_getLogs", json!([{ "fromBlock": "0x1" }])).await;
        assert!(error.contains("no list"), "{error}");
    }
    hostile.lie("eth_getTransactionByHash", Lie::Result(json!({ "blockNumber": "0x11" })));
    let hash = json!([B256::repeat_byte(9)]);
    assert_eq!(fork.ok("eth_getTransactionByHash", hash).await, json!(null), "it is from after the fork");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_lies_about_itself_is_not_forked() {
    let hostile = Hostile::start();
    let connect = async |options: UpstreamOptions| {
        tokio::task::spawn_blocking(move || Upstream::connect(&options))
            .await
            .unwrap()
            .map(|_| ())
            .map_err(|e| e.to_string())
    };
    for method in ["eth_chainId", "eth_getBlockByNumber"] {
        for lie in lies().into_iter().chain([deep()]) {
            hostile.lie(method, lie.clone());
            let error = connect(hostile.options()).await.expect_err(&format!("{method} {lie:?}"));
            assert!(error.contains(&hostile.url) && error.contains(method), "{lie:?}: {error}");
        }
    }
    let honest_block = honest(&json!({ "method": "eth_getBlockByNumber" }));
    let mut block = honest_block.clone();
    for (field, value) in [("number", "0xffffffffffffffff"), ("timestamp", "0xffffffffffffffff"), ("hash", "0x12")] {
        block[field] = json!(value);
        hostile.lie("eth_getBlockByNumber", Lie::Result(block.clone()));
        assert!(connect(hostile.options()).await.is_err(), "{field}");
        block = honest_block.clone();
    }
    hostile.be_honest();
    assert!(connect(UpstreamOptions { block: Some(5), ..hostile.options() }).await.unwrap_err().contains("block 16"));
    assert!(connect(UpstreamOptions { block: Some(16), ..hostile.options() }).await.is_ok());
    // Nothing of an address but where it is gets into a text: the rest may be a secret.
    let with_secret = hostile.url.replacen("http://", "http://user:password@", 1) + "/v2/key?key=secret";
    hostile.lie("eth_chainId", Lie::Status(500));
    let error = connect(UpstreamOptions { url: with_secret, ..hostile.options() }).await.unwrap_err();
    assert!(!["user", "password", "key", "secret"].iter().any(|word| error.contains(word)), "{error}");
    for url in ["", "nowhere", "ftp://host", "http://", "127.0.0.1:8545"] {
        assert!(connect(UpstreamOptions::new(url)).await.unwrap_err().contains("not the URL of a node"), "{url}");
    }
    let nobody = UpstreamOptions { attempts: 1, ..UpstreamOptions::new("http://127.0.0.1:9") };
    assert!(connect(nobody).await.unwrap_err().contains("http://127.0.0.1:9"));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_put_off_is_asked_for_again() {
    let hostile = Hostile::start();
    hostile.lie("eth_getBalance", Lie::Status(429));
    let fork = Node::fork(UpstreamOptions { attempts: 4, ..hostile.options() }).await;
    let (answer, ()) = tokio::join!(fork.ok("eth_getBalance", json!([STRANGER])), async {
        tokio::time::sleep(Duration::from_millis(400)).await;
        hostile.be_honest();
    });
    assert_eq!(answer, "0x64");
}
