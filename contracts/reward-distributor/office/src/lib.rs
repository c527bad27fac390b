//! The office of the reward distributor: its constructor, roles, pauses and parameters, and views. It runs on the storage of the distributor,
//! which delegates to it by way of the desk; its own stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::{route_access, routes};
use fomo_reward_distributor::RewardDistributor;
use stylus_sdk::prelude::*;

routes! { RewardDistributor;
    constructor => constructor(Address, Address, Address, Address, Address);
    "supportedAt" => supported_at(Address, u64);
    "mtReward" => mt_reward(Address);
    "graduationTranche" => graduation_tranche(Address);
    "reservedCount" => reserved_count(Address);
    "reservedTranche" => reserved_tranche(Address, U256);
    "phase" => phase(U256);
    "alphaAt" => alpha_at(u64);
    "tokenAt" => token_at(B256, u64);
    "poolsOf" => pools_of(Address);
    "earnedTokens" => earned_tokens(Address);
    "tokenCount" => token_count();
    "tokenByNumber" => token_by_number(U256);
    "accountById" => account_by_id(u32);
    "leftOverOf" => left_over_of(Address);
    "previewScores" => preview_scores(Address, Address, u64);
    "previewRewards" => preview_rewards(Address, Address, u64, u64);
    "whyZero" => why_zero(Address, B256, u64, u64);
    "launchpadKey" => launchpad_key_of(Address);
    "seasonKey" => season_key_of(u8);
    "phaseKey" => phase_key_of(u8);
    "modelKey" => model_key_of(B256);
    "contracts" => contracts();
    otherwise => route_access;
}
