// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

interface ILaunches {
    function isModelToken(address token) external view returns (bool);
    function state(address token) external view returns (uint8);
}

/// @title Settlement and claims of the revenue splitter in Solidity, to compare gas with.
/// @notice The same slots are read and written, the same is checked, the same contracts are asked, the same events are emitted. It has no
/// re-entrancy lock, which the Stylus contract has for free: that is in Solidity's favour. Not for use.
contract RevenueSplitterTwin {
    using SafeERC20 for IERC20;

    struct Totals {
        uint256 all;
        uint256 treasury;
        uint256 flockBuyback;
    }

    struct Ledger {
        uint256 compute;
        uint256 mtBuyback;
        uint256 issuer;
        uint256 shared;
    }

    struct Settlement {
        address asset;
        uint64 at;
        uint256 amounts;
    }

    struct Checkpoints {
        uint256 newest;
        uint256 count;
        mapping(uint256 => uint256) older;
    }

    struct Buckets {
        uint256 flockBuyback;
        uint256 treasury;
        uint256 mtBuyback;
        uint256 issuer;
    }

    event Settled(
        address indexed token,
        bytes32 indexed period,
        address indexed asset,
        address settler,
        uint256 gross,
        uint256 compute,
        Buckets buckets
    );
    event Credited(address indexed token, address indexed asset, uint256 compute, Buckets credited);
    event TreasuryClaimed(address indexed asset, address indexed payee, uint256 amount, uint256 total);

    error Paused();
    error Unauthorized();
    error ZeroAmount();
    error AssetNotAccepted();
    error PeriodSettled();
    error UnknownLaunch();
    error ComputeOverLimit();
    error BalanceBelowLedger();
    error TransferDiffers();
    error TooLarge();
    error NothingToClaim();

    uint256 private constant MASK = type(uint128).max;
    uint256 private constant VALUE = (1 << 192) - 1;

    address private flock;
    uint64 private until;
    address private launchpad;
    mapping(bytes32 => address) private roles;
    mapping(bytes32 => Checkpoints) private parameters;
    mapping(address => Totals) private totals;
    mapping(address => mapping(address => Ledger)) private ledgers;
    mapping(address => mapping(bytes32 => Settlement)) private settlements;

    constructor(address flock_, address launchpad_, address settler, address treasury, address asset) {
        (flock, launchpad) = (flock_, launchpad_);
        roles["SETTLER"] = settler;
        parameters["COMPUTE_LIMIT"].newest = (1 << 192) | 9_000;
        parameters["TREASURY"].newest = (1 << 192) | uint160(treasury);
        parameters[_key("ASST", asset)].newest = (1 << 192) | 1;
    }

    function settle(address token, bytes32 period, address asset, uint256 gross, uint256 compute)
        external
        returns (uint256, uint256, uint256, uint256, uint256)
    {
        if (until > block.timestamp) revert Paused();
        if (roles["SETTLER"] != msg.sender) revert Unauthorized();
        if (gross == 0) revert ZeroAmount();
        if (asset == flock || _parameter(_key("ASST", asset)) != 1) revert AssetNotAccepted();
        if (settlements[token][period].at != 0) revert PeriodSettled();
        if (!ILaunches(launchpad).isModelToken(token) && ILaunches(launchpad).state(token) == 0) revert UnknownLaunch();
        Buckets memory buckets = _split(gross, compute);
        uint256 before = IERC20(asset).balanceOf(address(this));
        uint256 all = totals[asset].all;
        if (before < (all & MASK) - (all >> 128)) revert BalanceBelowLedger();
        settlements[token][period] = Settlement(asset, uint64(block.timestamp), _pair(gross, compute));
        _credit(token, asset, gross, compute, buckets);
        emit Settled(token, period, asset, msg.sender, gross, compute, buckets);
        IERC20(asset).safeTransferFrom(msg.sender, address(this), gross);
        if (IERC20(asset).balanceOf(address(this)) - before != gross) revert TransferDiffers();
        return (compute, buckets.flockBuyback, buckets.treasury, buckets.mtBuyback, buckets.issuer);
    }

    function claimTreasury(address asset) external returns (uint256 amount) {
        address payee = address(uint160(_parameter("TREASURY")));
        uint256 bucket = totals[asset].treasury;
        uint256 credited = bucket & MASK;
        amount = credited - (bucket >> 128);
        if (amount == 0) revert NothingToClaim();
        totals[asset].treasury = _pair(credited, credited);
        totals[asset].all = _add(totals[asset].all, 0, amount);
        emit TreasuryClaimed(asset, payee, amount, credited);
        IERC20(asset).safeTransfer(payee, amount);
    }

    function _split(uint256 gross, uint256 compute) private view returns (Buckets memory buckets) {
        if (compute > Math.mulDiv(gross, _parameter("COMPUTE_LIMIT"), 10_000)) revert ComputeOverLimit();
        uint256 net = gross - compute;
        buckets.flockBuyback = Math.mulDiv(net, 3_000, 10_000);
        buckets.mtBuyback = Math.mulDiv(net, 3_000, 10_000);
        buckets.issuer = Math.mulDiv(net, 1_000, 10_000);
        buckets.treasury = net - buckets.flockBuyback - buckets.mtBuyback - buckets.issuer;
    }

    function _credit(address token, address asset, uint256 gross, uint256 compute, Buckets memory buckets) private {
        Totals storage total = totals[asset];
        total.all = _add(total.all, gross, 0);
        total.treasury = _add(total.treasury, buckets.treasury, 0);
        total.flockBuyback = _add(total.flockBuyback, buckets.flockBuyback, 0);
        Ledger storage ledger = ledgers[token][asset];
        uint256 computes = ledger.compute = _add(ledger.compute, compute, 0);
        Buckets memory credited;
        credited.mtBuyback = (ledger.mtBuyback = _add(ledger.mtBuyback, buckets.mtBuyback, 0)) & MASK;
        credited.issuer = (ledger.issuer = _add(ledger.issuer, buckets.issuer, 0)) & MASK;
        uint256 shared = ledger.shared = _add(ledger.shared, buckets.flockBuyback, buckets.treasury);
        (credited.flockBuyback, credited.treasury) = (shared & MASK, shared >> 128);
        emit Credited(token, asset, computes & MASK, credited);
    }

    function _add(uint256 pair, uint256 first, uint256 second) private pure returns (uint256) {
        return _pair((pair & MASK) + first, (pair >> 128) + second);
    }

    function _pair(uint256 first, uint256 second) private pure returns (uint256) {
        if (first > MASK || second > MASK) revert TooLarge();
        return first | (second << 128);
    }

    function _parameter(bytes32 key) private view returns (uint256) {
        return parameters[key].newest & VALUE;
    }

    function _key(bytes4 tag, address of_) private pure returns (bytes32) {
        return tag | (keccak256(abi.encode(of_)) & bytes32(uint256(type(uint224).max)));
    }
}
