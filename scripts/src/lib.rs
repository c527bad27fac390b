//! The `fomo` command line, as a library, so that tests build contracts and fetch packages as it does.
//!
//! - [`abi`]: interfaces as Rust types.
//! - [`build`]: contracts to deployable code.
//! - [`client`]: speaking to a chain, wherever it is.
//! - [`errors`]: what contracts refuse with, as sentences.
//! - [`deploy`]: the suite on a chain, and whether it is as it was deployed.
//! - [`interfaces`]: JSON ABIs, and whether the contracts answer to them.
//! - [`keeper`]: reports, seals, graduates, buys back.
//! - [`profile`]: where a transaction's gas went.
//! - [`npm`]: third-party bytecode and programs.
//! - [`devnet`]: the embedded chain, served.
//! - [`suite`]: every contract and every test.
//! - [`simulate`]: the rewards of a grown network.
//! - [`verify`]: rewards, recomputed from events and chain state alone.
//! - [`demo`]: the story that `cargo fomo demo` tells.
//! - [`wallet`]: launches, stakes, locks, rewards and vestings from the command line.
//! - [`root`], [`toolchain`], [`ui`]: the repository, the pinned toolchain, spinners and numbers.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod abi;
pub mod build;
pub mod client;
pub mod demo;
pub mod deploy;
pub mod devnet;
pub mod errors;
pub mod interfaces;
pub mod keeper;
pub mod npm;
pub mod profile;
pub mod root;
pub mod simulate;
pub mod solidity;
pub mod suite;
pub mod toolchain;
pub mod ui;
pub mod verify;
pub mod wallet;
