//! An account's gmFLOCK locks over time.
//!
//! Every second in which an account's locks change makes a new version of the set; versions are appended and never edited later, so
//! that the effective balance of any past second can be read for ever. The newest version's first lock lies in one slot with all that
//! says whether there is more to read: an account with one lock costs one slot. Locks beyond the first take half a slot each.
//!
//! A version knows where the day before its own ended. Whoever reads the end of a recent day goes back a day with each slot,
//! however often the account has changed its locks since: nobody can make its history too long to read.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_common::epoch::DAY;
use fomo_common::lock::{self, Lock};
use fomo_common::{Timestamp, math};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageArray, StorageMap, StorageU256};

use crate::bits::{cut, cut_u64, halves, join, mask, narrow, wide};
use crate::error::{Error, Own};
use crate::history::TIME_BITS;

/// Open locks of an account.
pub const MOST_LOCKS: usize = 16;
/// Days that a read goes back before it searches.
const HOPS: u64 = 8;
/// Bits of a lock's gmFLOCK: what all FLOCK gets at the highest ε.
const GM_BITS: usize = 92;
/// Bits of a lock's FLOCK.
const AMOUNT_BITS: usize = 96;
/// Bits of the number of a lock among all that an account had.
const SERIAL_BITS: usize = 28;
/// Bits that the number takes beside an open lock.
const SERIAL_FIELD: usize = 128 - AMOUNT_BITS;
/// Bits of the number of a version.
const INDEX_BITS: usize = 24;
/// Bits of an id that say at which position the lock is.
const POSITION_BITS: usize = 4;

/// What a lock weighs by, in half a slot: gmFLOCK, then the time of unlocking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Entry(u128);

impl Entry {
    fn unlock(self) -> Timestamp {
        Timestamp(cut_u64(self.0, 0, TIME_BITS))
    }

    fn gm(self) -> U256 {
        wide(self.0 >> TIME_BITS)
    }

    fn weight(self, at: Timestamp) -> Result<U256, Error> {
        let lock = Lock { amount: U256::ZERO, gm: self.gm(), unlock: self.unlock() };
        Ok(lock.weight(at)?)
    }
}

/// The entries of a slot.
fn both(word: U256) -> [Entry; 2] {
    let (first, second) = halves(word);
    [Entry(first), Entry(second)]
}

/// A version's first slot: the first entry, then since when, which positions are taken, its number, and how many versions there were
/// before its day and locks before its next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Head {
    first: Entry,
    since: Timestamp,
    taken: u16,
    index: u32,
    before_day: u32,
    serials: u32,
}

impl Head {
    #[allow(clippy::cast_possible_truncation, reason = "each field is cut out of its word")]
    fn unpack(word: U256) -> Self {
        let (first, rest) = halves(word);
        let number = |below: usize, bits: usize| cut_u64(rest, below, bits);
        Self {
            first: Entry(first),
            since: Timestamp(number(SERIAL_BITS + 2 * INDEX_BITS + MOST_LOCKS, TIME_BITS)),
            taken: number(SERIAL_BITS + 2 * INDEX_BITS, MOST_LOCKS) as u16,
            index: number(SERIAL_BITS + INDEX_BITS, INDEX_BITS) as u32,
            before_day: number(SERIAL_BITS, INDEX_BITS) as u32,
            serials: number(0, SERIAL_BITS) as u32,
        }
    }

    fn pack(&self) -> Result<U256, Error> {
        if self.index >> INDEX_BITS != 0 || self.serials >> SERIAL_BITS != 0 {
            return Err(fomo_access::Error::TooLarge.into());
        }
        let rest = u128::from(self.since.0) << MOST_LOCKS | u128::from(self.taken);
        let rest = rest << INDEX_BITS | u128::from(self.index);
        let rest = rest << INDEX_BITS | u128::from(self.before_day);
        Ok(join(self.first.0, rest << SERIAL_BITS | u128::from(self.serials)))
    }

    fn has(&self, position: usize) -> bool {
        self.taken >> position & 1 != 0
    }

    /// The pages that it has, each with two positions from 1 on.
    fn pages(&self) -> impl Iterator<Item = u32> + use<> {
        let taken = self.taken >> 1;
        (0..8_u32).filter(move |page| taken >> (2 * page) & 3 != 0)
    }
}

/// Where a version's page is.
fn page_key(index: u32, page: u32) -> U256 {
    U256::from(u64::from(index) << 3 | u64::from(page))
}

