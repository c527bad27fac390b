// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IFomoERC20} from "./IFomoERC20.sol";

/// @title FLOCK for local chains: 18 decimals, burnable, minted to one holder at deployment.
/// @notice The constructor takes `(address holder, uint256 supply)`.
interface IFlock is IFomoERC20 {
    /// @notice Destroys `value` of the caller's tokens.
    function burn(uint256 value) external;

    /// @notice Destroys `value` of the tokens of `account` out of the caller's allowance.
    function burnFrom(address account, uint256 value) external;
}
