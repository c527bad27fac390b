//! Rewards, launches and revenue, recomputed from events and chain state alone (`protocol.md` §8, verifiable).
//!
//! [`launch::Launches`] and [`revenue::Revenue`] read transactions and collect every figure that differs. [`Ledger`] reads the reward distributor's events in their order and asks the stake registry about ended days. With every
//! sealed epoch it computes what each user gets, through the same core as the contract, and fails where the chain says
//! anything else, to the wei.

#![allow(clippy::indexing_slicing, reason = "lengths are checked before")]

pub mod command;
mod inputs;
pub mod launch;
mod pauses;
pub mod record;
pub mod revenue;
mod streams;

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::{Address, B256, Log, U256};
use alloy::sol_types::SolEventInterface;
use anyhow::{Context, Result, bail, ensure};
use fomo_common::score::{Activity, Payouts, Scores, scores};
use fomo_common::{Wad, emission, lock};

use crate::abi::IAccess::IAccessEvents as Access;
use crate::abi::IRewardDistributor;
use crate::abi::IRewardDistributor::IRewardDistributorEvents as Event;
use inputs::Inputs;
use streams::Streams;

/// What is asked about ended days, of the stake registry at an address.
pub trait Registry {
    /// `readMany`: all stake-seconds of a token, then a word for each account.
    ///
    /// # Errors
    /// Where it does not answer.
    fn read_many(&self, registry: Address, mt: Address, epoch: u64, accounts: &[Address]) -> Result<Vec<U256>>;

    /// `parameterAt`.
    ///
    /// # Errors
    /// Where it does not answer.
    fn parameter_at(&self, registry: Address, key: B256, epoch: u64) -> Result<U256>;
}

/// A row of a report with what it earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Who.
    pub account: Address,
    /// Micro-USD.
    pub spend: u64,
    /// Both scores.
    pub scores: Scores,
    /// Global and Reserved FLOCK.
    pub flock: U256,
    /// MT Reward.
    pub mt: U256,
}

/// A batch of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The token or model id that was used.
    pub key: B256,
    /// The token; zero where the key names no supported one.
    pub mt: Address,
    /// Its rows.
    pub rows: Vec<Row>,
}

/// What a token's users share of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Day {
    /// Spend of its users.
    pub spend: u64,
    /// Rows.
    pub rows: u64,
    /// Sums of scores.
    pub scores: Scores,
    /// Pools of Global FLOCK, Reserved FLOCK and MT Reward.
    pub pools: [U256; 3],
    /// What of FLOCK and of MT no row gets: less than a wei for each row and pool.
    pub dust: [U256; 2],
}

/// An epoch's report, and once sealed its days.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    declared: Option<(u32, u64)>,
    alpha: Wad,
    lambda: Wad,
    half: U256,
    season: u8,
    /// Batches in their order.
    pub batches: Vec<Batch>,
    /// What the chain said of each token when it sealed it.
    said: BTreeMap<Address, Day>,
    /// What came of each token.
    pub days: BTreeMap<Address, Day>,
    /// Whether it is sealed, and which batches are accrued.
    pub sealed: bool,
    accrued: BTreeSet<u32>,
    /// FLOCK and MT of each token's day that are not accrued.
    left: BTreeMap<Address, [U256; 2]>,
}

/// All rewards, as they follow from the events so far.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    inputs: Inputs,
    streams: Streams,
    /// Reports by epoch.
    pub reports: BTreeMap<u64, Report>,
    /// FLOCK and MT that are accrued and not claimed, by token and account.
    pub rewards: BTreeMap<(Address, Address), (U256, U256)>,
    /// What each token's claims paid; FLOCK under its own address.
    pub paid: BTreeMap<Address, U256>,
}

