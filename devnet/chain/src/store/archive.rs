//! Blocks that have left memory: in a file without a name, which is gone with the process.
//!
//! A block is found by its hash, so that copies of a chain share one file whatever each of them goes on with, and going
//! back to a snapshot takes nothing away.

use std::io;
use std::sync::Arc;

use alloy::consensus::Header;
use alloy_primitives::B256;
use redb::{Builder, Database, MultimapTableDefinition, ReadableDatabase, TableDefinition};

use super::record::{BlockRecord, ChangesRecord, decode, header_of};
use super::scratch::Scratch;
use crate::types::Block;

type Word = [u8; 32];

const BLOCKS: TableDefinition<'_, &Word, &[u8]> = TableDefinition::new("blocks");
/// Blocks that a transaction is in, each with its index there: one of each chain that shares the file.
const TRANSACTIONS: MultimapTableDefinition<'_, &Word, (&Word, u32)> = MultimapTableDefinition::new("transactions");

/// Bytes of the file that are kept in memory.
const CACHE: usize = 8 * 1024 * 1024;

/// Blocks in a file.
#[derive(Debug)]
pub(crate) struct Archive(Database);

impl Archive {
    /// An empty one.
    pub(crate) fn new() -> io::Result<Self> {
        Self::over(Scratch::new(tempfile::tempfile()?))
    }

    fn over(scratch: Scratch) -> io::Result<Self> {
        let database = Builder::new().set_cache_size(CACHE).create_with_backend(scratch).map_err(io::Error::other)?;
        let archive = Self(database);
        archive.put(std::iter::empty())?;
        Ok(archive)
    }

    /// Takes blocks in, all or none.
    pub(crate) fn put<'a>(&self, blocks: impl Iterator<Item = &'a Arc<Block>>) -> io::Result<()> {
        write(&self.0, blocks).map_err(io::Error::other)
    }

    /// The block of a hash, if it was taken in.
    pub(crate) fn block(&self, hash: B256) -> io::Result<Option<Arc<Block>>> {
        let read = self.read(hash, |bytes| decode::<BlockRecord>(bytes)?.block().map(|(block, _)| block));
        damaged(read.map_err(io::Error::other)?)
    }

    /// The header of a block, without the rest of it.
    pub(crate) fn header(&self, hash: B256) -> io::Result<Option<Header>> {
        damaged(self.read(hash, header_of).map_err(io::Error::other)?)
    }

    fn read<T>(&self, hash: B256, decode: impl FnOnce(&[u8]) -> Option<T>) -> Result<Option<Option<T>>, redb::Error> {
        let table = self.0.begin_read()?.open_table(BLOCKS)?;
        Ok(table.get(&hash.0)?.map(|bytes| decode(bytes.value())))
    }

    /// Every block that a transaction is in, with its index there.
    pub(crate) fn places(&self, transaction: B256) -> io::Result<Vec<(B256, usize)>> {
        places(&self.0, transaction).map_err(io::Error::other)
    }
}

fn write<'a>(database: &Database, blocks: impl Iterator<Item = &'a Arc<Block>>) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    {
        let mut table = transaction.open_table(BLOCKS)?;
        let mut transactions = transaction.open_multimap_table(TRANSACTIONS)?;
        for block in blocks {
            let record = BlockRecord::new(block, ChangesRecord::default());
            table.insert(&block.hash.0, alloy_rlp::encode(&record).as_slice())?;
            for (index, mined) in (0_u32..).zip(&block.transactions) {
                transactions.insert(&mined.transaction.tx_hash().0, (&block.hash.0, index))?;
            }
        }
    }
    Ok(transaction.commit()?)
}

fn places(database: &Database, transaction: B256) -> Result<Vec<(B256, usize)>, redb::Error> {
    let table = database.begin_read()?.open_multimap_table(TRANSACTIONS)?;
    let mut places = Vec::new();
    for place in table.get(&transaction.0)? {
        let place = place?;
        let (block, index) = place.value();
        places.push((B256::new(*block), usize::try_from(index).unwrap_or(usize::MAX)));
    }
    Ok(places)
}

/// What was written here can be read here.
fn damaged<T>(found: Option<Option<T>>) -> io::Result<Option<T>> {
    match found {
        Some(None) => Err(io::Error::new(io::ErrorKind::InvalidData, "a block in it cannot be read")),
        Some(found) => Ok(found),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use alloy_primitives::Bytes;

    use super::*;

    /// Blocks of these numbers, each larger than a page.
    fn blocks(numbers: std::ops::Range<u64>) -> Vec<Arc<Block>> {
        let block = |number| {
            let header = Header { number, extra_data: Bytes::from(vec![7; 20_000]), ..Header::default() };
            Arc::new(Block { hash: header.hash_slow(), header, l1_number: number, transactions: Vec::new() })
        };
        numbers.map(block).collect()
    }

    #[test]
    fn a_full_disk_takes_nothing_away() {
        let full = Arc::new(AtomicBool::new(false));
        let archive = Archive::over(Scratch::with_switch(tempfile::tempfile().unwrap(), Arc::clone(&full))).unwrap();
        // More than it keeps in memory, so that the file itself is read.
        let all = blocks(0..2_000);
        for (round, some) in all.chunks(200).enumerate() {
            full.store(round % 3 == 1, Ordering::Relaxed);
            archive.put(some.iter()).unwrap();
        }
        for block in &all {
            assert_eq!(archive.header(block.hash).unwrap().as_ref(), Some(&block.header));
            assert_eq!(archive.block(block.hash).unwrap().unwrap().l1_number, block.header.number);
        }
        assert!(archive.block(B256::ZERO).unwrap().is_none() && archive.places(B256::ZERO).unwrap().is_empty());
    }
}
