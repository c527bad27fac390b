//! The desk of the reward distributor: declares, voids and seals epochs. It runs on the storage of the distributor, which delegates to it; its
//! own stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, U256};
use fomo_access::routes;
use fomo_reward_distributor::RewardDistributor;
use stylus_sdk::prelude::*;

routes! { RewardDistributor;
    "declare" => declare(u64, u32, u64);
    "voidReport" => void_report(u64);
    "voidEpoch" => void_epoch(u64);
    "seal" => seal(u64, u64);
    "burnLeftOver" => burn_left_over(Address);
    "setSupported" => set_supported(Address, bool);
    "fundMtReward" => fund_mt_reward(Address, U256);
    "fundReserved" => fund_reserved(Address, U256, bool);
    "fundPhase" => fund_phase(U256, U256);
    "registerAccounts" => register_accounts(Vec<Address>);
    "epochState" => epoch_state(u64);
    "nextEpoch" => next_epoch();
    "reportOf" => report_of(u64);
    "batchOf" => batch_of(u64, u32);
    "dayOf" => day_of(Address, u64);
    otherwise => RewardDistributor::ask_office;
}
