//! What a deployment has done, written before and after every transaction, so that none is ever made twice.
//!
//! A transaction is signed, and written down with its bytes, before it is sent. Whoever comes back after a crash sends the very same bytes
//! again: with the same nonce it is the same transaction, mined once or not at all. Whoever has another key goes on with what needs no
//! role, and with nothing else. One deployment at a time has a record.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use alloy::consensus::TxEnvelope;
use alloy::consensus::transaction::SignerRecoverable;
use alloy::eips::eip2718::{Decodable2718, Encodable2718};
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use anyhow::{Context, Result, bail, ensure};

use crate::abi::IStylusDeployer;
use crate::client::deployment::{Deployment, Pending, Step};
use crate::client::{Client, Key, refusal};
use crate::ui::{decimal, number};

/// How often a lock is tried for that a process which is just ending may still hold, and how long between.
const LOCK_TRIES: u32 = 10;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// The right to write a record, for as long as it is kept.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes it, by a file beside the record: the record itself is replaced whenever it is written.
    pub async fn take(record: &Path) -> Result<Self> {
        let mut name = record.file_name().unwrap_or_default().to_owned();
        name.push(".lock");
        let path = record.with_file_name(name);
        let open = || -> std::io::Result<File> {
            if let Some(folder) = record.parent() {
                fs::create_dir_all(folder)?;
            }
            OpenOptions::new().write(true).create(true).truncate(false).open(&path)
        };
        let file = open().with_context(|| format!("{} cannot be written.", path.display()))?;
        for _ in 0..LOCK_TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => tokio::time::sleep(LOCK_PAUSE).await,
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("{} cannot be locked.", path.display()));
                }
            }
        }
        bail!(
            "Another deployment is writing {}: wait for its end, or name another record with --out.",
            record.display()
        )
    }
}

/// A deployment being made.
pub(super) struct Journal {
    pub client: Client,
    pub record: Deployment,
    pub path: PathBuf,
    wallet: EthereumWallet,
    /// Nobody else writes the record.
    _lock: Lock,
    /// Gas and wei of this run.
    pub gas: u64,
    pub cost: U256,
    /// Transactions of this run.
    pub sent: usize,
}

impl Journal {
    pub fn new(client: Client, key: Key, record: Deployment, path: PathBuf, lock: Lock) -> Self {
        let wallet = EthereumWallet::from(key.into_signer());
        Self { client, record, path, wallet, _lock: lock, gas: 0, cost: U256::ZERO, sent: 0 }
    }

    pub fn sender(&self) -> Result<Address> {
        self.client.sender()
    }

    /// Whose key this was begun with.
    pub fn deployer(&self) -> Result<Address> {
        self.record.deployer.context("The record does not say whose key it was begun with.")
    }

    pub fn save(&self) -> Result<()> {
        self.record.save(&self.path)
    }

    /// Whether a step is done.
    pub fn is_done(&self, name: &str) -> bool {
        self.record.steps.iter().any(|step| step.name == name)
    }

    /// Where a step created something.
    pub fn created(&self, name: &str) -> Option<Address> {
        self.record.steps.iter().find(|step| step.name == name)?.created
    }

