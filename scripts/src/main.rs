//! The `fomo` command line: `cargo fomo help` says what it does.

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use fomo::root::Root;
use fomo::verify::command as verify;
use fomo::{build, demo, devnet, interfaces, simulate, suite, ui, wallet};
use tokio::runtime::Runtime;
use tracing_subscriber::EnvFilter;

/// Build the contracts, run a Stylus chain, test everything.
#[derive(Debug, Parser)]
#[command(name = "cargo fomo", bin_name = "cargo fomo", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the JSON ABI of every contract and docs/abi.md, or check them and the contracts against the interfaces
    Abi(interfaces::Options),
    /// Build contracts to deployable code and compare them with their budgets
    Build(build::Options),
    /// Run an Arbitrum chain with Stylus, which serves JSON-RPC until it is stopped
    Devnet(devnet::Options),
    /// Tell and do what this project is for, chapter by chapter, on a chain of its own
    Demo,
    /// Compute the rewards of a grown network for half a year, and what they would cost on chain
    Simulate(simulate::Options),
    /// Build every contract, then run every test
    Test {
        /// Further arguments for `cargo test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    /// Rerun an epoch, a launch or everything from chain data alone, and list what differs
    #[command(subcommand)]
    Verify(verify::What),
    #[command(flatten)]
    Wallet(wallet::Command),
}

fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match start(Arguments::parse().command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", ui::explain(&error));
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Result<bool> {
    let runtime = Runtime::new().context("The asynchronous runtime cannot be started.")?;
    let result = runtime.block_on(run(command));
    // Whoever stopped it does not wait for what still goes on in the background.
    runtime.shutdown_background();
    result
}

/// Whether all was well.
async fn run(command: Command) -> Result<bool> {
    match command {
        Command::Abi(options) => blocking(move || interfaces::run(&Root::find()?, &options)).await,
        Command::Build(options) => blocking(move || build::run(&Root::find()?, &options)).await,
        Command::Devnet(options) => devnet::run(&options).await.map(|()| true),
        Command::Demo => demo::tell(demo::CHAPTERS).await.map(|()| true),
        Command::Simulate(options) => blocking(move || simulate::run(&options).map(|()| true)).await,
        Command::Wallet(command) => wallet::run(&command).await,
        Command::Test { arguments } => blocking(move || suite::run(&Root::find()?, &arguments)).await,
        Command::Verify(what) => verify::run(&what).await,
    }
}

/// Runs what waits for other programs beside the tasks of the runtime.
async fn blocking(work: impl FnOnce() -> Result<bool> + Send + 'static) -> Result<bool> {
    tokio::task::spawn_blocking(work).await?
}
