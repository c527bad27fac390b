//! How requests name blocks.

use std::sync::Arc;

use alloy::primitives::B256;
use alloy::rpc::types::BlockNumberOrTag;
use fomo_chain::{Block, Chain};
use serde_json::Value;

use crate::error::{RpcResult, chain as chain_error, server};
use crate::params::Param;

/// A block by number, hash or tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum BlockRef {
    Number(u64),
    Hash(B256),
    /// The head, which is also what is safe and final: no chain is below that could take it back.
    #[default]
    Latest,
    /// The head as well, with what waits counted where a method counts it.
    Pending,
}

impl BlockRef {
    /// Its number, which is beyond the head if it was asked for like that; nothing for unknown hashes.
    fn resolve(self, chain: &Chain) -> Option<u64> {
        match self {
            Self::Number(number) => Some(number),
            Self::Hash(hash) => chain.block_number_by_hash(hash),
            Self::Latest | Self::Pending => Some(chain.head()),
        }
    }

    /// The block, if there is one.
    pub(crate) fn find(self, chain: &Chain) -> Option<Arc<Block>> {
        chain.block(self.resolve(chain)?)
    }

    /// The number of a block whose state is kept.
    pub(crate) fn with_state(self, chain: &Chain) -> RpcResult<u64> {
        let number = self.resolve(chain).ok_or_else(|| match self {
            Self::Hash(hash) => server(format!("block {hash} does not exist")),
            _ => server("the block does not exist"),
        })?;
        chain.state(number).map_err(chain_error)?;
        Ok(number)
    }
}

/// The number that a tag or number of a filter stands for.
pub(crate) fn filter_bound(bound: BlockNumberOrTag, chain: &Chain) -> u64 {
    match bound {
        BlockNumberOrTag::Number(number) => number,
        BlockNumberOrTag::Earliest => 0,
        _ => chain.head(),
    }
}

impl Param for BlockRef {
    const EXPECTED: &'static str = "a block: its number (0x and hex digits), its hash, latest, pending, safe, \
                                    finalized, earliest, or an object with blockNumber or blockHash";

    fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) => parse_text(text, value),
            Value::Object(fields) => match (fields.get("blockNumber"), fields.get("blockHash")) {
                (Some(Value::String(text)), None) if text.len() != HASH_LENGTH => {
                    parse_text(text, &Value::String(text.clone()))
                }
                (None, Some(hash)) => B256::parse(hash).map(Self::Hash),
                (Some(_), Some(_)) => Err("both blockNumber and blockHash".into()),
                _ => Err(String::new()),
            },
            _ => Err(String::new()),
        }
    }
}

/// Characters of a hash in hex with its prefix, longer than any number.
const HASH_LENGTH: usize = 66;

fn parse_text(text: &str, value: &Value) -> Result<BlockRef, String> {
    match text {
        "latest" | "safe" | "finalized" => Ok(BlockRef::Latest),
        "pending" => Ok(BlockRef::Pending),
        "earliest" => Ok(BlockRef::Number(0)),
        hash if hash.len() == HASH_LENGTH => B256::parse(value).map(BlockRef::Hash),
        number if number.starts_with("0x") => u64::parse(value).map(BlockRef::Number),
        _ => Err(String::new()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn blocks_have_many_names() {
        let hash = B256::repeat_byte(7);
        for (value, block) in [
            (json!("latest"), BlockRef::Latest),
            (json!("finalized"), BlockRef::Latest),
            (json!("pending"), BlockRef::Pending),
            (json!("earliest"), BlockRef::Number(0)),
            (json!("0x10"), BlockRef::Number(16)),
            (json!(hash), BlockRef::Hash(hash)),
            (json!({"blockNumber": "0x1"}), BlockRef::Number(1)),
            (json!({"blockNumber": "latest"}), BlockRef::Latest),
            (json!({"blockHash": hash, "requireCanonical": true}), BlockRef::Hash(hash)),
        ] {
            assert_eq!(BlockRef::parse(&value), Ok(block), "{value}");
        }
        for value in [json!("newest"), json!(1), json!({}), json!("16"), json!({"blockNumber": hash}), json!([])] {
            assert!(BlockRef::parse(&value).is_err(), "{value}");
        }
        assert!(BlockRef::parse(&json!({"blockNumber": "0x1", "blockHash": hash})).is_err());
    }
}
