// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title Errors of the economics: why a formula has no value for its arguments.
/// @notice Every contract of the suite passes them on under these names.
interface IEconomicsErrors {
    /// @notice A result or an intermediate is too large for its type.
    error Overflow();
    /// @notice The divisor is zero.
    error DivisionByZero();
    /// @notice A basis-point value is over 10,000.
    error BpsOverOne();
    /// @notice A part is larger than the whole that it is a part of.
    error PartOverTotal();
    /// @notice Nothing to be shared out by: the total is zero.
    error ZeroTotal();
    /// @notice A time is before the one that it has to follow.
    error TimeBackwards();
    /// @notice An epoch so far away that its first second is no `u64`.
    error EpochOutOfRange();
    /// @notice Targets other than `1,000 FLOCK ≤ min`, `max/2 ≤ min ≤ max`.
    error TargetsOutOfOrder();
    /// @notice A share φ of the raise that is not over one half.
    error PhiTooLow();
    /// @notice Trading fees over 500 bps in all.
    error FeeTooHigh();
    /// @notice A tax below the trading fee, or of everything.
    error TaxOutOfRange();
    /// @notice Reserves that no trade on this curve leads to.
    error BadReserves();
    /// @notice The raise has reached its maximum target.
    error SoldOut();
    /// @notice A buy of nothing: 0 MT without reaching the maximum target.
    error NothingBought();
    /// @notice More MT asked for than the curve sells before its target.
    error OverTarget();
    /// @notice Less MT than the buyer's minimum, pro rata of what was taken.
    error BelowMinimumOut();
    /// @notice A bundled buy of more than a quarter of the supply.
    error BundleTooLarge();
    /// @notice A bundled buy that would reach the minimum target.
    error BundleReachesMinimum();
    /// @notice A lock period outside 1 to 365 days.
    error LockPeriodOutOfRange();
    /// @notice The lock is over: its tokens can only be withdrawn.
    error LockExpired();
    /// @notice An extension to no later than the present unlock.
    error NotAnExtension();
    /// @notice A multiplier slope λ over 1, with which it would not stay below 2.
    error LambdaOverOne();
    /// @notice A half-saturation balance H of zero.
    error ZeroHalf();
    /// @notice α outside 0 < α ≤ 1.
    error AlphaOutOfRange();
    /// @notice An α schedule that rises, or is shorter than two epochs.
    error AlphaScheduleInvalid();
    /// @notice Discount tiers that do not rise strictly in stake and in discount.
    error TiersOutOfOrder();
    /// @notice Compute cost over its limit of the gross revenue.
    error ComputeOverLimit();
    /// @notice Shares that do not add up to 10,000 bps.
    error SharesNotWhole();
    /// @notice A route of no pool or of more than eight.
    error RouteLength();
    /// @notice A phase of no days, or one that decays every zero days.
    error PhaseInvalid();
    /// @notice A tranche of no days.
    error TrancheInvalid();
    /// @notice A tranche funded with less than the minimum.
    error FundingTooSmall();
    /// @notice Tranches of different shape or length, or one of them already running, do not merge.
    error TranchesDiffer();
    /// @notice A vesting of no length, or one whose cliff is after its end.
    error VestingInvalid();
}
