//! The thread that owns the chain.

use std::any::Any;
use std::collections::HashSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use alloy::primitives::B256;
use fomo_chain::{Block, Chain, StateFile};
use imbl::Vector;
use tokio::sync::{broadcast, mpsc, oneshot, watch};
use tokio::time::sleep;

use crate::filters::Filters;

/// Requests that wait for the thread before further ones are held up.
const QUEUE: usize = 1_024;
/// Events that a slow subscriber may be behind before it loses some.
const EVENTS: usize = 16_384;
/// Contracts call one another a thousand deep, and an engine's frames are large. Pages that are not touched cost
/// nothing.
const STACK: usize = 256 * 1024 * 1024;

/// The chain did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainUnavailable {
    /// It panicked at this request.
    #[error("the chain failed at this request")]
    Failed,
    /// What the request did, or one before it, is not in the state file, with the reason. It is done, and written
    /// as soon as that is possible again.
    #[error("the state file cannot be written: {0}")]
    NotSaved(String),
}

/// Something that subscribers hear of.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Block(Arc<Block>),
    Transaction(B256),
}

/// The chain with what only its clients need.
pub(crate) struct Node {
    pub(crate) chain: Chain,
    pub(crate) filters: Filters,
    /// Hashes of all blocks from `first` on that were there after the last request, to see what is new or gone. They are the
    /// chain's own, shared.
    known: Vector<B256>,
    /// Number of the first block that the chain has.
    first: u64,
    /// Transactions that waited after the last request.
    waiting: HashSet<B256>,
    events: broadcast::Sender<Event>,
    /// Where the chain is kept, if it is.
    file: Option<StateFile>,
    /// Whether all of it is there.
    saved: bool,
    /// Seconds between the blocks that are mined without being asked for; 0 mines none.
    interval: watch::Sender<u64>,
}

impl Node {
    fn new(chain: Chain, file: Option<StateFile>, events: broadcast::Sender<Event>) -> Self {
        let (filters, waiting) = (Filters::default(), HashSet::new());
        let interval = watch::Sender::new(0);
        let first = chain.first();
        let mut node =
            Self { chain, filters, known: Vector::new(), first, waiting, events, file, saved: true, interval };
        node.observe();
        node
    }

    /// Mines a block every so many seconds from now on; 0 stops it.
    pub(crate) fn set_interval(&mut self, seconds: u64) {
        self.interval.send_replace(seconds);
    }

    /// Seconds between the blocks that are mined without being asked for, if any are.
    pub(crate) fn interval(&self) -> Option<u64> {
        Some(*self.interval.borrow()).filter(|seconds| *seconds > 0)
    }

    /// Writes down what the last request did, before anybody is told of it.
    fn save(&mut self) -> Result<(), ChainUnavailable> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let result = file.save(&mut self.chain);
        self.saved = result.is_ok();
        result.map_err(|error| {
            tracing::error!("{} cannot be written: {error}", file.path().display());
            ChainUnavailable::NotSaved(error.to_string())
        })
    }

    /// Finds out what the last request changed. It may have been any, those of [`crate::Server::with_chain`] included.
    fn observe(&mut self) {
        if !self.saved {
            return;
        }
        self.forget_reverted();
        for number in self.next()..=self.chain.head() {
            let Some(block) = self.chain.block(number) else { break };
            for mined in &block.transactions {
                let hash = *mined.transaction.tx_hash();
                if !self.waiting.contains(&hash) {
                    self.announce(hash);
                }
            }
            self.send(Event::Block(block));
        }
        self.known = self.chain.hashes().clone();
        let waiting: Vec<B256> = self.chain.pending().iter().map(|tx| *tx.tx_hash()).collect();
        for hash in &waiting {
            if !self.waiting.contains(hash) {
                self.announce(*hash);
            }
        }
        self.waiting = waiting.into_iter().collect();
    }

    /// Number of the first block that is new.
    fn next(&self) -> u64 {
        self.first.saturating_add(self.known.len() as u64)
    }

    fn forget_reverted(&mut self) {
        while let Some(last) = self.known.last() {
            let place = self.known.len().saturating_sub(1);
            if self.chain.hashes().get(place) == Some(last) {
                break;
            }
            self.known.pop_back();
        }
        self.filters.rewind(self.next());
    }

    fn announce(&mut self, transaction: B256) {
        self.filters.submitted(transaction);
        self.send(Event::Transaction(transaction));
    }

    fn send(&self, event: Event) {
        // An error means that nobody listens.
        let _ = self.events.send(event);
    }
}

type Job = Box<dyn FnOnce(&mut Node) + Send>;

/// Runs work on the chain's thread. The thread ends with the last copy.
#[derive(Debug, Clone)]
pub(crate) struct NodeHandle {
    jobs: mpsc::Sender<Job>,
    events: broadcast::Sender<Event>,
}

impl NodeHandle {
    pub(crate) fn spawn(mut chain: Chain, mut file: Option<StateFile>) -> io::Result<Self> {
        if let Some(file) = &mut file {
            file.save(&mut chain)?;
        }
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (events, _) = broadcast::channel(EVENTS);
        let sender = events.clone();
        std::thread::Builder::new()
            .name("chain".into())
            .stack_size(STACK)
            .spawn(move || work(Node::new(chain, file, sender), queue))?;
        Ok(Self { jobs, events })
    }

    pub(crate) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Node) -> R + Send + 'static,
    ) -> Result<R, ChainUnavailable> {
        let (answer, answered) = oneshot::channel();
        let job: Job = Box::new(move |node| {
            let result = work(node);
            let saved = node.save();
            // Nobody waits any more if the connection was closed.
            let _ = answer.send(saved.map(|()| result));
        });
        self.jobs.send(job).await.map_err(|_| ChainUnavailable::Failed)?;
        // A panic drops the sender.
        answered.await.map_err(|_| ChainUnavailable::Failed)?
    }

    /// Mines blocks at the interval that the node says, for as long as the chain answers.
    pub(crate) async fn mine_at_intervals(self) {
        let Ok(mut interval) = self.run(|node| node.interval.subscribe()).await else { return };
        loop {
            let seconds = *interval.borrow_and_update();
            let due = async {
                if seconds == 0 {
                    std::future::pending::<()>().await;
                }
                sleep(Duration::from_secs(seconds)).await;
            };
            let changed = tokio::select! {
                changed = interval.changed() => changed,
                () = due => {
                    // A chain that fails at a block, or cannot write it, tries again the next time.
                    let _ = self.run(|node| node.chain.mine(1, None)).await;
                    Ok(())
                }
            };
            if changed.is_err() {
                return;
            }
        }
    }

    pub(crate) fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }
}

fn work(mut node: Node, mut queue: mpsc::Receiver<Job>) {
    while let Some(job) = queue.blocking_recv() {
        // The chain replaces what it keeps as the last step of what it does, so it stands as it was before.
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            job(&mut node);
            node.observe();
        }));
        if let Err(panic) = outcome {
            tracing::error!("a request made the chain panic: {}", panic_text(panic.as_ref()));
        }
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no text")
}
