//! Sealing: what each token's users share of a day.
//!
//! It takes any number of steps, by anyone, and depends on nothing but the report and the history up to the day's end. It calls nobody:
//! a token that misbehaves holds up no epoch.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, U64, U128, U256};
use fomo_access::{Checkpoints, narrow, token};
use fomo_common::emission::global_part;
use fomo_common::{Epoch, math};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::StorageU128;

use crate::day::Pools;
use crate::epochs::{State, attempt_key};
use crate::error::{Error, Own};
use crate::parameters::MOST_PHASES;
use crate::{RewardDistributor, event};

/// Funds of a phase of the global emission.
#[storage]
pub struct Funds {
    /// All that was funded, for days from an epoch on.
    pub funded: Checkpoints,
    /// What ended tranches left, and what sealed days paid.
    pub joined: StorageU128,
    pub paid: StorageU128,
}

impl Funds {
    /// What a day can pay: not committed at the end of the day before. For the epoch that is sealed next.
    pub fn uncommitted(&self, epoch: u64) -> Result<U256, Error> {
        let funded = self.funded.at(epoch).unwrap_or_default();
        let all = math::add(funded, self.joined.get().to())?;
        Ok(math::sub(all, self.paid.get().to())?)
    }
}

impl RewardDistributor {
    pub(crate) fn seal_tokens(&mut self, epoch: u64, limit: u64) -> Result<bool, Error> {
        self.access.pauses.only_unpaused()?;
        match self.reportable_or_sealing(epoch)? {
            State::Sealing => (),
            State::Sealable if self.sealing.next.get() == U64::from(epoch) => self.begin_sealing(epoch)?,
            State::Sealable => return Err(Own::EpochOutOfOrder.into()),
            _ => return Err(Own::EpochNotSealable.into()),
        }
        let count = self.token_count.get().as_limbs()[0];
        let first = self.sealing.cursor.get().to::<u64>();
        let end = first.saturating_add(limit).min(count);
        for number in first..end {
            let mt = self.tokens.get(U256::from(number));
            if self.supported_at(mt, epoch) {
                self.seal_token(epoch, mt)?;
            }
        }
        self.sealing.cursor.set(U64::from(end));
        if end == count { self.finish_sealing(epoch).map(|()| true) } else { Ok(false) }
    }

    fn reportable_or_sealing(&self, epoch: u64) -> Result<State, Error> {
        let state = self.state_of(epoch);
        if state == State::Sealing { Ok(state) } else { self.reportable(epoch) }
    }

    /// Each phase's pool of a day, in their order.
    fn phase_pools(&self, epoch: u64) -> Result<Vec<(u8, U256)>, Error> {
        let mut pools = Vec::new();
        for number in 1..=MOST_PHASES {
            let Some(phase) = self.phase_at(number, epoch) else { break };
            let uncommitted = self.phases.getter(U256::from(number)).uncommitted(epoch)?;
            pools.push((number, phase.pool(Epoch::new(epoch)?, uncommitted)?));
        }
        Ok(pools)
    }

    /// The day's global pool: of all phases. For the epoch that is sealed next.
    pub(crate) fn global_pool(&self, epoch: u64) -> Result<U256, Error> {
        let mut sum = U256::ZERO;
        for (_, pool) in self.phase_pools(epoch)? {
            sum = math::add(sum, pool)?;
        }
        Ok(sum)
    }

    fn begin_sealing(&mut self, epoch: u64) -> Result<(), Error> {
        let global_pool = self.global_pool(epoch)?;
        self.sealing.begun.set(true);
        self.sealing.pool.set(narrow(global_pool)?);
        event::SealingBegun { epoch, global_pool }.log(self.vm());
        Ok(())
    }

