//! `cargo fomo keeper`: what has to be done every day, by whoever runs it.
//!
//! Every duty asks the chain what is due and does that, so that it may be killed at any moment, begun again, and run twice at once: what
//! another one did meanwhile is no longer due. Nothing is remembered but what the chain and the usage files say. A duty that fails is told,
//! counted and tried again later, each time twice as late; it stops none of the others, and slows none. Prices have a time of their own: a
//! buyback waits for half an hour of them without a gap, and a round may take longer than a gap may.

mod duties;
mod report;
pub mod usage;

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use metrics::{counter, gauge};
use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::client::deployment::Deployment;
use crate::client::{Client, Connection};
use crate::ui::explain;

/// Longest wait of a duty that failed.
const LONGEST_WAIT: Duration = Duration::from_secs(3_600);

/// Longest time between looks for prices that are to be recorded. A pool takes one a minute and may not be without for two: looked at by the
/// minute, one whose minute is just not over would be late by another.
const PRICES: Duration = Duration::from_secs(30);
/// Time between looks for what has to be collected but is in no hurry.
const HOUR: Duration = Duration::from_secs(3_600);

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// An object a line.
    Json,
}

/// `cargo fomo keeper`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Usage file, or folder of them (.csv, .jsonl, .ndjson); without it nothing is reported
    #[arg(long, value_name = "PATH", requires = "wallets")]
    pub usage: Option<PathBuf>,
    /// Wallets of API keys: a CSV file with api_key,wallet
    #[arg(long, value_name = "FILE")]
    pub wallets: Option<PathBuf>,
    /// Tokens of models, for the first season: a CSV file with model,token
    #[arg(long, value_name = "FILE")]
    pub models: Option<PathBuf>,
    /// Where rows that cannot be read are written to
    #[arg(long, value_name = "FILE")]
    pub rejects: Option<PathBuf>,
    /// How long after its end a day is reported, so that its files are complete
    #[arg(long, value_name = "TIME", default_value = "1 hour", value_parser = crate::wallet::amount::seconds)]
    pub after: u64,
    /// Rows of a batch, 1 to 256
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub batch: u16,
    /// Sealed days, counted back from the newest, whose rewards are added to their accounts
    #[arg(long, default_value_t = 14, value_name = "DAYS")]
    pub accrue: u64,
    /// Report days of which the files have nothing as days on which nobody used anything
    #[arg(long)]
    pub empty_days: bool,
    /// Report days again whose report was voided
    #[arg(long)]
    pub again: bool,
    /// Seconds between rounds; prices are looked after at least every half minute
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    pub every: u64,
    /// One round, then end
    #[arg(long)]
    pub once: bool,
    /// Say what would be done and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Price of gas above which nothing is sent, in gwei
    #[arg(long, value_name = "GWEI")]
    pub max_gas_price: Option<f64>,
    /// Where metrics are served in Prometheus' format, such as 127.0.0.1:9100
    #[arg(long, value_name = "ADDRESS")]
    pub metrics: Option<SocketAddr>,
    /// How log lines are written
    #[arg(long, value_enum, default_value_t)]
    pub log_format: LogFormat,
    /// Record of the deployment [default: deployments/<chain id>.json]
    #[arg(long, value_name = "FILE")]
    pub deployment: Option<PathBuf>,
    /// Which chain, and with whose key.
    #[command(flatten)]
    pub connection: Connection,
}

#[cfg(test)]
impl Options {
    /// Those of a command line.
    fn typed(words: &[&str]) -> Self {
        #[derive(clap::Parser)]
        struct Line {
            #[command(flatten)]
            keeper: Options,
        }
        <Line as clap::Parser>::parse_from(words).keeper
    }
}

/// A keeper at work.
struct Keeper<'a> {
    client: Client,
    record: Deployment,
    options: &'a Options,
    /// Sealed days of which nothing is left to accrue: what is not asked again.
    accrued: Mutex<BTreeSet<u64>>,
    /// Duties that failed.
    failing: Mutex<BTreeMap<&'static str, Failing>>,
    /// When duties that are done by the hour last went well.
    done: Mutex<BTreeMap<&'static str, Instant>>,
}

