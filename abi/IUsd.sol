// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IFomoERC20} from "./IFomoERC20.sol";

/// @title A dollar of 6 decimals for local chains, minted by its owner.
/// @notice The constructor takes `(address owner)`.
interface IUsd is IFomoERC20 {
    /// @notice `new_owner` mints from now on. Emitted once, at deployment.
    event OwnershipTransferred(address indexed previous_owner, address indexed new_owner);

    /// @notice Only the owner mints.
    error OwnableUnauthorizedAccount(address account);
    /// @notice The owner is the zero address.
    error OwnableInvalidOwner(address owner);
    /// @notice The supply would exceed what a number holds.
    error SupplyOverflow();

    /// @notice Mints `value`, in millionths of a dollar, to `to`.
    function mint(address to, uint256 value) external;

    /// @notice Who mints.
    function owner() external view returns (address);
}
