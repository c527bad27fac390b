//! What a chain has to write down, until a file takes it.

use alloy::consensus::TxEnvelope;
use alloy::consensus::transaction::Recovered;
use alloy_primitives::B256;

use super::record::{
    self, BlockRecord, ChangesRecord, ConfigRecord, ForkRecord, Kind, MAGIC, SettingsRecord, WaitingRecord,
};
use crate::fork::ForkPoint;
use crate::state::{State, Touched};
use crate::types::{Block, Config};

/// Frames for a file, in the order of what happened. It takes none until it is started.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    started: bool,
    /// Bytes that the file has already.
    written: u64,
    /// Bytes of the file that stay, where a snapshot was gone back to.
    cut: Option<u64>,
    /// The file is to be replaced as a whole.
    replace: bool,
    buffer: Vec<u8>,
    /// What the last frame of settings said.
    settings: Vec<u8>,
    /// Hashes of the transactions that the last frames of the pool said.
    pool: Option<Vec<B256>>,
}

/// Two chains cannot have one file: a copy is not recorded.
impl Clone for Recorder {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Recorder {
    /// Takes frames from now on, of a file that has this many bytes.
    pub(crate) fn resume(&mut self, written: u64) {
        *self = Self { started: true, written, ..Self::default() };
    }

    /// Takes frames from now on, of a file to be written from its beginning.
    pub(crate) fn start(&mut self) {
        *self = Self { started: true, replace: true, buffer: MAGIC.to_vec(), ..Self::default() };
    }

    pub(crate) const fn is_started(&self) -> bool {
        self.started
    }

    /// Where the file ends when everything is in it.
    pub(crate) fn position(&self) -> u64 {
        self.cut.unwrap_or(self.written) + self.buffer.len() as u64
    }

    /// Takes back everything from a position on.
    pub(crate) fn rewind(&mut self, position: u64) {
        let kept = self.cut.unwrap_or(self.written);
        match position.checked_sub(kept).and_then(|length| usize::try_from(length).ok()) {
            Some(length) => self.buffer.truncate(length),
            None => {
                self.buffer.clear();
                self.cut = Some(position);
            }
        }
        (self.settings, self.pool) = (Vec::new(), None);
    }

    pub(crate) fn config(&mut self, config: &Config) {
        record::push(&mut self.buffer, Kind::Config, &ConfigRecord::new(config));
    }

    /// What the chain was forked at.
    pub(crate) fn fork(&mut self, point: &ForkPoint) {
        record::push(&mut self.buffer, Kind::Fork, &ForkRecord::new(point));
    }

    /// A block; of its state, what was touched.
    pub(crate) fn block(&mut self, block: &Block, state: &State, touched: &Touched) {
        let changes = ChangesRecord::new(state, touched);
        record::push(&mut self.buffer, Kind::Block, &BlockRecord::new(block, changes));
    }

    /// What was touched in the head's state.
    pub(crate) fn changes(&mut self, state: &State, touched: &Touched) {
        let changes = ChangesRecord::new(state, touched);
        if !changes.is_empty() {
            record::push(&mut self.buffer, Kind::Changes, &changes);
        }
    }

    /// The whole state of the head.
    pub(crate) fn base(&mut self, state: &State) {
        record::push(&mut self.buffer, Kind::Base, &ChangesRecord::new(state, &state.everything()));
    }

    pub(crate) fn settings(&mut self, settings: &SettingsRecord) {
        let encoded = alloy_rlp::encode(settings);
        if encoded != self.settings {
            record::push(&mut self.buffer, Kind::Settings, settings);
            self.settings = encoded;
        }
    }

    pub(crate) fn pool(&mut self, pool: &[Recovered<TxEnvelope>]) {
        let hashes: Vec<B256> = pool.iter().map(|transaction| *transaction.tx_hash()).collect();
        let known = self.pool.as_ref().filter(|known| hashes.starts_with(known)).map(Vec::len);
        match known {
            Some(known) => {
                for transaction in pool.iter().skip(known) {
                    record::push(&mut self.buffer, Kind::Submitted, &WaitingRecord::new(transaction));
                }
            }
            None => {
                let all: Vec<WaitingRecord> = pool.iter().map(WaitingRecord::new).collect();
                record::push(&mut self.buffer, Kind::Pool, &all);
            }
        }
        self.pool = Some(hashes);
    }

    /// Whether the file has to be written anew, how much of it stays, and what comes then.
    pub(super) fn waiting(&self) -> (bool, Option<u64>, &[u8]) {
        (self.replace, self.cut, &self.buffer)
    }

    /// Everything that waited is in the file.
    pub(super) fn done(&mut self) {
        self.written = self.position();
        (self.cut, self.replace) = (None, false);
        self.buffer = Vec::new();
    }
}
