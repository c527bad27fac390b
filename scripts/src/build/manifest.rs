//! `contracts/contracts.toml`: which contracts there are, how each is compiled, and its budget.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};
use toml_edit::{DocumentMut, InlineTable, Value};

use super::measure::Measured;
use crate::root::Root;

/// The file's content.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Contracts by package name.
    #[serde(rename = "contract", default)]
    pub contracts: BTreeMap<String, Contract>,
}

/// How one contract is built.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Contract {
    /// Folder, from the root, whose Cargo.toml and Cargo.lock build it.
    pub workspace: PathBuf,
    /// The optimisation level, chosen by measuring size and gas.
    pub opt_level: OptLevel,
    /// Builds the standard library for size, which most contracts hardly use.
    #[serde(default)]
    pub small_std: bool,
    /// What it must not exceed. Without one, only the limits of the chain hold.
    pub budget: Option<Budget>,
}

/// An optimisation level of rustc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OptLevel {
    /// Some optimisation.
    #[serde(rename = "1")]
    One,
    /// Most optimisation.
    #[serde(rename = "2")]
    Two,
    /// All optimisation.
    #[serde(rename = "3")]
    Three,
    /// Small code.
    #[serde(rename = "s")]
    Small,
    /// Smallest code, loops not vectorised.
    #[serde(rename = "z")]
    Smallest,
}

impl OptLevel {
    /// As it is written in a cargo profile: numbers bare, letters in quotes.
    #[must_use]
    pub const fn profile_value(self) -> &'static str {
        match self {
            Self::One => "1",
            Self::Two => "2",
            Self::Three => "3",
            Self::Small => "\"s\"",
            Self::Smallest => "\"z\"",
        }
    }

    /// As people write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.profile_value().trim_matches('"')
    }
}

/// Most that a contract may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Budget {
    /// Bytes of deployable code: prefix and compressed WASM.
    pub code: u64,
    /// Bytes of data segments, which every call pays for.
    pub data: u64,
    /// Gas of entering the program when it is cached.
    pub cached_gas: u64,
}

impl Budget {
    /// Exactly what was measured.
    #[must_use]
    pub const fn of(measured: &Measured) -> Self {
        Self { code: measured.code_bytes, data: measured.data_bytes, cached_gas: measured.cached_gas }
    }

    /// What is over, and by how much.
    #[must_use]
    pub fn excess(&self, measured: &Measured) -> Vec<(&'static str, u64)> {
        let over = self.rows(measured).into_iter().filter(|(_, budget, actual)| actual > budget);
        over.map(|(what, budget, actual)| (what, actual - budget)).collect()
    }

    /// A sentence part for everything that is over.
    #[must_use]
    pub fn overruns(&self, measured: &Measured) -> Vec<String> {
        self.rows(measured)
            .into_iter()
            .filter(|(_, budget, actual)| actual > budget)
            .map(|(what, budget, actual)| {
                format!("{what} over budget by {} ({actual}, budget {budget})", actual - budget)
            })
            .collect()
    }

    /// A sentence part for everything that is lower than its budget, which should then be lowered too.
    #[must_use]
    pub fn slack(&self, measured: &Measured) -> Vec<String> {
        self.rows(measured)
            .into_iter()
            .filter(|(_, budget, actual)| actual < budget)
            .map(|(what, budget, actual)| {
                format!("{what} under budget by {} ({actual}, budget {budget})", budget - actual)
            })
            .collect()
    }

    fn rows(&self, measured: &Measured) -> [(&'static str, u64, u64); 3] {
        let now = Self::of(measured);
        [
            ("code bytes", self.code, now.code),
            ("data bytes", self.data, now.data),
            ("cached entry gas", self.cached_gas, now.cached_gas),
        ]
    }
}

impl Manifest {
    /// Reads it.
    ///
    /// # Errors
    /// When it is missing or says something unknown.
    pub fn read(root: &Root) -> Result<Self> {
        let path = root.manifest();
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
        toml::from_str(&text).with_context(|| format!("{} cannot be understood.", path.display()))
    }

    /// The named contracts, or all.
    ///
    /// # Errors
    /// When there is no contract of some name.
    pub fn select(&self, names: &[String]) -> Result<Vec<(&str, &Contract)>> {
        if names.is_empty() {
            return Ok(self.contracts.iter().map(|(name, contract)| (name.as_str(), contract)).collect());
        }
        names.iter().map(|name| self.contract(name)).collect()
    }

