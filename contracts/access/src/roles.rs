//! Who may.

use alloc::{vec, vec::Vec};

use alloy_primitives::{Address, B256, keccak256};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageMap};

use crate::{Error, event};

/// A role's name in a word: ASCII, zeros behind.
#[must_use]
pub const fn role(name: &str) -> B256 {
    let bytes = name.as_bytes();
    let mut word = [0; 32];
    let mut index = 0;
    while index < bytes.len() {
        #[allow(clippy::indexing_slicing, reason = "evaluated by the compiler, which refuses what does not fit")]
        {
            word[index] = bytes[index];
        }
        index += 1;
    }
    B256::new(word)
}

/// The key of what belongs to something: a tag of four bytes, and 28 of the hash of what it belongs to. So a contract can tell from
/// a key what kind of value it is.
#[must_use]
pub fn tagged(tag: [u8; 4], id: B256) -> B256 {
    let mut key = keccak256(id);
    if let Some(head) = key.0.first_chunk_mut() {
        *head = tag;
    }
    key
}

/// The tag of a key.
#[must_use]
pub fn tag(key: B256) -> [u8; 4] {
    key.0.first_chunk().copied().unwrap_or_default()
}

/// Proposes roles and parameters, renews pauses. A Safe.
pub const ADMIN: B256 = const { role("ADMIN") };
/// Pauses, for seven days at most.
pub const GUARDIAN: B256 = const { role("GUARDIAN") };

/// Who holds each role: one account, or nobody.
#[storage]
pub struct Roles {
    holders: StorageMap<B256, StorageAddress>,
    proposed: StorageMap<B256, StorageAddress>,
}

impl Roles {
    /// Who holds it, zero where nobody does.
    pub fn holder(&self, role: B256) -> Address {
        self.holders.get(role)
    }

    /// Who may take it over, zero where nobody may.
    pub fn proposed(&self, role: B256) -> Address {
        self.proposed.get(role)
    }

    /// Whether the caller holds it.
    pub fn held(&self, role: B256) -> bool {
        self.holder(role) == self.vm().msg_sender()
    }

    /// # Errors
    /// [`Error::Unauthorized`] unless the caller holds it.
    pub fn only(&self, role: B256) -> Result<(), Error> {
        if self.held(role) { Ok(()) } else { Err(Error::Unauthorized) }
    }

    /// Gives a role; for constructors.
    pub fn set(&mut self, role: B256, account: Address) {
        let previous = self.holders.replace(role, account);
        event::RoleTransferred { role, previous, account }.log(self.vm());
    }

    /// Proposes who takes a role over. The admin proposes every role, its own too. A proposal of zero takes back the one
    /// before, and takes the role away where it is not the admin's: nobody has to accept being nobody.
    ///
    /// # Errors
    /// [`Error::Unauthorized`].
    pub fn propose(&mut self, role: B256, account: Address) -> Result<(), Error> {
        self.only(ADMIN)?;
        self.proposed.insert(role, account);
        event::RoleProposed { role, account }.log(self.vm());
        if account.is_zero() && role != ADMIN {
            self.set(role, account);
        }
        Ok(())
    }

    /// Takes over a role that was proposed to the caller.
    ///
    /// # Errors
    /// [`Error::NotProposed`].
    pub fn accept(&mut self, role: B256) -> Result<(), Error> {
        let account = self.vm().msg_sender();
        if self.proposed(role) != account {
            return Err(Error::NotProposed);
        }
        self.proposed.delete(role);
        self.set(role, account);
        Ok(())
    }
}
