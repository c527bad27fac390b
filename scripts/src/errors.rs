//! What contracts refuse with, as sentences.

use alloy::primitives::hex;

/// A sentence for revert data.
#[must_use]
pub fn sentence(data: &[u8]) -> String {
    if data.is_empty() {
        "The call failed without a reason.".to_owned()
    } else {
        format!("The call failed with {}.", hex::encode_prefixed(data))
    }
}
