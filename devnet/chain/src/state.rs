//! The state of all accounts at one block, cheap to copy.

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

/// All accounts and codes. A copy shares everything that neither changes, so that every block can keep its own.
#[derive(Debug, Clone, Default)]
pub struct State {
    accounts: imbl::HashMap<Address, Account>,
    codes: imbl::HashMap<B256, Bytecode>,
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

    /// Sets the wei of an account.
    pub fn set_balance(&mut self, address: Address, balance: U256) {
        self.accounts.entry(address).or_default().balance = balance;
    }

    /// Sets the nonce of an account.
    pub fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.accounts.entry(address).or_default().nonce = nonce;
    }

    /// Sets the code of an account.
    pub fn set_code(&mut self, address: Address, code: Bytes) {
        let hash = if code.is_empty() { KECCAK256_EMPTY } else { keccak256(&code) };
        // Malformed delegations are kept as what they are, bytes.
        let code = Bytecode::new_raw_checked(code.clone()).unwrap_or_else(|_| Bytecode::new_legacy(code));
        self.codes.insert(hash, code);
        self.accounts.entry(address).or_default().code_hash = hash;
    }

    /// Sets a storage slot.
    pub fn set_storage(&mut self, address: Address, slot: U256, value: U256) {
        let storage = &mut self.accounts.entry(address).or_default().storage;
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
    }

    /// Sets a whole storage, for call overrides.
    pub fn replace_storage(&mut self, address: Address, slots: impl IntoIterator<Item = (U256, U256)>) {
        self.accounts.entry(address).or_default().storage =
            slots.into_iter().filter(|(_, value)| !value.is_zero()).collect();
    }

    /// Takes over what a transaction changed.
    pub(crate) fn commit(&mut self, changes: AddressMap<RevmAccount>) {
        for (address, changed) in changes {
            if !changed.is_touched() {
                continue;
            }
            if changed.is_selfdestructed() || changed.is_empty() {
                self.accounts.remove(&address);
                continue;
            }
            if let Some(code) = &changed.info.code
                && !code.is_empty()
                && !self.codes.contains_key(&changed.info.code_hash)
            {
                self.codes.insert(changed.info.code_hash, code.clone());
            }
            let account = self.accounts.entry(address).or_default();
            account.balance = changed.info.balance;
            account.nonce = changed.info.nonce;
            account.code_hash = changed.info.code_hash;
            for (slot, value) in changed.storage {
                if !value.is_changed() {
                    continue;
                }
                if value.present_value.is_zero() {
                    account.storage.remove(&slot);
                } else {
                    account.storage.insert(slot, value.present_value);
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