fn day(time: Timestamp) -> u64 {
    time.0 / DAY.0
}

/// An open lock with its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opened {
    /// Its number among all that the account had, and its position.
    pub id: U256,
    /// What is locked.
    pub lock: Lock,
}

/// Where a lock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    position: usize,
    serial: u32,
}

impl Place {
    fn id(self) -> U256 {
        U256::from(u64::from(self.serial) << POSITION_BITS | self.position as u64)
    }
}

/// The newest version, to be changed and written.
pub struct Draft {
    head: Head,
    entries: [Entry; MOST_LOCKS],
}

/// An account's locks: what is open, and every version of what they weigh.
#[storage]
pub struct Book {
    newest: StorageU256,
    older: StorageMap<U256, StorageU256>,
    pages: StorageMap<U256, StorageU256>,
    /// Open locks by position: FLOCK and number, then gmFLOCK and unlocking. Zero where none is open.
    open: StorageArray<StorageU256, MOST_LOCKS>,
}

impl Book {
    /// The effective balance at a time, by the locks as they stood before that second.
    ///
    /// # Errors
    /// None: every part is within its bits.
    pub fn effective_at(&self, time: Timestamp) -> Result<U256, Error> {
        match self.version_before(time) {
            Some(head) => self.effective_of(&head, time),
            None => Ok(U256::ZERO),
        }
    }

    /// The effective balance now, changes of this second included.
    ///
    /// # Errors
    /// As [`Self::effective_at`].
    pub fn effective(&self, now: Timestamp) -> Result<U256, Error> {
        self.effective_of(&Head::unpack(self.newest.get()), now)
    }

    fn effective_of(&self, head: &Head, at: Timestamp) -> Result<U256, Error> {
        let mut weights = head.first.weight(at)?;
        for page in head.pages() {
            for entry in both(self.pages.get(page_key(head.index, page))) {
                weights = math::add(weights, entry.weight(at)?)?;
            }
        }
        Ok(lock::effective_of(weights)?)
    }

    /// The last version from before a time.
    fn version_before(&self, time: Timestamp) -> Option<Head> {
        let mut head = Head::unpack(self.newest.get());
        // Nothing counts before there is a second before.
        let last = Timestamp(time.0.checked_sub(1)?);
        let mut high = head.index;
        if day(head.since).saturating_sub(day(last)) > HOPS {
            return self.search(last, high);
        }
        for _ in 0..HOPS {
            if head.since <= last {
                return Some(head);
            }
            if day(head.since) == day(last) {
                break;
            }
            high = head.before_day.checked_sub(1)?;
            head = self.version(high);
        }
        if head.since <= last { Some(head) } else { self.search(last, high) }
    }

    /// The last of the versions before `high` that was there at a time.
    fn search(&self, time: Timestamp, mut high: u32) -> Option<Head> {
        let mut low = 0_u32;
        while low < high {
            let middle = low.midpoint(high);
            if self.version(middle).since <= time { low = middle.saturating_add(1) } else { high = middle }
        }
        Some(self.version(low.checked_sub(1)?))
    }

    fn version(&self, index: u32) -> Head {
        Head::unpack(self.older.get(U256::from(index)))
    }

    /// The newest version with all of its entries.
    pub fn draft(&self) -> Draft {
        let head = Head::unpack(self.newest.get());
        let mut entries = [Entry::default(); MOST_LOCKS];
        if let Some(first) = entries.first_mut() {
            *first = head.first;
        }
        for page in head.pages() {
            let position = 2 * page as usize + 1;
            let read = both(self.pages.get(page_key(head.index, page)));
            for (entry, read) in entries.iter_mut().skip(position).zip(read) {
                *entry = read;
            }
        }
        Draft { head, entries }
    }

    /// Writes a changed version: over the one of this second, or else after it.
    ///
    /// # Errors
    /// `TooLarge` after 2²⁴ versions.
    pub fn write(&mut self, draft: Draft, now: Timestamp) -> Result<(), Error> {
        let Draft { mut head, entries } = self.without_closed(draft, now);
        let word = self.newest.get();
        if !word.is_zero() && head.since != now {
            self.older.insert(U256::from(head.index), word);
            head.index = head.index.saturating_add(1);
            if day(head.since) != day(now) {
                head.before_day = head.index;
            }
        }
        head.since = now;
        head.first = entries.first().copied().unwrap_or_default();
        let rest = entries.get(1..).unwrap_or_default();
        for page in head.pages() {
            let mut of_page = rest.iter().skip(2 * page as usize).copied();
            let (first, second) = (of_page.next().unwrap_or_default(), of_page.next().unwrap_or_default());
            self.pages.insert(page_key(head.index, page), join(first.0, second.0));
        }
        self.newest.set(head.pack()?);
        Ok(())
    }