impl Ledger {
    /// Reads one event of the distributor, the next after those before.
    ///
    /// # Errors
    /// Where the chain says anything other than what follows from before.
    pub fn read(&mut self, log: &Log, registry: &impl Registry) -> Result<()> {
        if let Ok(event) = Access::decode_raw_log(log.topics(), &log.data.data) {
            if let Access::ParameterSet(event) = event {
                self.inputs.parameters.entry(event.key).or_default().push((event.epoch, event.value));
            }
            return Ok(());
        }
        match Event::decode_raw_log(log.topics(), &log.data.data).context("This is no event of the distributor.")? {
            Event::SupportedSet(event) => self.inputs.support(event.mt, event.epoch, event.supported),
            Event::MtRewardFunded(event) => self.streams.fund_mt(&event),
            Event::ReservedFunded(event) => self.streams.fund_reserved(&event)?,
            Event::PhaseFunded(event) => self.streams.fund_phase(&event)?,
            Event::ReportDeclared(event) => self.declared(&event, registry)?,
            Event::BatchReported(event) => self.reported(&event, registry)?,
            Event::ReportVoided(event) => {
                self.reports.remove(&event.epoch);
            }
            Event::TokenSealed(event) => self.said(&event)?,
            Event::EpochSealed(event) => self.sealed(&event)?,
            Event::BatchAccrued(event) => self.accrued(&event)?,
            Event::Claimed(event) => self.claimed(&event)?,
            Event::EpochVoided(_)
            | Event::AccountRegistered(_)
            | Event::UsageLeftOut(_)
            | Event::ReportCompleted(_)
            | Event::SealingBegun(_)
            | Event::ReservedEnded(_)
            | Event::MtRewardEnded(_)
            | Event::LeftOverBurned(_) => (),
        }
        Ok(())
    }

    /// Forgets the rows of sealed epochs whose batches are all accrued, other than those of one epoch: nothing later asks for them.
    pub fn forget(&mut self, except: Option<u64>) {
        self.reports.retain(|epoch, report| {
            let due = report.batches.iter().enumerate().filter(|(_, batch)| !batch.mt.is_zero());
            let open =
                due.filter(|(index, _)| u32::try_from(*index).map_or(true, |index| !report.accrued.contains(&index)));
            except == Some(*epoch) || !report.sealed || open.count() > 0
        });
    }

    fn report(&mut self, epoch: u64) -> Result<&mut Report> {
        self.reports.get_mut(&epoch).with_context(|| format!("Epoch {epoch} has no report."))
    }

    fn declared(&mut self, event: &IRewardDistributor::ReportDeclared, registry: &impl Registry) -> Result<()> {
        let epoch = event.epoch;
        let (season, alpha) = self.inputs.alpha(epoch)?;
        let at = self.inputs.registry(epoch)?;
        let lambda = Wad::try_from(registry.parameter_at(at, inputs::key("LAMBDA"), epoch)?)?;
        let half = registry.parameter_at(at, inputs::key("HALF"), epoch)?;
        let said = (event.season, Wad(event.alpha), Wad(event.lambda), event.half);
        ensure!(said == (season, alpha, lambda, half), "Epoch {epoch} was declared with other values.");
        let declared = Some((event.rows, event.spend));
        let report = Report { declared, alpha, lambda, half, season, ..Report::default() };
        ensure!(self.reports.insert(epoch, report).is_none(), "Epoch {epoch} was declared twice.");
        Ok(())
    }

    /// Reads the rows of a batch and computes their scores.
    fn reported(&mut self, event: &IRewardDistributor::BatchReported, registry: &impl Registry) -> Result<()> {
        let epoch = event.epoch;
        let mut rows = parse(&event.rows, &event.spends)?;
        let inputs = &self.inputs;
        let report = self.reports.get(&epoch).context("A batch comes before its report.")?;
        let mt = inputs.token(report.season, event.key, epoch);
        ensure!(mt.unwrap_or_default() == event.mt, "{} names another token in epoch {epoch}.", event.key);
        if let Some(mt) = mt {
            let accounts: Vec<Address> = rows.iter().map(|row| row.account).collect();
            let words = registry.read_many(inputs.registry(epoch)?, mt, epoch, &accounts)?;
            score(report, &mut rows, &words)?;
        } else {
            let zero = rows.iter().all(|row| row.scores == Scores::default());
            ensure!(zero, "Usage of no token has scores in epoch {epoch}.");
        }
        let report = self.report(epoch)?;
        ensure!(report.batches.len() as u64 == u64::from(event.index), "A batch of epoch {epoch} is missing.");
        let after = report.batches.last().and_then(|batch| Some((batch.key, batch.rows.last()?.account)));
        let mut order = rows.iter().map(|row| (event.key, row.account));
        ensure!(after.is_none_or(|after| order.next().is_some_and(|first| first > after)), "Batches overlap.");
        ensure!(rows.is_sorted_by(|a, b| a.account < b.account), "Rows are out of order.");
        let spend: u64 = rows.iter().map(|row| row.spend).sum();
        ensure!(spend == event.spend, "A batch of epoch {epoch} has {spend} spend, not {}.", event.spend);
        report.batches.push(Batch { key: event.key, mt: event.mt, rows });
        let total: u64 = report.batches.iter().flat_map(|batch| &batch.rows).map(|row| row.spend).sum();
        ensure!(total == event.totalSpend, "Epoch {epoch} has {total} spend so far, not {}.", event.totalSpend);
        Ok(())
    }

