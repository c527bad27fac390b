//! Another chain under this one: read where nothing was written here, and never written.
//!
//! A read that fails is an [`Unread`], which goes all the way to whoever asked: what was not read is not zero.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use alloy::consensus::Header;
use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use fomo_wasm::{Rules, code};
use revm::bytecode::Bytecode;
use revm::context_interface::DBErrorMarker;

use crate::program::Compiled;
use crate::programs::{self, ARBOS, ProgramRecord};
use crate::types::Config;

/// Bytes of accounts, their codes included, and as many again of older ones that are kept.
const ACCOUNT_BYTES: usize = 32 * 1024 * 1024;
/// Slots, and as many again of older ones that are kept.
const SLOTS: usize = 250_000;
/// Bytes that an account takes without its code.
const ACCOUNT_SIZE: usize = 256;

/// The block of another chain that a chain is forked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForkPoint {
    /// Where that chain answers, without what is secret in it.
    pub upstream: String,
    /// Its id.
    pub chain_id: u64,
    /// The block, as far as it matters here: number, time, parent, price and limit of gas.
    pub header: Header,
    /// The block's hash.
    pub hash: B256,
    /// What `block.number` is in its contracts.
    pub l1_number: u64,
    /// Its ArbOS version, if it is an Arbitrum chain.
    pub arbos: Option<u64>,
}

impl ForkPoint {
    /// The block's number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.header.number
    }

    /// The settings that this chain has, and defaults where it has none.
    #[must_use]
    pub fn config(&self) -> Config {
        let default = Config::default();
        Config {
            chain_id: self.chain_id,
            arbos: self.arbos.unwrap_or(default.arbos),
            base_fee: self.header.base_fee_per_gas.unwrap_or(default.base_fee),
            ..default
        }
    }

    /// Whether it is the same block of the same chain, wherever that answers.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        (self.chain_id, self.number(), self.hash) == (other.chain_id, other.number(), other.hash)
    }
}

impl std::fmt::Display for ForkPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { upstream, chain_id, hash, .. } = self;
        write!(f, "block {} ({hash}) of chain {chain_id} at {upstream}", self.number())
    }
}

/// A read of the chain that was forked failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the forked chain at {upstream} could not be read: {reason}")]
pub struct Unread {
    /// Where that chain answers.
    pub upstream: String,
    /// What was asked, and why there is no answer.
    pub reason: String,
}

impl DBErrorMarker for Unread {}

/// An account as it is on the chain that was forked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SourceAccount {
    /// Transactions that it sent or contracts that it created.
    pub nonce: u64,
    /// Wei that it has.
    pub balance: U256,
    /// Its code.
    pub code: Bytes,
}

/// A program as Arbitrum's precompiles know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceProgram {
    /// It may be entered.
    Active {
        /// Stylus version that it was activated for.
        version: u16,
        /// Seconds until it expires, at a time of at most an hour after the block's.
        time_left: u64,
        /// Gas of entering it, and of entering it when it is cached.
        init_gas: (u64, u64),
        /// Whether it is cached.
        cached: bool,
    },
    /// Its activation, so many seconds ago at a time of at most an hour after the block's, has expired.
    Expired {
        /// Those seconds.
        age: u64,
    },
    /// It was activated for another Stylus version.
    Outdated {
        /// That version.
        version: u16,
    },
    /// It never was activated.
    Inactive,
}

/// A chain to read from, at one block. It is asked by the thread that runs the EVM, which waits for the answer.
pub trait Source: Debug + Send + Sync {
    /// An account; one that does not exist has nothing.
    ///
    /// # Errors
    /// [`Unread`] without an answer that can be right.
    fn account(&self, address: Address) -> Result<SourceAccount, Unread>;

    /// A storage slot.
    ///
    /// # Errors
    /// As for [`Self::account`].
    fn storage(&self, address: Address, slot: U256) -> Result<U256, Unread>;

    /// What the chain's ArbOS knows of the program at an address. It is asked of Arbitrum chains only.
    ///
    /// # Errors
    /// As for [`Self::account`].
    fn program(&self, address: Address, code_hash: B256) -> Result<SourceProgram, Unread>;
}

