//! The interfaces as a compiler reads them: with what they inherit, parameter names, indexed fields and the names of their structs.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

use alloy::json_abi::JsonAbi;
use anyhow::{Context, Result, ensure};
use serde_json::{Map, Value, json};

use crate::{abi, npm};

const COMPILE: &str = "
const input = require('fs').readFileSync(0, 'utf8');
process.stdout.write(require('solc').compile(input));
";

/// Every interface by its name.
///
/// # Errors
/// When solc cannot be fetched or started, or refuses or warns.
pub fn interfaces() -> Result<BTreeMap<String, JsonAbi>> {
    let sources: Map<String, Value> =
        abi::SOURCES.iter().map(|(name, source)| (format!("{name}.sol"), json!({ "content": source }))).collect();
    let settings = json!({ "outputSelection": { "*": { "*": ["abi"] } } });
    let said = compile(&json!({ "language": "Solidity", "sources": sources, "settings": settings }))?;
    let errors = said.get("errors").map(Value::to_string);
    ensure!(errors.is_none(), "solc: {}", errors.unwrap_or_default());
    let mut interfaces = BTreeMap::new();
    for (name, _) in abi::SOURCES {
        let abi = said.get("contracts").and_then(|all| all.get(format!("{name}.sol"))?.get(name)?.get("abi"));
        let abi = abi.with_context(|| format!("solc says nothing of {name}."))?;
        let abi = serde_json::from_value(abi.clone()).context("solc says something that is no ABI.")?;
        interfaces.insert((*name).to_owned(), abi);
    }
    Ok(interfaces)
}

fn compile(input: &Value) -> Result<Value> {
    let modules = npm::solc()?;
    let mut child = Command::new("node")
        .args(["-e", COMPILE])
        .env("NODE_PATH", modules.parent().context("solc has a folder")?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("Node.js cannot be started. Install it from https://nodejs.org.")?;
    child.stdin.take().context("node has an input")?.write_all(input.to_string().as_bytes())?;
    let output = child.wait_with_output()?;
    serde_json::from_slice(&output.stdout).context("solc says something that is no JSON.")
}
