//! The storage cache of one call: reads are remembered, writes are kept until they are flushed.

use std::collections::BTreeMap;

use alloy_primitives::B256;

/// Gas that a host call has to have left for a cache access, whatever it turns out to cost.
pub(crate) const REQUIRED_ACCESS_GAS: u64 = 10;

#[derive(Debug, Clone, Copy)]
struct Word {
    value: B256,
    /// The value on the chain, where it is known.
    known: Option<B256>,
}

/// Slots by key, in order, so that a flush is the same on every machine.
#[derive(Debug, Default)]
pub(crate) struct StorageCache {
    slots: BTreeMap<B256, Word>,
    reads: u32,
    writes: u32,
}

impl StorageCache {
    /// Counts a read and gives its gas: free up to 32, then 2, from 129 on 10.
    pub(crate) fn read_gas(&mut self) -> u64 {
        self.reads = self.reads.saturating_add(1);
        match self.reads {
            0..=32 => 0,
            33..=128 => 2,
            _ => 10,
        }
    }

    /// Counts a write and gives its gas: free up to 8, then 7, from 65 on 10.
    pub(crate) fn write_gas(&mut self) -> u64 {
        self.writes = self.writes.saturating_add(1);
        match self.writes {
            0..=8 => 0,
            9..=64 => 7,
            _ => 10,
        }
    }

    pub(crate) fn get(&self, key: &B256) -> Option<B256> {
        self.slots.get(key).map(|word| word.value)
    }

    /// Remembers what was read from the chain.
    pub(crate) fn loaded(&mut self, key: B256, value: B256) {
        self.slots.insert(key, Word { value, known: Some(value) });
    }

    pub(crate) fn write(&mut self, key: B256, value: B256) {
        self.slots.entry(key).or_insert(Word { value, known: None }).value = value;
    }

    /// What has to be written, considered written from now on.
    pub(crate) fn flush(&mut self, clear: bool) -> Vec<(B256, B256)> {
        let mut dirty = Vec::new();
        for (key, word) in &mut self.slots {
            if word.known != Some(word.value) {
                word.known = Some(word.value);
                dirty.push((*key, word.value));
            }
        }
        if clear {
            self.slots.clear();
        }
        dirty
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_get_dearer_by_their_number() {
        let mut cache = StorageCache::default();
        let reads: Vec<u64> = (0..130).map(|_| cache.read_gas()).collect();
        assert_eq!((reads[31], reads[32], reads[127], reads[128]), (0, 2, 2, 10));
        let writes: Vec<u64> = (0..66).map(|_| cache.write_gas()).collect();
        assert_eq!((writes[7], writes[8], writes[63], writes[64]), (0, 7, 7, 10));
    }

    #[test]
    fn only_what_changed_is_flushed_and_only_once() {
        let (a, b, x, y) = (B256::with_last_byte(1), B256::with_last_byte(2), B256::ZERO, B256::repeat_byte(9));
        let mut cache = StorageCache::default();
        cache.loaded(a, x);
        cache.write(a, x);
        cache.write(b, y);
        assert_eq!(cache.flush(false), vec![(b, y)]);
        assert_eq!(cache.flush(false), vec![]);
        assert_eq!(cache.get(&b), Some(y));
        cache.flush(true);
        assert_eq!(cache.get(&b), None);
    }

    #[test]
    fn a_blind_write_is_flushed_whatever_its_value() {
        let mut cache = StorageCache::default();
        cache.write(B256::ZERO, B256::ZERO);
        assert_eq!(cache.flush(true).len(), 1);
    }
}
