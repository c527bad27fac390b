//! Blocks that have left memory: in a file without a name, which is gone with the process.
//!
//! A block is found by its hash, so that copies of a chain share one file whatever each of them goes on with, and going
//! back to a snapshot takes nothing away.

use std::fs::File;
use std::io;
use std::sync::Arc;

use alloy::consensus::Header;
use alloy_primitives::B256;
use redb::{Builder, Database, MultimapTableDefinition, ReadableDatabase, StorageBackend, TableDefinition};

use super::record::{BlockRecord, ChangesRecord, decode, header_of};
use crate::types::Block;

type Word = [u8; 32];

const BLOCKS: TableDefinition<'_, &Word, &[u8]> = TableDefinition::new("blocks");
/// Blocks that a transaction is in, each with its index there: one of each chain that shares the file.
const TRANSACTIONS: MultimapTableDefinition<'_, &Word, (&Word, u32)> = MultimapTableDefinition::new("transactions");

/// Bytes of the file that are kept in memory.
const CACHE: usize = 8 * 1024 * 1024;

/// The file. Nothing in it outlives the process, so that nothing has to reach the disk at any time.
#[derive(Debug)]
struct Scratch(File);

#[cfg(unix)]
impl StorageBackend for Scratch {
    fn len(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.0, out, offset)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(&self.0, data, offset)
    }
}

/// Blocks in a file.
#[derive(Debug)]
pub(crate) struct Archive(Database);

impl Archive {
    /// An empty one.
    pub(crate) fn new() -> io::Result<Self> {
        let file = tempfile::tempfile()?;
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE);
        #[cfg(unix)]
        let database = builder.create_with_backend(Scratch(file));
        #[cfg(not(unix))]
        let database = builder.create_file(file);
        Ok(Self(database.map_err(io::Error::other)?))
    }

    /// Takes blocks in, all or none.
    pub(crate) fn put<'a>(&self, blocks: impl Iterator<Item = &'a Arc<Block>>) -> io::Result<()> {
        self.write(blocks).map_err(io::Error::other)
    }

    fn write<'a>(&self, blocks: impl Iterator<Item = &'a Arc<Block>>) -> Result<(), redb::Error> {
        let transaction = self.0.begin_write()?;
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
        self.read_places(transaction).map_err(io::Error::other)
    }

    fn read_places(&self, transaction: B256) -> Result<Vec<(B256, usize)>, redb::Error> {
        let table = self.0.begin_read()?.open_multimap_table(TRANSACTIONS)?;
        let mut places = Vec::new();
        for place in table.get(&transaction.0)? {
            let place = place?;
            let (block, index) = place.value();
            places.push((B256::new(*block), usize::try_from(index).unwrap_or(usize::MAX)));
        }
        Ok(places)
    }
}

/// What was written here can be read here.
fn damaged<T>(found: Option<Option<T>>) -> io::Result<Option<T>> {
    match found {
        Some(None) => Err(io::Error::new(io::ErrorKind::InvalidData, "a block in it cannot be read")),
        Some(found) => Ok(found),
        None => Ok(None),
    }
}
