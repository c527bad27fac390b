//! The launch's bonding curve (§3): targets and φ to reserves, buys with their fees, and what graduation pairs.
//!
//! A constant product over virtual reserves, `x` MT and `y` FLOCK; FLOCK goes in and nothing comes back. All rounding is
//! against the buyer and stays in the reserves: `k` never falls, and no more than [`SALE`] is ever sold.

use crate::units::{Bps, WAD, constant, tokens};
use crate::{Error, Seconds, U256, math};

/// Supply of a Model Token: 1,000,000 MT.
pub const SUPPLY: U256 = tokens(1_000_000);
/// S: MT sold when the raise reaches its maximum target, 40 % of the supply.
pub const SALE: U256 = tokens(400_000);
/// L: MT for liquidity, 20 %.
pub const LIQUIDITY: U256 = tokens(200_000);
/// MT of the 180-day MT Reward stream, 20 %.
pub const INCENTIVE: U256 = tokens(200_000);
/// MT that vest to the issuer when the whole sale is sold, 10 %.
pub const ISSUER: U256 = tokens(100_000);
/// MT that vest to the platform when the whole sale is sold, 10 %.
pub const PLATFORM: U256 = tokens(100_000);
/// Most MT of a bundled first buy, 25 % of the supply.
pub const BUNDLE_LIMIT: U256 = tokens(250_000);
/// Least minimum target: 1,000 FLOCK.
pub const LEAST_TARGET: U256 = tokens(1_000);
/// φ has to be over this.
pub const LEAST_PHI: Bps = constant(5_000);
/// Most trading fee in all.
pub const MAX_TRADING_FEE: Bps = constant(500);
/// Total tax of a launch with a surcharge in its first minute, in bps.
const FIRST_MINUTE_BPS: u16 = 9_900;
/// What each whole minute takes off it, in bps.
const MINUTE_BPS: u64 = 100;

/// Checks a raise's targets: `1,000 FLOCK ≤ min` and `max/2 ≤ min ≤ max`, the half exact (§3).
///
/// # Errors
/// [`Error::TargetsOutOfOrder`].
pub fn check_targets(min: U256, max: U256) -> Result<(), Error> {
    let half = max.wrapping_sub(min) <= min; // only looked at where min ≤ max
    if min >= LEAST_TARGET && min <= max && half { Ok(()) } else { Err(Error::TargetsOutOfOrder) }
}

/// Trading fee of a launch, each part a share of all FLOCK that a buy takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TradingFee {
    protocol: Bps,
    issuer: Bps,
    total: Bps,
}

impl TradingFee {
    /// 100 bps to the protocol, 50 bps to the issuer.
    pub const DEFAULT: Self = Self { protocol: constant(100), issuer: constant(50), total: constant(150) };

    /// A fee of two parts.
    ///
    /// # Errors
    /// [`Error::FeeTooHigh`] over 500 bps in all.
    pub fn new(protocol: Bps, issuer: Bps) -> Result<Self, Error> {
        match protocol.plus(issuer) {
            Ok(total) if total <= MAX_TRADING_FEE => Ok(Self { protocol, issuer, total }),
            _ => Err(Error::FeeTooHigh),
        }
    }

    /// The protocol's part.
    #[must_use]
    pub const fn protocol(&self) -> Bps {
        self.protocol
    }

    /// The issuer's part.
    #[must_use]
    pub const fn issuer(&self) -> Bps {
        self.issuer
    }

    /// Both parts.
    #[must_use]
    pub const fn total(&self) -> Bps {
        self.total
    }

    /// Total tax of a buy made so long after the start of a launch that has the anti-sniper surcharge:
    /// `max(99 % − 1 pp per whole minute, trading fee)` (§3).
    #[must_use]
    pub fn sniper_tax(&self, since_start: Seconds) -> Bps {
        let off = (since_start.0 / 60).saturating_mul(MINUTE_BPS);
        let left = u16::try_from(off).map_or(0, |off| FIRST_MINUTE_BPS.saturating_sub(off));
        Bps::new(left).map_or(self.total, |tax| tax.max(self.total))
    }

    /// A tax has to contain the trading fee and leave something.
    fn check_tax(&self, tax: Bps) -> Result<(), Error> {
        if tax < self.total || tax >= Bps::ONE { Err(Error::TaxOutOfRange) } else { Ok(()) }
    }
}

/// Reserves of the curve, the virtual part included. They start at [`Curve::opening`] and move by [`Curve::buy`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reserves {
    /// MT, x.
    pub mt: U256,
    /// FLOCK, y = y0 + R.
    pub flock: U256,
}

