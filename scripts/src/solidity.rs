//! Solidity, compiled when a test needs it: Aerodrome from its published sources, and this repository's own twins.
//!
//! What solc says is kept in `target/npm`, under the hash of everything that it read.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use alloy::primitives::{Bytes, hex, keccak256};
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::npm::{self, Package};
use crate::root::Root;

/// Aerodrome's sources, ported to OpenZeppelin 5: for tests only (BUSL-1.1).
pub const AERODROME: Package = Package { name: "sphere-mezo-solidity-files", version: "1.2.0" };
/// OpenZeppelin's contracts, which Aerodrome and the twins are made of.
pub const OPENZEPPELIN: Package = Package { name: "@openzeppelin/contracts", version: "5.4.0" };

/// Reads a job, answers imports from its roots, prints what solc says and what it read.
const COMPILE: &str = "
const solc = require('solc'), fs = require('fs'), path = require('path');
const job = JSON.parse(fs.readFileSync(0, 'utf8'));
const find = (name) => {
  for (const [prefix, folder] of Object.entries(job.roots))
    if (name.startsWith(prefix)) return fs.readFileSync(path.join(folder, name.slice(prefix.length)), 'utf8');
  throw new Error('no root for ' + name);
};
const sources = {};
for (const name of job.entries) sources[name] = { content: find(name) };
const settings = {
  optimizer: { enabled: true, runs: 200 }, evmVersion: 'cancun', metadata: { bytecodeHash: 'none' },
  outputSelection: { '*': { '*': ['evm.bytecode.object'] } },
};
const imports = (name) => { try { return { contents: find(name) }; } catch (error) { return { error: String(error) }; } };
console.log(solc.compile(JSON.stringify({ language: 'Solidity', sources, settings }), { import: imports }));
";

/// Creation code of each contract that was compiled, by its name.
pub type Compiled = BTreeMap<String, Bytes>;

/// Creation code of Aerodrome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aerodrome {
    /// Pool, of which every pool is a clone.
    pub pool: Bytes,
    /// PoolFactory: its constructor takes the pool.
    pub factory: Bytes,
    /// Router: its constructor takes forwarder, factory registry, factory, voter and wrapped coin.
    pub router: Bytes,
}

/// Aerodrome, compiled.
///
/// # Errors
/// When the packages cannot be fetched or solc refuses.
pub fn aerodrome() -> Result<Aerodrome> {
    let sources = npm::package(AERODROME)?.join("domains/aerodrome/contracts");
    let roots = [("aerodrome/", sources), ("@openzeppelin/contracts/", npm::package(OPENZEPPELIN)?)];
    let entries = ["aerodrome/Pool.sol", "aerodrome/factories/PoolFactory.sol", "aerodrome/Router.sol"];
    let mut compiled = compile(&entries, &roots)?;
    let mut take = |name: &str| compiled.remove(name).with_context(|| format!("solc gave no {name}."));
    Ok(Aerodrome { pool: take("Pool")?, factory: take("PoolFactory")?, router: take("Router")? })
}

/// The Solidity of this repository's tests (`tests/solidity`), compiled: a file by its name.
///
/// # Errors
/// When solc refuses.
pub fn tests(file: &str) -> Result<Compiled> {
    let folder = Root::find()?.join(Path::new("tests/solidity"));
    let entry = format!("tests/{file}");
    compile(&[&entry], &[("tests/", folder), ("@openzeppelin/contracts/", npm::package(OPENZEPPELIN)?)])
}

/// Compiles files, named by a root's prefix and their path in it, with the optimizer on.
///
/// # Errors
/// When solc cannot be fetched or started, or refuses.
pub fn compile(entries: &[&str], roots: &[(&str, PathBuf)]) -> Result<Compiled> {
    let roots: BTreeMap<&str, String> =
        roots.iter().map(|(prefix, path)| (*prefix, path.display().to_string())).collect();
    let job = json!({ "entries": entries, "roots": roots });
    let cache = cache(entries, &roots)?;
    let said = match fs::read_to_string(&cache) {
        Ok(said) => said,
        Err(_) => {
            let said = solc(&job)?;
            read(&said)?;
            fs::write(&cache, &said).with_context(|| format!("{} cannot be written.", cache.display()))?;
            said
        }
    };
    read(&said)
}

/// Where the answer is kept: under the hash of the script, the roots' versions and the entries.
fn cache(entries: &[&str], roots: &BTreeMap<&str, String>) -> Result<PathBuf> {
    let mut read = COMPILE.to_owned();
    for entry in entries {
        read.push_str(entry);
        for (prefix, folder) in roots {
            // Folders of packages carry their version; files of the repository may change.
            let version = Path::new(folder).strip_prefix(Root::find()?.path()).unwrap_or(Path::new(folder));
            read.push_str(&version.display().to_string());
            if let Some(file) = entry.strip_prefix(prefix) {
                read.push_str(&fs::read_to_string(Path::new(folder).join(file)).unwrap_or_default());
            }
        }
    }
    let name = format!("solc-{}.json", hex::encode(keccak256(read).get(..8).unwrap_or_default()));
    let folder = Root::find()?.npm();
    fs::create_dir_all(&folder)?;
    Ok(folder.join(name))
}

fn solc(job: &Value) -> Result<String> {
    let modules = npm::solc()?;
    let modules = modules.parent().context("solc has a folder")?;
    let mut child = Command::new("node")
        .args(["-e", COMPILE])
        .env("NODE_PATH", modules)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("Node.js cannot be started. Install it from https://nodejs.org.")?;
    child.stdin.take().context("node has an input")?.write_all(job.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    String::from_utf8(output.stdout).context("solc says something that is no text.")
}

fn read(said: &str) -> Result<Compiled> {
    let said: Value = serde_json::from_str(said).context("solc says something that is no JSON.")?;
    let errors: Vec<&str> = said
        .get("errors")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|error| error.get("severity").is_some_and(|severity| severity == "error"))
        .filter_map(|error| error.get("formattedMessage")?.as_str())
        .collect();
    if !errors.is_empty() {
        bail!("solc: {}", errors.join("\n"));
    }
    let mut compiled = Compiled::new();
    let files = said.get("contracts").and_then(Value::as_object);
    for contracts in files.into_iter().flat_map(|files| files.values()) {
        for (name, contract) in contracts.as_object().into_iter().flatten() {
            let code = contract.pointer("/evm/bytecode/object").and_then(Value::as_str).unwrap_or_default();
            // Interfaces have none, and what has to be linked is of no use here.
            if let Ok(code) = hex::decode(code)
                && !code.is_empty()
            {
                compiled.insert(name.clone(), code.into());
            }
        }
    }
    Ok(compiled)
}

#[cfg(test)]
mod tests {
    #[test]
    fn aerodrome_compiles() {
        let aerodrome = super::aerodrome().unwrap();
        for code in [aerodrome.pool, aerodrome.factory, aerodrome.router] {
            assert!(code.len() > 1_000);
        }
    }
}
