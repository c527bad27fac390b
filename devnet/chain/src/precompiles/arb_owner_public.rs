//! `ArbOwnerPublic` (0x6b): who owns the chain and where its fees go.

use alloy_primitives::Address;
use alloy_sol_types::{SolValue, sol};

use super::{Call, Outcome, READ};
use crate::programs::NETWORK_FEE_ACCOUNT;

sol! {
    /// The part of the precompile's interface that clients call.
    #[allow(missing_docs)]
    interface IArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool);
        function getAllChainOwners() external view returns (address[] memory);
        function getNetworkFeeAccount() external view returns (address);
        function getInfraFeeAccount() external view returns (address);
        function getBrotliCompressionLevel() external view returns (uint64);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool);
    }
}

use IArbOwnerPublic::IArbOwnerPublicCalls as Method;

pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    call.require_no_value()?;
    let method = call.decode::<Method>()?;
    call.burn(READ)?;
    let owner = call.ctx.chain.owner;
    let encoded = match method {
        Method::isChainOwner(m) => (m.addr == owner).abi_encode(),
        Method::getAllChainOwners(_) => vec![owner].abi_encode(),
        Method::getNetworkFeeAccount(_) => NETWORK_FEE_ACCOUNT.abi_encode(),
        Method::getInfraFeeAccount(_) => Address::ZERO.abi_encode(),
        Method::getBrotliCompressionLevel(_) => 1u64.abi_encode(),
        Method::getScheduledUpgrade(_) => (0u64, 0u64).abi_encode(),
        Method::isCalldataPriceIncreaseEnabled(_) => (!call.ctx.cfg.disable_eip7623).abi_encode(),
    };
    Ok(encoded.into())
}
