//! Stakes (`protocol.md` §6).

use alloy::primitives::{Address, U256};
use anyhow::{Context, Result, ensure};

use super::amount::{Amount, At, address, span, word};
use super::{Options, Wallet, text};
use crate::abi::{IAccess, IFomoERC20, IStakeRegistry};

/// `cargo fomo stake`.
#[derive(Debug, Clone, clap::Args)]
pub struct Stake {
    /// Model Token
    #[arg(value_parser = address)]
    token: Address,
    /// How much, such as "12.5 CHAT", or "all" that is in the wallet
    amount: Amount,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo unstake`.
#[derive(Debug, Clone, clap::Args)]
pub struct Unstake {
    /// Model Token
    #[arg(value_parser = address)]
    token: Address,
    /// How much, such as "12.5 CHAT", or "all" that is staked
    amount: Amount,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo withdraw`.
#[derive(Debug, Clone, clap::Args)]
pub struct Withdraw {
    /// Model Token
    #[arg(value_parser = address)]
    token: Address,
    #[command(flatten)]
    options: Options,
}

/// A token's stake of the wallet.
struct Position {
    wallet: Wallet,
    registry: Address,
    me: Address,
    symbol: String,
    stake: U256,
    total: U256,
}

impl Position {
    async fn open(options: &Options, token: Address) -> Result<Self> {
        let wallet = Wallet::open(options).await?;
        let (registry, me) = (wallet.at("stake-registry")?, wallet.client.sender()?);
        ensure!(!wallet.client.code(token).await?.is_empty(), "There is no token at {token} (yet).");
        let symbol = wallet.view(token, IFomoERC20::symbolCall {}).await?;
        let stake = wallet.view(registry, IStakeRegistry::stakeOfCall { account: me, mt: token }).await?;
        let total = wallet.view(registry, IStakeRegistry::totalStakedCall { mt: token }).await?;
        Ok(Self { wallet, registry, me, symbol, stake, total })
    }

    /// A stake as a share of all.
    fn share(stake: U256, total: U256) -> String {
        let bps = stake.saturating_mul(U256::from(10_000)).checked_div(total).unwrap_or_default();
        let bps = u64::try_from(bps).unwrap_or(10_000);
        format!("{}.{:02} %", bps / 100, bps % 100)
    }
}

pub(super) async fn stake(command: &Stake) -> Result<bool> {
    let token = command.token;
    let position = Position::open(&command.options, token).await?;
    let Position { wallet, registry, symbol, stake, total, .. } = &position;
    let amount = command.amount.of(symbol, Some(wallet.balance(token).await?))?;
    wallet.has(token, amount, symbol).await?;
    let stakeable = wallet.view(*registry, IStakeRegistry::isStakeableCall { mt: token }).await?;
    ensure!(stakeable, "{token} ({symbol}) cannot be staked: neither the launchpad nor the admin says so.");
    let cooldown = wallet.view(*registry, IAccess::parameterCall { key: word("COOLDOWN")? }).await?;
    let after = stake.saturating_add(amount);
    let quote = [
        ("stake", format!("{} {symbol}", text(amount))),
        ("your stake then", format!("{} {symbol}", text(after))),
        ("of all stake on it", Position::share(after, total.saturating_add(amount))),
        ("comes back", format!("{} after you ask for it", span(cooldown.saturating_to()))),
    ];
    if !wallet.confirm(&format!("Stake {symbol} ({token})"), &quote)? {
        return Ok(false);
    }
    wallet.allow(token, *registry, amount, symbol).await?;
    let receipt = wallet.send("Staked", *registry, IStakeRegistry::stakeCall { mt: token, amount }).await?;
    let event =
        receipt.decoded_log::<IStakeRegistry::Staked>().context("The registry does not say what was staked.")?;
    println!("Your stake is {} {symbol} of {}.", text(event.stake), text(event.totalStake));
    Ok(true)
}

pub(super) async fn unstake(command: &Unstake) -> Result<bool> {
    let token = command.token;
    let position = Position::open(&command.options, token).await?;
    let Position { wallet, registry, symbol, stake, total, .. } = &position;
    let amount = command.amount.of(symbol, Some(*stake))?;
    ensure!(amount <= *stake, "You have staked {} {symbol}, less than {}.", text(*stake), text(amount));
    let call = IStakeRegistry::requestUnstakeCall { mt: token, amount };
    let due = wallet.client.simulate(*registry, call.clone(), U256::ZERO).await?;
    let left = stake.saturating_sub(amount);
    let quote = [
        ("unstake", format!("{} {symbol}, which stop counting at once", text(amount))),
        ("your stake then", format!("{} {symbol}", text(left))),
        ("of all stake on it", Position::share(left, total.saturating_sub(amount))),
        ("can be withdrawn from", At(due).to_string()),
        ("can be taken back", "no".to_owned()),
    ];
    if !wallet.confirm(&format!("Unstake {symbol} ({token})"), &quote)? {
        return Ok(false);
    }
    let receipt = wallet.send("Asked for", *registry, call).await?;
    let event = receipt.decoded_log::<IStakeRegistry::UnstakeRequested>().context("The registry does not say when.")?;
    println!("`cargo fomo withdraw {token}` takes it from {} on.", At(event.due));
    Ok(true)
}

pub(super) async fn withdraw(command: &Withdraw) -> Result<bool> {
    let token = command.token;
    let position = Position::open(&command.options, token).await?;
    let Position { wallet, registry, me, symbol, .. } = &position;
    let requests = wallet.view(*registry, IStakeRegistry::requestsOfCall { account: *me, mt: token }).await?;
    let now = wallet.client.now().await?;
    let sum = |due: &dyn Fn(u64) -> bool| -> U256 {
        requests.iter().filter(|request| due(request.due)).map(|request| request.amount).sum()
    };
    let (ready, waiting) = (sum(&|due| due <= now), sum(&|due| due > now));
    if let Some(next) = requests.iter().map(|request| request.due).filter(|due| *due > now).min() {
        ensure!(!ready.is_zero(), "Nothing has cooled down yet; {} {symbol} have on {}.", text(waiting), At(next));
    }
    ensure!(!ready.is_zero(), "You have not asked for any {symbol} back.");
    let quote = [
        ("withdraw", format!("{} {symbol}", text(ready))),
        ("goes on cooling down", format!("{} {symbol}", text(waiting))),
    ];
    if !wallet.confirm(&format!("Withdraw {symbol} ({token})"), &quote)? {
        return Ok(false);
    }
    wallet.send("Withdrawn", *registry, IStakeRegistry::withdrawCall { mt: token }).await?;
    Ok(true)
}
