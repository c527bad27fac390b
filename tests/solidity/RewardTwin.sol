// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

interface IRegistry {
    function readMany(address mt, uint64 epoch, address[] calldata accounts) external view returns (uint256[] memory);
}

/// @title The hot paths of the reward distributor in Solidity, to compare gas with.
/// @notice The same slots are read and written, the same is checked, the same events are emitted. Products are of 256 bits, which is enough for
/// what the tests use and in Solidity's favour; it has no re-entrancy lock either. Not for use.
contract RewardTwin {
    using SafeERC20 for IERC20;

    struct Report {
        uint16 attempt;
        uint8 season;
        bool declared;
        bool voided;
        uint8 guardianVoids;
        uint64 completed;
        uint32 declaredRows;
        uint32 rows;
        uint32 batches;
        uint64 declaredSpend;
        uint64 spend;
        uint64 eligible;
        uint64 alpha;
        uint192 half;
        uint64 lambda;
        bytes32 lastKey;
        address lastAccount;
    }

    struct Day {
        uint128 globalScore;
        uint128 incentiveScore;
        uint64 spend;
        uint32 rows;
        uint128 mtPool;
        uint128 globalPool;
        uint128 reservedPool;
        uint128 flockLeft;
        uint128 mtLeft;
    }

    struct Scored {
        bytes rows;
        bytes spends;
        uint256 g;
        uint256 h;
        uint256 spend;
        address last;
    }

    struct Terms {
        uint256 total;
        uint256 alpha;
        uint256 lambda;
        uint256 half;
    }

    event BatchReported(
        uint64 indexed epoch,
        bytes32 indexed key,
        address indexed mt,
        uint16 attempt,
        uint32 index,
        uint64 spend,
        uint64 totalSpend,
        bytes rows,
        bytes spends
    );
    event ReportCompleted(
        uint64 indexed epoch, uint16 attempt, uint32 rows, uint64 spend, uint64 eligible, uint64 sealableAt
    );
    event BatchAccrued(
        uint64 indexed epoch,
        address indexed mt,
        uint32 index,
        uint256 flock,
        uint256 mtReward,
        uint256 flockLeft,
        uint256 mtLeft
    );
    event Claimed(address indexed account, address indexed token, address indexed by, uint256 amount);

    error EnforcedPause();
    error NotReporter();
    error NotDeclared();
    error BatchSizeInvalid();
    error BatchOutOfOrder();
    error RowsOutOfOrder();
    error TotalsExceeded();
    error EpochNotSealed();
    error UnknownBatch();
    error AlreadyAccrued();
    error RowsDiffer();

    uint256 private constant WAD = 1e18;
    uint256 private constant LISTED = 1 << 255;
    uint256 private constant LOW = (1 << 128) - 1;

    address private flock;
    uint64 private until;
    uint64 private next;
    uint256 private tokenCount;
    mapping(bytes32 => uint256) private parameters;
    mapping(address => uint256) private supported;
    mapping(uint256 => address) private tokens;
    mapping(address => uint256) private tokenNumber;
    mapping(uint256 => Report) private reports;
    mapping(uint256 => bytes32) private batches;
    mapping(address => mapping(uint256 => Day)) private days_;
    mapping(address => mapping(address => uint256)) private rewards;
    mapping(address => mapping(uint256 => uint256)) private earnedOn;

    constructor(address flock_, address registry, address reporter, address[] memory mts) {
        flock = flock_;
        parameters["REGISTRY"] = (1 << 192) | uint160(registry);
        parameters["REPORTER"] = (1 << 192) | uint160(reporter);
        for (uint256 i = 0; i < mts.length; ++i) {
            supported[mts[i]] = (1 << 192) | 1;
            tokens[i] = mts[i];
            tokenNumber[mts[i]] = i;
        }
        tokenCount = mts.length;
    }

    /// What declaring sets, without what it checks: not compared.
    function declare(uint64 epoch, uint32 rows, uint64 spend, uint64 alpha, uint64 lambda, uint192 half) external {
        Report storage report_ = reports[epoch];
        report_.declared = true;
        report_.season = 1;
        report_.declaredRows = rows;
        report_.declaredSpend = spend;
        report_.alpha = alpha;
        report_.lambda = lambda;
        report_.half = half;
    }

    /// What sealing sets, without how it is computed: not compared.
    function seal(uint64 epoch, address mt, uint128 globalPool, uint128 reservedPool, uint128 mtPool) external {
        Day storage day = days_[mt][_key(epoch, 0, 0)];
        (day.globalPool, day.reservedPool, day.mtPool) = (globalPool, reservedPool, mtPool);
        (day.flockLeft, day.mtLeft) = (globalPool + reservedPool, mtPool);
        next = epoch + 1;
    }

    function report(uint64 epoch, uint32 index, bytes32 key, bytes calldata rows) external {
        if (until > block.timestamp) revert EnforcedPause();
        if (address(uint160(parameters["REPORTER"])) != msg.sender) revert NotReporter();
        Report storage report_ = reports[epoch];
        if (epoch < next || !report_.declared) revert NotDeclared();
        if (rows.length == 0 || rows.length % 26 != 0 || rows.length > 256 * 26) revert BatchSizeInvalid();
        if (index != report_.batches) revert BatchOutOfOrder();
        address mt = address(uint160(uint256(key)));
        if (uint192(supported[mt]) != 1) mt = address(0);
        address after_ = key == report_.lastKey ? report_.lastAccount : address(0);
        Scored memory scored;
        scored.last = after_;
        _score(scored, report_, epoch, mt, rows);
        _add(report_, epoch, key, mt, uint32(rows.length / 26), scored);
        uint16 attempt = report_.attempt;
        batches[_key(epoch, attempt, index)] = _hash(epoch, attempt, index, mt, keccak256(scored.spends), scored.rows);
        emit BatchReported(
            epoch, key, mt, attempt, index, uint64(scored.spend), report_.spend, scored.rows, scored.spends
        );
        if (report_.rows == report_.declaredRows) _complete(report_, epoch);
    }

    function _complete(Report storage report_, uint64 epoch) private {
        report_.completed = uint64(block.timestamp);
        emit ReportCompleted(
            epoch, report_.attempt, report_.rows, report_.spend, report_.eligible, uint64(block.timestamp) + 12 hours
        );
    }

    function _score(Scored memory scored, Report storage report_, uint64 epoch, address mt, bytes calldata rows)
        private
        view
    {
        uint256 count = rows.length / 26;
        address[] memory accounts = new address[](count);
        address last = scored.last;
        for (uint256 i = 0; i < count; ++i) {
            uint256 word;
            assembly {
                word := calldataload(add(rows.offset, mul(i, 26)))
            }
            address account = address(uint160(word >> 96));
            if (account <= last) revert RowsOutOfOrder();
            last = account;
            accounts[i] = account;
        }
        scored.last = last;
        address registry = address(uint160(parameters["REGISTRY"]));
        uint256[] memory words = IRegistry(registry).readMany(mt, epoch, accounts);
        scored.rows = new bytes(count * 48);
        scored.spends = new bytes(count * 6);
        Terms memory terms = Terms(words[0], report_.alpha, report_.lambda, report_.half);
        for (uint256 i = 0; i < count; ++i) _row(scored, terms, i, accounts[i], words[i + 1], _spendAt(rows, i));
    }

    function _spendAt(bytes calldata rows, uint256 i) private pure returns (uint256 spend) {
        assembly {
            spend := and(shr(48, calldataload(add(rows.offset, mul(i, 26)))), 0xFFFFFFFFFFFF)
        }
    }

    function _row(Scored memory scored, Terms memory terms, uint256 i, address account, uint256 word, uint256 spend)
        private
        pure
    {
        (uint256 g, uint256 h) = _scores(spend, word, terms);
        _put(scored, i, uint160(account), spend, g, h);
    }

    function _put(Scored memory scored, uint256 i, uint256 account, uint256 spend, uint256 g, uint256 h) private pure {
        (bytes memory rows, bytes memory spends) = (scored.rows, scored.spends);
        assembly {
            let at := add(add(rows, 32), mul(i, 48))
            let end := mload(add(at, 48))
            mstore(at, shl(96, account))
            mstore(add(at, 20), shl(144, g))
            mstore(add(at, 34), or(shl(144, h), shr(112, end)))
            at := add(add(spends, 32), mul(i, 6))
            end := mload(add(at, 6))
            mstore(at, or(shl(208, spend), shr(48, end)))
        }
        scored.g += g;
        scored.h += h;
        scored.spend += spend;
    }

    function _scores(uint256 spend, uint256 word, Terms memory terms) private pure returns (uint256 g, uint256 h) {
        (uint256 total, uint256 alpha) = (terms.total, terms.alpha);
        uint256 stake = word >> 128;
        uint256 effective = word & LOW;
        uint256 m = WAD + effective * terms.lambda / (effective + terms.half);
        uint256 r = total == 0 ? 0 : Math.sqrt(stake * 1e36 / total);
        uint256 q = total == 0 ? 0 : stake * WAD / total;
        uint256 f = alpha + (WAD - alpha) * r / WAD;
        g = spend * f * m / WAD;
        h = spend * q * m / WAD;
    }

    function _add(
        Report storage report_,
        uint64 epoch,
        bytes32 key,
        address mt,
        uint32 count,
        Scored memory scored
    ) private {
        uint64 spend = report_.spend + uint64(scored.spend);
        if (report_.rows + count > report_.declaredRows || spend > report_.declaredSpend) revert TotalsExceeded();
        report_.rows += count;
        report_.spend = spend;
        report_.batches += 1;
        report_.lastKey = key;
        report_.lastAccount = scored.last;
        if (mt != address(0)) {
            report_.eligible += uint64(scored.spend);
            Day storage day = days_[mt][_key(epoch, report_.attempt, 0)];
            day.globalScore += uint128(scored.g);
            day.incentiveScore += uint128(scored.h);
            day.spend += uint64(scored.spend);
            day.rows += count;
        }
    }

    function accrue(uint64 epoch, uint32 index, address mt, bytes32 spends, bytes calldata rows) external {
        Report storage report_ = reports[epoch];
        if (epoch >= next || !report_.declared || report_.voided) revert EpochNotSealed();
        uint16 attempt = report_.attempt;
        if (index >= report_.batches) revert UnknownBatch();
        bytes32 hash = batches[_key(epoch, attempt, index)];
        if (hash == 0) revert AlreadyAccrued();
        if (hash != _hash(epoch, attempt, index, mt, spends, rows)) revert RowsDiffer();
        batches[_key(epoch, attempt, index)] = 0;
        Day storage day = days_[mt][_key(epoch, attempt, 0)];
        (uint256 flockPaid, uint256 mtPaid) = _pay(day, mt, rows);
        day.flockLeft -= uint128(flockPaid);
        day.mtLeft -= uint128(mtPaid);
        emit BatchAccrued(epoch, mt, index, flockPaid, mtPaid, day.flockLeft, day.mtLeft);
    }

    function _pay(Day storage day_, address mt, bytes calldata rows) private returns (uint256 flockPaid, uint256 mtPaid) {
        Day memory day = day_;
        uint256 number = tokenNumber[mt];
        mapping(address => uint256) storage ofToken = rewards[mt];
        for (uint256 i = 0; i < rows.length; i += 48) {
            uint256 account;
            uint256 g;
            uint256 h;
            assembly {
                let at := add(rows.offset, i)
                account := shr(96, calldataload(at))
                g := shr(144, calldataload(add(at, 20)))
                h := shr(144, calldataload(add(at, 34)))
            }
            uint256 flockOf = _share(day.globalPool, g, day.globalScore) + _share(day.reservedPool, h, day.incentiveScore);
            uint256 mtOf = _share(day.mtPool, h, day.incentiveScore);
            if (flockOf == 0 && mtOf == 0) continue;
            uint256 slot = ofToken[address(uint160(account))];
            if (slot & LISTED == 0) earnedOn[address(uint160(account))][number >> 8] |= 1 << (number & 255);
            uint256 flockSum = (slot & LOW) + flockOf;
            uint256 mtSum = ((slot & ~LISTED) >> 128) + mtOf;
            ofToken[address(uint160(account))] = LISTED | (mtSum << 128) | flockSum;
            flockPaid += flockOf;
            mtPaid += mtOf;
        }
    }

    function _share(uint256 pool, uint256 part, uint256 total) private pure returns (uint256) {
        return pool == 0 || part == 0 ? 0 : pool * part / total;
    }

    function claim(address account) external returns (uint256 flockOwed) {
        uint256 count = tokenCount;
        address[] memory mts = new address[](count);
        uint256[] memory owed = new uint256[](count);
        uint256 found = 0;
        for (uint256 word = 0; word <= count >> 8; ++word) {
            uint256 bits = earnedOn[account][word];
            for (uint256 bit = 0; bits != 0; ++bit) {
                if (bits & 1 == 1) {
                    address mt = tokens[(word << 8) | bit];
                    uint256 slot = rewards[mt][account];
                    flockOwed += slot & LOW;
                    (mts[found], owed[found]) = (mt, (slot & ~LISTED) >> 128);
                    ++found;
                    rewards[mt][account] = LISTED;
                }
                bits >>= 1;
            }
        }
        _payOut(account, flock, flockOwed);
        for (uint256 i = 0; i < found; ++i) _payOut(account, mts[i], owed[i]);
    }

    function _payOut(address account, address token, uint256 amount) private {
        if (amount == 0) return;
        emit Claimed(account, token, msg.sender, amount);
        IERC20(token).safeTransfer(account, amount);
    }

    function _key(uint64 epoch, uint16 attempt, uint32 index) private pure returns (uint256) {
        return (uint256(epoch) << 128) | (uint256(attempt) << 64) | index;
    }

    function _hash(uint64 epoch, uint16 attempt, uint32 index, address mt, bytes32 spends, bytes memory rows)
        private
        view
        returns (bytes32)
    {
        return keccak256(
            abi.encodePacked(
                block.chainid,
                uint256(uint160(address(this))),
                uint256(epoch),
                uint256(attempt),
                uint256(index),
                uint256(uint160(mt)),
                spends,
                rows
            )
        );
    }
}

/// @title Several calls in one transaction, as any multicall makes them.
contract Several {
    function run(address to, bytes[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = to.call(calls[i]);
            require(ok, "refused");
        }
    }
}
