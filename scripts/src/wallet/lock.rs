//! gmFLOCK (`protocol.md` §6).

use alloy::primitives::U256;
use anyhow::{Context, Result, ensure};

use super::amount::{Amount, At, seconds, span};
use super::{Options, Wallet, text};
use crate::abi::IStakeRegistry;

/// Open locks of an account at most.
const MOST: u64 = 16;

/// `cargo fomo lock`.
#[derive(Debug, Clone, clap::Args)]
pub struct Open {
    /// How much, such as "12.5 FLOCK", or "all" that is in the wallet
    amount: Amount,
    /// For how long, 1 to 365 days, such as "90 days"
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    period: u64,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo extend`.
#[derive(Debug, Clone, clap::Args)]
pub struct Extend {
    /// Number of the lock; `cargo fomo account` has them
    lock: U256,
    /// How long from now on, such as "365 days"
    #[arg(long = "for", value_name = "TIME", value_parser = seconds)]
    period: u64,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo unlock`.
#[derive(Debug, Clone, clap::Args)]
pub struct Unlock {
    /// Number of the lock; `cargo fomo account` has them
    lock: U256,
    #[command(flatten)]
    options: Options,
}

/// Lines about what an account's locks weigh.
async fn weight(wallet: &Wallet) -> Result<[(&'static str, String); 2]> {
    let (registry, account) = (wallet.at("stake-registry")?, wallet.client.sender()?);
    let effective = wallet.view(registry, IStakeRegistry::effectiveBalanceCall { account }).await?;
    let multiplier = wallet.view(registry, IStakeRegistry::multiplierCall { account }).await?;
    Ok([("your effective gmFLOCK now", text(effective)), ("your multiplier now", text(multiplier))])
}

async fn find(wallet: &Wallet, id: U256) -> Result<IStakeRegistry::Lock> {
    let (registry, account) = (wallet.at("stake-registry")?, wallet.client.sender()?);
    let call = IStakeRegistry::locksOfCall { account, offset: 0, limit: MOST };
    let lock = wallet.view(registry, call).await?.into_iter().find(|lock| lock.id == id);
    lock.with_context(|| format!("{account} has no open lock {id}."))
}

pub(super) async fn open(command: &Open) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let (registry, flock, me) = (wallet.at("stake-registry")?, wallet.at("flock")?, wallet.client.sender()?);
    let amount = command.amount.of("FLOCK", Some(wallet.balance(flock).await?))?;
    wallet.has(flock, amount, "FLOCK").await?;
    let lock_period = U256::from(command.period);
    let gm = wallet.view(registry, IStakeRegistry::previewLockCall { amount, lockPeriod: lock_period }).await?;
    let unlock = wallet.client.now().await?.saturating_add(command.period);
    let [effective, multiplier] = weight(&wallet).await?;
    let quote = [
        ("lock", format!("{} FLOCK for {}", text(amount), span(command.period))),
        ("for", format!("{} gmFLOCK, which weigh less towards the end", text(gm))),
        ("can be unlocked from", format!("about {}", At(unlock))),
        ("can be had before", "no".to_owned()),
        effective,
        multiplier,
    ];
    if !wallet.confirm("Lock FLOCK", &quote)? {
        return Ok(false);
    }
    wallet.allow(flock, registry, amount, "FLOCK").await?;
    let call = IStakeRegistry::exchangeFlockCall { amount, lockPeriod: lock_period, beneficiary: me };
    let receipt = wallet.send("Locked", registry, call).await?;
    let event = receipt.decoded_log::<IStakeRegistry::LockOpened>().context("The registry does not say which lock.")?;
    println!("Lock {}: {} gmFLOCK until {}.", event.id, text(event.gm), At(event.unlock));
    Ok(true)
}

pub(super) async fn extend(command: &Extend) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let registry = wallet.at("stake-registry")?;
    let lock = find(&wallet, command.lock).await?;
    let unlock = wallet.client.now().await?.saturating_add(command.period);
    ensure!(unlock > lock.unlock, "Lock {} goes on until {}, which is longer.", lock.id, At(lock.unlock));
    let call = IStakeRegistry::extendLockCall { id: lock.id, newUnlock: unlock };
    wallet.client.simulate(registry, call.clone(), U256::ZERO).await?;
    let preview = IStakeRegistry::previewLockCall { amount: lock.amount, lockPeriod: U256::from(command.period) };
    let preview = wallet.view(registry, preview).await?;
    let quote = [
        ("lock", format!("{}: {} FLOCK", lock.id, text(lock.amount))),
        ("goes on until", format!("{} instead of {}", At(unlock), At(lock.unlock))),
        ("gmFLOCK now", text(lock.gm)),
        ("gmFLOCK of a new lock", format!("{}; an extension gives that, or keeps today's weight", text(preview))),
    ];
    if !wallet.confirm("Extend a lock", &quote)? {
        return Ok(false);
    }
    let receipt = wallet.send("Extended", registry, call).await?;
    let event = receipt.decoded_log::<IStakeRegistry::LockExtended>().context("The registry does not say how.")?;
    println!("Lock {}: {} gmFLOCK until {}.", event.id, text(event.gm), At(event.unlock));
    Ok(true)
}

pub(super) async fn unlock(command: &Unlock) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let registry = wallet.at("stake-registry")?;
    let lock = find(&wallet, command.lock).await?;
    let now = wallet.client.now().await?;
    ensure!(lock.unlock <= now, "Lock {} goes on until {}.", lock.id, At(lock.unlock));
    let quote = [("lock", lock.id.to_string()), ("comes back", format!("{} FLOCK", text(lock.amount)))];
    if !wallet.confirm("Unlock FLOCK", &quote)? {
        return Ok(false);
    }
    wallet.send("Unlocked", registry, IStakeRegistry::withdrawLockCall { id: lock.id }).await?;
    Ok(true)
}
