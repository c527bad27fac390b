//! The JavaScript clients that most people use, on a node of this chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use fomo::npm::{self, Package};
use fomo_chain::{Chain, Config};
use fomo_rpc::Server;

/// Runs a script of `tests/clients` with the package that it is for.
async fn run(package: Package, script: &str) {
    let installed = npm::package(package).unwrap();
    let server = Server::start(Chain::new(Config::default()), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let output = tokio::process::Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(script))
        .args([installed.to_str().unwrap(), &server.url()])
        .output()
        .await
        .expect("Node.js is there");
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn ethers() {
    run(npm::ETHERS, "ethers.mjs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn viem() {
    run(npm::VIEM, "viem.mjs").await;
}
