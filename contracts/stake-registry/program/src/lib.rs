//! The stake and gmFLOCK registry (`protocol.md` §6): stakes, locks, exits, and what a reward epoch reads.
//!
//! Storage and logic are in [`fomo_stake_registry`]. All of it is more than one program may have, and entering a program costs gas for
//! its size; so what happens often is here, with every exit, and any other call is passed on to the desk by delegation: code on the
//! same storage, whose address the constructor fixes for good. Nobody needs the desk to leave.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::routes;
use fomo_stake_registry::StakeRegistry;
use stylus_sdk::prelude::*;

routes! { StakeRegistry;
    "readMany" => read_many(Address, u64, Vec<Address>);
    "stake" => stake(Address, U256);
    "stakeFor" => stake_for(Address, Address, U256);
    "requestUnstake" => request_unstake(Address, U256);
    "withdraw" => withdraw(Address);
    "exchangeFlock" => exchange_flock(U256, U256, Address);
    "increaseLock" => increase_lock(U256, U256);
    "extendLock" => extend_lock(U256, u64);
    "mergeLocks" => merge_locks(U256, U256);
    "withdrawLock" => withdraw_lock(U256);
    "stakeOf" => stake_of(Address, Address);
    "effectiveBalanceAt" => effective_balance_at(Address, u64);
    otherwise => StakeRegistry::ask_desk;
}
