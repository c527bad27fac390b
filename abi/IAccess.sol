// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Roles, pauses and parameters: the ground that every contract of the suite stands on.
/// @notice A role is held by one account and changes hands in two steps. A pause ends by itself. A parameter changes in two public steps: proposed
/// by the admin, executed by anyone once the delay is over and within 14 days. Keys and roles are ASCII, zeros behind; keys of what belongs
/// to something are a tag of four bytes and 28 bytes of a hash.
interface IAccess {
    /// @notice `account` may take over `role`.
    event RoleProposed(bytes32 indexed role, address indexed account);
    /// @notice `account` has taken over `role` from `previous`; zero where nobody had or has it.
    event RoleTransferred(bytes32 indexed role, address indexed previous, address indexed account);
    /// @notice Paused until `until`, unless lifted before.
    event Paused(address indexed by, uint64 since, uint64 until);
    /// @notice The pause ended before its time.
    event Unpaused(address indexed by, uint64 at);
    /// @notice `key` changes to `value` when anyone executes it, from `due` on and until `expires`.
    event ParameterProposed(bytes32 indexed key, uint256 value, uint64 due, uint64 expires);
    /// @notice The proposal for `key` is withdrawn.
    event ParameterCancelled(bytes32 indexed key);
    /// @notice `key` is `value`; for what is computed per epoch, from `epoch` on.
    event ParameterSet(bytes32 indexed key, uint256 value, uint64 epoch);

    /// @notice The caller has not the role that this takes.
    error Unauthorized();
    /// @notice The zero address, where somebody has to be.
    error ZeroAddress();
    /// @notice The call came from within a call of this contract.
    error Reentered();
    /// @notice What was called is paused.
    error EnforcedPause();
    /// @notice A pause over seven days, or of none.
    error PauseTooLong();
    /// @notice The guardian has used its pause; only the admin renews it.
    error PauseSpent();
    /// @notice Nothing is paused.
    error ExpectedPause();
    /// @notice Nothing is proposed under this key, or for this account.
    error NotProposed();
    /// @notice The delay is not over.
    error TooEarly();
    /// @notice The proposal was not executed within 14 days after it became due.
    error ProposalExpired();
    /// @notice The contract has no such parameter, or the value is not allowed, or not at once.
    error ParameterOutOfRange();
    /// @notice The parameter has a value; it changes in two steps.
    error AlreadyInitialized();
    /// @notice The parameter has no value yet.
    error ParameterUnset();
    /// @notice The address has no code, or the token said no or nothing sensible.
    error TokenCallFailed();
    /// @notice A number is too large for where it is kept.
    error TooLarge();
    /// @notice No function has this selector.
    error UnknownFunction();
    /// @notice An argument is missing or out of its type's range.
    error InvalidCallData();
    /// @notice No function takes ether.
    error NotPayable();

    /// @notice Who holds a role ("ADMIN", "GUARDIAN"); zero where nobody does.
    function roleHolder(bytes32 role) external view returns (address);

    /// @notice Who may take a role over; zero where nobody may.
    function proposedRoleHolder(bytes32 role) external view returns (address);

    /// @notice Proposes who takes a role over; zero takes a proposal back, and takes away a role that is not the admin's. By the admin.
    function proposeRole(bytes32 role, address account) external;

    /// @notice Takes over a role that was proposed to the caller.
    function acceptRole(bytes32 role) external;

    /// @notice Until when it is paused; a past time where it is not.
    function pausedUntil() external view returns (uint64);

    /// @notice Pauses for `duration` seconds, seven days at most. By the admin, or by the guardian until it has used its right once.
    function pause(uint64 duration) external;

    /// @notice Ends the pause. By the guardian or the admin; the admin also gives the guardian its right back.
    function unpause() external;

    /// @notice The value of the last execution.
    function parameter(bytes32 key) external view returns (uint256);

    /// @notice The value that an epoch is computed with: an execution counts from the next epoch.
    function parameterAt(bytes32 key, uint64 epoch) external view returns (uint256);

    /// @notice What is proposed, and from when it can be executed; zeros where nothing is.
    function proposedParameter(bytes32 key) external view returns (uint256 value, uint64 due);

    /// @notice Sets a parameter that never had a value, and that nothing relies on yet. By the admin, at once.
    function initializeParameter(bytes32 key, uint256 value) external;

    /// @notice Proposes a value in place of an earlier proposal; the delay ("DELAY", two days at first) begins. By the admin.
    function proposeParameter(bytes32 key, uint256 value) external;

    /// @notice Takes a proposal back. By the admin.
    function cancelParameter(bytes32 key) external;

    /// @notice Makes a proposal that is due the value. By anyone.
    function executeParameter(bytes32 key) external;
}
