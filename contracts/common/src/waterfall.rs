//! The revenue waterfall (§7): buckets of a settlement, how much a buyback spends and the least that it accepts.

use crate::units::constant;
use crate::{Bps, Error, U256, math};

/// Most compute cost of the gross revenue by default.
pub const DEFAULT_COMPUTE_LIMIT: Bps = constant(9_000);
/// Most of the route's thinnest input reserve that a buyback spends.
pub const RESERVE_CAP: Bps = constant(50);
/// Least of the time-weighted price that a buyback accepts.
pub const LEAST_OF_PRICE: Bps = constant(9_700);
/// Most pools of a route.
pub const MAX_HOPS: usize = 8;

/// How net revenue splits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shares {
    flock_buyback: Bps,
    treasury: Bps,
    mt_buyback: Bps,
    issuer: Bps,
}

/// The protocol's split: 30 % FLOCK buyback, 30 % treasury, 30 % MT buyback, 10 % issuer.
pub const DEFAULT_SHARES: Shares = Shares {
    flock_buyback: constant(3_000),
    treasury: constant(3_000),
    mt_buyback: constant(3_000),
    issuer: constant(1_000),
};

impl Shares {
    /// A split of four shares.
    ///
    /// # Errors
    /// [`Error::SharesNotWhole`] where they do not add up to 10,000 bps.
    pub fn new(flock_buyback: Bps, treasury: Bps, mt_buyback: Bps, issuer: Bps) -> Result<Self, Error> {
        let sum = [treasury, mt_buyback, issuer].into_iter().try_fold(flock_buyback, Bps::plus);
        if sum != Ok(Bps::ONE) {
            return Err(Error::SharesNotWhole);
        }
        Ok(Self { flock_buyback, treasury, mt_buyback, issuer })
    }
}

/// A settlement by bucket, in units of the stablecoin. All of them add up to gross.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buckets {
    /// To the compute payee, before everything else.
    pub compute: U256,
    /// FLOCK to be bought and burned.
    pub flock_buyback: U256,
    /// Platform treasury, the rounding remainder included.
    pub treasury: U256,
    /// MT to be bought and burned.
    pub mt_buyback: U256,
    /// Issuer yield.
    pub issuer: U256,
}

/// Splits `gross`, of which `compute` is cost (§7).
///
/// `net = gross − compute`; each bucket but the treasury is `⌊net·share⌋`, the treasury takes the rest: up to 3 units more
/// than its share. Exact for every gross.
///
/// # Errors
/// [`Error::ComputeOverLimit`] where compute > limit·gross.
pub fn split(gross: U256, compute: U256, limit: Bps, shares: &Shares) -> Result<Buckets, Error> {
    // compute is an integer: at most limit·gross, or at most its floor.
    if compute > limit.of(gross)? {
        return Err(Error::ComputeOverLimit);
    }
    let net = math::sub(gross, compute)?;
    let flock_buyback = shares.flock_buyback.of(net)?;
    let mt_buyback = shares.mt_buyback.of(net)?;
    let issuer = shares.issuer.of(net)?;
    let treasury = [flock_buyback, mt_buyback, issuer].into_iter().try_fold(net, math::sub)?;
    Ok(Buckets { compute, flock_buyback, treasury, mt_buyback, issuer })
}

/// What a buyback spends: `min(bucket, configured, ⌊0.5 % of the thinnest input reserve⌋)` (§7).
///
/// Every amount is in units of the stablecoin; a reserve further along the route is converted by who asks.
///
/// # Errors
/// None. The type is that of its neighbours.
pub fn buyback_amount(bucket: U256, configured: U256, thinnest_reserve: U256) -> Result<U256, Error> {
    Ok(bucket.min(configured).min(RESERVE_CAP.of(thinnest_reserve)?))
}

/// Least that a buyback accepts: `⌊out·97 %·Π(1 − feeᵢ)⌋`, one floor (§7).
///
/// * `out`: what the amount buys at the route's 30-minute time-weighted price, without fees and without moving it.
/// * `pool_fees`: the fee of each pool of the route, 1 to 8.
///
/// # Errors
/// [`Error::RouteLength`].
pub fn min_out(out: U256, pool_fees: &[Bps]) -> Result<U256, Error> {
    if pool_fees.is_empty() || pool_fees.len() > MAX_HOPS {
        return Err(Error::RouteLength);
    }
    // Nine factors of at most 10⁴ are under 2¹²⁰.
    let first = (LEAST_OF_PRICE.raw(), Bps::ONE.raw());
    let (kept, whole) = pool_fees.iter().try_fold(first, |(kept, whole), fee| {
        Ok((math::mul(kept, fee.rest().raw())?, math::mul(whole, Bps::ONE.raw())?))
    })?;
    math::mul_div(out, kept, whole)
}
