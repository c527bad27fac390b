//! The distributor's parameters: their keys, their defaults and what they may be. An epoch is computed with the values of its own day.

use alloy_primitives::{Address, B256, U256};
use fomo_access::{CheckParameter, DELAY, role, tag, tagged};
use fomo_common::emission::Phase;
use fomo_common::epoch::DAY;
use fomo_common::score::{self, DEFAULT_ALPHA_END, DEFAULT_ALPHA_START};
use fomo_common::{Bps, Epoch, Wad};
use stylus_sdk::prelude::*;

use crate::RewardDistributor;
use crate::error::Error;

/// Tag of a launchpad's key: 1 for a contract that may say once which tokens are supported, and fund their graduation tranches. Each has its
/// own, so that a new launchpad does not stop the launches of another; and it stays, so that every launch that has begun can graduate.
const LAUNCHPAD: [u8; 4] = *b"LPAD";
/// Who reports usage.
pub const REPORTER: B256 = const { role("REPORTER") };
/// Where stakes and gmFLOCK are read.
pub const REGISTRY: B256 = const { role("REGISTRY") };
/// The registry's parameters that scores depend on.
pub const LAMBDA: B256 = const { role("LAMBDA") };
/// See [`LAMBDA`].
pub const HALF: B256 = const { role("HALF") };
/// A season by its number in the last byte, 1 to 255: α at its end, 2⁶⁴ times α at its beginning, 2¹²⁸ times its days, 2¹⁶⁰ times
/// its first epoch.
const SEASON: [u8; 4] = *b"SEAS";
/// A phase of the global emission by its number in the last byte, 1 to 8: FLOCK a day in the lowest 96 bits, then decay in bps (16), every so
/// many days (16), days (32), first epoch (32).
const PHASE: [u8; 4] = *b"PHAS";
/// Tag of a model id's key: its token; zero retires it.
const MODEL: [u8; 4] = *b"MODL";

/// Phases that there can be.
pub const MOST_PHASES: u8 = 8;
/// Decays of a phase at most: each is a step whenever its schedule is computed.
const MOST_DECAYS: u32 = 1_000;
/// Days of the first season.
const DEFAULT_SEASON: u64 = 180;
/// Bits of a phase's daily amount.
const AMOUNT_BITS: usize = 96;
/// Bits of a parameter.
const VALUE_BITS: usize = 192;
/// Bits of an address.
const ADDRESS_BITS: usize = 160;

/// The key of a launchpad.
#[must_use]
pub fn launchpad_key(launchpad: Address) -> B256 {
    tagged(LAUNCHPAD, launchpad.into_word())
}

/// The key of a season.
#[must_use]
pub const fn season_key(number: u8) -> B256 {
    numbered(SEASON, number)
}

/// The key of a phase.
#[must_use]
pub const fn phase_key(number: u8) -> B256 {
    numbered(PHASE, number)
}

/// The key of a model id's token.
#[must_use]
pub fn model_key(id: B256) -> B256 {
    tagged(MODEL, id)
}

const fn numbered(name: [u8; 4], number: u8) -> B256 {
    let [a, b, c, d] = name;
    let mut word = [0; 32];
    (word[0], word[1], word[2], word[3], word[31]) = (a, b, c, d, number);
    B256::new(word)
}

/// The number of a key; nothing where it is not of this name.
fn number_of(key: B256, name: [u8; 4]) -> Option<u8> {
    let number = key.0.last().copied()?;
    (key == numbered(name, number)).then_some(number)
}

/// The two numbers of a limb.
#[allow(clippy::cast_possible_truncation, reason = "they are its halves")]
const fn split(limb: u64) -> (u32, u32) {
    ((limb >> 32) as u32, limb as u32)
}

/// A season: when it begins, and how α falls in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Season {
    start: u32,
    length: u32,
    alpha_start: Wad,
    alpha_end: Wad,
}

impl Season {
    fn unpack(value: U256) -> Self {
        let [alpha_end, alpha_start, times, _] = *value.as_limbs();
        let (start, length) = split(times);
        Self { start, length, alpha_start: Wad(alpha_start), alpha_end: Wad(alpha_end) }
    }

    fn pack(self) -> U256 {
        let times = u64::from(self.start) << 32 | u64::from(self.length);
        U256::from_limbs([self.alpha_end.0, self.alpha_start.0, times, 0])
    }

    /// α of an epoch; that of the season's beginning before it.
    ///
    /// # Errors
    /// None for a season that is a parameter.
    pub fn alpha(&self, epoch: u64) -> Result<Wad, Error> {
        let index = epoch.saturating_sub(self.start.into());
        Ok(score::alpha(self.alpha_start, self.alpha_end, index, self.length.into())?)
    }
}

