//! Contracts, from source to deployable code (`docs/build.md`).
//!
//! - [`manifest`]: `contracts/contracts.toml`, the list of contracts and their budgets.
//! - [`compile`]: one contract to the WASM that rustc emits.
//! - [`measure`]: that WASM to deployable code, checked as the chain checks it.
//! - [`names`]: what its functions are called, for profiles.
//! - [`table`]: what a person sees of it.

pub mod compile;
pub mod manifest;
pub mod measure;
pub mod names;
pub mod table;

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use alloy::primitives::Bytes;
use anyhow::{Context, Result, anyhow};
use fomo_wasm::Rules;
use serde::Serialize;

use crate::root::Root;
use crate::toolchain::Toolchain;
use crate::ui::{Task, explain, number};
use manifest::{Budget, Contract, Manifest, OptLevel};
use measure::{Artifact, Measured};

/// Set by `cargo fomo test` for the tests that it runs: every contract has just been built.
pub const BUILT: &str = "FOMO_CONTRACTS_BUILT";

/// What `cargo fomo build` is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Options {
    /// Contracts to build, all when none is named.
    #[arg(value_name = "CONTRACT")]
    pub contracts: Vec<String>,
    /// Also fail where a contract has no budget or has become smaller than it, so that what was won is kept.
    #[arg(long, conflicts_with = "update_budget")]
    pub check: bool,
    /// Write what was measured into contracts/contracts.toml as the new budgets.
    #[arg(long)]
    pub update_budget: bool,
}

/// What became of one contract.
#[derive(Debug)]
pub struct Outcome {
    /// Its package.
    pub name: String,
    /// How it was to be built.
    pub contract: Contract,
    /// Its code, or why there is none.
    pub result: Result<Artifact>,
}

/// The file beside the code, for tools.
#[derive(Serialize)]
struct Summary<'a> {
    contract: &'a str,
    opt_level: OptLevel,
    #[serde(flatten)]
    measured: Measured,
}

/// Builds, prints the table and every reason to fail; whether there was none.
///
/// # Errors
/// When nothing could be tried. Contracts that fail are reported and do not keep the others from being built.
pub fn run(root: &Root, options: &Options) -> Result<bool> {
    let mut outcomes = build(root, &options.contracts)?;
    if options.update_budget {
        update_budgets(root, &mut outcomes)?;
    }
    println!("{}", table::render(&outcomes));
    let failures: Vec<String> = outcomes.iter().flat_map(|outcome| outcome.failures(options.check)).collect();
    for failure in &failures {
        eprintln!("error: {failure}");
    }
    Ok(failures.is_empty())
}

/// Builds the named contracts, or all, one after the other, and writes them to `target/contracts`.
///
/// # Errors
/// When the list of contracts or the toolchain is not usable.
pub fn build(root: &Root, names: &[String]) -> Result<Vec<Outcome>> {
    let manifest = Manifest::read(root)?;
    let selected = manifest.select(names)?;
    let toolchain = Toolchain::ensure(root)?;
    Ok(selected
        .into_iter()
        .map(|(name, contract)| Outcome {
            name: name.to_owned(),
            contract: contract.clone(),
            result: build_one(root, &toolchain, name, contract),
        })
        .collect())
}

/// The deployable code of a contract, for tests and tools: built once in a process, or read where [`BUILT`] says that
/// it is up to date.
///
/// # Errors
/// When it cannot be built.
pub fn code(name: &str) -> Result<Bytes> {
    static CODES: Mutex<Option<HashMap<String, Bytes>>> = Mutex::new(None);
    let mut codes = CODES.lock().unwrap_or_else(PoisonError::into_inner);
    let codes = codes.get_or_insert_default();
    if let Some(code) = codes.get(name) {
        return Ok(code.clone());
    }
    let root = Root::find()?;
    let path = root.contracts().join(format!("{name}.code"));
    let code = if std::env::var_os(BUILT).is_some() && path.is_file() {
        fs::read(&path).with_context(|| format!("{} cannot be read.", path.display()))?
    } else {
        let outcome = build(&root, &[name.to_owned()])?.pop().with_context(|| format!("{name} was not built."))?;
        outcome.result?.code
    };
    let code = Bytes::from(code);
    codes.insert(name.to_owned(), code.clone());
    Ok(code)
}