    fn said(&mut self, event: &IRewardDistributor::TokenSealed) -> Result<()> {
        let scores = Scores { global: event.globalScore, incentive: event.incentiveScore };
        let pools = [event.globalPool, event.reservedPool, event.mtPool];
        let day = Day { spend: event.spend, rows: event.rows.into(), scores, pools, ..Day::default() };
        let before = self.report(event.epoch)?.said.insert(event.mt, day);
        ensure!(before.is_none(), "A token was sealed twice.");
        Ok(())
    }

    /// Computes what an epoch pays, and compares it with what the chain said.
    fn sealed(&mut self, event: &IRewardDistributor::EpochSealed) -> Result<()> {
        let epoch = event.epoch;
        let mut report = self.reports.remove(&epoch).context("A sealed epoch has no report.")?;
        let rows: usize = report.batches.iter().map(|batch| batch.rows.len()).sum();
        let spend: u64 = report.batches.iter().flat_map(|batch| &batch.rows).map(|row| row.spend).sum();
        ensure!(report.declared == Some((u32::try_from(rows)?, spend)), "Epoch {epoch} has other totals.");
        for batch in report.batches.iter().filter(|batch| !batch.mt.is_zero()) {
            let day = report.days.entry(batch.mt).or_default();
            for row in &batch.rows {
                day.rows += 1;
                day.spend += row.spend;
                day.scores.global += row.scores.global;
                day.scores.incentive += row.scores.incentive;
            }
        }
        let eligible: u64 = report.days.values().map(|day| day.spend).sum();
        let pool = self.streams.global_pool(&self.inputs, epoch)?;
        ensure!(pool == event.globalPool, "The global pool of epoch {epoch} is {pool}, not {}.", event.globalPool);
        let mut committed = U256::ZERO;
        for mt in self.inputs.supported_in(epoch) {
            let mut unused = Day::default();
            let day = report.days.get_mut(&mt).unwrap_or(&mut unused);
            if !day.scores.global.is_zero() {
                day.pools[0] = emission::global_part(pool, day.spend, eligible)?;
                committed += day.pools[0];
            }
            let [reserved, mt_reward] = self.streams.day(mt, epoch, !day.scores.incentive.is_zero())?;
            (day.pools[1], day.pools[2]) = (reserved, mt_reward);
        }
        let said: BTreeMap<_, _> = report.days.iter().map(|(mt, day)| (*mt, *day)).collect();
        ensure!(said == report.said, "Epoch {epoch} pays {said:?}, not {:?}.", report.said);
        let joined = self.streams.commit(&self.inputs, epoch, committed)?;
        ensure!((committed, joined) == (event.committed, event.joined), "Epoch {epoch} takes other sums.");
        share(&mut report)?;
        let whole = |day: &Day| [day.pools[0] + day.pools[1], day.pools[2]];
        report.left = report.days.iter().map(|(mt, day)| (*mt, whole(day))).collect();
        report.sealed = true;
        self.reports.insert(epoch, report);
        Ok(())
    }

    fn accrued(&mut self, event: &IRewardDistributor::BatchAccrued) -> Result<()> {
        let (epoch, mt) = (event.epoch, event.mt);
        let report = self.report(epoch)?;
        ensure!(report.sealed && report.accrued.insert(event.index), "A batch is accrued twice, or too early.");
        let batch = report.batches.get(event.index as usize).context("A batch is accrued that there is not.")?;
        ensure!(batch.mt == mt, "A batch is accrued for another token.");
        let rows = batch.rows.clone();
        let (mut flock, mut mt_reward) = (U256::ZERO, U256::ZERO);
        for row in rows {
            let rewards = self.rewards.entry((mt, row.account)).or_default();
            rewards.0 += row.flock;
            rewards.1 += row.mt;
            flock += row.flock;
            mt_reward += row.mt;
        }
        ensure!((flock, mt_reward) == (event.flock, event.mtReward), "A batch of epoch {epoch} pays other sums.");
        let left = self.report(epoch)?.left.entry(mt).or_default();
        *left = [left[0].saturating_sub(flock), left[1].saturating_sub(mt_reward)];
        ensure!(*left == [event.flockLeft, event.mtLeft], "A batch of epoch {epoch} leaves {left:?}.");
        Ok(())
    }