/// A launch's curve, frozen with the launch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Curve {
    /// T_max, FLOCK.
    max_target: U256,
    /// φ.
    phi: Bps,
    /// x0, MT, and y0, FLOCK.
    opening: Reserves,
}

/// What a buy does. `flock_in = net_used + protocol_fee + issuer_fee + surcharge`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Purchase {
    /// All FLOCK that is taken from the buyer.
    pub flock_in: U256,
    /// FLOCK that enters the curve.
    pub net_used: U256,
    /// MT allocated.
    pub mt: U256,
    /// Trading fee to the protocol.
    pub protocol_fee: U256,
    /// Trading fee to the issuer.
    pub issuer_fee: U256,
    /// Anti-sniper tax above the trading fee.
    pub surcharge: U256,
    /// The reserves after it.
    pub reserves: Reserves,
}

/// Where everything goes at graduation. The MT fields add up to [`SUPPLY`], the FLOCK fields to the raise R.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Graduation {
    /// FLOCK paired: `⌊φR⌋`.
    pub flock_liquidity: U256,
    /// FLOCK of the Reserved FLOCK tranche: the rest of R.
    pub flock_reserved: U256,
    /// MT paired.
    pub mt_liquidity: U256,
    /// MT that buyers claim.
    pub mt_sold: U256,
    /// MT of the 180-day stream, always whole.
    pub mt_incentive: U256,
    /// MT that vest to the issuer, scaled by sold/S.
    pub mt_issuer: U256,
    /// MT that vest to the platform, scaled by sold/S.
    pub mt_platform: U256,
    /// MT burned: unsold, unused liquidity, and what the buckets lost.
    pub mt_burned: U256,
}

impl Curve {
    /// The curve of a maximum target and a share φ of the raise that is paired:
    /// `x0 = φS²/(φS − L)`, `y0 = T_max·(x0 − S)/S` (§3).
    ///
    /// Both round up, y0 from the rounded x0: a dearer opening, so that `sold(T_max) ≤ S`. With φ in (½, 1], x0 is 2S up
    /// to 5001·S and y0 is T_max up to 5000·T_max.
    ///
    /// # Errors
    /// [`Error::PhiTooLow`]; [`Error::TargetsOutOfOrder`] for a target under 1,000 FLOCK; [`Error::Overflow`] where
    /// `x0·(y0 + T_max)` does not fit: over T_max of 2¹⁷⁵ for φ = 1, of 2¹⁵³ for φ next to ½.
    pub fn new(max_target: U256, phi: Bps) -> Result<Self, Error> {
        if phi <= LEAST_PHI {
            return Err(Error::PhiTooLow);
        }
        if max_target < LEAST_TARGET {
            return Err(Error::TargetsOutOfOrder);
        }
        let scaled_sale = math::mul(phi.raw(), SALE)?;
        let over = math::sub(scaled_sale, math::mul(Bps::ONE.raw(), LIQUIDITY)?)?;
        let mt = math::mul_div_up(scaled_sale, SALE, over)?;
        let flock = math::mul_div_up(max_target, math::sub(mt, SALE)?, SALE)?;
        let curve = Self { max_target, phi, opening: Reserves { mt, flock } };
        // k and R + y0 have to exist, so that no later formula can fail for their sake.
        math::mul(mt, math::add(flock, max_target)?)?;
        Ok(curve)
    }

    /// T_max, FLOCK.
    #[must_use]
    pub const fn max_target(&self) -> U256 {
        self.max_target
    }

    /// φ.
    #[must_use]
    pub const fn phi(&self) -> Bps {
        self.phi
    }

    /// The reserves before the first buy: x0 and y0.
    #[must_use]
    pub const fn opening(&self) -> Reserves {
        self.opening
    }

    /// `k = x0·y0`, MT times FLOCK, exact.
    ///
    /// # Errors
    /// None for a curve that [`Curve::new`] made.
    pub fn k(&self) -> Result<U256, Error> {
        math::mul(self.opening.mt, self.opening.flock)
    }

    /// R, the FLOCK that has entered the curve: `y − y0`, exact.
    ///
    /// # Errors
    /// [`Error::BadReserves`] where that is negative or over T_max.
    pub fn raised(&self, reserves: &Reserves) -> Result<U256, Error> {
        match reserves.flock.checked_sub(self.opening.flock) {
            Some(raised) if raised <= self.max_target => Ok(raised),
            _ => Err(Error::BadReserves),
        }
    }

