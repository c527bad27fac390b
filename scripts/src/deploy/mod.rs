//! `cargo fomo deploy` and `cargo fomo status`: the suite on a chain, from a file with every parameter.
//!
//! - [`settings`]: the file.
//! - The journal: each transaction is written down before it is sent, so that a deployment goes on where it stopped.
//! - The plan: contracts, parameters, roles. At the end the admin has everything and the deployer nothing.
//! - [`status`]: a chain beside its record.

mod journal;
mod plan;
pub mod settings;
pub mod status;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use alloy::primitives::{Address, B256, U256, hex, keccak256};
use alloy::providers::Provider;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result, ensure};
use fomo_chain::Chain;
use fomo_rpc::{Server, Upstream, UpstreamOptions};
use serde_json::json;

use crate::abi::IAccess;
use crate::client::deployment::{self, Deployment};
use crate::client::{Client, Connection, Key};
use crate::root::Root;
use crate::ui::{decimal, number};
use crate::wallet::amount::At;
use journal::{Journal, Lock};
use plan::{Plan, Waiting};
use settings::Settings;

/// Wei of the account that a dry run deploys with.
const PLENTY: U256 = U256::from_limbs([0, 1_000, 0, 0]);

/// `cargo fomo deploy`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// File with roles and parameters; deployments/example.toml explains each
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
    /// Do it on a fork of the chain that is thrown away, and say what it costs
    #[arg(long)]
    pub dry_run: bool,
    /// Record to write and to go on from [default: deployments/<chain id>.json]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Which chain, and with whose key.
    #[command(flatten)]
    pub connection: Connection,
}

/// Deploys, or goes on where it stopped; whether everything is done but what others have to accept.
///
/// # Errors
/// When the settings make no sense or the chain refuses. What was done is in the record.
pub async fn run(options: &Options) -> Result<bool> {
    let (settings, text) = Settings::read(&options.config)?;
    if options.dry_run {
        return dry_run(options, &settings, &text).await;
    }
    let client = options.connection.connect().await?;
    let key = options.connection.key()?.context(crate::client::NO_KEY)?;
    let path = options.out.clone().map_or_else(|| deployment::path(client.chain_id()), Ok)?;
    let lock = Lock::take(&path).await?;
    let record = begin(&client, &path, &options.connection.network.to_string(), keccak256(&text))?;
    let mut journal = Journal::new(client, key, record, path, lock);
    let open = deploy(&mut journal, &settings).await?;
    sum_up(&journal);
    if let Some((waiting, open)) = open {
        hand_over(&journal, &waiting, &open)?;
    }
    Ok(true)
}

/// The record to go on from, or a new one.
fn begin(client: &Client, path: &Path, network: &str, settings: B256) -> Result<Deployment> {
    if path.exists() {
        let mut record = Deployment::load(path)?;
        let (chain, found) = (record.chain_id, client.chain_id());
        ensure!(chain == found, "{} is of chain {chain}, and the node of {found}.", path.display());
        ensure!(
            record.settings == Some(settings),
            "{} was begun with other settings. Go on with those, or name another record with --out.",
            path.display()
        );
        if record.steps.is_empty() && record.pending.is_none() {
            record.deployer = Some(client.sender()?);
        }
        return Ok(record);
    }
    Ok(Deployment {
        chain_id: client.chain_id(),
        network: network.to_owned(),
        commit: commit(),
        settings: Some(settings),
        deployer: Some(client.sender()?),
        ..Deployment::default()
    })
}

/// What waits, and who has still to accept what.
type Open = (Waiting, BTreeMap<Address, Vec<(String, B256)>>);

/// Everything that the deployer can do now.
async fn deploy(journal: &mut Journal, settings: &Settings) -> Result<Option<Open>> {
    journal.record.roles = roles(settings);
    journal.settle().await?;
    let mut plan = Plan { journal, settings };
    plan.check().await?;
    plan.contracts().await?;
    let waiting = plan.set_parameters().await?;
    // Whoever hands the admin's role on cannot propose any more; executing what is due needs no role.
    let open = if waiting.blocked.is_empty() { plan.hand_over().await? } else { BTreeMap::new() };
    Ok((waiting.due.is_some() || !open.is_empty()).then_some((waiting, open)))
}

fn roles(settings: &Settings) -> BTreeMap<String, Address> {
    let roles = &settings.roles;
    let mut all = BTreeMap::from([
        ("ADMIN".to_owned(), roles.admin.0),
        ("GUARDIAN".to_owned(), roles.guardian.0),
        ("SETTLER".to_owned(), roles.settler.0),
    ]);
    all.extend(roles.keeper.map(|keeper| ("KEEPER".to_owned(), keeper.0)));
    all
}

fn sum_up(journal: &Journal) {
    let (sent, gas, cost) = (journal.sent, number(journal.gas), decimal(journal.cost, 9));
    println!("\n{sent} transactions, {gas} gas, {cost} ETH; data fees of activation are in the balance.");
}

