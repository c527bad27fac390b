//! What real clients do, over HTTP and over WebSocket.

use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{B256, U256};
use alloy::providers::{Provider, ProviderBuilder, WsConnect};
use alloy::rpc::types::{Filter, TransactionRequest};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use crate::harness::{CONTRACT, EMITTER, ERROR_NO, Node, REVERTER, STRANGER};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn alloy_over_http() {
    let node = Node::with_code(REVERTER).await;
    let provider = ProviderBuilder::new().wallet(node.key(0).await).connect(&node.server.url()).await.unwrap();
    let transfer = TransactionRequest::default().with_to(STRANGER).with_value(U256::from(5));
    let receipt = provider.send_transaction(transfer).await.unwrap().get_receipt().await.unwrap();
    assert!(receipt.status());
    assert_eq!(receipt.effective_gas_price, 100_000_000);
    assert_eq!(provider.get_balance(STRANGER).await.unwrap(), U256::from(5));
    let block = provider.get_block(receipt.block_hash.unwrap().into()).full().await.unwrap().unwrap();
    assert_eq!(block.header.hash, block.header.inner.hash_slow());
    assert_eq!(provider.get_fee_history(1, Default::default(), &[]).await.unwrap().oldest_block, 1);

    let call = TransactionRequest::default()
        .with_to(CONTRACT)
        .with_input(ERROR_NO.parse::<alloy::primitives::Bytes>().unwrap());
    let error = provider.call(call).await.unwrap_err();
    let data = error.as_error_resp().unwrap().as_revert_data().unwrap();
    assert_eq!(data, ERROR_NO.parse::<alloy::primitives::Bytes>().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn alloy_over_websocket() {
    let node = Node::with_code(EMITTER).await;
    let connect = || WsConnect::new(node.server.ws_url());
    let provider = ProviderBuilder::new().wallet(node.key(0).await).connect_ws(connect()).await.unwrap();
    // On a connection of its own: waiting for a receipt, alloy subscribes to heads itself, and of two equal subscriptions
    // on one connection it drops what the first is told while the second begins.
    let listener = ProviderBuilder::new().connect_ws(connect()).await.unwrap();
    let mut heads = listener.subscribe_blocks().await.unwrap();
    let mut logs = listener.subscribe_logs(&Filter::new().address(CONTRACT)).await.unwrap();
    let mut transactions = listener.subscribe_pending_transactions().await.unwrap();
    let pending = provider.send_transaction(TransactionRequest::default().with_to(CONTRACT)).await.unwrap();
    let hash = *pending.tx_hash();
    let receipt = timeout(PATIENCE, pending.get_receipt()).await.unwrap().unwrap();
    let head = timeout(PATIENCE, heads.recv()).await.unwrap().unwrap();
    assert_eq!((head.hash, head.number), (receipt.block_hash.unwrap(), 1));
    let log = timeout(PATIENCE, logs.recv()).await.unwrap().unwrap();
    assert_eq!((log.address(), log.topics()), (CONTRACT, &[B256::with_last_byte(7)][..]));
    assert_eq!(timeout(PATIENCE, transactions.recv()).await.unwrap().unwrap(), hash);

    let id = *heads.local_id();
    listener.unsubscribe(id).await.unwrap();
    node.ok("evm_mine", json!([])).await;
    let error = provider.raw_request::<_, B256>("eth_subscribe".into(), ["everything"]).await.unwrap_err();
    assert_eq!(error.as_error_resp().unwrap().code, -32602);
    assert_eq!(provider.get_block_number().await.unwrap(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_outlives_bad_messages() {
    let node = Node::start().await;
    let (mut socket, _) = tokio_tungstenite::connect_async(node.server.ws_url()).await.unwrap();
    let request =
        |method: &str, params: Value| json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    for (message, code) in [
        (Message::text("nonsense"), -32700),
        (Message::text("{"), -32700),
        (Message::binary(vec![0xff; 100]), -32700),
        (Message::text(r#"{"id": 1}"#), -32600),
        (Message::text(request("eth_nothing", json!([])).to_string()), -32601),
        (Message::text(request("eth_getBalance", json!([5])).to_string()), -32602),
        (Message::text(request("eth_getBalance", json!({})).to_string()), -32602),
        (Message::text(request("eth_subscribe", json!(["logs", 5])).to_string()), -32602),
        (Message::text(" ".repeat(11 * 1024 * 1024)), -32007),
    ] {
        socket.send(message.clone()).await.unwrap();
        let answer = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
        let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
        assert_eq!(answer["error"]["code"], code, "{answer}");
    }
    let batch = json!([request("eth_blockNumber", json!([])), request("eth_chainId", json!([]))]);
    socket.send(Message::text(batch.to_string())).await.unwrap();
    let answer = timeout(PATIENCE, socket.next()).await.unwrap().unwrap().unwrap();
    let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
    assert_eq!((&answer[0]["result"], &answer[1]["result"]), (&json!("0x0"), &json!("0x64aba")));
    // An open connection does not hold up the end.
    timeout(PATIENCE, node.server.stop()).await.unwrap();
}
