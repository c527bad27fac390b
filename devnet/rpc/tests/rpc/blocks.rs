//! Blocks, receipts and fees have the shape of Arbitrum's.

use alloy::primitives::B256;
use serde_json::{Value, json};

use crate::harness::{CONTRACT, EMITTER, ERROR_NO, HALTER, Node, REVERTER, number};

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks() {
    let node = Node::with_code(EMITTER).await;
    let receipt = node.send(json!({ "to": CONTRACT })).await;
    let block = node.ok("eth_getBlockByNumber", json!(["latest", false])).await;
    assert_eq!(
        keys(&block),
        [
            "baseFeePerGas",
            "difficulty",
            "extraData",
            "gasLimit",
            "gasUsed",
            "hash",
            "l1BlockNumber",
            "logsBloom",
            "miner",
            "mixHash",
            "nonce",
            "number",
            "parentHash",
            "receiptsRoot",
            "sendCount",
            "sendRoot",
            "sha3Uncles",
            "size",
            "stateRoot",
            "timestamp",
            "totalDifficulty",
            "transactions",
            "transactionsRoot",
            "uncles",
        ]
    );
    assert_eq!(block["number"], "0x1");
    assert_eq!((&block["difficulty"], &block["totalDifficulty"]), (&json!("0x1"), &json!("0x2")));
    assert_eq!((&block["sendCount"], &block["sendRoot"]), (&json!("0x0"), &json!(B256::ZERO)));
    assert_eq!(number(&block["l1BlockNumber"]), 20_000_000);
    assert_eq!(number(&block["baseFeePerGas"]), 100_000_000);
    assert!(number(&block["size"]) > 500);
    assert_eq!(block["gasUsed"], receipt["gasUsed"]);
    assert_eq!(block["logsBloom"], receipt["logsBloom"]);
    assert_eq!(block["transactions"], json!([receipt["transactionHash"]]));

    let same = node.ok("eth_getBlockByHash", json!([block["hash"], true])).await;
    assert_eq!(same["hash"], block["hash"]);
    let transaction = &same["transactions"][0];
    assert_eq!(transaction["hash"], receipt["transactionHash"]);
    assert_eq!(transaction["blockHash"], block["hash"]);
    assert_eq!(number(&transaction["gasPrice"]), 100_000_000);
    let genesis = node.ok("eth_getBlockByNumber", json!(["earliest", true])).await;
    assert_eq!((&genesis["number"], &genesis["hash"]), (&json!("0x0"), &block["parentHash"]));
    assert_eq!(genesis["transactions"], json!([]));
    assert_eq!(number(&genesis["timestamp"]), 1_700_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn blocks_that_are_not_there_are_null() {
    let node = Node::start().await;
    let hash = B256::repeat_byte(1);
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x5", false])),
        ("eth_getBlockByHash", json!([hash, false])),
        ("eth_getBlockTransactionCountByNumber", json!(["0x5"])),
        ("eth_getBlockTransactionCountByHash", json!([hash])),
        ("eth_getBlockReceipts", json!(["0x5"])),
        ("eth_getUncleCountByBlockNumber", json!(["0x5"])),
        ("eth_getUncleByBlockNumberAndIndex", json!(["0x0", "0x0"])),
        ("eth_getUncleByBlockHashAndIndex", json!([hash, "0x0"])),
        ("eth_getTransactionByHash", json!([hash])),
        ("eth_getTransactionReceipt", json!([hash])),
        ("eth_getRawTransactionByHash", json!([hash])),
        ("eth_getTransactionByBlockNumberAndIndex", json!(["latest", "0x0"])),
        ("eth_getTransactionByBlockHashAndIndex", json!([hash, "0x0"])),
    ] {
        assert_eq!(node.ok(method, params).await, Value::Null, "{method}");
    }
    assert_eq!(node.ok("eth_getUncleCountByBlockNumber", json!(["latest"])).await, "0x0");
}

#[tokio::test(flavor = "multi_thread")]
async fn parts_of_blocks_agree() {
    let node = Node::with_code(EMITTER).await;
    node.ok("evm_setAutomine", json!([false])).await;
    let from = node.key(0).await.address();
    let mut hashes = Vec::new();
    for _ in 0..3 {
        let request = json!({ "from": from, "to": CONTRACT, "gas": "0x30000" });
        hashes.push(node.ok("eth_sendTransaction", json!([request])).await);
    }
    node.ok("evm_mine", json!([])).await;
    let block = node.ok("eth_getBlockByNumber", json!(["0x1", false])).await;
    assert_eq!(block["transactions"], json!(hashes));
    let hash = &block["hash"];
    assert_eq!(node.ok("eth_getBlockTransactionCountByHash", json!([hash])).await, "0x3");
    assert_eq!(node.ok("eth_getBlockTransactionCountByNumber", json!(["0x1"])).await, "0x3");
    let by_hash = node.ok("eth_getTransactionByBlockHashAndIndex", json!([hash, "0x2"])).await;
    let by_number = node.ok("eth_getTransactionByBlockNumberAndIndex", json!(["0x1", "0x2"])).await;
    assert_eq!(by_hash, by_number);
    assert_eq!(by_hash["hash"], hashes[2]);

    let receipts = node.ok("eth_getBlockReceipts", json!([hash])).await;
    let mut gas = 0;
    for (index, receipt) in receipts.as_array().unwrap().iter().enumerate() {
        assert_eq!(*receipt, node.ok("eth_getTransactionReceipt", json!([hashes[index]])).await);
        gas += number(&receipt["gasUsed"]);
        assert_eq!(number(&receipt["cumulativeGasUsed"]), gas);
        assert_eq!(number(&receipt["transactionIndex"]), index as u64);
        assert_eq!(number(&receipt["logs"][0]["logIndex"]), index as u64);
    }
    assert_eq!(number(&block["gasUsed"]), gas);
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts() {
    let node = Node::with_code(EMITTER).await;
    let receipt = node.send(json!({ "to": CONTRACT })).await;
    assert_eq!(
        keys(&receipt),
        [
            "blockHash",
            "blockNumber",
            "contractAddress",
            "cumulativeGasUsed",
            "effectiveGasPrice",
            "from",
            "gasUsed",
            "gasUsedForL1",
            "l1BlockNumber",
            "logs",
            "logsBloom",
            "status",
            "to",
            "transactionHash",
            "transactionIndex",
            "type",
        ]
    );
    assert_eq!((&receipt["status"], &receipt["type"]), (&json!("0x1"), &json!("0x2")));
    assert_eq!((&receipt["gasUsedForL1"], &receipt["contractAddress"]), (&json!("0x0"), &Value::Null));
    assert_eq!(number(&receipt["effectiveGasPrice"]), 100_000_000);
    let log = &receipt["logs"][0];
    assert_eq!(
        keys(log),
        [
            "address",
            "blockHash",
            "blockNumber",
            "blockTimestamp",
            "data",
            "logIndex",
            "removed",
            "topics",
            "transactionHash",
            "transactionIndex",
        ]
    );
    assert_eq!((&log["address"], &log["removed"]), (&json!(CONTRACT), &json!(false)));
    assert_eq!(log["topics"], json!([B256::with_last_byte(7)]));
    assert_eq!(log["data"], json!(B256::with_last_byte(42)));
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_of_reverts_have_the_data() {
    let node = Node::with_code(REVERTER).await;
    let gas = "0x30000";
    let receipt = node.send(json!({ "to": CONTRACT, "gas": gas, "data": ERROR_NO })).await;
    assert_eq!(receipt["status"], "0x0");
    assert_eq!((&receipt["revertData"], &receipt["revertReason"]), (&json!(ERROR_NO), &json!("no")));
    assert_eq!(receipt["logs"], json!([]));
    let receipt = node.send(json!({ "to": CONTRACT, "gas": gas, "data": "0x12345678" })).await;
    assert_eq!((&receipt["revertData"], &receipt["revertReason"]), (&json!("0x12345678"), &Value::Null));
    let receipt = node.send(json!({ "to": CONTRACT, "gas": gas })).await;
    assert_eq!((&receipt["status"], receipt.get("revertData")), (&json!("0x0"), None));

    let node = Node::with_code(HALTER).await;
    let receipt = node.send(json!({ "to": CONTRACT, "gas": gas })).await;
    assert_eq!((&receipt["status"], receipt.get("revertData")), (&json!("0x0"), None));
    assert_eq!(receipt["gasUsed"], gas);
    assert!(receipt["revertReason"].as_str().unwrap().contains("invalid"));
}

#[tokio::test(flavor = "multi_thread")]
async fn fees() {
    let node = Node::with_code(EMITTER).await;
    node.send(json!({ "to": CONTRACT })).await;
    node.ok("anvil_setNextBlockBaseFeePerGas", json!(["0xbebc200"])).await;
    assert_eq!(node.ok("eth_gasPrice", json!([])).await, "0xbebc200");
    assert_eq!(node.ok("eth_maxPriorityFeePerGas", json!([])).await, "0x0");
    let history = node.ok("eth_feeHistory", json!(["0xa", "latest", [10, 90.5]])).await;
    assert_eq!(history["oldestBlock"], "0x0");
    assert_eq!(history["baseFeePerGas"], json!(["0x5f5e100", "0x5f5e100", "0xbebc200"]));
    assert_eq!(history["reward"], json!([["0x0", "0x0"], ["0x0", "0x0"]]));
    assert_eq!(history["gasUsedRatio"][0], 0.0);
    assert!(history["gasUsedRatio"][1].as_f64().unwrap() > 0.0);
    node.ok("evm_mine", json!([])).await;
    let history = node.ok("eth_feeHistory", json!([1, "0x1"])).await;
    assert_eq!(history["baseFeePerGas"], json!(["0x5f5e100", "0xbebc200"]));
    assert_eq!(history.get("reward"), None);
    let history = node.ok("eth_feeHistory", json!(["0x0", "latest"])).await;
    assert_eq!(history["gasUsedRatio"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_tells_who_it_is() {
    let node = Node::start().await;
    assert!(node.ok("web3_clientVersion", json!([])).await.as_str().unwrap().starts_with("fomo-devnet/v"));
    assert_eq!(
        node.ok("web3_sha3", json!(["0x"])).await,
        "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    );
    assert_eq!(node.ok("net_version", json!(null)).await, "412346");
    assert_eq!(node.ok("eth_chainId", json!([])).await, "0x64aba");
    assert_eq!(node.ok("net_listening", json!([])).await, true);
    assert_eq!(node.ok("eth_syncing", json!([])).await, false);
    assert_eq!(node.ok("eth_mining", json!([])).await, false);
    let accounts = node.ok("eth_accounts", json!([])).await;
    assert_eq!(accounts.as_array().unwrap().len(), 10);
    assert_eq!(accounts[0], "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
    assert_eq!(node.ok("eth_coinbase", json!([])).await.as_str().unwrap().len(), 42);
}
