//! Vestings (`protocol.md` §5).

use alloy::primitives::{Address, U256};
use anyhow::{Result, ensure};

use super::amount::{At, address};
use super::{Options, Wallet, list, text};
use crate::abi::{IFomoERC20, ILens, IVesting};

/// Vestings of a page.
const PAGE: u64 = 200;

/// What can be done with vestings.
#[derive(Debug, Clone, clap::Subcommand)]
pub enum Command {
    /// An account's vestings
    List(List),
    /// Take what has vested; it goes to the beneficiary, whoever asks
    Release(Release),
}

/// `cargo fomo vest list`.
#[derive(Debug, Clone, clap::Args)]
pub struct List {
    /// Whose [default: that of the key]
    #[arg(value_parser = address)]
    who: Option<Address>,
    #[command(flatten)]
    options: Options,
}

/// `cargo fomo vest release`.
#[derive(Debug, Clone, clap::Args)]
pub struct Release {
    /// Number of the vesting [default: all of the key's]
    vesting: Option<U256>,
    #[command(flatten)]
    options: Options,
}

pub(super) async fn run(command: &Command) -> Result<bool> {
    match command {
        Command::List(command) => show(command).await,
        Command::Release(command) => release(command).await,
    }
}

/// All vestings of an account.
async fn of(wallet: &Wallet, account: Address) -> Result<Vec<ILens::Vesting>> {
    let (launchpad, lens, vesting) = (wallet.at("launchpad")?, wallet.at("lens")?, wallet.at("vesting")?);
    let count: u64 = wallet.view(vesting, IVesting::countCall {}).await?.saturating_to();
    let mut all = Vec::new();
    for offset in (0..count).step_by(usize::try_from(PAGE)?) {
        all.extend(wallet.view(lens, ILens::vestingsCall { launchpad, account, offset, limit: PAGE }).await?);
    }
    Ok(all)
}

async fn show(command: &List) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let account = command.who.map_or_else(|| wallet.client.sender(), Ok)?;
    let rows = of(&wallet, account).await?.into_iter().map(|one| {
        let amounts = [one.total, one.released, one.releasable].map(text);
        let times = [one.cliff, one.end].map(|time| At(time).to_string());
        [vec![one.id.to_string(), one.token.to_string()], amounts.to_vec(), times.to_vec()].concat()
    });
    list(&["vesting", "token", "total", "released", "can be released", "from", "all by"], rows.collect());
    Ok(true)
}

async fn release(command: &Release) -> Result<bool> {
    let wallet = Wallet::open(&command.options).await?;
    let vesting = wallet.at("vesting")?;
    let mut due = Vec::new();
    if let Some(id) = command.vesting {
        let token = wallet.view(vesting, IVesting::vestingCall { id }).await?.token;
        due.push((id, token, wallet.view(vesting, IVesting::releasableCall { id }).await?));
    } else {
        let all = of(&wallet, wallet.client.sender()?).await?;
        due.extend(all.into_iter().map(|one| (one.id, one.token, one.releasable)));
    }
    due.retain(|(_, _, amount)| !amount.is_zero());
    ensure!(!due.is_empty(), "Nothing has vested that was not released; `cargo fomo vest list` says when.");
    let mut lines = Vec::new();
    for (id, token, amount) in &due {
        let symbol = wallet.view(*token, IFomoERC20::symbolCall {}).await?;
        lines.push((format!("vesting {id}"), format!("{} {symbol}", text(*amount))));
    }
    let quote: Vec<_> = lines.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    if !wallet.confirm("Release what has vested", &quote)? {
        return Ok(false);
    }
    for (id, _, _) in due {
        wallet.send(&format!("Released of vesting {id}"), vesting, IVesting::releaseCall { id }).await?;
    }
    Ok(true)
}