/// Says what others have to do, and writes it for a Safe.
fn hand_over(journal: &Journal, waiting: &Waiting, open: &BTreeMap<Address, Vec<(String, B256)>>) -> Result<()> {
    if let Some(due) = waiting.due {
        println!("Parameters that had to be proposed wait until {}: run this again then.", At(due));
    }
    if !waiting.blocked.is_empty() {
        println!("Then come {}, and roles are handed over: with the same key.", waiting.blocked.join("; "));
    }
    let folder = journal.path.parent().unwrap_or(Path::new("."));
    for (account, roles) in open {
        let transactions: Vec<_> = roles
            .iter()
            .map(|(contract, role)| {
                let data = hex::encode_prefixed(IAccess::acceptRoleCall { role: *role }.abi_encode());
                let to = journal.record.address(contract)?.to_string();
                Ok(json!({ "to": to, "value": "0", "data": data, "contractMethod": null, "contractInputsValues": null }))
            })
            .collect::<Result<_>>()?;
        let batch = json!({
            "version": "1.0",
            "chainId": journal.record.chain_id.to_string(),
            "createdAt": 0,
            "meta": { "name": "FOMO: accept roles", "description": "acceptRole for every contract that waits" },
            "transactions": transactions,
        });
        let path = folder.join(format!("{}.accept.{account}.json", journal.record.chain_id));
        fs::write(&path, serde_json::to_vec_pretty(&batch)?)
            .with_context(|| format!("{} cannot be written.", path.display()))?;
        let count = roles.len();
        println!(
            "{account} has to accept {count} role{}: by `cargo fomo accept` with its key, or a Safe",
            if count == 1 { "" } else { "s" }
        );
        println!("by the batch for its transaction builder in {}.", path.display());
    }
    Ok(())
}

/// The commit of the sources, with `-dirty` behind it where files were changed; empty outside a repository.
fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(Root::find().ok()?.path()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let Some(commit) = git(&["rev-parse", "HEAD"]) else { return String::new() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|files| !files.is_empty());
    if changed { format!("{commit}-dirty") } else { commit }
}

/// Deploys on a fork with a key of its own.
async fn dry_run(options: &Options, settings: &Settings, text: &str) -> Result<bool> {
    let url = options.connection.network.url().to_owned();
    let upstream = tokio::task::spawn_blocking(move || Upstream::connect(&UpstreamOptions::new(&url))).await??;
    let point = upstream.point().clone();
    let chain = Chain::forked(point.config(), point, Arc::new(upstream.clone()));
    let server = Server::start_forked(chain, Some(upstream), None, ([127, 0, 0, 1], 0).into()).await?;
    let key = Key::from(PrivateKeySigner::random());
    let account = key.address();
    let client = Client::connect(&server.url(), Some(key.clone())).await?;
    let _: serde_json::Value = client.provider().raw_request("anvil_setBalance".into(), (account, PLENTY)).await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("record.json");
    let lock = Lock::take(&path).await?;
    let record = begin(&client, &path, "dry run", keccak256(text))?;
    let mut journal = Journal::new(client, key, record, path, lock);
    println!(
        "On a fork of {} that is thrown away, by {account}; addresses will be others.\n",
        options.connection.network
    );
    deploy(&mut journal, settings).await?;
    let left = journal.client.provider().get_balance(account).await?;
    sum_up(&journal);
    println!(
        "All in all {} ETH with data fees, at {} gwei. What a chain charges for posting call data to its parent comes on top.",
        decimal(PLENTY.saturating_sub(left), 9),
        decimal(U256::from(journal.client.provider().get_gas_price().await?) * U256::from(1_000_000_000_u64), 4)
    );
    server.stop().await;
    Ok(true)
}

/// `cargo fomo accept`.
#[derive(Debug, Clone, clap::Args)]
pub struct Accept {
    /// Record of the deployment [default: deployments/<chain id>.json]
    #[arg(long, value_name = "FILE")]
    pub deployment: Option<PathBuf>,
    /// Which chain, and with whose key.
    #[command(flatten)]
    pub connection: Connection,
}

/// Accepts every role that was proposed to the key's account.
///
/// # Errors
/// When there is no such role, or the chain refuses.
pub async fn accept(options: &Accept) -> Result<bool> {
    let client = options.connection.connect().await?;
    let record = client.deployment(options.deployment.as_deref())?;
    let (me, mut accepted) = (client.sender()?, 0_usize);
    for (contract, role_name, _) in
        status::handovers(&client, &record).await?.into_iter().filter(|(_, _, to)| *to == me)
    {
        let role = crate::wallet::amount::word(&role_name)?;
        client.send(record.address(&contract)?, IAccess::acceptRoleCall { role }, U256::ZERO).await?;
        println!("{contract}: {role_name} accepted.");
        accepted += 1;
    }
    ensure!(accepted > 0, "No role was proposed to {me}.");
    Ok(true)
}
