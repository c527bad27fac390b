//! Text in storage, in less code than the SDK's strings take: with those the token does not fit into a contract.

use alloc::string::String;
use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageB256, StorageMap, StorageU256};

/// Bytes of the longest [`ShortText`].
pub(crate) const SHORT: usize = 31;

/// A text of up to [`SHORT`] bytes in one slot: the bytes first, their number in the last byte.
#[storage]
pub struct ShortText {
    word: StorageB256,
}

impl ShortText {
    /// Sets the text; whether it is short enough.
    pub(crate) fn set(&mut self, text: &str) -> bool {
        let mut word = [0; 32];
        let (Some(target), Ok(len)) = (word.get_mut(..text.len()), u8::try_from(text.len())) else { return false };
        if text.len() > SHORT {
            return false;
        }
        target.copy_from_slice(text.as_bytes());
        if let Some(last) = word.last_mut() {
            *last = len;
        }
        self.word.set(B256::new(word));
        true
    }

    /// The text.
    pub(crate) fn get(&self) -> String {
        let word = self.word.get();
        let len = word.last().copied().map_or(0, usize::from);
        string(word.get(..len).unwrap_or_default())
    }
}

/// A text of any length, a slot for every 32 bytes.
#[storage]
pub struct LongText {
    len: StorageU256,
    words: StorageMap<U256, StorageB256>,
}

impl LongText {
    /// Sets the text, where none was before.
    pub(crate) fn set(&mut self, text: &str) {
        self.len.set(U256::from(text.len()));
        for (index, chunk) in text.as_bytes().chunks(32).enumerate() {
            self.words.setter(U256::from(index)).set(B256::right_padding_from(chunk));
        }
    }

    /// The text.
    pub(crate) fn get(&self) -> String {
        let len = usize::try_from(self.len.get()).unwrap_or(0);
        let mut bytes = Vec::new();
        for index in 0..len.div_ceil(32) {
            bytes.extend_from_slice(self.words.get(U256::from(index)).as_slice());
        }
        bytes.truncate(len);
        string(&bytes)
    }
}

fn string(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
