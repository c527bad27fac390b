//! Accounts, calls and estimates, at any block and with overrides.

use alloy::primitives::{B256, U256};
use serde_json::{Value, json};

use crate::harness::{CLOCK, CONTRACT, EMITTER, ERROR_NO, Node, PANIC_OVERFLOW, READER, REVERTER, STRANGER, number};

#[tokio::test(flavor = "multi_thread")]
async fn accounts_at_any_block() {
    let node = Node::start().await;
    node.send(json!({ "to": STRANGER, "value": "0x64" })).await;
    node.send(json!({ "to": STRANGER, "value": "0x64" })).await;
    let first = node.ok("eth_getBlockByNumber", json!(["0x1", false])).await;
    for (block, balance) in [
        (json!("earliest"), "0x0"),
        (json!("0x1"), "0x64"),
        (first["hash"].clone(), "0x64"),
        (json!({ "blockHash": first["hash"], "requireCanonical": true }), "0x64"),
        (json!({ "blockNumber": "0x1" }), "0x64"),
        (json!("latest"), "0xc8"),
        (json!("pending"), "0xc8"),
        (json!("safe"), "0xc8"),
        (json!("finalized"), "0xc8"),
        (Value::Null, "0xc8"),
    ] {
        assert_eq!(node.ok("eth_getBalance", json!([STRANGER, block])).await, balance, "{block}");
    }
    assert_eq!(node.ok("eth_getBalance", json!([STRANGER])).await, "0xc8");
    let sender = node.key(0).await.address();
    assert_eq!(node.ok("eth_getTransactionCount", json!([sender, "0x1"])).await, "0x1");
    assert_eq!(node.ok("eth_getTransactionCount", json!([sender, "latest"])).await, "0x2");
}

#[tokio::test(flavor = "multi_thread")]
async fn code_and_storage() {
    let node = Node::with_code(READER).await;
    assert_eq!(node.ok("eth_getCode", json!([CONTRACT, "latest"])).await, json!(READER));
    assert_eq!(node.ok("eth_getCode", json!([STRANGER, "latest"])).await, "0x");
    assert_eq!(node.ok("anvil_setStorageAt", json!([CONTRACT, "0x5", B256::with_last_byte(9)])).await, true);
    for slot in [json!("0x5"), json!("0x05"), json!(B256::with_last_byte(5)), json!(5)] {
        let word = node.ok("eth_getStorageAt", json!([CONTRACT, slot, "latest"])).await;
        assert_eq!(word, json!(B256::with_last_byte(9)), "{slot}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_with_overrides() {
    let node = Node::with_code(READER).await;
    let call = json!({ "to": CONTRACT });
    let at = |overrides: Value| json!([call, "latest", { CONTRACT.to_string(): overrides }]);
    assert_eq!(node.ok("eth_call", json!([call])).await, json!(B256::ZERO));
    let (slot, value) = (B256::with_last_byte(5), B256::with_last_byte(77));
    let state = json!({ slot.to_string(): value });
    assert_eq!(node.ok("eth_call", at(json!({ "stateDiff": state }))).await, json!(value));
    assert_eq!(node.ok("eth_call", at(json!({ "state": state }))).await, json!(value));
    assert_eq!(node.ok("eth_call", json!([call])).await, json!(B256::ZERO));
    let code = json!({ "code": CLOCK });
    let later = json!([call, "latest", { CONTRACT.to_string(): code }, { "time": "0x77359400" }]);
    assert_eq!(node.ok("eth_call", later).await, json!(B256::from(U256::from(2_000_000_000))));
    let rich = json!({ STRANGER.to_string(): { "balance": "0x64" } });
    let transfer = json!({ "from": STRANGER, "to": CONTRACT, "value": "0x64" });
    node.fails(-32000, "eth_call", json!([transfer])).await;
    assert_eq!(node.ok("eth_call", json!([transfer, "latest", rich])).await, json!(B256::ZERO));
    assert!(number(&node.ok("eth_estimateGas", json!([transfer, "latest", rich])).await) > 21_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn reverts_have_code_3_and_the_data() {
    let node = Node::with_code(REVERTER).await;
    for method in ["eth_call", "eth_estimateGas"] {
        for (data, message) in [
            (ERROR_NO, "execution reverted: no"),
            (PANIC_OVERFLOW, "execution reverted: arithmetic underflow or overflow"),
            ("0x12345678", "execution reverted"),
            ("0x", "execution reverted"),
            ("0x08c379a0ffff", "execution reverted"),
        ] {
            let error = node.call(method, json!([{ "to": CONTRACT, "data": data }])).await.unwrap_err();
            assert_eq!(error, json!({ "code": 3, "message": message, "data": data }), "{method}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn estimates_suffice() {
    let node = Node::with_code(EMITTER).await;
    let call = json!({ "from": node.key(0).await.address(), "to": CONTRACT });
    let gas = node.ok("eth_estimateGas", json!([call, "latest"])).await;
    let receipt = node.send(json!({ "to": CONTRACT, "gas": gas })).await;
    assert_eq!(receipt["status"], "0x1");
    assert!(number(&gas) * 100 <= number(&receipt["gasUsed"]) * 105);
}

#[tokio::test(flavor = "multi_thread")]
async fn endless_loops_end() {
    // JUMPDEST PUSH1 0 JUMP
    let node = Node::with_code(alloy::primitives::bytes!("5b600056")).await;
    let call = json!({ "to": CONTRACT, "gas": "0xffffffffffffffff" });
    node.fails(-32000, "eth_call", json!([call, "latest", {}, { "gasLimit": "0xffffffffffffffff" }])).await;
    node.fails(-32000, "eth_estimateGas", json!([call])).await;
}
