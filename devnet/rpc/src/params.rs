//! The parameters of a request as typed values, with errors that name the parameter and what it should have been.

use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, Filter, TransactionRequest};
use serde::Deserialize;
use serde_json::Value;

use crate::error::{RpcResult, invalid_params};

/// Characters of a wrong value that an error repeats.
const SHOWN: usize = 80;

/// Something that can be a parameter.
pub(crate) trait Param: Sized {
    /// What it looks like, to complete "expected ...".
    const EXPECTED: &'static str;

    /// Reads it; an error says what is wrong beyond what was expected, or nothing.
    fn parse(value: &Value) -> Result<Self, String>;
}

/// The parameters of one request.
#[derive(Debug)]
pub(crate) struct Params(Vec<Value>);

impl Params {
    /// Reads the list; `most` is how many the method takes.
    pub(crate) fn new(json: Option<&str>, most: usize) -> RpcResult<Self> {
        let value = match json.map(str::trim) {
            None | Some("") => Value::Null,
            Some(json) => {
                serde_json::from_str(json).map_err(|error| invalid_params(format!("invalid parameters: {error}")))?
            }
        };
        match value {
            Value::Null => Ok(Self(Vec::new())),
            Value::Array(values) if values.len() > most => {
                Err(invalid_params(format!("too many parameters: expected at most {most}, got {}", values.len())))
            }
            Value::Array(values) => Ok(Self(values)),
            other => Err(invalid_params(format!("invalid parameters: expected an array, got {}", shown(&other)))),
        }
    }

    /// All of them.
    pub(crate) fn into_value(self) -> Value {
        Value::Array(self.0)
    }

    /// All of them, one in the place of what was there.
    pub(crate) fn with(mut self, index: usize, value: Value) -> Value {
        if let Some(old) = self.0.get_mut(index) {
            *old = value;
        }
        self.into_value()
    }

    /// A parameter that has to be there.
    pub(crate) fn required<T: Param>(&self, index: usize, name: &str) -> RpcResult<T> {
        self.optional(index, name)?.ok_or_else(|| {
            invalid_params(format!("missing parameter {} ({name}): expected {}", index + 1, T::EXPECTED))
        })
    }

    /// A parameter that may be left out or be null.
    pub(crate) fn optional<T: Param>(&self, index: usize, name: &str) -> RpcResult<Option<T>> {
        let value = match self.0.get(index) {
            None | Some(Value::Null) => return Ok(None),
            Some(value) => value,
        };
        T::parse(value).map(Some).map_err(|detail| {
            let (number, expected, got) = (index + 1, T::EXPECTED, shown(value));
            let detail = if detail.is_empty() { detail } else { format!(": {detail}") };
            invalid_params(format!("invalid parameter {number} ({name}): expected {expected}, got {got}{detail}"))
        })
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() <= SHOWN {
        return text;
    }
    let start: String = text.chars().take(SHOWN).collect();
    format!("{start}...")
}

fn serde<'a, T: Deserialize<'a>>(value: &'a Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

fn fixed<const N: usize>(value: &Value) -> Result<[u8; N], String> {
    let text = value.as_str().and_then(|text| text.strip_prefix("0x")).ok_or_else(String::new)?;
    if text.len() != 2 * N {
        return Err(format!("{} digits instead of {}", text.chars().count(), 2 * N));
    }
    let bytes: Vec<u8> = alloy::hex::decode(text).map_err(|error| error.to_string())?;
    bytes.try_into().map_err(|_| String::new())
}

impl Param for Value {
    const EXPECTED: &'static str = "a value";

    fn parse(value: &Value) -> Result<Self, String> {
        Ok(value.clone())
    }
}

impl Param for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(String::new)
    }
}

impl Param for String {
    const EXPECTED: &'static str = "a string";

    fn parse(value: &Value) -> Result<Self, String> {
        value.as_str().map(Into::into).ok_or_else(String::new)
    }
}

impl Param for Address {
    const EXPECTED: &'static str = "an address (0x and 40 hex digits)";

    fn parse(value: &Value) -> Result<Self, String> {
        fixed(value).map(Self::new)
    }
}

impl Param for B256 {
    const EXPECTED: &'static str = "a hash (0x and 64 hex digits)";

    fn parse(value: &Value) -> Result<Self, String> {
        fixed(value).map(Self::new)
    }
}

impl Param for Bytes {
    const EXPECTED: &'static str = "bytes (0x and pairs of hex digits)";

    fn parse(value: &Value) -> Result<Self, String> {
        let text = value.as_str().and_then(|text| text.strip_prefix("0x")).ok_or_else(String::new)?;
        alloy::hex::decode(text).map(Into::into).map_err(|error| error.to_string())
    }
}

/// Quantities and 32-byte words alike: leading zeros do no harm.
impl Param for U256 {
    const EXPECTED: &'static str = "a number (0x and up to 64 hex digits, or decimal)";

