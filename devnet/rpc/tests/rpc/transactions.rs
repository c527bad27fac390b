//! Transactions of every type, signed by the client or by the node.

use alloy::consensus::{SignableTransaction, TxEip1559, TxEip2930, TxEip7702, TxEnvelope, TxLegacy};
use alloy::eips::eip2718::Encodable2718;
use alloy::eips::eip2930::{AccessList, AccessListItem};
use alloy::eips::eip7702::Authorization;
use alloy::primitives::{B256, Bytes, Signature, TxKind, U256, bytes};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use serde_json::{Value, json};

use crate::harness::{CONTRACT, EMITTER, Node, REVERTER, STRANGER, number};

const CHAIN: u64 = 412_346;
const PRICE: u128 = 200_000_000;
const GAS: u64 = 200_000;

fn sign<T: SignableTransaction<Signature>>(key: &PrivateKeySigner, transaction: T) -> TxEnvelope
where
    TxEnvelope: From<alloy::consensus::Signed<T>>,
{
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    transaction.into_signed(signature).into()
}

fn access_list() -> AccessList {
    AccessList(vec![AccessListItem { address: CONTRACT, storage_keys: vec![B256::ZERO] }])
}

fn legacy(nonce: u64) -> TxLegacy {
    let to = TxKind::Call(CONTRACT);
    TxLegacy { chain_id: Some(CHAIN), nonce, gas_price: PRICE, gas_limit: GAS, to, ..TxLegacy::default() }
}

async fn send_raw(node: &Node, transaction: &TxEnvelope) -> Value {
    let raw = Bytes::from(transaction.encoded_2718());
    let hash = node.ok("eth_sendRawTransaction", json!([raw])).await;
    assert_eq!(hash, json!(transaction.tx_hash()));
    assert_eq!(node.ok("eth_getRawTransactionByHash", json!([hash])).await, json!(raw));
    hash
}

#[tokio::test(flavor = "multi_thread")]
async fn all_types_but_blobs() {
    let node = Node::with_code(EMITTER).await;
    let (key, authority) = (node.key(0).await, node.key(1).await);
    let to = TxKind::Call(CONTRACT);
    let authorization = Authorization { chain_id: U256::from(CHAIN), address: CONTRACT, nonce: 0 };
    let signature = authority.sign_hash_sync(&authorization.signature_hash()).unwrap();
    let (max_fee_per_gas, max_priority_fee_per_gas) = (PRICE, 5);
    let transactions = [
        sign(&key, legacy(0)),
        sign(
            &key,
            TxEip2930 {
                chain_id: CHAIN,
                nonce: 1,
                gas_price: PRICE,
                gas_limit: GAS,
                to,
                access_list: access_list(),
                ..TxEip2930::default()
            },
        ),
        sign(
            &key,
            TxEip1559 {
                chain_id: CHAIN,
                nonce: 2,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                gas_limit: GAS,
                to,
                ..TxEip1559::default()
            },
        ),
        sign(
            &key,
            TxEip7702 {
                chain_id: CHAIN,
                nonce: 3,
                max_fee_per_gas,
                max_priority_fee_per_gas,
                gas_limit: GAS,
                to: CONTRACT,
                authorization_list: vec![authorization.into_signed(signature)],
                ..TxEip7702::default()
            },
        ),
    ];
    for (transaction, kind) in transactions.iter().zip(["0x0", "0x1", "0x2", "0x4"]) {
        let hash = send_raw(&node, transaction).await;
        let receipt = node.ok("eth_getTransactionReceipt", json!([hash])).await;
        assert_eq!((&receipt["type"], &receipt["status"]), (&json!(kind), &json!("0x1")));
        assert_eq!(number(&receipt["effectiveGasPrice"]), 100_000_000, "tips are given back");
        let json = node.ok("eth_getTransactionByHash", json!([hash])).await;
        assert_eq!((&json["type"], &json["from"]), (&json!(kind), &json!(key.address())));
        let parsed: alloy::rpc::types::Transaction = serde_json::from_value(json).unwrap();
        assert_eq!(parsed.inner.inner(), transaction);
    }
    let code = node.ok("eth_getCode", json!([authority.address()])).await;
    assert_eq!(code, format!("0xef0100{}", alloy::hex::encode(CONTRACT)));
}

