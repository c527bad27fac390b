//! `ArbSys` (0x64): the chain as seen from a contract. Messages to L1 have nowhere to go here and revert.

use alloy_primitives::{Address, B256, U256, address, keccak256};
use alloy_sol_types::{SolValue, sol};

use super::{Call, Outcome, revert};

sol! {
    /// The precompile's interface, as Nitro publishes it, but for messages to L1.
    #[allow(missing_docs)]
    interface IArbSys {
        function arbBlockNumber() external view returns (uint256);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32);
        function arbChainID() external view returns (uint256);
        function arbOSVersion() external view returns (uint256);
        function getStorageGasAvailable() external view returns (uint256);
        function isTopLevelCall() external view returns (bool);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address);
        function wasMyCallersAddressAliased() external view returns (bool);
        function myCallersAddressWithoutAliasing() external view returns (address);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }
}

use IArbSys::IArbSysCalls as Method;

/// What `arbOSVersion` adds: Nitro began to count where Classic had ended.
const CLASSIC_VERSIONS: u64 = 55;
/// Frames at most where the caller is the transaction's sender or a contract that it called.
const TOP_LEVEL: usize = 2;
/// What is added to the address of a contract on L1 for its alias.
const ALIAS_OFFSET: Address = address!("1111000000000000000000000000000000001111");

pub(super) fn run(call: &mut Call<'_>) -> Outcome {
    call.require_no_value()?;
    let number = call.ctx.chain.block_number;
    let encoded = match call.decode::<Method>()? {
        Method::arbBlockNumber(_) => U256::from(number).abi_encode(),
        Method::arbBlockHash(m) => block_hash(m.arbBlockNum, number)?.abi_encode(),
        Method::arbChainID(_) => U256::from(call.ctx.cfg.chain_id).abi_encode(),
        Method::arbOSVersion(_) => U256::from(CLASSIC_VERSIONS + call.ctx.chain.rules.arbos).abi_encode(),
        Method::getStorageGasAvailable(_) => U256::ZERO.abi_encode(),
        Method::isTopLevelCall(_) => (call.depth <= TOP_LEVEL).abi_encode(),
        Method::mapL1SenderContractAddressToL2Alias(m) => alias(m.sender).abi_encode(),
        Method::wasMyCallersAddressAliased(_) => false.abi_encode(),
        Method::myCallersAddressWithoutAliasing(_) => call.callers_caller.abi_encode(),
    };
    Ok(encoded.into())
}

/// Hashes are of the last 256 blocks; here they are of the number, like those of `BLOCKHASH`.
fn block_hash(requested: U256, current: u64) -> Outcome<B256> {
    match u64::try_from(requested) {
        Ok(block) if block < current && current - block <= 256 => Ok(keccak256(block.to_be_bytes())),
        _ => Err(revert(&IArbSys::InvalidBlockNumber { requested, current: U256::from(current) })),
    }
}

fn alias(sender: Address) -> Address {
    let sum = U256::from_be_slice(sender.as_slice()).wrapping_add(U256::from_be_slice(ALIAS_OFFSET.as_slice()));
    Address::from_word(B256::from(sum))
}
