// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

/// The hot paths of the launchpad as a careful author would write them in Solidity: the same ledgers in as many slots, the same checks, the same
/// events, the same arithmetic. To be compared with in gas, and for nothing else: it has no factory and graduates nothing.
contract LaunchpadTwin is ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    struct Sale {
        // slot 0
        uint64 start;
        uint32 duration;
        uint16 protocolFee;
        uint16 issuerFee;
        uint16 phi;
        bool surcharge;
        bool graduated;
        uint96 max;
        // slot 1
        uint128 reserveMt;
        uint128 reserveFlock;
        // slot 2
        uint128 protocolFees;
        uint128 issuerFees;
        // slot 3
        uint128 surcharges;
        uint128 bundledMt;
        // slot 4
        uint128 min;
        uint64 filledAt;
    }

    struct Position {
        uint128 paid;
        uint128 mt;
    }

    uint256 private constant BPS = 10_000;
    uint256 private constant SALE = 400_000e18;
    uint256 private constant LIQUIDITY = 200_000e18;

    IERC20 private immutable FLOCK;
    uint64 public pausedUntil;
    mapping(address => Sale) private sales;
    mapping(address => mapping(address => Position)) private positions;

    event Purchased(
        address indexed token,
        address indexed buyer,
        uint256 flockIn,
        uint256 netUsed,
        uint256 mtAllocated,
        uint256 protocolFee,
        uint256 creatorFee,
        uint256 antiSniperFee
    );
    event SaleUpdated(
        address indexed token, uint256 raised, uint256 sold, uint256 protocolFees, uint256 creatorFees
    );
    event RaiseFilled(address indexed token, uint256 raised);
    event SaleClaimed(address indexed token, address indexed buyer, uint256 amount);
    event Refunded(address indexed token, address indexed buyer, uint256 amount);

    error EnforcedPause();
    error DeadlinePassed();
    error UnknownLaunch();
    error NotRaising();
    error NothingBought();
    error SoldOut();
    error OverTarget();
    error AboveMaximumIn();
    error BelowMinimumOut();
    error NotGraduated();
    error NotFailed();
    error NothingToClaim();

    constructor(IERC20 flock) {
        FLOCK = flock;
    }

    function open(address token, uint96 min, uint96 max, bool surcharge) external {
        (uint256 x0, uint256 y0) = opening(max, 10_000);
        sales[token] = Sale({
            start: uint64(block.timestamp),
            duration: 7 days,
            protocolFee: 100,
            issuerFee: 50,
            phi: 10_000,
            surcharge: surcharge,
            graduated: false,
            max: max,
            reserveMt: uint128(x0),
            reserveFlock: uint128(y0),
            protocolFees: 0,
            issuerFees: 0,
            surcharges: 0,
            bundledMt: 0,
            min: min,
            filledAt: 0
        });
    }

    function graduated(address token) external {
        sales[token].graduated = true;
    }

    function opening(uint256 max, uint256 phi) public pure returns (uint256 x0, uint256 y0) {
        uint256 scaled = phi * SALE;
        x0 = Math.mulDiv(scaled, SALE, scaled - BPS * LIQUIDITY, Math.Rounding.Ceil);
        y0 = Math.mulDiv(max, x0 - SALE, SALE, Math.Rounding.Ceil);
    }

    struct Purchase {
        uint256 flockIn;
        uint256 net;
        uint256 mt;
        uint256 protocolFee;
        uint256 issuerFee;
        uint256 surcharge;
    }

    function roomOf(Sale memory sale) private pure returns (uint256 room) {
        (, uint256 y0) = opening(sale.max, sale.phi);
        room = sale.max - (sale.reserveFlock - y0);
        if (room == 0) revert SoldOut();
    }

    function quoteExact(Sale memory sale, uint256 mt, uint256 tax) internal pure returns (Purchase memory p) {
        uint256 room = roomOf(sale);
        if (mt == 0) revert NothingBought();
        if (mt > SALE) revert OverTarget();
        p.net = Math.mulDiv(sale.reserveFlock, mt, sale.reserveMt - mt, Math.Rounding.Ceil);
        if (p.net > room) revert OverTarget();
        p.flockIn = Math.mulDiv(p.net, BPS, BPS - tax, Math.Rounding.Ceil);
        fill(sale, p);
    }

    function quote(Sale memory sale, uint256 offered, uint256 tax) internal pure returns (Purchase memory p) {
        uint256 room = roomOf(sale);
        p.net = Math.mulDiv(offered, BPS - tax, BPS);
        p.flockIn = offered;
        if (p.net >= room) {
            p.net = room;
            p.flockIn = Math.mulDiv(room, BPS, BPS - tax, Math.Rounding.Ceil);
        }
        fill(sale, p);
        if (p.mt == 0 && p.net < room) revert NothingBought();
    }

    function fill(Sale memory sale, Purchase memory p) private pure {
        p.mt = Math.mulDiv(sale.reserveMt, p.net, sale.reserveFlock + p.net);
        uint256 fee = Math.mulDiv(p.flockIn, uint256(sale.protocolFee) + sale.issuerFee, BPS, Math.Rounding.Ceil);
        p.protocolFee = Math.mulDiv(p.flockIn, sale.protocolFee, BPS, Math.Rounding.Ceil);
        p.issuerFee = fee - p.protocolFee;
        p.surcharge = p.flockIn - p.net - fee;
    }

    function taxOf(Sale memory sale) internal view returns (uint256 tax) {
        tax = uint256(sale.protocolFee) + sale.issuerFee;
        if (sale.surcharge) {
            uint256 off = (block.timestamp - sale.start) / 60 * 100;
            uint256 sniper = off < 9_900 ? 9_900 - off : 0;
            if (sniper > tax) tax = sniper;
        }
    }

    function buy(address token, uint256 offered, uint256 minOut, uint64 deadline)
        external
        nonReentrant
        returns (uint256, uint256)
    {
        if (block.timestamp > deadline) revert DeadlinePassed();
        (Sale storage stored, Sale memory sale) = load(token);
        Purchase memory p = quote(sale, offered, taxOf(sale));
        (uint256 gotHigh, uint256 gotLow) = mul512(p.mt, offered);
        (uint256 askedHigh, uint256 askedLow) = mul512(minOut, p.flockIn);
        if (gotHigh < askedHigh || (gotHigh == askedHigh && gotLow < askedLow)) revert BelowMinimumOut();
        book(token, stored, sale, p);
        FLOCK.safeTransferFrom(msg.sender, address(this), p.flockIn);
        return (p.flockIn, p.mt);
    }

    function buyExact(address token, uint256 mt, uint256 maxIn, uint64 deadline)
        external
        nonReentrant
        returns (uint256, uint256)
    {
        if (block.timestamp > deadline) revert DeadlinePassed();
        (Sale storage stored, Sale memory sale) = load(token);
        Purchase memory p = quoteExact(sale, mt, taxOf(sale));
        if (p.flockIn > maxIn) revert AboveMaximumIn();
        book(token, stored, sale, p);
        FLOCK.safeTransferFrom(msg.sender, address(this), p.flockIn);
        return (p.flockIn, p.mt);
    }

    /// The slots that a buy needs, once each.
    function load(address token) private view returns (Sale storage stored, Sale memory sale) {
        if (pausedUntil > block.timestamp) revert EnforcedPause();
        stored = sales[token];
        (sale.start, sale.duration, sale.protocolFee, sale.issuerFee) =
            (stored.start, stored.duration, stored.protocolFee, stored.issuerFee);
        (sale.phi, sale.surcharge, sale.graduated, sale.max) =
            (stored.phi, stored.surcharge, stored.graduated, stored.max);
        if (sale.start == 0) revert UnknownLaunch();
        if (sale.graduated || block.timestamp < sale.start || block.timestamp - sale.start >= sale.duration) {
            revert NotRaising();
        }
        (sale.reserveMt, sale.reserveFlock) = (stored.reserveMt, stored.reserveFlock);
    }

    function book(address token, Sale storage stored, Sale memory sale, Purchase memory p) private {
        (stored.reserveMt, stored.reserveFlock) =
            (uint128(sale.reserveMt - p.mt), uint128(sale.reserveFlock + p.net));
        (uint256 protocolFees, uint256 issuerFees) =
            (stored.protocolFees + p.protocolFee, stored.issuerFees + p.issuerFee);
        (stored.protocolFees, stored.issuerFees) = (uint128(protocolFees), uint128(issuerFees));
        if (p.surcharge > 0) stored.surcharges += uint128(p.surcharge);
        (uint256 x0, uint256 y0) = opening(sale.max, sale.phi);
        uint256 raised = sale.reserveFlock + p.net - y0;
        bool filled = raised == sale.max;
        if (filled) stored.filledAt = uint64(block.timestamp);
        Position storage position = positions[token][msg.sender];
        (position.paid, position.mt) = (uint128(position.paid + p.flockIn), uint128(position.mt + p.mt));
        emit Purchased(token, msg.sender, p.flockIn, p.net, p.mt, p.protocolFee, p.issuerFee, p.surcharge);
        emit SaleUpdated(token, raised, x0 - (sale.reserveMt - p.mt), protocolFees, issuerFees);
        if (filled) emit RaiseFilled(token, sale.max);
    }

    function mul512(uint256 a, uint256 b) private pure returns (uint256 high, uint256 low) {
        unchecked {
            uint256 mm = mulmod(a, b, type(uint256).max);
            low = a * b;
            high = mm - low - (mm < low ? 1 : 0);
        }
    }

    function quoteBuy(address token, uint256 offered) external view returns (Purchase memory) {
        (, Sale memory sale) = load(token);
        return quote(sale, offered, taxOf(sale));
    }

    function claim(address token) external nonReentrant returns (uint256 amount) {
        Sale storage sale = sales[token];
        if (sale.start == 0) revert UnknownLaunch();
        if (!sale.graduated) revert NotGraduated();
        amount = positions[token][msg.sender].mt;
        if (amount == 0) revert NothingToClaim();
        delete positions[token][msg.sender];
        emit SaleClaimed(token, msg.sender, amount);
        IERC20(token).safeTransfer(msg.sender, amount);
    }

    function failed(Sale storage sale) private view returns (bool) {
        if (sale.graduated || block.timestamp < sale.start) return false;
        uint256 succeededAt = sale.filledAt;
        if (succeededAt == 0) {
            if (pausedUntil > block.timestamp || block.timestamp - sale.start < sale.duration) return false;
            (, uint256 y0) = opening(sale.max, sale.phi);
            if (sale.reserveFlock - y0 < sale.min) return true;
            succeededAt = sale.start + sale.duration;
        }
        return block.timestamp >= succeededAt + 30 days;
    }

    function refund(address token) external nonReentrant returns (uint256 amount) {
        Sale storage sale = sales[token];
        if (sale.start == 0) revert UnknownLaunch();
        if (!failed(sale)) revert NotFailed();
        amount = positions[token][msg.sender].paid;
        if (amount == 0) revert NothingToClaim();
        delete positions[token][msg.sender];
        emit Refunded(token, msg.sender, amount);
        FLOCK.safeTransfer(msg.sender, amount);
    }
}