#[allow(clippy::cast_possible_truncation, reason = "each field is cut out of its limb")]
fn phase(value: U256) -> Result<Phase, Error> {
    let [_, middle, times, _] = *value.as_limbs();
    let daily = value.wrapping_shl(256 - AMOUNT_BITS).wrapping_shr(256 - AMOUNT_BITS);
    let (decay, every) = ((middle >> 32) as u16, (middle >> 48) as u16);
    let (start, days) = split(times);
    Ok(Phase::new(Epoch::new(start.into())?, days, daily, Bps::new(decay)?, every.into())?)
}

fn phase_allowed(value: U256) -> bool {
    let [_, middle, times, _] = *value.as_limbs();
    let (_, days) = split(times);
    let steps = days.checked_div((middle >> 48) as u32).unwrap_or(0);
    phase(value).is_ok() && steps <= MOST_DECAYS
}

impl RewardDistributor {
    /// Sets what a new distributor begins with: a first season from today on.
    pub(crate) fn set_defaults(&mut self) -> Result<(), Error> {
        let first = Season {
            start: u32::try_from(self.today()).unwrap_or(u32::MAX),
            length: DEFAULT_SEASON as u32,
            alpha_start: DEFAULT_ALPHA_START,
            alpha_end: DEFAULT_ALPHA_END,
        };
        Ok(self.access.parameters.set(season_key(1), first.pack())?)
    }

    /// The season of an epoch and its number: the last that has begun, and the first before any has.
    pub(crate) fn season(&self, epoch: u64) -> Result<(u8, Season), Error> {
        let parameters = &self.access.parameters;
        let mut current = (1, Season::unpack(parameters.at(season_key(1), epoch)?));
        for number in 2..=u8::MAX {
            let Ok(value) = parameters.at(season_key(number), epoch) else { break };
            let season = Season::unpack(value);
            if u64::from(season.start) > epoch {
                break;
            }
            current = (number, season);
        }
        Ok(current)
    }

    /// Whether a number is the first, or the one before it is there.
    fn follows(&self, name: [u8; 4], number: u8) -> bool {
        let before = number.checked_sub(1);
        before.is_some_and(|before| before == 0 || self.access.parameters.get(numbered(name, before)).is_ok())
    }

    /// Whether a season begins no sooner than a change that is proposed now could be executed.
    fn is_announced(&self, season: Season) -> bool {
        let begins = u64::from(season.start).saturating_mul(DAY.0);
        let notice = U256::from(begins.saturating_sub(self.vm().block_timestamp()));
        self.access.parameters.get(DELAY).is_ok_and(|delay| notice >= delay)
    }

    /// A phase as it is in an epoch.
    pub(crate) fn phase_at(&self, number: u8, epoch: u64) -> Option<Phase> {
        let value = self.access.parameters.at(phase_key(number), epoch).ok()?;
        phase(value).ok()
    }

    /// What a key of a report names: in the first season a token, later a model id. Nothing where that is no supported token.
    pub(crate) fn token_of(&self, season: u8, key: B256, epoch: u64) -> Option<Address> {
        let named = if season <= 1 { key.into() } else { self.access.parameters.at(model_key(key), epoch).ok()? };
        if named.is_zero() || named.bit_len() > ADDRESS_BITS {
            return None;
        }
        let mt = Address::from_word(named.into());
        self.supported_at(mt, epoch).then_some(mt)
    }
}

impl CheckParameter for RewardDistributor {
    fn check_parameter(&self, key: B256, value: U256) -> bool {
        let address = value.bit_len() <= ADDRESS_BITS;
        if let Some(number) = number_of(key, SEASON) {
            let season = Season::unpack(value);
            let sound = value.bit_len() <= VALUE_BITS && season.start > 0 && season.alpha(season.start.into()).is_ok();
            return sound && self.follows(SEASON, number);
        }
        if let Some(number) = number_of(key, PHASE) {
            let sound = number <= MOST_PHASES && value.bit_len() <= VALUE_BITS && phase_allowed(value);
            return sound && self.follows(PHASE, number);
        }
        match key {
            REPORTER | REGISTRY => address && !value.is_zero(),
            _ => match tag(key) {
                LAUNCHPAD => value == U256::ONE,
                MODEL => address,
                _ => false,
            },
        }
    }

    /// A season's first value counts from its own day: people know of it for as long as of any other change. A launchpad brings tokens that
    /// share the emission: beside those of another one it is announced like any other change.
    fn check_first_value(&self, key: B256, value: U256) -> bool {
        let sudden = match tag(key) {
            SEASON => !self.is_announced(Season::unpack(value)),
            LAUNCHPAD => !self.token_count.get().is_zero(),
            _ => false,
        };
        !sudden && self.check_parameter(key, value)
    }
}