#[tokio::test(flavor = "multi_thread")]
async fn blobs_are_refused() {
    let node = Node::start().await;
    let blob = json!({ "from": node.key(0).await.address(), "to": CONTRACT });
    for (field, value) in [
        ("type", json!("0x3")),
        ("maxFeePerBlobGas", json!("0x1")),
        ("blobVersionedHashes", json!([B256::repeat_byte(1)])),
    ] {
        let mut request = blob.clone();
        request[field] = value;
        let message = node.fails(-32602, "eth_sendTransaction", json!([request])).await;
        assert!(message.contains("type 3"), "{message}");
    }
    let message = node.fails(-32000, "eth_sendRawTransaction", json!(["0x03f800"])).await;
    assert!(message.contains("type 3"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_included_says_why() {
    let node = Node::start().await;
    let (key, stranger) = (node.key(0).await, PrivateKeySigner::from_bytes(&B256::repeat_byte(9)).unwrap());
    let sent = sign(&key, legacy(0));
    send_raw(&node, &sent).await;
    for (transaction, said) in [
        (sent, "already known"),
        (sign(&key, TxLegacy { value: U256::ONE, ..legacy(0) }), "nonce too low"),
        (sign(&key, TxLegacy { chain_id: Some(1), ..legacy(1) }), "chain id"),
        (sign(&key, TxLegacy { gas_price: 1, ..legacy(1) }), "max fee per gas less than block base fee"),
        (sign(&key, TxLegacy { value: U256::MAX, ..legacy(1) }), "insufficient funds for gas * price + value"),
        (sign(&key, TxLegacy { gas_limit: u64::MAX, ..legacy(1) }), "gas limit"),
        (sign(&key, TxLegacy { gas_limit: 20_000, ..legacy(1) }), "intrinsic gas"),
        (sign(&stranger, legacy(0)), "insufficient funds for gas * price + value"),
    ] {
        let raw = Bytes::from(transaction.encoded_2718());
        let message = node.fails(-32000, "eth_sendRawTransaction", json!([raw])).await;
        assert!(message.contains(said), "{said}: {message}");
    }
    let mut raw = sign(&key, legacy(1)).encoded_2718();
    raw.push(0);
    node.fails(-32602, "eth_sendRawTransaction", json!([Bytes::from(raw)])).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_node_signs_for_its_accounts() {
    let node = Node::start().await;
    let key = node.key(1).await;
    // Returns its own ten bytes of code.
    let init = bytes!("600a600c600039600a6000f3602a60005260206000f3");
    let receipt = node.send(json!({ "from": key.address(), "data": init })).await;
    assert_eq!(receipt["contractAddress"], json!(key.address().create(0)));
    assert_eq!(receipt["to"], Value::Null);
    let call = json!({ "to": receipt["contractAddress"] });
    assert_eq!(node.ok("eth_call", json!([call])).await, json!(B256::with_last_byte(42)));

    let message = "0x68656c6c6f";
    let signature = node.ok("personal_sign", json!([message, key.address()])).await;
    assert_eq!(signature, node.ok("eth_sign", json!([key.address(), message])).await);
    let signature: Signature = signature.as_str().unwrap().parse().unwrap();
    assert_eq!(signature.recover_address_from_msg("hello").unwrap(), key.address());
}

#[tokio::test(flavor = "multi_thread")]
async fn failed_creations_have_an_address() {
    let node = Node::start().await;
    let receipt = node.send(json!({ "data": "0x60006000fd", "gas": "0x30000" })).await;
    assert_eq!(receipt["status"], "0x0");
    assert_eq!(receipt["contractAddress"], json!(node.key(0).await.address().create(0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn sends_that_revert_without_gas_are_refused() {
    let node = Node::with_code(REVERTER).await;
    let request = json!({ "from": node.key(0).await.address(), "to": CONTRACT, "data": "0x1234" });
    let error = node.call("eth_sendTransaction", json!([request])).await.unwrap_err();
    assert_eq!((&error["code"], &error["data"]), (&json!(3), &json!("0x1234")));
    assert_eq!(node.head().await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_wait_for_a_block_or_for_their_nonce() {
    let node = Node::start().await;
    let key = node.key(0).await;
    let gap = sign(&key, legacy(1));
    let hash = send_raw(&node, &gap).await;
    let waiting = node.ok("eth_getTransactionByHash", json!([hash])).await;
    assert_eq!((&waiting["blockHash"], &waiting["blockNumber"]), (&Value::Null, &Value::Null));
    assert_eq!(node.ok("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x1" }));
    let content = node.ok("txpool_content", json!([])).await;
    let sender = alloy::hex::encode_prefixed(key.address());
    assert_eq!(content["queued"][sender]["1"]["hash"], hash, "{content}");
    assert_eq!(node.ok("eth_getTransactionReceipt", json!([hash])).await, Value::Null);

    send_raw(&node, &sign(&key, legacy(0))).await;
    assert_eq!(node.ok("txpool_status", json!([])).await, json!({ "pending": "0x0", "queued": "0x0" }));
    assert_eq!(node.ok("eth_getTransactionReceipt", json!([hash])).await["status"], "0x1");

    node.ok("anvil_setAutomine", json!([false])).await;
    assert_eq!(node.ok("anvil_getAutomine", json!([])).await, false);
    let dropped = node.ok("eth_sendTransaction", json!([{ "from": key.address(), "to": STRANGER }])).await;
    let count = |block: &'static str| json!([key.address(), block]);
    assert_eq!(node.ok("eth_getTransactionCount", count("latest")).await, "0x2");
    assert_eq!(node.ok("eth_getTransactionCount", count("pending")).await, "0x3");
    assert_eq!(node.ok("txpool_status", json!([])).await["pending"], "0x1");
    assert_eq!(node.ok("anvil_dropTransaction", json!([dropped])).await, dropped);
    assert_eq!(node.ok("anvil_dropTransaction", json!([dropped])).await, Value::Null);
    assert_eq!(node.ok("eth_getTransactionByHash", json!([dropped])).await, Value::Null);
}
