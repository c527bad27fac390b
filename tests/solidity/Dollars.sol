// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// A dollar as the oldest one is: no return values, an allowance that has to be zero before it is set, a blacklist of holders.
contract OldDollar {
    string public constant name = "Old Dollar";
    string public constant symbol = "OUSD";
    uint8 public immutable decimals;
    address public immutable owner = msg.sender;
    uint256 public immutable totalSupply;
    mapping(address => uint256) public balanceOf;
    mapping(address => mapping(address => uint256)) public allowance;
    mapping(address => bool) public blacklisted;

    error Blacklisted(address account);

    constructor(address holder, uint256 supply, uint8 decimals_) {
        (decimals, totalSupply, balanceOf[holder]) = (decimals_, supply, supply);
    }

    function setBlacklisted(address account, bool listed) external {
        require(msg.sender == owner, "not the owner");
        blacklisted[account] = listed;
    }

    function approve(address spender, uint256 value) external {
        require(value == 0 || allowance[msg.sender][spender] == 0, "allowance is not zero");
        allowance[msg.sender][spender] = value;
    }

    function transfer(address to, uint256 value) external {
        _move(msg.sender, to, value);
    }

    function transferFrom(address from, address to, uint256 value) external {
        allowance[from][msg.sender] -= value;
        _move(from, to, value);
    }

    function _move(address from, address to, uint256 value) private {
        if (blacklisted[from]) revert Blacklisted(from);
        if (blacklisted[to]) revert Blacklisted(to);
        balanceOf[from] -= value;
        balanceOf[to] += value;
    }
}

/// A dollar that takes one hundredth of every transfer.
contract FeeDollar is ERC20 {
    constructor(address holder, uint256 supply) ERC20("Fee Dollar", "FUSD") {
        _mint(holder, supply);
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (from != address(0) && to != address(0)) super._update(to, address(0), value / 100);
    }
}

/// A dollar whose balances are all multiplied at once.
contract RebasingDollar {
    uint256 public factor = 1000;
    mapping(address => uint256) private shares;
    mapping(address => mapping(address => uint256)) public allowance;

    constructor(address holder, uint256 supply) {
        shares[holder] = supply;
    }

    function rebase(uint256 factor_) external {
        factor = factor_;
    }

    function balanceOf(address account) public view returns (uint256) {
        return shares[account] * factor / 1000;
    }

    function approve(address spender, uint256 value) external returns (bool) {
        allowance[msg.sender][spender] = value;
        return true;
    }

    function transferFrom(address from, address to, uint256 value) external returns (bool) {
        allowance[from][msg.sender] -= value;
        uint256 moved = value * 1000 / factor;
        shares[from] -= moved;
        shares[to] += moved;
        return true;
    }
}