/// In the place of a chain that is not connected.
#[derive(Debug)]
struct Missing(String);

impl Missing {
    fn unread<T>(&self) -> Result<T, Unread> {
        Err(Unread { upstream: self.0.clone(), reason: "it is not connected".into() })
    }
}

impl Source for Missing {
    fn account(&self, _: Address) -> Result<SourceAccount, Unread> {
        self.unread()
    }

    fn storage(&self, _: Address, _: U256) -> Result<U256, Unread> {
        self.unread()
    }

    fn program(&self, _: Address, _: B256) -> Result<SourceProgram, Unread> {
        self.unread()
    }
}

/// An account that was read, its code ready to run.
#[derive(Debug, Clone)]
pub(crate) struct Original {
    pub nonce: u64,
    pub balance: U256,
    pub code_hash: B256,
    pub code: Bytecode,
}

impl Default for Original {
    fn default() -> Self {
        Self { nonce: 0, balance: U256::ZERO, code_hash: KECCAK256_EMPTY, code: Bytecode::default() }
    }
}

impl Original {
    fn new(account: SourceAccount) -> Self {
        let SourceAccount { nonce, balance, code } = account;
        let code_hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        // Malformed delegations are kept as what they are, bytes.
        let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
        Self { nonce, balance, code_hash, code }
    }

    fn exists(&self) -> bool {
        self.nonce != 0 || !self.balance.is_zero() || !self.code.is_empty()
    }
}

/// What was read lately, in two generations: when the younger one is full, the older one is forgotten.
#[derive(Debug)]
struct Cache<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    /// What the young ones weigh, and may.
    weight: usize,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    fn new(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), weight: 0, most }
    }

    fn get(&mut self, key: &K, weight: impl Fn(&V) -> usize) -> Option<V> {
        if let Some(value) = self.young.get(key) {
            return Some(value.clone());
        }
        let value = self.old.remove(key)?;
        self.put(key.clone(), value.clone(), weight(&value));
        Some(value)
    }

    fn put(&mut self, key: K, value: V, weight: usize) {
        if self.weight.saturating_add(weight) > self.most {
            self.old = std::mem::take(&mut self.young);
            self.weight = 0;
        }
        self.weight = self.weight.saturating_add(weight);
        self.young.insert(key, value);
    }
}

/// The chain that was forked, with what was read of it lately. All states of a chain and its copies share one.
#[derive(Debug)]
pub(crate) struct Fork {
    point: ForkPoint,
    source: Arc<dyn Source>,
    rules: Rules,
    accounts: Mutex<Cache<Address, Option<Original>>>,
    slots: Mutex<Cache<(Address, U256), U256>>,
    /// Programs that were seen, by the slot of their record: an account that has one, and its code.
    programs: Mutex<HashMap<U256, Seen>>,
    /// Their records, as they were when the chain was forked.
    records: Mutex<HashMap<U256, U256>>,
}

#[derive(Debug, Clone)]
struct Seen {
    account: Address,
    code_hash: B256,
    code: Bytes,
}

/// Whoever panicked while holding a lock left what is in it whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn weight(account: &Option<Original>) -> usize {
    ACCOUNT_SIZE + account.as_ref().map_or(0, |account| account.code.len())
}

impl Fork {
    pub(crate) fn new(point: ForkPoint, source: Arc<dyn Source>, rules: Rules) -> Self {
        Self {
            point,
            source,
            rules,
            accounts: Mutex::new(Cache::new(ACCOUNT_BYTES)),
            slots: Mutex::new(Cache::new(SLOTS)),
            programs: Mutex::default(),
            records: Mutex::default(),
        }
    }

    /// Without the chain, which is not connected.
    pub(crate) fn missing(point: ForkPoint, rules: Rules) -> Self {
        let source = Arc::new(Missing(point.upstream.clone()));
        Self::new(point, source, rules)
    }

    pub(crate) const fn point(&self) -> &ForkPoint {
        &self.point
    }

    /// The same chain, read by other rules.
    pub(crate) fn source(&self) -> Arc<dyn Source> {
        Arc::clone(&self.source)
    }

