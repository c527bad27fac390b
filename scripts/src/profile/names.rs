//! What programs and their functions are called.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use alloy::json_abi::JsonAbi;
use alloy::primitives::{Address, B256, Selector, hex};
use anyhow::{Context, Result};
use serde::Deserialize;

use super::told::Frame;
use crate::build::names::read as read_names;
use crate::root::Root;

/// A program that `cargo fomo build` built.
#[derive(Debug, Default)]
struct Program {
    name: String,
    functions: BTreeMap<u32, String>,
}

/// What is read of a file in `abi/`.
#[derive(Debug, Deserialize)]
struct Interface {
    abi: JsonAbi,
}

/// Names by code hash, and of functions of interfaces by selector.
#[derive(Debug, Default)]
pub(super) struct Names {
    programs: HashMap<B256, Program>,
    selectors: HashMap<Selector, String>,
    /// Programs that were asked for and have none.
    missing: RefCell<BTreeSet<B256>>,
}

impl Names {
    /// What was built last, and the interfaces.
    pub(super) fn read(root: &Root) -> Result<Self> {
        let mut names = Self::default();
        for path in files(&root.contracts(), "code")? {
            let code = fs::read(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let functions = read_names(root, &name)?;
            names.programs.insert(alloy::primitives::keccak256(code), Program { name, functions });
        }
        for path in files(&root.join("abi"), "json")? {
            let text = fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
            let Interface { abi } =
                serde_json::from_str(&text).with_context(|| format!("{} has no ABI.", path.display()))?;
            names.selectors.extend(abi.functions().map(|function| (function.selector(), function.name.clone())));
        }
        Ok(names)
    }

    /// Hashes of the programs without names.
    pub(super) fn missing(&self) -> Vec<B256> {
        self.missing.borrow().iter().copied().collect()
    }

    /// Whose code a frame runs: a program's name, or what can be said of it.
    pub(super) fn program(&self, frame: &Frame) -> String {
        let Some(tree) = &frame.stylus else {
            return if frame.kind.starts_with("CREATE") {
                "creation".into()
            } else {
                frame.to.map_or("EVM".into(), evm)
            };
        };
        match self.programs.get(&tree.code_hash) {
            Some(program) => program.name.clone(),
            None => {
                self.missing.borrow_mut().insert(tree.code_hash);
                frame.to.map_or("program".into(), |to| format!("program {}", short(to)))
            }
        }
    }

    /// The function of an interface that a frame was called for; nothing where there is none, as in a creation.
    pub(super) fn called(&self, frame: &Frame) -> Option<String> {
        if frame.kind.starts_with("CREATE") {
            return None;
        }
        let selector = frame.input.first_chunk::<4>()?;
        let known = self.selectors.get(&Selector::from(*selector)).cloned();
        Some(known.unwrap_or_else(|| hex::encode_prefixed(selector)))
    }

    /// A function of the program that a frame runs.
    pub(super) fn function(&self, code_hash: B256, index: u32) -> String {
        let program = self.programs.get(&code_hash);
        program
            .and_then(|program| program.functions.get(&index))
            .cloned()
            .unwrap_or_else(|| format!("function {index}"))
    }
}

/// A contract of the EVM, or a precompile.
fn evm(address: Address) -> String {
    let [high @ .., low] = address.into_array();
    if high == [0; 19] && low != 0 {
        return match low {
            0x64 => "ArbSys".into(),
            0x6b => "ArbOwnerPublic".into(),
            0x6c => "ArbGasInfo".into(),
            0x71 => "ArbWasm".into(),
            0x72 => "ArbWasmCache".into(),
            _ => format!("precompile {low}"),
        };
    }
    format!("EVM {}", short(address))
}

fn short(address: Address) -> String {
    let hex = address.to_string();
    hex.get(..10).map_or_else(|| hex.clone(), Into::into)
}

/// Files of a folder with an extension; none where there is no such folder.
fn files(folder: &Path, extension: &str) -> Result<Vec<std::path::PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let entries = fs::read_dir(folder).with_context(|| format!("{} cannot be read.", folder.display()))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    Ok(paths.filter(|path| path.extension().is_some_and(|end| end == extension)).collect())
}
