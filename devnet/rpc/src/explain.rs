//! Sentences for requests that never get to a method: the server's own answers are two words.

use std::collections::HashSet;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use jsonrpsee::core::BoxError;
use jsonrpsee::core::http_helpers::{HttpError, read_body};
use jsonrpsee::server::http::{content_type_is_json, response};
use jsonrpsee::server::middleware::rpc::{
    Batch, BatchEntry, BatchEntryErr, MethodResponse, Notification, Request, RpcServiceT,
};
use jsonrpsee::server::{HttpBody, HttpRequest, HttpResponse};
use jsonrpsee::types::ErrorObjectOwned;
use jsonrpsee::types::error::{INVALID_REQUEST_CODE, PARSE_ERROR_CODE};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use tower::Service;

use crate::MAX_REQUEST_SIZE;
use crate::error::method_not_found;

// ---- bodies that are no request ----

/// Marks what came over HTTP, where nobody can be told of anything later.
#[derive(Debug, Clone, Copy)]
struct OverHttp;

/// Looks at the body of an HTTP request before the server does.
#[derive(Debug, Clone)]
pub(crate) struct CheckBody<S>(S);

impl<S> CheckBody<S> {
    pub(crate) const fn new(inner: S) -> Self {
        Self(inner)
    }
}

impl<S> Service<HttpRequest> for CheckBody<S>
where
    S: Service<HttpRequest, Response = HttpResponse, Error = BoxError> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = HttpResponse;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, request: HttpRequest) -> Self::Future {
        let mut inner = self.0.clone();
        Box::pin(async move {
            // WebSocket upgrades have no body, and other content is refused by its type.
            if request.method() != "POST" || !content_type_is_json(&request) {
                return inner.call(request).await;
            }
            match checked(request).await {
                Ok(request) => inner.call(request).await,
                Err(refused) => Ok(refused),
            }
        })
    }
}

async fn checked(request: HttpRequest) -> Result<HttpRequest, HttpResponse> {
    let (mut parts, body) = request.into_parts();
    let bytes = match read_body(&parts.headers, body, MAX_REQUEST_SIZE).await {
        Ok((bytes, _)) => bytes,
        Err(HttpError::TooLarge) => return Err(response::too_large(MAX_REQUEST_SIZE)),
        Err(HttpError::Malformed) => {
            let sentence = "parse error: expected a JSON object, or an array of them";
            return Err(refusal(&Value::Null, PARSE_ERROR_CODE, sentence));
        }
        Err(HttpError::Stream(_)) => return Err(response::malformed()),
    };
    if let Some((id, code, sentence)) = fault(&bytes) {
        return Err(refusal(&id, code, &sentence));
    }
    parts.extensions.insert(OverHttp);
    Ok(HttpRequest::from_parts(parts, HttpBody::from(bytes)))
}

fn refusal(id: &Value, code: i32, sentence: &str) -> HttpResponse {
    let body = json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": sentence } });
    response::ok_response(body.to_string())
}

/// A request as loose as it can be while it is still JSON.
#[derive(Deserialize)]
struct Envelope {
    #[serde(default)]
    jsonrpc: Value,
    #[serde(default)]
    method: Value,
    #[serde(default)]
    id: Value,
    #[serde(default, rename = "params")]
    _params: IgnoredAny,
}

/// What is wrong with a body, with the id to answer to, if anything is.
fn fault(body: &[u8]) -> Option<(Value, i32, String)> {
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(body) {
        return Some((Value::Null, PARSE_ERROR_CODE, format!("parse error: {error}")));
    }
    // The entries of a batch are answered one by one.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return None;
    }
    let invalid = |id, sentence: String| Some((id, INVALID_REQUEST_CODE, format!("invalid request: {sentence}")));
    let envelope: Envelope = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(error) => return invalid(Value::Null, error.to_string()),
    };
    match &envelope.id {
        Value::Null | Value::String(_) => {}
        Value::Number(number) if number.is_u64() => {}
        _ => return invalid(Value::Null, "the id has to be a string, a whole number from 0 on, or null".into()),
    }
    if envelope.jsonrpc != "2.0" {
        return invalid(envelope.id, r#"the field "jsonrpc" has to be "2.0""#.into());
    }
    if !envelope.method.is_string() {
        return invalid(envelope.id, r#"the field "method" has to be a string"#.into());
    }
    None
}

// ---- requests for methods that are not there ----

/// Answers calls of unknown methods, and invalid entries of batches.
#[derive(Debug, Clone)]
pub(crate) struct ExplainCalls<S> {
    inner: S,
    names: Arc<HashSet<&'static str>>,
}

impl<S> ExplainCalls<S> {
    /// A layer over a server that has these methods.
    pub(crate) fn layer(names: HashSet<&'static str>) -> impl Fn(S) -> Self + Clone {
        let names = Arc::new(names);
        move |inner| Self { inner, names: names.clone() }
    }

    fn refusal(&self, request: &Request<'_>) -> Option<ErrorObjectOwned> {
        let name = request.method_name();
        if !self.names.contains(name) {
            let name: String = name.chars().take(80).collect();
            return Some(method_not_found(format!(
                "method not found: {name:?} does not exist or is not supported here"
            )));
        }
        let subscribes = matches!(name, "eth_subscribe" | "eth_unsubscribe");
        (subscribes && request.extensions().get::<OverHttp>().is_some())
            .then(|| method_not_found("subscriptions need a WebSocket connection"))
    }
}

fn invalid_entry() -> ErrorObjectOwned {
    let sentence = "invalid request: an entry of a batch has to be an object with \"jsonrpc\": \"2.0\", an id and a \
                    method";
    ErrorObjectOwned::owned(INVALID_REQUEST_CODE, sentence, None::<()>)
}

impl<S> RpcServiceT for ExplainCalls<S>
where
    S: RpcServiceT<
            MethodResponse = MethodResponse,
            NotificationResponse = MethodResponse,
            BatchResponse = MethodResponse,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    type MethodResponse = MethodResponse;
    type NotificationResponse = MethodResponse;
    type BatchResponse = MethodResponse;

    fn call<'a>(&self, request: Request<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let refusal = self.refusal(&request);
        let inner = self.inner.clone();
        async move {
            match refusal {
                Some(error) => MethodResponse::error(request.id, error),
                None => inner.call(request).await,
            }
        }
    }

    fn batch<'a>(&self, batch: Batch<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        let entries = batch.into_iter().map(|entry| match entry {
            Ok(BatchEntry::Call(request)) => match self.refusal(&request) {
                Some(error) => Err(BatchEntryErr::new(request.id, error)),
                None => Ok(BatchEntry::Call(request)),
            },
            Err(error) => Err(BatchEntryErr::new(error.into_parts().1, invalid_entry())),
            notification => notification,
        });
        let batch = Batch::from(entries.collect());
        let inner = self.inner.clone();
        async move { inner.batch(batch).await }
    }

    fn notification<'a>(&self, notification: Notification<'a>) -> impl Future<Output = MethodResponse> + Send + 'a {
        self.inner.notification(notification)
    }
}
