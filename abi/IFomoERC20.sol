// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title What every token of the suite answers to: ERC-20 with metadata and EIP-2612 permits.
/// @notice Errors are those of OpenZeppelin (ERC-6093).
interface IFomoERC20 {
    /// @notice `value` moved from `from` to `to`; minted where `from` is zero, burned where `to` is zero.
    event Transfer(address indexed from, address indexed to, uint256 value);
    /// @notice `spender` may spend `value` of the tokens of `owner`.
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// @notice `sender` has `balance` and needs `needed`.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);
    /// @notice The zero address cannot send.
    error ERC20InvalidSender(address sender);
    /// @notice The zero address cannot receive.
    error ERC20InvalidReceiver(address receiver);
    /// @notice `spender` may spend `allowance` and needs `needed`.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);
    /// @notice The zero address cannot be approved.
    error ERC20InvalidSpender(address spender);
    /// @notice The zero address cannot approve.
    error ERC20InvalidApprover(address approver);
    /// @notice The permit was valid until `deadline`.
    error ERC2612ExpiredSignature(uint256 deadline);
    /// @notice The permit of `owner` was signed by `signer`.
    error ERC2612InvalidSigner(address signer, address owner);
    /// @notice The signature recovers to nobody.
    error ECDSAInvalidSignature();
    /// @notice The signature's `s` is in the upper half, which would allow a second one.
    error ECDSAInvalidSignatureS(bytes32 s);

    function name() external view returns (string memory);

    function symbol() external view returns (string memory);

    /// @notice Decimals of an amount shown to people.
    function decimals() external view returns (uint8);

    /// @notice All tokens there are, in the smallest unit.
    function totalSupply() external view returns (uint256);

    /// @notice Tokens of `account`, in the smallest unit.
    function balanceOf(address account) external view returns (uint256);

    /// @notice Moves `value` to `to`.
    function transfer(address to, uint256 value) external returns (bool);

    /// @notice What `spender` may still spend for `owner`.
    function allowance(address owner, address spender) external view returns (uint256);

    /// @notice Lets `spender` spend `value`, in place of what it could before.
    function approve(address spender, uint256 value) external returns (bool);

    /// @notice Moves `value` out of the caller's allowance; the highest value is an allowance without end.
    function transferFrom(address from, address to, uint256 value) external returns (bool);

    /// @notice Number of permits of `owner` used so far.
    function nonces(address owner) external view returns (uint256);

    /// @notice The EIP-712 domain of permits.
    // solhint-disable-next-line func-name-mixedcase
    function DOMAIN_SEPARATOR() external view returns (bytes32);

    /// @notice Approves by a signature of `owner` (EIP-2612), valid to the second of `deadline`.
    function permit(
        address owner,
        address spender,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external;
}