    /// The name of a step that may have to be done more than once: with a number where it was done before.
    pub fn again(&self, name: &str) -> String {
        let numbered = (2_u64..).map(|number| format!("{name} {number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        names.find(|name| !self.is_done(name)).unwrap_or_default()
    }

    /// Does a step of the deployer's unless it is done; what it created.
    pub async fn step(&mut self, name: &str, request: TransactionRequest) -> Result<Option<Address>> {
        self.settle().await?;
        let (deployer, me) = (self.deployer()?, self.sender()?);
        ensure!(
            self.is_done(name) || deployer == me,
            "{name} is for the key of {deployer} that this was begun with, not for that of {me}."
        );
        self.step_of_anybody(name, request).await
    }

    /// Does a step that needs no role of the deployer's, unless it is done; what it created.
    pub async fn step_of_anybody(&mut self, name: &str, request: TransactionRequest) -> Result<Option<Address>> {
        self.settle().await?;
        if self.is_done(name) {
            return Ok(self.created(name));
        }
        let pending = self.sign(name, request).await.with_context(|| format!("{name} cannot be done."))?;
        self.record.pending = Some(pending);
        self.save()?;
        self.settle().await?;
        ensure!(self.is_done(name), "{name} was not done.");
        Ok(self.created(name))
    }

    async fn sign(&self, name: &str, request: TransactionRequest) -> Result<Pending> {
        let (provider, from) = (self.client.provider(), self.sender()?);
        let request = request.with_from(from);
        let estimate = provider.estimate_gas(request.clone()).await.map_err(|error| refusal(&error))?;
        let fees = provider.estimate_eip1559_fees().await.map_err(|error| refusal(&error))?;
        let nonce = provider.get_transaction_count(from).pending().await.map_err(|error| refusal(&error))?;
        let request = request
            .with_chain_id(self.client.chain_id())
            .with_nonce(nonce)
            .with_gas_limit(estimate.saturating_add(estimate / 5))
            .with_max_fee_per_gas(fees.max_fee_per_gas)
            .with_max_priority_fee_per_gas(fees.max_priority_fee_per_gas);
        let signed = request.build(&self.wallet).await.context("The transaction cannot be signed.")?;
        ensure!(signed.recover_signer().ok() == Some(from), "The key is not that of {from}.");
        let raw = signed.encoded_2718();
        Ok(Pending { name: name.to_owned(), nonce, transaction: keccak256(&raw), raw: raw.into() })
    }

    /// Brings the transaction that is written down, if there is one, to its end.
    pub async fn settle(&mut self) -> Result<()> {
        let Some(pending) = self.record.pending.clone() else { return Ok(()) };
        let (provider, hash) = (self.client.provider(), pending.transaction);
        let receipt = async || provider.get_transaction_receipt(hash).await.map_err(|error| refusal(&error));
        let mut known = receipt().await?;
        if known.is_none() {
            let used = provider.get_transaction_count(signer(&pending)?).await.map_err(|error| refusal(&error))?;
            if used > pending.nonce {
                // It may have been mined between the two questions.
                known = receipt().await?;
                if known.is_none() {
                    // Another transaction took its place; it can never be mined.
                    self.record.pending = None;
                    return self.save();
                }
            }
        }
        let receipt = if let Some(receipt) = known {
            receipt
        } else {
            if let Err(error) = provider.send_raw_transaction(&pending.raw).await {
                let known = provider.get_transaction_by_hash(hash).await.ok().flatten().is_some();
                ensure!(known, "{} was not accepted: {:#}", pending.name, refusal(&error));
            }
            self.sent += 1;
            self.client.wait(hash).await?
        };
        self.close(&pending, &receipt)
    }

    fn close(&mut self, pending: &Pending, receipt: &TransactionReceipt) -> Result<()> {
        self.record.pending = None;
        let cost = U256::from(u128::from(receipt.gas_used).saturating_mul(receipt.effective_gas_price));
        self.gas = self.gas.saturating_add(receipt.gas_used);
        self.cost = self.cost.saturating_add(cost);
        if !receipt.status() {
            self.save()?;
            bail!("{} failed in transaction {}.", pending.name, pending.transaction);
        }
        let event = receipt.decoded_log::<IStylusDeployer::ContractDeployed>();
        let created = receipt.contract_address.or_else(|| event.map(|event| event.deployedContract));
        let block = receipt.block_number.unwrap_or_default();
        let step = Step {
            name: pending.name.clone(),
            transaction: pending.transaction,
            block,
            gas: receipt.gas_used,
            created,
        };
        let at = created.map_or(String::new(), |address| format!(" at {address}"));
        println!("   {}{at}: {} gas, {} ETH", step.name, number(step.gas), decimal(cost, 9));
        self.record.steps.push(step);
        self.save()
    }
}

/// Who signed a transaction that is written down.
fn signer(pending: &Pending) -> Result<Address> {
    let transaction = TxEnvelope::decode_2718(&mut pending.raw.as_ref());
    let signer = transaction.ok().and_then(|transaction| transaction.recover_signer().ok());
    signer.with_context(|| format!("The transaction that is written down for {} is none.", pending.name))
}

#[cfg(test)]
mod tests {
    use alloy::network::TransactionBuilder;
    use alloy::primitives::{Bloom, U64};
    use alloy::providers::mock::Asserter;
    use alloy::signers::local::PrivateKeySigner;
    use serde_json::{Value, json};

    use super::{Client, Deployment, Journal, Key, Lock, TransactionRequest};
    use crate::client::deployment::Pending;

    /// A journal with a pending transaction, on a node that gives these answers.
    async fn pending(folder: &tempfile::TempDir, answers: &Asserter) -> Journal {
        let key = Key::from(PrivateKeySigner::random());
        let path = folder.path().join("record.json");
        let client = Client::mocked(answers, Some(key.address()));
        let lock = Lock::take(&path).await.unwrap();
        let mut journal = Journal::new(client, key, Deployment::default(), path, lock);
        answers.push_success(&U64::from(50_000));
        answers.push_success(&json!({
            "oldestBlock": "0x1", "baseFeePerGas": ["0x1", "0x1"], "gasUsedRatio": [0.5], "reward": [["0x1"]]
        }));
        answers.push_success(&U64::from(7));
        let request = TransactionRequest::default().with_to(journal.sender().unwrap());
        journal.record.pending = Some(journal.sign("a step", request).await.unwrap());
        assert!(answers.pop_response().is_none());
        journal
    }

    fn receipt(pending: &Pending) -> Value {
        json!({
            "type": "0x2", "status": "0x1", "cumulativeGasUsed": "0x1", "logs": [], "logsBloom": Bloom::ZERO,
            "transactionHash": pending.transaction, "transactionIndex": "0x0", "blockHash": pending.transaction,
            "blockNumber": "0x5", "gasUsed": "0x1", "effectiveGasPrice": "0x1",
            "from": super::Address::ZERO, "to": super::Address::ZERO, "contractAddress": null
        })
    }

    #[tokio::test]
    async fn a_transaction_that_is_mined_between_two_questions_is_not_dropped() {
        let (folder, answers) = (tempfile::tempdir().unwrap(), Asserter::new());
        let mut journal = pending(&folder, &answers).await;
        answers.push_success(&Value::Null);
        answers.push_success(&U64::from(8));
        answers.push_success(&receipt(journal.record.pending.as_ref().unwrap()));
        journal.settle().await.unwrap();
        assert!(journal.is_done("a step") && journal.record.pending.is_none());
    }

    #[tokio::test]
    async fn a_transaction_whose_place_was_taken_is_dropped() {
        let (folder, answers) = (tempfile::tempdir().unwrap(), Asserter::new());
        let mut journal = pending(&folder, &answers).await;
        answers.push_success(&Value::Null);
        answers.push_success(&U64::from(8));
        answers.push_success(&Value::Null);
        journal.settle().await.unwrap();
        assert!(!journal.is_done("a step") && journal.record.pending.is_none());
    }

    #[tokio::test]
    async fn a_record_is_of_one_deployment_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        let first = Lock::take(&path).await.unwrap();
        let error = Lock::take(&path).await.err().unwrap().to_string();
        assert!(error.contains("Another deployment is writing"), "{error}");
        drop(first);
        Lock::take(&path).await.unwrap();
    }
}
