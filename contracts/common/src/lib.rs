//! The economics of FOMO: every formula of the protocol as a total function on integers.
//!
//! No storage, no clock, no SDK: contracts, command line and tests call the same functions, so that the chain and the
//! tools cannot disagree. Nothing here panics and nothing wraps; what cannot be computed is an [`Error`].
//!
//! Token amounts are in the smallest unit, 10⁻¹⁸ of a token, and named by their token where two meet. Every quotient is
//! of full precision and rounds down unless its function says otherwise. `docs/economics.md` lists formulas, ranges,
//! error bounds and the decisions behind them; §n is a section of the protocol's specification.
#![no_std]
#![deny(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

pub mod curve;
pub mod emission;
pub mod epoch;
mod error;
mod host;
pub mod lock;
pub mod math;
pub mod score;
pub mod stake;
pub mod units;
pub mod vesting;
pub mod waterfall;

pub use epoch::{Epoch, Seconds, Timestamp};
pub use error::Error;
pub use ruint::aliases::U256;
pub use units::{Bps, Wad};