    /// An account, if it exists there.
    pub(crate) fn account(&self, address: Address) -> Result<Option<Original>, Unread> {
        if let Some(account) = lock(&self.accounts).get(&address, weight) {
            return Ok(account);
        }
        let account = Some(Original::new(self.source.account(address)?)).filter(Original::exists);
        if let Some(account) = &account {
            self.note_program(address, account.code_hash, &account.code);
        }
        let weight = weight(&account);
        lock(&self.accounts).put(address, account.clone(), weight);
        Ok(account)
    }

    /// A storage slot. ArbOS's own are the records of programs, which every chain keeps in its own way.
    pub(crate) fn storage(&self, address: Address, slot: U256) -> Result<U256, Unread> {
        if address == ARBOS {
            return self.record(slot);
        }
        let key = (address, slot);
        if let Some(value) = lock(&self.slots).get(&key, |_| 1) {
            return Ok(value);
        }
        let value = self.source.storage(address, slot)?;
        lock(&self.slots).put(key, value, 1);
        Ok(value)
    }

    /// Remembers where a program is, by which its record can be asked for.
    pub(crate) fn note_program(&self, account: Address, code_hash: B256, code: &Bytecode) {
        if code::is_program(code.original_byte_slice()) {
            let seen = Seen { account, code_hash, code: code.original_bytes() };
            lock(&self.programs).entry(programs::slot(code_hash)).or_insert(seen);
        }
    }

    fn record(&self, slot: U256) -> Result<U256, Unread> {
        if let Some(record) = lock(&self.records).get(&slot) {
            return Ok(*record);
        }
        let Some(seen) = lock(&self.programs).get(&slot).cloned() else { return Ok(U256::ZERO) };
        let record = match self.point.arbos {
            Some(_) => self.arbitrum_record(&seen)?,
            None => self.plain_record(&seen),
        };
        lock(&self.records).insert(slot, record.pack());
        Ok(record.pack())
    }

    /// On a chain that knows no programs, one that can be activated counts as activated at the fork's block.
    fn plain_record(&self, seen: &Seen) -> ProgramRecord {
        Compiled::of(seen.code_hash, &seen.code, &self.rules).map_or_else(
            |_| ProgramRecord::default(),
            |compiled| ProgramRecord::new(&compiled.program, &self.rules, self.point.header.timestamp, false),
        )
    }

    fn arbitrum_record(&self, seen: &Seen) -> Result<ProgramRecord, Unread> {
        let Seen { account, code_hash, code } = seen;
        // What was restored from a file may have been put here and not be there.
        if self.account(*account)?.is_none_or(|account| account.code_hash != *code_hash) {
            return Ok(ProgramRecord::default());
        }
        let (version, age, init_gas, cached) = match self.source.program(*account, *code_hash)? {
            SourceProgram::Inactive => return Ok(ProgramRecord::default()),
            SourceProgram::Active { version, time_left, init_gas, cached } => {
                (version, programs::expiry(&self.rules).saturating_sub(time_left), Some(init_gas), cached)
            }
            SourceProgram::Expired { age } => (self.rules.stylus, age, None, false),
            SourceProgram::Outdated { version } => (version, 0, None, false),
        };
        let compiled = Compiled::of(*code_hash, code, &self.rules).map_err(|refusal| Unread {
            upstream: self.point.upstream.clone(),
            reason: format!("the program at {account} is activated there, and cannot be here: {refusal}"),
        })?;
        let time = self.point.header.timestamp;
        let record = ProgramRecord::new(&compiled.program, &self.rules, time, cached);
        let record = ProgramRecord { version, ..record }.activated_before(time, age);
        Ok(init_gas.map_or(record, |gas| record.with_init_gas(&self.rules, gas)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_what_is_used_stays() {
        let mut cache = Cache::new(10);
        for key in 0..1_000_u32 {
            cache.put(key, key, 1);
            assert_eq!(cache.get(&0, |_| 1), Some(0));
            assert!(cache.young.len() + cache.old.len() <= 20);
        }
        assert_eq!(cache.get(&999, |_| 1), Some(999));
        assert_eq!(cache.get(&1, |_| 1), None);
    }
}
