//! The blocks of a chain: the latest in memory, older ones in a file, so that memory does not grow with what was served.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, OnceLock};

use alloy::consensus::Header;
use alloy_primitives::B256;
use imbl::Vector;

use crate::store::Archive;
use crate::types::Block;

/// Blocks that stay in memory, and as many more before they leave it together.
const RECENT: usize = 512;

/// All blocks from a first one on. Of an old one 32 bytes stay in memory, its hash.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blocks {
    /// Number of the first.
    first: u64,
    hashes: Vector<B256>,
    /// The last of them.
    recent: VecDeque<Arc<Block>>,
    /// Numbers of those, and where their transactions are.
    by_hash: HashMap<B256, u64>,
    transactions: HashMap<B256, (u64, usize)>,
    /// Where older ones are, once there are some; copies share it.
    archive: Arc<OnceLock<Archive>>,
}

/// What was read of the file, which is this process's own and has no name: a failure is one of the machine.
#[track_caller]
fn known<T>(read: std::io::Result<T>) -> T {
    match read {
        Ok(value) => value,
        #[allow(
            clippy::panic,
            reason = "an answer that there is no such block would be a lie; a node answers an error"
        )]
        Err(error) => panic!("old blocks cannot be read: {error}"),
    }
}

impl Blocks {
    /// None yet, of a chain whose first has this number.
    pub(crate) fn from(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.hashes.is_empty()
    }

    /// Number of the next block.
    pub(crate) fn next(&self) -> u64 {
        self.first.saturating_add(self.hashes.len() as u64)
    }

    /// Hashes of all, in order.
    pub(crate) const fn hashes(&self) -> &Vector<B256> {
        &self.hashes
    }

    /// Hash of the last.
    pub(crate) fn last_hash(&self) -> B256 {
        self.hashes.last().copied().unwrap_or_default()
    }

    fn place(&self, number: u64) -> Option<usize> {
        usize::try_from(number.checked_sub(self.first)?).ok()
    }

    pub(crate) fn hash(&self, number: u64) -> Option<B256> {
        self.hashes.get(self.place(number)?).copied()
    }

    fn recent(&self, number: u64) -> Option<&Arc<Block>> {
        let old = self.hashes.len().checked_sub(self.recent.len())?;
        self.recent.get(self.place(number)?.checked_sub(old)?)
    }

    pub(crate) fn get(&self, number: u64) -> Option<Arc<Block>> {
        if let Some(block) = self.recent(number) {
            return Some(Arc::clone(block));
        }
        known(self.archive.get()?.block(self.hash(number)?))
    }

    pub(crate) fn header(&self, number: u64) -> Option<Header> {
        if let Some(block) = self.recent(number) {
            return Some(block.header.clone());
        }
        known(self.archive.get()?.header(self.hash(number)?))
    }

    /// Whether a block of this hash and number is one of this chain's, and not of a copy that went another way.
    fn is_ours(&self, number: u64, hash: B256) -> bool {
        self.hash(number) == Some(hash)
    }

    pub(crate) fn number_by_hash(&self, hash: B256) -> Option<u64> {
        if let Some(number) = self.by_hash.get(&hash) {
            return Some(*number);
        }
        let number = known(self.archive.get()?.header(hash))?.number;
        self.is_ours(number, hash).then_some(number)
    }

    /// The block that a transaction is in, and its index there.
    pub(crate) fn transaction(&self, hash: B256) -> Option<(Arc<Block>, usize)> {
        if let Some((number, index)) = self.transactions.get(&hash) {
            return Some((self.get(*number)?, *index));
        }
        let archive = self.archive.get()?;
        known(archive.places(hash)).into_iter().find_map(|(block, index)| {
            let block = known(archive.block(block))?;
            self.is_ours(block.header.number, block.hash).then_some((block, index))
        })
    }

    pub(crate) fn push(&mut self, block: Arc<Block>) {
        let number = self.next();
        for (index, mined) in block.transactions.iter().enumerate() {
            self.transactions.insert(*mined.transaction.tx_hash(), (number, index));
        }
        self.by_hash.insert(block.hash, number);
        self.hashes.push_back(block.hash);
        self.recent.push_back(block);
        // Where it did not work, it is tried again after as many more.
        if self.recent.len() > RECENT && self.recent.len().is_multiple_of(RECENT) {
            self.archive();
        }
    }

    /// Moves all but the latest blocks to the file. If they cannot be written, they stay in memory.
    fn archive(&mut self) {
        let old = self.recent.len().saturating_sub(RECENT);
        let written = self.archive_file().and_then(|archive| archive.put(self.recent.iter().take(old)));
        match written {
            Ok(()) => {
                for block in self.recent.drain(..old) {
                    forget(&mut self.by_hash, &mut self.transactions, &block);
                }
            }
            Err(error) => tracing::warn!("old blocks stay in memory, since they cannot be written: {error}"),
        }
    }

    fn archive_file(&self) -> std::io::Result<&Archive> {
        if let Some(archive) = self.archive.get() {
            return Ok(archive);
        }
        let new = Archive::new()?;
        Ok(self.archive.get_or_init(|| new))
    }

    /// Forgets all blocks from a number on.
    pub(crate) fn truncate(&mut self, next: u64) {
        while self.next() > next.max(self.first) {
            self.hashes.pop_back();
            if let Some(block) = self.recent.pop_back() {
                forget(&mut self.by_hash, &mut self.transactions, &block);
            }
        }
    }
}

fn forget(by_hash: &mut HashMap<B256, u64>, transactions: &mut HashMap<B256, (u64, usize)>, block: &Block) {
    by_hash.remove(&block.hash);
    for mined in &block.transactions {
        transactions.remove(mined.transaction.tx_hash());
    }
}
