//! The tokens as they are deployed: the WASM that the build makes, run on the embedded chain.
//!
//! - [`initialize`]: a clone becomes a token, once.
//! - [`erc20`]: transfers, allowances and burning, with the exact error and the untouched state of every refusal.
//! - [`permit`]: EIP-2612 and the EIP-712 domain.
//! - [`local`]: FLOCK and the dollar of local chains.
//! - [`interface`]: the Solidity interfaces in `abi/` against the code.
//! - [`layout`]: where storage is.
//! - [`model`]: random histories against balances kept in Rust.
//! - [`gas`]: what calls cost, against `tests/gas.toml`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod common;
mod erc20;
mod gas;
mod initialize;
mod interface;
mod layout;
mod local;
mod model;
mod permit;
