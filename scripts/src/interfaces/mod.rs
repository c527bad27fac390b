//! `cargo fomo abi`: the JSON ABI of every contract and the page of selectors, from the interfaces in `abi/`, and whether the code keeps to them.
//!
//! - [`solc`]: the interfaces as a compiler reads them.
//! - [`page`]: the page `docs/abi.md`.
//! - [`constants`]: what a program's WASM has written into it.
//! - [`answers`]: the programs on a chain, and which selectors they answer to.

pub mod answers;
pub mod constants;
pub mod page;
pub mod solc;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use alloy::json_abi::JsonAbi;
use alloy::primitives::Selector;
use alloy::sol_types::SolError;
use anyhow::{Context, Result};
use serde_json::json;

use crate::abi::IAccess;
use crate::root::Root;
use crate::ui::{Task, number};
use answers::Chain;
use constants::Constants;

/// What `cargo fomo abi` is asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::Args)]
pub struct Options {
    /// Write nothing; fail where a file is not up to date, or where the built contracts do not answer to their interfaces.
    #[arg(long)]
    pub check: bool,
}

/// A contract that is called by its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contract {
    /// Its name, and that of its file in `abi/`.
    pub name: &'static str,
    /// The interface, which has all that it answers to.
    pub interface: &'static str,
    /// Its programs in `contracts/contracts.toml`: where there are several, each passes on what it does not know.
    pub programs: &'static [&'static str],
}

const fn contract(name: &'static str, interface: &'static str, programs: &'static [&'static str]) -> Contract {
    Contract { name, interface, programs }
}

/// Every contract.
pub const CONTRACTS: [Contract; 11] = [
    contract("Launchpad", "ILaunchpad", &["launchpad", "launchpad-desk", "launchpad-office"]),
    contract("ModelToken", "IModelToken", &["model-token"]),
    contract("Vesting", "IVesting", &["vesting"]),
    contract("UniswapV2Adapter", "ILiquidityAdapter", &["adapter-uniswap-v2"]),
    contract("AerodromeAdapter", "ILiquidityAdapter", &["adapter-aerodrome"]),
    contract("StakeRegistry", "IStakeRegistry", &["stake-registry", "stake-registry-desk"]),
    contract(
        "RewardDistributor",
        "IRewardDistributor",
        &["reward-distributor", "reward-distributor-desk", "reward-distributor-office"],
    ),
    contract("RevenueSplitter", "IRevenueSplitter", &["revenue-splitter", "revenue-splitter-desk"]),
    contract("Lens", "ILens", &["lens"]),
    contract("Flock", "IFlock", &["flock"]),
    contract("Usd", "IUsd", &["usd"]),
];

/// Writes the files, or checks them and the programs; whether all was well.
///
/// # Errors
/// When solc refuses an interface, or contracts cannot be built.
pub fn run(root: &Root, options: &Options) -> Result<bool> {
    let interfaces = solc::interfaces()?;
    let files = files(root, &interfaces)?;
    if !options.check {
        for (path, content) in &files {
            fs::write(path, content).with_context(|| format!("{} cannot be written.", path.display()))?;
        }
        println!("{} files are written.", files.len());
        return Ok(true);
    }
    let mut wrong = stale(root, &files);
    wrong.extend(undeclared(root, &interfaces)?);
    wrong.extend(differences(&interfaces)?);
    for line in &wrong {
        eprintln!("error: {line}");
    }
    Ok(wrong.is_empty())
}

/// A sentence for everything in which a contract and its interface differ.
///
/// # Errors
/// When contracts cannot be built or deployed.
pub fn differences(interfaces: &BTreeMap<String, JsonAbi>) -> Result<Vec<String>> {
    let task = Task::start("Asking every contract for its interface");
    let (mut asked, mut wrong) = (0, Vec::new());
    let chain = Chain::start(&task)?;
    for contract in &CONTRACTS {
        task.say(contract.name);
        asked += check(contract, interfaces, &chain, &mut wrong)?;
    }
    task.finish(&format!("{} calls to {} contracts", number(asked), CONTRACTS.len()));
    Ok(wrong)
}

