//! Daily rewards (`protocol.md` §8): real WASM, launched tokens and the real stake registry, on the embedded chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod attacks;
mod common;
mod gas;
mod independent;
mod interface;
mod keeper;
mod layout;
mod lens;
mod life;
mod model;
mod refusals;
mod schedules;
mod verify;
mod views;
