//! What an epoch is computed with: parameters and supported tokens, each as of its day.

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, U256, keccak256};
use anyhow::{Context, Result};
use fomo_common::emission::Phase;
use fomo_common::{Bps, Epoch, Wad, score};

/// A value from an epoch on.
type History = Vec<(u64, U256)>;

/// Parameters by key, and tokens in the order in which they were first supported.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    pub(super) parameters: BTreeMap<B256, History>,
    supported: Vec<(Address, History)>,
}

/// A name in a word.
pub(super) fn key(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

/// The key of what belongs to something: a tag, and 28 bytes of a hash.
pub(super) fn tagged(tag: [u8; 4], of: B256) -> B256 {
    let mut key = keccak256(of);
    key[..4].copy_from_slice(&tag);
    key
}

fn numbered(name: &str, number: u8) -> B256 {
    let mut word = key(name);
    word[31] = number;
    word
}

/// The bits of a value from `low` on.
fn bits(value: U256, low: usize, bits: usize) -> u64 {
    (value >> low & (U256::from(u64::MAX) >> (64 - bits))).to()
}

fn at(history: &[(u64, U256)], epoch: u64) -> Option<U256> {
    history.iter().rev().find(|(from, _)| *from <= epoch).map(|(_, value)| *value)
}

impl Inputs {
    fn parameter(&self, key: B256, epoch: u64) -> Option<U256> {
        at(self.parameters.get(&key)?, epoch)
    }

    pub(super) fn registry(&self, epoch: u64) -> Result<Address> {
        let registry = self.parameter(key("REGISTRY"), epoch).context("No stake registry is set.")?;
        Ok(Address::from_word(registry.into()))
    }

    /// Number of the season and α.
    pub(super) fn alpha(&self, epoch: u64) -> Result<(u8, Wad)> {
        let season = |number: u8| self.parameter(numbered("SEAS", number), epoch);
        let mut number = 1;
        while number < u8::MAX && season(number + 1).is_some_and(|next| bits(next, 160, 32) <= epoch) {
            number += 1;
        }
        let value = season(number).context("No season is set.")?;
        let index = epoch.saturating_sub(bits(value, 160, 32));
        let (start, end) = (Wad(bits(value, 64, 64)), Wad(bits(value, 0, 64)));
        Ok((number, score::alpha(start, end, index, bits(value, 128, 32))?))
    }

    /// A phase of the global emission.
    pub(super) fn phase(&self, number: u8, epoch: u64) -> Result<Option<Phase>> {
        let Some(value) = self.parameter(numbered("PHAS", number), epoch) else { return Ok(None) };
        let daily = value & ((U256::ONE << 96) - U256::ONE);
        let decay = Bps::new(u16::try_from(bits(value, 96, 16))?)?;
        let (every, days) = (u32::try_from(bits(value, 112, 16))?, u32::try_from(bits(value, 128, 32))?);
        Ok(Some(Phase::new(Epoch::new(bits(value, 160, 32))?, days, daily, decay, every)?))
    }

    pub(super) fn support(&mut self, mt: Address, epoch: u64, supported: bool) {
        let value = (epoch, U256::from(supported));
        match self.supported.iter_mut().find(|(token, _)| *token == mt) {
            Some((_, history)) => history.push(value),
            None => self.supported.push((mt, vec![value])),
        }
    }

    pub(super) fn knows(&self, mt: Address) -> bool {
        self.supported.iter().any(|(token, _)| *token == mt)
    }

    /// The tokens that earn in an epoch.
    pub(super) fn supported_in(&self, epoch: u64) -> Vec<Address> {
        let earns = |(_, history): &&(Address, History)| at(history, epoch) == Some(U256::ONE);
        self.supported.iter().filter(earns).map(|(mt, _)| *mt).collect()
    }

    /// What a key of a report names: the token in the first season, later a model id.
    pub(super) fn token(&self, season: u8, key: B256, epoch: u64) -> Option<Address> {
        let mut word = U256::from_be_bytes(key.0);
        if season > 1 {
            word = self.parameter(tagged(*b"MODL", key), epoch)?;
        }
        let named = (word.bit_len() <= 160).then(|| Address::from_word(word.into()))?;
        self.supported_in(epoch).contains(&named).then_some(named)
    }
}