    fn claimed(&mut self, event: &IRewardDistributor::Claimed) -> Result<()> {
        *self.paid.entry(event.token).or_default() += event.amount;
        if let Some(rewards) =
            self.rewards.get_mut(&(event.token, event.account)).filter(|_| self.inputs.knows(event.token))
        {
            ensure!(rewards.1 == event.amount, "{} was paid other than it had.", event.account);
            rewards.1 = U256::ZERO;
            return Ok(());
        }
        let own = self.rewards.iter_mut().filter(|((_, account), _)| *account == event.account);
        let flock: U256 = own.map(|(_, rewards)| std::mem::take(&mut rewards.0)).sum();
        ensure!(flock == event.amount, "{} was paid {}, not {flock} FLOCK.", event.account, event.amount);
        Ok(())
    }

    /// FLOCK of an account from all tokens.
    #[must_use]
    pub fn flock(&self, account: Address) -> U256 {
        self.rewards.iter().filter(|((_, of), _)| *of == account).map(|(_, rewards)| rewards.0).sum()
    }

    /// All FLOCK that was funded, and all of a token.
    #[must_use]
    pub fn funded(&self) -> (U256, BTreeMap<Address, U256>) {
        self.streams.funded()
    }

    /// FLOCK that no sealed day has committed: in phases and tranches.
    #[must_use]
    pub fn uncommitted(&self) -> U256 {
        self.streams.uncommitted()
    }
}

/// Rows of a batch as its event has them.
fn parse(rows: &[u8], spends: &[u8]) -> Result<Vec<Row>> {
    ensure!(
        rows.len().is_multiple_of(48) && spends.len().is_multiple_of(6) && rows.len() / 48 == spends.len() / 6,
        "Rows are cut."
    );
    let parse = |(row, spend): (&[u8], &[u8])| Row {
        account: Address::from_slice(&row[..20]),
        spend: spend.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
        scores: Scores { global: U256::from_be_slice(&row[20..34]), incentive: U256::from_be_slice(&row[34..]) },
        flock: U256::ZERO,
        mt: U256::ZERO,
    };
    Ok(rows.chunks_exact(48).zip(spends.chunks_exact(6)).map(parse).collect())
}

/// Computes scores by what the registry says, and compares them with those published.
fn score(report: &Report, rows: &mut [Row], words: &[U256]) -> Result<()> {
    let [total, words @ ..] = words else { bail!("The registry says nothing.") };
    ensure!(words.len() == rows.len(), "The registry says too little.");
    for (row, word) in rows.iter_mut().zip(words) {
        let stake = *word >> 128;
        let effective = *word & U256::from(u128::MAX);
        let multiplier = lock::multiplier(effective, report.lambda, report.half)?;
        let both = scores(&Activity { spend: row.spend, stake, multiplier }, *total, report.alpha)?;
        ensure!(both == row.scores, "{} scores {both:?}, not {:?}.", row.account, row.scores);
    }
    Ok(())
}

/// Shares the pools of a sealed epoch out.
fn share(report: &mut Report) -> Result<()> {
    let payouts = |day: &Day, index: usize, total: U256| Payouts::new(day.pools[index], total);
    for (mt, day) in &mut report.days {
        let mut global = payouts(day, 0, day.scores.global);
        let mut reserved = payouts(day, 1, day.scores.incentive);
        let mut reward = payouts(day, 2, day.scores.incentive);
        for row in report.batches.iter_mut().filter(|batch| batch.mt == *mt).flat_map(|batch| &mut batch.rows) {
            let pay = |pool: &mut Payouts, score: U256| {
                if score.is_zero() { Ok(U256::ZERO) } else { pool.pay(score) }
            };
            row.flock = pay(&mut global, row.scores.global)? + pay(&mut reserved, row.scores.incentive)?;
            row.mt = pay(&mut reward, row.scores.incentive)?;
        }
        day.dust = [global.pool_left + reserved.pool_left, reward.pool_left];
        let rows = U256::from(day.rows);
        let small = |pool: &Payouts| pool.pool_left < rows || pool.pool.is_zero();
        ensure!([global, reserved, reward].iter().all(small), "A pool has more than a wei a row left.");
    }
    Ok(())
}
