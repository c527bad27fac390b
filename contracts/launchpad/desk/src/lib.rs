//! The launchpad's desk: the beginning and the good end of a launch. It runs on the storage of the launchpad, which delegates to it; its own
//! stays empty.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::routes;
use fomo_access::text::Text;
use fomo_launchpad::Launchpad;
use stylus_sdk::prelude::*;

routes! { Launchpad;
    "createLaunch" => create_launch(B256, B256, B256, Text, Text, Text, u64, u64, bool, U256, U256, U256, u64);
    "graduate" => graduate(Address);
    otherwise => Launchpad::ask_office;
}
