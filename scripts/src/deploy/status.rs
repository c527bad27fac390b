//! A chain beside the record of its deployment.

use std::path::PathBuf;

use alloy::primitives::{Address, U256, keccak256};
use anyhow::Result;
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{LineStyle, Table};
use fomo_chain::precompiles::ARB_WASM;
use serde::Serialize;

use crate::abi::{IAccess, IArbWasm};
use crate::client::deployment::Deployment;
use crate::client::{Client, Connection};
use crate::wallet::amount::{At, span, word};

/// Seconds of an activation below which a program should be kept alive.
const SOON: u64 = 60 * 86_400;
/// What begins the code of a program.
const PROGRAM: [u8; 3] = [0xEF, 0xF0, 0x00];
/// What has roles, of the contracts in a record.
const GOVERNED: [&str; 6] = [
    "reward-distributor",
    "launchpad",
    "stake-registry",
    "revenue-splitter",
    "adapter-uniswap-v2",
    "adapter-aerodrome",
];

/// `cargo fomo status`.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Record of the deployment [default: deployments/<chain id>.json]
    #[arg(long, value_name = "FILE")]
    pub deployment: Option<PathBuf>,
    /// Write it as JSON
    #[arg(long)]
    pub json: bool,
    /// Which chain, and with whose key.
    #[command(flatten)]
    pub connection: Connection,
}

/// How something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it is recorded.
    Same,
    /// As it is recorded, and something has to be done about it.
    Warning,
    /// Not as it is recorded.
    Different,
}

/// Something that was compared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Contract.
    pub contract: String,
    /// What of it.
    pub what: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found.
    pub found: String,
}

/// Compares, and says how it is; whether nothing is different.
///
/// # Errors
/// When the node does not answer or there is no record.
pub async fn run(options: &Options) -> Result<bool> {
    let client = options.connection.connect().await?;
    let record = client.deployment(options.deployment.as_deref())?;
    let lines = compare(&client, &record).await?;
    if options.json {
        println!("{}", serde_json::to_string_pretty(&lines)?);
    } else {
        print(&record, &lines);
    }
    Ok(lines.iter().all(|line| line.verdict != Verdict::Different))
}

fn print(record: &Deployment, lines: &[Line]) {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none()))
        .set_header(["contract", "what", "", "found"]);
    for line in lines {
        let mark = match line.verdict {
            Verdict::Same => "ok",
            Verdict::Warning => "soon",
            Verdict::Different => "DIFFERENT",
        };
        table.add_row([&line.contract, &line.what, &mark.to_owned(), &line.found]);
    }
    println!("Chain {} ({}), deployed from {}\n{table}", record.chain_id, record.network, record.commit);
    let different = lines.iter().filter(|line| line.verdict == Verdict::Different).count();
    println!("{} compared, {different} different.", lines.len());
}

/// Everything of a record beside the chain.
///
/// # Errors
/// When the node does not answer.
pub async fn compare(client: &Client, record: &Deployment) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for (name, contract) in &record.contracts {
        let code = client.code(contract.address).await?;
        let same = keccak256(&code) == contract.code_hash;
        let found = if code.is_empty() {
            "nothing".to_owned()
        } else {
            format!("{} bytes at {}", code.len(), contract.address)
        };
        lines.push(line(name, "code", same, found));
        if code.starts_with(&PROGRAM) {
            lines.push(activation(client, name, contract.address).await);
        }
    }
    parameters(client, record, &mut lines).await?;
    roles(client, record, &mut lines).await?;
    Ok(lines)
}

fn line(contract: &str, what: impl Into<String>, same: bool, found: impl Into<String>) -> Line {
    let verdict = if same { Verdict::Same } else { Verdict::Different };
    Line { contract: contract.to_owned(), what: what.into(), verdict, found: found.into() }
}

async fn activation(client: &Client, name: &str, program: Address) -> Line {
    match client.view(ARB_WASM, IArbWasm::programTimeLeftCall { program }).await {
        Ok(left) => {
            let mut line = line(name, "activation", true, format!("{} left", span(left)));
            if left < SOON {
                line.verdict = Verdict::Warning;
            }
            line
        }
        Err(error) => line(name, "activation", false, format!("{error:#}")),
    }
}

async fn parameters(client: &Client, record: &Deployment, lines: &mut Vec<Line>) -> Result<()> {
    for parameter in &record.parameters {
        let (at, key) = (record.address(&parameter.contract)?, parameter.key);
        // A contract that has expired answers nothing, and says so as its activation.
        let answer = client.view(at, IAccess::parameterCall { key }).await;
        let mut text = answer.as_ref().map_or_else(|error| format!("{error:#}"), |value| readable(*value));
        let found = answer.ok();
        let proposed = client.view(at, IAccess::proposedParameterCall { key }).await;
        let proposed = proposed.unwrap_or(IAccess::proposedParameterReturn { value: U256::ZERO, due: 0 });
        if proposed.due != 0 {
            text = format!("{text}; {} is proposed, due {}", readable(proposed.value), At(proposed.due));
        }
        let mut line = line(&parameter.contract, &parameter.name, found == Some(parameter.value), text);
        if line.verdict == Verdict::Different && proposed.due != 0 && proposed.value == parameter.value {
            line.verdict = Verdict::Warning;
        }
        lines.push(line);
    }
    Ok(())
}

/// A value as people would look it up: an address, a number, or what is packed.
fn readable(value: U256) -> String {
    match value.bit_len() {
        0..=96 => value.to_string(),
        129..=160 => Address::from_word(value.into()).to_string(),
        _ => format!("{value:#x}"),
    }
}

/// Contracts that have a role, of those in the record.
fn governed(record: &Deployment, role: &str) -> Vec<String> {
    let only_splitter = ["SETTLER", "KEEPER"].contains(&role);
    let all = GOVERNED.into_iter().filter(|name| !only_splitter || *name == "revenue-splitter");
    all.filter(|name| record.contracts.contains_key(*name)).map(str::to_owned).collect()
}

async fn roles(client: &Client, record: &Deployment, lines: &mut Vec<Line>) -> Result<()> {
    for (role_name, account) in &record.roles {
        for contract in governed(record, role_name) {
            let (at, role) = (record.address(&contract)?, word(role_name)?);
            let holder = match client.view(at, IAccess::roleHolderCall { role }).await {
                Ok(holder) => holder,
                Err(error) => {
                    lines.push(line(&contract, role_name, false, format!("{error:#}")));
                    continue;
                }
            };
            let proposed = client.view(at, IAccess::proposedRoleHolderCall { role }).await?;
            let mut text = holder.to_string();
            if !proposed.is_zero() {
                text = format!("{text}; {proposed} has still to accept it");
            }
            let mut line = line(&contract, role_name, holder == *account, text);
            if holder != *account && proposed == *account {
                line.verdict = Verdict::Warning;
            }
            lines.push(line);
        }
    }
    Ok(())
}

/// Roles that were proposed to somebody who has not accepted yet: contract, role, account.
///
/// # Errors
/// When the node does not answer.
pub async fn handovers(client: &Client, record: &Deployment) -> Result<Vec<(String, String, Address)>> {
    let mut open = Vec::new();
    for role_name in ["ADMIN", "GUARDIAN", "SETTLER", "KEEPER"] {
        for contract in governed(record, role_name) {
            let (at, role) = (record.address(&contract)?, word(role_name)?);
            let proposed = client.view(at, IAccess::proposedRoleHolderCall { role }).await?;
            if !proposed.is_zero() {
                open.push((contract, role_name.to_owned(), proposed));
            }
        }
    }
    Ok(open)
}
