//! Speaking to a chain that runs somewhere: which one, with whose key, and where the suite is on it.
//!
//! - [`Connection`]: the flags that every command shares.
//! - [`Client`]: views, simulations and transactions, whose refusals are sentences.
//! - [`deployment`]: the record of where the suite is.

pub mod deployment;
mod key;
mod network;

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use alloy::eips::BlockId;
use alloy::network::{EthereumWallet, TransactionBuilder};
use alloy::primitives::{Address, B256, Bytes, U256};
use alloy::providers::{DynProvider, PendingTransactionBuilder, Provider, ProviderBuilder};
use alloy::rpc::client::ClientBuilder;
use alloy::rpc::types::{Filter, Log, TransactionReceipt, TransactionRequest};
use alloy::sol_types::SolCall;
use alloy::transports::layers::RetryBackoffLayer;
use alloy::transports::{RpcError, TransportErrorKind, TransportResult};
use anyhow::{Context, Error, Result, anyhow, bail, ensure};
use tokio::sync::Mutex;

use crate::errors;
use deployment::Deployment;
pub use key::Key;
pub use network::Network;

/// How often a request that the node puts off is sent again.
const RETRIES: u32 = 8;
/// Milliseconds before the first of them.
const BACKOFF: u64 = 250;
/// Compute units a second, as rate-limiting nodes count them.
const UNITS_PER_SECOND: u64 = 1_000;
/// How long a request may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long a transaction may take until it is mined.
const MINED_WITHIN: Duration = Duration::from_secs(180);
/// Blocks of one request for logs; fewer where the node finds them too many.
const LOG_RANGE: u64 = 10_000;
/// Blocks of the first step back in search of a time; each step is twice the one before.
const STEP: u64 = 1_024;
/// How long a node may not know yet of a transaction that another one of the same address took.
const LAG: Duration = Duration::from_secs(10);

/// Which chain, and with whose key.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// Chain: local, arbitrum-sepolia, arbitrum-one, or the URL of any node
    #[arg(long, env = "FOMO_NETWORK", hide_env_values = true, default_value = "local", value_name = "NAME|URL")]
    pub network: Network,
    #[command(flatten)]
    pub(crate) key: key::Options,
}

/// What to do about a missing key.
pub const NO_KEY: &str = key::HOW;

impl Connection {
    /// The key that was named, if one was.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn key(&self) -> Result<Option<Key>> {
        self.key.read(&self.network)
    }

    /// Connects; whatever key was named is read, and a chain whose id is not the network's is refused.
    ///
    /// # Errors
    /// When the node does not answer, is of another chain, or the key cannot be read.
    pub async fn connect(&self) -> Result<Client> {
        let key = self.key.read(&self.network)?;
        let client = Client::connect(self.network.url(), key).await?;
        if let Some(expected) = self.network.chain_id() {
            let found = client.chain_id;
            ensure!(
                found == expected,
                "{} has chain id {found}, and {} is {expected}.",
                self.network.host(),
                self.network
            );
        }
        Ok(client)
    }
}

/// A node, and perhaps a key.
#[derive(Debug, Clone)]
pub struct Client {
    provider: DynProvider,
    chain_id: u64,
    sender: Option<Address>,
    /// When the newest transaction was sent, and the nonce behind its own. Whoever sends holds it until the node has taken the transaction,
    /// so that transactions that are sent at once have nonces of their own.
    sent: Arc<Mutex<Option<(Instant, u64)>>>,
}

/// What a contract said no with, as a sentence; what else fails is none.
#[derive(Debug)]
struct Refused(String);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Refused {}

