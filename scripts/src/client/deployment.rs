//! The record of where the suite is on a chain: `deployments/<chain id>.json`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use alloy::primitives::{Address, B256, Bytes, U256};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;

use crate::root::Root;

/// Where the suite is on a chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployment {
    /// The chain's id.
    pub chain_id: u64,
    /// The network's name when it was deployed, or its node's address without what may be secret in it.
    #[serde(default)]
    pub network: String,
    /// The commit that the code was built from; `-dirty` behind it where files had been changed.
    #[serde(default)]
    pub commit: String,
    /// The contracts by their names in `contracts/contracts.toml`, and what they work with: `flock`, `launchpad`, `launchpad-desk`,
    /// `launchpad-office`, `model-token`, `vesting`, `reward-distributor`, `stake-registry`, `revenue-splitter`, `lens`,
    /// `adapter-uniswap-v2`, `adapter-aerodrome`, `uniswap-v2-factory`, `aerodrome-factory`, `usd` and so on.
    pub contracts: BTreeMap<String, Contract>,
    /// Who was to have which role in the end, by the role's name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, Address>,
    /// Whose key it was begun with: who creates and configures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployer: Option<Address>,
    /// Parameters as they were set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
    /// Hash of the settings that it was begun with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settings: Option<B256>,
    /// What was done, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// A transaction that was signed, and whose end is not known yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
}

/// A parameter of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Parameter {
    /// The contract's name.
    pub contract: String,
    /// What it is called.
    pub name: String,
    /// Its key.
    pub key: B256,
    /// Its value, packed as the contract packs it.
    pub value: U256,
}

/// A transaction of the deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Step {
    /// What it did.
    pub name: String,
    /// Its hash.
    pub transaction: B256,
    /// Its block.
    pub block: u64,
    /// Its gas.
    pub gas: u64,
    /// What it created.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Address>,
}

/// A transaction whose end is not known yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pending {
    /// What it is to do.
    pub name: String,
    /// The deployer's nonce.
    pub nonce: u64,
    /// Its hash.
    pub transaction: B256,
    /// The transaction as it is sent.
    pub raw: Bytes,
}

/// A contract of the suite on a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Contract {
    /// Where it is.
    pub address: Address,
    /// Hash of its code on the chain.
    #[serde(default)]
    pub code_hash: B256,
    /// ABI-encoded constructor arguments; empty where there are none.
    #[serde(default)]
    pub arguments: Bytes,
    /// The block that it was deployed in.
    #[serde(default)]
    pub block: u64,
    /// The transaction that deployed it; absent for what was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<B256>,
}

impl Deployment {
    /// Reads it.
    ///
    /// # Errors
    /// When the file is not there or no record.
    pub fn load(path: &Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| {
            format!("{} cannot be read; `cargo fomo deploy` writes it, and --deployment names another.", path.display())
        })?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no deployment record.", path.display()))
    }

    /// Writes it: all of it or nothing, also when the machine stops.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let write = || -> Result<()> {
            fs::create_dir_all(folder)?;
            let mut file = NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            File::open(folder)?.sync_all()?;
            Ok(())
        };
        write().with_context(|| format!("{} cannot be written.", path.display()))
    }

    /// Where a contract is.
    ///
    /// # Errors
    /// When the record has none of this name.
    pub fn address(&self, contract: &str) -> Result<Address> {
        let known = self.contracts.get(contract).map(|contract| contract.address);
        known.with_context(|| format!("The deployment on chain {} has no {contract}.", self.chain_id))
    }

    /// The first block that has anything of the suite.
    #[must_use]
    pub fn first_block(&self) -> u64 {
        let deployed = self.contracts.values().filter(|contract| contract.transaction.is_some());
        deployed.map(|contract| contract.block).min().unwrap_or_default()
    }
}

/// Where a chain's record is.
///
/// # Errors
/// When this is run outside the repository.
pub fn path(chain_id: u64) -> Result<PathBuf> {
    Ok(Root::find()?.path().join("deployments").join(format!("{chain_id}.json")))
}

#[cfg(test)]
mod tests {
    use super::{Contract, Deployment};

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("1.json");
        let mut record = Deployment {
            chain_id: 1,
            network: "local".into(),
            commit: String::new(),
            contracts: [("lens".to_owned(), Contract::default())].into(),
            ..Deployment::default()
        };
        record.save(&path).unwrap();
        record.chain_id = 2;
        record.save(&path).unwrap();
        assert_eq!(Deployment::load(&path).unwrap(), record);
        assert!(record.address("lens").is_ok());
        assert!(record.address("flock").unwrap_err().to_string().contains("no flock"));
    }
}
