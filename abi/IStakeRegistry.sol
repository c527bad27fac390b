// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IAccess} from "./IAccess.sol";
import {IEconomicsErrors} from "./IEconomicsErrors.sol";

/// @title The stake and gmFLOCK registry: how much was staked and how much gmFLOCK counted, for any account and past day.
/// @notice Model Tokens are staked, and leave by a request and a cooldown; FLOCK is locked for 1 to 365 days. No pause, admin or
/// unregistered token hinders who leaves; a pause is of new stakes and locks only. Errors of tokens are passed on.
/// Amounts are in 1e-18 of a token, times in seconds, epochs in UTC days
/// (timestamp / 86,400), ratios in 1e-18. What is read of an ended epoch never changes.
interface IStakeRegistry is IAccess, IEconomicsErrors {
    /// @notice A request to unstake.
    /// @param amount What was requested.
    /// @param due From when on it can be withdrawn.
    struct Request {
        uint256 amount;
        uint64 due;
    }

    /// @notice An open lock.
    /// @param id Unique among the locks of its account.
    /// @param amount FLOCK that is paid back.
    /// @param gm gmFLOCK that it was given.
    /// @param unlock From when on it is paid back and weighs nothing.
    struct Lock {
        uint256 id;
        uint256 amount;
        uint256 gm;
        uint64 unlock;
    }

    /// @notice `token` can be staked, since the launchpad or else the admin says so.
    event TokenRegistered(address indexed token, bool byLaunchpad);
    /// @notice `token` takes no new stakes; who has one can leave as before.
    event TokenUnregistered(address indexed token);
    /// @notice `payer` staked `amount` for `account`, which has `stake` now, of `totalStake`; `held` of the token is owed in all.
    event Staked(
        address indexed account,
        address indexed token,
        address indexed payer,
        uint256 amount,
        uint256 stake,
        uint256 totalStake,
        uint256 held
    );
    /// @notice `amount` counts no longer, and can be withdrawn from `due` on.
    event UnstakeRequested(
        address indexed account, address indexed token, uint256 amount, uint64 due, uint256 stake, uint256 totalStake
    );
    /// @notice `amount` of matured requests was paid; `waiting` of the account's still wait, `held` is owed in all.
    event Withdrawn(address indexed account, address indexed token, uint256 amount, uint256 waiting, uint256 held);
    /// @notice `operator` may lock for `account`, or may no longer.
    event OperatorSet(address indexed account, address indexed operator, bool approved);
    /// @notice `payer` locked `amount` FLOCK for `account` until `unlock`, for `gm` gmFLOCK; `totalLocked` is owed to lockers.
    event LockOpened(
        address indexed account,
        uint256 indexed id,
        address indexed payer,
        uint256 amount,
        uint256 gm,
        uint64 unlock,
        uint256 totalLocked
    );
    /// @notice `added` was locked too; the lock has `amount` and `gm` now.
    event LockIncreased(
        address indexed account,
        uint256 indexed id,
        uint256 added,
        uint256 amount,
        uint256 gm,
        uint64 unlock,
        uint256 totalLocked
    );
    /// @notice The lock goes on until `unlock`, and has `gm` now.
    event LockExtended(address indexed account, uint256 indexed id, uint256 amount, uint256 gm, uint64 unlock);
    /// @notice The lock `other` went into `id`, which has `amount` and `gm` now.
    event LocksMerged(
        address indexed account, uint256 indexed id, uint256 indexed other, uint256 amount, uint256 gm, uint64 unlock
    );
    /// @notice The lock was paid out; `totalLocked` is owed to lockers still.
    event LockWithdrawn(address indexed account, uint256 indexed id, uint256 amount, uint256 totalLocked);

    /// @notice Neither the launchpad nor the admin says that the token can be staked.
    error TokenNotRegistered();
    /// @notice The token is registered as it is asked to be.
    error TokenAlreadyRegistered();
    /// @notice Nothing to stake, to unstake or to lock.
    error ZeroAmount();
    /// @notice More than the account has staked.
    error InsufficientStake();
    /// @notice Eight requests wait; one has to be withdrawn first.
    error TooManyRequests();
    /// @notice No request of the account has matured.
    error NothingToWithdraw();
    /// @notice The epoch goes on, so that its value can still change.
    error EpochNotEnded();
    /// @notice The time is not there yet, so that its value can still change.
    error TimeNotReached();
    /// @notice Only the beneficiary and its operators lock for it.
    error NotOperator();
    /// @notice The account has no open lock with this id.
    error UnknownLock();
    /// @notice The lock's time is not over.
    error StillLocked();
    /// @notice The account has sixteen open locks.
    error TooManyLocks();
    /// @notice A lock is merged with another one.
    error SameLock();
    /// @notice Stakes `amount` of `mt`, which the caller has approved. Reverts while paused.
    function stake(address mt, uint256 amount) external;

    /// @notice Stakes `amount` of the caller's `mt` for `account`, whose stake it is from then on.
    function stakeFor(address mt, address account, uint256 amount) external;

