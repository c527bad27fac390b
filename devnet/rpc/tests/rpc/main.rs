//! The node as its clients see it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod blocks;
mod clients;
mod debug;
mod development;
mod errors;
mod filters;
mod fork;
mod fuzz;
mod harness;
mod state;
mod transactions;
