// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// What the attacks of these tests have in common: calls that are made from within a call of the victim, and what came of each.
abstract contract Armed {
    address public target;
    bytes[] public calls;
    bytes[] public answers;
    bool[] public worked;

    function arm(address target_, bytes[] calldata calls_) external {
        target = target_;
        delete calls;
        for (uint256 i = 0; i < calls_.length; i++) calls.push(calls_[i]);
        delete answers;
        delete worked;
    }

    function strike() internal {
        bytes[] memory ammunition = calls;
        delete calls;
        for (uint256 i = 0; i < ammunition.length; i++) {
            (bool ok, bytes memory answer) = target.call(ammunition[i]);
            worked.push(ok);
            answers.push(answer);
        }
    }

    function struck() external view returns (bool[] memory, bytes[] memory) {
        return (worked, answers);
    }
}

/// A token that calls back in the middle of every transfer.
contract HostileToken is ERC20, Armed {
    constructor(address holder, uint256 supply) ERC20("Hostile", "HOST") {
        _mint(holder, supply);
    }

    function _update(address from, address to, uint256 value) internal override {
        strike();
        super._update(from, to, value);
    }
}

/// A venue's adapter that calls back instead of seeding.
contract HostileAdapter is Armed {
    function seed(address, address, uint256, uint256) external returns (address, uint256) {
        strike();
        return (address(this), 1);
    }
}

/// A factory whose only pool calls back in every call that changes something.
contract HostileVenue is Armed {
    address public token0;

    constructor(address token0_) {
        token0 = token0_;
    }

    function getPair(address, address) external view returns (address) {
        return address(this);
    }

    function getReserves() external pure returns (uint256, uint256, uint256) {
        return (1e18, 1e18, 0);
    }

    function mint(address) external returns (uint256) {
        strike();
        return 1;
    }

    function swap(uint256, uint256, address, bytes calldata) external {
        strike();
    }
}
