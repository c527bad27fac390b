//! Launch to liquidity (`protocol.md` §2-§5): real WASM, real venues, on the embedded chain.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

mod attacks;
mod gas;
mod graduation;
mod interface;
mod layout;
mod lens;
mod model;
mod refusals;
mod sale;