/// Nothing where a contract said no. A node that does not answer, or says no itself, says nothing of the contract and stays an error.
///
/// # Errors
/// When it failed for anything but a contract's no.
pub fn unless_refused<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is::<Refused>() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Client {
    /// Connects to a node.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn connect(url: &str, key: Option<Key>) -> Result<Self> {
        let host = network::public_part(url);
        let parsed = url.parse().with_context(|| format!("\"{host}\" is no URL."))?;
        let http = alloy::transports::http::reqwest::Client::builder().timeout(PATIENCE).build()?;
        let rpc = ClientBuilder::default()
            .layer(RetryBackoffLayer::new(RETRIES, BACKOFF, UNITS_PER_SECOND))
            .http_with_client(http, parsed);
        rpc.set_poll_interval(network::poll_interval(url));
        let builder = ProviderBuilder::new().with_simple_nonce_management();
        let sender = key.as_ref().map(Key::address);
        let provider = match key {
            Some(key) => builder.wallet(EthereumWallet::from(key.into_signer())).connect_client(rpc).erased(),
            None => builder.connect_client(rpc).erased(),
        };
        let chain_id = provider.get_chain_id().await.map_err(|error| refusal(&error));
        let chain_id = chain_id.with_context(|| format!("There is no node at {host}."))?;
        Ok(Self { provider, chain_id, sender, sent: Arc::default() })
    }

    /// What speaks to the node; it signs with the key, if there is one.
    #[must_use]
    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    /// The chain's id.
    #[must_use]
    pub const fn chain_id(&self) -> u64 {
        self.chain_id
    }

    /// Whose key it has.
    ///
    /// # Errors
    /// When there is none; the sentence says how to give one.
    pub fn sender(&self) -> Result<Address> {
        self.sender.context(key::HOW)
    }

    /// Whose key it has, if it has one.
    #[must_use]
    pub const fn account(&self) -> Option<Address> {
        self.sender
    }

    /// The time of the newest block, in seconds.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn now(&self) -> Result<u64> {
        self.time_of(BlockId::latest()).await
    }

    /// What time it would be in a block of now: the newest of a local chain may be long past.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn clock(&self) -> Result<u64> {
        // TIMESTAMP, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN
        let request = TransactionRequest::default().with_deploy_code([0x42, 0x5F, 0x52, 0x60, 0x20, 0x5F, 0xF3]);
        let output = self.provider.call(request).block(BlockId::latest()).await.map_err(|error| refusal(&error))?;
        let time = U256::try_from_be_slice(&output).and_then(|time| u64::try_from(time).ok());
        time.context("The node does not say what time it is.")
    }

    async fn time_of(&self, block: BlockId) -> Result<u64> {
        let found = self.provider.get_block(block).await.map_err(|error| refusal(&error))?;
        Ok(found.with_context(|| format!("The node has no block {block}."))?.header.timestamp)
    }

    /// The number of the newest block.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn head(&self) -> Result<u64> {
        self.provider.get_block_number().await.map_err(|error| refusal(&error))
    }

    /// The first block from `lowest` on whose time is `time` or later; the one after the newest where there is none. It is looked for from
    /// the newest back, so that a time that is not long ago is found in few questions however long the chain is.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn block_since(&self, time: u64, lowest: u64) -> Result<u64> {
        let (mut low, mut high, mut step) = (lowest, self.head().await?.saturating_add(1), STEP);
        while let Some(earlier) = high.checked_sub(step).filter(|earlier| *earlier > low) {
            if self.time_of(BlockId::number(earlier)).await? < time {
                low = earlier.saturating_add(1);
                break;
            }
            (high, step) = (earlier, step.saturating_mul(2));
        }
        while low < high {
            let middle = low.midpoint(high);
            if self.time_of(BlockId::number(middle)).await? < time {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Runs a view as of the newest block.
    ///
    /// # Errors
    /// Where it is refused, or answers something else than its signature says.
    pub async fn view<C: SolCall>(&self, to: Address, call: C) -> Result<C::Return> {
        self.view_at(to, call, BlockId::latest()).await
    }

    /// Runs a view as of a block.
    ///
    /// # Errors
    /// See [`Self::view`].
    pub async fn view_at<C: SolCall>(&self, to: Address, call: C, block: BlockId) -> Result<C::Return> {
        let request = request(self.sender.unwrap_or_default(), to, &call);
        let output = self.provider.call(request).block(block).await.map_err(|error| refusal_of::<C>(&error));
        let output = output.with_context(|| format!("{} of {to} is refused.", name::<C>()))?;
        C::abi_decode_returns_validate(&output)
            .with_context(|| format!("{to} does not answer to {} as it should.", name::<C>()))
    }

    /// Runs what a transaction would do, and undoes it.
    ///
    /// # Errors
    /// Where it would be refused; when there is no key.
    pub async fn simulate<C: SolCall>(&self, to: Address, call: C, value: U256) -> Result<C::Return> {
        let request = request(self.sender()?, to, &call).with_value(value);
        let output = self.provider.call(request).block(BlockId::latest()).await;
        let output = output.map_err(|error| refusal_of::<C>(&error))?;
        C::abi_decode_returns_validate(&output)
            .with_context(|| format!("{to} does not answer to {} as it should.", name::<C>()))
    }

    /// Calls in a transaction and waits until it is mined.
    ///
    /// # Errors
    /// Where it is refused, before or after it was sent; when there is no key.
    pub async fn send<C: SolCall>(&self, to: Address, call: C, value: U256) -> Result<TransactionReceipt> {
        let request = request(self.sender()?, to, &call).with_value(value);
        self.submit(request, refusal_of::<C>).await.with_context(|| format!("{} is refused.", name::<C>()))
    }

    /// Sends a transaction and waits until it is mined.
    async fn submit(&self, request: TransactionRequest, refusal: Refusal) -> Result<TransactionReceipt> {
        let estimate = self.provider.estimate_gas(request.clone()).await.map_err(|error| refusal(&error))?;
        // A fifth more: state may move until it is mined. What is not used is not paid.
        let request = request.with_gas_limit(estimate.saturating_add(estimate / 5));
        let pending = self.hand_over(request.clone()).await.map_err(|error| refusal(&error))?;
        let receipt = mined(pending).await?;
        if !receipt.status() {
            // Run again for its reason: a receipt has none.
            let block = BlockId::number(receipt.block_number.unwrap_or_default());
            let reason = self.provider.call(request).block(block).await.err().map(|error| refusal(&error));
            let reason = reason.unwrap_or_else(|| anyhow!("It succeeds now; the state had moved."));
            return Err(reason.context(format!("Transaction {} failed.", receipt.transaction_hash)));
        }
        Ok(receipt)
    }

    /// Gives the node a transaction, one after the other.
    async fn hand_over(&self, request: TransactionRequest) -> TransportResult<Pending> {
        let mut sent = self.sent.lock().await;
        let known = self.provider.get_transaction_count(request.from.unwrap_or_default()).pending().await?;
        let nonce = next_nonce(known, sent.take());
        let pending = self.provider.send_transaction(request.with_nonce(nonce)).await?;
        *sent = Some((Instant::now(), nonce.saturating_add(1)));
        Ok(pending)
    }

    /// Logs of a range of blocks in their order, asked for in pieces that the node accepts.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn logs(&self, filter: &Filter, from: u64, to: u64) -> Result<Vec<Log>> {
        let (mut logs, mut next, mut range) = (Vec::new(), from, LOG_RANGE);
        while next <= to {
            let last = to.min(next.saturating_add(range - 1));
            match self.provider.get_logs(&filter.clone().from_block(next).to_block(last)).await {
                Ok(mut more) => {
                    logs.append(&mut more);
                    next = last + 1;
                    // What was too much there, or failed by chance, need not be here.
                    range = range.saturating_mul(2).min(LOG_RANGE);
                }
                Err(RpcError::ErrorResp(_)) if range > 1 => range /= 2,
                Err(error) => return Err(refusal(&error).context(format!("Logs of blocks {next} to {last}:"))),
            }
        }
        Ok(logs)
    }

    /// The record of the suite on this chain: the file that is named, or the one that `cargo fomo deploy` writes.
    ///
    /// # Errors
    /// When it cannot be read or is of another chain.
    pub fn deployment(&self, file: Option<&std::path::Path>) -> Result<Deployment> {
        let deployment = match file {
            Some(file) => Deployment::load(file)?,
            None => Deployment::load(&deployment::path(self.chain_id)?)?,
        };
        let found = deployment.chain_id;
        ensure!(found == self.chain_id, "The deployment is of chain {found}, and the node of {}.", self.chain_id);
        Ok(deployment)
    }

    /// Code at an address.
    ///
    /// # Errors
    /// When the node does not answer.
    pub async fn code(&self, address: Address) -> Result<Bytes> {
        self.provider.get_code_at(address).await.map_err(|error| refusal(&error))
    }

    /// Waits until a transaction that was sent before is mined.
    ///
    /// # Errors
    /// When it is not within three minutes.
    pub async fn wait(&self, transaction: B256) -> Result<TransactionReceipt> {
        mined(PendingTransactionBuilder::new(self.provider.root().clone(), transaction)).await
    }
}

