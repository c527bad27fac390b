//! Daily rewards (`protocol.md` §8).

use alloy::primitives::{Address, U256};
use anyhow::{Result, ensure};

use super::amount::{Dollars, address};
use super::{Options, Wallet, list, text};
use crate::abi::{IFomoERC20, IRewardDistributor};
use crate::ui::number;

/// Claims that fit a transaction: beyond, each token is claimed by itself.
const AT_ONCE: usize = 100;

/// What can be done with rewards.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// What usage of today would earn, with your stake and gmFLOCK of now
    Preview(Preview),
    /// Take all FLOCK and Model Tokens that an account has earned; it goes to the account, whoever asks
    Claim(Claim),
}

/// `cargo fomo rewards preview`.
#[derive(Debug, Clone, clap::Args)]
pub struct Preview {
    /// Model Token
    #[arg(value_parser = address)]
    token: Address,
    /// What the usage costs, such as $5
    #[arg(long, value_name = "DOLLARS")]
    spend: Dollars,
    /// Sealed epoch whose other users count as today's [default: the last one]
    #[arg(long, value_name = "EPOCH")]
    like: Option<u64>,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo rewards claim`.
#[derive(Debug, Clone, clap::Args)]
pub struct Claim {
    /// Whose [default: that of the key]
    #[arg(long, value_parser = address)]
    of: Option<Address>,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(command: &Command) -> Result<bool> {
    match command {
        Command::Preview(command) => preview(command).await,
        Command::Claim(command) => claim(command).await,
    }
}

async fn preview(command: &Preview) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (rewards, account, mt) = (wallet.at("reward-distributor")?, wallet.client.sender()?, command.token);
    let next = wallet.view(rewards, IRewardDistributor::nextEpochCall {}).await?.epoch;
    let like = command.like.unwrap_or(next.saturating_sub(1));
    let Dollars(spend) = command.spend;
    let day = wallet.view(rewards, IRewardDistributor::dayOfCall { mt, epoch: like }).await?;
    let call = IRewardDistributor::previewRewardsCall { account, mt, spend, like };
    let earned = wallet.view(rewards, call).await?;
    let pools = wallet.view(rewards, IRewardDistributor::poolsOfCall { mt }).await?;
    let symbol = wallet.view(mt, IFomoERC20::symbolCall {}).await?;
    println!(
        "With the stake and gmFLOCK of now, beside the {} users who spent ${} in epoch {like}; the day's pools are shared by who is there then.\n",
        number(day.rows.into()),
        text(U256::from(day.spend).saturating_mul(U256::from(10_u64.pow(12)))),
    );
    let row = |name: &str, part, pool, unit: &str| vec![name.to_owned(), text(part), text(pool), unit.to_owned()];
    list(
        &["stream", "you", "next pool", ""],
        vec![
            row("Global FLOCK", earned.globalFlock, pools.globalPool, "FLOCK, of all models"),
            row("Reserved FLOCK", earned.reservedFlock, pools.reservedPool, "FLOCK"),
            row("MT Reward", earned.mtReward, pools.mtPool, &symbol),
        ],
    );
    Ok(true)
}

async fn claim(command: &Claim) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let rewards = wallet.at("reward-distributor")?;
    let account = command.of.map_or_else(|| wallet.client.sender(), Ok)?;
    let flock = wallet.view(rewards, IRewardDistributor::claimableFlockCall { account }).await?;
    let mut owed = Vec::new();
    for mt in wallet.view(rewards, IRewardDistributor::earnedTokensCall { account }).await? {
        let amount = wallet.view(rewards, IRewardDistributor::claimableMtCall { account, mt }).await?;
        if !amount.is_zero() {
            owed.push((mt, wallet.view(mt, IFomoERC20::symbolCall {}).await?, amount));
        }
    }
    ensure!(
        !flock.is_zero() || !owed.is_empty(),
        "{account} has earned nothing that was not claimed; days are paid once sealed and accrued."
    );
    let mut quote = vec![("FLOCK", text(flock))];
    quote.extend(owed.iter().map(|(_, symbol, amount)| (symbol.as_str(), text(*amount))));
    if !wallet.confirm(&format!("Claim rewards to {account}"), &quote)? {
        return Ok(false);
    }
    if owed.len() <= AT_ONCE {
        wallet.send("Claimed", rewards, IRewardDistributor::claimCall { account }).await?;
        return Ok(true);
    }
    wallet.send("Claimed FLOCK", rewards, IRewardDistributor::claimFlockCall { account }).await?;
    for (mt, symbol, _) in &owed {
        wallet
            .send(&format!("Claimed {symbol}"), rewards, IRewardDistributor::claimMtCall { account, mt: *mt })
            .await?;
    }
    Ok(true)
}
