//! Everything that an account has.

use alloy::primitives::{Address, U256};
use anyhow::Result;

use super::amount::{At, address};
use super::launch::state;
use super::{Options, Wallet, list, show as print, text};
use crate::abi::{ILaunchpad, ILens, IStakeRegistry};

/// Tokens of a page.
const PAGE: u64 = 200;
/// Open locks of an account at most.
const MOST_LOCKS: u64 = 16;

/// `cargo fomo account`.
#[derive(Debug, Clone, clap::Args)]
pub struct Account {
    /// Whose [default: that of the key]
    #[arg(value_parser = address)]
    who: Option<Address>,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn show(command: &Account) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let who = command.who.map_or_else(|| wallet.client.sender(), Ok)?;
    let (launchpad, registry) = (wallet.at("launchpad")?, wallet.at("stake-registry")?);
    let (rewards, lens) = (wallet.at("reward-distributor")?, wallet.at("lens")?);
    let card = wallet.view(lens, ILens::accountCall { launchpad, registry, rewards, who }).await?;
    println!("{who}\n");
    print(&[
        ("FLOCK", text(card.flock)),
        ("rewards to claim", format!("{} FLOCK", text(card.claimableFlock))),
        ("issuer's fees to take", format!("{} FLOCK", text(card.fees))),
        ("locked", format!("{} FLOCK, of which {} can be unlocked", text(card.locked), text(card.unlocked))),
        ("effective gmFLOCK", text(card.effectiveGm)),
        ("multiplier", text(card.multiplier)),
    ]);
    let count: u64 = wallet.view(launchpad, ILaunchpad::launchCountCall {}).await?.saturating_to();
    let mut rows = Vec::new();
    for offset in (0..count).step_by(usize::try_from(PAGE)?) {
        let call = ILens::holdingsCall { launchpad, registry, rewards, who, offset, limit: PAGE };
        rows.extend(wallet.view(lens, call).await?.into_iter().map(row));
    }
    let header =
        ["token", "launch", "wallet", "to claim", "FLOCK back", "staked", "unstaking", "ready", "rewards", "discount"];
    if !rows.is_empty() {
        println!();
        list(&header, rows);
    }
    locks(&wallet, registry, who).await?;
    Ok(true)
}

fn row(one: ILens::Holding) -> Vec<String> {
    let blank = |value: U256| if value.is_zero() { String::new() } else { text(value) };
    let amounts =
        [one.balance, one.saleClaimable, one.refundable, one.stake, one.unstaking, one.withdrawable, one.claimableMt];
    let names = vec![one.token.to_string(), state(one.state).to_owned()];
    let discount = if one.discountBps == 0 { String::new() } else { format!("{} bps", one.discountBps) };
    [names, amounts.map(blank).to_vec(), vec![discount]].concat()
}

async fn locks(wallet: &Wallet, registry: Address, account: Address) -> Result<()> {
    let call = IStakeRegistry::locksOfCall { account, offset: 0, limit: MOST_LOCKS };
    let locks = wallet.view(registry, call).await?;
    if !locks.is_empty() {
        println!();
        let row = |lock: &IStakeRegistry::Lock| {
            vec![lock.id.to_string(), text(lock.amount), text(lock.gm), At(lock.unlock).to_string()]
        };
        list(&["lock", "FLOCK", "gmFLOCK", "until"], locks.iter().map(row).collect());
    }
    Ok(())
}
