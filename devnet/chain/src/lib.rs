//! An Arbitrum chain with Stylus in one process.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

mod blocks;
mod chain;
mod evm;
mod execute;
mod fork;
pub mod precompiles;
pub mod profile;
mod program;
pub mod programs;
mod state;
mod store;
pub mod trace;
mod types;

pub use chain::{Chain, KEPT_STATES, MNEMONIC, development_key};
pub use fork::{ForkPoint, Source, SourceAccount, SourceProgram, Unread};
pub use state::{Account, State};
pub use store::{StateError, StateFile};
pub use types::*;
