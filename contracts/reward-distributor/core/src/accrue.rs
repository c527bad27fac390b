//! Rewards of sealed epochs: accrued from the rows of a batch by anyone, claimed for their owner by anyone.
//!
//! An account's rewards on a token are one slot: FLOCK below, MT above, and a bit that says that the account's list has the token. That
//! bit stays when rewards are claimed, so that the next accrual finds a slot in use.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::abi::Word;
use fomo_access::token;
use stylus_sdk::prelude::*;

use crate::epochs::{State, attempt_key};
use crate::error::{Error, Own};
use crate::report::{Batch, SCORE, SCORED, number};
use crate::{RewardDistributor, event};

/// The highest bit of a slot's upper half: the account's list has the token.
const LISTED: u128 = 1 << 127;

/// An account's rewards on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rewards {
    /// Global and Reserved FLOCK.
    pub flock: u128,
    /// MT Reward.
    pub mt: u128,
    listed: bool,
}

impl Rewards {
    /// As in a slot.
    pub fn unpack(word: U256) -> Self {
        let [a, b, c, d] = *word.as_limbs();
        let upper = u128::from(d) << 64 | u128::from(c);
        Self { flock: u128::from(b) << 64 | u128::from(a), mt: upper & !LISTED, listed: upper & LISTED != 0 }
    }

    #[allow(clippy::cast_possible_truncation, reason = "each half is cut into two limbs")]
    fn pack(self) -> U256 {
        let upper = if self.listed { self.mt | LISTED } else { self.mt };
        U256::from_limbs([self.flock as u64, (self.flock >> 64) as u64, upper as u64, (upper >> 64) as u64])
    }

    fn add(&mut self, flock: U256, mt: U256) -> Result<(), Error> {
        let add = |sum: u128, amount: U256| u128::try_from(amount).ok().and_then(|amount| sum.checked_add(amount));
        let too_large = fomo_access::Error::TooLarge;
        self.flock = add(self.flock, flock).ok_or(too_large)?;
        self.mt = add(self.mt, mt).filter(|sum| sum & LISTED == 0).ok_or(too_large)?;
        Ok(())
    }
}

/// Word and bit of a token in an account's list.
fn place(token: U256) -> (U256, usize) {
    let number = token.as_limbs()[0];
    (U256::from(number >> 8), (number & 255) as usize)
}

impl RewardDistributor {
    pub(crate) fn accrue_rows(
        &mut self,
        epoch: u64,
        index: u32,
        mt: Address,
        spends: B256,
        rows: &[u8],
    ) -> Result<(), Error> {
        if self.state_of(epoch) != State::Sealed {
            return Err(Own::EpochNotSealed.into());
        }
        let report = self.reports.getter(U256::from(epoch));
        let attempt: u16 = report.attempt.get().to();
        if index >= report.batches.get().to() || mt.is_zero() {
            return Err(Own::UnknownBatch.into());
        }
        let key = attempt_key(epoch, attempt, index);
        let hash = self.batches.get(key);
        if hash.is_zero() {
            return Err(Own::AlreadyAccrued.into());
        }
        if hash != self.batch_hash(&Batch { epoch, attempt, index, mt }, spends, rows) {
            return Err(Own::RowsDiffer.into());
        }
        self.batches.insert(key, U256::ZERO);
        let (flock, mt_reward) = self.pay_rows(epoch, attempt, mt, rows)?;
        let mut days = self.days.setter(mt);
        let (flock_left, mt_left) = days.setter(attempt_key(epoch, attempt, 0)).pay(flock, mt_reward)?;
        event::BatchAccrued { epoch, mt, index, flock, mt_reward, flock_left, mt_left }.log(self.vm());
        Ok(())
    }

