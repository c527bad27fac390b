//! JSON-RPC over HTTP and WebSocket for the embedded chain.
//!
//! One thread owns the chain and runs one request after the other, so that no lock can be poisoned and every answer
//! is of one state. A request that fails, however it does, costs its sender an error and nobody else anything.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod block_id;
mod convert;
mod error;
mod explain;
mod filters;
mod forked;
mod logs;
mod methods;
mod node;
mod params;
mod subscriptions;
mod upstream;

use std::io;
use std::net::SocketAddr;

use fomo_chain::{Chain, StateFile};
use jsonrpsee::server::middleware::rpc::RpcServiceBuilder;
use jsonrpsee::server::{BatchRequestConfig, ServerBuilder, ServerConfig, ServerHandle};
use tokio::task::JoinSet;
use tower::ServiceBuilder;
use tower_http::cors::CorsLayer;

use crate::explain::{CheckBody, ExplainCalls};
use crate::node::NodeHandle;

pub use crate::node::ChainUnavailable;
pub use crate::upstream::{Upstream, UpstreamError, UpstreamOptions};

/// Bytes of a request, many times what a contract creation takes.
pub const MAX_REQUEST_SIZE: u32 = 10 * 1024 * 1024;
/// Bytes of an answer. Logs and full blocks of a long test run are larger than what made them.
pub const MAX_RESPONSE_SIZE: u32 = 100 * 1024 * 1024;
/// Requests in a batch.
pub const MAX_BATCH: u32 = 1_000;
/// Open connections. Test suites open one for every test.
pub const MAX_CONNECTIONS: u32 = 1_000;

/// A running node: the chain and its JSON-RPC endpoint. It ends when dropped.
#[derive(Debug)]
pub struct Server {
    addr: SocketAddr,
    handle: ServerHandle,
    node: NodeHandle,
    /// Ends with the server.
    _miner: JoinSet<()>,
}

impl Server {
    /// Serves a chain at an address; port 0 takes any free one, which [`Self::addr`] then tells.
    ///
    /// # Errors
    /// If the address cannot be bound or the chain's thread not be started.
    pub async fn start(chain: Chain, addr: SocketAddr) -> io::Result<Self> {
        Self::start_kept(chain, None, addr).await
    }

    /// The same, with the chain kept in a file: whatever a request does is there before the request is answered.
    ///
    /// # Errors
    /// As for [`Self::start`]; if the file cannot be written.
    pub async fn start_kept(chain: Chain, file: Option<StateFile>, addr: SocketAddr) -> io::Result<Self> {
        Self::start_forked(chain, None, file, addr).await
    }

    /// The same for a chain that may be forked: what is older than the fork, the chain that was forked answers.
    ///
    /// # Errors
    /// As for [`Self::start_kept`].
    pub async fn start_forked(
        chain: Chain,
        upstream: Option<Upstream>,
        file: Option<StateFile>,
        addr: SocketAddr,
    ) -> io::Result<Self> {
        let node = NodeHandle::spawn(chain, file)?;
        let module = methods::module(node.clone(), upstream).map_err(io::Error::other)?;
        let names = module.method_names().collect();
        let config = ServerConfig::builder()
            .max_request_body_size(MAX_REQUEST_SIZE)
            .max_response_body_size(MAX_RESPONSE_SIZE)
            .max_connections(MAX_CONNECTIONS)
            .set_batch_request_config(BatchRequestConfig::Limit(MAX_BATCH))
            .set_id_provider(subscriptions::Ids::default())
            .build();
        let server = ServerBuilder::with_config(config)
            // Web pages under development call the chain from another origin.
            .set_http_middleware(ServiceBuilder::new().layer(CorsLayer::permissive()).layer_fn(CheckBody::new))
            .set_rpc_middleware(RpcServiceBuilder::new().layer_fn(ExplainCalls::layer(names)))
            .build(addr)
            .await?;
        let addr = server.local_addr()?;
        let mut miner = JoinSet::new();
        miner.spawn(node.clone().mine_at_intervals());
        Ok(Self { addr, handle: server.start(module), node, _miner: miner })
    }

    /// The address that it listens at.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What an HTTP client connects to.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// What a WebSocket client connects to.
    #[must_use]
    pub fn ws_url(&self) -> String {
        format!("ws://{}", self.addr)
    }

    /// Works with the chain itself, between two requests: what JSON-RPC has no method for, or only slowly.
    ///
    /// # Errors
    /// If the work panicked, or what it did cannot be written to the chain's file.
    pub async fn with_chain<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Chain) -> R + Send + 'static,
    ) -> Result<R, ChainUnavailable> {
        self.node.run(|node| work(&mut node.chain)).await
    }

    /// Mines a block every so many seconds from now on; 0 stops it. Transactions are mined at once or wait for it, as the
    /// chain is set.
    ///
    /// # Errors
    /// As for [`Self::with_chain`].
    pub async fn set_interval_mining(&self, seconds: u64) -> Result<(), ChainUnavailable> {
        self.node.run(move |node| node.set_interval(seconds)).await
    }

    /// Stops serving and waits for open requests to be answered.
    pub async fn stop(self) {
        // An error means that it has stopped already, which is all that is asked for.
        let _ = self.handle.stop();
        self.handle.stopped().await;
    }
}
