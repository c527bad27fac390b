//! Where a day's pools come from: phases of the global emission and tranches.

use std::collections::BTreeMap;

use alloy::primitives::{Address, U256};
use anyhow::{Result, ensure};
use fomo_common::Epoch;
use fomo_common::emission::{Shape, Tranche};

use super::inputs::Inputs;
use crate::abi::IRewardDistributor as R;

/// A tranche and what is left of it.
#[derive(Debug, Clone)]
struct Stream {
    tranche: Tranche,
    start: u64,
    left: U256,
    days: u32,
}

impl Stream {
    fn new(funded: U256, days: u16, level: bool, start: u64) -> Self {
        let shape = if level { Shape::Level } else { Shape::Declining };
        Self { tranche: Tranche { funded, days, shape }, start, left: funded, days: 0 }
    }

    /// What a day pays, and what is left over where it was the last.
    fn day(&mut self, epoch: u64, pays: bool) -> Result<(U256, U256)> {
        if epoch < self.start || self.left.is_zero() {
            return Ok((U256::ZERO, U256::ZERO));
        }
        let pool = if pays { self.tranche.pool(self.days, self.left)? } else { U256::ZERO };
        self.left -= pool;
        self.days += 1;
        let over = self.tranche.is_over(self.days);
        Ok((pool, if over { std::mem::take(&mut self.left) } else { U256::ZERO }))
    }
}

/// Funds of a phase.
#[derive(Debug, Clone, Default)]
struct Funds {
    funded: Vec<(u64, U256)>,
    joined: U256,
    paid: U256,
}

/// All streams.
#[derive(Debug, Clone, Default)]
pub(super) struct Streams {
    phases: BTreeMap<u8, Funds>,
    mt: BTreeMap<Address, Stream>,
    /// By token and number; that of graduation has the highest.
    reserved: BTreeMap<(Address, U256), Stream>,
    joining: U256,
}

impl Streams {
    pub(super) fn fund_mt(&mut self, event: &R::MtRewardFunded) {
        self.mt.insert(event.mt, Stream::new(event.amount, event.numDays, false, event.epoch));
    }

    pub(super) fn fund_reserved(&mut self, event: &R::ReservedFunded) -> Result<()> {
        let stream = Stream::new(event.funded, event.numDays, event.level, event.epoch);
        let before = self.reserved.insert((event.mt, event.index), stream);
        let merged = before.map_or(U256::ZERO, |before| before.tranche.funded);
        ensure!(merged + event.amount == event.funded, "A tranche has other funds.");
        Ok(())
    }

    pub(super) fn fund_phase(&mut self, event: &R::PhaseFunded) -> Result<()> {
        let funds = self.phases.entry(u8::try_from(event.phase)?).or_default();
        let before = funds.funded.last().map_or(U256::ZERO, |(_, funded)| *funded);
        ensure!(before + event.amount == event.funded, "A phase has other funds.");
        funds.funded.push((event.epoch, event.funded));
        Ok(())
    }

    /// The pools of the phases that there are, in their order.
    fn phase_pools(&self, inputs: &Inputs, epoch: u64) -> Result<Vec<(u8, U256)>> {
        let mut pools = Vec::new();
        let nothing = Funds::default();
        for number in 1..=8 {
            let Some(phase) = inputs.phase(number, epoch)? else { break };
            let funds = self.phases.get(&number).unwrap_or(&nothing);
            let funded = funds.funded.iter().rev().find(|(from, _)| *from <= epoch).map_or(U256::ZERO, |(_, all)| *all);
            pools.push((number, phase.pool(Epoch::new(epoch)?, funded + funds.joined - funds.paid)?));
        }
        Ok(pools)
    }

    pub(super) fn global_pool(&self, inputs: &Inputs, epoch: u64) -> Result<U256> {
        Ok(self.phase_pools(inputs, epoch)?.into_iter().map(|(_, pool)| pool).sum())
    }

    /// A supported day of a token: Reserved FLOCK and MT Reward.
    pub(super) fn day(&mut self, mt: Address, epoch: u64, pays: bool) -> Result<[U256; 2]> {
        let reward = match self.mt.get_mut(&mt) {
            Some(stream) => stream.day(epoch, pays)?.0,
            None => U256::ZERO,
        };
        let mut reserved = U256::ZERO;
        for stream in self.reserved.iter_mut().filter(|((token, _), _)| *token == mt).map(|(_, stream)| stream) {
            let (pool, over) = stream.day(epoch, pays)?;
            reserved += pool;
            self.joining += over;
        }
        Ok([reserved, reward])
    }

    /// Takes what a sealed day pays from the phases, the first first; gives what joins the last from tranches that are over.
    pub(super) fn commit(&mut self, inputs: &Inputs, epoch: u64, mut committed: U256) -> Result<U256> {
        let pools = self.phase_pools(inputs, epoch)?;
        for (number, pool) in &pools {
            let part = committed.min(*pool);
            committed -= part;
            self.phases.entry(*number).or_default().paid += part;
        }
        let joined = std::mem::take(&mut self.joining);
        let last = pools.last().map_or(1, |(number, _)| *number);
        self.phases.entry(last).or_default().joined += joined;
        Ok(joined)
    }

    pub(super) fn funded(&self) -> (U256, BTreeMap<Address, U256>) {
        let phases: U256 = self.phases.values().filter_map(|funds| Some(funds.funded.last()?.1)).sum();
        let reserved: U256 = self.reserved.values().map(|stream| stream.tranche.funded).sum();
        (phases + reserved, self.mt.iter().map(|(mt, stream)| (*mt, stream.tranche.funded)).collect())
    }

    pub(super) fn uncommitted(&self) -> U256 {
        let left = |funds: &Funds| funds.funded.last().map_or(U256::ZERO, |(_, all)| *all) + funds.joined - funds.paid;
        let phases: U256 = self.phases.values().map(left).sum();
        phases + self.reserved.values().map(|stream| stream.left).sum::<U256>() + self.joining
    }
}
