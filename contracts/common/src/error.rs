//! Why a formula has no value.

use core::fmt;

/// Why a formula has no value for its arguments. No function of this crate fails in another way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A result or an intermediate is too large for its type.
    Overflow,
    /// The divisor is zero.
    DivisionByZero,
    /// A basis-point value is over 10,000.
    BpsOverOne,
    /// A part is larger than the whole that it is a part of.
    PartOverTotal,
    /// Nothing to be shared out by: the total is zero.
    ZeroTotal,
    /// A time is before the one that it has to follow.
    TimeBackwards,
    /// An epoch so far away that its first second is no `u64`.
    EpochOutOfRange,

    /// Targets other than `1,000 FLOCK ≤ min`, `max/2 ≤ min ≤ max`.
    TargetsOutOfOrder,
    /// A share φ of the raise that is not over one half.
    PhiTooLow,
    /// Trading fees over 500 bps in all.
    FeeTooHigh,
    /// A tax below the trading fee, or of everything.
    TaxOutOfRange,
    /// Reserves that no trade on this curve leads to.
    BadReserves,
    /// The raise has reached its maximum target.
    SoldOut,
    /// A buy of nothing: 0 MT without reaching the maximum target.
    NothingBought,
    /// More MT asked for than the curve sells before its target.
    OverTarget,
    /// Less MT than the buyer's minimum, pro rata of what was taken.
    BelowMinimumOut,
    /// A bundled buy of more than a quarter of the supply.
    BundleTooLarge,
    /// A bundled buy that would reach the minimum target.
    BundleReachesMinimum,

    /// A lock period outside 1 to 365 days.
    LockPeriodOutOfRange,
    /// The lock is over: its tokens can only be withdrawn.
    LockExpired,
    /// An extension to no later than the present unlock.
    NotAnExtension,
    /// A multiplier slope λ over 1, with which it would not stay below 2.
    LambdaOverOne,
    /// A half-saturation balance H of zero.
    ZeroHalf,

    /// α outside 0 < α ≤ 1.
    AlphaOutOfRange,
    /// An α schedule that rises, or is shorter than two epochs.
    AlphaScheduleInvalid,
    /// Discount tiers that do not rise strictly in stake and in discount.
    TiersOutOfOrder,

    /// Compute cost over its limit of the gross revenue.
    ComputeOverLimit,
    /// Shares that do not add up to 10,000 bps.
    SharesNotWhole,
    /// A route of no pool or of more than eight.
    RouteLength,

    /// A phase of no days, or one that decays every zero days.
    PhaseInvalid,
    /// A tranche of no days.
    TrancheInvalid,
    /// A tranche funded with less than the minimum.
    FundingTooSmall,
    /// Tranches of different shape or length, or one of them already running, do not merge.
    TranchesDiffer,

    /// A vesting of no length, or one whose cliff is after its end.
    VestingInvalid,
}

impl Error {
    /// What it says to a person.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Overflow => "a number is too large",
            Self::DivisionByZero => "division by zero",
            Self::BpsOverOne => "over 10,000 basis points",
            Self::PartOverTotal => "a part is larger than its total",
            Self::ZeroTotal => "the total is zero",
            Self::TimeBackwards => "a time is before the one it has to follow",
            Self::EpochOutOfRange => "the epoch is out of range",
            Self::TargetsOutOfOrder => "targets must satisfy 1,000 FLOCK <= min and max/2 <= min <= max",
            Self::PhiTooLow => "the share paired as liquidity must be over 50 %",
            Self::FeeTooHigh => "trading fees are over 5 %",
            Self::TaxOutOfRange => "the tax must contain the trading fee and be under 100 %",
            Self::BadReserves => "the reserves do not belong to the curve",
            Self::SoldOut => "the raise has reached its maximum target",
            Self::NothingBought => "the amount buys nothing",
            Self::OverTarget => "more than the curve sells before its target",
            Self::BelowMinimumOut => "less than the minimum out",
            Self::BundleTooLarge => "the bundled buy is over 25 % of the supply",
            Self::BundleReachesMinimum => "the bundled buy reaches the minimum target",
            Self::LockPeriodOutOfRange => "the lock period must be 1 to 365 days",
            Self::LockExpired => "the lock is over",
            Self::NotAnExtension => "the new unlock is not later than the present one",
            Self::LambdaOverOne => "lambda is over 1",
            Self::ZeroHalf => "the half-saturation balance is zero",
            Self::AlphaOutOfRange => "alpha must be over 0 and at most 1",
            Self::AlphaScheduleInvalid => "alpha must fall or stay, over two epochs or more",
            Self::TiersOutOfOrder => "discount tiers must rise strictly",
            Self::ComputeOverLimit => "compute cost is over its limit",
            Self::SharesNotWhole => "shares must add up to 10,000 basis points",
            Self::RouteLength => "a route has one to eight pools",
            Self::PhaseInvalid => "a phase needs days and a decay interval",
            Self::TrancheInvalid => "a tranche needs days",
            Self::FundingTooSmall => "a tranche needs at least 1,000 FLOCK",
            Self::TranchesDiffer => "tranches of different shape or age do not merge",
            Self::VestingInvalid => "a vesting needs a length and a cliff within it",
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl core::error::Error for Error {}