/// The nonce of the next transaction, where the node counts so many and this was the newest that was sent. The node that counts need not be
/// the one that took it; one that was lost holds up no other for longer than a node may be late.
fn next_nonce(known: u64, sent: Option<(Instant, u64)>) -> u64 {
    sent.filter(|(when, _)| when.elapsed() < LAG).map_or(known, |(_, next)| known.max(next))
}

/// A transaction that the node has.
type Pending = PendingTransactionBuilder<alloy::network::Ethereum>;

async fn mined(pending: Pending) -> Result<TransactionReceipt> {
    let hash = *pending.tx_hash();
    // A node that mines at once has the receipt already.
    if let Ok(Some(receipt)) = pending.provider().get_transaction_receipt(hash).await {
        return Ok(receipt);
    }
    let pending = pending.with_timeout(Some(MINED_WITHIN));
    match pending.get_receipt().await {
        Ok(receipt) => Ok(receipt),
        Err(error) => bail!("Transaction {hash} was sent, and is not mined: {error}"),
    }
}

/// A call from an account, without nonce, gas and fees.
pub fn request<C: SolCall>(from: Address, to: Address, call: &C) -> TransactionRequest {
    TransactionRequest { from: Some(from), ..TransactionRequest::default() }.with_to(to).with_input(call.abi_encode())
}

