//! Batches of a report: rows of one key, scored by what the stake registry says of the day.
//!
//! A batch leaves one word behind: the hash of its rows with their scores, under which anyone can accrue them once the epoch is sealed.
//! Nothing is written for an account. The rows and scores are in the batch's event.

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U32, U64, U256, keccak256};
use fomo_access::abi::{Argument, concat};
use fomo_access::text::Text;
use fomo_access::{narrow, token};
use fomo_common::score::{Activity, scores};
use fomo_common::{Wad, lock};
use stylus_sdk::call::RawCall;
use stylus_sdk::prelude::*;

use crate::epochs::{State, attempt_key};
use crate::error::{Error, Own};
use crate::{RewardDistributor, event};

/// Rows of a batch at most: so many can be accrued in one transaction even where each account's slots are new.
pub const MOST_ROWS: usize = 256;
/// Bytes of a spend: micro-USD, up to 281 million dollars a row.
const SPEND: usize = 6;
/// Bytes of a score: under 2⁴⁸·10¹⁸·2.
pub const SCORE: usize = 14;
/// Bytes of an account's address and of its registered id.
const ADDRESS: usize = 20;
const ID: usize = 4;
/// Bytes of a row as it is accrued: account and both scores.
pub const SCORED: usize = ADDRESS + 2 * SCORE;

/// `bytes` of the ABI.
pub struct Data(pub Vec<u8>);

impl Argument for Data {
    const TYPE: &'static str = "bytes";

    fn read(head: U256, data: &[u8]) -> Option<Self> {
        Text::read(head, data).map(|Text(bytes)| Self(bytes))
    }
}

/// A number of up to 16 bytes.
pub fn number(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))
}

/// What of an account on a day its scores depend on.
struct Row {
    account: Address,
    spend: u64,
}

/// Values of a day that all of its rows share.
struct Day {
    epoch: u64,
    alpha: Wad,
    lambda: Wad,
    half: U256,
}

/// Rows with their scores, as hashed and published, and their sums.
#[derive(Default)]
struct Scored {
    rows: Vec<u8>,
    spends: Vec<u8>,
    global: u128,
    incentive: u128,
    spend: u64,
}

impl Scored {
    fn push(&mut self, row: &Row, global: u128, incentive: u128) -> Option<()> {
        self.rows.extend_from_slice(row.account.as_slice());
        self.rows.extend_from_slice(global.to_be_bytes().get(16 - SCORE..)?);
        self.rows.extend_from_slice(incentive.to_be_bytes().get(16 - SCORE..)?);
        self.spends.extend_from_slice(row.spend.to_be_bytes().get(8 - SPEND..)?);
        self.global = self.global.checked_add(global)?;
        self.incentive = self.incentive.checked_add(incentive)?;
        self.spend = self.spend.checked_add(row.spend)?;
        Some(())
    }
}

/// Which batch of which report it is. `mt` is zero where its key names no supported token.
#[derive(Clone, Copy)]
pub struct Batch {
    pub epoch: u64,
    pub attempt: u16,
    pub index: u32,
    pub mt: Address,
}

fn address(account: &[u8]) -> Option<Address> {
    account.first_chunk::<ADDRESS>().map(Address::from)
}

impl RewardDistributor {
    /// Reads rows: what names their accounts, then spend.
    pub(crate) fn report_rows(
        &mut self,
        epoch: u64,
        index: u32,
        key: B256,
        rows: &[u8],
        ids: bool,
    ) -> Result<(), Error> {
        self.access.pauses.only_unpaused()?;
        self.only_reporter()?;
        if self.reportable(epoch)? == State::Unreported {
            return Err(Own::NotDeclared.into());
        }
        let name = if ids { ID } else { ADDRESS };
        let len = name.saturating_add(SPEND);
        if rows.is_empty() || !rows.len().is_multiple_of(len) || rows.len() / len > MOST_ROWS {
            return Err(Own::BatchSizeInvalid.into());
        }
        let mut read = Vec::with_capacity(rows.len() / len);
        for row in rows.chunks_exact(len) {
            let (account, spend) = row.split_at(name);
            let account = if ids { self.account_of(number(account))? } else { address(account).unwrap_or_default() };
            read.push(Row { account, spend: number(spend) as u64 });
        }
        self.report_batch(epoch, index, key, &read)
    }

