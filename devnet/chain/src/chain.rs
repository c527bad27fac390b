//! The chain: blocks, their states, the transactions that wait, and the clock.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use alloy::consensus::proofs::{calculate_receipt_root, calculate_transaction_root};
use alloy::consensus::transaction::{Recovered, SignerRecoverable};
use alloy::consensus::{
    EMPTY_OMMER_ROOT_HASH, Eip658Value, Header, Receipt, ReceiptWithBloom, SignableTransaction, Transaction,
    TxEnvelope, Typed2718, TypedTransaction,
};
use alloy::network::TransactionBuilder;
use alloy::rpc::types::state::StateOverride;
use alloy::rpc::types::{BlockOverrides, TransactionRequest};
use alloy::signers::SignerSync;
use alloy::signers::local::coins_bip39::English;
use alloy::signers::local::{MnemonicBuilder, PrivateKeySigner};
use alloy_primitives::{Address, B64, B256, Bloom, Bytes, Signature, U256};
use fomo_wasm::Rules;
use imbl::Vector;
use revm::context::TxEnv;

use crate::blocks::Blocks;
use crate::execute::{self, BlockSetting, Mode};
use crate::fork::{Fork, ForkPoint, Source, Unread};
use crate::precompiles::ARBOS_PRECOMPILES;
use crate::profile::Profile;
use crate::programs::{self, ProgramRecord};
use crate::state::{State, known};
use crate::store::{self, Recorder, SettingsRecord, StateError};
use crate::trace::Frame;
use crate::types::{Block, ChainError, Config, Execution, Mined};

/// The mnemonic of the development accounts, known to every tool.
pub const MNEMONIC: &str = "test test test test test test test test test test test junk";

/// Blocks whose state is kept for calls.
pub const KEPT_STATES: u64 = 128;

/// What `block.number` starts at inside of contracts; far from the chain's own numbers, so that code that confuses the
/// two is found out.
const L1_GENESIS: u64 = 20_000_000;
/// Seconds of an L1 block.
const L1_BLOCK_TIME: u64 = 12;
/// Transactions that may wait.
const MAX_POOL: usize = 1_024;
/// Gas of a call that names no limit.
const CALL_GAS: u64 = 50_000_000;

/// Runs something and tells more of it than how it ended.
type Inspect<T> = fn(&Config, Address, &mut State, &mut BlockSetting, TxEnv, Mode) -> Result<T, ChainError>;

/// Everything that a snapshot brings back.
#[derive(Debug, Clone)]
struct Snapshot {
    head: u64,
    states: BTreeMap<u64, State>,
    time_offset: i64,
    next_timestamp: Option<u64>,
    base_fee: u64,
    pool: Vec<Recovered<TxEnvelope>>,
    /// Where the record was.
    position: u64,
}

/// An Arbitrum chain with Stylus, in memory.
///
/// It is synchronous and deterministic but for its clock: transactions run when they are submitted, or when a block is
/// mined. A copy shares what neither changes.
#[derive(Debug, Clone)]
pub struct Chain {
    config: Config,
    keys: Vec<PrivateKeySigner>,
    /// The chain that was forked, if one was.
    fork: Option<Arc<Fork>>,
    /// From the first one on: of a forked chain, the block that it was forked at.
    blocks: Blocks,
    states: BTreeMap<u64, State>,
    pool: Vec<Recovered<TxEnvelope>>,
    impersonated: HashSet<Address>,
    auto_impersonate: bool,
    auto_mine: bool,
    base_fee: u64,
    genesis_time: u64,
    /// What `block.number` is inside of contracts at that time.
    l1_genesis: u64,
    time_offset: i64,
    next_timestamp: Option<u64>,
    snapshots: BTreeMap<u64, Snapshot>,
    next_snapshot: u64,
    recorder: Recorder,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_secs())
}

fn development_keys(count: u32) -> Vec<PrivateKeySigner> {
    (0..count).filter_map(development_key).collect()
}

/// The key of an account that every local chain has, from 0; everybody knows it.
#[must_use]
pub fn development_key(index: u32) -> Option<PrivateKeySigner> {
    MnemonicBuilder::<English>::default().phrase(MNEMONIC).index(index).ok()?.build().ok()
}

