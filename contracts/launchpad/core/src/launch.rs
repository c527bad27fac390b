//! A launch in storage, and the state that follows from it.

use alloc::{vec, vec::Vec};

use alloy_primitives::U256;
use fomo_access::text::{StorageText, Text};
use fomo_access::{Pauses, narrow};
use fomo_common::curve::{Curve, Reserves, TradingFee};
use fomo_common::epoch::DAY;
use fomo_common::{Bps, Seconds};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageB256, StorageU32, StorageU256};

use crate::error::Error;

/// Seconds within which a launch that succeeded has to graduate: 30 days.
pub const GRADUATION_WINDOW: u64 = 30 * DAY.0;

/// Where a launch is. Derived from time and totals, never stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum State {
    /// There is no such launch.
    None,
    /// Its sale has not begun.
    Scheduled,
    /// Buys are taken.
    Raising,
    /// It can graduate.
    Succeeded,
    /// Its token exists.
    Graduated,
    /// Buyers take their FLOCK back.
    Failed,
}

/// What every buy reads, in one slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terms {
    /// First second of the sale.
    pub start: u64,
    /// Seconds of the sale, pauses not counted.
    pub duration: u32,
    /// Fee to the protocol.
    pub protocol_fee: u16,
    /// Fee to the issuer.
    pub issuer_fee: u16,
    /// φ.
    pub phi: u16,
    /// Whether there is an anti-sniper surcharge.
    pub surcharge: bool,
    /// Whether it has graduated.
    pub graduated: bool,
    /// T_max, FLOCK, under 2⁹⁶.
    pub max: U256,
}

const SURCHARGE: u64 = 1;
const GRADUATED: u64 = 2;

impl Terms {
    /// Start 64, duration 32, three shares 16 each and flags 8 bits; T_max in the upper half.
    pub fn pack(&self) -> U256 {
        let shares = u64::from(self.protocol_fee) | u64::from(self.issuer_fee) << 16;
        let flags = if self.surcharge { SURCHARGE } else { 0 } | if self.graduated { GRADUATED } else { 0 };
        let second = u64::from(self.duration) | shares << 32;
        let [low, high, ..] = *self.max.as_limbs();
        // T_max takes 96 bits from bit 160 on.
        U256::from_limbs([self.start, second, u64::from(self.phi) | flags << 16 | low << 32, low >> 32 | high << 32])
    }

    /// The terms of a word.
    #[allow(clippy::cast_possible_truncation, reason = "each field is cut out of its word")]
    pub fn unpack(word: U256) -> Self {
        let [start, second, third, fourth] = *word.as_limbs();
        let flags = third >> 16;
        Self {
            start,
            duration: second as u32,
            protocol_fee: (second >> 32) as u16,
            issuer_fee: (second >> 48) as u16,
            phi: third as u16,
            surcharge: flags & SURCHARGE != 0,
            graduated: flags & GRADUATED != 0,
            max: U256::from_limbs([third >> 32 | fourth << 32, fourth >> 32, 0, 0]),
        }
    }

    /// The curve.
    pub fn curve(&self) -> Result<Curve, Error> {
        Ok(Curve::new(self.max, Bps::new(self.phi)?)?)
    }

    /// The trading fee.
    pub fn fee(&self) -> Result<TradingFee, Error> {
        Ok(TradingFee::new(Bps::new(self.protocol_fee)?, Bps::new(self.issuer_fee)?)?)
    }

    /// What a buy pays at a time of the sale: the trading fee, or the anti-sniper tax with it.
    pub fn tax(&self, fee: &TradingFee, pauses: &Pauses, now: u64) -> Bps {
        if self.surcharge { fee.sniper_tax(Seconds(self.elapsed(pauses, now))) } else { fee.total() }
    }

    /// Seconds of the sale so far, pauses not counted.
    pub fn elapsed(&self, pauses: &Pauses, now: u64) -> u64 {
        pauses.clock(now).saturating_sub(pauses.clock(self.start))
    }

    /// The second at which the sale's time is over, unless a pause is lifted or added.
    pub fn end(&self, pauses: &Pauses) -> u64 {
        pauses.time(pauses.clock(self.start).saturating_add(self.duration.into()))
    }
}

/// A launch's sale: what buys change.
#[storage]
pub struct Sale {
    /// [`Terms`]; zero where there is no launch.
    terms: StorageU256,
    reserves: StoragePair,
    /// Escrowed fees: the protocol's, the issuer's.
    pub fees: StoragePair,
    /// Escrowed surcharges; MT of the issuer's bundled buy.
    pub extra: StoragePair,
    /// T_min, FLOCK; when the raise reached T_max, zero before.
    limits: StoragePair,
}