fn build_one(root: &Root, toolchain: &Toolchain, name: &str, contract: &Contract) -> Result<Artifact> {
    let task = Task::start(format!("Building {name}"));
    let result = compile::compile(root, toolchain, name, contract, &task).and_then(|emitted| {
        task.say("compressing and checking");
        let artifact = measure::process(&emitted, &Rules::default())
            .map_err(|refusal| anyhow!("Arbitrum would refuse it: {refusal}."))?;
        Ok((artifact, names::of(&emitted)))
    });
    let result = match result {
        Ok((artifact, functions)) => names::write(root, name, &functions)
            .and_then(|()| write(root, name, contract, &artifact))
            .map(|()| artifact),
        // What an earlier build left must not be taken for this one's.
        Err(error) => remove(root, name).and(Err(error)),
    };
    match &result {
        Ok(artifact) => task.finish(&format!("{} bytes of code", number(artifact.measured.code_bytes))),
        Err(_) => task.finish("failed"),
    }
    result
}

fn write(root: &Root, name: &str, contract: &Contract, artifact: &Artifact) -> Result<()> {
    let folder = root.contracts();
    let summary = Summary { contract: name, opt_level: contract.opt_level, measured: artifact.measured };
    let json = serde_json::to_string_pretty(&summary)? + "\n";
    replace(&folder.join(format!("{name}.wasm")), &artifact.wasm)?;
    replace(&folder.join(format!("{name}.code")), &artifact.code)?;
    replace(&folder.join(format!("{name}.json")), json.as_bytes())
}

/// Writes a file in one step, so that nobody reads half of it.
fn replace(path: &Path, content: &[u8]) -> Result<()> {
    let partial = path.with_added_extension(format!("{}.partial", std::process::id()));
    fs::write(&partial, content)
        .and_then(|()| fs::rename(&partial, path))
        .with_context(|| format!("{} cannot be written.", path.display()))
}

fn remove(root: &Root, name: &str) -> Result<()> {
    for extension in ["wasm", "code", "json", "names"] {
        let path = root.contracts().join(format!("{name}.{extension}"));
        if path.exists() {
            fs::remove_file(&path).with_context(|| format!("{} cannot be removed.", path.display()))?;
        }
    }
    Ok(())
}

fn update_budgets(root: &Root, outcomes: &mut [Outcome]) -> Result<()> {
    for outcome in outcomes.iter_mut() {
        if let Ok(artifact) = &outcome.result {
            outcome.contract.budget = Some(Budget::of(&artifact.measured));
        }
    }
    let built = outcomes.iter().filter(|outcome| outcome.result.is_ok());
    manifest::write_budgets(root, built.filter_map(|outcome| Some((outcome.name.as_str(), outcome.contract.budget?))))
}

impl Outcome {
    /// A sentence for everything that is wrong with it.
    #[must_use]
    pub fn failures(&self, check: bool) -> Vec<String> {
        let name = &self.name;
        let measured = match &self.result {
            Ok(artifact) => &artifact.measured,
            Err(error) => return vec![format!("{name}: {}", explain(error))],
        };
        match &self.contract.budget {
            None if check => vec![format!("{name}: it has no budget; `cargo fomo build --update-budget` writes one.")],
            None => Vec::new(),
            Some(budget) => {
                let slack = if check { budget.slack(measured) } else { Vec::new() };
                budget.overruns(measured).into_iter().chain(slack).map(|line| format!("{name}: {line}.")).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(result: Result<Artifact>, budget: Option<Budget>) -> Outcome {
        let contract = Contract { workspace: ".".into(), opt_level: OptLevel::Three, small_std: false, budget };
        Outcome { name: "token".into(), contract, result }
    }

    fn artifact(code_bytes: u64) -> Artifact {
        Artifact { wasm: vec![], code: vec![], measured: Measured { code_bytes, ..Measured::default() } }
    }

    #[test]
    fn what_fails_says_why_and_is_in_the_table() {
        let budget = Some(Budget { code: 10, data: 0, cached_gas: 0 });
        assert!(outcome(Ok(artifact(10)), budget).failures(true).is_empty());
        let over = outcome(Ok(artifact(12)), budget);
        assert_eq!(over.failures(false), ["token: code bytes over budget by 2 (12, budget 10)."]);
        let refused = outcome(Err(anyhow!("Arbitrum would refuse it: start functions are not allowed.")), budget);
        assert_eq!(refused.failures(false), ["token: Arbitrum would refuse it: start functions are not allowed."]);
        let table = table::render(&[over, refused]);
        assert!(table.contains("over by 2") && table.contains("failed"));
    }

    #[test]
    fn a_check_wants_exact_budgets() {
        let budget = Some(Budget { code: 10, data: 0, cached_gas: 0 });
        assert!(outcome(Ok(artifact(9)), budget).failures(false).is_empty());
        assert_eq!(outcome(Ok(artifact(9)), budget).failures(true).len(), 1);
        assert!(outcome(Ok(artifact(9)), None).failures(false).is_empty());
        assert_eq!(outcome(Ok(artifact(9)), None).failures(true).len(), 1);
    }
}