/// How often a duty has failed without a break, and when it is tried again.
#[derive(Clone, Copy)]
struct Failing {
    times: u32,
    again: Instant,
}

/// Does what is due, round after round; whether the last one went well.
///
/// # Errors
/// When the node does not answer at first, there is no record, or the metrics' address is taken.
pub async fn run(options: &Options) -> Result<bool> {
    let client = options.connection.connect().await?;
    let record = client.deployment(options.deployment.as_deref())?;
    if !options.dry_run {
        client.sender()?;
    }
    if let Some(address) = options.metrics {
        let exporter = PrometheusBuilder::new().with_http_listener(address).install();
        exporter.with_context(|| format!("Metrics cannot be served at {address}."))?;
    }
    let keeper = Keeper::new(client, record, options);
    if options.once {
        return Ok(keeper.once().await);
    }
    tokio::select! {
        never = keeper.watch_prices() => match never {},
        never = keeper.rounds() => match never {},
    }
}

impl<'a> Keeper<'a> {
    fn new(client: Client, record: Deployment, options: &'a Options) -> Self {
        let (accrued, failing, done) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { client, record, options, accrued, failing, done }
    }
}

impl Keeper<'_> {
    /// Everything once; whether all went well.
    async fn once(&self) -> bool {
        let recorded = self.tell("record prices", self.record_prices().await);
        self.round().await && recorded
    }

    /// Records prices for ever, whatever else is done or fails. One look that takes longer than it may is followed by the next at once.
    async fn watch_prices(&self) -> Infallible {
        let mut ticks = interval(self.pause().min(PRICES));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tell("record prices", self.record_prices().await);
        }
    }

    /// Does everything else for ever.
    async fn rounds(&self) -> Infallible {
        loop {
            self.round().await;
            sleep(self.pause()).await;
        }
    }

    /// Time between rounds.
    fn pause(&self) -> Duration {
        Duration::from_secs(self.options.every.max(1))
    }

    /// One round of everything but prices; whether every duty went well.
    async fn round(&self) -> bool {
        let mut well = true;
        well &= self.duty("report", self.report()).await;
        well &= self.duty("seal", self.seal()).await;
        well &= self.duty("accrue", self.accrue()).await;
        well &= self.duty("graduate", self.graduate()).await;
        well &= self.duty("buy back", self.buy_back()).await;
        well &= self.hourly("collect", self.collect()).await;
        well &= self.duty("keep alive", self.keep_alive()).await;
        well &= self.duty("measure", self.measure()).await;
        counter!("fomo_keeper_rounds_total", "well" => well.to_string()).increment(1);
        well
    }

    /// Does a duty, unless it went well within the hour; whether it did last.
    async fn hourly(&self, duty: &'static str, work: impl Future<Output = Result<u64>>) -> bool {
        let done = || self.done.lock().unwrap_or_else(PoisonError::into_inner);
        if done().get(duty).is_some_and(|done| done.elapsed() < HOUR) {
            return true;
        }
        let well = self.duty(duty, work).await;
        if well {
            done().insert(duty, Instant::now());
        }
        well
    }

    /// Does a duty, unless it failed and waits; whether it went well.
    async fn duty(&self, duty: &'static str, work: impl Future<Output = Result<u64>>) -> bool {
        let failing = || self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = failing().get(duty).copied();
        if before.is_some_and(|before| Instant::now() < before.again) {
            return false;
        }
        let well = self.tell(duty, work.await);
        if well {
            failing().remove(duty);
        } else {
            let times = before.map_or(1, |before| before.times.saturating_add(1));
            let wait = self.pause().saturating_mul(1 << times.min(6));
            failing().insert(duty, Failing { times, again: Instant::now() + wait.min(LONGEST_WAIT) });
        }
        well
    }

    fn tell(&self, duty: &'static str, result: Result<u64>) -> bool {
        match result {
            Ok(done) => {
                tracing::info!(duty, transactions = done, "done");
                true
            }
            Err(error) => {
                counter!("fomo_keeper_failures_total", "duty" => duty).increment(1);
                tracing::error!(duty, error = explain(&error), "failed");
                false
            }
        }
    }

    fn is_accrued(&self, epoch: u64) -> bool {
        self.accrued.lock().unwrap_or_else(PoisonError::into_inner).contains(&epoch)
    }

    fn set_accrued(&self, epoch: u64) {
        self.accrued.lock().unwrap_or_else(PoisonError::into_inner).insert(epoch);
    }

    fn at(&self, contract: &str) -> Result<Address> {
        self.record.address(contract)
    }

    async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.client.view(to, call).await
    }

    /// Sends a transaction; or says that it would. How many were sent.
    async fn send<C: SolCall>(&self, what: &str, to: Address, call: C, value: U256) -> Result<u64> {
        if self.options.dry_run {
            let refused = match self.client.account() {
                Some(_) => self.client.simulate(to, call, value).await.err(),
                None => None,
            };
            let refused = refused.map_or(String::new(), |error| format!(", which is refused now: {error:#}"));
            println!("would {what}: {} of {to}{refused}", C::SIGNATURE);
            return Ok(0);
        }
        if let Some(most) = self.options.max_gas_price {
            let price = self.client.provider().get_gas_price().await?;
            #[allow(clippy::cast_precision_loss, reason = "a limit of a person's")]
            let price = price as f64 / 1e9;
            anyhow::ensure!(price <= most, "Gas costs {price} gwei, over the {most} of --max-gas-price.");
        }
        let receipt = self.client.send(to, call, value).await;
        if receipt.is_err() {
            counter!("fomo_keeper_transactions_failed_total", "function" => C::SIGNATURE).increment(1);
        }
        let receipt = receipt.with_context(|| format!("To {what}"))?;
        let cost = u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price);
        #[allow(clippy::cast_precision_loss, reason = "a gauge of ETH")]
        gauge!("fomo_keeper_spent_eth").increment(cost as f64 / 1e18);
        counter!("fomo_keeper_transactions_total", "function" => C::SIGNATURE).increment(1);
        counter!("fomo_keeper_gas_total").increment(receipt.gas_used);
        tracing::info!(what, transaction = %receipt.transaction_hash, gas = receipt.gas_used, "sent");
        Ok(1)
    }

    /// How far everything is, for whoever watches.
    async fn measure(&self) -> Result<u64> {
        use crate::abi::IRewardDistributor;
        let rewards = self.at("reward-distributor")?;
        let next = self.view(rewards, IRewardDistributor::nextEpochCall {}).await?.epoch;
        let today = self.client.now().await? / 86_400;
        #[allow(clippy::cast_precision_loss, reason = "a gauge is a number of days")]
        {
            gauge!("fomo_keeper_next_epoch").set(next as f64);
            gauge!("fomo_keeper_epochs_behind").set(today.saturating_sub(next) as f64);
        }
        if let Some(account) = self.client.account() {
            let balance = self.client.provider().get_balance(account).await?;
            gauge!("fomo_keeper_balance_eth").set(f64::from(balance) / 1e18);
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use alloy::providers::mock::Asserter;

    use super::{Client, Deployment, Keeper, Options};

    #[tokio::test]
    async fn a_duty_that_failed_waits_and_slows_no_other() {
        let options = Options::typed(&["keeper"]);
        let keeper = Keeper::new(Client::mocked(&Asserter::new(), None), Deployment::default(), &options);
        assert!(!keeper.duty("report", async { anyhow::bail!("no") }).await);
        assert!(!keeper.duty("report", async { panic!("it waits") }).await);
        assert!(keeper.duty("seal", async { Ok(0) }).await);
        assert!(keeper.duty("seal", async { Ok(1) }).await);
        let failing = keeper.failing.lock().unwrap();
        assert_eq!(failing.keys().collect::<Vec<_>>(), [&"report"]);
    }

    #[tokio::test]
    async fn what_is_in_no_hurry_is_done_by_the_hour_once_it_went_well() {
        let options = Options::typed(&["keeper"]);
        let keeper = Keeper::new(Client::mocked(&Asserter::new(), None), Deployment::default(), &options);
        assert!(!keeper.hourly("collect", async { anyhow::bail!("no") }).await);
        keeper.failing.lock().unwrap().clear();
        assert!(keeper.hourly("collect", async { Ok(1) }).await, "a failure is no hour's work");
        assert!(keeper.hourly("collect", async { panic!("it was done within the hour") }).await);
    }
}
