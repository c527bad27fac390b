//! Compiling one contract, with the flags that make it small, cheap to enter and the same everywhere.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::manifest::Contract;
use crate::root::Root;
use crate::toolchain::{TARGET, Toolchain};
use crate::ui::Task;

/// Flags of rustc for WASM, each with its reason in `docs/build.md`.
const RUSTC_FLAGS: [&str; 8] = [
    "-Zunstable-options",
    "-Cpanic=immediate-abort",
    "-Zlocation-detail=none",
    "-Zfmt-debug=none",
    "-Ctarget-cpu=mvp",
    "-Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals,+nontrapping-fptoint",
    "-Clink-arg=-zstack-size=32768",
    // Over the profile's: the names of functions are wanted for profiles, and taken off what is deployed.
    "-Cstrip=debuginfo",
];

/// The profile of every contract, whatever its workspace says.
const PROFILE: [&str; 6] =
    ["lto=\"fat\"", "codegen-units=1", "panic=\"abort\"", "strip=true", "debug=false", "incremental=false"];

/// Separates flags in `CARGO_ENCODED_RUSTFLAGS`, so that paths may have spaces.
const FLAG_SEPARATOR: &str = "\u{1f}";

/// A line of `cargo build --message-format=json`.
#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    reason: String,
    target: Option<MessageTarget>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct MessageTarget {
    crate_types: Vec<String>,
}

/// Compiles a contract alone, as cargo unifies the features of what it builds together, and reads the WASM.
///
/// # Errors
/// When cargo fails, with what it said.
pub fn compile(root: &Root, toolchain: &Toolchain, name: &str, contract: &Contract, task: &Task) -> Result<Vec<u8>> {
    let mut command = command(root, toolchain, name, contract)?;
    tracing::debug!(?command, "compiling");
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let path = follow(child.context("cargo cannot be started.")?, task)?;
    let path =
        path.with_context(|| format!("The package {name} builds no WASM: its crate-type must be \"cdylib\"."))?;
    std::fs::read(&path).with_context(|| format!("{} cannot be read.", path.display()))
}

fn command(root: &Root, toolchain: &Toolchain, name: &str, contract: &Contract) -> Result<Command> {
    let workspace = root.join(&contract.workspace);
    let target_dir = target_dir(root, &contract.workspace);
    let mut command = toolchain.contract_cargo();
    command
        .current_dir(&workspace)
        .env("RUSTC_BOOTSTRAP", "1")
        // Whoever builds incrementally gets the same bytes.
        .env("CARGO_INCREMENTAL", "0")
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, toolchain, &target_dir)?)
        .args(["build", "--release", "--locked", "--lib", "--package", name, "--target", TARGET])
        .args(["--color", "never", "--message-format", "json-render-diagnostics", "-Zbuild-std=std,panic_abort"])
        .arg("--target-dir")
        .arg(&target_dir)
        .arg("--config")
        .arg(format!("profile.release.opt-level={}", contract.opt_level.profile_value()));
    for setting in PROFILE {
        command.arg("--config").arg(format!("profile.release.{setting}"));
    }
    if contract.small_std {
        command.arg("-Zbuild-std-features=optimize_for_size");
    }
    Ok(command)
}

/// One target folder for each workspace.
fn target_dir(root: &Root, workspace: &Path) -> PathBuf {
    let parts: Vec<_> = workspace.iter().filter_map(|part| part.to_str()).filter(|part| *part != ".").collect();
    let name = if parts.is_empty() { "root".to_owned() } else { parts.join("-") };
    root.contracts().join("cargo").join(name)
}

/// The flags, with every folder that may get into a program renamed to the same on all machines. A flag of that kind
/// also keeps cargo from hashing the flags, and so the folders, into symbol names.
fn flags(root: &Root, toolchain: &Toolchain, target_dir: &Path) -> Result<OsString> {
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))
        .context("There is no home folder to find cargo's in. Set CARGO_HOME.")?;
    // The last that fits counts.
    let names: [(&Path, &str); 4] =
        [(root.path(), "/fomo"), (target_dir, "/target"), (toolchain.sysroot(), "/rust"), (&cargo_home, "/cargo")];
    let mut flags = OsString::from(RUSTC_FLAGS.join(FLAG_SEPARATOR));
    for (from, to) in names {
        flags.push(FLAG_SEPARATOR);
        flags.push("--remap-path-prefix=");
        flags.push(from);
        flags.push("=");
        flags.push(to);
    }
    Ok(flags)
}

/// Shows what cargo does until it ends; the path of the WASM that it built.
fn follow(mut child: Child, task: &Task) -> Result<Option<PathBuf>> {
    let messages = child.stdout.take().context("cargo has no output.")?;
    let progress = child.stderr.take().context("cargo has no error output.")?;
    let (path, said) = std::thread::scope(|scope| {
        let path = scope.spawn(|| built_wasm(messages));
        let said = relay(progress, task);
        (path.join().ok().flatten(), said)
    });
    let status = child.wait().context("cargo did not end properly.")?;
    if !status.success() {
        bail!("it does not compile:\n{}", said.trim_end());
    }
    Ok(path)
}

/// Shows each line and keeps all.
fn relay(stderr: impl Read, task: &Task) -> String {
    let mut said = String::new();
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        task.say(line.trim());
        said.push_str(&line);
        said.push('\n');
    }
    said
}

/// The last WASM library among the artifacts, which is the contract: its dependencies come before it.
fn built_wasm(stdout: impl Read) -> Option<PathBuf> {
    BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .filter_map(|line| serde_json::from_str::<Message>(&line).ok())
        .filter(|message| message.reason == "compiler-artifact")
        .filter(|message| {
            message.target.as_ref().is_some_and(|target| target.crate_types.iter().any(|kind| kind == "cdylib"))
        })
        .filter_map(|message| {
            message.filenames.into_iter().find(|path| path.extension().is_some_and(|end| end == "wasm"))
        })
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_workspace_has_its_own_target_folder() {
        let root = Root::at(Path::new("/")).unwrap();
        assert!(target_dir(&root, Path::new(".")).ends_with("cargo/root"));
        assert!(target_dir(&root, Path::new("contracts/tokens")).ends_with("cargo/contracts-tokens"));
    }

    #[test]
    fn the_wasm_is_found_among_the_messages() {
        let messages = r#"{"reason":"compiler-artifact","target":{"crate_types":["lib"]},"filenames":["/t/libdep.rlib"]}
not json
{"reason":"compiler-artifact","target":{"crate_types":["lib","cdylib"]},"filenames":["/t/libtoken.rlib","/t/token.wasm"]}
{"reason":"build-finished","success":true}"#;
        assert_eq!(built_wasm(messages.as_bytes()), Some(PathBuf::from("/t/token.wasm")));
        assert_eq!(built_wasm("".as_bytes()), None);
    }
}
