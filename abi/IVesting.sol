// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title Vesting: linear from the start, released from the cliff on, frozen when it is opened.
/// @notice Nobody has power over it. Amounts in the token's smallest unit, times in seconds. Errors of the token are passed on.
interface IVesting is IEconomicsErrors {
    /// @notice `amount` of `token` vests to `beneficiary`: linearly over `length` seconds from `start`, released from `start + cliff` on.
    event VestingOpened(
        uint256 indexed id,
        address indexed token,
        address indexed beneficiary,
        uint256 amount,
        uint64 start,
        uint64 cliff,
        uint64 length
    );
    /// @notice `amount` was paid; `released` in all.
    event Released(uint256 indexed id, address indexed beneficiary, uint256 amount, uint256 released);
    /// @notice `account` may become the beneficiary.
    event BeneficiaryProposed(uint256 indexed id, address indexed account);
    /// @notice `account` is the beneficiary now.
    event BeneficiaryChanged(uint256 indexed id, address indexed previous, address indexed account);

    /// @notice There is no vesting with this id.
    error UnknownVesting();
    /// @notice Only the beneficiary may.
    error NotBeneficiary();
    /// @notice Only who was proposed as beneficiary may.
    error NotProposedBeneficiary();
    /// @notice Nothing has vested since the last release.
    error NothingToRelease();
    /// @notice A vesting of no tokens.
    error NothingToVest();
    /// @notice The zero address, where somebody has to be.
    error ZeroAddress();
    /// @notice The call came from within a call of this contract.
    error Reentered();
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

    /// @notice Opens a vesting of `amount` of `token`, which the caller has approved. Ids count from zero.
    function open(address token, address beneficiary, uint256 amount, uint64 start, uint64 cliff, uint64 length)
        external
        returns (uint256 id);

    /// @notice Pays the beneficiary what has vested and was not paid yet. By anyone.
    function release(uint256 id) external returns (uint256 amount);

    /// @notice Proposes another beneficiary, zero to take a proposal back. By the beneficiary.
    function proposeBeneficiary(uint256 id, address account) external;

    /// @notice Becomes the beneficiary. By who was proposed.
    function acceptBeneficiary(uint256 id) external;

    /// @notice How many vestings there are.
    function count() external view returns (uint256);

    /// @notice All of a vesting.
    function vesting(uint256 id)
        external
        view
        returns (
            address token,
            address beneficiary,
            address proposedBeneficiary,
            uint256 total,
            uint256 released,
            uint64 start,
            uint64 cliff,
            uint64 length
        );

    /// @notice What a release would pay now.
    function releasable(uint256 id) external view returns (uint256);

    /// @notice What has vested by a time, released or not.
    function vestedAt(uint256 id, uint64 time) external view returns (uint256);
}
