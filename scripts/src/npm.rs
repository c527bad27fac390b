//! Third-party bytecode and programs from npm packages: fetched once into `target/npm`, never copied into this
//! repository.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use alloy::primitives::{Bytes, hex};
use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::root::Root;
use crate::ui::Task;

/// Arbitrum's contracts, StylusDeployer among them.
pub const NITRO_CONTRACTS: Package = Package { name: "@arbitrum/nitro-contracts", version: "3.2.0" };
/// Uniswap V2: factory and pair.
pub const UNISWAP_V2_CORE: Package = Package { name: "@uniswap/v2-core", version: "1.0.1" };
/// Uniswap V2: router, and the WETH9 that goes with it.
pub const UNISWAP_V2_PERIPHERY: Package = Package { name: "@uniswap/v2-periphery", version: "1.1.0-beta.0" };
/// Foundry's chain for EVM contracts, to compare with.
pub const ANVIL: Package = Package { name: "@foundry-rs/anvil", version: "1.7.1" };
/// Foundry's command line for any chain.
pub const CAST: Package = Package { name: "@foundry-rs/cast", version: "1.7.1" };
/// A client for JavaScript.
pub const ETHERS: Package = Package { name: "ethers", version: "6.17.0" };
/// Another one.
pub const VIEM: Package = Package { name: "viem", version: "2.57.20" };
/// The Solidity compiler.
pub const SOLC: Package = Package { name: "solc", version: "0.8.30" };

/// An npm package at an exact version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Creation code of Uniswap V2, as published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UniswapV2 {
    /// UniswapV2Factory: its constructor takes the address that may set the fee's receiver.
    pub factory: Bytes,
    /// UniswapV2Pair, whose hash the router was compiled with.
    pub pair: Bytes,
    /// UniswapV2Router02: its constructor takes the factory and the wrapped coin.
    pub router: Bytes,
    /// WETH9.
    pub weth: Bytes,
}

/// The folder of an installed package; its dependencies are beside it.
///
/// The first call of all fetches it. It is safe to call from several processes at once.
///
/// # Errors
/// When it is not installed and cannot be fetched.
pub fn package(package: Package) -> Result<PathBuf> {
    let folder = Root::find()?.npm();
    let home = folder.join(slug(package));
    let installed = home.join("node_modules").join(package.name);
    if installed.is_dir() {
        return Ok(installed);
    }
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be created.", folder.display()))?;
    let lock = File::create(folder.join(".lock")).context("The lock of target/npm cannot be created.")?;
    if lock.try_lock().is_err() {
        eprintln!("Waiting for another process that fetches from npm ...");
        lock.lock().context("The lock of target/npm cannot be taken.")?;
    }
    // Another process may have installed it in the meantime.
    if !installed.is_dir() {
        install(package, &folder, &home)?;
    }
    Ok(installed)
}

/// Whether a package is here already, so that using it takes no time.
#[must_use]
pub fn is_installed(package: Package) -> bool {
    Root::find().is_ok_and(|root| root.npm().join(slug(package)).join("node_modules").join(package.name).is_dir())
}

/// The runtime code of StylusDeployer.
///
/// # Errors
/// When the package cannot be fetched or holds something else.
pub fn stylus_deployer() -> Result<Bytes> {
    let path = package(NITRO_CONTRACTS)?.join("build/contracts/src/stylus/StylusDeployer.sol/StylusDeployer.json");
    bytecode(&path, "deployedBytecode")
}

/// Uniswap V2.
///
/// # Errors
/// When the packages cannot be fetched or hold something else.
pub fn uniswap_v2() -> Result<UniswapV2> {
    let core = package(UNISWAP_V2_CORE)?.join("build");
    let periphery = package(UNISWAP_V2_PERIPHERY)?.join("build");
    Ok(UniswapV2 {
        factory: bytecode(&core.join("UniswapV2Factory.json"), "bytecode")?,
        pair: bytecode(&core.join("UniswapV2Pair.json"), "bytecode")?,
        router: bytecode(&periphery.join("UniswapV2Router02.json"), "bytecode")?,
        weth: bytecode(&periphery.join("WETH9.json"), "bytecode")?,
    })
}

/// The program `cast`.
///
/// # Errors
/// When the package cannot be fetched or has none for this machine.
pub fn cast() -> Result<PathBuf> {
    program(CAST, "cast")
}

/// The program `anvil`.
///
/// # Errors
/// When the package cannot be fetched or has none for this machine.
pub fn anvil() -> Result<PathBuf> {
    program(ANVIL, "anvil")
}

/// The folder of the Solidity compiler, a package that Node.js can `require`.
///
/// # Errors
/// When the package cannot be fetched.
pub fn solc() -> Result<PathBuf> {
    package(SOLC)
}

