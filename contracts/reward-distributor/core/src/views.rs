//! What wallets, keepers and auditors ask.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::{Word, Words};
use fomo_access::token::{self, CallError};
use fomo_common::epoch::DAY;
use fomo_common::score::{Activity, Scores, payout, scores};
use fomo_common::{Wad, math};
use stylus_sdk::function_selector;
use stylus_sdk::prelude::*;

use crate::RewardDistributor;
use crate::day::Pools;
use crate::epochs::attempt_key;
use crate::error::Error;
use crate::parameters::{launchpad_key, model_key, phase_key, season_key};

/// Why an account earned less than it expected; bits of an answer.
pub mod why {
    /// No spend: no share of anything.
    pub const NO_USAGE: u64 = 1;
    /// No stake on the token that day: neither Reserved FLOCK nor MT Reward.
    pub const NO_STAKE: u64 = 2;
    /// The key names no token.
    pub const UNKNOWN_MODEL: u64 = 4;
    /// The token was not supported that day.
    pub const NOT_SUPPORTED: u64 = 8;
    /// gmFLOCK weighs nothing, or less than a twelfth of what it would with a year to go: its locks end soon.
    pub const LOCK_NEAR_END: u64 = 16;
    /// The epoch paid nothing to anybody: it was voided.
    pub const EPOCH_VOIDED: u64 = 32;
}

/// An effective balance below this part of its gmFLOCK is near its end: 30 days of 365.
const NEAR_END: u64 = 12;

impl RewardDistributor {
    /// Where an epoch is: 0 open, 1 unreported, 2 reporting, 3 complete, 4 sealable, 5 sealing, 6 sealed, 7 voided.
    pub fn epoch_state(&self, epoch: u64) -> u8 {
        self.state_of(epoch).number()
    }

    /// The epoch that is to be sealed next, and how many of how many tokens are.
    pub fn next_epoch(&self) -> Words<3> {
        let sealing = &self.sealing;
        Words([sealing.next.get().to(), sealing.cursor.get().to(), self.token_count.get()])
    }

    /// The report of an epoch: attempt, declared rows and spend, rows, spend, spend of supported tokens, batches, when it was complete.
    pub fn report_of(&self, epoch: u64) -> Words<8> {
        let report = self.reports.getter(U256::from(epoch));
        Words([
            report.attempt.get().to(),
            report.declared_rows.get().to(),
            report.declared_spend.get().to(),
            report.rows.get().to(),
            report.spend.get().to(),
            report.eligible.get().to(),
            report.batches.get().to(),
            report.completed.get().to(),
        ])
    }

    /// The hash of a batch of an epoch's report; zero where there is none, or it is accrued.
    pub fn batch_of(&self, epoch: u64, index: u32) -> U256 {
        let attempt = self.reports.getter(U256::from(epoch)).attempt.get().to();
        self.batches.get(attempt_key(epoch, attempt, index))
    }

    /// A token's day: spend, rows, both sums of scores, the pools of Global FLOCK, Reserved FLOCK and MT Reward, and what of FLOCK and MT no row
    /// has yet.
    pub fn day_of(&self, mt: Address, epoch: u64) -> Words<9> {
        let attempt = self.reports.getter(U256::from(epoch)).attempt.get().to();
        let days = self.days.getter(mt);
        let day = days.getter(attempt_key(epoch, attempt, 0));
        Words([
            day.spend.get().to(),
            day.rows.get().to(),
            day.global_score.get().to(),
            day.incentive_score.get().to(),
            day.global_pool.get().to(),
            day.reserved_pool.get().to(),
            day.mt_pool.get().to(),
            day.flock_left.get().to(),
            day.mt_left.get().to(),
        ])
    }