/// What makes a sentence of a node's no.
type Refusal = fn(&RpcError<TransportErrorKind>) -> anyhow::Error;

/// Why a node said no, as a sentence: the contract's error where there is one.
#[must_use]
pub fn refusal(error: &RpcError<TransportErrorKind>) -> anyhow::Error {
    said(error, errors::sentence)
}

/// As [`refusal`], of a call: what contracts mean differently by one name means what the one called does.
fn refusal_of<C: SolCall>(error: &RpcError<TransportErrorKind>) -> anyhow::Error {
    said(error, |data| errors::sentence_of(interface::<C>(), data))
}

fn said(error: &RpcError<TransportErrorKind>, sentence: impl Fn(&[u8]) -> String) -> anyhow::Error {
    // Where nothing came through, the reason names the node's address, which may have a secret in it.
    let RpcError::ErrorResp(response) = error else { return anyhow!(network::without_secrets(&error.to_string())) };
    match response.as_revert_data() {
        Some(data) => Error::new(Refused(sentence(&data))),
        // Some nodes leave the data out.
        None if response.message.starts_with("execution reverted") => {
            Error::new(Refused(network::without_secrets(&response.message)))
        }
        None => anyhow!(network::without_secrets(&response.message)),
    }
}

/// The interface of a call, as in "ILaunchpad": the module that its type is in. It is for what people read alone.
fn interface<C>() -> &'static str {
    std::any::type_name::<C>().rsplit("::").nth(1).unwrap_or_default()
}

/// The function's name.
fn name<C: SolCall>() -> &'static str {
    C::SIGNATURE.split('(').next().unwrap_or(C::SIGNATURE)
}

#[cfg(test)]
mod tests {
    use alloy::primitives::hex;
    use alloy::providers::mock::Asserter;
    use alloy::rpc::json_rpc::ErrorPayload;
    use alloy::rpc::types::Log;
    use alloy::sol_types::SolError;
    use alloy::transports::TransportErrorKind;
    use fomo_chain::{Chain, Config, development_key};
    use fomo_rpc::Server;

    use super::{
        Arc, Client, Duration, DynProvider, Filter, Instant, LAG, LOG_RANGE, Provider, ProviderBuilder, RpcError, STEP,
        U256, next_nonce, refusal, refusal_of, unless_refused,
    };
    use crate::abi::{IRevenueSplitter, IStakeRegistry};

    impl Client {
        /// One whose node gives these answers, one after the other.
        pub(crate) fn mocked(answers: &Asserter, sender: Option<super::Address>) -> Self {
            let provider: DynProvider = ProviderBuilder::new().connect_mocked_client(answers.clone()).erased();
            Self { provider, chain_id: 1, sender, sent: Arc::default() }
        }
    }

    #[tokio::test]
    async fn pieces_of_logs_grow_again_after_one_that_was_too_large() {
        let answers = Asserter::new();
        answers.push_failure_msg("too many");
        for _ in 0..4 {
            answers.push_success(&Vec::<Log>::new());
        }
        // 10,000 fail, then 5,000, 10,000, 10,000 and what is left.
        let logs = Client::mocked(&answers, None).logs(&Filter::new(), 1, 3 * LOG_RANGE).await;
        assert!(logs.unwrap().is_empty() && answers.pop_response().is_none());
    }

