//! The pinned Rust toolchain: what contracts need of it, fetched when it is missing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::root::Root;

/// The target that contracts are compiled for.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// The toolchain of `rust-toolchain.toml`, with the standard library's source and the WASM target.
#[derive(Debug, Clone)]
pub struct Toolchain {
    channel: String,
    sysroot: PathBuf,
}

#[derive(Deserialize)]
struct Pin {
    toolchain: PinnedToolchain,
}

#[derive(Deserialize)]
struct PinnedToolchain {
    channel: String,
}

impl Toolchain {
    /// Finds it, and has rustup fetch what is missing of it.
    ///
    /// # Errors
    /// When something is missing and cannot be fetched; the error says what to install.
    pub fn ensure(root: &Root) -> Result<Self> {
        let path = root.join("rust-toolchain.toml");
        let text = std::fs::read_to_string(&path).with_context(|| format!("{} cannot be read.", path.display()))?;
        let pin: Pin = toml::from_str(&text).with_context(|| format!("{} cannot be understood.", path.display()))?;
        let channel = pin.toolchain.channel;
        let sysroot = match sysroot(&channel) {
            Ok(sysroot) => sysroot,
            Err(_) => {
                rustup(&["toolchain", "install", &channel, "--profile", "minimal"])?;
                sysroot(&channel)?
            }
        };
        let toolchain = Self { channel, sysroot };
        toolchain.check_version()?;
        toolchain.fetch_missing()?;
        Ok(toolchain)
    }

    /// The folder that the toolchain is installed in.
    #[must_use]
    pub fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// Its `cargo`, without what an outer cargo says in the environment of its own crate.
    #[must_use]
    pub fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        command.env("RUSTUP_TOOLCHAIN", &self.channel);
        forget(&mut command, &OF_OUTER_CRATE);
        command
    }

    /// Its `cargo`, also without what a person may have set to change how their own programs are compiled: contracts
    /// are compiled in one way.
    #[must_use]
    pub fn contract_cargo(&self) -> Command {
        let mut command = self.cargo();
        forget(&mut command, &CHANGES_CONTRACTS);
        command
    }

    /// Without rustup, `rustc` is whatever is installed.
    fn check_version(&self) -> Result<()> {
        let version = output(pinned("rustc", &self.channel).arg("--version"))?;
        if version.split_whitespace().nth(1) != Some(self.channel.as_str()) {
            bail!(
                "Rust {} is needed and this is {version}. Install rustup (https://rustup.rs), which fetches it.",
                self.channel
            );
        }
        Ok(())
    }

    fn fetch_missing(&self) -> Result<()> {
        let installed = self.sysroot.join("lib/rustlib");
        if !installed.join("src/rust/library/Cargo.lock").is_file() {
            rustup(&["component", "add", "rust-src", "--toolchain", &self.channel])?;
        }
        if !installed.join(TARGET).is_dir() {
            rustup(&["target", "add", TARGET, "--toolchain", &self.channel])?;
        }
        Ok(())
    }
}

/// Beginnings of the variables that cargo sets for a program that it runs.
const OF_OUTER_CRATE: [&str; 6] =
    ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_NAME", "CARGO_PRIMARY_PACKAGE", "OUT_DIR"];
/// Beginnings of the variables that change what is compiled and that no argument of ours overrides.
const CHANGES_CONTRACTS: [&str; 3] = ["CARGO_PROFILE_", "CARGO_UNSTABLE_", "CARGO_TARGET_WASM32_"];

fn forget(command: &mut Command, beginnings: &[&str]) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| beginnings.iter().any(|beginning| name.starts_with(beginning))) {
            command.env_remove(name);
        }
    }
}

fn pinned(program: &str, channel: &str) -> Command {
    let mut command = Command::new(program);
    command.env("RUSTUP_TOOLCHAIN", channel);
    command
}

fn sysroot(channel: &str) -> Result<PathBuf> {
    output(pinned("rustc", channel).args(["--print", "sysroot"])).map(PathBuf::from)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::null())
        .output()
        .context("The Rust compiler cannot be started. Install rustup (https://rustup.rs).")?;
    if !output.status.success() {
        bail!(
            "The Rust compiler does not answer. Install rustup (https://rustup.rs), which fetches the pinned toolchain."
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs rustup in view: it has progress bars of its own.
fn rustup(args: &[&str]) -> Result<()> {
    let line = format!("rustup {}", args.join(" "));
    eprintln!("Something of the pinned Rust toolchain is missing; running `{line}`.");
    let status = Command::new("rustup").args(args).status().with_context(|| {
        format!("`{line}` is needed and rustup is not installed. Install it (https://rustup.rs), or add what is missing by hand.")
    })?;
    if !status.success() {
        bail!("`{line}` failed. Run it by hand to see why, then try again.");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_toolchain_is_whole_and_no_outer_crate_reaches_its_cargo() {
        let toolchain = Toolchain::ensure(&Root::find().unwrap()).unwrap();
        assert!(toolchain.sysroot().join("lib/rustlib/src/rust/library").is_dir());
        // This test is run by a cargo, which has said so.
        assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
        let cargo = toolchain.cargo();
        let value = |name: &str| cargo.get_envs().find(|(key, _)| *key == name).map(|(_, value)| value);
        assert_eq!(value("CARGO_PKG_NAME"), Some(None), "it is to be removed");
        assert_eq!(value("CARGO_HOME"), None, "it is to be left alone");
    }
}
