//! What roles, pauses and parameters tell the outside.

use alloy_primitives::{Address, B256, U256};

crate::events! {
    /// `account` may take over `role`.
    RoleProposed("RoleProposed(bytes32,address)") [role: B256, account: Address] {}
    /// `account` has taken over `role` from `previous`; zero where nobody had or has it.
    RoleTransferred("RoleTransferred(bytes32,address,address)") [role: B256, previous: Address, account: Address] {}
    /// Paused until `until`, unless lifted before.
    Paused("Paused(address,uint64,uint64)") [by: Address] { since: u64, until: u64 }
    /// The pause ended before its time. By the admin, the guardian may pause again too.
    Unpaused("Unpaused(address,uint64)") [by: Address] { at: u64 }
    /// `key` changes to `value` when anyone executes it, from `due` on and until `expires`.
    ParameterProposed("ParameterProposed(bytes32,uint256,uint64,uint64)") [key: B256] { value: U256, due: u64, expires: u64 }
    /// The proposal for `key` is withdrawn.
    ParameterCancelled("ParameterCancelled(bytes32)") [key: B256] {}
    /// `key` is `value`; for what is computed per epoch, from `epoch` on.
    ParameterSet("ParameterSet(bytes32,uint256,uint64)") [key: B256] { value: U256, epoch: u64 }
}
