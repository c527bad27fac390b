//! `cargo fomo verify`: an epoch, a launch or everything, from what a node says of the chain.

use std::collections::BTreeMap;
use std::path::PathBuf;

use alloy::eips::BlockId;
use alloy::primitives::{Address, B256, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{Filter, Log};
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, LineStyle, Table};
use tokio::runtime::Handle;

use super::launch::{Launch, Launches, Places};
use super::record::{Difference, Transaction};
use super::revenue::Revenue;
use super::{Ledger, Registry};
use crate::abi::{IAccess, IFomoERC20, ILaunchpad, IRewardDistributor, IStakeRegistry};
use crate::client::{Client, Connection, refusal};
use crate::ui::{Task, amount, number};

/// Blocks whose logs are in memory at once.
const CHUNK: u64 = 20_000;
/// How many differences are listed.
const LISTED: usize = 20;

/// What `cargo fomo verify` is asked for.
#[derive(Debug, Clone, clap::Subcommand)]
#[allow(missing_docs, reason = "`at` is flattened: its fields have their own")]
pub enum What {
    /// The rewards of an epoch, to the wei
    Epoch {
        /// Days since 1970
        number: u64,
        #[command(flatten)]
        at: Deployed,
    },
    /// A launch: every buy, its graduation, claims and refunds
    Launch {
        /// The Model Token
        token: Address,
        #[command(flatten)]
        at: Deployed,
    },
    /// Every epoch, every launch, all revenue
    All {
        #[command(flatten)]
        at: Deployed,
    },
}

/// Where the suite is.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Deployed {
    #[allow(missing_docs, reason = "it is flattened: its fields have their own")]
    #[command(flatten)]
    pub connection: Connection,
    /// Record of the deployment, in place of deployments/<chain id>.json
    #[arg(long, value_name = "FILE")]
    pub deployment: Option<PathBuf>,
    /// Last block that is looked at, the newest when none is named
    #[arg(long, value_name = "BLOCK")]
    pub to_block: Option<u64>,
}

/// Verifies, prints what was looked at, and lists what differs; whether nothing does.
///
/// # Errors
/// When the node does not answer, or the deployment is not known.
pub async fn run(what: &What) -> Result<bool> {
    match what {
        What::Epoch { number, at } => Chain::connect(at).await?.epoch(*number).await,
        What::Launch { token, at } => Chain::connect(at).await?.launch(*token).await,
        What::All { at } => Chain::connect(at).await?.all().await,
    }
}

/// The suite on a chain, and the blocks that are looked at.
#[derive(Debug)]
pub struct Chain {
    /// The node.
    pub client: Client,
    /// Where launches come by.
    pub places: Places,
    /// Revenue splitter.
    pub splitter: Address,
    /// The first block that is looked at.
    pub first: u64,
    /// The last.
    pub last: u64,
}

/// What became of the rewards.
#[derive(Debug, Default)]
pub struct Rewards {
    /// The ledger, without what is settled.
    pub ledger: Ledger,
    /// Sealed epochs, batches, rows.
    pub counts: [u64; 3],
    /// The first difference, where reading ended.
    pub difference: Option<Difference>,
}

impl Registry for Chain {
    fn read_many(&self, registry: Address, mt: Address, epoch: u64, accounts: &[Address]) -> Result<Vec<U256>> {
        let call = IStakeRegistry::readManyCall { mt, epoch, accounts: accounts.to_vec() };
        tokio::task::block_in_place(|| Handle::current().block_on(self.client.view(registry, call)))
    }

    fn parameter_at(&self, registry: Address, key: B256, epoch: u64) -> Result<U256> {
        let call = IAccess::parameterAtCall { key, epoch };
        tokio::task::block_in_place(|| Handle::current().block_on(self.client.view(registry, call)))
    }
}

impl Chain {
    /// Connects to the chain and reads where the suite is on it.
    ///
    /// # Errors
    /// When the node does not answer, or the deployment is not known.
    pub async fn connect(at: &Deployed) -> Result<Self> {
        let client = at.connection.connect().await?;
        let deployment = client.deployment(at.deployment.as_deref())?;
        let newest = client.provider().get_block_number().await.map_err(|error| refusal(&error))?;
        let places = Places {
            launchpad: deployment.address("launchpad")?,
            flock: deployment.address("flock")?,
            implementation: deployment.address("model-token")?,
            vesting: deployment.address("vesting")?,
            rewards: deployment.address("reward-distributor")?,
        };
        let last = at.to_block.unwrap_or(newest).min(newest);
        let (splitter, first) = (deployment.address("revenue-splitter")?, deployment.first_block());
        Ok(Self { client, places, splitter, first, last })
    }

