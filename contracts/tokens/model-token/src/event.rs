//! The token's own event; transfers and approvals are OpenZeppelin's.

use alloy_primitives::{Address, B256};
use alloy_sol_types::{SolEvent, SolType, sol, sol_data};
use stylus_sdk::stylus_core::Host;

use crate::text::Text;

sol! {
    /// A token was initialised, and its whole supply minted to `holder`.
    #[allow(missing_docs)]
    event ModelTokenInitialized(
        address indexed factory,
        address indexed issuer,
        bytes32 indexed launchId,
        bytes32 modelId,
        address holder,
        string name,
        string symbol,
        string metadataUri
    );
}

/// What is not indexed, with texts as bytes.
type Data = (sol_data::FixedBytes<32>, sol_data::Address, Text, Text, Text);

/// Emits [`ModelTokenInitialized`], without the strings that its type would have.
pub(crate) fn initialized(
    vm: &dyn Host,
    factory: Address,
    issuer: Address,
    launch_id: B256,
    data: (B256, Address, Text, Text, Text),
) {
    let topics = [ModelTokenInitialized::SIGNATURE_HASH, factory.into_word(), issuer.into_word(), launch_id];
    // Four topics are as many as there can be, so that the log is never refused.
    let _ = vm.raw_log(&topics, &Data::abi_encode_params(&data));
}
