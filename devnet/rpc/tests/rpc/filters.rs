//! Logs, and filters that are polled.

use alloy::primitives::B256;
use serde_json::{Value, json};

use crate::harness::{CONTRACT, EMITTER, Node, STRANGER};

async fn count(node: &Node, filter: Value) -> usize {
    node.ok("eth_getLogs", json!([filter])).await.as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_by_block_address_and_topic() {
    let node = Node::with_code(EMITTER).await;
    node.ok("anvil_setCode", json!([STRANGER, EMITTER])).await;
    for to in [CONTRACT, STRANGER, CONTRACT] {
        node.send(json!({ "to": to })).await;
    }
    let (seven, eight) = (B256::with_last_byte(7), B256::with_last_byte(8));
    let second = node.ok("eth_getBlockByNumber", json!(["0x2", false])).await["hash"].clone();
    for (filter, logs) in [
        (json!({}), 1),
        (json!({ "fromBlock": "earliest" }), 3),
        (json!({ "fromBlock": "0x0", "toBlock": "0x2" }), 2),
        (json!({ "fromBlock": "0x3", "toBlock": "0xffffffffffffffff" }), 1),
        (json!({ "fromBlock": "0x9" }), 0),
        (json!({ "blockHash": second }), 1),
        (json!({ "fromBlock": "0x0", "address": CONTRACT }), 2),
        (json!({ "fromBlock": "0x0", "address": [CONTRACT, STRANGER] }), 3),
        (json!({ "fromBlock": "0x0", "address": [] }), 3),
        (json!({ "fromBlock": "0x0", "topics": [seven] }), 3),
        (json!({ "fromBlock": "0x0", "topics": [[eight, seven]] }), 3),
        (json!({ "fromBlock": "0x0", "topics": [eight] }), 0),
        (json!({ "fromBlock": "0x0", "topics": [null] }), 3),
        (json!({ "fromBlock": "0x0", "topics": [seven, eight] }), 0),
        (json!({ "fromBlock": "0x0", "topics": [], "address": STRANGER }), 1),
    ] {
        assert_eq!(count(&node, filter.clone()).await, logs, "{filter}");
    }
    let all = node.ok("eth_getLogs", json!([{ "fromBlock": "0x0" }])).await;
    let receipts = node.ok("eth_getBlockReceipts", json!(["0x2"])).await;
    assert_eq!(all[1], receipts[0]["logs"][0]);
}

async fn changes(node: &Node, id: &Value) -> Value {
    node.ok("eth_getFilterChanges", json!([id])).await
}

#[tokio::test(flavor = "multi_thread")]
async fn log_filters() {
    let node = Node::with_code(EMITTER).await;
    node.send(json!({ "to": CONTRACT })).await;
    let filter = node.ok("eth_newFilter", json!([{ "fromBlock": "0x0", "address": CONTRACT }])).await;
    let other = node.ok("eth_newFilter", json!([{ "address": STRANGER }])).await;
    assert_eq!(changes(&node, &filter).await, json!([]), "only what is new");
    let receipt = node.send(json!({ "to": CONTRACT })).await;
    assert_eq!(changes(&node, &filter).await, receipt["logs"]);
    assert_eq!(changes(&node, &filter).await, json!([]));
    assert_eq!(changes(&node, &other).await, json!([]));
    let logs = node.ok("eth_getFilterLogs", json!([filter])).await;
    assert_eq!(logs.as_array().unwrap().len(), 2);
    assert_eq!(node.ok("eth_uninstallFilter", json!([filter])).await, true);
    assert_eq!(node.ok("eth_uninstallFilter", json!([filter])).await, false);
    node.fails(-32000, "eth_getFilterChanges", json!([filter])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn block_and_transaction_filters() {
    let node = Node::start().await;
    let blocks = node.ok("eth_newBlockFilter", json!([])).await;
    let transactions = node.ok("eth_newPendingTransactionFilter", json!([])).await;
    let receipt = node.send(json!({ "to": STRANGER })).await;
    assert_eq!(changes(&node, &blocks).await, json!([receipt["blockHash"]]));
    assert_eq!(changes(&node, &transactions).await, json!([receipt["transactionHash"]]));
    node.ok("evm_setAutomine", json!([false])).await;
    let from = node.key(0).await.address();
    let hash = node.ok("eth_sendTransaction", json!([{ "from": from, "to": STRANGER }])).await;
    assert_eq!(changes(&node, &transactions).await, json!([hash]), "it counts when it is submitted");
    node.ok("evm_mine", json!([])).await;
    assert_eq!(changes(&node, &transactions).await, json!([]), "and not again when it is mined");
    assert_eq!(changes(&node, &blocks).await.as_array().unwrap().len(), 1);
    node.fails(-32000, "eth_getFilterLogs", json!([blocks])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_survive_reverts() {
    let node = Node::with_code(EMITTER).await;
    let snapshot = node.ok("evm_snapshot", json!([])).await;
    let blocks = node.ok("eth_newBlockFilter", json!([])).await;
    let logs = node.ok("eth_newFilter", json!([{}])).await;
    for _ in 0..3 {
        node.send(json!({ "to": CONTRACT })).await;
    }
    assert_eq!(changes(&node, &blocks).await.as_array().unwrap().len(), 3);
    assert_eq!(changes(&node, &logs).await.as_array().unwrap().len(), 3);
    node.ok("evm_revert", json!([snapshot])).await;
    assert_eq!(changes(&node, &blocks).await, json!([]));
    let receipt = node.send(json!({ "to": CONTRACT, "value": "0x1" })).await;
    assert_eq!(changes(&node, &blocks).await, json!([receipt["blockHash"]]));
    assert_eq!(changes(&node, &logs).await, receipt["logs"]);
}