    fn parse(value: &Value) -> Result<Self, String> {
        let text = match value {
            Value::String(text) => text.as_str(),
            Value::Number(number) => return number.as_u64().map(Self::from).ok_or_else(String::new),
            _ => return Err(String::new()),
        };
        let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
        if digits.is_empty() || !digits.chars().all(|digit| digit.is_digit(radix)) {
            return Err(String::new());
        }
        Self::from_str_radix(digits, u64::from(radix)).map_err(|_| "more than 256 bits".into())
    }
}

impl Param for u64 {
    const EXPECTED: &'static str = "a number below 2^64 (0x and up to 16 hex digits, or decimal)";

    fn parse(value: &Value) -> Result<Self, String> {
        Self::try_from(U256::parse(value)?).map_err(|_| "too large".into())
    }
}

impl Param for Vec<f64> {
    const EXPECTED: &'static str = "an ascending list of percentiles from 0 to 100";

    fn parse(value: &Value) -> Result<Self, String> {
        let list: Self = serde(value)?;
        let ascending = list.is_sorted() && list.iter().all(|percentile| (0.0..=100.0).contains(percentile));
        if ascending { Ok(list) } else { Err(String::new()) }
    }
}

impl Param for Filter {
    const EXPECTED: &'static str = "a filter object (fromBlock, toBlock, blockHash, address, topics)";

    fn parse(value: &Value) -> Result<Self, String> {
        serde(value)
    }
}

impl Param for StateOverride {
    const EXPECTED: &'static str =
        "an object of addresses and their overrides (balance, nonce, code, state, stateDiff)";

    fn parse(value: &Value) -> Result<Self, String> {
        let overrides: Self = serde(value)?;
        if overrides.values().any(|account| account.state.is_some() && account.state_diff.is_some()) {
            return Err("an account has both state and stateDiff".into());
        }
        Ok(overrides)
    }
}

impl Param for BlockOverrides {
    const EXPECTED: &'static str = "an object of block fields (number, time, gasLimit, feeRecipient, prevRandao, \
                                    baseFeePerGas)";

    fn parse(value: &Value) -> Result<Self, String> {
        serde(value)
    }
}

impl Param for TransactionRequest {
    const EXPECTED: &'static str = "a transaction object";

    fn parse(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err(String::new());
        }
        let request: Self = serde(value)?;
        let blobs = request.blob_versioned_hashes.is_some()
            || request.sidecar.is_some()
            || request.max_fee_per_blob_gas.is_some();
        match request.transaction_type {
            None | Some(0 | 1 | 2 | 4) if !blobs => {}
            None | Some(0..=4) => return Err("blob transactions (type 3) are not supported on Arbitrum".into()),
            Some(other) => return Err(format!("transaction type {other:#x} is not supported")),
        }
        match (&request.input.input, &request.input.data) {
            (Some(input), Some(data)) if input != data => Err("data and input differ".into()),
            _ => Ok(request),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_come_as_quantities_words_and_decimals() {
        for value in [json!("0x10"), json!("0x0010"), json!(16), json!("16"), json!(format!("0x{:064x}", 16))] {
            assert_eq!(U256::parse(&value), Ok(U256::from(16)), "{value}");
        }
        for value in
            [json!("0x"), json!(""), json!("0xg"), json!(-1), json!(1.5), json!([16]), json!("+1"), json!("1_0")]
        {
            assert!(U256::parse(&value).is_err(), "{value}");
        }
        assert_eq!(U256::parse(&json!(format!("0x1{:064x}", 0))), Err("more than 256 bits".into()));
        assert_eq!(u64::parse(&json!("0x10000000000000000")), Err("too large".into()));
    }

    #[test]
    fn errors_name_the_parameter_and_what_it_should_be() {
        let params = Params::new(Some(r#"["0x12"]"#), 2).unwrap();
        assert_eq!(
            params.required::<Address>(0, "address").unwrap_err().message(),
            "invalid parameter 1 (address): expected an address (0x and 40 hex digits), got \"0x12\": 2 digits instead \
             of 40"
        );
        assert_eq!(
            params.required::<bool>(1, "on").unwrap_err().message(),
            "missing parameter 2 (on): expected true or false"
        );
    }

    #[test]
    fn lists_that_are_none_are_refused() {
        assert!(Params::new(Some("{}"), 1).is_err());
        assert!(Params::new(Some("[1, 2]"), 1).is_err());
        assert!(Params::new(Some(&"[".repeat(100_000)), 1).is_err());
        assert!(Params::new(None, 0).is_ok());
        assert!(Params::new(Some("null"), 0).is_ok());
    }

    #[test]
    fn requests_with_blobs_or_two_data_are_refused() {
        assert!(TransactionRequest::parse(&json!({"type": "0x2", "data": "0x01"})).is_ok());
        assert!(TransactionRequest::parse(&json!({"type": "0x3"})).unwrap_err().contains("type 3"));
        assert!(TransactionRequest::parse(&json!({"blobVersionedHashes": []})).unwrap_err().contains("type 3"));
        assert!(TransactionRequest::parse(&json!({"type": "0x64"})).unwrap_err().contains("0x64"));
        assert!(TransactionRequest::parse(&json!({"data": "0x01", "input": "0x02"})).is_err());
    }
}
