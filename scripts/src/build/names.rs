//! Names of a contract's functions, kept in a file of their own: the code that is deployed has none.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result};
use wasmparser::{KnownCustom, Name, Parser, Payload};

use crate::root::Root;

fn path(root: &Root, contract: &str) -> PathBuf {
    root.contracts().join(format!("{contract}.names"))
}

/// The names in a WASM, by the function's index: imports come first. A WASM that cannot be read has none.
#[must_use]
pub fn of(wasm: &[u8]) -> BTreeMap<u32, String> {
    let sections = Parser::new(0).parse_all(wasm).filter_map(|payload| match payload.ok()? {
        Payload::CustomSection(section) => match section.as_known() {
            KnownCustom::Name(names) => Some(names),
            _ => None,
        },
        _ => None,
    });
    let functions = sections.flatten().filter_map(|name| match name.ok()? {
        Name::Function(names) => Some(names),
        _ => None,
    });
    let named = functions.flatten().filter_map(Result::ok);
    named.map(|naming| (naming.index, format!("{:#}", rustc_demangle::demangle(naming.name)))).collect()
}

/// Writes them beside the contract's code, as JSON.
pub(super) fn write(root: &Root, contract: &str, names: &BTreeMap<u32, String>) -> Result<()> {
    super::replace(&path(root, contract), (serde_json::to_string(names)? + "\n").as_bytes())
}

/// Reads them again; there are none where the contract was built before names were kept.
///
/// # Errors
/// When the file is none of these.
pub fn read(root: &Root, contract: &str) -> Result<BTreeMap<u32, String>> {
    let path = path(root, contract);
    match fs::read_to_string(&path) {
        Ok(text) => serde_json::from_str(&text).with_context(|| format!("{} has no names.", path.display())),
        Err(_) => Ok(BTreeMap::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_and_demangled() {
        let text = "(module (import \"vm_hooks\" \"chainid\" (func $chainid (result i64)))
            (func $_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE) (func $plain) (func))";
        let names = of(&wat::parse_str(text).unwrap());
        let told: Vec<(u32, &str)> = names.iter().map(|(index, name)| (*index, name.as_str())).collect();
        assert_eq!(told, [(0, "chainid"), (1, "core::fmt::Write::write_fmt"), (2, "plain")]);
        assert!(of(b"no wasm").is_empty());
    }
}