/// What is to be written where.
fn files(root: &Root, interfaces: &BTreeMap<String, JsonAbi>) -> Result<Vec<(PathBuf, String)>> {
    let mut files = Vec::new();
    for contract in &CONTRACTS {
        let abi = of(interfaces, contract)?;
        let json = json!({ "contractName": contract.name, "abi": abi });
        let path = root.join("abi").join(format!("{}.json", contract.name));
        files.push((path, serde_json::to_string_pretty(&json)? + "\n"));
    }
    files.push((root.join("docs/abi.md"), page::render(interfaces)?));
    Ok(files)
}

fn of<'a>(interfaces: &'a BTreeMap<String, JsonAbi>, contract: &Contract) -> Result<&'a JsonAbi> {
    interfaces.get(contract.interface).with_context(|| format!("There is no interface {}.", contract.interface))
}

fn stale(root: &Root, files: &[(PathBuf, String)]) -> Vec<String> {
    let differs = |(path, content): &&(PathBuf, String)| fs::read_to_string(path).ok().as_ref() != Some(content);
    let name = |path: &PathBuf| path.strip_prefix(root.path()).unwrap_or(path).display().to_string();
    let line = |(path, _): &(PathBuf, String)| format!("{} is not up to date: run `cargo fomo abi`.", name(path));
    files.iter().filter(differs).map(line).collect()
}

/// Events that contracts declare in their sources and no interface has.
fn undeclared(root: &Root, interfaces: &BTreeMap<String, JsonAbi>) -> Result<Vec<String>> {
    let known: Vec<String> =
        interfaces.values().flat_map(|abi| abi.events().map(alloy::json_abi::Event::signature)).collect();
    let mut wrong = Vec::new();
    let mut folders = vec![root.join("contracts")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)?.flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.file_name().is_some_and(|name| name == "event.rs") {
                let source = fs::read_to_string(&path)?;
                for signature in source.split('"').skip(1).step_by(2).filter(|text| text.ends_with(')')) {
                    if !known.iter().any(|known| known == signature) {
                        wrong.push(format!("{signature} of {} is in no interface.", path.display()));
                    }
                }
            }
        }
    }
    Ok(wrong)
}

/// Compares a contract with its interface; how often it was called.
fn check(
    contract: &Contract,
    interfaces: &BTreeMap<String, JsonAbi>,
    chain: &Chain,
    wrong: &mut Vec<String>,
) -> Result<u64> {
    let (abi, name) = (of(interfaces, contract)?, contract.name);
    // Tokens are routed by the SDK, which has no error for what it does not know.
    let unknown = if abi.function("transferFrom").is_some() { &[] } else { &IAccess::UnknownFunction::SELECTOR[..] };
    let mut constants = Constants::default();
    for program in contract.programs {
        constants.read(&answers::wasm(program)?)?;
    }
    let mut asked = 0;
    for function in abi.functions() {
        asked += 1;
        if !chain.answers(name, &answers::call_data(function)?, unknown)? {
            wrong.push(format!("{name} has no {}.", function.signature()));
        }
    }
    let known: Vec<Selector> = abi.functions().map(alloy::json_abi::Function::selector).collect();
    for selector in constants.candidates().chain(answers::made_up()) {
        if known.contains(&selector) || selector == answers::CONSTRUCTOR {
            continue;
        }
        // The suite's own routes look at the selector alone.
        for data in answers::with_zeros(selector).take(if unknown.is_empty() { usize::MAX } else { 1 }) {
            asked += 1;
            if chain.answers(name, &data, unknown)? {
                wrong.push(format!("{name} answers to {selector}, which is not in {}.", contract.interface));
                break;
            }
        }
    }
    for event in abi.events().filter(|event| !constants.has_event(event)) {
        wrong.push(format!("{name} never emits {}: its code has not the topic.", event.signature()));
    }
    // Those of the economics are one list for all, of which each contract has what it can run into.
    let shared: Vec<_> = interfaces.get("IEconomicsErrors").into_iter().flat_map(JsonAbi::errors).collect();
    for error in abi.errors().filter(|error| !shared.contains(error) && !constants.has_selector(error.selector())) {
        wrong.push(format!("{name} never refuses with {}: its code has not the selector.", error.signature()));
    }
    Ok(asked)
}
