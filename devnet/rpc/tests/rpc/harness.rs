//! A node to test, and small contracts to call.

use std::sync::Arc;

use alloy::primitives::{Address, Bytes, address, bytes};
use alloy::signers::local::PrivateKeySigner;
use fomo_chain::{Chain, Config};
use fomo_rpc::{Server, Upstream, UpstreamOptions};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Emits one event with the topic 7 and the data 42.
pub const EMITTER: Bytes = bytes!("602a60005260076020 6000a100");
/// Reverts with its call data.
pub const REVERTER: Bytes = bytes!("36600060003736 6000fd");
/// Runs into the invalid opcode.
pub const HALTER: Bytes = bytes!("fe");
/// Answers `block.timestamp`.
pub const CLOCK: Bytes = bytes!("4260005260206000f3");
/// Answers slot 5.
pub const READER: Bytes = bytes!("60055460005260206000f3");

/// Where tests put contracts.
pub const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
/// Somebody without a key.
pub const STRANGER: Address = address!("00000000000000000000000000000000005742a6");

/// `Error("no")`.
pub const ERROR_NO: &str = "0x08c379a0\
    0000000000000000000000000000000000000000000000000000000000000020\
    0000000000000000000000000000000000000000000000000000000000000002\
    6e6f000000000000000000000000000000000000000000000000000000000000";
/// `Panic(0x11)`.
pub const PANIC_OVERFLOW: &str = "0x4e487b71\
    0000000000000000000000000000000000000000000000000000000000000011";

pub struct Node {
    pub server: Server,
    http: reqwest::Client,
}

impl Node {
    pub async fn start() -> Self {
        let chain = Chain::new(Config { genesis_time: Some(1_700_000_000), ..Config::default() });
        let server = Server::start(chain, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { server, http: reqwest::Client::new() }
    }

    /// A node that forks another one; it waits for that.
    pub async fn fork(options: UpstreamOptions) -> Self {
        let upstream = tokio::task::spawn_blocking(move || Upstream::connect(&options)).await.unwrap().unwrap();
        let point = upstream.point().clone();
        let chain = Chain::forked(point.config(), point, Arc::new(upstream.clone()));
        let server = Server::start_forked(chain, Some(upstream), None, "127.0.0.1:0".parse().unwrap()).await.unwrap();
        Self { server, http: reqwest::Client::new() }
    }

    /// A node with code at [`CONTRACT`].
    pub async fn with_code(code: Bytes) -> Self {
        let node = Self::start().await;
        node.ok("anvil_setCode", json!([CONTRACT, code])).await;
        node
    }

    /// Sends anything at all.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> reqwest::Response {
        let request = self.http.post(self.server.url()).header("content-type", "application/json");
        request.body(body).send().await.unwrap()
    }

    /// Announces a body of so many bytes and sends none of it; the answer, head and body. A client that goes on writing may see
    /// its connection closed before it has read the answer.
    pub async fn announce(&self, bytes: usize) -> String {
        let mut stream = TcpStream::connect(self.server.addr()).await.unwrap();
        let head = format!(
            "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {bytes}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// Sends anything at all and reads the answer as JSON.
    pub async fn raw(&self, body: impl Into<reqwest::Body>) -> Value {
        serde_json::from_str(&self.post(body).await.text().await.unwrap()).unwrap()
    }

    /// Calls a method; the answer is the result or the error object.
    pub async fn call(&self, method: &str, params: Value) -> Result<Value, Value> {
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut answer = self.raw(request.to_string()).await;
        assert_eq!((&answer["jsonrpc"], &answer["id"]), (&json!("2.0"), &json!(1)));
        if answer.get("error").is_some() { Err(answer["error"].take()) } else { Ok(answer["result"].take()) }
    }

    /// Calls a method that has to succeed.
    pub async fn ok(&self, method: &str, params: Value) -> Value {
        self.call(method, params).await.unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// Calls a method that has to fail with a code; the message.
    pub async fn fails(&self, code: i64, method: &str, params: Value) -> String {
        let error = self.call(method, params.clone()).await.expect_err(&format!("{method} {params}"));
        assert_eq!(error["code"], code, "{method} {params}: {error}");
        error["message"].as_str().unwrap().to_owned()
    }

    /// A development key.
    pub async fn key(&self, index: usize) -> PrivateKeySigner {
        self.server.with_chain(move |chain| chain.development_keys()[index].clone()).await.unwrap()
    }

    /// Sends from the first account and gives the receipt.
    pub async fn send(&self, mut request: Value) -> Value {
        if request.get("from").is_none() {
            request["from"] = json!(self.key(0).await.address());
        }
        let hash = self.ok("eth_sendTransaction", json!([request])).await;
        self.ok("eth_getTransactionReceipt", json!([hash])).await
    }

    /// The number of the head.
    pub async fn head(&self) -> u64 {
        number(&self.ok("eth_blockNumber", json!([])).await)
    }
}

/// A quantity, which has to be written as one.
pub fn number(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or_else(|| panic!("{value} is no quantity"));
    let number = u64::from_str_radix(text.strip_prefix("0x").unwrap(), 16).unwrap();
    assert_eq!(text, format!("{number:#x}"));
    number
}