    /// Reads transactions with any of these logs in their order, in pieces, until `read` has enough.
    async fn stream(&self, task: &Task, filters: &[Filter], mut read: impl FnMut(Transaction) -> bool) -> Result<()> {
        let mut next = self.first;
        while next <= self.last {
            let last = self.last.min(next.saturating_add(CHUNK - 1));
            task.say(&format!("block {} of {}", number(next), number(self.last)));
            let mut logs: BTreeMap<(u64, u64), Log> = BTreeMap::new();
            for filter in filters {
                for log in self.client.logs(filter, next, last).await? {
                    let place = log.block_number.zip(log.log_index).context("A log has no place.")?;
                    logs.insert(place, log);
                }
            }
            for transaction in self.transactions(logs.into_values()).await? {
                if !read(transaction) {
                    return Ok(());
                }
            }
            next = last + 1;
        }
        Ok(())
    }

    /// Groups logs by their transactions, with the times of their blocks.
    async fn transactions(&self, logs: impl Iterator<Item = Log>) -> Result<Vec<Transaction>> {
        let (mut all, mut block): (Vec<Transaction>, _) = (Vec::new(), (u64::MAX, 0));
        for log in logs {
            let hash = log.transaction_hash.context("A log has no transaction.")?;
            let height = log.block_number.context("A log has no block.")?;
            if block.0 != height {
                let time = match log.block_timestamp {
                    Some(time) => time,
                    None => self.time(height).await?,
                };
                block = (height, time);
            }
            match all.last_mut() {
                Some(last) if last.hash == hash => last.logs.push(log.inner),
                _ => all.push(Transaction { hash, time: block.1, logs: vec![log.inner] }),
            }
        }
        for transaction in &mut all {
            let graduates =
                |log: &alloy::primitives::Log| log.topics().first() == Some(&ILaunchpad::Graduated::SIGNATURE_HASH);
            if transaction.logs.iter().any(graduates) {
                let receipt = self.client.provider().get_transaction_receipt(transaction.hash).await;
                let receipt = receipt.map_err(|error| refusal(&error))?.context("A transaction has no receipt.")?;
                transaction.logs = receipt.logs().iter().map(|log| log.inner.clone()).collect();
            }
        }
        Ok(all)
    }

    async fn time(&self, block: u64) -> Result<u64> {
        let block = self.client.provider().get_block(BlockId::number(block)).await.map_err(|error| refusal(&error))?;
        Ok(block.context("A block is missing.")?.header.timestamp)
    }

    /// Logs of a contract, and movements of any token to and from it.
    fn filters(contract: Address) -> [Filter; 3] {
        let moved = || Filter::new().event_signature(IFomoERC20::Transfer::SIGNATURE_HASH);
        [Filter::new().address(contract), moved().topic1(contract), moved().topic2(contract)]
    }