    fn seal_token(&mut self, epoch: u64, mt: Address) -> Result<(), Error> {
        let report = self.reports.getter(U256::from(epoch));
        let (attempt, eligible) = (report.attempt.get().to(), report.eligible.get().to());
        let key = attempt_key(epoch, attempt, 0);
        let day = self.days.getter(mt);
        let day = day.getter(key);
        let (spend, rows) = (day.spend.get().to(), day.rows.get().to());
        let (global_score, incentive_score) =
            (day.global_score.get().to::<U256>(), day.incentive_score.get().to::<U256>());
        let mut pools = Pools::default();
        if !global_score.is_zero() {
            pools.global = global_part(self.sealing.pool.get().to(), spend, eligible)?;
        }
        (pools.reserved, pools.mt) = self.seal_streams(epoch, mt, !incentive_score.is_zero())?;
        if rows == 0 {
            return Ok(());
        }
        let committed = math::add(self.sealing.committed.get().to(), pools.global)?;
        self.sealing.committed.set(narrow(committed)?);
        self.days.setter(mt).setter(key).seal(pools)?;
        let Pools { global: global_pool, reserved: reserved_pool, mt: mt_pool } = pools;
        event::TokenSealed {
            epoch,
            mt,
            spend,
            rows,
            global_score,
            incentive_score,
            global_pool,
            reserved_pool,
            mt_pool,
        }
        .log(self.vm());
        Ok(())
    }

    /// A day of a token's tranches: what they pay of Reserved FLOCK and of MT Reward, if anyone qualifies.
    fn seal_streams(&mut self, epoch: u64, mt: Address, pays: bool) -> Result<(U256, U256), Error> {
        let (mt_reward, left) = self.mt_rewards.setter(mt).day(epoch, pays)?;
        if let Some(left) = left {
            let left_over = math::add(self.left_over.get(mt), left)?;
            self.left_over.insert(mt, left_over);
            event::MtRewardEnded { mt, left, left_over }.log(self.vm());
        }
        let (mut reserved, left) = self.graduation.setter(mt).day(epoch, pays)?;
        self.join(mt, U256::MAX, left)?;
        let count = self.reserved_count.get(mt);
        let first = self.first_live(mt, count);
        if first != self.reserved_first.get(mt) {
            self.reserved_first.insert(mt, first);
        }
        let mut index = first;
        while index < count {
            let (paid, left) = self.reserved.setter(mt).setter(index).day(epoch, pays)?;
            reserved = math::add(reserved, paid)?;
            self.join(mt, index, left)?;
            index = index.wrapping_add(U256::ONE);
        }
        Ok((reserved, mt_reward))
    }

    /// Notes what an ended tranche leaves to the global emission.
    fn join(&mut self, mt: Address, index: U256, left: Option<U256>) -> Result<(), Error> {
        if let Some(left) = left {
            let joined = math::add(self.sealing.joined.get().to(), left)?;
            self.sealing.joined.set(narrow(joined)?);
            event::ReservedEnded { mt, index, left }.log(self.vm());
        }
        Ok(())
    }

    /// Takes what the day pays from the phases, the first first; what tranches left joins the last.
    fn finish_sealing(&mut self, epoch: u64) -> Result<(), Error> {
        let committed: U256 = self.sealing.committed.get().to();
        let joined: U256 = self.sealing.joined.get().to();
        let (mut rest, mut last) = (committed, 1);
        for (number, pool) in self.phase_pools(epoch)? {
            last = number;
            let part = pool.min(rest);
            rest = math::sub(rest, part)?;
            if !part.is_zero() {
                let mut funds = self.phases.setter(U256::from(number));
                let paid = math::add(funds.paid.get().to(), part)?;
                funds.paid.set(narrow(paid)?);
            }
        }
        if !joined.is_zero() {
            let mut funds = self.phases.setter(U256::from(last));
            let all = math::add(funds.joined.get().to(), joined)?;
            funds.joined.set(narrow(all)?);
        }
        let global_pool = self.sealing.pool.get().to();
        self.sealing.next.set(U64::from(epoch.saturating_add(1)));
        self.sealing.cursor.set(U64::ZERO);
        self.sealing.begun.set(false);
        self.sealing.pool.set(U128::ZERO);
        self.sealing.committed.set(U128::ZERO);
        self.sealing.joined.set(U128::ZERO);
        let attempt = self.reports.getter(U256::from(epoch)).attempt.get().to();
        event::EpochSealed { epoch, attempt, global_pool, committed, joined }.log(self.vm());
        Ok(())
    }

    pub(crate) fn burn_left(&mut self, mt: Address) -> Result<U256, Error> {
        let amount = self.left_over.get(mt);
        if amount.is_zero() {
            return Err(Own::ZeroAmount.into());
        }
        self.left_over.insert(mt, U256::ZERO);
        event::LeftOverBurned { mt, amount }.log(self.vm());
        token::call(self.vm(), mt, stylus_sdk::function_selector!("burn", U256), &[amount])?;
        Ok(amount)
    }
}
