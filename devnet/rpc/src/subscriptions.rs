//! `eth_subscribe`: what happens, told over a WebSocket.

use std::sync::atomic::{AtomicU64, Ordering};

use alloy::rpc::types::Filter;
use jsonrpsee::server::{IdProvider, PendingSubscriptionSink, RegisterMethodError, RpcModule, SubscriptionSink};
use jsonrpsee::types::SubscriptionId;
use serde_json::Value;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use crate::convert;
use crate::error::{RpcResult, invalid_params};
use crate::logs;
use crate::node::{Event, NodeHandle};
use crate::params::Params;

/// Numbers subscriptions in hex, which is what Ethereum's clients take.
#[derive(Debug, Default)]
pub(crate) struct Ids(AtomicU64);

impl IdProvider for Ids {
    fn next_id(&self) -> SubscriptionId<'static> {
        format!("{:#x}", self.0.fetch_add(1, Ordering::Relaxed) + 1).into()
    }
}

#[derive(Debug)]
enum Topic {
    Heads,
    Logs(Box<Filter>),
    Transactions,
}

impl Topic {
    fn parse(params: &Params) -> RpcResult<Self> {
        match params.required::<String>(0, "topic")?.as_str() {
            "newHeads" => Ok(Self::Heads),
            "newPendingTransactions" => Ok(Self::Transactions),
            "logs" => Ok(Self::Logs(Box::new(params.optional(1, "filter")?.unwrap_or_default()))),
            other => Err(invalid_params(format!(
                "invalid parameter 1 (topic): expected newHeads, logs or newPendingTransactions, got {other:?}"
            ))),
        }
    }

    fn messages(&self, event: &Event) -> Vec<Value> {
        match (self, event) {
            (Self::Heads, Event::Block(block)) => convert::head(block).into_iter().collect(),
            (Self::Logs(filter), Event::Block(block)) => {
                logs::of_block(block, filter).filter_map(|log| convert::to_json(log).ok()).collect()
            }
            (Self::Transactions, Event::Transaction(hash)) => vec![Value::String(hash.to_string())],
            _ => Vec::new(),
        }
    }
}

/// Adds `eth_subscribe` and `eth_unsubscribe`.
pub(crate) fn register(module: &mut RpcModule<NodeHandle>) -> Result<(), RegisterMethodError> {
    module.register_subscription(
        "eth_subscribe",
        "eth_subscription",
        "eth_unsubscribe",
        |params, pending, node, _| async move {
            let topic = Params::new(params.as_str(), 2).and_then(|params| Topic::parse(&params));
            subscribe(topic, pending, node.events()).await;
        },
    )?;
    Ok(())
}

async fn subscribe(topic: RpcResult<Topic>, pending: PendingSubscriptionSink, mut events: Receiver<Event>) {
    let topic = match topic {
        Ok(topic) => topic,
        Err(error) => return pending.reject(error).await,
    };
    let Ok(sink) = pending.accept().await else { return };
    loop {
        let event = tokio::select! {
            () = sink.closed() => return,
            event = events.recv() => event,
        };
        match event {
            Ok(event) => {
                if tell(&sink, topic.messages(&event)).await.is_none() {
                    return;
                }
            }
            // It was too slow; what it missed can be asked for.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell(sink: &SubscriptionSink, messages: Vec<Value>) -> Option<()> {
    for message in messages {
        let message = serde_json::value::to_raw_value(&message).ok()?;
        sink.send(message).await.ok()?;
    }
    Some(())
}
