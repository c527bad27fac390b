//! The state of all accounts at one block, cheap to copy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use revm::Database;
use revm::bytecode::Bytecode;
use revm::primitives::{AddressMap, StorageKey, StorageValue};
use revm::state::{Account as RevmAccount, AccountInfo};

use crate::fork::{Fork, Original, Unread};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Wei that it has.
    pub balance: U256,
    /// Transactions that it sent or contracts that it created.
    pub nonce: u64,
    /// Hash of its code.
    pub code_hash: B256,
    /// Its storage, without slots that are zero. On a forked chain only what was written there, zeros included.
    pub storage: imbl::HashMap<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self { balance: U256::ZERO, nonce: 0, code_hash: KECCAK256_EMPTY, storage: imbl::HashMap::new() }
    }
}

/// What is known here of an account. What is `None` is as on the chain that was forked; without one, nothing is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entry {
    pub balance: Option<U256>,
    pub nonce: Option<u64>,
    pub code_hash: Option<B256>,
    /// Slots that are not here are zero, whatever they are on the chain that was forked.
    pub own_storage: bool,
    pub storage: imbl::HashMap<U256, U256>,
}

impl Entry {
    /// An account that has nothing.
    fn empty() -> Self {
        Self {
            balance: Some(U256::ZERO),
            nonce: Some(0),
            code_hash: Some(KECCAK256_EMPTY),
            own_storage: true,
            storage: imbl::HashMap::new(),
        }
    }

    /// Balance, nonce and code hash, if none of them is as on the chain that was forked.
    const fn known(&self) -> Option<(U256, u64, B256)> {
        match (self.balance, self.nonce, self.code_hash) {
            (Some(balance), Some(nonce), Some(code_hash)) => Some((balance, nonce, code_hash)),
            _ => None,
        }
    }
}

/// What was changed in a state since the last time somebody asked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Touched {
    pub accounts: BTreeMap<Address, TouchedAccount>,
    /// Hashes of new codes.
    pub codes: BTreeSet<B256>,
}

/// What was changed of an account.
#[derive(Debug, Clone, Default)]
pub(crate) struct TouchedAccount {
    /// Its storage was emptied before the slots were written.
    pub emptied: bool,
    pub slots: BTreeSet<U256>,
}

/// All accounts and codes. A copy shares everything that neither changes, so that every block can keep its own.
///
/// On a forked chain it has what was written here, and reads the rest from the chain that was forked. Such a read can
/// fail: the getters whose name starts with `try` tell, and the others are for who would not go on without an answer.
#[derive(Debug, Clone, Default)]
pub struct State {
    accounts: imbl::HashMap<Address, Entry>,
    codes: imbl::HashMap<B256, Bytecode>,
    /// The chain that was forked, if one was.
    fork: Option<Arc<Fork>>,
    /// Accounts that were there and are gone.
    gone: imbl::HashSet<Address>,
    /// The first read that failed since the last time that somebody asked.
    unread: Option<Unread>,
    /// Where somebody keeps a record.
    touched: Option<Box<Touched>>,
}

/// What was read, for callers that cannot go on without.
#[track_caller]
pub(crate) fn known<T>(read: Result<T, Unread>) -> T {
    match read {
        Ok(value) => value,
        #[allow(clippy::panic, reason = "each getter that comes here says so, and has one beside it that does not")]
        Err(unread) => panic!("{unread}"),
    }
}

impl State {
    /// The state of a chain at the block that it was forked at.
    pub(crate) fn forked(fork: Arc<Fork>) -> Self {
        Self { fork: Some(fork), ..Self::default() }
    }

    /// Reads from this chain what is not here.
    pub(crate) fn attach(&mut self, fork: &Arc<Fork>) {
        for (address, entry) in &self.accounts {
            let code = entry.code_hash.and_then(|hash| self.codes.get(&hash));
            if let (Some(hash), Some(code)) = (entry.code_hash, code) {
                fork.note_program(*address, hash, code);
            }
        }
        self.fork = Some(Arc::clone(fork));
    }