    /// A phase's funds: all that was funded, what joined from ended tranches, what sealed days paid; and its schedule of today.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn phase(&self, number: U256) -> Result<Words<4>, Error> {
        let funds = self.phases.getter(number);
        let funded = funds.funded.newest().map(|(_, funded)| funded).unwrap_or_default();
        let today = self.today();
        let phase = u8::try_from(number).ok().and_then(|number| self.phase_at(number, today));
        let scheduled = match phase {
            Some(phase) => phase.scheduled(fomo_common::Epoch::new(today)?)?,
            None => U256::ZERO,
        };
        Ok(Words([funded, funds.joined.get().to(), funds.paid.get().to(), scheduled]))
    }

    /// α of an epoch, and the number of its season.
    ///
    /// # Errors
    /// `ParameterUnset` for an epoch before the contract.
    pub fn alpha_at(&self, epoch: u64) -> Result<(u64, u8), Error> {
        let (number, season) = self.season(epoch)?;
        Ok((season.alpha(epoch)?.0, number))
    }

    /// The token that a key of an epoch's reports names; zero where it is no supported one.
    ///
    /// # Errors
    /// `ParameterUnset` for an epoch before the contract.
    pub fn token_at(&self, key: B256, epoch: u64) -> Result<Address, Error> {
        let (season, _) = self.season(epoch)?;
        Ok(self.token_of(season, key, epoch).unwrap_or_default())
    }

    /// What an account can claim: FLOCK of all tokens.
    pub fn claimable_flock(&self, account: Address) -> U256 {
        self.flock_of(account)
    }

    /// What an account can claim of a token's MT Reward.
    pub fn claimable_mt(&self, account: Address, mt: Address) -> U256 {
        U256::from(self.rewards_of(account, mt).mt)
    }

    /// Tokens on which an account has earned.
    pub fn earned_tokens(&self, account: Address) -> Vec<U256> {
        self.token_words(account)
    }

    /// How many tokens were ever supported.
    pub fn token_count(&self) -> U256 {
        self.token_count.get()
    }

    /// One of them by its number from 0 on; zero where there is none.
    pub fn token_by_number(&self, number: U256) -> Address {
        self.tokens.get(number)
    }

    /// How many accounts have ids, and the account of one; zero where there is none.
    pub fn account_by_id(&self, id: u32) -> (U256, Address) {
        (self.account_count.get().to(), self.accounts.get(U256::from(id)))
    }

    /// MT of a token's ended stream that can be burned.
    pub fn left_over_of(&self, mt: Address) -> U256 {
        self.left_over.get(mt)
    }

    /// The key of the parameter that makes a contract a launchpad: 1, for good.
    pub fn launchpad_key_of(&self, launchpad: Address) -> B256 {
        launchpad_key(launchpad)
    }

    /// The key of a season's parameter.
    pub fn season_key_of(&self, number: u8) -> B256 {
        season_key(number)
    }

    /// The key of a phase's parameter.
    pub fn phase_key_of(&self, number: u8) -> B256 {
        phase_key(number)
    }

    /// The key of a model id's parameter.
    pub fn model_key_of(&self, id: B256) -> B256 {
        model_key(id)
    }

    /// The contracts that it was set up with: desk, office and FLOCK.
    pub fn contracts(&self) -> Words<3> {
        Words([self.desk.get(), self.office.get(), self.access.pauses.token()].map(Word::word))
    }

    /// An account's global and incentive score if it had spent `spend` today, with its stake and gmFLOCK of now and today's α, λ and H.
    ///
    /// # Errors
    /// `ParameterUnset` without a registry.
    pub fn preview_scores(&self, account: Address, mt: Address, spend: u64) -> Result<(U256, U256), Error> {
        let both = self.scores_now(account, mt, spend)?;
        Ok((both.global, both.incentive))
    }

    /// What an account would get of Global FLOCK, Reserved FLOCK and MT Reward for spending `spend` today beside those who used the token
    /// in a sealed epoch: that day's pools, spend and scores, and this account's own.
    ///
    /// # Errors
    /// As [`Self::preview_scores`].
    pub fn preview_rewards(&self, account: Address, mt: Address, spend: u64, like: u64) -> Result<Words<3>, Error> {
        let own = self.scores_now(account, mt, spend)?;
        let report = self.reports.getter(U256::from(like));
        let days = self.days.getter(mt);
        let day = days.getter(attempt_key(like, report.attempt.get().to(), 0));
        let global_total = math::add(day.global_score.get().to(), own.global)?;
        let incentive_total = math::add(day.incentive_score.get().to(), own.incentive)?;
        let used = math::add(day.spend.get().to(), U256::from(spend))?;
        let eligible = math::add(report.eligible.get().to(), U256::from(spend))?;
        let share = |pool: U256, part: U256, total: U256| {
            if part.is_zero() { Ok(U256::ZERO) } else { payout(pool, part, total) }
        };
        let pools = self.pools_today(mt)?;
        let of_token = share(pools.global, used, eligible)?;
        Ok(Words([
            share(of_token, own.global, global_total)?,
            share(pools.reserved, own.incentive, incentive_total)?,
            share(pools.mt, own.incentive, incentive_total)?,
        ]))
    }

    /// What the next sealed day can pay of each stream: the global emission of all tokens together, a token's Reserved FLOCK and its MT Reward,
    /// by today's schedules and funds.
    ///
    /// # Errors
    /// None that a caller can cause.
    pub fn pools_of(&self, mt: Address) -> Result<Words<3>, Error> {
        let pools = self.pools_today(mt)?;
        Ok(Words([pools.global, pools.reserved, pools.mt]))
    }

    fn pools_today(&self, mt: Address) -> Result<Pools, Error> {
        let today = self.today();
        let mut reserved = self.graduation.getter(mt).pool_of(today)?;
        let count = self.reserved_count.get(mt);
        let mut index = self.first_live(mt, count);
        while index < count {
            reserved = math::add(reserved, self.reserved.getter(mt).getter(index).pool_of(today)?)?;
            index = index.wrapping_add(U256::ONE);
        }
        Ok(Pools { global: self.global_pool(today)?, reserved, mt: self.mt_rewards.getter(mt).pool_of(today)? })
    }

    /// Why an account earned less on a key in an ended epoch than it expected, given what it spent: bits of 1 no usage, 2 no stake, 4 a model
    /// id that names no token, 8 the token was not supported, 16 its locks were near their end, 32 the epoch was voided. Zero: none of these.
    ///
    /// # Errors
    /// `ParameterUnset` for an epoch before the contract; the registry's own for one that has not ended.
    pub fn why_zero(&self, account: Address, key: B256, epoch: u64, spend: u64) -> Result<u64, Error> {
        let (season, _) = self.season(epoch)?;
        let mut bits = if spend == 0 { why::NO_USAGE } else { 0 };
        if self.state_of(epoch) == crate::State::Voided {
            bits |= why::EPOCH_VOIDED;
        }
        let named = if season <= 1 { Ok(key.into()) } else { self.access.parameters.at(model_key(key), epoch) };
        match named.ok().filter(|named: &U256| !named.is_zero() && named.bit_len() <= 160) {
            None => bits |= why::UNKNOWN_MODEL,
            Some(named) => {
                let mt = Address::from_word(named.into());
                if !self.supported_at(mt, epoch) {
                    bits |= why::NOT_SUPPORTED;
                }
                let registry = self.registry(epoch)?;
                let selector = function_selector!("stakeSecondsOf", Address, Address, u64);
                let words = [account.word(), mt.word(), U256::from(epoch)];
                if token::ask(self.vm(), registry, selector, &words)?.is_zero() {
                    bits |= why::NO_STAKE;
                }
            }
        }
        if self.near_end(account, epoch)? {
            bits |= why::LOCK_NEAR_END;
        }
        Ok(bits)
    }

    /// Whether an account's open locks weigh less at the end of an epoch than a twelfth of their gmFLOCK.
    fn near_end(&self, account: Address, epoch: u64) -> Result<bool, Error> {
        let registry = self.registry(epoch)?;
        let end = epoch.saturating_add(1).saturating_mul(DAY.0);
        let effective = function_selector!("effectiveBalanceAt", Address, u64);
        let effective = token::ask(self.vm(), registry, effective, &[account.word(), U256::from(end)])?;
        let gm = self.gm_of(registry, account)?;
        Ok(math::mul(effective, U256::from(NEAR_END))? < gm)
    }

    /// gmFLOCK of all open locks.
    #[allow(unsafe_code, reason = "the SDK has no safe call for what is no `sol_interface!`")]
    fn gm_of(&self, registry: Address, account: Address) -> Result<U256, Error> {
        let selector = function_selector!("locksOf", Address, u64, u64);
        let data = fomo_access::abi::concat(&selector, &[account.word(), U256::ZERO, U256::from(16)]);
        self.vm().flush_cache(false);
        // SAFETY: a static call changes no storage.
        let answer = unsafe { stylus_sdk::call::RawCall::new_static(self.vm()).call(registry, &data) };
        let answer = answer.map_err(CallError::Reverted)?;
        // Offset and length, then id, FLOCK, gmFLOCK and unlocking of each.
        let gm = answer.chunks_exact(32).skip(4).step_by(4).map(U256::from_be_slice);
        Ok(gm.fold(U256::ZERO, U256::wrapping_add))
    }

    fn scores_now(&self, account: Address, mt: Address, spend: u64) -> Result<Scores, Error> {
        let today = self.today();
        let registry = self.registry(today)?;
        let ask = |selector: [u8; 4], words: &[U256]| token::ask(self.vm(), registry, selector, words);
        let stake = ask(function_selector!("stakeOf", Address, Address), &[account.word(), mt.word()])?;
        let total = ask(function_selector!("totalStaked", Address), &[mt.word()])?;
        let multiplier = Wad::try_from(ask(function_selector!("multiplier", Address), &[account.word()])?)?;
        let (_, season) = self.season(today)?;
        Ok(scores(&Activity { spend, stake, multiplier }, total, season.alpha(today)?)?)
    }
}
