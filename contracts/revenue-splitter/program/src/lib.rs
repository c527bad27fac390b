//! The revenue splitter (`protocol.md` §7): settlements, buybacks and claims.
//!
//! Storage and logic are in [`fomo_revenue_splitter`]. All of it is more than one program may have, and entering a program costs gas for
//! its size; so what moves money is here, and any other call is passed on to the desk by delegation: code on the same storage, whose
//! address the constructor fixes for good. Nobody needs the desk to be paid.
extern crate alloc;

use alloc::vec::Vec;

use alloy_primitives::{Address, B256, U256};
use fomo_access::routes;
use fomo_revenue_splitter::RevenueSplitter;
use stylus_sdk::prelude::*;

routes! { RevenueSplitter;
    "settle" => settle(Address, B256, Address, U256, U256);
    "claimCompute" => claim_compute(Address, Address);
    "claimIssuer" => claim_issuer(Address, Address);
    "claimTreasury" => claim_treasury(Address);
    "buybackFlock" => buyback_flock(Address, u64);
    "buybackMt" => buyback_mt(Address, Address, u64);
    "buybackTerms" => buyback_terms(Address, Address);
    otherwise => RevenueSplitter::ask_desk;
}