    /// An account of the chain that was forked, where what is here does not take its place.
    fn original(&self, address: Address) -> Result<Option<Original>, Unread> {
        match &self.fork {
            Some(fork) if !self.gone.contains(&address) => fork.account(address),
            _ => Ok(None),
        }
    }

    /// An account, if it exists.
    ///
    /// # Errors
    /// [`Unread`] where the chain that was forked has to be asked and does not answer.
    pub fn try_account(&self, address: Address) -> Result<Option<Account>, Unread> {
        let Some((balance, nonce, code_hash)) = self.try_info(address)? else { return Ok(None) };
        let storage = self.accounts.get(&address).map(|entry| entry.storage.clone()).unwrap_or_default();
        Ok(Some(Account { balance, nonce, code_hash, storage }))
    }

    /// Balance, nonce and code hash of an account, if it exists.
    fn try_info(&self, address: Address) -> Result<Option<(U256, u64, B256)>, Unread> {
        let entry = self.accounts.get(&address);
        if let Some(known) = entry.and_then(Entry::known) {
            return Ok(Some(known));
        }
        let original = self.original(address)?;
        if entry.is_none() && original.is_none() {
            return Ok(None);
        }
        let original = original.unwrap_or_default();
        let (balance, nonce, code_hash) =
            entry.map_or((None, None, None), |entry| (entry.balance, entry.nonce, entry.code_hash));
        Ok(Some((
            balance.unwrap_or(original.balance),
            nonce.unwrap_or(original.nonce),
            code_hash.unwrap_or(original.code_hash),
        )))
    }

    /// Wei of an account.
    ///
    /// # Errors
    /// As for [`Self::try_account`].
    pub fn try_balance(&self, address: Address) -> Result<U256, Unread> {
        if let Some(balance) = self.accounts.get(&address).and_then(|entry| entry.balance) {
            return Ok(balance);
        }
        Ok(self.original(address)?.map_or(U256::ZERO, |account| account.balance))
    }

    /// Nonce of an account.
    ///
    /// # Errors
    /// As for [`Self::try_account`].
    pub fn try_nonce(&self, address: Address) -> Result<u64, Unread> {
        if let Some(nonce) = self.accounts.get(&address).and_then(|entry| entry.nonce) {
            return Ok(nonce);
        }
        Ok(self.original(address)?.map_or(0, |account| account.nonce))
    }

    /// Hash of the code of an account; that of no code where there is no account.
    ///
    /// # Errors
    /// As for [`Self::try_account`].
    pub fn try_code_hash(&self, address: Address) -> Result<B256, Unread> {
        if let Some(hash) = self.accounts.get(&address).and_then(|entry| entry.code_hash) {
            return Ok(hash);
        }
        Ok(self.original(address)?.map_or(KECCAK256_EMPTY, |account| account.code_hash))
    }

    /// Code of an account.
    ///
    /// # Errors
    /// As for [`Self::try_account`].
    pub fn try_code(&self, address: Address) -> Result<Bytes, Unread> {
        let hash = self.try_code_hash(address)?;
        Ok(self.bytecode(address, hash)?.original_bytes())
    }

    /// The code of an account by its hash.
    fn bytecode(&self, address: Address, hash: B256) -> Result<Bytecode, Unread> {
        if hash == KECCAK256_EMPTY {
            return Ok(Bytecode::default());
        }
        if let Some(code) = self.codes.get(&hash) {
            return Ok(code.clone());
        }
        let original = self.original(address)?.filter(|account| account.code_hash == hash);
        Ok(original.map(|account| account.code).unwrap_or_default())
    }

    /// A storage slot.
    ///
    /// # Errors
    /// As for [`Self::try_account`].
    pub fn try_storage(&self, address: Address, slot: U256) -> Result<U256, Unread> {
        let entry = self.accounts.get(&address);
        if let Some(value) = entry.and_then(|entry| entry.storage.get(&slot)) {
            return Ok(*value);
        }
        let own = entry.map_or_else(|| self.gone.contains(&address), |entry| entry.own_storage);
        match &self.fork {
            Some(fork) if !own => fork.storage(address, slot),
            _ => Ok(U256::ZERO),
        }
    }

