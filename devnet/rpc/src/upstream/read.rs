//! What another node answers, as what it has to be. Nothing is made up: what is not of its type is an error.

use alloy::consensus::Header;
use alloy::primitives::{B256, Bytes, U256, hex};
use serde_json::Value;

use super::LATEST;
use super::client::{Failure, shown};

/// Digits of the largest number.
const MAX_DIGITS: usize = 64;

fn wrong(value: &Value, expected: &str) -> Failure {
    Failure::Wrong(format!("expected {expected}, got {}", shown(&value.to_string())))
}

/// Hex digits and nothing else: parsers let signs, underscores and a second prefix pass.
fn digits(value: &Value) -> Option<&str> {
    let digits = value.as_str()?.strip_prefix("0x")?;
    digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then_some(digits)
}

/// A number of up to 256 bits, which some nodes write with leading zeros.
pub(super) fn quantity(value: &Value) -> Result<U256, Failure> {
    let digits = digits(value).filter(|digits| (1..=MAX_DIGITS).contains(&digits.len()));
    digits
        .and_then(|digits| U256::from_str_radix(digits, 16).ok())
        .ok_or_else(|| wrong(value, "a number of up to 32 bytes"))
}

/// A number below 2^64.
pub(super) fn number(value: &Value) -> Result<u64, Failure> {
    u64::try_from(quantity(value)?).map_err(|_| wrong(value, "a number below 2^64"))
}

/// Any bytes.
pub(super) fn bytes(value: &Value) -> Result<Bytes, Failure> {
    let bytes = digits(value).and_then(|digits| hex::decode(digits).ok());
    bytes.map(Bytes::from).ok_or_else(|| wrong(value, "bytes"))
}

fn hash(value: &Value) -> Result<B256, Failure> {
    let word = bytes(value).ok().and_then(|bytes| B256::try_from(bytes.as_ref()).ok());
    word.ok_or_else(|| wrong(value, "a hash"))
}

/// A block as far as a chain goes on from it.
pub(super) struct Block {
    pub header: Header,
    pub hash: B256,
    /// The number that its contracts saw, on Arbitrum.
    pub l1_number: Option<u64>,
}

/// The block of this number, or any if none is named.
pub(super) fn block(value: &Value, named: Option<u64>) -> Result<Block, Failure> {
    if value.is_null() {
        return Err(Failure::Wrong("it has no such block".into()));
    }
    let field = |name: &str| value.get(name).filter(|field| !field.is_null());
    let required = |name: &str| field(name).ok_or_else(|| Failure::Wrong(format!("the block has no {name}")));
    let header = Header {
        number: number(required("number")?)?,
        timestamp: number(required("timestamp")?)?,
        parent_hash: hash(required("parentHash")?)?,
        gas_limit: number(required("gasLimit")?)?,
        base_fee_per_gas: field("baseFeePerGas").map(number).transpose()?,
        ..Header::default()
    };
    if named.is_some_and(|named| named != header.number) {
        return Err(Failure::Wrong(format!("it answers block {}", header.number)));
    }
    // More blocks than any chain gets, and a time of no calendar.
    if header.number > u64::MAX / 2 || header.timestamp > LATEST {
        return Err(Failure::Wrong(format!("a block {} at time {} cannot be", header.number, header.timestamp)));
    }
    let l1_number = field("l1BlockNumber").map(number).transpose()?.filter(|number| *number <= u64::MAX / 2);
    Ok(Block { hash: hash(required("hash")?)?, header, l1_number })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_are_numbers() {
        assert_eq!(quantity(&json!("0x0")), Ok(U256::ZERO));
        assert_eq!(quantity(&json!(format!("0x{:064x}", 7))), Ok(U256::from(7)));
        for value in [
            json!(null),
            json!(0),
            json!(""),
            json!("0x"),
            json!("0"),
            json!("0xg"),
            json!("0x_1"),
            json!("0x+1"),
            json!([]),
            json!(format!("0x{:065x}", 0)),
        ] {
            assert!(quantity(&value).is_err(), "{value}");
        }
        assert!(number(&json!("0x10000000000000000")).is_err());
    }

    #[test]
    fn bytes_are_pairs_of_digits() {
        assert_eq!(bytes(&json!("0x")), Ok(Bytes::new()));
        for value in [json!(null), json!("0x1"), json!("12"), json!("0xzz"), json!("0x0x12"), json!({})] {
            assert!(bytes(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_block_is_the_one_that_was_asked_for() {
        let zero = format!("0x{:064x}", 0);
        let block_of = |number: &str, time: &str| json!({ "number": number, "timestamp": time, "hash": zero, "parentHash": zero, "gasLimit": "0x1" });
        assert!(block(&block_of("0x5", "0x5"), Some(5)).is_ok());
        assert!(block(&block_of("0x5", "0x5"), None).is_ok());
        assert!(block(&block_of("0x5", "0x5"), Some(6)).is_err());
        assert!(block(&block_of("0xffffffffffffffff", "0x5"), None).is_err());
        assert!(block(&block_of("0x5", "0xffffffffffffffff"), None).is_err());
        assert!(block(&json!(null), None).is_err());
        assert!(block(&json!({}), None).is_err());
        assert!(block(&json!("block"), None).is_err());
    }
}
