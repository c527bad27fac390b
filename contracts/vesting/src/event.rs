//! What the contract tells the outside.

use alloy_primitives::{Address, U256};

fomo_access::events! {
    /// `amount` of `token` vests to `beneficiary`: linearly over `length` seconds from `start`, released from `start + cliff` on.
    VestingOpened("VestingOpened(uint256,address,address,uint256,uint64,uint64,uint64)")
        [id: U256, token: Address, beneficiary: Address] { amount: U256, start: u64, cliff: u64, length: u64 }
    /// `amount` was paid; `released` in all.
    Released("Released(uint256,address,uint256,uint256)") [id: U256, beneficiary: Address] { amount: U256, released: U256 }
    /// `account` may become the beneficiary.
    BeneficiaryProposed("BeneficiaryProposed(uint256,address)") [id: U256, account: Address] {}
    /// `account` is the beneficiary now.
    BeneficiaryChanged("BeneficiaryChanged(uint256,address,address)") [id: U256, previous: Address, account: Address] {}
}
