//! Every way to ask wrongly gets its code and a sentence.

use serde_json::{Value, json};

use crate::harness::{CONTRACT, HALTER, Node, STRANGER};

fn error(answer: &Value) -> (i64, &str) {
    (answer["error"]["code"].as_i64().unwrap(), answer["error"]["message"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_a_parse_error() {
    let node = Node::start().await;
    for body in ["", "{", "nonsense", "[1, 2", "{\"jsonrpc\": }", "\u{0}", "{\"a\":\"\u{1}\"}", "\"text\"", "1"] {
        let answer = node.raw(body).await;
        let (code, message) = error(&answer);
        assert_eq!(code, -32700, "{body:?}: {answer}");
        assert!(message.len() > "parse error: ".len(), "{message}");
        assert_eq!(answer["id"], Value::Null);
    }
    let answer = node.raw(vec![b'{', 0xff, 0xfe, b'}']).await;
    assert_eq!(error(&answer).0, -32700);
    assert_eq!(node.head().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_no_request_is_invalid() {
    let node = Node::start().await;
    for (body, said) in [
        (json!({}), "jsonrpc"),
        (json!({ "jsonrpc": "2.0", "id": 1 }), "method"),
        (json!({ "jsonrpc": "2.0", "id": 1, "method": 5 }), "method"),
        (json!({ "jsonrpc": "1.0", "id": 1, "method": "eth_blockNumber" }), "jsonrpc"),
        (json!({ "jsonrpc": "2.0", "id": {}, "method": "eth_blockNumber" }), "id"),
        (json!({ "jsonrpc": "2.0", "id": -1, "method": "eth_blockNumber" }), "id"),
        (json!({ "jsonrpc": "2.0", "id": 1.5, "method": "eth_blockNumber" }), "id"),
    ] {
        let answer = node.raw(body.to_string()).await;
        let (code, message) = error(&answer);
        assert_eq!(code, -32600, "{body}: {answer}");
        assert!(message.contains(said), "{body}: {message}");
    }
    let twice = r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"eth_blockNumber"}"#;
    assert_eq!(error(&node.raw(twice).await).0, -32600);
}

#[tokio::test(flavor = "multi_thread")]
async fn ids_come_back_as_they_are() {
    let node = Node::start().await;
    for id in [json!(null), json!("seven"), json!(0), json!(u64::MAX)] {
        let request = json!({ "jsonrpc": "2.0", "id": id, "method": "eth_blockNumber" });
        assert_eq!(node.raw(request.to_string()).await, json!({ "jsonrpc": "2.0", "id": id, "result": "0x0" }));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_methods_are_named() {
    let node = Node::start().await;
    for method in ["eth_blobBaseFee", "eth_nothing", "", "Eth_call", "rpc_modules", "eth_blockNumber "] {
        let message = node.fails(-32601, method, json!([])).await;
        assert!(message.contains(&format!("{method:?}")), "{message}");
    }
    let message = node.fails(-32601, &"x".repeat(100_000), json!([])).await;
    assert!(message.len() < 200, "{message}");
    let message = node.fails(-32601, "eth_subscribe", json!(["newHeads"])).await;
    assert!(message.contains("WebSocket"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_parameters_are_named() {
    let node = Node::start().await;
    let tx = json!({ "to": CONTRACT });
    for (method, params, said) in [
        ("eth_getBalance", json!([]), "missing parameter 1 (address)"),
        ("eth_getBalance", json!({ "address": STRANGER }), "expected an array"),
        ("eth_getBalance", json!("0x00"), "expected an array"),
        ("eth_getBalance", json!([5]), "parameter 1 (address): expected an address"),
        ("eth_getBalance", json!(["0x12"]), "2 digits instead of 40"),
        ("eth_getBalance", json!([format!("{}00", STRANGER)]), "42 digits instead of 40"),
        ("eth_getBalance", json!(["0xgg00000000000000000000000000000000000000"]), "expected an address"),
        ("eth_getBalance", json!([STRANGER, 5]), "parameter 2 (block)"),
        ("eth_getBalance", json!([STRANGER, "newest"]), "parameter 2 (block)"),
        ("eth_getBalance", json!([STRANGER, {}]), "parameter 2 (block)"),
        ("eth_getBalance", json!([STRANGER, "latest", 1]), "at most 2"),
        ("eth_getStorageAt", json!([STRANGER, "0x"]), "parameter 2 (slot)"),
        ("eth_getStorageAt", json!([STRANGER, format!("0x{}", "f".repeat(65))]), "more than 256 bits"),
        ("eth_getBlockByNumber", json!(["0x0", "yes"]), "true or false"),
        ("eth_getBlockByNumber", json!(["0x10000000000000000", false]), "too large"),
        ("eth_getBlockByHash", json!(["0x1234", false]), "parameter 1 (block hash)"),
        ("eth_getTransactionReceipt", json!([null]), "missing parameter 1 (hash)"),
        ("eth_call", json!([]), "missing parameter 1 (transaction)"),
        ("eth_call", json!([[]]), "expected a transaction object"),
        ("eth_call", json!([{ "to": 5 }]), "expected a transaction object"),
        ("eth_call", json!([{ "data": "0x01", "input": "0x02" }]), "data and input differ"),
        ("eth_call", json!([{ "type": "0x3" }]), "type 3"),
        ("eth_call", json!([tx, "latest", { "0x12": {} }]), "parameter 3 (state overrides)"),
        ("eth_call", json!([tx, "latest", { CONTRACT.to_string(): { "blance": "0x1" } }]), "parameter 3"),
        ("eth_call", json!([tx, "latest", { CONTRACT.to_string(): { "state": {}, "stateDiff": {} } }]), "both"),
        ("eth_call", json!([tx, "latest", {}, { "number": "x" }]), "parameter 4 (block overrides)"),
        ("eth_sendRawTransaction", json!(["0x"]), "got none"),
        ("eth_sendRawTransaction", json!(["0x02"]), "signed transaction in RLP"),
        ("eth_sendRawTransaction", json!(["0xabc"]), "pairs of hex digits"),
        ("eth_sendRawTransaction", json!(["no hex"]), "bytes"),
        ("eth_sendTransaction", json!([{ "type": "0x64" }]), "0x64"),
        ("eth_getLogs", json!([5]), "parameter 1 (filter)"),
        ("eth_getLogs", json!([{ "fromBlock": "0x2", "toBlock": "0x1" }]), "invalid block range"),
        ("eth_getLogs", json!([{ "topics": [[], [], [], [], []] }]), "parameter 1 (filter)"),
        ("eth_feeHistory", json!(["0x1", "latest", [50, 10]]), "percentiles"),
        ("eth_feeHistory", json!(["0x1", "latest", [101]]), "percentiles"),
        ("evm_setTime", json!([true]), "parameter 1 (timestamp)"),
        ("evm_setTime", json!([u64::MAX]), "253402300799"),
        ("evm_increaseTime", json!([u64::MAX]), "253402300799"),
        ("evm_increaseTime", json!([-1]), "parameter 1 (seconds)"),
        ("anvil_mine", json!([u64::MAX]), "100000"),
        ("anvil_mine", json!([2, u64::MAX]), "253402300799"),
        ("evm_mine", json!([{ "blocks": u64::MAX }]), "100000"),
        ("evm_setAutomine", json!([]), "missing parameter 1 (on)"),
        ("anvil_reset", json!([{ "forking": { "jsonRpcUrl": "http://localhost" } }]), "--fork-url"),
        ("eth_chainId", json!([1]), "at most 0"),
    ] {
        let message = node.fails(-32602, method, params).await;
        assert!(message.contains(said), "{method}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_chain_refuses_is_a_server_error() {
    let node = Node::with_code(HALTER).await;
    let poor = json!({ "from": STRANGER, "to": CONTRACT, "value": "0x1" });
    let unknown = format!("0x{}", "11".repeat(32));
    for (method, params, said) in [
        ("eth_getBalance", json!([STRANGER, "0x5"]), "block 5 does not exist"),
        ("eth_getBalance", json!([STRANGER, unknown]), "does not exist"),
        ("eth_getBalance", json!([STRANGER, { "blockHash": unknown }]), "does not exist"),
        ("eth_getLogs", json!([{ "blockHash": unknown }]), "does not exist"),
        ("eth_getFilterChanges", json!(["0x5"]), "filter not found"),
        ("eth_getFilterLogs", json!(["0x5"]), "filter not found"),
        ("eth_call", json!([{ "to": CONTRACT }]), "invalid"),
        ("eth_estimateGas", json!([{ "to": CONTRACT }]), ""),
        ("eth_sendTransaction", json!([poor]), "no key for"),
        ("eth_sign", json!([STRANGER, "0x00"]), "no key for"),
        ("eth_feeHistory", json!(["0x1", "0x5"]), "does not exist"),
        ("eth_sendRawTransaction", json!(["0x03f8"]), "type 3"),
        ("eth_sendRawTransaction", json!(["0x7e00"]), "0x7e"),
        ("evm_setNextBlockTimestamp", json!([5]), "timestamp 5"),
    ] {
        let message = node.fails(-32000, method, params).await;
        assert!(message.contains(said), "{method}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_at_their_limits_break_nothing() {
    let node = Node::with_code(HALTER).await;
    let from = node.key(0).await.address();
    let (short, long, word) = ("0xffffffffffffffff", format!("0x{}", "f".repeat(32)), format!("0x{}", "f".repeat(64)));
    let base = json!({ "from": from, "to": STRANGER });
    let mut requests = Vec::new();
    let mut calls = Vec::new();
    for field in ["maxFeePerGas", "maxPriorityFeePerGas", "gasPrice", "value", "gas", "nonce", "chainId"] {
        for number in [short, &long, &word] {
            let mut request = base.clone();
            request[field] = json!(number);
            requests.push(request.clone());
            request["gas"] = json!("0x30000");
            requests.push(request);
        }
    }
    for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
        calls.extend(requests.iter().map(|request| (method, json!([request]))));
    }
    for field in ["number", "time", "gasLimit", "baseFee", "difficulty"] {
        calls.extend([short, &word].map(|number| ("eth_call", json!([base, "latest", {}, { field: number }]))));
    }
    for (method, params) in [
        ("anvil_setBalance", json!([STRANGER, word])),
        ("anvil_setBalance", json!([from, word])),
        ("anvil_setNonce", json!([STRANGER, short])),
        ("anvil_impersonateAccount", json!([STRANGER])),
        ("anvil_setNextBlockBaseFeePerGas", json!([short])),
        ("anvil_setNextBlockBaseFeePerGas", json!(["0x0"])),
    ] {
        calls.push((method, params));
        for sender in [from, STRANGER] {
            for request in [json!({ "from": sender, "to": CONTRACT }), json!({ "from": sender, "value": "0x1" })] {
                let methods = ["eth_sendTransaction", "eth_call", "eth_estimateGas"];
                calls.extend(methods.map(|method| (method, json!([request]))));
            }
        }
        calls.push(("eth_feeHistory", json!([10, "latest"])));
        calls.push(("eth_getTransactionCount", json!([STRANGER, "pending"])));
    }
    let mut broken = Vec::new();
    for (method, params) in calls {
        let answer = node.call(method, params.clone()).await;
        if answer.is_err_and(|error| error["code"] == -32603) {
            broken.push(format!("{method} {params}"));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_costs_its_request_only() {
    let node = Node::start().await;
    let before = node.server.with_chain(|_| panic!("on purpose")).await;
    assert_eq!(before, Err::<(), _>(fomo_rpc::ChainUnavailable::Failed));
    assert_eq!(node.head().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn size_is_bounded() {
    let node = Node::start().await;
    let large = json!({ "jsonrpc": "2.0", "id": 1, "method": "web3_sha3", "params": ["0x".to_owned() + &"00".repeat(4_000_000)] });
    assert!(node.raw(large.to_string()).await.get("result").is_some());
    let answer = node.announce(11 * 1024 * 1024).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert_eq!(error(&serde_json::from_str(body).unwrap()).0, -32007);
    for deep in ["[", "{\"a\":"] {
        let params = deep.repeat(1_000_000);
        let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{params}"#);
        assert_eq!(error(&node.raw(request).await).0, -32700);
    }
    let params = "[".repeat(100_000) + &"]".repeat(100_000);
    let request = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"eth_call","params":{params}}}"#);
    assert_eq!(error(&node.raw(request).await).0, -32602);
    assert_eq!(node.head().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_are_answered_one_by_one() {
    let node = Node::start().await;
    let batch = json!([
        { "jsonrpc": "2.0", "id": 1, "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": "b", "method": "eth_nothing" },
        5,
        { "jsonrpc": "2.0", "id": 4, "method": "eth_getBalance", "params": [] },
        { "jsonrpc": "2.0", "method": "eth_chainId" },
        { "jsonrpc": "2.0", "id": 6, "method": "eth_blockNumber", "params": [] },
    ]);
    let answers = node.raw(batch.to_string()).await;
    let answers = answers.as_array().unwrap();
    assert_eq!(answers.len(), 5);
    assert_eq!(answers[0]["result"], "0x64aba");
    assert_eq!((error(&answers[1]).0, &answers[1]["id"]), (-32601, &json!("b")));
    assert_eq!(error(&answers[2]).0, -32600);
    assert!(error(&answers[2]).1.contains("entry of a batch"));
    assert_eq!(error(&answers[3]).0, -32602);
    assert_eq!(answers[4]["result"], "0x0");

    let entry = r#"{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}"#;
    let most = format!("[{}]", vec![entry; 1_000].join(","));
    assert_eq!(node.raw(most).await.as_array().unwrap().len(), 1_000);
    let more = format!("[{}]", vec![entry; 1_001].join(","));
    assert_eq!(error(&node.raw(more).await).0, -32010);
    assert_eq!(error(&node.raw("[]").await).0, -32600);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_are_refused_politely() {
    let node = Node::start().await;
    let client = reqwest::Client::new();
    let answer = client.get(node.server.url()).send().await.unwrap();
    assert_eq!(answer.status(), 405);
    let answer = client.post(node.server.url()).body("{}").send().await.unwrap();
    assert_eq!(answer.status(), 415);
    assert!(answer.text().await.unwrap().contains("application/json"));
    let asked = client.request(reqwest::Method::OPTIONS, node.server.url()).header("origin", "http://localhost:3000");
    let answer = asked.header("access-control-request-method", "POST").send().await.unwrap();
    assert_eq!(answer.headers()["access-control-allow-origin"], "*");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server_is_gone() {
    let node = Node::start().await;
    let url = node.server.url();
    node.server.stop().await;
    assert!(reqwest::Client::new().post(url).body("{}").send().await.is_err());

    let node = Node::start().await;
    let addr = node.server.addr();
    drop(node);
    let gone = async {
        while tokio::net::TcpStream::connect(addr).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), gone).await.unwrap();
}
