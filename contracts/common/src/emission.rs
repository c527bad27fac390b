//! What there is to pay on a day (§8): phases of the global emission, and tranches of 180 days.

use crate::units::tokens;
use crate::{Bps, Epoch, Error, U256, math, score};

/// Days of a tranche by default.
pub const TRANCHE_DAYS: u16 = 180;
/// Least FLOCK of a tranche; those of graduation are excepted.
pub const LEAST_FUNDING: U256 = tokens(1_000);

/// A phase of the global emission: data, not code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Phase {
    start: Epoch,
    days: u32,
    daily: U256,
    decay: Bps,
    every: u32,
}

impl Phase {
    /// A phase that pays `daily` FLOCK a day from `start` on, less `decay` after every `every` days, for `days` days.
    ///
    /// # Errors
    /// [`Error::PhaseInvalid`] for no days, or a decay every 0 days.
    pub fn new(start: Epoch, days: u32, daily: U256, decay: Bps, every: u32) -> Result<Self, Error> {
        if days == 0 || (every == 0 && decay > Bps::ZERO) {
            return Err(Error::PhaseInvalid);
        }
        Ok(Self { start, days, daily, decay, every })
    }

    /// The schedule of a day: `daily`, decayed `⌊day/every⌋` times by `a ← ⌊a·(1 − decay)⌋`; after the last day, its amount
    /// on and on until the phase is spent (§8). 0 before the start.
    ///
    /// Takes a step for every decay, none where nothing decays.
    ///
    /// # Errors
    /// None: each amount is at most the one before.
    pub fn scheduled(&self, epoch: Epoch) -> Result<U256, Error> {
        let Ok(day) = epoch.since(self.start) else {
            return Ok(U256::ZERO);
        };
        let day = day.min(u64::from(self.days.saturating_sub(1)));
        self.after(day.checked_div(u64::from(self.every)).unwrap_or(0))
    }

    /// The daily amount after so many decays.
    fn after(&self, decays: u64) -> Result<U256, Error> {
        let mut amount = self.daily;
        if self.decay > Bps::ZERO {
            for _ in 0..decays {
                if amount.is_zero() {
                    break;
                }
                amount = self.decay.rest().of(amount)?;
            }
        }
        Ok(amount)
    }

    /// The phase's pool of a day: the smaller of its schedule and its uncommitted funds at the end of the day before (§8).
    ///
    /// # Errors
    /// None. The type is that of its neighbours.
    pub fn pool(&self, epoch: Epoch, uncommitted: U256) -> Result<U256, Error> {
        Ok(self.scheduled(epoch)?.min(uncommitted))
    }

    /// Σ of the schedule over the phase's days: the funds that it spends exactly.
    ///
    /// # Errors
    /// [`Error::Overflow`].
    pub fn budget(&self) -> Result<U256, Error> {
        if self.decay == Bps::ZERO || self.every == 0 {
            return math::mul(self.daily, U256::from(self.days));
        }
        let (mut left, mut amount, mut sum) = (self.days, self.daily, U256::ZERO);
        while left > 0 && !amount.is_zero() {
            let days = left.min(self.every);
            sum = math::add(sum, math::mul(amount, U256::from(days))?)?;
            amount = self.decay.rest().of(amount)?;
            left = left.saturating_sub(days);
        }
        Ok(sum)
    }
}

/// An MT's part of the day's global pool: `⌊pool·spend/Σ spend⌋` (§8). What rounding leaves returns to the phase.
///
/// # Errors
/// [`Error::ZeroTotal`]; [`Error::PartOverTotal`].
pub fn global_part(pool: U256, spend: u64, total_spend: u64) -> Result<U256, Error> {
    score::payout(pool, U256::from(spend), U256::from(total_spend))
}

/// How a tranche spreads over its days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `w(d) = n − d`: larger while fresh. The default.
    Declining,
    /// `w(d) = 1`.
    Level,
}

/// A funded program of n days. Its days are those on which its MT is supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tranche {
    /// What it was funded with.
    pub funded: U256,
    /// n.
    pub days: u16,
    /// How it spreads.
    pub shape: Shape,
}

