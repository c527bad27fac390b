//! What the contract tells the outside.

use alloy_primitives::{Address, U256};

fomo_access::events! {
    /// From `epoch` on the token earns, or no longer.
    SupportedSet("SupportedSet(address,bool,uint64)") [mt: Address] { supported: bool, epoch: u64 }
    /// The token's MT Reward stream: `amount` from `epoch` on, declining over `numDays` supported days.
    MtRewardFunded("MtRewardFunded(address,address,uint256,uint64,uint16)")
        [mt: Address, from: Address] { amount: U256, epoch: u64, num_days: u16 }
    /// A Reserved FLOCK tranche: `amount` more in tranche `index`, `funded` in all, from `epoch` on.
    ReservedFunded("ReservedFunded(address,address,uint256,uint256,uint256,uint64,uint16,bool)")
        [mt: Address, from: Address] { index: U256, amount: U256, funded: U256, epoch: u64, num_days: u16, level: bool }
}
