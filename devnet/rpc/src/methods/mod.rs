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
use crate::node::{Node, NodeHandle};
use crate::params::Params;
use crate::subscriptions;

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

/// Everything that the node answers.
pub(crate) fn module(node: NodeHandle) -> Result<RpcModule<NodeHandle>, RegisterMethodError> {
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
            module.register_async_method(name, move |params, node, _| async move {
                let params = Params::new(params.as_str(), *parameters)?;
                node.run(move |node| run(node, &params)).await.map_err(unavailable)?
            })?;
        }
    }
    subscriptions::register(&mut module)?;
    Ok(module)
}
