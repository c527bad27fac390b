// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title The hot paths of the stake registry in Solidity, to compare gas with.
/// @notice The same slots are read and written, the same is checked, the same events are emitted. It has no re-entrancy lock, which the
/// Stylus contract has for free: that is in Solidity's favour. Not for use.
contract StakeRegistryTwin {
    using SafeERC20 for IERC20;

    struct History {
        uint256 newest; // stake 80, time 36, count 24, accrued 116
        mapping(uint256 => uint256) older;
    }

    struct Staker {
        History history;
        uint256[4] requests; // two in each: amount 92, due 36
    }

    struct Token {
        uint256 state; // registration 128, held 128
        History total;
        mapping(address => Staker) stakers;
    }

    struct Book {
        uint256 newest; // gm 92, unlock 36, since 36, taken 16, index 24, beforeDay 24, serials 28
        mapping(uint256 => uint256) older;
        mapping(uint256 => uint256) pages;
        uint256[16] open; // amount 96, serial 32, gm 92, unlock 36
    }

    struct Checkpoints {
        uint256 newest;
        uint256 count;
        mapping(uint256 => uint256) older;
    }

    event Staked(
        address indexed account,
        address indexed token,
        address indexed payer,
        uint256 amount,
        uint256 stake,
        uint256 totalStake,
        uint256 held
    );
    event UnstakeRequested(
        address indexed account, address indexed token, uint256 amount, uint64 due, uint256 stake, uint256 totalStake
    );
    event Withdrawn(address indexed account, address indexed token, uint256 amount, uint256 waiting, uint256 held);
    event LockOpened(
        address indexed account,
        uint256 indexed id,
        address indexed payer,
        uint256 amount,
        uint256 gm,
        uint64 unlock,
        uint256 totalLocked
    );

    error Paused();
    error ZeroAmount();
    error TooLarge();
    error TokenNotRegistered();
    error InsufficientStake();
    error TooManyRequests();
    error NothingToWithdraw();
    error NotOperator();
    error LockPeriodOutOfRange();
    error TooManyLocks();
    error ParameterUnset();

    uint256 private constant MASK36 = (1 << 36) - 1;
    uint256 private constant MASK92 = (1 << 92) - 1;
    uint256 private constant MASK116 = (1 << 116) - 1;
    uint256 private constant MASK128 = (1 << 128) - 1;
    uint256 private constant VALUE = (1 << 192) - 1;

    address private flock;
    uint64 private until;
    uint256 private totalLocked;
    mapping(bytes32 => Checkpoints) private parameters;
    mapping(address => Token) private tokens;
    mapping(address => Book) private books;
    mapping(address => mapping(address => bool)) private operators;

    constructor(address flock_, address[] memory mts) {
        flock = flock_;
        parameters["COOLDOWN"].newest = (1 << 192) | 1 days;
        parameters["EPSILON"].newest = (1 << 192) | 2.19e18;
        for (uint256 i = 0; i < mts.length; ++i) tokens[mts[i]].state = 1 << 128;
    }

    function stake(address mt, uint256 amount) external {
        if (until > block.timestamp) revert Paused();
        if (amount == 0) revert ZeroAmount();
        Token storage token = tokens[mt];
        uint256 state = token.state;
        if (state >> 128 != 1) revert TokenNotRegistered();
        if (amount >> 128 != 0) revert TooLarge();
        uint256 held = (state & MASK128) + amount;
        if (held >> 128 != 0) revert TooLarge();
        token.state = (1 << 128) | held;
        uint256 total = _add(token.total, amount);
        uint256 mine = _add(token.stakers[msg.sender].history, amount);
        emit Staked(msg.sender, mt, msg.sender, amount, mine, total, held);
        IERC20(mt).safeTransferFrom(msg.sender, address(this), amount);
    }

    function requestUnstake(address mt, uint256 amount) external returns (uint64 due) {
        if (amount == 0) revert ZeroAmount();
        due = uint64(block.timestamp + _parameter("COOLDOWN"));
        Token storage token = tokens[mt];
        Staker storage staker = token.stakers[msg.sender];
        uint256 mine = _sub(staker.history, amount);
        _push(staker, (amount << 36) | due);
        uint256 total = _sub(token.total, amount);
        emit UnstakeRequested(msg.sender, mt, amount, due, mine, total);
    }

    function withdraw(address mt) external returns (uint256 amount) {
        Token storage token = tokens[mt];
        Staker storage staker = token.stakers[msg.sender];
        uint256[8] memory kept;
        uint256 left;
        uint256 count;
        uint256 waiting;
        for (uint256 slot = 0; slot < 4; ++slot) {
            uint256 word = staker.requests[slot];
            for (uint256 half = 0; half < 2; ++half) {
                uint256 request = half == 0 ? word & MASK128 : word >> 128;
                if (request == 0) {
                    slot = 4;
                    break;
                }
                ++count;
                if ((request & MASK36) <= block.timestamp) {
                    amount += request >> 36;
                } else {
                    waiting += request >> 36;
                    kept[left++] = request;
                }
            }
        }
        if (left == count) revert NothingToWithdraw();
        for (uint256 slot = 0; 2 * slot < count; ++slot) {
            staker.requests[slot] = kept[2 * slot] | (kept[2 * slot + 1] << 128);
        }
        uint256 state = token.state;
        uint256 held = (state & MASK128) - amount;
        token.state = (state >> 128 << 128) | held;
        emit Withdrawn(msg.sender, mt, amount, waiting, held);
        IERC20(mt).safeTransfer(msg.sender, amount);
    }

    function exchangeFlock(uint256 amount, uint256 lockPeriod, address beneficiary) external returns (uint256 id) {
        if (until > block.timestamp) revert Paused();
        if (beneficiary != msg.sender && !operators[beneficiary][msg.sender]) revert NotOperator();
        if (amount == 0) revert ZeroAmount();
        if (lockPeriod < 1 days || lockPeriod > 365 days) revert LockPeriodOutOfRange();
        uint256 bonusTime = lockPeriod > 30 days ? lockPeriod - 30 days : 0;
        uint256 gm = amount + amount * (_parameter("EPSILON") * bonusTime) / (1e18 * 365 days);
        uint256 unlock = block.timestamp + lockPeriod;
        if (amount >> 96 != 0 || gm > MASK92) revert TooLarge();
        id = _open(books[beneficiary], amount, gm, unlock);
        uint256 total = totalLocked + amount;
        totalLocked = total;
        emit LockOpened(beneficiary, id, msg.sender, amount, gm, uint64(unlock), total);
        IERC20(flock).safeTransferFrom(msg.sender, address(this), amount);
    }

    function _parameter(bytes32 key) private view returns (uint256) {
        uint256 word = parameters[key].newest;
        if (word == 0) revert ParameterUnset();
        return word & VALUE;
    }

    function _add(History storage history, uint256 amount) private returns (uint256 after_) {
        uint256 word = history.newest;
        after_ = (word >> 176) + amount;
        if (after_ >> 80 != 0) revert TooLarge();
        _change(history, word, after_);
    }

    function _sub(History storage history, uint256 amount) private returns (uint256) {
        uint256 word = history.newest;
        uint256 before = word >> 176;
        if (amount > before) revert InsufficientStake();
        _change(history, word, before - amount);
        return before - amount;
    }

    function _change(History storage history, uint256 word, uint256 after_) private {
        uint256 at = (word >> 140) & MASK36;
        uint256 count = (word >> 116) & 0xFFFFFF;
        uint256 accrued = (word & MASK116) + (word >> 176) * (block.timestamp - at);
        if (word != 0 && at / 1 days != block.timestamp / 1 days) {
            history.older[count] = word;
            ++count;
        }
        history.newest = (after_ << 176) | (block.timestamp << 140) | (count << 116) | accrued;
    }

    function _push(Staker storage staker, uint256 request) private {
        for (uint256 slot = 0; slot < 4; ++slot) {
            uint256 word = staker.requests[slot];
            if (word == 0) {
                staker.requests[slot] = request;
                return;
            }
            if (word >> 128 == 0) {
                staker.requests[slot] = word | (request << 128);
                return;
            }
        }
        revert TooManyRequests();
    }

    function _open(Book storage book, uint256 amount, uint256 gm, uint256 unlock) private returns (uint256) {
        uint256 word = book.newest;
        uint256 taken = (word >> 76) & 0xFFFF;
        uint256 index = (word >> 52) & 0xFFFFFF;
        uint256 beforeDay = (word >> 28) & 0xFFFFFF;
        uint256 serial = (word & 0xFFFFFFF) + 1;
        uint256 since = (word >> 92) & MASK36;
        uint256[16] memory entries;
        entries[0] = word >> 128;
        for (uint256 page = 0; page < 8; ++page) {
            if ((taken >> (2 * page + 1)) & 3 == 0) continue;
            uint256 read = book.pages[(index << 3) | page];
            entries[2 * page + 1] = read >> 128;
            if (page < 7) entries[2 * page + 2] = read & MASK128;
        }
        uint256 position = 0;
        while ((taken >> position) & 1 == 1) {
            if ((entries[position] & MASK36) <= block.timestamp && book.open[position] == 0) break;
            if (++position == 16) revert TooManyLocks();
        }
        entries[position] = (gm << 36) | unlock;
        book.open[position] = (amount << 160) | (serial << 128) | entries[position];
        taken |= 1 << position;
        if (word != 0 && since != block.timestamp) {
            book.older[index] = word;
            ++index;
            if (since / 1 days != block.timestamp / 1 days) beforeDay = index;
        }
        for (uint256 page = 0; page < 8; ++page) {
            if ((taken >> (2 * page + 1)) & 3 == 0) continue;
            uint256 second = page < 7 ? entries[2 * page + 2] : 0;
            book.pages[(index << 3) | page] = (entries[2 * page + 1] << 128) | second;
        }
        book.newest = (entries[0] << 128) | (block.timestamp << 92) | (taken << 76) | (index << 52) | (beforeDay << 28) | serial;
        return (serial << 4) | position;
    }
}
