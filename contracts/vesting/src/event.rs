//! What the contract tells the outside.

use alloy_sol_types::sol;

sol! {
    /// `amount` of `token` vests to `beneficiary`: linearly over `length` seconds from `start`, released from `start + cliff` on.
    event VestingOpened(
        uint256 indexed id, address indexed token, address indexed beneficiary, uint256 amount, uint64 start, uint64 cliff,
        uint64 length
    );
    /// `amount` was paid; `released` in all.
    event Released(uint256 indexed id, address indexed beneficiary, uint256 amount, uint256 released);
    /// `account` may become the beneficiary.
    event BeneficiaryProposed(uint256 indexed id, address indexed account);
    /// `account` is the beneficiary now.
    event BeneficiaryChanged(uint256 indexed id, address indexed previous, address indexed account);
}
