//! `cargo fomo test`: every contract, then every test.

use std::ffi::OsString;

use anyhow::{Context, Result};

use crate::build;
use crate::root::Root;
use crate::toolchain::Toolchain;

/// Builds every contract and runs every test, with further arguments for `cargo test`; whether all was well.
///
/// # Errors
/// When the build or cargo cannot be started.
pub fn run(root: &Root, arguments: &[OsString]) -> Result<bool> {
    if !build::run(root, &build::Options::default())? {
        return Ok(false);
    }
    let status = Toolchain::ensure(root)?
        .cargo()
        .current_dir(root.path())
        .env(build::BUILT, "1")
        .args(["test", "--workspace"])
        .args(arguments)
        .status()
        .context("cargo cannot be started.")?;
    Ok(status.success())
}