impl Tranche {
    /// A tranche, of any funding.
    ///
    /// # Errors
    /// [`Error::TrancheInvalid`] for no days.
    pub fn new(funded: U256, days: u16, shape: Shape) -> Result<Self, Error> {
        if days == 0 { Err(Error::TrancheInvalid) } else { Ok(Self { funded, days, shape }) }
    }

    /// Two fundings of one day as one tranche: the sum (§8).
    ///
    /// # Errors
    /// [`Error::TranchesDiffer`] where length or shape differ; [`Error::Overflow`].
    pub fn merge(&self, other: &Self) -> Result<Self, Error> {
        if self.days != other.days || self.shape != other.shape {
            return Err(Error::TranchesDiffer);
        }
        Ok(Self { funded: math::add(self.funded, other.funded)?, ..*self })
    }

    /// The schedule of day d = 0…n−1: `⌊2·funded·(n − d)/(n·(n + 1))⌋` declining, `⌊funded/n⌋` level; 0 from day n on (§8).
    ///
    /// # Errors
    /// None for a tranche that [`Tranche::new`] made.
    pub fn scheduled(&self, day: u32) -> Result<U256, Error> {
        let left = self.days_left(day);
        match self.shape {
            // 2·Σ w is n·(n + 1).
            Shape::Declining => math::mul_div(
                self.funded,
                U256::from(u64::from(left).saturating_mul(2)),
                triangle_twice(u64::from(self.days)),
            ),
            Shape::Level if left == 0 => Ok(U256::ZERO),
            Shape::Level => self.level(),
        }
    }

    /// The pool of day d, with `remaining` of the funding not paid yet (§8).
    ///
    /// * Until day n: `min(⌊remaining·w(d)/Σ_{j≥d} w(j)⌋, 2·schedule(d))`: a day that paid nobody leaves its part to the days
    ///   after, and no day more than doubles.
    /// * From day n until day 2n: `min(remaining, ⌊funded/n⌋)`.
    /// * Then 0: [`Tranche::is_over`].
    ///
    /// Down, for the days after. If every day pays in full, the pools of days 0…n−1 add up to the funding.
    ///
    /// # Errors
    /// [`Error::PartOverTotal`] where remaining is over the funding.
    pub fn pool(&self, day: u32, remaining: U256) -> Result<U256, Error> {
        if remaining > self.funded {
            return Err(Error::PartOverTotal);
        }
        let left = u64::from(self.days_left(day));
        if left == 0 {
            return if self.is_over(day) { Ok(U256::ZERO) } else { Ok(remaining.min(self.level()?)) };
        }
        // w(d)/Σ_{j≥d} w(j): (n−d) over (n−d)(n−d+1)/2, or 1 over n−d.
        let even = match self.shape {
            Shape::Declining => math::mul_div(remaining, U256::from(2_u64), U256::from(left.saturating_add(1)))?,
            Shape::Level => math::div(remaining, U256::from(left))?,
        };
        let twice = math::add(self.scheduled(day)?, self.scheduled(day)?)?;
        Ok(even.min(twice))
    }

    /// Whether day 2n has come: what is left is burned (MT) or joins the global budget (FLOCK) (§8).
    #[must_use]
    pub fn is_over(&self, day: u32) -> bool {
        day >= u32::from(self.days).saturating_mul(2)
    }

    /// n − d, or 0 from day n on.
    fn days_left(&self, day: u32) -> u32 {
        u32::from(self.days).saturating_sub(day)
    }

    /// `⌊funded/n⌋`.
    fn level(&self) -> Result<U256, Error> {
        math::div(self.funded, U256::from(self.days))
    }
}

/// `n·(n + 1)`.
fn triangle_twice(n: u64) -> U256 {
    U256::from(n.saturating_mul(n.saturating_add(1)))
}

/// Checks the funding of a tranche that is not of graduation: at least 1,000 FLOCK (§8).
///
/// # Errors
/// [`Error::FundingTooSmall`].
pub fn check_funding(flock: U256) -> Result<(), Error> {
    if flock < LEAST_FUNDING { Err(Error::FundingTooSmall) } else { Ok(()) }
}