    /// MT sold: `x0 − x`, exact.
    ///
    /// # Errors
    /// [`Error::BadReserves`] where that is negative or over S.
    pub fn sold(&self, reserves: &Reserves) -> Result<U256, Error> {
        match self.opening.mt.checked_sub(reserves.mt) {
            Some(sold) if sold <= SALE => Ok(sold),
            _ => Err(Error::BadReserves),
        }
    }

    /// `sold(R) = ⌊x0·R/(y0 + R)⌋`: MT that one buy of all of R would have got, the most that any buys can have.
    ///
    /// # Errors
    /// [`Error::BadReserves`] for R over T_max.
    pub fn sold_at(&self, raised: U256) -> Result<U256, Error> {
        math::mul_div(self.opening.mt, raised, self.flock_at(raised)?)
    }

    /// `spot(R) = ⌊(y0 + R)²/k⌋`: FLOCK per MT with 18 decimals, down.
    ///
    /// # Errors
    /// [`Error::BadReserves`] for R over T_max.
    pub fn spot(&self, raised: U256) -> Result<U256, Error> {
        let flock = self.flock_at(raised)?;
        math::mul_div(flock, math::mul(flock, WAD)?, self.k()?)
    }

    /// The price at which the curve closes when the raise reaches T_max; see [`Curve::spot`].
    ///
    /// # Errors
    /// None for a curve that [`Curve::new`] made.
    pub fn closing_price(&self) -> Result<U256, Error> {
        self.spot(self.max_target)
    }

    fn flock_at(&self, raised: U256) -> Result<U256, Error> {
        if raised > self.max_target {
            return Err(Error::BadReserves);
        }
        math::add(self.opening.flock, raised)
    }

    /// A buy of at most `offered` FLOCK, fees and `tax` included (§3).
    ///
    /// `net = ⌊offered·(1 − tax)⌋`; `out = ⌊x·net/(y + net)⌋`. Where net reaches T_max, the curve is filled to exactly T_max and
    /// only `⌈net·1/(1 − tax)⌉` is taken, even if that buys 0 MT. `tax` is [`TradingFee::total`] or
    /// [`TradingFee::sniper_tax`]. See [`Purchase`] for how the tax is divided.
    ///
    /// Every rounding is against the buyer, by less than 1 wei of FLOCK and 1 wei of MT.
    ///
    /// # Errors
    /// [`Error::NothingBought`] for 0 MT without reaching T_max; [`Error::SoldOut`] at T_max;
    /// [`Error::BadReserves`]; [`Error::TaxOutOfRange`] for a tax below the trading fee, or of everything.
    pub fn buy(&self, from: &Reserves, offered: U256, fee: &TradingFee, tax: Bps) -> Result<Purchase, Error> {
        fee.check_tax(tax)?;
        let room = self.room(from)?;
        let net_offered = tax.rest().of(offered)?;
        let (flock_in, net_used) =
            if net_offered >= room { (gross_of(room, tax)?, room) } else { (offered, net_offered) };
        let purchase = self.fill(from, flock_in, net_used, fee)?;
        if purchase.mt.is_zero() && net_used < room { Err(Error::NothingBought) } else { Ok(purchase) }
    }

    /// The cheapest buy of at least `mt` MT, fees and `tax` included: the smallest `offered` for which [`Curve::buy`] gives
    /// as much. Where one wei of FLOCK buys several of MT it gives a few more than asked for.
    ///
    /// `net = ⌈y·mt/(x − mt)⌉`, `flock_in = ⌈net/(1 − tax)⌉`: up, against the buyer.
    ///
    /// # Errors
    /// [`Error::OverTarget`] where that would pass T_max; [`Error::NothingBought`] for 0 MT; otherwise as [`Curve::buy`].
    pub fn buy_exact(&self, from: &Reserves, mt: U256, fee: &TradingFee, tax: Bps) -> Result<Purchase, Error> {
        fee.check_tax(tax)?;
        let room = self.room(from)?;
        if mt.is_zero() {
            return Err(Error::NothingBought);
        }
        if mt > SALE {
            return Err(Error::OverTarget);
        }
        let net = math::mul_div_up(from.flock, mt, math::sub(from.mt, mt)?)?;
        if net > room {
            return Err(Error::OverTarget);
        }
        self.fill(from, gross_of(net, tax)?, net, fee)
    }