    fn contract(&self, name: &str) -> Result<(&str, &Contract)> {
        let Some((name, contract)) = self.contracts.get_key_value(name) else {
            let known: Vec<&str> = self.contracts.keys().map(String::as_str).collect();
            bail!("There is no contract named {name}. There are {}: {}.", known.len(), known.join(", "));
        };
        Ok((name, contract))
    }
}

/// Writes budgets into the file, leaving its comments and everything else as they are.
///
/// # Errors
/// When the file cannot be read or written, or lists no such contract.
pub fn write_budgets<'a>(root: &Root, budgets: impl IntoIterator<Item = (&'a str, Budget)>) -> Result<()> {
    let path = root.manifest();
    let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
    let mut document: DocumentMut =
        text.parse().with_context(|| format!("{} cannot be understood.", path.display()))?;
    for (name, budget) in budgets {
        let contract = document
            .get_mut("contract")
            .and_then(|contracts| contracts.get_mut(name))
            .and_then(toml_edit::Item::as_table_like_mut)
            .with_context(|| format!("There is no contract named {name}."))?;
        let old = contract.get("budget").and_then(|item| item.as_value()).map(|value| value.decor().clone());
        let mut value = Value::InlineTable(inline(budget)?);
        if let Some(decor) = old {
            *value.decor_mut() = decor;
        }
        contract.insert("budget", toml_edit::Item::Value(value));
    }
    std::fs::write(&path, document.to_string()).with_context(|| format!("{} cannot be written.", path.display()))
}

fn inline(budget: Budget) -> Result<InlineTable> {
    let rows = [("code", budget.code), ("data", budget.data), ("cached-gas", budget.cached_gas)];
    let mut table = InlineTable::new();
    for (name, value) in rows {
        table.insert(name, i64::try_from(value)?.into());
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"# The contracts.
[contract.one]
workspace = "."
opt-level = "z"   # smaller, and as fast
budget = { code = 10, data = 20, cached-gas = 30 } # on purpose

[contract.two]
workspace = "contracts/tokens"
opt-level = "3"
"#;

    fn measured(code_bytes: u64, data_bytes: u64, cached_gas: u64) -> Measured {
        Measured { code_bytes, data_bytes, cached_gas, ..Measured::default() }
    }

    #[test]
    fn the_file_reads() {
        let manifest: Manifest = toml::from_str(TEXT).unwrap();
        let (_, one) = manifest.contract("one").unwrap();
        assert_eq!(one.opt_level.profile_value(), "\"z\"");
        assert_eq!(one.budget, Some(Budget { code: 10, data: 20, cached_gas: 30 }));
        assert_eq!(manifest.select(&[]).unwrap().len(), 2);
        let error = manifest.select(&["three".into()]).unwrap_err().to_string();
        assert_eq!(error, "There is no contract named three. There are 2: one, two.");
    }

    #[test]
    fn unknown_keys_and_levels_are_refused() {
        assert!(toml::from_str::<Manifest>(&TEXT.replace("\"z\"", "\"0\"")).is_err());
        assert!(toml::from_str::<Manifest>(&TEXT.replace("workspace", "work-space")).is_err());
    }

    #[test]
    fn a_budget_is_kept_or_exceeded_to_the_unit() {
        let budget = Budget { code: 10, data: 20, cached_gas: 30 };
        assert!(budget.overruns(&measured(10, 20, 30)).is_empty() && budget.slack(&measured(10, 20, 30)).is_empty());
        assert_eq!(budget.overruns(&measured(12, 20, 31)).len(), 2);
        assert_eq!(budget.overruns(&measured(12, 20, 30)), ["code bytes over budget by 2 (12, budget 10)"]);
        assert_eq!(budget.slack(&measured(10, 19, 30)), ["data bytes under budget by 1 (19, budget 20)"]);
    }

    #[test]
    fn budgets_are_written_and_nothing_else_changes() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("contracts")).unwrap();
        let root = Root::at(folder.path()).unwrap();
        std::fs::write(root.manifest(), TEXT).unwrap();
        let budget = Budget { code: 1, data: 2, cached_gas: 3 };
        write_budgets(&root, [("one", budget), ("two", budget)]).unwrap();
        let line = "budget = { code = 1, data = 2, cached-gas = 3 }";
        let expected = TEXT.replace("budget = { code = 10, data = 20, cached-gas = 30 }", line) + line + "\n";
        assert_eq!(std::fs::read_to_string(root.manifest()).unwrap(), expected);
        assert!(write_budgets(&root, [("three", budget)]).is_err());
    }
}
