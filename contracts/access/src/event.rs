//! What roles, pauses and parameters tell the outside.

use alloy_sol_types::sol;

sol! {
    /// `account` may take over `role`.
    event RoleProposed(bytes32 indexed role, address indexed account);
    /// `account` has taken over `role` from `previous`; zero where nobody had or has it.
    event RoleTransferred(bytes32 indexed role, address indexed previous, address indexed account);
    /// Paused until `until`, unless lifted before.
    event Paused(address indexed by, uint64 since, uint64 until);
    /// The pause ended before its time.
    event Unpaused(address indexed by, uint64 at);
    /// `key` changes to `value` when anyone executes it, from `due` on and until `expires`.
    event ParameterProposed(bytes32 indexed key, uint256 value, uint64 due, uint64 expires);
    /// The proposal for `key` is withdrawn.
    event ParameterCancelled(bytes32 indexed key);
    /// `key` is `value`; for what is computed per epoch, from `epoch` on.
    event ParameterSet(bytes32 indexed key, uint256 value, uint64 epoch);
}
