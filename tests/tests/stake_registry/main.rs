//! The stake and gmFLOCK registry as it is deployed: the WASM that the build makes, run on the embedded chain.
//!
//! - [`staking`]: stakes, requests, withdrawals, registration.
//! - [`locking`]: locks and what they weigh.
//! - [`exits`]: leaving, whatever else is paused, gone, hostile or expired.
//! - [`layout`]: where storage is.
//! - [`interface`]: `abi/IStakeRegistry.sol` against the code.
//! - [`model`]: random histories against a plain model.
//! - [`gas`]: what calls cost, beside a Solidity twin and against `tests/gas.toml`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
mod exits;
mod gas;
mod interface;
mod layout;
mod locking;
mod model;
mod rational;
mod staking;
