//! Text in calls and in storage, in less than Rust's strings and the SDK's take.
//!
//! With those the token does not fit into a contract, and each of its calls pays for the tables of UTF-8. The token
//! does nothing with a text but keep it and give it back: bytes are enough.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256};
use alloy_sol_types::abi::token::PackedSeqToken;
use alloy_sol_types::private::SolTypeValue;
use alloy_sol_types::{SolType, SolValue, Word, sol_data};
use stylus_sdk::abi::{AbiType, ConstString};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageB256, StorageMap, StorageU256};

/// A `string` of the ABI as its bytes; whether they are UTF-8 is the caller's business.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(pub(crate) Vec<u8>);

impl Text {
    /// As a `bytes` of the ABI, which is encoded like a `string`.
    fn bytes(&self) -> &impl SolTypeValue<sol_data::Bytes> {
        &self.0
    }
}

impl SolTypeValue<Self> for Text {
    fn stv_to_tokens(&self) -> PackedSeqToken<'_> {
        PackedSeqToken(&self.0)
    }

    fn stv_abi_encoded_size(&self) -> usize {
        self.bytes().stv_abi_encoded_size()
    }

    fn stv_abi_packed_encoded_size(&self) -> usize {
        self.bytes().stv_abi_packed_encoded_size()
    }

    fn stv_eip712_data_word(&self) -> Word {
        self.bytes().stv_eip712_data_word()
    }

    fn stv_abi_encode_packed_to(&self, out: &mut Vec<u8>) {
        self.bytes().stv_abi_encode_packed_to(out);
    }
}

impl SolType for Text {
    type RustType = Self;
    type Token<'a> = PackedSeqToken<'a>;

    const SOL_NAME: &'static str = "string";
    const ENCODED_SIZE: Option<usize> = None;
    const PACKED_ENCODED_SIZE: Option<usize> = None;

    fn valid_token(_: &Self::Token<'_>) -> bool {
        true
    }

    fn detokenize(token: Self::Token<'_>) -> Self {
        Self(token.0.to_vec())
    }
}

impl SolValue for Text {
    type SolType = Self;
}

impl AbiType for Text {
    type SolType = Self;

    const ABI: ConstString = ConstString::new("string");
}

/// Bytes of the longest [`ShortText`].
const SHORT: usize = 31;

/// A text of up to 31 bytes in one slot: the bytes first, their number in the last byte.
#[storage]
pub struct ShortText {
    word: StorageB256,
}

impl ShortText {
    /// Sets the text; whether it is short enough.
    pub(crate) fn set(&mut self, text: &Text) -> bool {
        let mut word = [0; 32];
        let len = text.0.len();
        let (Some(target), Ok(last)) = (word.get_mut(..len), u8::try_from(len)) else { return false };
        if len > SHORT {
            return false;
        }
        target.copy_from_slice(&text.0);
        if let Some(byte) = word.last_mut() {
            *byte = last;
        }
        self.word.set(B256::new(word));
        true
    }

    /// The text.
    pub(crate) fn get(&self) -> Text {
        let word = self.word.get();
        let len = word.last().copied().map_or(0, usize::from);
        Text(word.get(..len).unwrap_or_default().to_vec())
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
    pub(crate) fn set(&mut self, text: &Text) {
        self.len.set(U256::from(text.0.len()));
        for (index, chunk) in text.0.chunks(32).enumerate() {
            self.words.setter(U256::from(index)).set(B256::right_padding_from(chunk));
        }
    }

    /// The text.
    pub(crate) fn get(&self) -> Text {
        let len = usize::try_from(self.len.get()).unwrap_or(0);
        let mut bytes = Vec::new();
        for index in 0..len.div_ceil(32) {
            bytes.extend_from_slice(self.words.get(U256::from(index)).as_slice());
        }
        bytes.truncate(len);
        Text(bytes)
    }
}