    #[tokio::test]
    async fn the_block_of_a_time_is_found_in_few_questions() {
        let answers = Asserter::new();
        let block = |number: u64| {
            let mut block = alloy::rpc::types::Block::<alloy::rpc::types::Transaction>::default();
            (block.header.inner.number, block.header.inner.timestamp) = (number, 1_000 + number);
            block
        };
        answers.push_success(&99_u64);
        for number in [50, 25, 12, 6, 3, 5, 4] {
            answers.push_success(&block(number));
        }
        let client = Client::mocked(&answers, None);
        assert_eq!(client.block_since(1_005, 0).await.unwrap(), 5);
        // Of a long chain only what is near its end is asked for.
        answers.push_success(&(1_000 * STEP));
        let [newer, older] = [999 * STEP + 1, 997 * STEP + 1];
        for number in [newer, older] {
            answers.push_success(&block(number));
        }
        let (mut low, mut high) = (older + 1, newer);
        let wanted = 998 * STEP;
        while low < high {
            let middle = low.midpoint(high);
            answers.push_success(&block(middle));
            if middle < wanted { low = middle + 1 } else { high = middle }
        }
        assert_eq!(client.block_since(1_000 + wanted, 0).await.unwrap(), wanted);
        assert!(answers.pop_response().is_none());
    }

    #[tokio::test]
    async fn transactions_at_once_have_nonces_of_their_own() {
        let server = Server::start(Chain::new(Config::default()), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let key = development_key(0).unwrap();
        let client = Client::connect(&server.url(), Some(key.clone().into())).await.unwrap();
        // To an account without code, which takes everything.
        let send =
            || client.send(development_key(1).unwrap().address(), IStakeRegistry::stakeCall::default(), U256::ZERO);
        let (a, b, c, d) = tokio::join!(send(), send(), send(), send());
        assert!([a, b, c, d].iter().all(Result::is_ok));
        assert_eq!(client.provider().get_transaction_count(key.address()).await.unwrap(), 4);
    }

    #[test]
    fn a_node_that_counts_late_is_not_believed_for_a_while() {
        let ago = |time: Duration| Instant::now().checked_sub(time).map(|when| (when, 7));
        assert_eq!(next_nonce(3, ago(LAG / 2)), 7, "the node does not know of it yet");
        assert_eq!(next_nonce(9, ago(LAG / 2)), 9, "somebody else sends with this key too");
        assert_eq!([next_nonce(3, ago(LAG * 2)), next_nonce(3, None)], [3, 3], "it was lost, or there was none");
    }

    #[test]
    fn only_a_contracts_no_is_a_refusal() {
        let error = |message: &'static str, data: Option<&str>| {
            let data = data.map(|data| serde_json::value::RawValue::from_string(format!("\"{data}\"")).unwrap());
            refusal(&RpcError::ErrorResp(ErrorPayload { code: 3, message: message.into(), data }))
        };
        let none = |error: anyhow::Error| unless_refused(Err::<(), _>(error.context("Of two").context("contexts.")));
        for (message, data) in [("execution reverted", Some("0x12345678")), ("execution reverted", None)] {
            assert!(none(error(message, data)).unwrap().is_none(), "{message}");
        }
        assert!(none(error("too many requests", None)).is_err());
        assert!(none(refusal(&TransportErrorKind::custom_str("no connection"))).is_err());
        assert_eq!(unless_refused(Ok(1)).unwrap(), Some(1));
    }

    #[test]
    fn a_refusal_means_what_the_contract_that_was_called_means() {
        let data = format!("\"{}\"", hex::encode_prefixed(IStakeRegistry::ZeroAmount::SELECTOR));
        let payload = ErrorPayload {
            code: 3,
            message: "execution reverted".into(),
            data: Some(serde_json::value::RawValue::from_string(data).unwrap()),
        };
        let error = RpcError::ErrorResp(payload);
        let by_registry = refusal_of::<IStakeRegistry::stakeCall>(&error).to_string();
        assert_eq!(by_registry, "ZeroAmount: Nothing to stake, to unstake or to lock.");
        assert_eq!(
            refusal_of::<IRevenueSplitter::settleCall>(&error).to_string(),
            "ZeroAmount: A settlement of nothing."
        );
        assert!(refusal(&error).to_string().contains(" Or: "));
    }

    #[test]
    fn a_nodes_address_is_said_without_what_may_be_secret() {
        let why = "error sending request for url (https://user:word@node.example:1/v2/secret?key=secret), tried twice";
        let said = refusal(&TransportErrorKind::custom_str(why)).to_string();
        assert!(said.contains("(https://node.example:1), tried twice"), "{said}");
        assert!(!said.contains("secret") && !said.contains("word"), "{said}");
    }
}