fn slug(package: Package) -> String {
    format!("{}-{}", package.name.trim_start_matches('@').replace('/', "-"), package.version)
}

/// Installs beside the final folder and moves it there, so that what is there is whole. Each package has a folder of
/// its own: npm removes from a folder what it was not asked for in the same call.
fn install(package: Package, folder: &Path, home: &Path) -> Result<()> {
    let task = Task::start(format!("Fetching {} {} from npm", package.name, package.version));
    let result = tempfile::Builder::new()
        .prefix(&format!(".{}-", slug(package)))
        .tempdir_in(folder)
        .with_context(|| format!("No folder can be made in {}.", folder.display()))
        .and_then(|partial| {
            npm_install(package, partial.path())?;
            fs::rename(partial.path(), home).with_context(|| format!("{} cannot be written.", home.display()))
        });
    task.finish(if result.is_ok() { "done" } else { "failed" });
    result
}

fn npm_install(package: Package, prefix: &Path) -> Result<()> {
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let output = Command::new(npm)
        .args([
            "install",
            "--no-save",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel",
            "error",
            // A registry that has gone silent is asked again rather than waited for.
            "--fetch-timeout=60000",
            "--fetch-retries=5",
            "--prefix",
        ])
        .arg(prefix)
        .arg(format!("{}@{}", package.name, package.version))
        // Wherever it is started, it installs here.
        .current_dir(prefix)
        .output()
        .context("npm cannot be started. Install Node.js (https://nodejs.org), which brings it.")?;
    if !output.status.success() || !prefix.join("node_modules").join(package.name).is_dir() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("npm could not install {} {}: {}", package.name, package.version, said.trim());
    }
    Ok(())
}

/// The executable that a package ships in a further package for each platform.
fn program(package_: Package, name: &str) -> Result<PathBuf> {
    let folder = package(package_)?;
    let suffix = platform()?;
    let extension = std::env::consts::EXE_SUFFIX;
    let file = folder.with_file_name(format!("{name}-{suffix}")).join("bin").join(format!("{name}{extension}"));
    if !file.is_file() {
        bail!("The npm package {} {} brings no {name} for {suffix}.", package_.name, package_.version);
    }
    Ok(file)
}

/// This machine as npm packages of Foundry name it.
fn platform() -> Result<String> {
    let os = match std::env::consts::OS {
        "linux" => "linux",
        "macos" => "darwin",
        "windows" => "win32",
        other => bail!("Foundry's npm packages have no programs for {other}."),
    };
    let arch = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => bail!("Foundry's npm packages have no programs for {other} processors."),
    };
    Ok(format!("{os}-{arch}"))
}

fn bytecode(path: &Path, field: &str) -> Result<Bytes> {
    let text = fs::read(path).with_context(|| format!("{} cannot be read.", path.display()))?;
    let json: Value = serde_json::from_slice(&text).with_context(|| format!("{} is not JSON.", path.display()))?;
    let digits = json.get(field).and_then(Value::as_str).filter(|digits| !digits.is_empty());
    let digits = digits.with_context(|| format!("{} has no {field}.", path.display()))?;
    hex::decode(digits)
        .map(Bytes::from)
        .with_context(|| format!("The {field} in {} is not hexadecimal.", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::keccak256;

    #[test]
    fn packages_have_folders_of_their_own() {
        assert_eq!(slug(NITRO_CONTRACTS), "arbitrum-nitro-contracts-3.2.0");
        assert_eq!(slug(SOLC), "solc-0.8.30");
    }

    #[test]
    fn uniswap_is_the_one_that_the_router_knows() {
        let uniswap = uniswap_v2().unwrap();
        let hash = keccak256(&uniswap.pair);
        let contains = |code: &[u8], part: &[u8]| code.windows(part.len()).any(|window| window == part);
        assert!(contains(&uniswap.router, hash.as_slice()), "the router computes other pair addresses");
        assert!(contains(&uniswap.factory, &uniswap.pair));
        assert!(!uniswap.weth.is_empty());
    }

    #[test]
    fn foundrys_programs_run_at_their_versions() {
        for (program, package) in [(cast().unwrap(), CAST), (anvil().unwrap(), ANVIL)] {
            let output = Command::new(&program).arg("--version").output().unwrap();
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains(package.version), "{} says {said}", program.display());
        }
    }

    #[test]
    fn the_deployer_is_runtime_code_with_its_three_functions() {
        let code = stylus_deployer().unwrap();
        for signature in
            ["deploy(bytes,bytes,uint256,bytes32)", "requiresActivation(address)", "initSalt(bytes32,bytes)"]
        {
            let selector = &keccak256(signature)[..4];
            assert!(code.windows(4).any(|window| window == selector), "{signature}");
        }
    }
}