    /// A version without the locks that are over and withdrawn: they weigh nothing, and would be copied for ever.
    fn without_closed(&self, mut draft: Draft, now: Timestamp) -> Draft {
        for (position, entry) in draft.entries.iter_mut().enumerate() {
            if draft.head.has(position) && entry.unlock() <= now && self.opened_at(position).is_none() {
                *entry = Entry::default();
                draft.head.taken &= !(1 << position);
            }
        }
        draft
    }

    /// A place for a new lock: free, or of a lock that was withdrawn.
    ///
    /// # Errors
    /// `TooManyLocks`.
    pub fn place(&self, draft: &mut Draft, now: Timestamp) -> Result<Place, Error> {
        let free = |(position, entry): (usize, &Entry)| {
            let free = !draft.head.has(position) || (entry.unlock() <= now && self.opened_at(position).is_none());
            free.then_some(position)
        };
        let position = draft.entries.iter().enumerate().find_map(free).ok_or(Own::TooManyLocks)?;
        draft.head.serials = draft.head.serials.saturating_add(1);
        Ok(Place { position, serial: draft.head.serials })
    }

    /// An open lock and where it is.
    ///
    /// # Errors
    /// `UnknownLock`.
    pub fn find(&self, id: U256) -> Result<(Place, Lock), Error> {
        let position = id.as_limbs()[0] as usize & (MOST_LOCKS - 1);
        match self.opened_at(position) {
            Some((place, lock)) if place.id() == id => Ok((place, lock)),
            _ => Err(Own::UnknownLock.into()),
        }
    }

    #[allow(clippy::cast_possible_truncation, reason = "the number is cut out")]
    fn opened_at(&self, position: usize) -> Option<(Place, Lock)> {
        let word = self.open.get(position).filter(|word| !word.is_zero())?;
        let (upper, lower) = halves(word);
        let (amount, serial) = (upper >> SERIAL_FIELD, cut(upper, 0, SERIAL_FIELD) as u32);
        let entry = Entry(lower);
        Some((Place { position, serial }, Lock { amount: wide(amount), gm: entry.gm(), unlock: entry.unlock() }))
    }

    /// The open locks, in the order of their positions.
    pub fn opened(&self) -> impl Iterator<Item = Opened> {
        let head = Head::unpack(self.newest.get());
        let positions = (0..MOST_LOCKS).filter(move |position| head.has(*position));
        positions.filter_map(|position| self.opened_at(position)).map(|(place, lock)| Opened { id: place.id(), lock })
    }

    /// Opens a lock, or writes another record of it; its id.
    ///
    /// # Errors
    /// `TooLarge`.
    pub fn set(&mut self, draft: &mut Draft, place: Place, lock: &Lock) -> Result<U256, Error> {
        let (amount, gm, unlock) = (narrow(lock.amount)?, narrow(lock.gm)?, lock.unlock.0);
        if amount > mask(AMOUNT_BITS) || gm > mask(GM_BITS) || unlock >> TIME_BITS != 0 {
            return Err(fomo_access::Error::TooLarge.into());
        }
        let entry = Entry(gm << TIME_BITS | u128::from(unlock));
        self.put(place, join(amount << SERIAL_FIELD | u128::from(place.serial), entry.0));
        draft.put(place, entry);
        draft.head.taken |= 1 << place.position;
        Ok(place.id())
    }

    /// Closes a lock whose record goes on in another one.
    pub fn remove(&mut self, draft: &mut Draft, place: Place) {
        self.close(place);
        draft.put(place, Entry::default());
        draft.head.taken &= !(1 << place.position);
    }

    /// Closes a lock that is over. Its versions stay as they are: it weighs nothing any more.
    pub fn close(&mut self, place: Place) {
        self.put(place, U256::ZERO);
    }

    fn put(&mut self, place: Place, word: U256) {
        if let Some(mut open) = self.open.setter(place.position) {
            open.set(word);
        }
    }
}

impl Draft {
    fn put(&mut self, place: Place, entry: Entry) {
        if let Some(there) = self.entries.get_mut(place.position) {
            *there = entry;
        }
    }
}
