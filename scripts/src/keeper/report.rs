//! Days: reported from files, sealed, accrued (`protocol.md` §8).

use std::collections::BTreeMap;

use alloy::primitives::{Address, B256, Bytes, U256, keccak256};
use alloy::rpc::types::Filter;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, bail, ensure};
use metrics::{counter, gauge};

use super::Keeper;
use super::usage::{Book, Days, Limits, Row, Sums, files};
use crate::abi::IRewardDistributor as R;

/// Seconds of a day.
const DAY: u64 = 86_400;
/// States of an epoch as the distributor numbers them.
const UNREPORTED: u8 = 1;
const REPORTING: u8 = 2;
const SEALABLE: u8 = 4;
const SEALING: u8 = 5;
const SEALED: u8 = 6;
/// Bytes of a row in the event of a batch: account 20, scores 14 each; and of its spend.
const ROW: usize = 48;
const SPEND: usize = 6;
/// Tokens that are sealed in a transaction.
const TOKENS: u64 = 50;

impl Keeper<'_> {
    /// Reports every ended day that is not.
    pub(super) async fn report(&self) -> Result<u64> {
        let (Some(usage), Some(wallets)) = (&self.options.usage, &self.options.wallets) else { return Ok(0) };
        let rewards = self.at("reward-distributor")?;
        let mut seasons = BTreeMap::new();
        for epoch in self.due().await? {
            let state = self.view(rewards, R::epochStateCall { epoch }).await?;
            if state == UNREPORTED || state == REPORTING {
                seasons.insert(epoch, self.view(rewards, R::alphaAtCall { epoch }).await?.season);
            }
        }
        if seasons.is_empty() {
            return Ok(0);
        }
        let (usage, wallets) = (usage.clone(), wallets.clone());
        let now = self.client.now().await?;
        let (models, rejects, known) = (self.options.models.clone(), self.options.rejects.clone(), seasons.clone());
        let read = move || -> Result<Days> {
            let book = Book::read(&wallets, models.as_deref())?;
            let mut sums = Sums::new(&book, &known, now, Limits::default(), rejects.as_deref())?;
            for file in files(&usage)? {
                sums.read(&file)?;
            }
            sums.finish()
        };
        let days = tokio::task::spawn_blocking(read).await?.context("Nothing is reported.")?;
        let counts = days.counts();
        tracing::info!(?counts, "usage was read");
        #[allow(clippy::cast_precision_loss, reason = "a gauge")]
        {
            gauge!("fomo_keeper_rows", "kind" => "accepted").set(counts.accepted as f64);
            gauge!("fomo_keeper_rows", "kind" => "rejected").set(counts.rejected as f64);
            gauge!("fomo_keeper_rows", "kind" => "doubtful").set(counts.doubtful as f64);
            gauge!("fomo_keeper_mappings_set_aside").set(counts.mappings as f64);
        }
        let (mut sent, mut failed) = (0, None);
        for epoch in seasons.into_keys() {
            // A day that needs a person does not keep the days after it.
            match self.report_day(epoch, &days).await {
                Ok(more) => sent += more,
                Err(error) => failed = Some(error.context(format!("Epoch {epoch} is not reported."))),
            }
        }
        failed.map_or(Ok(sent), Err)
    }

    /// Ended days that are not sealed and whose files should be complete.
    async fn due(&self) -> Result<std::ops::Range<u64>> {
        let next = self.view(self.at("reward-distributor")?, R::nextEpochCall {}).await?.epoch;
        let now = self.client.now().await?;
        Ok(next..now.saturating_sub(self.options.after) / DAY)
    }

    async fn report_day(&self, epoch: u64, days: &Days) -> Result<u64> {
        let (rewards, totals) = (self.at("reward-distributor")?, days.totals(epoch));
        let (rows, spend) = (totals.rows, totals.spend);
        if let Some(doubt) = days.doubt(epoch) {
            bail!("It is in doubt: {doubt}");
        }
        let mut sent = 0;
        if self.view(rewards, R::epochStateCall { epoch }).await? == UNREPORTED {
            let attempt = self.view(rewards, R::reportOfCall { epoch }).await?.attempt;
            ensure!(
                rows > 0 || self.options.empty_days,
                "The files have nothing of it. --empty-days reports that nobody used anything."
            );
            ensure!(
                attempt == 0 || self.options.again,
                "An attempt was voided. --again reports it again; look first why it was."
            );
            let call = R::declareCall { epoch, rows, spend };
            sent += self.send(&format!("declare {rows} rows of epoch {epoch}"), rewards, call, U256::ZERO).await?;
            if self.options.dry_run {
                return Ok(sent);
            }
        }
        let known = self.view(rewards, R::reportOfCall { epoch }).await?;
        ensure!(
            (known.declaredRows, known.declaredSpend) == (rows, spend),
            "It is declared with {} rows and {} micro-USD, and the files have {rows} and {spend}. Somebody has to void it if the files are right.",
            known.declaredRows,
            known.declaredSpend
        );
        sent += self.report_rest(epoch, days, &known).await?;
        Ok(sent)
    }

    /// Reports the rows behind those that are there, whatever batches they came in.
    async fn report_rest(&self, epoch: u64, days: &Days, known: &R::reportOfReturn) -> Result<u64> {
        let mut rows = days.rows(epoch)?;
        if known.batches > 0 {
            let batches = self.reported(epoch, known.attempt).await?;
            // Whoever reports at the same time does so behind these.
            let batches = batches.iter().filter(|batch| batch.index < known.batches);
            let told: Vec<_> = batches.flat_map(told).collect();
            ensure!(
                told.len() as u64 == u64::from(known.rows),
                "The node does not have the events of what was reported."
            );
            for told in told {
                let same = rows.next().transpose()?.map(|row| (row.key, row.account, row.spend.unsigned_abs()));
                ensure!(
                    same == Some(told),
                    "What was reported of it is not what the files begin with. Somebody has to void it if the files are right."
                );
            }
        }
        let (mut sent, mut index) = (0, known.batches);
        let mut batch: Vec<Row> = Vec::new();
        for row in rows {
            let row = row?;
            let full = batch.len() >= usize::from(self.options.batch);
            if batch.first().is_some_and(|first| full || first.key != row.key) {
                sent += self.report_batch(epoch, index, &batch).await?;
                index += 1;
                batch.clear();
            }
            batch.push(row);
        }
        if !batch.is_empty() {
            sent += self.report_batch(epoch, index, &batch).await?;
        }
        Ok(sent)
    }

    /// The batches of an attempt in their order, from their events.
    async fn reported(&self, epoch: u64, attempt: u16) -> Result<Vec<R::BatchReported>> {
        let filter = Filter::new().address(self.at("reward-distributor")?);
        let filter = filter.event_signature(R::BatchReported::SIGNATURE_HASH).topic1(U256::from(epoch));
        // Nothing of a day is reported before its end.
        let ended = epoch.saturating_add(1).saturating_mul(DAY);
        let from = self.client.block_since(ended, self.record.first_block()).await?;
        let mut batches = Vec::new();
        for log in self.client.logs(&filter, from, self.client.head().await?).await? {
            let batch = R::BatchReported::decode_log_data(log.data())?;
            if batch.attempt == attempt {
                batches.push(batch);
            }
        }
        Ok(batches)
    }

    /// Reports a batch. One that another keeper reports meanwhile changes nothing the second time.
    async fn report_batch(&self, epoch: u64, index: u32, batch: &[Row]) -> Result<u64> {
        let Some(first) = batch.first() else { return Ok(0) };
        let row = |row: &Row| {
            let spend = row.spend.unsigned_abs().to_be_bytes();
            [row.account.as_slice(), spend.get(2..).unwrap_or_default()].concat()
        };
        let rows: Bytes = batch.iter().flat_map(row).collect::<Vec<u8>>().into();
        let call = R::reportCall { epoch, index, key: first.key, rows };
        let what = format!("report batch {index} of epoch {epoch}, {} rows", batch.len());
        let sent = self.send(&what, self.at("reward-distributor")?, call, U256::ZERO).await?;
        counter!("fomo_keeper_rows_reported_total").increment(batch.len() as u64);
        Ok(sent)
    }

    /// Seals every day that can be, in their order.
    pub(super) async fn seal(&self) -> Result<u64> {
        let rewards = self.at("reward-distributor")?;
        let mut sent = 0;
        loop {
            let epoch = self.view(rewards, R::nextEpochCall {}).await?.epoch;
            let state = self.view(rewards, R::epochStateCall { epoch }).await?;
            if state != SEALABLE && state != SEALING {
                return Ok(sent);
            }
            let call = R::sealCall { epoch, limit: TOKENS };
            sent += self.send(&format!("seal epoch {epoch}"), rewards, call, U256::ZERO).await?;
            if self.options.dry_run {
                return Ok(sent);
            }
        }
    }

    /// Adds the rewards of sealed days to their accounts, from the rows that their events have.
    pub(super) async fn accrue(&self) -> Result<u64> {
        let rewards = self.at("reward-distributor")?;
        let next = self.view(rewards, R::nextEpochCall {}).await?.epoch;
        let mut sent = 0;
        for epoch in next.saturating_sub(self.options.accrue)..next {
            if self.is_accrued(epoch) {
                continue;
            }
            if self.view(rewards, R::epochStateCall { epoch }).await? != SEALED {
                continue;
            }
            let report = self.view(rewards, R::reportOfCall { epoch }).await?;
            let mut waits = false;
            for index in 0..report.batches {
                waits |= self.view(rewards, R::batchOfCall { epoch, index }).await? != B256::ZERO;
            }
            if waits {
                sent += self.accrue_day(epoch, &report).await?;
            }
            // What is open then is usage of no token, which stays so.
            if !self.options.dry_run {
                self.set_accrued(epoch);
            }
        }
        Ok(sent)
    }

    async fn accrue_day(&self, epoch: u64, report: &R::reportOfReturn) -> Result<u64> {
        let (rewards, batches) = (self.at("reward-distributor")?, self.reported(epoch, report.attempt).await?);
        // A node that leaves some out must not make the day look done.
        ensure!(
            batches.len() as u64 == u64::from(report.batches),
            "The node does not have the events of epoch {epoch}'s report."
        );
        let mut sent = 0;
        for batch in batches {
            let (index, mt) = (batch.index, batch.mt);
            let open = self.view(rewards, R::batchOfCall { epoch, index }).await? != B256::ZERO;
            if mt.is_zero() || !open {
                continue;
            }
            let call = R::accrueCall { epoch, index, mt, spends: keccak256(&batch.spends), rows: batch.rows };
            let what = format!("accrue batch {index} of epoch {epoch}");
            let result = self.send(&what, rewards, call, U256::ZERO).await;
            // Another keeper may have been faster; then it is not open any more.
            match result {
                Ok(one) => sent += one,
                Err(error) => {
                    let open = self.view(rewards, R::batchOfCall { epoch, index }).await? != B256::ZERO;
                    ensure!(!open, error);
                }
            }
        }
        Ok(sent)
    }
}

