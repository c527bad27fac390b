//! What a wallet does with the suite: each command shows what it would do, asks, and does it.
//!
//! A quote is what the chain itself says would happen, at the newest block; limits (a minimum out, a highest fee, a deadline) keep what
//! is signed close to it. Allowances are for the amount at hand and no more.

mod account;
pub mod amount;
mod launch;
mod lock;
mod rewards;
mod stake;
mod vest;

use std::io::IsTerminal;
use std::path::PathBuf;

use alloy::primitives::{Address, U256};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolCall;
use anyhow::{Result, bail, ensure};
use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};

use crate::abi::IFomoERC20;
use crate::client::deployment::Deployment;
use crate::client::{Client, Connection};
use crate::ui::{decimal, number};

/// Decimals of amounts in quotes; what has more is rounded, and signed exactly.
const PLACES: usize = 6;
/// Seconds that a signed transaction may take until it is mined.
const DEADLINE: u64 = 1_200;

/// What every command of a wallet takes.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
pub struct Options {
    #[command(flatten)]
    connection: Connection,
    /// Record of the deployment [default: deployments/<chain id>.json]
    #[arg(long, value_name = "FILE", help_heading = "Connection")]
    deployment: Option<PathBuf>,
    /// Go ahead without asking
    #[arg(long, short)]
    yes: bool,
}

/// What a wallet can do.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// Launch a model, buy on its curve, graduate it, take what you are owed
    #[command(subcommand)]
    Launch(launch::Command),
    /// Stake a Model Token
    Stake(stake::Stake),
    /// Ask for staked tokens back: they stop counting at once and can be withdrawn after the cooldown
    Unstake(stake::Unstake),
    /// Take back what has been unstaked and has cooled down
    Withdraw(stake::Withdraw),
    /// Lock FLOCK for gmFLOCK
    Lock(lock::Open),
    /// Make a lock go on for longer
    Extend(lock::Extend),
    /// Take back the FLOCK of a lock that is over
    Unlock(lock::Unlock),
    /// What usage would earn, and what has been earned
    #[command(subcommand)]
    Rewards(rewards::Command),
    /// Vestings, and what of them has vested
    #[command(subcommand)]
    Vest(vest::Command),
    /// Everything that an account has, across all models
    Account(account::Account),
}

/// Does it; whether it was done, which it is not where somebody says no.
///
/// # Errors
/// When the chain refuses; nothing was changed then but perhaps an allowance.
pub async fn run(command: &Command) -> Result<bool> {
    match command {
        Command::Launch(command) => launch::run(command).await,
        Command::Stake(command) => stake::stake(command).await,
        Command::Unstake(command) => stake::unstake(command).await,
        Command::Withdraw(command) => stake::withdraw(command).await,
        Command::Lock(command) => lock::open(command).await,
        Command::Extend(command) => lock::extend(command).await,
        Command::Unlock(command) => lock::unlock(command).await,
        Command::Rewards(command) => rewards::run(command).await,
        Command::Vest(command) => vest::run(command).await,
        Command::Account(command) => account::show(command).await,
    }
}

/// A key, and the suite on its chain.
pub(crate) struct Wallet {
    pub client: Client,
    deployment: Deployment,
    yes: bool,
}

impl Wallet {
    pub async fn open(options: &Options) -> Result<Self> {
        let client = options.connection.connect().await?;
        let deployment = client.deployment(options.deployment.as_deref())?;
        Ok(Self { client, deployment, yes: options.yes })
    }

    /// Where a contract of the suite is.
    pub fn at(&self, contract: &str) -> Result<Address> {
        self.deployment.address(contract)
    }

    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.client.view(to, call).await
    }

    pub async fn balance(&self, token: Address) -> Result<U256> {
        self.view(token, IFomoERC20::balanceOfCall { account: self.client.sender()? }).await
    }

    /// A deadline for what is signed now.
    pub async fn deadline(&self) -> Result<u64> {
        Ok(self.client.now().await?.saturating_add(DEADLINE))
    }

    /// Fails with a sentence where the wallet has less than it would spend.
    pub async fn has(&self, token: Address, amount: U256, symbol: &str) -> Result<()> {
        let balance = self.balance(token).await?;
        let (needed, has) = (text(amount), text(balance));
        ensure!(balance >= amount, "This takes {needed} {symbol}, and {} has {has}.", self.client.sender()?);
        Ok(())
    }

    /// Shows a quote and asks whether to go ahead.
    pub fn confirm(&self, title: &str, quote: &[(&str, String)]) -> Result<bool> {
        println!("{title}\n");
        show(quote);
        println!();
        if self.yes {
            return Ok(true);
        }
        if !std::io::stdin().is_terminal() {
            bail!("There is nobody to ask; --yes goes ahead without asking.");
        }
        let yes = dialoguer::Confirm::new().with_prompt("Go ahead?").default(false).interact()?;
        if !yes {
            println!("Nothing was sent.");
        }
        Ok(yes)
    }

    /// Lets a contract take exactly so much, where it may not take as much yet.
    pub async fn allow(&self, token: Address, spender: Address, amount: U256, symbol: &str) -> Result<()> {
        let owner = self.client.sender()?;
        if self.view(token, IFomoERC20::allowanceCall { owner, spender }).await? >= amount {
            return Ok(());
        }
        let what = format!("{spender} may take {} {symbol}", text(amount));
        self.send(&what, token, IFomoERC20::approveCall { spender, value: amount }).await?;
        Ok(())
    }

    /// Sends a transaction and says what became of it.
    pub async fn send<C: SolCall>(&self, what: &str, to: Address, call: C) -> Result<TransactionReceipt> {
        let receipt = self.client.send(to, call, U256::ZERO).await?;
        let (block, gas) = (receipt.block_number.unwrap_or_default(), receipt.gas_used);
        let cost = U256::from(u128::from(gas).saturating_mul(receipt.effective_gas_price));
        println!("{what}.");
        println!("   block {}, {} gas, {} ETH, {}", number(block), number(gas), ether(cost), receipt.transaction_hash);
        Ok(receipt)
    }
}

/// Prints what is known by name.
pub(crate) fn show(lines: &[(&str, String)]) {
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.add_rows(lines.iter().map(|(name, value)| [format!("   {name}"), value.clone()]));
    println!("{table}");
}

/// Prints a table whose columns from the second on are numbers.
pub(crate) fn list(header: &[&str], rows: Vec<Vec<String>>) {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::UTF8_HORIZONTAL_ONLY).set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

/// Wei as ETH, without zeros behind.
fn ether(wei: U256) -> String {
    decimal(wei, 18)
}

/// An amount for a quote.
pub(crate) fn text(value: U256) -> String {
    decimal(value, PLACES)
}
