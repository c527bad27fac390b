//! The revenue splitter as it is deployed, on both venues: the WASM that the build makes and real DEX bytecode, on the embedded chain.
//!
//! - [`settlement`]: what comes in, how it splits, who is refused.
//! - [`claims`]: payees pull, whatever else is paused, dead or hostile.
//! - [`buyback`]: buybacks and burns, their limits, their price.
//! - [`price`]: the adapters' time-weighted price, swaps and fees.
//! - [`attacks`]: what has gone wrong elsewhere.
//! - [`interface`]: `abi/IRevenueSplitter.sol` against the code.
//! - [`layout`]: where storage is.
//! - [`model`]: random histories against a plain model.
//! - [`verify`]: `cargo fomo verify`, from events and over JSON-RPC.
//! - [`gas`]: what calls cost, beside a Solidity twin and against `tests/gas.toml`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod attacks;
mod buyback;
mod claims;
mod common;
mod gas;

mod interface;
mod keeper;
mod layout;
mod model;

mod price;
mod settlement;
mod verify;