    /// @notice Takes back `amount` of the caller's stake: it stops counting this second. Cannot be cancelled; at most eight wait.
    /// @return due From when on it can be withdrawn: the cooldown of now.
    function requestUnstake(address mt, uint256 amount) external returns (uint64 due);

    /// @notice Pays the caller what has matured of its requests.
    function withdraw(address mt) external returns (uint256 amount);

    /// @notice Lets `operator` lock its own FLOCK for the caller, or no longer.
    function setOperator(address operator, bool approved) external;

    /// @notice Locks `amount` of the caller's FLOCK for `lockPeriod` seconds (1 to 365 days) as `beneficiary`'s. By the beneficiary
    /// or an operator of its.
    function exchangeFlock(uint256 amount, uint256 lockPeriod, address beneficiary) external returns (uint256 id);

    /// @notice Adds `amount` FLOCK to a lock of the caller's, until the same time.
    function increaseLock(uint256 id, uint256 amount) external;

    /// @notice Makes a lock of the caller's unlock at `newUnlock`: later than before, at most 365 days from now.
    function extendLock(uint256 id, uint64 newUnlock) external;

    /// @notice Makes two locks of the caller's one: the earlier is extended and added to the later, whose id stays.
    function mergeLocks(uint256 a, uint256 b) external returns (uint256 id);

    /// @notice Pays the caller a lock that is over.
    function withdrawLock(uint256 id) external returns (uint256 amount);

    /// @notice Lets a token be staked, whatever the launchpad says. By the admin. Less than 2^80 of it may exist, and it must deliver what is
    /// transferred: of one that takes a fee, the last to leave would get nothing.
    function registerToken(address mt) external;

    /// @notice Lets a token take no new stakes, whatever the launchpad says. By the admin.
    function unregisterToken(address mt) external;

    /// @notice Whether a token can be staked.
    function isStakeable(address mt) external view returns (bool);

    /// @notice An account's stake now.
    function stakeOf(address account, address mt) external view returns (uint256);

    /// @notice All stake of a token now.
    function totalStaked(address mt) external view returns (uint256);

    /// @notice What is owed to stakers of a token: stakes, and requests that were not withdrawn.
    function heldOf(address mt) external view returns (uint256);

    /// @notice An account's stake-seconds in an ended epoch: the sum of its stake over the day's seconds, exact.
    function stakeSecondsOf(address account, address mt, uint64 epoch) external view returns (uint256);

    /// @notice Stake-seconds of all stake of a token in an ended epoch: exact.
    function totalStakeSeconds(address mt, uint64 epoch) external view returns (uint256);

    /// @notice An account's average stake in an ended epoch: stake-seconds / 86,400, down.
    function averageStake(address account, address mt, uint64 epoch) external view returns (uint256);

    /// @notice An account's requests that were not withdrawn.
    function requestsOf(address account, address mt) external view returns (Request[] memory);

    /// @notice An account's open locks without the first `offset`, at most `limit`; there are at most sixteen.
    function locksOf(address account, uint64 offset, uint64 limit) external view returns (Lock[] memory);

    /// @notice FLOCK owed to lockers.
    function totalLocked() external view returns (uint256);

    /// @notice Whether `operator` may lock for `account`.
    function isOperator(address account, address operator) external view returns (bool);

    /// @notice gmFLOCK that a lock of `amount` FLOCK for `lockPeriod` seconds would get now.
    function previewLock(uint256 amount, uint256 lockPeriod) external view returns (uint256 gm);

    /// @notice An account's effective gmFLOCK balance now: sum of gm * time left / 365 days, down.
    function effectiveBalance(address account) external view returns (uint256);

    /// @notice An account's effective balance at a time that is not in the future, by its locks as they stood before that second.
    /// That of an epoch is the one at its end, (epoch + 1) * 86,400.
    function effectiveBalanceAt(address account, uint64 time) external view returns (uint256);

    /// @notice An account's multiplier now, 1e18 to below 2e18, with today's LAMBDA and HALF.
    function multiplier(address account) external view returns (uint256);

    /// @notice An account's multiplier of an ended epoch, with that epoch's LAMBDA and HALF.
    function multiplierAt(address account, uint64 epoch) external view returns (uint256);

    /// @notice An account's discount on a token's API, in bps: by today's DISCOUNT_TIERS and its average stake of the last ended epoch, or its stake
    /// now where that is less.
    function discountBps(address account, address mt) external view returns (uint16);

    /// @notice What a reward epoch needs of many accounts.
    /// @return words First all stake-seconds of the token, then for each account 2^128 times its stake-seconds, plus its effective
    /// balance at the epoch's end.
    function readMany(address mt, uint64 epoch, address[] calldata accounts) external view returns (uint256[] memory words);

    /// @notice The contracts that it was set up with. The desk's code is this contract's too.
    function contracts() external view returns (address flock, address launchpad, address desk);
}