    fn account_of(&self, id: u128) -> Result<Address, Error> {
        let account = self.accounts.get(U256::from(id));
        if account.is_zero() { Err(Own::UnknownAccount.into()) } else { Ok(account) }
    }

    fn report_batch(&mut self, epoch: u64, index: u32, key: B256, rows: &[Row]) -> Result<(), Error> {
        let report = self.reports.getter(U256::from(epoch));
        let (attempt, season) = (report.attempt.get().to(), report.season.get().to());
        let (alpha, lambda) = (Wad(report.alpha.get().to()), Wad(report.lambda.get().to()));
        let day = Day { epoch, alpha, lambda, half: report.half.get().to() };
        let batches: u32 = report.batches.get().to();
        if index > batches {
            return Err(Own::BatchOutOfOrder.into());
        }
        // A batch that was sent before is compared with what it was, wherever the report is by now.
        let after = if index < batches { Address::ZERO } else { self.last_account(epoch, key)? };
        in_order(after, rows)?;
        let mt = self.token_of(season, key, epoch);
        let scored = match mt {
            Some(mt) => self.score(&day, mt, rows)?,
            None => unscored(rows)?,
        };
        let batch = Batch { epoch, attempt, index, mt: mt.unwrap_or_default() };
        let hash = self.batch_hash(&batch, keccak256(&scored.spends), &scored.rows);
        if index < batches {
            let same = self.batches.get(attempt_key(epoch, attempt, index)) == hash;
            return if same { Ok(()) } else { Err(Own::BatchContradicts.into()) };
        }
        self.add_batch(&batch, key, rows, &scored, hash)
    }

    /// The account after which the next rows of a key have to come.
    fn last_account(&self, epoch: u64, key: B256) -> Result<Address, Error> {
        let report = self.reports.getter(U256::from(epoch));
        let last = report.last_key.get();
        if key < last {
            return Err(Own::RowsOutOfOrder.into());
        }
        Ok(if key == last { report.last_account.get() } else { Address::ZERO })
    }

    /// What binds a batch to this chain, contract, attempt and token.
    pub(crate) fn batch_hash(&self, batch: &Batch, spends: B256, rows: &[u8]) -> U256 {
        let context = [
            U256::from(self.vm().chain_id()),
            token::word(self.vm().contract_address()),
            U256::from(batch.epoch),
            U256::from(batch.attempt),
            U256::from(batch.index),
            token::word(batch.mt),
            spends.into(),
        ];
        let mut data = concat(&[], &context);
        data.extend_from_slice(rows);
        keccak256(&data).into()
    }

    fn score(&self, day: &Day, mt: Address, rows: &[Row]) -> Result<Scored, Error> {
        let mut scored = Scored {
            rows: Vec::with_capacity(rows.len().saturating_mul(SCORED)),
            spends: Vec::with_capacity(rows.len().saturating_mul(SPEND)),
            ..Scored::default()
        };
        let answer = self.read_registry(day.epoch, mt, rows)?;
        // Offset, length, all stake of the token, then a word for each account.
        let mut words = answer.chunks_exact(32).skip(2);
        let missing = || Error::from(fomo_access::Error::TokenCallFailed);
        let total = words.next().map(U256::from_be_slice).ok_or_else(missing)?;
        for row in rows {
            let (stake, effective) =
                words.next().and_then(|word| word.split_first_chunk::<16>()).ok_or_else(missing)?;
            let effective = U256::from(number(effective));
            let multiplier = lock::multiplier(effective, day.lambda, day.half)?;
            let activity = Activity { spend: row.spend, stake: U256::from(u128::from_be_bytes(*stake)), multiplier };
            let both = scores(&activity, total, day.alpha)?;
            let (global, incentive) = (narrow::<128, 2>(both.global)?.to(), narrow::<128, 2>(both.incentive)?.to());
            scored.push(row, global, incentive).ok_or(fomo_access::Error::TooLarge)?;
        }
        Ok(scored)
    }

