//! A file for a database that is gone with the process. What a full disk does not take stays in memory, so that the database,
//! which answers nothing more once a write has failed, never sees one fail.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

/// Bytes of a piece that stays in memory.
const PIECE: usize = 4_096;

#[derive(Debug)]
struct Content {
    file: File,
    /// Bytes that there are, of which the file may have fewer.
    len: u64,
    /// Pieces that the file did not take, by their number.
    kept: HashMap<u64, Box<[u8; PIECE]>>,
    /// Whether to behave as on a full disk.
    #[cfg(test)]
    full: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

/// The file. Nothing has to reach the disk at any time.
#[derive(Debug)]
pub(super) struct Scratch(Mutex<Content>);

impl Scratch {
    pub(super) fn new(file: File) -> Self {
        Self(Mutex::new(Content {
            file,
            len: 0,
            kept: HashMap::new(),
            #[cfg(test)]
            full: std::sync::Arc::default(),
        }))
    }

    /// The same with a disk that is full while the switch is on.
    #[cfg(test)]
    pub(super) fn with_switch(file: File, full: std::sync::Arc<std::sync::atomic::AtomicBool>) -> Self {
        let scratch = Self::new(file);
        scratch.content().full = full;
        scratch
    }

    /// Whoever panicked with it was reading or had written whole pieces.
    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The pieces that a range is in: the number of each, where the range begins in it, and its part of the range.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        let at = offset.saturating_add(done as u64);
        let start = usize::try_from(at % PIECE as u64).unwrap_or(0);
        let size = (PIECE - start).min(len - done);
        let part = done..done + size;
        done += size;
        (size > 0).then_some((at / PIECE as u64, start, part))
    })
}

impl Content {
    /// Reads the file, which is zero behind its end.
    fn read_file(&mut self, offset: u64, mut out: &mut [u8]) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(offset))?;
        while !out.is_empty() {
            match self.file.read(out) {
                Ok(0) => {
                    out.fill(0);
                    return Ok(());
                }
                Ok(count) => out = out.get_mut(count..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn write_file(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        if self.full.load(std::sync::atomic::Ordering::Relaxed) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.file.seek(SeekFrom::Start(offset))?;
        self.file.write_all(data)
    }

    fn read(&mut self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.read_file(offset, out)?;
        if !self.kept.is_empty() {
            for (number, start, part) in pieces(offset, out.len()) {
                let kept = self.kept.get(&number).and_then(|piece| piece.get(start..start + part.len()));
                if let (Some(kept), Some(out)) = (kept, out.get_mut(part)) {
                    out.copy_from_slice(kept);
                }
            }
        }
        Ok(())
    }

    fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.kept.is_empty() {
            let Err(error) = self.write_file(offset, data) else { return Ok(()) };
            tracing::warn!("old blocks stay in memory, since they cannot be written: {error}");
        }
        for (number, start, part) in pieces(offset, data.len()) {
            let Some(data) = data.get(part) else { continue };
            let at = number.saturating_mul(PIECE as u64).saturating_add(start as u64);
            if !self.kept.contains_key(&number) && self.write_file(at, data).is_ok() {
                continue;
            }
            let mut piece = match self.kept.remove(&number) {
                Some(piece) => piece,
                None => {
                    let mut piece = Box::new([0; PIECE]);
                    self.read_file(number.saturating_mul(PIECE as u64), piece.as_mut_slice())?;
                    piece
                }
            };
            if let Some(target) = piece.get_mut(start..start + data.len()) {
                target.copy_from_slice(data);
            }
            self.kept.insert(number, piece);
        }
        Ok(())
    }
}

impl StorageBackend for Scratch {
    fn len(&self) -> io::Result<u64> {
        Ok(self.content().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.content().read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut content = self.content();
        if len < content.len {
            // What comes there later starts as zeros.
            content.kept.retain(|number, _| number.saturating_mul(PIECE as u64) < len);
            let (last, within) = (len / PIECE as u64, usize::try_from(len % PIECE as u64).unwrap_or(0));
            if let Some(end) = content.kept.get_mut(&last).and_then(|piece| piece.get_mut(within..)) {
                end.fill(0);
            }
            content.file.set_len(len)?;
        }
        content.len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.content().write(offset, data)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn it_is_what_was_written_wherever_that_is(steps in prop::collection::vec(
            (any::<bool>(), 0_u64..30_000, prop::collection::vec(any::<u8>(), 0..9_000)), 1..20,
        )) {
            let full = Arc::new(AtomicBool::new(false));
            let scratch = Scratch::with_switch(tempfile::tempfile().unwrap(), Arc::clone(&full));
            scratch.set_len(40_000).unwrap();
            let mut expected = vec![0; 40_000];
            for (on, offset, data) in steps {
                full.store(on, Ordering::Relaxed);
                scratch.write(offset, &data).unwrap();
                let at = usize::try_from(offset).unwrap();
                expected[at..at + data.len()].copy_from_slice(&data);
            }
            let mut all = vec![1; 40_000];
            scratch.read(0, &mut all).unwrap();
            prop_assert_eq!(&all, &expected);
            let mut some = vec![1; 5_000];
            scratch.read(3_000, &mut some).unwrap();
            prop_assert_eq!(&some[..], &expected[3_000..8_000]);
        }
    }
}
