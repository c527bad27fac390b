//! What Arbitrum Nitro does to a WASM before it runs: read it, refuse it or accept it, price it and instrument it.
//!
//! Everything here is a pure function of bytes. It knows no engine and no chain, so that the build pipeline (which
//! wants to know whether a contract would be accepted and what entering it costs) and the embedded chain (which
//! activates and runs it) cannot disagree.
//!
//! - [`code`]: the deployable form of a program, prefix and brotli.
//! - [`rules`]: the parameters of each ArbOS version.
//! - [`hooks`]: the host functions, their signatures and their ink.
//! - [`module`]: a parsed and validated module; [`Refusal`] says why there is none.
//! - [`cost`]: what activation and each entry cost.
//! - [`instrument`]: ink, memory and stack metering written into the module.
//! - [`split`]: zero runs cut out of data segments, which every cached call pays for by the byte.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic))]

pub mod code;
pub mod cost;
pub mod hooks;
pub mod instrument;
pub mod module;
pub mod opcode;
mod refusal;
pub mod rules;
pub mod split;

pub use cost::EntryCost;
pub use instrument::Program;
pub use module::Module;
pub use refusal::Refusal;
pub use rules::Rules;

/// Reads, checks and instruments a decompressed WASM, as activation does.
///
/// # Errors
/// The [`Refusal`] that Nitro's activation would give.
pub fn activate(wasm: &[u8], rules: &Rules) -> Result<Program, Refusal> {
    instrument::instrument(&Module::parse(wasm, rules)?, rules)
}

/// The same program with probes, for a profile of it.
///
/// # Errors
/// As for [`activate`].
pub fn activate_probed(wasm: &[u8], rules: &Rules) -> Result<Program, Refusal> {
    instrument::instrument_probed(&Module::parse(wasm, rules)?, rules)
}
