//! Filters that clients poll.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use alloy::primitives::B256;
use alloy::rpc::types::{Filter as LogFilter, Log};
use fomo_chain::Chain;

use crate::error::{RpcResult, server};
use crate::logs;

/// A filter that nobody polls for this long is gone.
const IDLE: Duration = Duration::from_secs(5 * 60);
/// Filters at a time.
const MOST: usize = 10_000;
/// Submitted transactions that are remembered for filters of them.
const REMEMBERED: usize = 100_000;

/// What a filter is about.
#[derive(Debug)]
pub(crate) enum Kind {
    Logs(Box<LogFilter>),
    Blocks,
    Transactions,
}

#[derive(Debug)]
struct Filter {
    kind: Kind,
    /// The first block, or the first submission, that it has not told of.
    next: u64,
    polled: Instant,
}

/// What a filter has to tell.
#[derive(Debug)]
pub(crate) enum Changes {
    Hashes(Vec<B256>),
    Logs(Vec<Log>),
}

/// All filters.
#[derive(Debug, Default)]
pub(crate) struct Filters {
    filters: HashMap<u64, Filter>,
    made: u64,
    /// Hashes of the latest submitted transactions, and how many there were before them.
    submissions: VecDeque<B256>,
    forgotten: u64,
}

impl Filters {
    /// A new filter for what happens from now on.
    pub(crate) fn add(&mut self, kind: Kind, chain: &Chain) -> RpcResult<u64> {
        self.expire();
        if self.filters.len() >= MOST {
            return Err(server(format!(
                "there are {MOST} filters already: uninstall some, or wait for idle ones to go"
            )));
        }
        let next = match kind {
            Kind::Logs(_) | Kind::Blocks => chain.head() + 1,
            Kind::Transactions => self.forgotten + self.submissions.len() as u64,
        };
        self.made += 1;
        self.filters.insert(self.made, Filter { kind, next, polled: Instant::now() });
        Ok(self.made)
    }

    /// Takes a filter away; whether it was there.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        self.expire();
        self.filters.remove(&id).is_some()
    }

    /// What happened since the last time.
    pub(crate) fn changes(&mut self, id: u64, chain: &Chain) -> RpcResult<Changes> {
        self.expire();
        let submitted = self.forgotten + self.submissions.len() as u64;
        let filter = self.filters.get_mut(&id).ok_or_else(|| not_found(id))?;
        filter.polled = Instant::now();
        let first = filter.next;
        filter.next = if matches!(filter.kind, Kind::Transactions) { submitted } else { chain.head() + 1 };
        Ok(match &filter.kind {
            Kind::Logs(wanted) => Changes::Logs(logs::since(chain, wanted, first)),
            Kind::Blocks => {
                let known = usize::try_from(first.saturating_sub(chain.first())).unwrap_or(usize::MAX);
                Changes::Hashes(chain.hashes().iter().skip(known).copied().collect())
            }
            Kind::Transactions => {
                let told = usize::try_from(first.saturating_sub(self.forgotten)).unwrap_or(usize::MAX);
                Changes::Hashes(self.submissions.iter().skip(told).copied().collect())
            }
        })
    }

    /// The log filter of this id.
    pub(crate) fn log_filter(&mut self, id: u64) -> RpcResult<&LogFilter> {
        self.expire();
        let filter = self.filters.get_mut(&id).ok_or_else(|| not_found(id))?;
        filter.polled = Instant::now();
        match &filter.kind {
            Kind::Logs(wanted) => Ok(wanted),
            Kind::Blocks | Kind::Transactions => Err(server(format!("filter {id:#x} is not one of logs"))),
        }
    }

    /// Hears of a transaction.
    pub(crate) fn submitted(&mut self, hash: B256) {
        if self.submissions.len() >= REMEMBERED {
            self.submissions.pop_front();
            self.forgotten += 1;
        }
        self.submissions.push_back(hash);
    }

    /// Hears that blocks from this number on are gone, or not there yet: those to come will be new.
    pub(crate) fn rewind(&mut self, number: u64) {
        for filter in self.filters.values_mut() {
            if !matches!(filter.kind, Kind::Transactions) {
                filter.next = filter.next.min(number);
            }
        }
    }

    fn expire(&mut self) {
        self.filters.retain(|_, filter| filter.polled.elapsed() < IDLE);
    }
}

fn not_found(id: u64) -> jsonrpsee::types::ErrorObjectOwned {
    server(format!("filter not found: {id:#x} was never made, uninstalled, or idle for five minutes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_bounded_and_expire() {
        let chain = Chain::new(fomo_chain::Config { accounts: 0, ..fomo_chain::Config::default() });
        let mut filters = Filters::default();
        for _ in 0..MOST {
            filters.add(Kind::Blocks, &chain).unwrap();
        }
        assert!(filters.add(Kind::Blocks, &chain).is_err());
        let Some(old) = Instant::now().checked_sub(IDLE) else { return };
        filters.filters.get_mut(&1).unwrap().polled = old;
        assert!(filters.changes(1, &chain).is_err());
        assert!(filters.add(Kind::Blocks, &chain).is_ok());
    }

    #[test]
    fn submissions_are_bounded() {
        let chain = Chain::new(fomo_chain::Config { accounts: 0, ..fomo_chain::Config::default() });
        let mut filters = Filters::default();
        let id = filters.add(Kind::Transactions, &chain).unwrap();
        for _ in 0..=REMEMBERED {
            filters.submitted(B256::ZERO);
        }
        let Changes::Hashes(hashes) = filters.changes(id, &chain).unwrap() else { panic!("logs") };
        assert_eq!(hashes.len(), REMEMBERED);
        filters.submitted(B256::repeat_byte(1));
        let Changes::Hashes(hashes) = filters.changes(id, &chain).unwrap() else { panic!("logs") };
        assert_eq!(hashes, [B256::repeat_byte(1)]);
    }
}
