//! Transactions as verification reads them, and what it finds in them.

use std::fmt::{self, Display};

use alloy::primitives::{Address, B256, Log, U256};
use alloy::sol_types::SolEvent;

use crate::abi::IFomoERC20::Transfer;

/// What a transaction told the outside, in its order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Transaction {
    /// Its hash.
    pub hash: B256,
    /// Time of its block, in seconds.
    pub time: u64,
    /// Its logs, as far as they are asked for.
    pub logs: Vec<Log>,
}

/// Where the chain says something else than follows from before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// In which transaction.
    pub transaction: B256,
    /// What differs, as a sentence.
    pub what: String,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.transaction, self.what)
    }
}

/// What is found while a transaction is read: figures that were compared, and those that differ.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// How many figures were compared.
    pub compared: u64,
    /// Those that differ.
    pub differences: Vec<Difference>,
    transaction: B256,
}

impl Findings {
    /// Begins a transaction.
    pub(super) fn begin(&mut self, transaction: B256) {
        self.transaction = transaction;
    }

    /// Compares a figure of the chain with the one that was computed.
    pub(super) fn same<T: PartialEq + Display>(&mut self, what: &str, said: T, computed: T) {
        self.compared += 1;
        if said != computed {
            self.note(format!("{what} is {said}, and {computed} by the rules."));
        }
    }

    /// Makes sure of something.
    pub(super) fn holds(&mut self, it: bool, what: &str) {
        self.compared += 1;
        if !it {
            self.note(what.to_owned());
        }
    }

    /// Notes a difference.
    pub(super) fn note(&mut self, what: String) {
        self.differences.push(Difference { transaction: self.transaction, what });
    }
}

/// Tokens that moved in a transaction; each movement accounts for one event.
#[derive(Debug, Clone, Default)]
pub struct Movements(Vec<(Address, Transfer)>);

impl Movements {
    /// Those of a transaction.
    #[must_use]
    pub fn of(transaction: &Transaction) -> Self {
        let moved = |log: &Log| Some((log.address, Transfer::decode_log_data(&log.data).ok()?));
        Self(transaction.logs.iter().filter_map(moved).collect())
    }

    /// Takes a movement out, if there is one like this.
    pub(super) fn take(&mut self, token: Address, from: Address, to: Address, value: U256) -> bool {
        let like = |(of, moved): &(Address, Transfer)| {
            *of == token && moved.from == from && moved.to == to && moved.value == value
        };
        self.0.iter().position(like).map(|index| self.0.swap_remove(index)).is_some()
    }
}
