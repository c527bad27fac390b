//! What a deployment has done, written before and after every transaction, so that none is ever made twice.
//!
//! A transaction is signed, and written down with its bytes, before it is sent. Whoever comes back after a crash sends the very same bytes
//! again: with the same nonce it is the same transaction, mined once or not at all.

use std::path::PathBuf;

use alloy::consensus::transaction::SignerRecoverable;
use alloy::eips::eip2718::Encodable2718;
use alloy::network::{EthereumWallet, NetworkTransactionBuilder, TransactionBuilder};
use alloy::primitives::{Address, U256, keccak256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use anyhow::{Context, Result, bail, ensure};

use crate::abi::IStylusDeployer;
use crate::client::deployment::{Deployment, Pending, Step};
use crate::client::{Client, Key, refusal};
use crate::ui::{decimal, number};

/// A deployment being made.
pub(super) struct Journal {
    pub client: Client,
    pub record: Deployment,
    pub path: PathBuf,
    wallet: EthereumWallet,
    /// Whether each step is told.
    quiet: bool,
    /// Gas and wei of this run.
    pub gas: u64,
    pub cost: U256,
    /// Transactions of this run.
    pub sent: usize,
}

impl Journal {
    pub fn new(client: Client, key: Key, record: Deployment, path: PathBuf, quiet: bool) -> Self {
        let wallet = EthereumWallet::from(key.into_signer());
        Self { client, record, path, wallet, quiet, gas: 0, cost: U256::ZERO, sent: 0 }
    }

    pub fn sender(&self) -> Result<Address> {
        self.client.sender()
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

    /// Does a step unless it is done; what it created.
    pub async fn step(&mut self, name: &str, request: TransactionRequest) -> Result<Option<Address>> {
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
        let known = provider.get_transaction_receipt(hash).await.map_err(|error| refusal(&error))?;
        let receipt = if let Some(receipt) = known {
            receipt
        } else {
            let used = provider.get_transaction_count(self.sender()?).await.map_err(|error| refusal(&error))?;
            if used > pending.nonce {
                // Another transaction took its place; it can never be mined.
                self.record.pending = None;
                return self.save();
            }
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
        if !self.quiet {
            let at = created.map_or(String::new(), |address| format!(" at {address}"));
            println!("   {}{at}: {} gas, {} ETH", step.name, number(step.gas), decimal(cost, 9));
        }
        self.record.steps.push(step);
        self.save()
    }
}