    /// `readMany` of the stake registry.
    #[allow(unsafe_code, reason = "the SDK has no safe call for what is no `sol_interface!`")]
    fn read_registry(&self, epoch: u64, mt: Address, rows: &[Row]) -> Result<Vec<u8>, Error> {
        const READ_MANY: [u8; 4] = stylus_sdk::function_selector!("readMany", Address, u64, Vec<Address>);
        let head = [token::word(mt), U256::from(epoch), U256::from(96), U256::from(rows.len())];
        let mut data = concat(&READ_MANY, &head);
        data.reserve(rows.len().saturating_mul(32));
        for row in rows {
            data.extend_from_slice(&[0; 12]);
            data.extend_from_slice(row.account.as_slice());
        }
        let registry = self.registry(epoch)?;
        self.vm().flush_cache(false);
        // SAFETY: a static call changes no storage.
        let answer = unsafe { RawCall::new_static(self.vm()).call(registry, &data) };
        answer.map_err(Error::Called)
    }

    fn add_batch(&mut self, batch: &Batch, key: B256, rows: &[Row], scored: &Scored, hash: U256) -> Result<(), Error> {
        let Batch { epoch, attempt, index, mt } = *batch;
        let len = rows.len() as u32;
        let mut report = self.reports.setter(U256::from(epoch));
        let total_rows = report.rows.get().to::<u32>().saturating_add(len);
        let total_spend = report.spend.get().to::<u64>().checked_add(scored.spend);
        let (declared_rows, declared) =
            (report.declared_rows.get().to::<u32>(), report.declared_spend.get().to::<u64>());
        let total_spend = total_spend.filter(|spend| *spend <= declared && total_rows <= declared_rows);
        let total_spend = total_spend.ok_or(Own::TotalsExceeded)?;
        let complete = total_rows == declared_rows;
        if complete && total_spend != declared {
            return Err(Own::TotalsNotMet.into());
        }
        report.rows.set(U32::from(total_rows));
        report.spend.set(U64::from(total_spend));
        report.batches.set(U32::from(index.saturating_add(1)));
        report.last_key.set(key);
        report.last_account.set(rows.last().map(|row| row.account).unwrap_or_default());
        let eligible = report.eligible.get().to::<u64>();
        if mt.is_zero() {
            let left_out = total_spend.saturating_sub(eligible);
            event::UsageLeftOut { epoch, key, spend: scored.spend, left_out }.log(self.vm());
        } else {
            report.eligible.set(U64::from(eligible.saturating_add(scored.spend)));
            let mut days = self.days.setter(mt);
            days.setter(attempt_key(epoch, attempt, 0)).add(len, scored.spend, scored.global, scored.incentive)?;
        }
        self.batches.insert(attempt_key(epoch, attempt, index), hash);
        let (spend, spends, rows) = (scored.spend, &scored.spends[..], &scored.rows[..]);
        event::BatchReported { epoch, key, mt, attempt, index, spend, total_spend, rows, spends }.log(self.vm());
        if complete { self.complete(epoch) } else { Ok(()) }
    }
}

/// Accounts have to rise, from after the one before: so none is there twice.
fn in_order(mut after: Address, rows: &[Row]) -> Result<(), Error> {
    for row in rows {
        if row.account <= after {
            return Err(Own::RowsOutOfOrder.into());
        }
        after = row.account;
    }
    Ok(())
}

/// Rows whose key names no supported token: kept, but without a score.
fn unscored(rows: &[Row]) -> Result<Scored, Error> {
    let mut scored = Scored::default();
    for row in rows {
        scored.push(row, 0, 0).ok_or(fomo_access::Error::TooLarge)?;
    }
    Ok(scored)
}