/// What a launch's token will be: written once.
#[storage]
pub struct Record {
    pub creator: StorageAddress,
    pub vesting_cliff: StorageU32,
    pub vesting_length: StorageU32,
    pub adapter: StorageAddress,
    pub launch_id: StorageB256,
    pub model_id: StorageB256,
    pub model_type: StorageB256,
    /// [`Texts`].
    pub texts: StorageText,
}

/// What the token will be called.
pub struct Texts {
    pub name: Text,
    pub symbol: Text,
    pub metadata_uri: Text,
}

impl Texts {
    /// As one text: a byte of length for the name, one for the symbol, then all of them.
    pub fn pack(&self) -> Text {
        let len = |text: &Text| u8::try_from(text.0.len()).unwrap_or_default();
        let lens = [len(&self.name), len(&self.symbol)];
        Text([&lens, &self.name.0[..], &self.symbol.0, &self.metadata_uri.0].concat())
    }

    /// The texts of [`Self::pack`].
    pub fn unpack(packed: &Text) -> Self {
        let (lens, rest) = packed.0.split_first_chunk::<2>().unwrap_or((&[0, 0], &[]));
        let (name, rest) = rest.split_at_checked(lens[0].into()).unwrap_or_default();
        let (symbol, uri) = rest.split_at_checked(lens[1].into()).unwrap_or_default();
        let text = |bytes: &[u8]| Text(bytes.to_vec());
        Self { name: text(name), symbol: text(symbol), metadata_uri: text(uri) }
    }
}

/// Two amounts of 128 bits in a slot.
#[storage]
pub struct StoragePair {
    word: StorageU256,
}

impl StoragePair {
    /// The two.
    pub fn get(&self) -> (U256, U256) {
        let [a, b, c, d] = *self.word.get().as_limbs();
        (U256::from_limbs([a, b, 0, 0]), U256::from_limbs([c, d, 0, 0]))
    }

    /// Sets them.
    pub fn set(&mut self, first: U256, second: U256) -> Result<(), fomo_access::Error> {
        let second = U256::from(narrow::<128, 2>(second)?).wrapping_shl(128);
        self.word.set(U256::from(narrow::<128, 2>(first)?) | second);
        Ok(())
    }

    /// Forgets them.
    pub fn clear(&mut self) {
        self.word.set(U256::ZERO);
    }
}

impl Sale {
    /// The terms; nothing where there is no launch.
    pub fn terms(&self) -> Option<Terms> {
        let word = self.terms.get();
        if word.is_zero() { None } else { Some(Terms::unpack(word)) }
    }

    /// Sets the terms.
    pub fn set_terms(&mut self, terms: &Terms) {
        self.terms.set(terms.pack());
    }

    /// The curve's reserves.
    pub fn reserves(&self) -> Reserves {
        let (mt, flock) = self.reserves.get();
        Reserves { mt, flock }
    }

    /// Sets the curve's reserves.
    pub fn set_reserves(&mut self, reserves: &Reserves) -> Result<(), fomo_access::Error> {
        self.reserves.set(reserves.mt, reserves.flock)
    }

    /// T_min.
    pub fn min(&self) -> U256 {
        self.limits.get().0
    }

    /// Sets T_min.
    pub fn set_min(&mut self, min: U256) -> Result<(), fomo_access::Error> {
        self.limits.set(min, U256::ZERO)
    }

    /// Notes that the raise has reached T_max.
    pub fn fill(&mut self, now: u64) -> Result<(), fomo_access::Error> {
        let min = self.min();
        self.limits.set(min, U256::from(now))
    }

    /// Where the launch is at a time.
    pub fn state(&self, pauses: &Pauses, now: u64) -> Result<State, Error> {
        Ok(self.stage(pauses, now)?.0)
    }

    /// Where the launch is at a time, and the first second at which it cannot graduate any more: zero while it has not succeeded, and
    /// once it has graduated.
    pub fn stage(&self, pauses: &Pauses, now: u64) -> Result<(State, u64), Error> {
        let Some(terms) = self.terms() else { return Ok((State::None, 0)) };
        if terms.graduated {
            return Ok((State::Graduated, 0));
        }
        if now < terms.start {
            return Ok((State::Scheduled, 0));
        }
        let (min, filled_at) = self.limits.get();
        let [filled_at, ..] = *filled_at.as_limbs();
        let succeeded_at = if filled_at > 0 {
            filled_at
        } else {
            if terms.elapsed(pauses, now) < terms.duration.into() {
                return Ok((State::Raising, 0));
            }
            let raised = terms.curve()?.raised(&self.reserves())?;
            if raised < min {
                return Ok((State::Failed, 0));
            }
            terms.end(pauses)
        };
        let until = succeeded_at.saturating_add(GRADUATION_WINDOW);
        Ok((if now < until { State::Succeeded } else { State::Failed }, until))
    }
}
