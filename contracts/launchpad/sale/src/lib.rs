//! The launchpad's address: what happens often.
//!
//! Storage and logic are in [`fomo_launchpad`]. All of it is more than one program may have, and entering a program costs gas for its size; so
//! buys, their quotes, claims and refunds are here, and every other call is passed on to the desk by delegation: code of the same storage, whose address
//! the constructor fixes for good.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::routes;
use fomo_launchpad::Launchpad;
use stylus_sdk::prelude::*;

routes! { Launchpad;
    "buy" => buy(Address, U256, U256, u64);
    "buyExact" => buy_exact(Address, U256, U256, u64);
    "buyWithPermit" => buy_with_permit(Address, U256, U256, u64, U256, u8, B256, B256);
    "quoteBuy" => quote_buy(Address, U256);
    "quoteBuyExact" => quote_buy_exact(Address, U256);
    "claim" => claim(Address);
    "refund" => refund(Address);
    "position" => position(Address, Address);
    "isModelToken" => is_model_token(Address);
    otherwise => Launchpad::ask_desk;
}
