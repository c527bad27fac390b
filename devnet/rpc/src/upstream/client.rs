//! Asking another node: a thread with its own runtime, so that whoever waits for an answer may be any thread at all.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use reqwest::{Client as Http, StatusCode, Url};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};

/// Characters of an upstream's own words that are repeated.
const SHOWN: usize = 200;
/// Before a request is sent again for the first time; twice as long each time after.
const BACKOFF: Duration = Duration::from_millis(250);
/// What nodes answer to those who ask too often.
const LIMIT_EXCEEDED: i64 = -32_005;

/// Why a request has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nothing came back, or nothing that is JSON-RPC's concern. Another attempt may go better.
    Passing(String),
    /// What came back cannot be right.
    Wrong(String),
    /// An error, as the node put it.
    Refused { code: i64, message: String, data: Option<Value> },
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passing(text) | Self::Wrong(text) => write!(f, "{text}"),
            Self::Refused { code, message, .. } => write!(f, "it answers error {code}: {message}"),
        }
    }
}

impl Failure {
    fn may_pass(&self) -> bool {
        match self {
            Self::Passing(_) => true,
            Self::Refused { code, .. } => matches!(*code, 429 | LIMIT_EXCEEDED),
            Self::Wrong(_) => false,
        }
    }
}

/// The first characters of a text that somebody else wrote.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(SHOWN).collect();
    if text.chars().count() > SHOWN { format!("{start}...") } else { start }
}

/// A request: its method, its parameters and the bytes that the answer may have.
#[derive(Debug)]
pub(super) struct Request {
    pub method: &'static str,
    pub params: Value,
    pub most: usize,
}

pub(super) type Answer = Result<Value, Failure>;

type Job = (Vec<Request>, Box<dyn FnOnce(Vec<Answer>) + Send>);

/// What asks a node. The thread ends with the last copy.
#[derive(Clone)]
pub(super) struct Client {
    jobs: mpsc::UnboundedSender<Job>,
    requests: Arc<AtomicU64>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("requests", &self.requests).finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn start(url: Url, timeout: Duration, attempts: u32) -> io::Result<Self> {
        let http = Http::builder().redirect(Policy::none()).build().map_err(io::Error::other)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
        let requests = Arc::new(AtomicU64::new(0));
        let asker = Arc::new(Asker { http, url, timeout, attempts, requests: Arc::clone(&requests) });
        std::thread::Builder::new().name("fork".into()).spawn(move || {
            runtime.block_on(async move {
                while let Some((requests, reply)) = queue.recv().await {
                    let asker = Arc::clone(&asker);
                    tokio::spawn(async move { reply(asker.all(requests).await) });
                }
            });
        })?;
        Ok(Self { jobs, requests })
    }

    /// HTTP requests so far.
    pub(super) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    /// Asks everything at once and waits, on whatever thread.
    pub(super) fn ask(&self, requests: Vec<Request>) -> Vec<Answer> {
        let count = requests.len();
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let reply = Box::new(move |answers| {
            // An error means that nobody waits any more.
            let _ = sender.send(answers);
        });
        let sent = self.jobs.send((requests, reply));
        sent.ok().and_then(|()| receiver.recv().ok()).unwrap_or_else(|| gone(count))
    }

    /// The same for one request, without a thread that waits.
    pub(super) async fn ask_later(&self, request: Request) -> Answer {
        let (sender, receiver) = oneshot::channel();
        let reply = Box::new(move |answers| {
            let _ = sender.send(answers);
        });
        let answers = match self.jobs.send((vec![request], reply)) {
            Ok(()) => receiver.await.unwrap_or_else(|_| gone(1)),
            Err(_) => gone(1),
        };
        answers.into_iter().next().unwrap_or_else(|| Err(Failure::Passing("there is no answer".into())))
    }
}

