//! The registry's parameters: their keys, their defaults and what they may be.

use alloc::vec::Vec;

use alloy_primitives::{B256, U256, uint};
use fomo_access::{CheckParameter, role};
use fomo_common::epoch::DAY;
use fomo_common::lock::{self, check_multiplier};
use fomo_common::stake::{Tier, check_tiers};
use fomo_common::{Bps, Seconds, Wad};

use crate::StakeRegistry;
use crate::error::Error;

/// Seconds from a request to unstake to its withdrawal, fixed into a request when it is made.
pub const COOLDOWN: B256 = const { role("COOLDOWN") };
/// ε with 18 decimals, fixed into a lock when its gmFLOCK is computed.
pub const EPSILON: B256 = const { role("EPSILON") };
/// λ with 18 decimals.
pub const LAMBDA: B256 = const { role("LAMBDA") };
/// H: the effective balance that gets half of what λ gives at most.
pub const HALF: B256 = const { role("HALF") };
/// Four tiers of the discount, the lowest in the lowest 48 bits; of each 32 bits are the least average stake in whole tokens, the
/// 16 below them the discount in bps. Tiers that are not used are zero, and come last.
pub const DISCOUNT_TIERS: B256 = const { role("DISCOUNT_TIERS") };

const DEFAULT_COOLDOWN: U256 = U256::from_limbs([DAY.0, 0, 0, 0]);
/// 14 days.
const LONGEST_COOLDOWN: U256 = U256::from_limbs([14 * DAY.0, 0, 0, 0]);
/// 4: then the gmFLOCK of all FLOCK that there is fit their 92 bits.
const HIGHEST_EPSILON: U256 = uint!(4_000_000_000_000_000_000_U256);
/// 10,000 gmFLOCK with a year to go.
const DEFAULT_HALF: U256 = uint!(10_000_000_000_000_000_000_000_U256);
/// 5 % from 1,000 MT on, 10 % from 5,000, 15 % from 20,000.
const DEFAULT_TIERS: U256 = uint!(0x00004E2005DC0000138803E8000003E801F4_U256);
/// 10⁻¹⁸ of a token in a whole one.
const TOKEN: U256 = uint!(1_000_000_000_000_000_000_U256);

/// The tiers of a packed value.
#[allow(clippy::cast_possible_truncation, reason = "each field is cut out of its word")]
fn tiers(packed: U256) -> Result<Vec<Tier>, Error> {
    let mut tiers = Vec::with_capacity(4);
    let mut rest = packed;
    while !rest.is_zero() {
        let tier = rest.as_limbs()[0];
        let min_stake = fomo_common::math::mul(U256::from((tier >> 16) as u32), TOKEN)?;
        tiers.push(Tier { min_stake, discount: Bps::new(tier as u16)? });
        rest = rest.wrapping_shr(48);
    }
    check_tiers(&tiers)?;
    Ok(tiers)
}

impl StakeRegistry {
    /// Sets what a new registry begins with.
    pub(crate) fn set_defaults(&mut self) -> Result<(), Error> {
        let parameters = &mut self.access.parameters;
        parameters.set(COOLDOWN, DEFAULT_COOLDOWN)?;
        parameters.set(EPSILON, lock::DEFAULT_EPSILON.raw())?;
        parameters.set(LAMBDA, fomo_common::units::WAD)?;
        parameters.set(HALF, DEFAULT_HALF)?;
        parameters.set(DISCOUNT_TIERS, DEFAULT_TIERS)?;
        Ok(())
    }

    pub(crate) fn cooldown(&self) -> Result<Seconds, Error> {
        Ok(Seconds(self.access.parameters.get(COOLDOWN)?.as_limbs()[0]))
    }

    pub(crate) fn epsilon(&self) -> Result<Wad, Error> {
        Ok(self.access.parameters.get(EPSILON)?.try_into()?)
    }

    /// λ and H of an epoch.
    pub(crate) fn multiplier_of(&self, effective: U256, epoch: u64) -> Result<Wad, Error> {
        let parameters = &self.access.parameters;
        let (lambda, half) = (parameters.at(LAMBDA, epoch)?, parameters.at(HALF, epoch)?);
        Ok(lock::multiplier(effective, lambda.try_into()?, half)?)
    }

    /// The tiers of an epoch.
    pub(crate) fn tiers(&self, epoch: u64) -> Result<Vec<Tier>, Error> {
        tiers(self.access.parameters.at(DISCOUNT_TIERS, epoch)?)
    }
}

impl CheckParameter for StakeRegistry {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        match key {
            COOLDOWN => value <= LONGEST_COOLDOWN,
            EPSILON => value <= HIGHEST_EPSILON,
            LAMBDA => Wad::try_from(value).is_ok_and(|lambda| check_multiplier(lambda, U256::ONE).is_ok()),
            HALF => check_multiplier(Wad::ONE, value).is_ok(),
            DISCOUNT_TIERS => value.bit_len() <= 192 && tiers(value).is_ok(),
            _ => false,
        }
    }
}
