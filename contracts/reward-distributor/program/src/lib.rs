//! The daily reward distributor (`protocol.md` §8): batches of usage, accrual and claims.
//!
//! Storage and logic are in [`fomo_reward_distributor`]. All of it is more than one program may have, and entering a program costs gas for
//! its size; so what happens for every batch and every user is here, and any other call is passed on to the desk by delegation: code on
//! the same storage, whose address the constructor fixes for good. Nobody needs the desk to accrue or to claim.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256};
use fomo_access::routes;
use fomo_reward_distributor::{Data, RewardDistributor};
use stylus_sdk::prelude::*;

routes! { RewardDistributor;
    "accrue" => accrue(u64, u32, Address, B256, Data);
    "report" => report(u64, u32, B256, Data);
    "reportRegistered" => report_registered(u64, u32, B256, Data);
    "claim" => claim(Address);
    "claimMany" => claim_many(Vec<Address>);
    "claimFlock" => claim_flock(Address);
    "claimMt" => claim_mt(Address, Address);
    "claimableFlock" => claimable_flock(Address);
    "claimableMt" => claimable_mt(Address, Address);
    otherwise => RewardDistributor::ask_desk;
}
