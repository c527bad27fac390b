//! The desk of the stake registry: its constructor, roles, pauses and parameters, registration of tokens, operators and views. It runs on
//! the storage of the registry, which delegates to it; its own stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::{route_access, routes};
use fomo_stake_registry::StakeRegistry;
use stylus_sdk::prelude::*;

routes! { StakeRegistry;
    constructor => constructor(Address, Address, Address, Address, Address);
    "setOperator" => set_operator(Address, bool);
    "registerToken" => register_token(Address);
    "unregisterToken" => unregister_token(Address);
    "isStakeable" => is_stakeable(Address);
    "totalStaked" => total_staked(Address);
    "heldOf" => held_of(Address);
    "stakeSecondsOf" => stake_seconds_of(Address, Address, u64);
    "totalStakeSeconds" => total_stake_seconds(Address, u64);
    "averageStake" => average_stake(Address, Address, u64);
    "requestsOf" => requests_of(Address, Address);
    "locksOf" => locks_of(Address, u64, u64);
    "totalLocked" => total_locked();
    "isOperator" => is_operator(Address, Address);
    "previewLock" => preview_lock(U256, U256);
    "effectiveBalance" => effective_balance(Address);
    "multiplier" => multiplier(Address);
    "multiplierAt" => multiplier_at(Address, u64);
    "discountBps" => discount_bps(Address, Address);
    "contracts" => contracts();
    otherwise => route_access;
}
