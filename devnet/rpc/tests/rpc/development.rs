//! Time, snapshots and accounts as a test likes them.

use std::time::{Duration, Instant};

use alloy::primitives::B256;
use serde_json::{Value, json};

use crate::harness::{CLOCK, CONTRACT, EMITTER, Node, STRANGER, number};

async fn head_time(node: &Node) -> u64 {
    number(&node.ok("eth_getBlockByNumber", json!(["latest", false])).await["timestamp"])
}

#[tokio::test(flavor = "multi_thread")]
async fn snapshots() {
    let node = Node::start().await;
    let first = node.ok("evm_snapshot", json!([])).await;
    let sent = node.send(json!({ "to": STRANGER, "value": "0x1" })).await;
    let second = node.ok("anvil_snapshot", json!([])).await;
    assert_ne!(first, second);
    node.send(json!({ "to": STRANGER, "value": "0x1" })).await;
    assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0x2");
    assert_eq!(node.ok("evm_revert", json!([first])).await, true);
    assert_eq!(node.head().await, 0);
    assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0x0");
    assert_eq!(node.ok("eth_getTransactionReceipt", json!([sent["transactionHash"]])).await, Value::Null);
    assert_eq!(node.ok("evm_revert", json!([first])).await, false, "a snapshot is good once");
    assert_eq!(node.ok("anvil_revert", json!([second])).await, false, "later ones go with it");
    node.send(json!({ "to": STRANGER, "value": "0x3" })).await;
    assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0x3");
}