impl Chain {
    /// A chain with its genesis block.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut chain = Self::without_blocks(config);
        let (config, keys) = (&chain.config, &chain.keys);
        let mut state = State::default();
        for key in keys {
            state.set_balance(key.address(), config.balance);
        }
        for address in ARBOS_PRECOMPILES {
            state.set_code(address, Bytes::from_static(&[0xFE]));
        }
        // Accounts without code, balance or nonce do not survive a touch.
        state.set_nonce(programs::ARBOS, 1);
        chain.seal(chain.genesis_time, state, Vec::new());
        chain
    }

    /// A chain that goes on from a block of another one, which it reads from and never writes to. Chain id and the first
    /// block's time are those of the settings.
    #[must_use]
    pub fn forked(config: Config, point: ForkPoint, source: Arc<dyn Source>) -> Self {
        let fork = Fork::new(point, source, Rules::for_arbos(config.arbos));
        let config =
            Config { genesis_time: Some(config.genesis_time.unwrap_or(fork.point().header.timestamp)), ..config };
        let mut chain = Self::without_blocks(config);
        chain.start_at(Arc::new(fork));
        let (balance, accounts) = (chain.config.balance, chain.accounts());
        let state = chain.head_state_mut();
        for account in accounts {
            state.set_balance(account, balance);
            // Everybody has these keys, and on public chains made the accounts send on whatever they get.
            state.set_code(account, Bytes::new());
        }
        for address in ARBOS_PRECOMPILES {
            state.set_code(address, Bytes::from_static(&[0xFE]));
        }
        state.set_nonce(programs::ARBOS, 1);
        chain
    }

    /// Takes the block of another chain for its first one.
    fn start_at(&mut self, fork: Arc<Fork>) {
        let point = fork.point();
        let (header, hash, l1_number) = (point.header.clone(), point.hash, point.l1_number);
        self.genesis_time = header.timestamp;
        self.l1_genesis = l1_number;
        self.blocks = Blocks::from(header.number);
        self.fork = Some(Arc::clone(&fork));
        let block = Block { header, hash, l1_number, transactions: Vec::new() };
        self.push(Arc::new(block), State::forked(fork));
    }

    /// A chain before its genesis block.
    pub(crate) fn without_blocks(config: Config) -> Self {
        let genesis_time = config.genesis_time.unwrap_or_else(now);
        Self {
            keys: development_keys(config.accounts),
            fork: None,
            blocks: Blocks::default(),
            states: BTreeMap::new(),
            pool: Vec::new(),
            impersonated: HashSet::new(),
            auto_impersonate: false,
            auto_mine: config.auto_mine,
            base_fee: config.base_fee,
            genesis_time,
            l1_genesis: L1_GENESIS,
            // With a genesis time of its own the clock goes on from there.
            time_offset: config.genesis_time.map_or(0, |time| time.cast_signed().saturating_sub(now().cast_signed())),
            next_timestamp: None,
            snapshots: BTreeMap::new(),
            next_snapshot: 0,
            recorder: Recorder::default(),
            config,
        }
    }

    // ---- what there is ----

    /// The settings that it was made with.
    #[must_use]
    pub const fn config(&self) -> &Config {
        &self.config
    }

    /// The Stylus parameters in force.
    #[must_use]
    pub const fn rules(&self) -> Rules {
        Rules::for_arbos(self.config.arbos)
    }

    /// The funded development accounts.
    #[must_use]
    pub fn accounts(&self) -> Vec<Address> {
        self.keys.iter().map(PrivateKeySigner::address).collect()
    }

    /// The private keys of the development accounts, in the order of [`Self::accounts`]. They are known to everybody.
    #[must_use]
    pub fn development_keys(&self) -> &[PrivateKeySigner] {
        &self.keys
    }

    /// Who owns the chain: manages the cache of programs and receives nothing. The first development account.
    #[must_use]
    pub fn owner(&self) -> Address {
        self.keys.first().map_or(Address::ZERO, PrivateKeySigner::address)
    }

    /// What it was forked from, if it was.
    #[must_use]
    pub fn fork_point(&self) -> Option<&ForkPoint> {
        self.fork.as_deref().map(Fork::point)
    }

    /// Reads from this chain from now on: what a forked chain that comes from a file needs before anything else.
    ///
    /// # Errors
    /// [`StateError::OtherFork`] if it was not forked from that block of that chain.
    pub fn attach(&mut self, point: ForkPoint, source: Arc<dyn Source>) -> Result<(), StateError> {
        let other = |own: String| StateError::OtherFork(own, point.to_string());
        match self.fork_point() {
            None => return Err(other("no other chain".into())),
            Some(own) if !own.is_same(&point) => return Err(other(own.to_string())),
            Some(_) => {}
        }
        let fork = Arc::new(Fork::new(point, source, self.rules()));
        for state in self.states.values_mut() {
            state.attach(&fork);
        }
        self.fork = Some(fork);
        Ok(())
    }

    /// Number of the first block that there is here: 0, or of a forked chain the block that it was forked at.
    #[must_use]
    pub fn first(&self) -> u64 {
        self.fork_point().map_or(0, ForkPoint::number)
    }

    /// Number of the next block.
    fn next(&self) -> u64 {
        self.blocks.next()
    }

    /// Number of the latest block.
    #[must_use]
    pub fn head(&self) -> u64 {
        self.next().saturating_sub(1)
    }

    /// A block by number.
    ///
    /// # Panics
    /// As every question about blocks and transactions: if the file that old blocks are in cannot be read any more. It is
    /// this process's own, without a name.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<Arc<Block>> {
        self.blocks.get(number)
    }

    /// The header of a block by number, without reading the rest of it.
    #[must_use]
    pub fn header_of(&self, number: u64) -> Option<Header> {
        self.blocks.header(number)
    }

    /// The hashes of all blocks from the first on. A copy shares what neither changes.
    #[must_use]
    pub const fn hashes(&self) -> &Vector<B256> {
        self.blocks.hashes()
    }

    /// The number of a block by its hash.
    #[must_use]
    pub fn block_number_by_hash(&self, hash: B256) -> Option<u64> {
        self.blocks.number_by_hash(hash)
    }

    /// A mined transaction: its block and its index there.
    #[must_use]
    pub fn transaction(&self, hash: B256) -> Option<(Arc<Block>, usize)> {
        self.blocks.transaction(hash)
    }

    /// A mined transaction with its result.
    #[must_use]
    pub fn receipt(&self, hash: B256) -> Option<Mined> {
        let (block, index) = self.transaction(hash)?;
        block.transactions.get(index).cloned()
    }

    /// Transactions that wait.
    #[must_use]
    pub fn pending(&self) -> Vec<Recovered<TxEnvelope>> {
        self.pool.clone()
    }

    /// A transaction that waits.
    #[must_use]
    pub fn pending_transaction(&self, hash: B256) -> Option<Recovered<TxEnvelope>> {
        self.pool.iter().find(|tx| *tx.tx_hash() == hash).cloned()
    }

    /// The state at the end of a block.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`] beyond the head, [`ChainError::PrunedState`] before the last [`KEPT_STATES`],
    /// [`ChainError::BeforeFork`] before the block that the chain was forked at.
    pub fn state(&self, block: u64) -> Result<&State, ChainError> {
        let (first, head) = (self.first(), self.head());
        if block > head {
            return Err(ChainError::UnknownBlock(block, head));
        }
        if block < first {
            return Err(ChainError::BeforeFork(block, first));
        }
        self.states.get(&block).ok_or(ChainError::PrunedState(block, KEPT_STATES))
    }

    /// The state at the end of the latest block.
    #[must_use]
    pub fn head_state(&self) -> State {
        self.states.get(&self.head()).cloned().unwrap_or_default()
    }

    /// Nonce of an account's next transaction, after those that wait.
    ///
    /// # Panics
    /// Where [`Self::try_pending_nonce`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn pending_nonce(&self, address: Address) -> u64 {
        known(self.try_pending_nonce(address))
    }

    /// Nonce of an account's next transaction, after those that wait.
    ///
    /// # Errors
    /// [`Unread`] where the chain that was forked has to be asked and does not answer.
    pub fn try_pending_nonce(&self, address: Address) -> Result<u64, Unread> {
        let mut nonce = self.head_state().try_nonce(address)?;
        let mut waiting: Vec<u64> = self.pool.iter().filter(|tx| tx.signer() == address).map(|tx| tx.nonce()).collect();
        waiting.sort_unstable();
        for taken in waiting {
            if taken == nonce {
                nonce = nonce.saturating_add(1);
            }
        }
        Ok(nonce)
    }

    /// The record of a program by its code hash, in the latest block. Of a forked chain's programs only those are known
    /// that were read before.
    ///
    /// # Panics
    /// If it has to be read from the chain that was forked, which does not answer.
    #[must_use]
    #[track_caller]
    pub fn program(&self, code_hash: B256) -> ProgramRecord {
        known(programs::read(&self.head_state(), code_hash))
    }

    /// Puts a program into the cache or out of it without a bid.
    ///
    /// # Panics
    /// As [`Self::program`].
    #[track_caller]
    pub fn set_cached(&mut self, code_hash: B256, cached: bool) {
        let state = self.head_state_mut();
        let record = ProgramRecord { cached, ..known(programs::read(state, code_hash)) };
        programs::write(state, code_hash, &record);
    }

    // ---- running ----

    /// Runs a call on the state of a block; nothing of it stays.
    ///
    /// # Errors
    /// Those of [`Self::state`]; [`ChainError::InvalidTransaction`] where it cannot even start.
    pub fn call(
        &self,
        request: &TransactionRequest,
        block: u64,
        overrides: &StateOverride,
        block_overrides: &BlockOverrides,
    ) -> Result<Execution, ChainError> {
        let mut state = self.state(block)?.clone();
        override_state(&mut state, overrides);
        let setting = self.call_setting(block, block_overrides);
        // The cap is the chain's own, whatever block the caller makes up: a call must end.
        let gas = request.gas.unwrap_or(CALL_GAS).min(CALL_GAS.max(self.config.block_gas_limit));
        self.call_with(request, state, setting, gas)
    }

    fn call_with(
        &self,
        request: &TransactionRequest,
        mut state: State,
        mut setting: BlockSetting,
        gas: u64,
    ) -> Result<Execution, ChainError> {
        let env = execute::request_env(request, self.config.chain_id, gas);
        if env.gas_price == 0 {
            setting.base_fee = 0;
        }
        execute::run(&self.config, self.owner(), &mut state, &mut setting, env, Mode::Call)
    }

    /// The frames of a call on the state of a block.
    ///
    /// # Errors
    /// Those of [`Self::call`].
    pub fn trace_call(
        &self,
        request: &TransactionRequest,
        block: u64,
        overrides: &StateOverride,
        block_overrides: &BlockOverrides,
    ) -> Result<Frame, ChainError> {
        self.inspect_call(request, block, overrides, block_overrides, execute::trace)
    }

    /// Where the gas of a call on the state of a block goes.
    ///
    /// # Errors
    /// Those of [`Self::call`].
    pub fn profile_call(
        &self,
        request: &TransactionRequest,
        block: u64,
        overrides: &StateOverride,
        block_overrides: &BlockOverrides,
    ) -> Result<Profile, ChainError> {
        self.inspect_call(request, block, overrides, block_overrides, execute::profile)
    }

    fn inspect_call<T>(
        &self,
        request: &TransactionRequest,
        block: u64,
        overrides: &StateOverride,
        block_overrides: &BlockOverrides,
        inspect: Inspect<T>,
    ) -> Result<T, ChainError> {
        let mut state = self.state(block)?.clone();
        override_state(&mut state, overrides);
        let mut setting = self.call_setting(block, block_overrides);
        let gas = request.gas.unwrap_or(CALL_GAS).min(CALL_GAS.max(self.config.block_gas_limit));
        let env = execute::request_env(request, self.config.chain_id, gas);
        if env.gas_price == 0 {
            setting.base_fee = 0;
        }
        inspect(&self.config, self.owner(), &mut state, &mut setting, env, Mode::Call)
    }

    /// The frames of a mined transaction, which runs again for it after those before it in its block; nothing if there
    /// is no such transaction.
    ///
    /// # Errors
    /// Those of [`Self::state`] for the block before; [`ChainError::InvalidTransaction`] if the chain's rules were changed
    /// since, so that it could not be included now.
    pub fn trace_transaction(&self, hash: B256) -> Result<Option<Frame>, ChainError> {
        self.inspect_transaction(hash, execute::trace)
    }

    /// Where the gas of a mined transaction went, which runs again for it as for a trace.
    ///
    /// # Errors
    /// Those of [`Self::trace_transaction`].
    pub fn profile_transaction(&self, hash: B256) -> Result<Option<Profile>, ChainError> {
        self.inspect_transaction(hash, execute::profile)
    }

    fn inspect_transaction<T>(&self, hash: B256, inspect: Inspect<T>) -> Result<Option<T>, ChainError> {
        let Some((block, index)) = self.transaction(hash) else { return Ok(None) };
        let mut state = self.state(block.header.number.saturating_sub(1))?.clone();
        let mut setting = self.setting(block.header.number, block.header.timestamp);
        setting.base_fee = block.header.base_fee_per_gas.unwrap_or_default();
        (setting.gas_price, setting.gas_limit) = (setting.base_fee, block.header.gas_limit);
        for mined in block.transactions.iter().take(index) {
            let (env, mode) = rerun(mined, setting.base_fee);
            execute::run(&self.config, self.owner(), &mut state, &mut setting, env, mode)?;
        }
        let Some(mined) = block.transactions.get(index) else { return Ok(None) };
        let (env, mode) = rerun(mined, setting.base_fee);
        inspect(&self.config, self.owner(), &mut state, &mut setting, env, mode).map(Some)
    }

    /// Least gas limit at which a call succeeds, within 1.5 %.
    ///
    /// # Errors
    /// Those of [`Self::call`]; [`ChainError::NotEstimable`] if no limit makes it succeed.
    pub fn estimate_gas(
        &self,
        request: &TransactionRequest,
        block: u64,
        overrides: &StateOverride,
    ) -> Result<u64, ChainError> {
        let mut state = self.state(block)?.clone();
        override_state(&mut state, overrides);
        let setting = self.call_setting(block, &BlockOverrides::default());
        let mut most = request.gas.unwrap_or(setting.gas_limit).min(setting.gas_limit);
        let price = request.gas_price.or(request.max_fee_per_gas).unwrap_or_default();
        if price > 0 {
            let funds =
                state.try_balance(request.from.unwrap_or_default())?.saturating_sub(request.value.unwrap_or_default());
            most = most.min(u64::try_from(funds / U256::from(price)).unwrap_or(u64::MAX));
        }
        let run = |gas| self.call_with(request, state.clone(), setting.clone(), gas);
        let succeeds = |gas| match run(gas) {
            Err(ChainError::InvalidTransaction(_)) => Ok(false),
            other => other.map(|run| run.success()),
        };
        let first = run(most)?;
        if !first.success() {
            return Err(ChainError::NotEstimable(Box::new(first)));
        }
        let mut least = first.gas_used.saturating_sub(1);
        // What a refund hides and a callee keeps back, most calls need no more than a 64th on top.
        let guess = first.gas_used + first.gas_used / 63 + 2_300;
        if guess < most && succeeds(guess)? {
            most = guess;
        }
        while least + 1 < most && (most - least) / 15 > most / 1_000 {
            let middle = least + (most - least) / 2;
            if succeeds(middle)? { most = middle } else { least = middle }
        }
        Ok(most)
    }

    /// Takes in a signed transaction: runs it if the chain mines at once, else keeps it for the next block.
    ///
    /// # Errors
    /// [`ChainError::InvalidTransaction`] if it can never be included as it is.
    pub fn submit(&mut self, tx: TxEnvelope) -> Result<B256, ChainError> {
        if tx.is_eip4844() {
            return Err(invalid("transactions with blobs (type 3) are not supported on Arbitrum"));
        }
        if tx.chain_id().is_some_and(|id| id != self.config.chain_id) {
            let (have, want) = (tx.chain_id().unwrap_or_default(), self.config.chain_id);
            return Err(invalid(format!("invalid chain id for signer: have {have} want {want}")));
        }
        let signer = tx.recover_signer().map_err(|_| invalid("invalid sender: the signature does not recover"))?;
        self.include(Recovered::new_unchecked(tx, signer))
    }

    /// Signs and submits for a development account, or submits for an impersonated one. Nonce, gas, fees and type are
    /// filled in where they are missing.
    ///
    /// # Errors
    /// [`ChainError::UnknownSender`], those of [`Self::estimate_gas`] and of [`Self::submit`].
    pub fn submit_request(&mut self, request: TransactionRequest) -> Result<B256, ChainError> {
        let from = request.from.or_else(|| self.accounts().first().copied()).unwrap_or_default();
        let key = self.keys.iter().find(|key| key.address() == from).cloned();
        if key.is_none() && !self.auto_impersonate && !self.impersonated.contains(&from) {
            return Err(ChainError::UnknownSender(from));
        }
        let typed = self.fill(request, from)?;
        let signature = match key {
            Some(key) => key
                .sign_hash_sync(&typed.signature_hash())
                .map_err(|error| invalid(format!("the transaction cannot be signed: {error}")))?,
            None => placeholder(from),
        };
        self.include(Recovered::new_unchecked(typed.into_signed(signature).into(), from))
    }

    fn fill(&self, mut request: TransactionRequest, from: Address) -> Result<TypedTransaction, ChainError> {
        request.from = Some(from);
        request.chain_id = Some(self.config.chain_id);
        if request.to.is_none() {
            request.set_create();
        }
        if request.nonce.is_none() {
            request.nonce = Some(self.try_pending_nonce(from)?);
        }
        if request.gas.is_none() {
            request.gas = Some(self.estimate_gas(&request, self.head(), &StateOverride::default())?);
        }
        if request.gas_price.is_none() {
            let tip = request.max_priority_fee_per_gas.unwrap_or_default();
            request.max_priority_fee_per_gas = Some(tip);
            request.max_fee_per_gas.get_or_insert(u128::from(self.base_fee).saturating_add(tip));
        }
        request.build_typed_tx().map_err(|_| invalid("the request mixes fields of different transaction types"))
    }

    /// Signs a message as `personal_sign` does, for a development account.
    ///
    /// # Errors
    /// [`ChainError::UnknownSender`].
    pub fn sign_message(&self, from: Address, message: &[u8]) -> Result<Bytes, ChainError> {
        let unknown = ChainError::UnknownSender(from);
        let key = self.keys.iter().find(|key| key.address() == from).ok_or(unknown.clone())?;
        let signature = key.sign_message_sync(message).map_err(|_| unknown)?;
        Ok(signature.as_bytes().to_vec().into())
    }

    fn include(&mut self, tx: Recovered<TxEnvelope>) -> Result<B256, ChainError> {
        let hash = *tx.tx_hash();
        self.check(&tx)?;
        if !self.auto_mine || tx.nonce() > self.head_state().try_nonce(tx.signer())? {
            let setting = self.next_setting();
            let env = execute::transaction_env(&tx, setting.base_fee);
            execute::check(&self.config, &setting, env)?;
            self.queue(tx)?;
            return Ok(hash);
        }
        let sender = tx.signer();
        self.mine_with(tx)?;
        // What waited for this nonce goes on.
        while let Some(at) = self.next_of(sender) {
            let tx = self.pool.remove(at);
            match self.mine_with(tx.clone()) {
                Ok(()) => {}
                // It still can be mined, once the forked chain answers.
                Err(ChainError::Unread(_)) => {
                    self.pool.insert(at, tx);
                    break;
                }
                Err(_) => break,
            }
        }
        // It was mined, so that its sender is known here.
        if let Ok(nonce) = self.head_state().try_nonce(sender) {
            self.pool.retain(|tx| tx.signer() != sender || tx.nonce() >= nonce);
        }
        Ok(hash)
    }

    fn next_of(&self, sender: Address) -> Option<usize> {
        let nonce = self.head_state().try_nonce(sender).ok()?;
        self.pool.iter().position(|tx| tx.signer() == sender && tx.nonce() == nonce)
    }

    fn check(&self, tx: &Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let state = self.head_state();
        let hash = *tx.tx_hash();
        if self.transaction(hash).is_some() || self.pool.iter().any(|known| *known.tx_hash() == hash) {
            return Err(invalid("already known"));
        }
        let (next, nonce) = (state.try_nonce(tx.signer())?, tx.nonce());
        if nonce < next {
            return Err(invalid(format!("nonce too low: next nonce {next}, tx nonce {nonce}")));
        }
        if tx.gas_limit() > self.config.block_gas_limit {
            return Err(invalid("exceeds block gas limit"));
        }
        let (max_fee, base_fee) = (tx.max_fee_per_gas(), self.base_fee);
        if max_fee < u128::from(base_fee) {
            return Err(invalid(format!(
                "max fee per gas less than block base fee: address {}, maxFeePerGas: {max_fee}, baseFee: {base_fee}",
                tx.signer()
            )));
        }
        if tx.max_priority_fee_per_gas().is_some_and(|tip| tip > max_fee) {
            return Err(invalid("max priority fee per gas higher than max fee per gas"));
        }
        let cost = U256::from(max_fee).saturating_mul(U256::from(tx.gas_limit())).saturating_add(tx.value());
        let balance = state.try_balance(tx.signer())?;
        if balance < cost {
            return Err(invalid(format!(
                "insufficient funds for gas * price + value: balance {balance}, tx cost {cost}"
            )));
        }
        Ok(())
    }

    /// Keeps a transaction for a later block; a second one of the same nonce replaces the first if it pays more.
    fn queue(&mut self, tx: Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let same = |other: &Recovered<TxEnvelope>| other.signer() == tx.signer() && other.nonce() == tx.nonce();
        match self.pool.iter().position(same) {
            Some(at) => {
                let replaced = self.pool.get_mut(at).filter(|old| tx.max_fee_per_gas() > old.max_fee_per_gas());
                *replaced.ok_or_else(|| invalid("replacement transaction underpriced"))? = tx;
            }
            None if self.pool.len() >= MAX_POOL => return Err(invalid("txpool is full")),
            None => self.pool.push(tx),
        }
        Ok(())
    }

    /// Forgets a transaction that waits; whether there was one.
    pub fn drop_transaction(&mut self, hash: B256) -> bool {
        let before = self.pool.len();
        self.pool.retain(|tx| *tx.tx_hash() != hash);
        self.pool.len() != before
    }

    // ---- blocks ----

    /// Mines blocks, the first with what waits, `interval` seconds apart where it is given. What would need something of a
    /// forked chain that does not answer goes on waiting.
    pub fn mine(&mut self, blocks: u64, interval: Option<u64>) {
        for index in 0..blocks {
            if let Some(interval) = interval.filter(|_| index > 0) {
                // The clock goes on from there; beyond any calendar it stays.
                let _ = self.set_next_timestamp(self.head_timestamp().saturating_add(interval));
            }
            let waiting = std::mem::take(&mut self.pool);
            let left = self.mine_all(waiting);
            self.pool = left;
        }
    }

    /// Mines one block with as many of the transactions as can go in; those that have to wait come back.
    fn mine_all(&mut self, mut waiting: Vec<Recovered<TxEnvelope>>) -> Vec<Recovered<TxEnvelope>> {
        let mut state = self.head_state();
        let mut setting = self.next_setting();
        let (mut mined, mut stuck) = (Vec::new(), Vec::new());
        let mut gas = 0;
        // Round after round, since one transaction may make the next one of its sender ready.
        loop {
            let ready = waiting.iter().position(|tx| {
                tx.max_fee_per_gas() >= u128::from(setting.base_fee)
                    && state.try_nonce(tx.signer()) == Ok(tx.nonce())
                    && tx.gas_limit() <= setting.gas_limit.saturating_sub(gas)
            });
            let Some(at) = ready else { break };
            let tx = waiting.remove(at);
            match self.execute(&mut state, &mut setting, tx.clone(), &mined) {
                Ok(done) => {
                    gas = done.cumulative_gas;
                    mined.push(done);
                }
                Err(ChainError::Unread(unread)) => {
                    tracing::warn!("transaction {} waits: {unread}", tx.tx_hash());
                    stuck.push(tx);
                }
                Err(_) => {}
            }
        }
        waiting.append(&mut stuck);
        // Where the sender is not known, nothing is known against it.
        waiting.retain(|tx| state.try_nonce(tx.signer()).map_or(true, |nonce| tx.nonce() >= nonce));
        self.next_timestamp = None;
        self.seal(setting.timestamp, state, mined);
        waiting
    }

    /// Mines one block with exactly this transaction, or none if it cannot be included.
    fn mine_with(&mut self, tx: Recovered<TxEnvelope>) -> Result<(), ChainError> {
        let mut state = self.head_state();
        let mut setting = self.next_setting();
        let mined = self.execute(&mut state, &mut setting, tx, &[])?;
        self.next_timestamp = None;
        self.seal(setting.timestamp, state, vec![mined]);
        Ok(())
    }

    fn execute(
        &self,
        state: &mut State,
        setting: &mut BlockSetting,
        tx: Recovered<TxEnvelope>,
        before: &[Mined],
    ) -> Result<Mined, ChainError> {
        let env = execute::transaction_env(&tx, setting.base_fee);
        // Impersonated senders may be contracts.
        let impersonated = self.auto_impersonate || self.impersonated.contains(&tx.signer());
        let mode = if impersonated { Mode::Call } else { Mode::Transaction };
        let execution = execute::run(&self.config, self.owner(), state, setting, env, mode)?;
        Ok(Mined::after(before.last(), tx, execution, setting.base_fee))
    }

    fn seal(&mut self, timestamp: u64, mut state: State, transactions: Vec<Mined>) {
        let number = self.next();
        let parent = self.blocks.last_hash();
        let l1_number = self.l1_number(timestamp);
        let header = self.header(number, parent, timestamp, l1_number, &transactions);
        let block = Arc::new(Block { hash: header.hash_slow(), header, l1_number, transactions });
        if self.recorder.is_started() {
            self.record_changes();
            let touched = state.take_touched();
            self.recorder.block(&block, &state, &touched);
        }
        self.push(block, state);
    }

    fn push(&mut self, block: Arc<Block>, state: State) {
        let number = block.header.number;
        self.blocks.push(block);
        self.states.insert(number, state);
        if let Some(old) = number.checked_sub(KEPT_STATES) {
            self.states.remove(&old);
        }
    }

    fn header(&self, number: u64, parent: B256, timestamp: u64, l1_number: u64, mined: &[Mined]) -> Header {
        let transactions: Vec<&TxEnvelope> = mined.iter().map(|mined| mined.transaction.inner()).collect();
        let receipts: Vec<_> = mined.iter().map(receipt).collect();
        let bloom = receipts.iter().fold(Bloom::ZERO, |bloom, receipt| bloom | *receipt.logs_bloom());
        Header {
            parent_hash: parent,
            ommers_hash: EMPTY_OMMER_ROOT_HASH,
            beneficiary: BlockSetting::SEQUENCER,
            // No trie of the state is kept; the root stands for nothing.
            state_root: B256::ZERO,
            transactions_root: calculate_transaction_root(&transactions),
            receipts_root: calculate_receipt_root(&receipts),
            logs_bloom: bloom,
            difficulty: U256::ONE,
            number,
            gas_limit: self.config.block_gas_limit,
            gas_used: mined.last().map_or(0, |last| last.cumulative_gas),
            timestamp,
            // Nitro keeps its counts here: messages sent, the L1 block, the ArbOS version.
            mix_hash: mix_hash(l1_number, self.config.arbos),
            nonce: B64::ZERO,
            base_fee_per_gas: Some(self.base_fee),
            ..Header::default()
        }
    }

    fn l1_number(&self, timestamp: u64) -> u64 {
        self.l1_genesis.saturating_add(timestamp.saturating_sub(self.genesis_time) / L1_BLOCK_TIME)
    }

    fn head_timestamp(&self) -> u64 {
        self.blocks.header(self.head()).map_or(self.genesis_time, |header| header.timestamp)
    }

    fn next_setting(&self) -> BlockSetting {
        let clock = now().saturating_add_signed(self.time_offset);
        let timestamp = self.next_timestamp.unwrap_or(clock).max(self.head_timestamp());
        self.setting(self.head() + 1, timestamp)
    }

    fn setting(&self, number: u64, timestamp: u64) -> BlockSetting {
        BlockSetting {
            number,
            l1_number: self.l1_number(timestamp),
            timestamp,
            base_fee: self.base_fee,
            gas_price: self.base_fee,
            gas_limit: self.config.block_gas_limit,
            coinbase: BlockSetting::SEQUENCER,
            prev_randao: B256::from(U256::ONE),
            recent: Vec::new(),
        }
    }

    /// The block that a call runs in: the next one on top of the head, else the one it names.
    fn call_setting(&self, block: u64, overrides: &BlockOverrides) -> BlockSetting {
        let mut setting = match self.block(block) {
            Some(named) if block < self.head() => self.setting(block, named.header.timestamp),
            _ => self.next_setting(),
        };
        let number = |value: U256| u64::try_from(value).unwrap_or(u64::MAX);
        if let Some(value) = overrides.number {
            setting.l1_number = number(value);
        }
        setting.timestamp = overrides.time.unwrap_or(setting.timestamp);
        setting.gas_limit = overrides.gas_limit.unwrap_or(setting.gas_limit);
        setting.coinbase = overrides.coinbase.unwrap_or(setting.coinbase);
        setting.prev_randao = overrides.random.unwrap_or(setting.prev_randao);
        if let Some(value) = overrides.base_fee {
            setting.base_fee = number(value);
        }
        setting
    }

    // ---- the clock and other things that only a development chain can do ----

    /// Whether every transaction is mined at once.
    #[must_use]
    pub const fn auto_mine(&self) -> bool {
        self.auto_mine
    }

    /// Mines every transaction at once, or keeps them for [`Self::mine`].
    pub fn set_auto_mine(&mut self, on: bool) {
        self.auto_mine = on;
    }

    /// The timestamp that a block mined now would have.
    #[must_use]
    pub fn timestamp(&self) -> u64 {
        self.next_setting().timestamp
    }

    /// Puts the clock forward; the seconds that it is now ahead of the system's.
    pub fn increase_time(&mut self, seconds: u64) -> i64 {
        self.time_offset = self.time_offset.saturating_add_unsigned(seconds);
        self.time_offset
    }

    /// Sets the clock.
    ///
    /// # Errors
    /// [`ChainError::TimestampInPast`] before the head.
    pub fn set_time(&mut self, timestamp: u64) -> Result<(), ChainError> {
        self.check_time(timestamp)?;
        self.time_offset = timestamp.cast_signed().saturating_sub(now().cast_signed());
        Ok(())
    }

    /// Sets the timestamp of the next block; the clock goes on from there.
    ///
    /// # Errors
    /// [`ChainError::TimestampInPast`] before the head.
    pub fn set_next_timestamp(&mut self, timestamp: u64) -> Result<(), ChainError> {
        self.set_time(timestamp)?;
        self.next_timestamp = Some(timestamp);
        Ok(())
    }

    fn check_time(&self, timestamp: u64) -> Result<(), ChainError> {
        let head = self.head_timestamp();
        // Blocks may share a second, as on Arbitrum; times beyond any calendar would not fit a signed clock.
        if timestamp < head || i64::try_from(timestamp).is_err() {
            return Err(ChainError::TimestampInPast(timestamp, head));
        }
        Ok(())
    }

    /// Remembers the chain as it is now.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        let position = if self.recorder.is_started() { self.record().position() } else { 0 };
        let snapshot = Snapshot {
            head: self.head(),
            states: self.states.clone(),
            time_offset: self.time_offset,
            next_timestamp: self.next_timestamp,
            base_fee: self.base_fee,
            pool: self.pool.clone(),
            position,
        };
        self.snapshots.insert(id, snapshot);
        id
    }

    /// Goes back to a snapshot, which is gone then with all later ones; whether it existed.
    pub fn revert_to(&mut self, id: u64) -> bool {
        let Some(snapshot) = self.snapshots.get(&id).cloned() else { return false };
        self.snapshots.split_off(&id);
        self.blocks.truncate(snapshot.head.saturating_add(1));
        self.states = snapshot.states;
        self.time_offset = snapshot.time_offset;
        self.next_timestamp = snapshot.next_timestamp;
        self.base_fee = snapshot.base_fee;
        self.pool = snapshot.pool;
        self.recorder.rewind(snapshot.position);
        true
    }

    /// Starts over from genesis, or from the block that it was forked at.
    pub fn reset(&mut self) {
        let config = self.config.clone();
        self.replace(match &self.fork {
            Some(fork) => Self::forked(config, fork.point().clone(), fork.source()),
            None => Self::new(config),
        });
    }

    // ---- what is kept in files and dumps ----

    /// The chain as bytes: its blocks, what is set, and the state of its head.
    #[must_use]
    pub fn dump(&self) -> Bytes {
        store::dump(self)
    }

    /// Becomes the chain of a dump. Snapshots are gone, and states older than its head not callable.
    ///
    /// # Errors
    /// [`StateError`] if it is no dump, or was not made from the same block of the same chain as this one; nothing has
    /// changed then.
    pub fn load(&mut self, dump: &[u8]) -> Result<(), StateError> {
        let mut chain = store::load(dump)?;
        match (&self.fork, chain.fork_point()) {
            (None, None) => {}
            (Some(fork), _) => chain.attach(fork.point().clone(), fork.source())?,
            (None, Some(point)) => return Err(StateError::OtherFork(point.to_string(), "no other chain".into())),
        }
        self.replace(chain);
        Ok(())
    }

    fn replace(&mut self, chain: Self) {
        let recorded = self.recorder.is_started();
        *self = chain;
        if recorded {
            self.record_anew();
        }
    }

    /// Changes what may differ from one run to the next: ArbOS version, gas limit, caching and the floor of EIP-7623.
    pub fn set_rules(&mut self, arbos: u64, block_gas_limit: u64, auto_cache: bool, eip7623: bool) {
        let config = Config { arbos, block_gas_limit, auto_cache, eip7623, ..self.config.clone() };
        if config != self.config {
            self.config = config;
            if self.recorder.is_started() {
                self.recorder.config(&self.config);
            }
        }
    }

    /// Puts what happened into the record, which is started if it was not.
    pub(crate) fn record(&mut self) -> &mut Recorder {
        if !self.recorder.is_started() {
            self.record_anew();
        }
        self.record_changes();
        let mut impersonated: Vec<Address> = self.impersonated.iter().copied().collect();
        impersonated.sort_unstable();
        let settings = SettingsRecord {
            time_offset: self.time_offset.cast_unsigned(),
            next_timestamp: self.next_timestamp.into_iter().collect(),
            base_fee: self.base_fee,
            auto_mine: self.auto_mine,
            auto_impersonate: self.auto_impersonate,
            impersonated,
        };
        self.recorder.settings(&settings);
        self.recorder.pool(&self.pool);
        &mut self.recorder
    }

    fn record_changes(&mut self) {
        let head = self.head();
        if let Some(state) = self.states.get_mut(&head) {
            let touched = state.take_touched();
            self.recorder.changes(state, &touched);
        }
    }

    /// Starts a record from the beginning.
    pub(crate) fn record_anew(&mut self) {
        self.recorder.start();
        self.recorder.config(&self.config);
        let (none, state) = (State::default(), self.head_state());
        if let Some(fork) = &self.fork {
            self.recorder.fork(fork.point());
        }
        // The block of another chain is in that record.
        let first = self.first().saturating_add(u64::from(self.fork.is_some()));
        for block in (first..self.next()).filter_map(|number| self.blocks.get(number)) {
            self.recorder.block(&block, &none, &Default::default());
        }
        self.recorder.base(&state);
        let state = self.head_state_mut();
        state.track();
        state.take_touched();
        // They were of another record.
        self.snapshots.clear();
    }

    /// Goes on with a record that has this many bytes.
    pub(crate) fn record_on(&mut self, written: u64) {
        self.head_state_mut().track();
        self.recorder.resume(written);
    }

    pub(crate) fn has_blocks(&self) -> bool {
        !self.blocks.is_empty()
    }

    pub(crate) fn restore_config(&mut self, config: Config) {
        self.config = config;
    }

    /// The next block with the state at its end; nothing if it is not the next one.
    pub(crate) fn restore_block(&mut self, block: Arc<Block>, state: State) -> Option<()> {
        let (parent, next) = (self.blocks.last_hash(), self.next());
        if block.header.number != next || block.header.parent_hash != parent {
            return None;
        }
        if next == 0 {
            self.genesis_time = block.header.timestamp;
        }
        self.push(block, state);
        Some(())
    }

    /// The block of another chain, which is not connected yet; nothing if there are blocks already.
    pub(crate) fn restore_fork(&mut self, point: ForkPoint) -> Option<()> {
        if self.has_blocks() {
            return None;
        }
        self.start_at(Arc::new(Fork::missing(point, self.rules())));
        Some(())
    }

    /// A state that nothing was changed in.
    pub(crate) fn first_state(&self) -> State {
        self.fork.as_ref().map_or_else(State::default, |fork| State::forked(Arc::clone(fork)))
    }

    pub(crate) fn restore_base(&mut self, state: State) {
        self.states = BTreeMap::from([(self.head(), state)]);
    }

    pub(crate) fn restore_settings(&mut self, settings: SettingsRecord) {
        self.time_offset = settings.time_offset.cast_signed();
        self.next_timestamp = settings.next_timestamp.into_iter().next();
        self.base_fee = settings.base_fee;
        self.auto_mine = settings.auto_mine;
        self.auto_impersonate = settings.auto_impersonate;
        self.impersonated = settings.impersonated.into_iter().collect();
    }

    pub(crate) fn restore_pool(&mut self, pool: Vec<Recovered<TxEnvelope>>) {
        self.pool = pool;
    }

    pub(crate) fn restore_waiting(&mut self, transaction: Recovered<TxEnvelope>) {
        self.pool.push(transaction);
    }

    pub(crate) fn head_state_mut(&mut self) -> &mut State {
        let head = self.head();
        self.states.entry(head).or_default()
    }

    /// Sets the wei of an account.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.head_state_mut().set_balance(address, balance);
    }

    /// Sets the nonce of an account.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.head_state_mut().set_nonce(address, nonce);
    }

    /// Sets the code of an account.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        self.head_state_mut().set_code(address, code);
    }

    /// Sets a storage slot of an account.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        self.head_state_mut().set_storage(address, slot, value);
    }

    /// Accepts unsigned transactions of an account.
    pub fn impersonate(&mut self, address: Address) {
        self.impersonated.insert(address);
    }

    /// No longer accepts unsigned transactions of an account.
    pub fn stop_impersonating(&mut self, address: Address) {
        self.impersonated.remove(&address);
    }

    /// Accepts unsigned transactions of every account, or only of those impersonated one by one.
    pub fn set_auto_impersonate(&mut self, on: bool) {
        self.auto_impersonate = on;
    }

    /// Wei that a gas costs.
    #[must_use]
    pub const fn base_fee(&self) -> u64 {
        self.base_fee
    }

    /// Sets the wei that a gas costs, from the next block on.
    pub fn set_base_fee(&mut self, wei: u64) {
        self.base_fee = wei;
    }
}