    /// An account, if it exists.
    ///
    /// # Panics
    /// Where [`Self::try_account`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn account(&self, address: Address) -> Option<Account> {
        known(self.try_account(address))
    }

    /// Addresses of the accounts that are known here, in no order.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.accounts.keys().copied()
    }

    /// Wei of an account.
    ///
    /// # Panics
    /// Where [`Self::try_balance`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn balance(&self, address: Address) -> U256 {
        known(self.try_balance(address))
    }

    /// Nonce of an account.
    ///
    /// # Panics
    /// Where [`Self::try_nonce`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn nonce(&self, address: Address) -> u64 {
        known(self.try_nonce(address))
    }

    /// Code of an account.
    ///
    /// # Panics
    /// Where [`Self::try_code`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn code(&self, address: Address) -> Bytes {
        known(self.try_code(address))
    }

    /// Hash of the code of an account; that of no code where there is no account.
    ///
    /// # Panics
    /// Where [`Self::try_code_hash`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn code_hash(&self, address: Address) -> B256 {
        known(self.try_code_hash(address))
    }

    /// A storage slot.
    ///
    /// # Panics
    /// Where [`Self::try_storage`] fails: never on a chain that was not forked.
    #[must_use]
    #[track_caller]
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        known(self.try_storage(address, slot))
    }

    /// What is known here of an account.
    pub(crate) fn entry_of(&self, address: Address) -> Option<&Entry> {
        self.accounts.get(&address)
    }

    /// The first read that failed since the last time.
    pub(crate) fn take_unread(&mut self) -> Option<Unread> {
        self.unread.take()
    }

    /// Remembers that a read failed.
    fn heed<T>(&mut self, read: Result<T, Unread>) -> Result<T, Unread> {
        if let Err(unread) = &read {
            self.unread.get_or_insert_with(|| unread.clone());
        }
        read
    }

    /// Keeps track of changes from now on.
    pub(crate) fn track(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// The same without its track of changes, for what nobody keeps a record of.
    pub(crate) fn untracked(&self) -> Self {
        Self {
            accounts: self.accounts.clone(),
            codes: self.codes.clone(),
            fork: self.fork.clone(),
            gone: self.gone.clone(),
            unread: None,
            touched: None,
        }
    }

    /// What was changed since the last time; nothing if no track is kept.
    pub(crate) fn take_touched(&mut self) -> Touched {
        self.touched.as_deref_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Everything that is known here, as if all of it had just been written.
    pub(crate) fn everything(&self) -> Touched {
        let touched = |entry: &Entry| TouchedAccount {
            emptied: entry.own_storage,
            slots: entry.storage.keys().copied().collect(),
        };
        let gone = self.gone.iter().map(|address| (*address, TouchedAccount { emptied: true, slots: BTreeSet::new() }));
        Touched {
            accounts: gone.chain(self.accounts.iter().map(|(address, entry)| (*address, touched(entry)))).collect(),
            codes: self.codes.keys().copied().collect(),
        }
    }

    /// A code by its hash.
    pub(crate) fn code_of_hash(&self, hash: B256) -> Option<Bytes> {
        self.codes.get(&hash).map(Bytecode::original_bytes)
    }

    /// Puts an account in the place of what was there, its storage apart. What is `None` stays as it was.
    pub(crate) fn put(&mut self, address: Address, nonce: Option<u64>, balance: Option<U256>, code_hash: Option<B256>) {
        let entry = self.entry(address);
        entry.nonce = nonce.or(entry.nonce);
        entry.balance = balance.or(entry.balance);
        entry.code_hash = code_hash.or(entry.code_hash);
    }

    /// Takes an account away with all that it has.
    pub(crate) fn remove(&mut self, address: Address) {
        if let Some(touched) = &mut self.touched {
            touched.accounts.insert(address, TouchedAccount { emptied: true, slots: BTreeSet::new() });
        }
        self.accounts.remove(&address);
        if self.fork.is_some() {
            self.gone.insert(address);
        }
    }

    /// An account to change.
    fn entry(&mut self, address: Address) -> &mut Entry {
        if let Some(touched) = &mut self.touched {
            touched.accounts.entry(address).or_default();
        }
        self.untouched_entry(address)
    }

    fn untouched_entry(&mut self, address: Address) -> &mut Entry {
        let original = self.fork.is_some() && !self.gone.contains(&address);
        self.accounts.entry(address).or_insert_with(|| if original { Entry::default() } else { Entry::empty() })
    }

    /// Has nothing to do any more with the storage on the chain that was forked.
    fn own_storage(&mut self, address: Address) {
        let entry = self.untouched_entry(address);
        if std::mem::replace(&mut entry.own_storage, true) {
            return;
        }
        entry.storage = imbl::HashMap::new();
        if let Some(touched) = &mut self.touched {
            touched.accounts.entry(address).or_default().emptied = true;
        }
    }

    /// Keeps a code; its hash.
    pub(crate) fn add_code(&mut self, code: Bytes) -> B256 {
        let hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        // Malformed delegations are kept as what they are, bytes.
        let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
        self.insert_code(hash, code);
        hash
    }

    fn insert_code(&mut self, hash: B256, code: Bytecode) {
        if self.codes.insert(hash, code).is_none()
            && let Some(touched) = &mut self.touched
        {
            touched.codes.insert(hash);
        }
    }

    /// Sets the wei of an account.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.entry(address).balance = Some(balance);
    }

    /// Sets the nonce of an account.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.entry(address).nonce = Some(nonce);
    }

    /// Sets the code of an account.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = self.add_code(code);
        self.entry(address).code_hash = Some(hash);
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        if let Some(touched) = &mut self.touched {
            touched.accounts.entry(address).or_default().slots.insert(slot);
        }
        let entry = self.untouched_entry(address);
        if value.is_zero() && entry.own_storage {
            entry.storage.remove(&slot);
        } else {
            entry.storage.insert(slot, value);
        }
    }

    /// Sets a whole storage, for call overrides.
    pub fn replace_storage(&mut self, address: Address, slots: impl IntoIterator<Item = (U256, U256)>) {
        let storage: imbl::HashMap<U256, U256> = slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
        if let Some(touched) = &mut self.touched {
            let slots = storage.keys().copied().collect();
            touched.accounts.insert(address, TouchedAccount { emptied: true, slots });
        }
        let entry = self.untouched_entry(address);
        entry.own_storage = true;
        entry.storage = storage;
    }

    /// Takes over what a transaction changed.
    pub(crate) fn commit(&mut self, changes: AddressMap<RevmAccount>) {
        for (address, changed) in changes {
            if !changed.is_touched() {
                continue;
            }
            if changed.is_selfdestructed() || changed.is_empty() {
                self.remove(address);
                continue;
            }
            if let Some(code) = &changed.info.code
                && !code.is_empty()
                && !self.codes.contains_key(&changed.info.code_hash)
            {
                self.insert_code(changed.info.code_hash, code.clone());
            }
            let info = &changed.info;
            self.put(address, Some(info.nonce), Some(info.balance), Some(info.code_hash));
            if changed.is_created() {
                self.own_storage(address);
            }
            for (slot, value) in changed.storage {
                if value.is_changed() {
                    self.set_storage(address, slot, value.present_value);
                }
            }
        }
    }

    fn info(&self, address: Address) -> Result<Option<AccountInfo>, Unread> {
        let Some((balance, nonce, code_hash)) = self.try_info(address)? else { return Ok(None) };
        let code = Some(self.bytecode(address, code_hash)?);
        Ok(Some(AccountInfo { balance, nonce, code_hash, code, ..AccountInfo::default() }))
    }
}

impl Database for State {
    type Error = Unread;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Unread> {
        let info = self.info(address);
        self.heed(info)
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Unread> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: StorageKey) -> Result<StorageValue, Unread> {
        let value = self.try_storage(address, slot);
        self.heed(value)
    }

    /// `BLOCKHASH` on Arbitrum is of L1 blocks, of which there are none here: a hash of the number.
    fn block_hash(&mut self, number: u64) -> Result<B256, Unread> {
        Ok(keccak256(number.to_be_bytes()))
    }
}
