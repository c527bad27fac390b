//! A node to fork, and the fork.

use std::sync::Arc;

use alloy::providers::{Provider, ProviderBuilder, RootProvider};
use fomo_chain::Chain;
use fomo_rpc::{Server, Upstream, UpstreamOptions};
use fomo_tests::Harness;
use fomo_tests::suite::{GENESIS, Suite};
use serde_json::Value;
use tokio::runtime::Runtime;

/// Seconds of a block of L1.
const L1_BLOCK: u64 = 12;

/// Another node, spoken to over JSON-RPC; perhaps one that is of this project and in this process.
pub struct Remote {
    pub url: String,
    runtime: Runtime,
    provider: RootProvider,
    server: Option<Server>,
}

impl Remote {
    /// One that runs somewhere.
    pub fn at(url: &str) -> Self {
        let provider = ProviderBuilder::default().connect_http(url.parse().unwrap());
        Self { url: url.into(), runtime: Runtime::new().unwrap(), provider, server: None }
    }

    /// One that serves this chain.
    pub fn serve(chain: Chain) -> Self {
        let runtime = Runtime::new().unwrap();
        let server = runtime.block_on(Server::start(chain, "127.0.0.1:0".parse().unwrap())).unwrap();
        let url = server.url();
        let provider = ProviderBuilder::default().connect_http(url.parse().unwrap());
        Self { url, runtime, provider, server: Some(server) }
    }

    pub fn ask(&self, method: &'static str, params: Value) -> Value {
        let request = self.provider.raw_request::<_, Value>(method.into(), params);
        self.runtime.block_on(request).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    /// A copy of the chain that it serves.
    pub fn chain(&self) -> Chain {
        let server = self.server.as_ref().expect("it serves a chain");
        self.runtime.block_on(server.with_chain(|chain| chain.clone())).unwrap()
    }
}

/// A fork of a node at its latest block, with what counts its requests.
pub fn fork(url: &str) -> (Harness, Upstream) {
    let upstream = Upstream::connect(&UpstreamOptions::new(url)).unwrap();
    let point = upstream.point().clone();
    let chain = Chain::forked(point.config(), point, Arc::new(upstream.clone()));
    (Harness { chain }, upstream)
}

/// Mines a block at a time at which an estimated block of L1 begins: where within it a fork begins, it cannot know.
pub fn align(suite: &mut Suite) {
    suite.pass(L1_BLOCK - (suite.now() - GENESIS) % L1_BLOCK);
}

/// Does what a fork did on a copy of the chain that it was forked from. The blocks have to be the same to the hash: they
/// have the same events, and used the same gas.
pub fn assert_same_history(fork: &Chain, mut original: Chain) -> Chain {
    assert_eq!(original.head(), fork.first());
    for number in fork.first() + 1..=fork.head() {
        let block = fork.block(number).unwrap();
        original.set_next_timestamp(block.header.timestamp).unwrap();
        match &block.transactions[..] {
            [] => original.mine(1, None),
            [mined] => {
                original.submit(mined.transaction.inner().clone()).unwrap();
            }
            _ => panic!("these tests mine a block for each transaction"),
        }
        let other = original.block(number).unwrap();
        for (one, other) in block.transactions.iter().zip(&other.transactions) {
            assert_eq!(one.execution, other.execution, "in block {number}");
        }
        assert_eq!(block.header, other.header, "block {number}");
        assert_eq!(block.hash, other.hash, "block {number}");
    }
    original
}