    /// The issuer's bundled first buy: pays the fee, not the surcharge (§3).
    ///
    /// # Errors
    /// [`Error::BundleTooLarge`] over 25 % of the supply; [`Error::BundleReachesMinimum`] where it would leave the raise at
    /// `min_target` or above; otherwise as [`Curve::buy`].
    pub fn bundled_buy(&self, offered: U256, fee: &TradingFee, min_target: U256) -> Result<Purchase, Error> {
        let purchase = self.buy(&self.opening, offered, fee, fee.total())?;
        if purchase.mt > BUNDLE_LIMIT {
            return Err(Error::BundleTooLarge);
        }
        if purchase.net_used >= min_target {
            return Err(Error::BundleReachesMinimum);
        }
        Ok(purchase)
    }

    /// FLOCK that still fits in before T_max.
    fn room(&self, reserves: &Reserves) -> Result<U256, Error> {
        self.sold(reserves)?;
        let room = math::sub(self.max_target, self.raised(reserves)?)?;
        if room.is_zero() { Err(Error::SoldOut) } else { Ok(room) }
    }

    /// Moves the reserves by `net` and divides `flock_in − net` into fees.
    fn fill(&self, from: &Reserves, flock_in: U256, net_used: U256, fee: &TradingFee) -> Result<Purchase, Error> {
        let flock = math::add(from.flock, net_used)?;
        let mt = math::mul_div(from.mt, net_used, flock)?;
        let trading = fee.total.of_up(flock_in)?;
        let protocol_fee = fee.protocol.of_up(flock_in)?;
        Ok(Purchase {
            flock_in,
            net_used,
            mt,
            protocol_fee,
            // ⌈a + b⌉ ≥ ⌈a⌉ for the first, and the taken tax is ⌈tax·flock_in⌉ ≥ ⌈fee·flock_in⌉ for the second.
            issuer_fee: math::sub(trading, protocol_fee)?,
            surcharge: math::sub(math::sub(flock_in, net_used)?, trading)?,
            reserves: Reserves { mt: math::sub(from.mt, mt)?, flock },
        })
    }

    /// What is minted, paired, scaled and burned when a launch with these reserves graduates (§3).
    ///
    /// `⌊φR⌋` FLOCK meets `min(⌊⌊φR⌋·x/y⌋, L)` MT: the DEX opens at the closing price or above, by less than 1 wei of MT
    /// (at the cap L, by what the buys' roundings left in x). Issuer and platform get `⌊bucket·sold/S⌋`; the rest is burned.
    ///
    /// # Errors
    /// [`Error::BadReserves`].
    pub fn graduation(&self, reserves: &Reserves) -> Result<Graduation, Error> {
        let raised = self.raised(reserves)?;
        let mt_sold = self.sold(reserves)?;
        let flock_liquidity = self.phi.of(raised)?;
        let mt_liquidity = math::mul_div(flock_liquidity, reserves.mt, reserves.flock)?.min(LIQUIDITY);
        let mt_issuer = math::mul_div(ISSUER, mt_sold, SALE)?;
        let mt_platform = math::mul_div(PLATFORM, mt_sold, SALE)?;
        let kept = [mt_liquidity, INCENTIVE, mt_issuer, mt_platform];
        let minted = kept.into_iter().try_fold(mt_sold, math::add)?;
        Ok(Graduation {
            flock_liquidity,
            flock_reserved: math::sub(raised, flock_liquidity)?,
            mt_liquidity,
            mt_sold,
            mt_incentive: INCENTIVE,
            mt_issuer,
            mt_platform,
            mt_burned: math::sub(SUPPLY, minted)?,
        })
    }
}

impl Purchase {
    /// What is left of the offer, to be given back or not to be taken.
    ///
    /// # Errors
    /// [`Error::PartOverTotal`] for an offer of less than was taken.
    pub fn refund(&self, offered: U256) -> Result<U256, Error> {
        offered.checked_sub(self.flock_in).ok_or(Error::PartOverTotal)
    }

    /// Checks the buyer's minimum, pro rata of what was taken: `out · offered ≥ minOut · taken`, in 512 bits (§3).
    ///
    /// # Errors
    /// [`Error::BelowMinimumOut`].
    pub fn check_minimum(&self, offered: U256, min_out: U256) -> Result<(), Error> {
        let enough = math::product_at_least(self.mt, offered, min_out, self.flock_in);
        if enough { Ok(()) } else { Err(Error::BelowMinimumOut) }
    }
}

/// `⌈net/(1 − tax)⌉`: the least FLOCK of which exactly `net` is left, since what a wei more leaves is less than one more.
fn gross_of(net: U256, tax: Bps) -> Result<U256, Error> {
    math::mul_div_up(net, Bps::ONE.raw(), tax.rest().raw())
}
