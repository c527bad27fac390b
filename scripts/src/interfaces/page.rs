//! `docs/abi.md`: every function, event and error with what calls and logs name it by.

use std::collections::BTreeMap;
use std::fmt::Write;

use alloy::json_abi::{JsonAbi, StateMutability};
use anyhow::Result;

use super::{CONTRACTS, of};

/// What others inherit from.
const SHARED: [&str; 3] = ["IAccess", "IEconomicsErrors", "IFomoERC20"];

const HEAD: &str = "# Interfaces

<!-- Written by `cargo fomo abi`, which `cargo fomo abi --check` compares with the code; edit `abi/*.sol` instead. -->

`abi/I*.sol` are the interfaces, documented; `abi/*.json` the same as JSON, inherited functions, events and errors included, for ethers, viem,
Foundry and indexers; `fomo::abi` the same as Rust types. `cargo fomo abi --check` deploys every contract and fails where one does not answer to
a function of its interface, answers to a selector that the interface has not, or has not the topic of an event or the selector of an
error in its code.

";

/// The page.
///
/// # Errors
/// When an interface is missing.
pub fn render(interfaces: &BTreeMap<String, JsonAbi>) -> Result<String> {
    let mut page = HEAD.to_owned();
    page.push_str("| contract | interface | programs | functions | events | errors |\n|---|---|---|---:|---:|---:|\n");
    for contract in &CONTRACTS {
        let abi = of(interfaces, contract)?;
        let (functions, events, errors) = (abi.functions().count(), abi.events().count(), abi.errors().count());
        let (name, interface) = (contract.name, contract.interface);
        let programs = contract.programs.join(", ");
        writeln!(
            page,
            "| [{name}](../abi/{name}.json) | [{interface}](../abi/{interface}.sol) | {programs} | {functions} | {events} | {errors} |"
        )?;
    }
    page.push_str(
        "\nBelow, each interface without what it inherits from `IAccess`, `IEconomicsErrors` or `IFomoERC20`.\n",
    );
    for (name, abi) in interfaces {
        let parents = SHARED.iter().filter(|parent| **parent != name).filter_map(|parent| interfaces.get(*parent));
        section(&mut page, name, abi, &parents.collect::<Vec<_>>())?;
    }
    Ok(page)
}

fn section(page: &mut String, name: &str, abi: &JsonAbi, parents: &[&JsonAbi]) -> Result<()> {
    write!(page, "\n## {name}\n")?;
    let mut table = |title: &str, mut rows: Vec<String>| -> Result<()> {
        rows.sort();
        if !rows.is_empty() {
            write!(page, "\n| {title} |\n|{}\n{}\n", "---|".repeat(title.split('|').count()), rows.join("\n"))?;
        }
        Ok(())
    };
    let inherited =
        |signature: &str| parents.iter().any(|parent| parent.functions().any(|one| one.signature() == signature));
    let functions = abi.functions().filter(|function| !inherited(&function.signature()));
    let row = |function: &alloy::json_abi::Function| {
        let view = matches!(function.state_mutability, StateMutability::View | StateMutability::Pure);
        let kind = if view { "view" } else { "" };
        format!("| `{}` | {kind} | `{}` |", function.signature(), function.selector())
    };
    table("function | | selector", functions.map(row).collect())?;
    let inherited =
        |signature: &str| parents.iter().any(|parent| parent.events().any(|one| one.signature() == signature));
    let events = abi.events().filter(|event| !inherited(&event.signature()));
    table(
        "event | topic",
        events.map(|event| format!("| `{}` | `{}` |", event.signature(), event.selector())).collect(),
    )?;
    let inherited =
        |signature: &str| parents.iter().any(|parent| parent.errors().any(|one| one.signature() == signature));
    let errors = abi.errors().filter(|error| !inherited(&error.signature()));
    table(
        "error | selector",
        errors.map(|error| format!("| `{}` | `{}` |", error.signature(), error.selector())).collect(),
    )?;
    Ok(())
}
