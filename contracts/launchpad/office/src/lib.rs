//! The launchpad's office: its constructor, roles, pauses and parameters, fees and views. It runs on the storage of the launchpad, which delegates
//! to it by way of the desk; its own stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::{route_access, routes};
use fomo_launchpad::Launchpad;
use stylus_sdk::prelude::*;

routes! { Launchpad;
    constructor =>
        constructor(Address, Address, Address, Address, Address, Address, Address, Address, Address);
    "withdrawFees" => withdraw_fees();
    "withdrawTreasury" => withdraw_treasury();
    "state" => state(Address);
    "launch" => launch(Address);
    "sale" => sale(Address);
    "launchCount" => launch_count();
    "launchAt" => launch_at(U256);
    "metadataURI" => metadata_uri(Address);
    "feesOwed" => fees_owed(Address);
    "treasuryFeesOwed" => treasury_fees_owed();
    "contracts" => contracts();
    "modelTypeKey" => model_type_key(B256);
    "venueKey" => venue_key(B256);
    otherwise => route_access;
}