    /// Adds to the rewards of each row's account; the sums.
    fn pay_rows(&mut self, epoch: u64, attempt: u16, mt: Address, rows: &[u8]) -> Result<(U256, U256), Error> {
        let rates = self.days.getter(mt).getter(attempt_key(epoch, attempt, 0)).rates();
        let token = self.token_number.get(mt);
        let mut rewards = self.rewards.setter(mt);
        let (mut flock_sum, mut mt_sum) = (U256::ZERO, U256::ZERO);
        for row in rows.chunks_exact(SCORED) {
            let Some((account, both)) = row.split_first_chunk::<20>() else { continue };
            let (global, incentive) = both.split_at(SCORE);
            let (flock, mt) = rates.payouts(U256::from(number(global)), U256::from(number(incentive)))?;
            if flock.is_zero() && mt.is_zero() {
                continue;
            }
            let account = Address::from(*account);
            let mut of_account = Rewards::unpack(rewards.get(account));
            of_account.add(flock, mt)?;
            if !of_account.listed {
                of_account.listed = true;
                let (word, bit) = place(token);
                let mut list = self.earned_on.setter(account);
                let listed = list.get(word) | U256::ONE.wrapping_shl(bit);
                list.insert(word, listed);
            }
            rewards.insert(account, of_account.pack());
            // Sums of a pool's parts: at most the pool.
            flock_sum = flock_sum.wrapping_add(flock);
            mt_sum = mt_sum.wrapping_add(mt);
        }
        Ok((flock_sum, mt_sum))
    }

    /// Tokens on which an account has earned.
    pub(crate) fn tokens_of(&self, account: Address) -> Vec<Address> {
        let mut tokens = Vec::new();
        let (words, _) = place(self.token_count.get());
        let list = self.earned_on.getter(account);
        let mut word = U256::ZERO;
        while word <= words {
            let bits = list.get(word);
            let set = (0..256).filter(|bit| bits.bit(*bit));
            let first = word.wrapping_shl(8);
            tokens.extend(set.map(|bit| self.tokens.get(first.wrapping_add(U256::from(bit)))));
            word = word.wrapping_add(U256::ONE);
        }
        tokens
    }

    /// An account's rewards on a token that are not claimed.
    pub(crate) fn rewards_of(&self, account: Address, mt: Address) -> Rewards {
        Rewards::unpack(self.rewards.getter(mt).get(account))
    }

    fn set_rewards(&mut self, account: Address, mt: Address, rewards: Rewards) {
        self.rewards.setter(mt).insert(account, rewards.pack());
    }

    /// Takes an account's FLOCK of all its tokens; with `mts`, also their MT: by token, nothing left out.
    fn take_rewards(&mut self, account: Address, mts: bool) -> (U256, Vec<(Address, U256)>) {
        let (mut flock, mut owed) = (U256::ZERO, Vec::new());
        for mt in self.tokens_of(account) {
            let before = self.rewards_of(account, mt);
            let mut left = Rewards { flock: 0, ..before };
            if mts && before.mt > 0 {
                left.mt = 0;
                owed.push((mt, U256::from(before.mt)));
            }
            // All of these were in this contract at once.
            flock = flock.wrapping_add(U256::from(before.flock));
            if left != before {
                self.set_rewards(account, mt, left);
            }
        }
        (flock, owed)
    }

    pub(crate) fn claim_all(&mut self, account: Address, mts: bool) -> Result<U256, Error> {
        let (flock, owed) = self.take_rewards(account, mts);
        self.pay_out(account, self.access.pauses.token(), flock)?;
        for (mt, amount) in owed {
            self.pay_out(account, mt, amount)?;
        }
        Ok(flock)
    }

    pub(crate) fn claim_token(&mut self, account: Address, mt: Address) -> Result<U256, Error> {
        let before = self.rewards_of(account, mt);
        if before.mt > 0 {
            self.set_rewards(account, mt, Rewards { mt: 0, ..before });
        }
        let amount = U256::from(before.mt);
        self.pay_out(account, mt, amount)?;
        Ok(amount)
    }

    fn pay_out(&mut self, account: Address, asset: Address, amount: U256) -> Result<(), Error> {
        if amount.is_zero() {
            return Ok(());
        }
        let by = self.vm().msg_sender();
        event::Claimed { account, token: asset, by, amount }.log(self.vm());
        Ok(token::transfer(self.vm(), asset, account, amount)?)
    }

    /// FLOCK that an account can claim, from all tokens.
    pub(crate) fn flock_of(&self, account: Address) -> U256 {
        let of = |mt: Address| U256::from(self.rewards_of(account, mt).flock);
        self.tokens_of(account).into_iter().fold(U256::ZERO, |sum, mt| sum.wrapping_add(of(mt)))
    }

    /// A token's number as a word; for views.
    pub(crate) fn token_words(&self, account: Address) -> Vec<U256> {
        self.tokens_of(account).into_iter().map(Word::word).collect()
    }
}
