//! What the chain is configured with, keeps and answers.

use alloy::consensus::transaction::Recovered;
use alloy::consensus::{Header, TxEnvelope};
use alloy_primitives::{Address, B256, Bytes, Log, U256};

use crate::fork::Unread;

/// The settings of a chain. [`Config::default`] is Arbitrum One's rules with accounts to play with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// Chain id (default 412,346, that of Nitro's development chains).
    pub chain_id: u64,
    /// ArbOS version, from 32 on (default 51).
    pub arbos: u64,
    /// Base fee in wei a gas, which is all that a transaction pays (default 0.1 gwei).
    pub base_fee: u64,
    /// Gas limit of a block and of a transaction (default 32,000,000).
    pub block_gas_limit: u64,
    /// Accounts of the test mnemonic that are funded at genesis (default 10).
    pub accounts: u32,
    /// Balance of each in wei (default 10,000 ETH).
    pub balance: U256,
    /// Timestamp of the genesis block in Unix seconds; `None` (default) is the time at which the chain is made.
    pub genesis_time: Option<u64>,
    /// Mines a block for every transaction (default).
    pub auto_mine: bool,
    /// Caches every program at its activation, as a bid would (default off: what a call costs on Arbitrum until
    /// somebody bids for it).
    pub auto_cache: bool,
    /// Charges the call-data floor of EIP-7623, which Arbitrum leaves off (default off).
    pub eip7623: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos: fomo_wasm::rules::DEFAULT_ARBOS,
            base_fee: 100_000_000,
            block_gas_limit: 32_000_000,
            accounts: 10,
            balance: U256::from(10_000) * U256::from(10).pow(U256::from(18)),
            genesis_time: None,
            auto_mine: true,
            auto_cache: false,
            eip7623: false,
        }
    }
}

/// How a transaction or a call ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeded.
    Success,
    /// It reverted; what it did not use of its gas was given back.
    Revert,
    /// It failed and used all of its gas. The text says why, in Nitro's words where it has them.
    Halt(String),
}

/// The result of running a transaction or a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// Return data or revert data; the deployed code after a creation.
    pub output: Bytes,
    /// Gas charged, refunds taken off.
    pub gas_used: u64,
    /// Events, none unless it succeeded.
    pub logs: Vec<Log>,
    /// The contract that it created.
    pub created: Option<Address>,
    /// What the chain has to say about a failure that the data does not tell (why a program was not activated, say).
    pub note: Option<String>,
}

impl Execution {
    /// Whether it succeeded.
    #[must_use]
    pub const fn success(&self) -> bool {
        matches!(self.outcome, Outcome::Success)
    }
}

/// A transaction in a block, with its result.
#[derive(Debug, Clone)]
pub struct Mined {
    /// The transaction and its sender; those of impersonated senders carry a placeholder signature.
    pub transaction: Recovered<TxEnvelope>,
    /// What it did.
    pub execution: Execution,
    /// Gas of the block up to and with this transaction.
    pub cumulative_gas: u64,
    /// Wei paid for a gas: the base fee.
    pub gas_price: u128,
    /// Index in the block of its first event.
    pub first_log: u64,
}

impl Mined {
    /// A transaction that ran after another one of its block, or first.
    pub(crate) fn after(
        last: Option<&Self>,
        transaction: Recovered<TxEnvelope>,
        execution: Execution,
        base_fee: u64,
    ) -> Self {
        Self {
            cumulative_gas: last.map_or(0, |last| last.cumulative_gas).saturating_add(execution.gas_used),
            first_log: last.map_or(0, |last| last.first_log + last.execution.logs.len() as u64),
            gas_price: base_fee.into(),
            transaction,
            execution,
        }
    }
}

/// A block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The header, as hashed.
    pub header: Header,
    /// Its hash.
    pub hash: B256,
    /// What `block.number` reads inside of contracts: the estimate of the L1 block.
    pub l1_number: u64,
    /// Its transactions in order.
    pub transactions: Vec<Mined>,
}

/// Why the chain did not do what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// The transaction cannot be included; the text says why, with the words that clients look for
    /// (`nonce too low`, `insufficient funds for gas * price + value`, `max fee per gas less than block base fee`).
    #[error("{0}")]
    InvalidTransaction(String),
    /// The chain has no such block.
    #[error("block {0} does not exist, the head is {1}")]
    UnknownBlock(u64, u64),
    /// The state of this block is no longer kept.
    #[error("the state of block {0} is no longer kept, only that of the last {1} blocks")]
    PrunedState(u64, u64),
    /// The sender is no account of the chain's and not impersonated.
    #[error("no key for {0}: it is neither a development account nor impersonated")]
    UnknownSender(Address),
    /// No gas limit makes the call succeed; with the run that failed.
    #[error("the call fails at any gas limit")]
    NotEstimable(Box<Execution>),
    /// The state of this block is on the chain that was forked; this chain has it from the second one on.
    #[error(
        "block {0} is before the fork at block {1}: its balances, nonces, codes and storage can be read, calls run from \
         block {1} on"
    )]
    BeforeFork(u64, u64),
    /// The chain that was forked does not answer.
    #[error(transparent)]
    Unread(#[from] Unread),
    /// A time that is not after the head's.
    #[error("the timestamp {0} is not after the head's {1}")]
    TimestampInPast(u64, u64),
}
