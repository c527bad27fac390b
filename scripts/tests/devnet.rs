//! `fomo devnet` as a process: what is left of a chain that was killed.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256, address};
use alloy::providers::{Provider, ProviderBuilder};
use alloy::rpc::types::TransactionRequest;

const STRANGER: Address = address!("00000000000000000000000000000000005742a6");

/// A chain of its own process, which is killed if it is dropped.
struct Devnet {
    child: Child,
    url: String,
}

impl Drop for Devnet {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fomo"));
    command.args(["devnet", "--port", "0"]).args(arguments).stdin(Stdio::null());
    command
}

fn start(arguments: &[&str]) -> Devnet {
    let mut child = command(arguments).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let url = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let rest = line.strip_prefix("Listening on ")?;
        Some(rest.split_whitespace().next()?.to_owned())
    });
    // To the end, so that it never writes to nobody.
    std::thread::spawn(move || lines.for_each(drop));
    Devnet { child, url: url.expect("it says where it listens") }
}

/// Why it does not start.
fn refusal(arguments: &[&str]) -> String {
    let output = command(arguments).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_loses_nothing_that_a_client_was_told_was_mined() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain");
    let file = file.to_str().unwrap();
    let (mut told, mut head) = (Vec::new(), 0);
    for round in 0..3 {
        let devnet = start(&["--state", file]);
        let provider = ProviderBuilder::new().connect(&devnet.url).await.unwrap();
        assert!(provider.get_block_number().await.unwrap() >= head, "round {round}");
        for hash in &told {
            assert!(provider.get_transaction_receipt(*hash).await.unwrap().is_some_and(|receipt| receipt.status()));
        }
        let paid = provider.get_balance(STRANGER).await.unwrap();
        assert!(paid >= U256::from(told.len()));
        // Clients send until the process is gone, wherever that hits them.
        let from = provider.get_accounts().await.unwrap();
        let senders: Vec<_> = from
            .into_iter()
            .take(4)
            .map(|from| {
                let provider = provider.clone();
                tokio::spawn(async move {
                    let mut told = Vec::new();
                    let request = TransactionRequest::default().with_from(from).with_to(STRANGER).with_value(U256::ONE);
                    while let Ok(pending) = provider.send_transaction(request.clone()).await {
                        told.push(*pending.tx_hash());
                    }
                    told
                })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(300)).await;
        head = provider.get_block_number().await.unwrap();
        drop(devnet);
        for sender in senders {
            told.extend(sender.await.unwrap());
        }
        assert!(head > 0 && !told.is_empty());
    }
}

#[test]
fn what_cannot_change_is_refused_with_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("chain");
    let path = file.to_str().unwrap();
    let devnet = start(&["--state", path, "--chain-id", "7"]);
    assert!(refusal(&["--state", path]).contains("another process uses it"));
    drop(devnet);
    let said = refusal(&["--state", path, "--chain-id", "8"]);
    assert!(said.contains("has another chain") && said.contains("Its id is 7, not 8."), "{said}");
    assert!(refusal(&["--state", path, "--accounts", "3"]).contains("cannot change any more"));
    drop(start(&["--state", path, "--chain-id", "7", "--base-fee", "5", "--arbos", "60"]));
    std::fs::write(&file, "{}").unwrap();
    let said = refusal(&["--state", path]);
    assert!(said.contains("cannot be used for --state") && said.contains("does not hold a state"), "{said}");
    assert!(refusal(&["--state", "/nowhere/chain"]).contains("/nowhere/chain cannot be written."));
}
