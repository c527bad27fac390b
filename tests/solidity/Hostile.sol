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

interface IToken {
    function transferFrom(address from, address to, uint256 value) external returns (bool);
    function transfer(address to, uint256 value) external returns (bool);
}

/// A venue's adapter that answers questions as an honest one would, and swaps as it is told to: by taking what it may and giving less than it
/// says, by taking less, by calling back, or not at all.
contract HostileSwapper is Armed {
    uint256 public immutable depthIn;
    uint256 public immutable depthOut;
    uint256 public takes = 10_000;
    uint256 public says = 10_000;
    uint256 public gives = 10_000;

    constructor(uint256 depthIn_, uint256 depthOut_) {
        (depthIn, depthOut) = (depthIn_, depthOut_);
    }

    /// In 1/10,000 of what it was given, or would honestly give.
    function behave(uint256 takes_, uint256 says_, uint256 gives_) external {
        (takes, says, gives) = (takes_, says_, gives_);
    }

    function depth(address[] calldata) external view returns (uint256, uint256) {
        return (depthIn, depthOut);
    }

    function fees(address[] calldata route) external pure returns (uint16[] memory) {
        return new uint16[](route.length - 1);
    }

    function swap(address[] calldata route, uint256 amountIn, uint256, address to, uint64)
        external
        returns (uint256 amountOut)
    {
        strike();
        IToken(route[0]).transferFrom(msg.sender, address(this), amountIn * takes / 10_000);
        amountOut = amountIn * depthOut / depthIn;
        IToken(route[route.length - 1]).transfer(to, amountOut * gives / 10_000);
        return amountOut * says / 10_000;
    }
}
