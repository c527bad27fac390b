//! A connection that breaks at a transaction, for tests of what goes on where it stopped.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands between a client and a node, and is gone from a transaction on: before it reaches the node, or before its answer reaches the client.
pub struct Proxy {
    /// Where it answers.
    pub url: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Transactions that still go through.
    allow: AtomicUsize,
    /// Whether the one that does not go through reaches the node.
    forwards: AtomicBool,
    /// Whether it is gone.
    dead: AtomicBool,
    /// What requests have in them that are never answered.
    held: OnceLock<&'static str>,
}

impl Proxy {
    /// Stands before a node, and lets no transaction through yet.
    ///
    /// # Panics
    /// When there is no port.
    pub async fn start(node: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (node, state) = (node.clone(), Arc::clone(&shared));
                tokio::spawn(async move { serve(stream, &node, &state).await });
            }
        });
        Self { url, state }
    }

    /// Is there again for so many transactions; `forwards`: whether the one after them reaches the node.
    pub fn revive(&self, transactions: usize, forwards: bool) {
        self.state.allow.store(transactions, Ordering::SeqCst);
        self.state.forwards.store(forwards, Ordering::SeqCst);
        self.state.dead.store(false, Ordering::SeqCst);
    }

    /// Answers a method no more, once and for all.
    pub fn hold(&self, method: &'static str) {
        self.state.held.get_or_init(|| method);
    }
}

async fn serve(mut stream: TcpStream, node: &str, state: &State) -> Option<()> {
    let body = read(&mut stream).await?;
    if state.dead.load(Ordering::SeqCst) {
        return None;
    }
    let asks = |method: &str| String::from_utf8_lossy(&body).contains(method);
    if state.held.get().is_some_and(|method| asks(method)) {
        std::future::pending::<()>().await;
    }
    let sends = asks("eth_sendRawTransaction");
    let less = |left: usize| left.checked_sub(1);
    let goes = !sends || state.allow.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less).is_ok();
    if !goes {
        state.dead.store(true, Ordering::SeqCst);
    }
    if !goes && !state.forwards.load(Ordering::SeqCst) {
        return None;
    }
    let http = alloy::transports::http::reqwest::Client::new();
    let answer = http.post(node).header("content-type", "application/json").body(body).send().await.ok()?;
    let answer = answer.bytes().await.ok()?;
    if goes {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length";
        stream.write_all(format!("{head}: {}\r\n\r\n", answer.len()).as_bytes()).await.ok()?;
        stream.write_all(&answer).await.ok()?;
    }
    Some(())
}

/// The body of a request.
async fn read(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut data, mut chunk) = (Vec::new(), [0; 65_536]);
    loop {
        let count = stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        data.extend_from_slice(&chunk[..count]);
        let Some(end) = data.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&data[..end]).to_lowercase();
        let length =
            head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok())?;
        if data.len() >= end + 4 + length {
            return Some(data[end + 4..end + 4 + length].to_vec());
        }
    }
}
