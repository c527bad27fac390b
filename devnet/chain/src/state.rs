//! The state of all accounts at one block, cheap to copy.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, KECCAK256_EMPTY, U256, keccak256};
use revm::Database;
use revm::bytecode::Bytecode;
use revm::primitives::{AddressMap, StorageKey, StorageValue};
use revm::state::{Account as RevmAccount, AccountInfo};

/// An account. Storage slots that are zero are not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Wei that it has.
    pub balance: U256,
    /// Transactions that it sent or contracts that it created.
    pub nonce: u64,
    /// Hash of its code.
    pub code_hash: B256,
    /// Its storage.
    pub storage: imbl::HashMap<U256, U256>,
}

impl Default for Account {
    fn default() -> Self {
        Self { balance: U256::ZERO, nonce: 0, code_hash: KECCAK256_EMPTY, storage: imbl::HashMap::new() }
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
#[derive(Debug, Clone, Default)]
pub struct State {
    accounts: imbl::HashMap<Address, Account>,
    codes: imbl::HashMap<B256, Bytecode>,
    /// Where somebody keeps a record.
    touched: Option<Box<Touched>>,
}

impl State {
    /// An account, if it exists.
    #[must_use]
    pub fn account(&self, address: Address) -> Option<&Account> {
        self.accounts.get(&address)
    }

    /// Addresses of all accounts, in no order.
    pub fn addresses(&self) -> impl Iterator<Item = Address> {
        self.accounts.keys().copied()
    }

    /// Wei of an account.
    #[must_use]
    pub fn balance(&self, address: Address) -> U256 {
        self.account(address).map_or(U256::ZERO, |account| account.balance)
    }

    /// Nonce of an account.
    #[must_use]
    pub fn nonce(&self, address: Address) -> u64 {
        self.account(address).map_or(0, |account| account.nonce)
    }

    /// Code of an account.
    #[must_use]
    pub fn code(&self, address: Address) -> Bytes {
        self.account(address)
            .and_then(|account| self.codes.get(&account.code_hash))
            .map(Bytecode::original_bytes)
            .unwrap_or_default()
    }

    /// Hash of the code of an account; that of no code where there is no account.
    #[must_use]
    pub fn code_hash(&self, address: Address) -> B256 {
        self.account(address).map_or(KECCAK256_EMPTY, |account| account.code_hash)
    }

    /// A storage slot.
    #[must_use]
    pub fn storage(&self, address: Address, slot: U256) -> U256 {
        self.account(address).and_then(|account| account.storage.get(&slot)).copied().unwrap_or_default()
    }

    /// Keeps track of changes from now on.
    pub(crate) fn track(&mut self) {
        self.touched.get_or_insert_default();
    }

    /// The same without its track of changes, for what nobody keeps a record of.
    pub(crate) fn untracked(&self) -> Self {
        Self { accounts: self.accounts.clone(), codes: self.codes.clone(), touched: None }
    }

    /// What was changed since the last time; nothing if no track is kept.
    pub(crate) fn take_touched(&mut self) -> Touched {
        self.touched.as_deref_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Everything that is there, as if all of it had just been written.
    pub(crate) fn everything(&self) -> Touched {
        let touched =
            |account: &Account| TouchedAccount { emptied: true, slots: account.storage.keys().copied().collect() };
        Touched {
            accounts: self.accounts.iter().map(|(address, account)| (*address, touched(account))).collect(),
            codes: self.codes.keys().copied().collect(),
        }
    }

    /// A code by its hash.
    pub(crate) fn code_of_hash(&self, hash: B256) -> Option<Bytes> {
        self.codes.get(&hash).map(Bytecode::original_bytes)
    }

    /// Puts an account in the place of what was there, its storage apart.
    pub(crate) fn put(&mut self, address: Address, nonce: u64, balance: U256, code_hash: B256) {
        let account = self.entry(address);
        (account.nonce, account.balance, account.code_hash) = (nonce, balance, code_hash);
    }

    /// Takes an account away with all that it has.
    pub(crate) fn remove(&mut self, address: Address) {
        if let Some(touched) = &mut self.touched {
            touched.accounts.insert(address, TouchedAccount { emptied: true, slots: BTreeSet::new() });
        }
        self.accounts.remove(&address);
    }

    /// An account to change.
    fn entry(&mut self, address: Address) -> &mut Account {
        if let Some(touched) = &mut self.touched {
            touched.accounts.entry(address).or_default();
        }
        self.accounts.entry(address).or_default()
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
        self.entry(address).balance = balance;
    }

    /// Sets the nonce of an account.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.entry(address).nonce = nonce;
    }

    /// Sets the code of an account.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = self.add_code(code);
        self.entry(address).code_hash = hash;
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        if let Some(touched) = &mut self.touched {
            touched.accounts.entry(address).or_default().slots.insert(slot);
        }
        let storage = &mut self.accounts.entry(address).or_default().storage;
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
    }

    /// Sets a whole storage, for call overrides.
    pub fn replace_storage(&mut self, address: Address, slots: impl IntoIterator<Item = (U256, U256)>) {
        let storage: imbl::HashMap<U256, U256> = slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
        if let Some(touched) = &mut self.touched {
            let slots = storage.keys().copied().collect();
            touched.accounts.insert(address, TouchedAccount { emptied: true, slots });
        }
        self.accounts.entry(address).or_default().storage = storage;
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
            self.put(address, changed.info.nonce, changed.info.balance, changed.info.code_hash);
            for (slot, value) in changed.storage {
                if value.is_changed() {
                    self.set_storage(address, slot, value.present_value);
                }
            }
        }
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.accounts.get(&address).map(|account| AccountInfo {
            balance: account.balance,
            nonce: account.nonce,
            code_hash: account.code_hash,
            code: self.codes.get(&account.code_hash).cloned(),
            ..AccountInfo::default()
        }))
    }

    fn code_by_hash(&mut self, hash: B256) -> Result<Bytecode, Infallible> {
        Ok(self.codes.get(&hash).cloned().unwrap_or_default())
    }

    fn storage(&mut self, address: Address, slot: StorageKey) -> Result<StorageValue, Infallible> {
        Ok(Self::storage(self, address, slot))
    }

    /// `BLOCKHASH` on Arbitrum is of L1 blocks, of which there are none here: a hash of the number.
    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        Ok(keccak256(number.to_be_bytes()))
    }
}