/// The signature of an impersonated sender, made of it so that equal transactions of two senders have two hashes.
fn placeholder(sender: Address) -> Signature {
    Signature::new(U256::from_be_bytes(sender.into_word().0), U256::ONE, false)
}

/// What runs when a mined transaction runs again.
fn rerun(mined: &Mined, base_fee: u64) -> (TxEnv, Mode) {
    let transaction = &mined.transaction;
    let impersonated = *transaction.signature() == placeholder(transaction.signer());
    let mode = if impersonated { Mode::Call } else { Mode::Transaction };
    (execute::transaction_env(transaction, base_fee), mode)
}

fn invalid(text: impl Into<String>) -> ChainError {
    ChainError::InvalidTransaction(text.into())
}

fn mix_hash(l1_number: u64, arbos: u64) -> B256 {
    let mut word = [0; 32];
    if let Some(target) = word.get_mut(8..24) {
        target.copy_from_slice(&(u128::from(l1_number) << 64 | u128::from(arbos)).to_be_bytes());
    }
    B256::new(word)
}

fn receipt(mined: &Mined) -> alloy::consensus::ReceiptEnvelope {
    let receipt = Receipt {
        status: Eip658Value::Eip658(mined.execution.success()),
        cumulative_gas_used: mined.cumulative_gas,
        logs: mined.execution.logs.clone(),
    };
    let with_bloom: ReceiptWithBloom<Receipt> = receipt.with_bloom();
    match mined.transaction.ty() {
        1 => alloy::consensus::ReceiptEnvelope::Eip2930(with_bloom),
        2 => alloy::consensus::ReceiptEnvelope::Eip1559(with_bloom),
        4 => alloy::consensus::ReceiptEnvelope::Eip7702(with_bloom),
        _ => alloy::consensus::ReceiptEnvelope::Legacy(with_bloom),
    }
}

fn override_state(state: &mut State, overrides: &StateOverride) {
    for (address, account) in overrides {
        if let Some(balance) = account.balance {
            state.set_balance(*address, balance);
        }
        if let Some(nonce) = account.nonce {
            state.set_nonce(*address, nonce);
        }
        if let Some(code) = &account.code {
            state.set_code(*address, code.clone());
        }
        if let Some(slots) = &account.state {
            let slots = slots.iter().map(|(slot, value)| ((*slot).into(), (*value).into()));
            state.replace_storage(*address, slots);
        }
        for (slot, value) in account.state_diff.iter().flatten() {
            state.set_storage(*address, (*slot).into(), (*value).into());
        }
    }
}