/// What there is when the thread has ended.
fn gone(count: usize) -> Vec<Answer> {
    vec![Err(Failure::Passing("what asks it has ended".into())); count]
}

struct Asker {
    http: Http,
    url: Url,
    timeout: Duration,
    attempts: u32,
    requests: Arc<AtomicU64>,
}

impl Asker {
    async fn all(self: &Arc<Self>, requests: Vec<Request>) -> Vec<Answer> {
        let tasks: Vec<_> = requests
            .into_iter()
            .map(|request| {
                let asker = Arc::clone(self);
                tokio::spawn(async move { asker.patiently(&request).await })
            })
            .collect();
        let mut answers = Vec::with_capacity(tasks.len());
        for task in tasks {
            let failed = |_| Err(Failure::Passing("what asks it has failed".into()));
            answers.push(task.await.unwrap_or_else(failed));
        }
        answers
    }

    async fn patiently(&self, request: &Request) -> Answer {
        let mut pause = BACKOFF;
        for _ in 1..self.attempts.max(1) {
            match self.once(request).await {
                Err(failure) if failure.may_pass() => tokio::time::sleep(pause).await,
                answer => return answer,
            }
            pause = pause.saturating_mul(2);
        }
        self.once(request).await
    }

    async fn once(&self, request: &Request) -> Answer {
        let late = |_| Failure::Passing(format!("no answer within {} ms", self.timeout.as_millis()));
        tokio::time::timeout(self.timeout, self.exchange(request)).await.map_err(late)?
    }

    async fn exchange(&self, request: &Request) -> Answer {
        let id = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        let Request { method, params, most } = request;
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string();
        let post = self.http.post(self.url.clone()).header(CONTENT_TYPE, "application/json").body(body);
        let mut response = post.send().await.map_err(broken)?;
        let status = response.status();
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if bytes.len().saturating_add(chunk.len()) > *most {
                return Err(Failure::Wrong(format!("its answer has more than {most} bytes")));
            }
            bytes.extend_from_slice(&chunk);
        }
        match serde_json::from_slice(&bytes) {
            Ok(answer) if status.is_success() => read(answer, id),
            answer => Err(unsuccessful(status, answer.ok(), id, &bytes)),
        }
    }
}

/// Why nothing came through. The address is left out: there may be a secret in it.
fn broken(error: reqwest::Error) -> Failure {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    Failure::Passing(shown(&text))
}

/// Why an answer without success, or without JSON, is none.
fn unsuccessful(status: StatusCode, answer: Option<Value>, id: u64, bytes: &[u8]) -> Failure {
    if let Some(refused @ Err(Failure::Refused { .. })) = answer.map(|answer| read(answer, id))
        && let Err(refused) = refused
    {
        return refused;
    }
    if status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error() {
        return Failure::Passing(format!("it answers HTTP status {status}"));
    }
    if status.is_success() {
        return Failure::Wrong(format!("its answer is not JSON: {:?}", shown(&String::from_utf8_lossy(bytes))));
    }
    Failure::Wrong(format!("it answers HTTP status {status}"))
}

fn read(mut answer: Value, id: u64) -> Answer {
    let Some(fields) = answer.as_object_mut() else {
        return Err(Failure::Wrong(format!("its answer is not one to a request: {}", shown(&answer.to_string()))));
    };
    if let Some(error) = fields.get_mut("error").filter(|error| !error.is_null()) {
        let message = error.get("message").and_then(Value::as_str).map_or_else(|| error.to_string(), Into::into);
        let code = error.get("code").and_then(Value::as_i64).unwrap_or_default();
        let data = error.get_mut("data").map(Value::take);
        return Err(Failure::Refused { code, message: shown(&message), data });
    }
    if fields.get("id") != Some(&json!(id)) {
        return Err(Failure::Wrong("its answer is to another request".into()));
    }
    fields.remove("result").ok_or_else(|| Failure::Wrong("its answer has neither a result nor an error".into()))
}
