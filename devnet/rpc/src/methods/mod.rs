//! The methods by namespace, each file with its table.

mod blocks;
mod calls;
mod debug;
mod development;
mod fees;
mod filters;
mod network;
mod state;
mod transactions;

use jsonrpsee::server::{RegisterMethodError, RpcModule};
use serde_json::Value;

use crate::error::{RpcResult, unavailable};
use crate::forked;
use crate::node::{Node, NodeHandle};
use crate::params::Params;
use crate::subscriptions;
use crate::upstream::Upstream;

/// A method: the names that it goes by, how many parameters it takes at most, and what it does.
struct Method {
    names: &'static [&'static str],
    parameters: usize,
    run: fn(&mut Node, &Params) -> RpcResult<Value>,
}

const fn method(
    names: &'static [&'static str],
    parameters: usize,
    run: fn(&mut Node, &Params) -> RpcResult<Value>,
) -> Method {
    Method { names, parameters, run }
}

/// Everything that the node answers, or of a forked chain the node that it was forked from.
pub(crate) fn module(
    node: NodeHandle,
    upstream: Option<Upstream>,
) -> Result<RpcModule<NodeHandle>, RegisterMethodError> {
    let mut module = RpcModule::new(node);
    let tables = [
        network::METHODS,
        blocks::METHODS,
        state::METHODS,
        calls::METHODS,
        debug::METHODS,
        transactions::METHODS,
        fees::METHODS,
        filters::METHODS,
        development::METHODS,
    ];
    for Method { names, parameters, run } in tables.into_iter().flatten() {
        for name in *names {
            let upstream = upstream.clone();
            module.register_async_method(name, move |params, node, _| {
                let upstream = upstream.clone();
                async move {
                    let there = match &upstream {
                        Some(upstream) => forked::answer(&node, upstream, name, params.as_str()).await?,
                        None => None,
                    };
                    if let Some((answer, false)) = there {
                        return Ok(answer);
                    }
                    let params = Params::new(params.as_str(), *parameters)?;
                    let here = node.run(move |node| run(node, &params)).await.map_err(unavailable)??;
                    match there {
                        Some((logs, _)) => forked::join(logs, here),
                        None => Ok(here),
                    }
                }
            })?;
        }
    }
    subscriptions::register(&mut module)?;
    Ok(module)
}
