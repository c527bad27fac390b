//! The launchpad's parameters: their keys, their defaults and what they may be. A launch freezes them.

use alloy_primitives::{Address, B256, U256, uint};
use fomo_access::{CheckParameter, role, tag, tagged, token};
use fomo_common::curve::{LEAST_PHI, TradingFee, check_targets};
use fomo_common::vesting::Vesting;
use fomo_common::{Bps, Seconds, Timestamp};

use stylus_sdk::prelude::*;

use crate::Launchpad;
use crate::error::{Error, Own};

/// FLOCK that a launch costs, never refunded.
pub const LAUNCH_FEE: B256 = const { role("LAUNCH_FEE") };
/// The trading fee: bps to the protocol, and 2¹⁶ times bps to the issuer.
pub const TRADING_FEE: B256 = const { role("TRADING_FEE") };
/// φ in bps: the share of the raise that is paired.
pub const PHI: B256 = const { role("PHI") };
/// Vesting of issuer and platform: seconds of the cliff, and 2³² times seconds in all.
pub const VESTING: B256 = const { role("VESTING") };
/// Who gets the protocol's fees and the platform's MT.
pub const TREASURY: B256 = const { role("TREASURY") };
/// Tag of a model type's key: T_min, and 2⁹⁶ times T_max; zero closes it.
const MODEL_TYPE: [u8; 4] = *b"TYPE";
/// Tag of a venue's key: its adapter; zero closes it.
const VENUE: [u8; 4] = *b"VENU";

/// 32,768 FLOCK.
const DEFAULT_LAUNCH_FEE: U256 = uint!(32_768_000_000_000_000_000_000_U256);
/// 100 and 50 bps.
const DEFAULT_TRADING_FEE: U256 = uint!(3_276_900_U256);
const DEFAULT_PHI: U256 = uint!(10_000_U256);
/// 90 and 365 days.
const DEFAULT_VESTING: U256 = U256::from_limbs([((365 * 86_400) << 32) | (90 * 86_400), 0, 0, 0]);
/// Most FLOCK that a parameter or a target can be, in bits: 2⁹⁶ wei are 79 billion FLOCK.
const AMOUNT_BITS: usize = 96;

/// Low and high part of a packed value.
fn split(value: U256, bits: usize) -> (U256, U256) {
    (value.wrapping_shl(256 - bits).wrapping_shr(256 - bits), value.wrapping_shr(bits))
}

#[allow(clippy::cast_possible_truncation, reason = "what is cut off is refused where the parameter is set")]
fn bps(value: U256) -> Result<Bps, Error> {
    Ok(Bps::new(value.as_limbs()[0] as u16)?)
}

fn trading_fee(value: U256) -> Result<TradingFee, Error> {
    let (protocol, issuer) = split(value, 16);
    Ok(TradingFee::new(bps(protocol)?, bps(issuer)?)?)
}

impl Launchpad {
    /// Sets what a new launchpad begins with.
    pub(crate) fn set_defaults(&mut self, treasury: Address) -> Result<(), Error> {
        if treasury.is_zero() {
            return Err(fomo_access::Error::ZeroAddress.into());
        }
        let parameters = &mut self.access.parameters;
        parameters.set(LAUNCH_FEE, DEFAULT_LAUNCH_FEE)?;
        parameters.set(TRADING_FEE, DEFAULT_TRADING_FEE)?;
        parameters.set(PHI, DEFAULT_PHI)?;
        parameters.set(VESTING, DEFAULT_VESTING)?;
        parameters.set(TREASURY, token::word(treasury))?;
        Ok(())
    }

    /// T_min and T_max of a model type.
    pub(crate) fn targets(&self, model_type: B256) -> Result<(U256, U256), Error> {
        match self.access.parameters.get(tagged(MODEL_TYPE, model_type)) {
            Ok(packed) if !packed.is_zero() => Ok(split(packed, AMOUNT_BITS)),
            _ => Err(Own::UnknownModelType.into()),
        }
    }

    /// The adapter of a venue.
    pub(crate) fn adapter(&self, venue: B256) -> Result<Address, Error> {
        match self.access.parameters.get(tagged(VENUE, venue)) {
            Ok(packed) if !packed.is_zero() => Ok(address(packed)),
            _ => Err(Own::UnknownVenue.into()),
        }
    }

    pub(crate) fn launch_fee(&self) -> Result<U256, Error> {
        Ok(self.access.parameters.get(LAUNCH_FEE)?)
    }

    pub(crate) fn trading_fee(&self) -> Result<TradingFee, Error> {
        trading_fee(self.access.parameters.get(TRADING_FEE)?)
    }

    pub(crate) fn phi(&self) -> Result<Bps, Error> {
        bps(self.access.parameters.get(PHI)?)
    }

    /// Seconds of the cliff and in all.
    pub(crate) fn vesting_terms(&self) -> Result<(u64, u64), Error> {
        let (cliff, length) = split(self.access.parameters.get(VESTING)?, 32);
        Ok((cliff.as_limbs()[0], length.as_limbs()[0]))
    }

    pub(crate) fn treasury(&self) -> Result<Address, Error> {
        Ok(address(self.access.parameters.get(TREASURY)?))
    }

    /// Key of a model type's targets.
    pub(crate) fn model_type_key_of(model_type: B256) -> B256 {
        tagged(MODEL_TYPE, model_type)
    }

    /// Key of a venue's adapter.
    pub(crate) fn venue_key_of(venue: B256) -> B256 {
        tagged(VENUE, venue)
    }
}

fn address(word: U256) -> Address {
    Address::from_word(B256::from(word))
}

fn targets_allowed(value: U256) -> bool {
    let (min, max) = split(value, AMOUNT_BITS);
    value.is_zero() || max.bit_len() <= AMOUNT_BITS && check_targets(min, max).is_ok()
}

fn vesting_allowed(value: U256) -> bool {
    let (cliff, length) = split(value, 32);
    let seconds = |part: U256| Seconds(part.as_limbs()[0]);
    length.bit_len() <= 32 && Vesting::new(U256::ONE, Timestamp(0), seconds(cliff), seconds(length)).is_ok()
}

impl CheckParameter for Launchpad {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        match key {
            LAUNCH_FEE => value.bit_len() <= AMOUNT_BITS,
            TRADING_FEE => value.bit_len() <= 32 && trading_fee(value).is_ok(),
            PHI => value > LEAST_PHI.raw() && value <= Bps::ONE.raw(),
            VESTING => vesting_allowed(value),
            TREASURY => !value.is_zero() && value.bit_len() <= 160,
            _ if tag(key) == MODEL_TYPE => targets_allowed(value),
            _ if tag(key) == VENUE => {
                value.is_zero() || value.bit_len() <= 160 && token::has_code(self.vm(), address(value))
            }
            _ => false,
        }
    }

    /// An adapter takes the raise at the graduation: one that is new is announced like one that changes, once there is somebody to be told.
    fn check_first_value(&self, key: B256, value: U256) -> bool {
        let is_late = tag(key) == VENUE && !self.count.get().is_zero();
        !is_late && self.check_parameter(key, value)
    }
}
