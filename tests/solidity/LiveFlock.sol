// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// FLOCK with the habits of the live token: 18 decimals, senders can be blacklisted, nobody can burn, no permits.
contract LiveFlock is ERC20 {
    address public immutable owner = msg.sender;
    mapping(address => bool) public blacklisted;

    error Blacklisted(address account);

    constructor(address holder, uint256 supply) ERC20("FLock.io", "FLOCK") {
        _mint(holder, supply);
    }

    function setBlacklisted(address account, bool listed) external {
        require(msg.sender == owner, "not the owner");
        blacklisted[account] = listed;
    }

    function _update(address from, address to, uint256 value) internal override {
        if (blacklisted[from]) revert Blacklisted(from);
        super._update(from, to, value);
    }
}
