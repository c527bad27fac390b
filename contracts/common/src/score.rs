//! Daily scores and payouts (§8). These integers are the protocol's definition: other arithmetic would change the protocol.
//!
//! All of it rounds down, for the pool. How far the integers are from the real-valued formulas: `docs/economics.md`.

use crate::units::{WAD, Wad, product};
use crate::{Error, U256, math};

/// α at the beginning of a season by default.
pub const DEFAULT_ALPHA_START: Wad = Wad(900_000_000_000_000_000);
/// α from a season's last epoch on by default.
pub const DEFAULT_ALPHA_END: Wad = Wad(500_000_000_000_000_000);

/// 10³⁶.
const WAD_SQUARED: U256 = product(Wad::ONE.0, Wad::ONE.0);

/// What a user did and has, on one MT in one epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Micro-USD actually paid.
    pub spend: u64,
    /// s, stake-seconds of the user.
    pub stake: U256,
    /// m of the user.
    pub multiplier: Wad,
}

/// Both scores of a user. Each is under 2¹²⁵, and so is their sum over all users of an MT whose spend fits a `u64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scores {
    /// g, of Global FLOCK.
    pub global: U256,
    /// h, of Reserved FLOCK and MT Reward.
    pub incentive: U256,
}

/// α of epoch `index` (from 0) of a season of `length` epochs: `start − ⌊(start − end)·i/(N − 1)⌋`, then `end` (§8).
///
/// The quotient rounds down, so that α is up by less than 10⁻¹⁸, for those who do not stake.
///
/// # Errors
/// [`Error::AlphaOutOfRange`] where start or end is not in 0 < α ≤ 1; [`Error::AlphaScheduleInvalid`] where it rises or
/// has fewer than two epochs.
pub fn alpha(start: Wad, end: Wad, index: u64, length: u64) -> Result<Wad, Error> {
    check_alpha(start)?;
    check_alpha(end)?;
    let last = length.saturating_sub(1);
    if last == 0 || end > start {
        return Err(Error::AlphaScheduleInvalid);
    }
    let fall = U256::from(start.0.saturating_sub(end.0));
    let fallen = math::mul_div(fall, U256::from(index.min(last)), U256::from(last))?;
    Wad::try_from(math::sub(start.raw(), fallen)?)
}

/// Checks 0 < α ≤ 1 (§8).
///
/// # Errors
/// [`Error::AlphaOutOfRange`].
pub fn check_alpha(alpha: Wad) -> Result<(), Error> {
    if alpha == Wad::ZERO || alpha > Wad::ONE { Err(Error::AlphaOutOfRange) } else { Ok(()) }
}

/// `r = isqrt(s·10³⁶/S)`: √stake_share with 18 decimals, down by less than 10⁻¹⁸; 0 for S = 0 (§8).
///
/// Exactly `⌊10¹⁸·√(s/S)⌋`, as the root of a floor is the floor of the root. For s under 2¹³⁶ no 512-bit product is needed.
///
/// # Errors
/// [`Error::PartOverTotal`] for s > S.
pub fn root_share(stake: U256, total: U256) -> Result<Wad, Error> {
    if is_no_share(stake, total)? {
        return Ok(Wad::ZERO);
    }
    // At most 10³⁶, so that the root is at most 10¹⁸.
    Wad::try_from(math::isqrt(math::mul_div(stake, WAD_SQUARED, total)?))
}

/// `q = ⌊s·10¹⁸/S⌋`: stake_share with 18 decimals, down by less than 10⁻¹⁸; 0 for S = 0 (§8).
///
/// # Errors
/// [`Error::PartOverTotal`] for s > S.
pub fn share(stake: U256, total: U256) -> Result<Wad, Error> {
    if is_no_share(stake, total)? {
        return Ok(Wad::ZERO);
    }
    Wad::try_from(math::mul_div(stake, WAD, total)?)
}

fn is_no_share(part: U256, total: U256) -> Result<bool, Error> {
    if part > total { Err(Error::PartOverTotal) } else { Ok(part.is_zero()) }
}

/// `f = α + ⌊(1 − α)·r⌋`: the global staking factor, in [α, 1] (§8).
///
/// # Errors
/// [`Error::AlphaOutOfRange`]; [`Error::PartOverTotal`] for r over 1.
pub fn staking_factor(alpha: Wad, root: Wad) -> Result<Wad, Error> {
    check_alpha(alpha)?;
    if root > Wad::ONE {
        return Err(Error::PartOverTotal);
    }
    let boost = Wad(Wad::ONE.0.saturating_sub(alpha.0)).of(root.raw())?;
    Wad::try_from(math::add(alpha.raw(), boost)?)
}

/// `⌊spend·factor·m/10¹⁸⌋`: g for the factor f, h for the factor q (§8).
///
/// No overflow: 2⁶⁴·2⁶⁴·2⁶⁴ is 2¹⁹².
///
/// # Errors
/// None. The type is that of its neighbours.
pub fn weight(spend: u64, factor: Wad, multiplier: Wad) -> Result<U256, Error> {
    multiplier.of(math::mul(U256::from(spend), factor.raw())?)
}

/// Both scores of a user, given α of the epoch and S, the stake-seconds of all stakers of the MT (§8).
///
/// # Errors
/// [`Error::PartOverTotal`] where the user's stake is over S; [`Error::AlphaOutOfRange`].
pub fn scores(user: &Activity, total_stake: U256, alpha: Wad) -> Result<Scores, Error> {
    let root = root_share(user.stake, total_stake)?;
    let share = share(user.stake, total_stake)?;
    Ok(Scores {
        global: weight(user.spend, staking_factor(alpha, root)?, user.multiplier)?,
        incentive: weight(user.spend, share, user.multiplier)?,
    })
}

/// `⌊pool·part/total⌋`: a score's payout, or an MT's part of the day's global pool by its spend (§8).
///
/// Exact down to the last wei: the parts of a whole add up to the pool less under one wei a part.
///
/// # Errors
/// [`Error::ZeroTotal`]; [`Error::PartOverTotal`].
pub fn payout(pool: U256, part: U256, total: U256) -> Result<U256, Error> {
    if part > total {
        return Err(Error::PartOverTotal);
    }
    if total.is_zero() { Err(Error::ZeroTotal) } else { math::mul_div(pool, part, total) }
}

/// A pool being paid out, row by row, in any number of steps: it cannot pay more than it has, and what rounding leaves is
/// carried in it (§8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Payouts {
    /// The pool that there was to share out.
    pub pool: U256,
    /// Σ score.
    pub total: U256,
    /// Scores not paid yet.
    pub scores_left: U256,
    /// What is not paid yet; in the end less than one wei a row, and it stays with the pool.
    pub pool_left: U256,
}

impl Payouts {
    /// A pool to be shared out by scores that add up to `total`. With none, all of it is left.
    #[must_use]
    pub const fn new(pool: U256, total: U256) -> Self {
        Self { pool, total, scores_left: total, pool_left: pool }
    }

    /// Takes the payout of one row out of the pool: [`payout`].
    ///
    /// # Errors
    /// [`Error::PartOverTotal`] where the rows' scores are more than the total; [`Error::ZeroTotal`].
    pub fn pay(&mut self, score: U256) -> Result<U256, Error> {
        let scores_left = self.scores_left.checked_sub(score).ok_or(Error::PartOverTotal)?;
        let amount = payout(self.pool, score, self.total)?;
        self.pool_left = math::sub(self.pool_left, amount)?;
        self.scores_left = scores_left;
        Ok(amount)
    }
}