    /// Every launch.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn launches(&self) -> Result<Launches> {
        let task = Task::start("Rerunning launches");
        let mut launches = Launches::new(self.places);
        let read = |transaction: Transaction| {
            launches.read(&transaction);
            true
        };
        self.stream(&task, &Self::filters(self.places.launchpad), read).await?;
        let balance = IFomoERC20::balanceOfCall { account: self.places.launchpad };
        let balance = self.client.view_at(self.places.flock, balance, BlockId::number(self.last)).await?;
        launches.solvent(balance);
        task.finish(&format!("{} figures compared", number(launches.findings.compared)));
        Ok(launches)
    }

    /// All revenue.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn revenue(&self) -> Result<Revenue> {
        let task = Task::start("Rerunning revenue");
        let mut revenue = Revenue::new(self.splitter, self.places.flock);
        let read = |transaction: Transaction| {
            revenue.read(&transaction);
            true
        };
        self.stream(&task, &Self::filters(self.splitter), read).await?;
        for (asset, owed) in revenue.owes() {
            let balance = IFomoERC20::balanceOfCall { account: self.splitter };
            let balance = self.client.view_at(asset, balance, BlockId::number(self.last)).await?;
            revenue.solvent(asset, owed, balance);
        }
        task.finish(&format!("{} figures compared", number(revenue.findings.compared)));
        Ok(revenue)
    }

    /// Rewards of every epoch, or until one is sealed; what is settled is forgotten, but not that one.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn rewards(&self, until: Option<u64>) -> Result<Rewards> {
        let task = Task::start("Recomputing rewards");
        let mut rewards = Rewards::default();
        let filter = Filter::new().address(self.places.rewards);
        let read = |transaction: Transaction| {
            for log in &transaction.logs {
                if let Err(error) = rewards.read(log, self) {
                    let what = crate::ui::explain(&error);
                    rewards.difference = Some(Difference { transaction: transaction.hash, what });
                    return false;
                }
            }
            rewards.ledger.forget(until);
            until.is_none_or(|epoch| !rewards.ledger.reports.get(&epoch).is_some_and(|report| report.sealed))
        };
        self.stream(&task, &[filter], read).await?;
        let [epochs, _, rows] = rewards.counts;
        task.finish(&format!("{} epochs, {} rows", number(epochs), number(rows)));
        Ok(rewards)
    }

    async fn epoch(&self, epoch: u64) -> Result<bool> {
        let rewards = self.rewards(Some(epoch)).await?;
        if let Some(report) = rewards.ledger.reports.get(&epoch).filter(|report| report.sealed) {
            let row = |mt: Address, row: &super::Row| {
                let (account, spend) = (row.account.to_string(), format!("{:.6}", row.spend as f64 / 1e6));
                vec![mt.to_string(), account, spend, amount(row.flock), amount(row.mt)]
            };
            let batches = report.batches.iter().filter(|batch| !batch.mt.is_zero());
            let rows: Vec<_> = batches.flat_map(|batch| batch.rows.iter().map(|of| row(batch.mt, of))).collect();
            table(&["token", "account", "USD", "FLOCK", "MT"], 2, rows);
        } else if rewards.difference.is_none() {
            anyhow::bail!("Epoch {epoch} is not sealed.");
        }
        Ok(list(rewards.difference.as_slice()))
    }

    async fn launch(&self, token: Address) -> Result<bool> {
        let launches = self.launches().await?;
        let launch = launches.launches.get(&token).with_context(|| format!("There is no launch of {token}."))?;
        table(&LAUNCHES, 2, vec![describe(token, launch)]);
        Ok(list(&launches.findings.differences))
    }

    async fn all(&self) -> Result<bool> {
        let launches = self.launches().await?;
        let revenue = self.revenue().await?;
        let rewards = self.rewards(None).await?;
        if !launches.launches.is_empty() {
            table(&LAUNCHES, 2, launches.launches.iter().map(|(token, launch)| describe(*token, launch)).collect());
        }
        let raised: U256 = launches.launches.values().map(|launch| launch.raised).sum();
        let buys: u64 = launches.launches.values().map(|launch| launch.buys).sum();
        let [settlements, claims, buybacks] = revenue.counts;
        let [epochs, batches, rows] = rewards.counts;
        let flock = rewards.ledger.paid.get(&self.places.flock).copied().unwrap_or_default();
        let [burned, _] = revenue.destroyed.get(&self.places.flock).copied().unwrap_or_default();
        let line = |what: &str, count: u64, of: String| vec![what.to_owned(), number(count), of];
        let rows = vec![
            line("buys", buys, format!("{} FLOCK raised", amount(raised))),
            line("settlements", settlements, gross(&revenue)),
            line("claims of revenue", claims, String::new()),
            line("buybacks", buybacks, format!("{} FLOCK burned", amount(burned))),
            line("sealed epochs", epochs, format!("{} FLOCK claimed", amount(flock))),
            line("batches of usage", batches, format!("{} rows", number(rows))),
        ];
        table(&["verified", "count", "amount"], 1, rows);
        let mut differences = launches.findings.differences;
        differences.extend(revenue.findings.differences);
        differences.extend(rewards.difference);
        Ok(list(&differences))
    }
}

impl Rewards {
    fn read(&mut self, log: &alloy::primitives::Log, registry: &impl Registry) -> Result<()> {
        use IRewardDistributor::{BatchReported, EpochSealed};
        self.ledger.read(log, registry)?;
        match log.topics().first() {
            Some(&EpochSealed::SIGNATURE_HASH) => self.counts[0] += 1,
            Some(&BatchReported::SIGNATURE_HASH) => {
                self.counts[1] += 1;
                self.counts[2] += BatchReported::decode_log_data(&log.data)?.spends.len() as u64 / 6;
            }
            _ => (),
        }
        Ok(())
    }
}

const LAUNCHES: [&str; 7] = ["launch", "token", "buys", "raised FLOCK", "sold MT", "fees FLOCK", "state"];

fn describe(token: Address, launch: &Launch) -> Vec<String> {
    let state = if launch.pool.is_some() { "graduated" } else { "not graduated" };
    vec![
        launch.symbol.clone(),
        token.to_string(),
        number(launch.buys),
        amount(launch.raised),
        amount(launch.sold),
        amount(launch.fees.iter().sum()),
        state.to_owned(),
    ]
}

/// Gross revenue by stablecoin, in its smallest unit.
fn gross(revenue: &Revenue) -> String {
    let each = revenue.totals.iter().map(|(asset, total)| format!("{} of {asset}", total.credited));
    each.collect::<Vec<_>>().join(", ")
}

fn table(header: &[&str], left: usize, rows: Vec<Vec<String>>) {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none())).set_header(header);
    table.add_rows(rows);
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

/// Lists what differs; whether nothing does.
fn list(differences: &[Difference]) -> bool {
    for difference in differences.iter().take(LISTED) {
        eprintln!("error: {difference}");
    }
    if differences.len() > LISTED {
        eprintln!("error: and {} more.", number((differences.len() - LISTED) as u64));
    }
    if differences.is_empty() {
        println!("Nothing differs.");
    }
    differences.is_empty()
}
