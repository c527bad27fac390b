//! How fast the chain is and how large it grows: `cargo bench -p fomo-rpc`. It prints figures and judges nothing: machines differ.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::fs;
use std::time::Instant;

use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, TxKind, U256, hex};
use alloy::signers::SignerSync;
use alloy::signers::local::PrivateKeySigner;
use fomo_chain::{Chain, Config, development_key};
use fomo_rpc::Server;
use serde_json::json;

/// Transfers of each measurement.
const TRANSFERS: u64 = 5_000;
/// Clients at once.
const CLIENTS: u32 = 8;
/// Repetitions, of which the median counts.
const RUNS: usize = 5;
const BLOCKS: u64 = 100_000;

fn transfer(key: &PrivateKeySigner, nonce: u64) -> TxEnvelope {
    let transaction = TxEip1559 {
        chain_id: Config::default().chain_id,
        nonce,
        gas_limit: 21_000,
        max_fee_per_gas: 1_000_000_000,
        max_priority_fee_per_gas: 0,
        to: TxKind::Call(Address::repeat_byte(7)),
        value: U256::ONE,
        ..TxEip1559::default()
    };
    let signature = key.sign_hash_sync(&transaction.signature_hash()).unwrap();
    transaction.into_signed(signature).into()
}

fn transfers(index: u32, count: u64) -> Vec<TxEnvelope> {
    let key = development_key(index).unwrap();
    (0..count).map(|nonce| transfer(&key, nonce)).collect()
}

/// The median of a rate.
fn median(mut run: impl FnMut() -> f64) -> f64 {
    let mut rates: Vec<f64> = (0..RUNS).map(|_| run()).collect();
    rates.sort_by(f64::total_cmp);
    rates[RUNS / 2]
}

fn rate(count: u64, since: Instant) -> f64 {
    count as f64 / since.elapsed().as_secs_f64()
}

/// Resident memory in MiB.
fn resident() -> f64 {
    let pages = fs::read_to_string("/proc/self/statm").ok();
    let pages = pages.and_then(|text| text.split_whitespace().nth(1)?.parse::<f64>().ok());
    pages.unwrap_or_default() * 4_096.0 / 1_048_576.0
}

fn in_process(transactions: &[TxEnvelope]) -> f64 {
    let mut chain = Chain::new(Config::default());
    let started = Instant::now();
    for transaction in transactions {
        chain.submit(transaction.clone()).unwrap();
    }
    assert_eq!(chain.head(), transactions.len() as u64);
    rate(TRANSFERS, started)
}

async fn post(http: &reqwest::Client, url: &str, transactions: Vec<TxEnvelope>) {
    for transaction in transactions {
        let raw = hex::encode_prefixed(transaction.encoded_2718());
        let request = json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw] });
        let answer = http.post(url).json(&request).send().await.unwrap().text().await.unwrap();
        assert!(answer.contains("result"), "{answer}");
    }
}

async fn over_http(clients: u32) -> f64 {
    let each = TRANSFERS / u64::from(clients);
    let batches: Vec<_> = (0..clients).map(|index| transfers(index, each)).collect();
    let server = Server::start(Chain::new(Config::default()), ([127, 0, 0, 1], 0).into()).await.unwrap();
    let (http, url, started) = (reqwest::Client::new(), server.url(), Instant::now());
    let mut running = Vec::new();
    for batch in batches {
        let (http, url) = (http.clone(), url.clone());
        running.push(tokio::spawn(async move { post(&http, &url, batch).await }));
    }
    for task in running {
        task.await.unwrap();
    }
    let rate = rate(each * u64::from(clients), started);
    server.stop().await;
    rate
}

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let started = median(|| {
        let since = Instant::now();
        let server =
            runtime.block_on(Server::start(Chain::new(Config::default()), ([127, 0, 0, 1], 0).into())).unwrap();
        let milliseconds = since.elapsed().as_secs_f64() * 1_000.0;
        runtime.block_on(server.stop());
        milliseconds
    });
    println!("start-up, chain and server: {started:.1} ms");
    let transactions = transfers(0, TRANSFERS);
    println!("transfers in-process: {:.0} a second", median(|| in_process(&transactions)));
    for clients in [1, CLIENTS] {
        let rate = median(|| runtime.block_on(over_http(clients)));
        println!("transfers over HTTP, {clients} client(s): {rate:.0} a second");
    }
    let before = resident();
    let mut chain = Chain::new(Config::default());
    chain.mine(BLOCKS, None);
    println!("resident for {BLOCKS} empty blocks: {:.0} MiB more than {before:.0}", resident() - before);
    drop(chain);
    let (key, before) = (development_key(0).unwrap(), resident());
    let mut chain = Chain::new(Config::default());
    for nonce in 0..BLOCKS {
        chain.submit(transfer(&key, nonce)).unwrap();
    }
    println!("resident for {BLOCKS} blocks with a transfer: {:.0} MiB more than {before:.0}", resident() - before);
}
