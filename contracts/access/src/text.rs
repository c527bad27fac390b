//! Text in calls and in storage, in less than Rust's strings and the SDK's take.
//!
//! With those a contract pays for the tables of UTF-8 in each of its calls, and for some kilobytes of code. A contract does
//! nothing with a text but keep it and pass it on: bytes are enough.

use alloc::{vec, vec::Vec};

use alloy_primitives::{B256, U256};
use alloy_sol_types::abi::token::PackedSeqToken;
use alloy_sol_types::private::SolTypeValue;
use alloy_sol_types::{SolType, SolValue, Word, sol_data};
use stylus_sdk::abi::{AbiType, ConstString};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageMap, StorageU256};

/// A `string` of the ABI as its bytes; whether they are UTF-8 is the caller's business.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text(pub Vec<u8>);

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

/// A text of any length in storage, written once: its length, and a slot for every 32 bytes.
#[storage]
pub struct StorageText {
    len: StorageU256,
    words: StorageMap<U256, StorageU256>,
}

impl StorageText {
    /// Sets the text, where none was before.
    pub fn set(&mut self, text: &Text) {
        self.len.set(U256::from(text.0.len()));
        for (index, chunk) in text.0.chunks(32).enumerate() {
            self.words.insert(U256::from(index), B256::right_padding_from(chunk).into());
        }
    }

    /// The text.
    pub fn get(&self) -> Text {
        let len = usize::try_from(self.len.get()).unwrap_or(0);
        let mut bytes = Vec::with_capacity(len.next_multiple_of(32));
        for index in 0..len.div_ceil(32) {
            bytes.extend_from_slice(&self.words.get(U256::from(index)).to_be_bytes::<32>());
        }
        bytes.truncate(len);
        Text(bytes)
    }
}
