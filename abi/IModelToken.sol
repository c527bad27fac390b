// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IFomoERC20} from "./IFomoERC20.sol";

/// @title The Model Token (MT): the fixed supply of 1,000,000 of one model deployment.
/// @notice An ERC-1167 clone of one implementation, initialised by its factory in the transaction that makes it.
/// Nobody owns it: there is no minting afterwards, no pause, no upgrade. 18 decimals.
interface IModelToken is IFomoERC20 {
    /// @notice The token was initialised, and its whole supply minted to `holder`.
    event ModelTokenInitialized(
        address indexed factory,
        address indexed issuer,
        bytes32 indexed launchId,
        bytes32 modelId,
        address holder,
        string name,
        string symbol,
        string metadataUri
    );

    /// @notice It has been initialised before, or is the implementation.
    error AlreadyInitialized();
    /// @notice The issuer is the zero address.
    error InvalidIssuer(address issuer);
    /// @notice Name or symbol has over 31 bytes.
    error TextTooLong();

    /// @notice Makes the clone a token; works once. The caller becomes its factory.
    /// @param issuer Who launched it; not zero.
    /// @param launchId The launch that it comes from: the salt of its address.
    /// @param modelId The platform's identifier of its model.
    /// @param holder Who gets the whole supply; not zero.
    /// @param name Up to 31 bytes.
    /// @param symbol Up to 31 bytes.
    /// @param metadataUri Where its description is; may be empty.
    function initialize(
        address issuer,
        bytes32 launchId,
        bytes32 modelId,
        address holder,
        string calldata name,
        string calldata symbol,
        string calldata metadataUri
    ) external;

    /// @notice Destroys `value` of the caller's tokens.
    function burn(uint256 value) external;

    /// @notice Destroys `value` of the tokens of `account` out of the caller's allowance.
    function burnFrom(address account, uint256 value) external;

    /// @notice The domain that permits are signed for (EIP-5267): the token's own name, version "1".
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );

    /// @notice Who initialised it: its launchpad. Zero for an address that is no token yet.
    function factory() external view returns (address);

    /// @notice Who launched it.
    function issuer() external view returns (address);

    /// @notice The launch that it comes from.
    function launchId() external view returns (bytes32);

    /// @notice The platform's identifier of its model.
    function modelId() external view returns (bytes32);

    /// @notice Where its description is.
    function metadataURI() external view returns (string memory);
}
