//! A chain in a file: what happens is appended before anybody is told of it.
//!
//! A process that is killed in the middle of an append leaves a frame without its end, which nobody was told of and
//! which is cut off when the file is opened again. Going back to a snapshot cuts the file; what replaces it as a whole is
//! written beside it and moved there.

mod archive;
mod record;
mod recorder;
mod scratch;

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use alloy_primitives::Bytes;

use self::record::{BlockRecord, ChangesRecord, ConfigRecord, ForkRecord, Frame, Kind, MAGIC, WaitingRecord};
use crate::chain::Chain;
use crate::types::Config;

pub(crate) use self::archive::Archive;
pub(crate) use self::record::SettingsRecord;
pub(crate) use self::recorder::Recorder;

/// How long a file that another process has is waited for.
const LOCK_PATIENCE: Duration = Duration::from_secs(1);

/// Why there is no chain from a file or a dump.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StateError {
    /// It cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// Another process has it.
    #[error("another process uses it")]
    InUse,
    /// It is something else.
    #[error("it does not hold a state of this chain, or one that another version wrote")]
    NotAState,
    /// It was changed by something else than a chain; what is before this byte is whole.
    #[error("it is damaged at byte {0}")]
    Damaged(usize),
    /// What it was forked from is not what there is to read from; both as text.
    #[error("it was made from {0}, and not from {1}")]
    OtherFork(String, String),
}

/// A file that a chain is kept in, for this process alone.
#[derive(Debug)]
pub struct StateFile {
    path: PathBuf,
    /// None until the first save of a chain that was not there before.
    file: Option<File>,
}

impl StateFile {
    /// Opens a file and reads the chain that is in it, if there is one.
    ///
    /// # Errors
    /// [`StateError`]; the file is then as it was.
    pub fn open(path: impl Into<PathBuf>) -> Result<(Self, Option<Chain>), StateError> {
        let path = path.into();
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Self { path, file: None }, None)),
            Err(error) => return Err(error.into()),
        };
        lock(&file)?;
        let length = file.metadata()?.len();
        if length == 0 {
            return Ok((Self { path, file: Some(file) }, None));
        }
        let (mut chain, length) = read(BufReader::new(&mut file), length)?;
        file.set_len(length)?;
        chain.record_on(length);
        Ok((Self { path, file: Some(file) }, Some(chain)))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes what the chain has done since the last time. The first time of a new chain writes all of it.
    ///
    /// # Errors
    /// If it cannot be written. Nothing is lost: the next save writes it again.
    pub fn save(&mut self, chain: &mut Chain) -> io::Result<()> {
        let recorder = chain.record();
        let (replace, cut, bytes) = recorder.waiting();
        match &mut self.file {
            Some(file) if !replace => {
                if let Some(length) = cut {
                    file.set_len(length)?;
                }
                if !bytes.is_empty() {
                    let end = recorder.position() - bytes.len() as u64;
                    file.seek(SeekFrom::Start(end))?;
                    file.write_all(bytes)?;
                }
            }
            _ => self.file = Some(replaced(&self.path, bytes)?),
        }
        recorder.done();
        Ok(())
    }
}

/// Locks a file for as long as it is open. A process that is just ending, or a child of this one that has not yet become
/// another program, still holds what it inherited: that is waited for.
fn lock(file: &File) -> Result<(), StateError> {
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error.into()),
            Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_PATIENCE => return Err(StateError::InUse),
            Err(TryLockError::WouldBlock) => std::thread::sleep(LOCK_PATIENCE / 50),
        }
    }
}

/// Writes a file beside the one at this path and moves it there.
fn replaced(path: &Path, bytes: &[u8]) -> io::Result<File> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".new");
    let beside = path.with_file_name(name);
    let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&beside)?;
    file.try_lock().map_err(io::Error::from)?;
    file.write_all(bytes)?;
    file.sync_data()?;
    std::fs::rename(&beside, path)?;
    Ok(file)
}

/// A chain as bytes: what [`load`] reads. Blocks and everything that is set are in it, and of the states that of the
/// head; snapshots are not.
pub(crate) fn dump(chain: &Chain) -> Bytes {
    let mut copy = chain.clone();
    copy.record_anew();
    copy.record().waiting().2.to_vec().into()
}

/// The chain of a dump.
pub(crate) fn load(bytes: &[u8]) -> Result<Chain, StateError> {
    let (chain, length) = read(bytes, bytes.len() as u64)?;
    if length == bytes.len() as u64 {
        Ok(chain)
    } else {
        Err(StateError::Damaged(usize::try_from(length).unwrap_or(0)))
    }
}

/// Reads a chain from a source of this many bytes, frame by frame; with the bytes up to the end of the last whole one.
fn read(mut source: impl Read, length: u64) -> Result<(Chain, u64), StateError> {
    let mut magic = [0; MAGIC.len()];
    if length < magic.len() as u64 {
        return Err(StateError::NotAState);
    }
    source.read_exact(&mut magic)?;
    if magic != *MAGIC {
        return Err(StateError::NotAState);
    }
    let mut chain: Option<Chain> = None;
    let (mut at, mut content) = (MAGIC.len() as u64, Vec::new());
    while at < length {
        let damaged = || StateError::Damaged(usize::try_from(at).unwrap_or(usize::MAX));
        match record::next(&mut source, length.saturating_sub(at), &mut content)? {
            Frame::Whole(kind) => replay(&mut chain, kind, &content).ok_or_else(damaged)?,
            Frame::Torn => break,
            Frame::Damaged => return Err(damaged()),
        }
        at = at.saturating_add(record::size(&content));
    }
    let chain = chain.filter(Chain::has_blocks).ok_or(StateError::NotAState)?;
    Ok((chain, at))
}

/// Does what a frame tells; nothing if it cannot be what a chain wrote.
fn replay(chain: &mut Option<Chain>, kind: Kind, content: &[u8]) -> Option<()> {
    if kind == Kind::Config {
        let config: Config = record::decode::<ConfigRecord>(content)?.config();
        match chain {
            Some(chain) => chain.restore_config(config),
            None => *chain = Some(Chain::without_blocks(config)),
        }
        return Some(());
    }
    let chain = chain.as_mut()?;
    match kind {
        Kind::Config => {}
        Kind::Block => {
            let (block, changes) = record::decode::<BlockRecord>(content)?.block()?;
            let mut state = chain.head_state();
            changes.apply(&mut state);
            chain.restore_block(block, state)?;
        }
        Kind::Changes => record::decode::<ChangesRecord>(content)?.apply(chain.head_state_mut()),
        Kind::Base => {
            let mut state = chain.first_state();
            record::decode::<ChangesRecord>(content)?.apply(&mut state);
            chain.restore_base(state);
        }
        Kind::Settings => chain.restore_settings(record::decode(content)?),
        Kind::Pool => {
            let pool = record::decode::<Vec<WaitingRecord>>(content)?;
            chain.restore_pool(pool.iter().map(WaitingRecord::transaction).collect::<Option<_>>()?);
        }
        Kind::Fork => chain.restore_fork(record::decode::<ForkRecord>(content)?.point())?,
        Kind::Submitted => chain.restore_waiting(record::decode::<WaitingRecord>(content)?.transaction()?),
    }
    Some(())
}