/// Key, account and spend of each row of a batch, from its event.
fn told(batch: &R::BatchReported) -> impl Iterator<Item = (B256, Address, u64)> {
    let accounts = batch.rows.chunks_exact(ROW).filter_map(|row| row.first_chunk::<20>().map(Address::from));
    let spend = |digits: &[u8]| digits.iter().fold(0, |spend, digit| spend << 8 | u64::from(*digit));
    let spends = batch.spends.chunks_exact(SPEND).map(spend);
    accounts.zip(spends).map(|(account, spend)| (batch.key, account, spend))
}

#[cfg(test)]
mod tests {
    use alloy::providers::mock::Asserter;
    use alloy::rpc::types::{Block, Log, Transaction};
    use alloy::sol_types::SolCall;

    use super::super::{Client, Keeper, Options};
    use super::{B256, Bytes, R, SEALED};
    use crate::client::deployment::{Contract, Deployment};

    #[tokio::test]
    async fn a_day_whose_events_are_missing_is_not_done() {
        let (options, answers) = (Options::typed(&["keeper", "--accrue", "1"]), Asserter::new());
        let contracts = [("reward-distributor".to_owned(), Contract::default())].into();
        let record = Deployment { contracts, ..Deployment::default() };
        let keeper = Keeper::new(Client::mocked(&answers, None), record, &options);
        let say = |bytes: Vec<u8>| answers.push_success(&Bytes::from(bytes));
        say(R::nextEpochCall::abi_encode_returns(&R::nextEpochReturn { epoch: 8, ..Default::default() }));
        say(R::epochStateCall::abi_encode_returns(&SEALED));
        say(R::reportOfCall::abi_encode_returns(&R::reportOfReturn { batches: 1, ..Default::default() }));
        say(R::batchOfCall::abi_encode_returns(&B256::repeat_byte(1)));
        // The block of the day's end, the newest block, and no events in it.
        answers.push_success(&0_u64);
        answers.push_success(&Block::<Transaction>::default());
        answers.push_success(&1_u64);
        answers.push_success(&Vec::<Log>::new());
        let error = keeper.accrue().await.unwrap_err().to_string();
        assert!(error.contains("does not have the events of epoch 7"), "{error}");
        assert!(!keeper.is_accrued(7) && answers.pop_response().is_none());
    }
}