#[tokio::test(flavor = "multi_thread")]
async fn time_travel() {
    let node = Node::with_code(CLOCK).await;
    let day = 86_400;
    let start = head_time(&node).await;
    let offset = node.ok("evm_increaseTime", json!([day])).await.as_i64().unwrap();
    node.ok("evm_mine", json!([])).await;
    let after = head_time(&node).await;
    assert!((start + day..start + day + 60).contains(&after));
    let more = node.ok("anvil_increaseTime", json!(["0xa"])).await.as_i64().unwrap();
    assert_eq!(more, offset + 10);

    let next = after + 1_000;
    node.ok("evm_setNextBlockTimestamp", json!([next])).await;
    let seen = node.ok("eth_call", json!([{ "to": CONTRACT }, "pending"])).await;
    assert_eq!(seen, json!(B256::from(alloy::primitives::U256::from(next))));
    node.send(json!({ "to": STRANGER })).await;
    assert_eq!(head_time(&node).await, next);
    node.ok("evm_setTime", json!([format!("{:#x}", next + day)])).await;
    node.ok("evm_mine", json!([])).await;
    assert!((next + day..next + day + 60).contains(&head_time(&node).await));
    let exact = next + 2 * day;
    assert_eq!(node.ok("evm_mine", json!([exact])).await, "0x0");
    assert_eq!(head_time(&node).await, exact);
    node.ok("evm_mine", json!([{ "timestamp": exact + 5, "blocks": 2 }])).await;
    assert!(head_time(&node).await >= exact + 5);
    let message = node.fails(-32000, "evm_setNextBlockTimestamp", json!([start])).await;
    assert!(message.contains("not after"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mining() {
    let node = Node::start().await;
    node.ok("anvil_mine", json!([])).await;
    assert_eq!(node.head().await, 1);
    node.ok("hardhat_mine", json!(["0x64", "0x3c"])).await;
    assert_eq!(node.head().await, 101);
    let first = number(&node.ok("eth_getBlockByNumber", json!(["0x2", false])).await["timestamp"]);
    assert_eq!(head_time(&node).await - first, 99 * 60);
    node.ok("anvil_mine", json!([100_000])).await;
    assert_eq!(node.head().await, 100_101);
    let message = node.fails(-32000, "eth_getBalance", json!([STRANGER, "0x1"])).await;
    assert!(message.contains("no longer kept"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mining_at_intervals() {
    let node = Node::start().await;
    assert_eq!(node.ok("anvil_getIntervalMining", json!([])).await, Value::Null);
    node.ok("anvil_setIntervalMining", json!([1])).await;
    assert_eq!(node.ok("anvil_getIntervalMining", json!([])).await, 1);
    assert_eq!(node.ok("anvil_getAutomine", json!([])).await, false);
    let from = node.key(0).await.address();
    let hash = node.ok("eth_sendTransaction", json!([{ "from": from, "to": STRANGER, "value": "0x1" }])).await;
    let started = Instant::now();
    while node.ok("eth_getTransactionReceipt", json!([hash])).await.is_null() {
        assert!(started.elapsed() < Duration::from_secs(20), "it is mined without being asked for");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    node.ok("evm_setIntervalMining", json!([0])).await;
    let head = node.head().await;
    assert!(head >= 1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    assert_eq!(node.head().await, head, "nothing is mined any more");
    node.ok("evm_setIntervalMining", json!([3_600])).await;
    assert_eq!(node.ok("anvil_getIntervalMining", json!([])).await, 3_600);
    node.ok("evm_setAutomine", json!([true])).await;
    assert_eq!(node.ok("anvil_getIntervalMining", json!([])).await, Value::Null);
    assert_eq!(number(&node.send(json!({ "to": STRANGER })).await["blockNumber"]), head + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn impersonation() {
    let node = Node::with_code(EMITTER).await;
    // A contract may send as well.
    for sender in [STRANGER, CONTRACT] {
        let request = json!({ "from": sender, "to": CONTRACT, "value": "0x1" });
        node.fails(-32000, "eth_sendTransaction", json!([request])).await;
        node.ok("anvil_setBalance", json!([sender, "0xde0b6b3a7640000"])).await;
        node.ok("anvil_impersonateAccount", json!([sender])).await;
        let receipt = node.send(request.clone()).await;
        assert_eq!((&receipt["from"], &receipt["status"]), (&json!(sender), &json!("0x1")));
        let transaction = node.ok("eth_getTransactionByHash", json!([receipt["transactionHash"]])).await;
        assert_eq!(transaction["from"], json!(sender));
        node.ok("hardhat_stopImpersonatingAccount", json!([sender])).await;
        node.fails(-32000, "eth_sendTransaction", json!([request])).await;
    }
    node.ok("anvil_autoImpersonateAccount", json!([true])).await;
    assert_eq!(node.send(json!({ "from": STRANGER, "to": CONTRACT })).await["from"], json!(STRANGER));
    node.ok("anvil_autoImpersonateAccount", json!([false])).await;
    node.fails(-32000, "eth_sendTransaction", json!([{ "from": STRANGER, "to": CONTRACT }])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_can_be_set() {
    let node = Node::start().await;
    for prefix in ["anvil", "hardhat"] {
        node.ok(&format!("{prefix}_setBalance"), json!([STRANGER, "0x7"])).await;
        node.ok(&format!("{prefix}_setNonce"), json!([STRANGER, "0x9"])).await;
        node.ok(&format!("{prefix}_setCode"), json!([STRANGER, EMITTER])).await;
        node.ok(&format!("{prefix}_setStorageAt"), json!([STRANGER, "0x1", "0x2"])).await;
        assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0x7");
        assert_eq!(node.ok("eth_getTransactionCount", json!([STRANGER, "latest"])).await, "0x9");
        assert_eq!(node.ok("eth_getCode", json!([STRANGER])).await, json!(EMITTER));
        let word = node.ok("eth_getStorageAt", json!([STRANGER, "0x1"])).await;
        assert_eq!(word, json!(B256::with_last_byte(2)));
        node.ok(&format!("{prefix}_reset"), json!([])).await;
        assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0x0");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn base_fee() {
    let node = Node::start().await;
    node.ok("hardhat_setNextBlockBaseFeePerGas", json!(["0x3b9aca00"])).await;
    let receipt = node.send(json!({ "to": STRANGER })).await;
    assert_eq!(receipt["effectiveGasPrice"], "0x3b9aca00");
    let block = node.ok("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(block["baseFeePerGas"], "0x3b9aca00");
}

#[tokio::test(flavor = "multi_thread")]
async fn dump_and_load() {
    let (node, other) = (Node::with_code(EMITTER).await, Node::start().await);
    let receipt = node.send(json!({ "to": CONTRACT, "value": "0x3" })).await;
    let dump = node.ok("anvil_dumpState", json!([])).await;
    other.send(json!({ "to": STRANGER })).await;
    assert_eq!(other.ok("anvil_loadState", json!([dump])).await, true);
    assert_eq!(other.ok("eth_getBalance", json!([CONTRACT])).await, "0x3");
    assert_eq!(other.ok("eth_getTransactionReceipt", json!([receipt["transactionHash"]])).await, receipt);
    assert_eq!(other.ok("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await, receipt["logs"]);
    // The loaded chain goes on.
    assert_eq!(other.send(json!({ "to": CONTRACT })).await["blockNumber"], "0x2");
    let message = other.fails(-32602, "hardhat_loadState", json!(["0x7b7d"])).await;
    assert!(message.contains("does not hold a state of this chain"), "{message}");
    assert_eq!(other.head().await, 2);
}
