//! The `fomo` command line: `cargo fomo help` says what it does.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, Subcommand};
use fomo::root::Root;
use fomo::verify::command as verify;
use fomo::{build, demo, deploy, devnet, interfaces, keeper, profile, simulate, suite, ui, wallet};
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
    /// Put the suite on a chain, or go on where that stopped
    Deploy(deploy::Options),
    /// Accept the roles that a deployment proposed to you
    Accept(deploy::Accept),
    /// Compare a chain with the record of its deployment
    Status(deploy::status::Options),
    /// Tell and do what this project is for, chapter by chapter, on a chain of its own; write a report of it
    Demo(demo::Options),
    /// Do what is due, round after round: report usage, seal and accrue days, graduate, buy back, keep programs active
    Keeper(Box<keeper::Options>),
    /// Tell where a transaction's gas went, function by function, and draw it as a flame graph
    Profile(Box<profile::Options>),
    /// Compute the rewards of a grown network for half a year, and what they would cost on chain
    Simulate(simulate::Options),
    /// Build every contract, then run every test
    Test {
        /// Further arguments for `cargo test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENTS")]
        arguments: Vec<OsString>,
    },
    #[command(flatten)]
    Wallet(wallet::Command),
    /// Rerun an epoch, a launch or everything from chain data alone, and list what differs
    #[command(subcommand)]
    Verify(verify::What),
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    log(&command);
    match start(command) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {}", ui::explain(&error));
            ExitCode::FAILURE
        }
    }
}

/// Log lines go to the standard error: warnings, and of a keeper everything that it does.
fn log(command: &Command) {
    let (level, json) = match command {
        Command::Keeper(options) => ("warn,fomo=info", options.log_format == keeper::LogFormat::Json),
        _ => ("warn", false),
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    if json {
        subscriber.json().init();
    } else {
        subscriber.init();
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
        Command::Devnet(options) => {
            // What stands behind the command's name, for what it says over a file's settings.
            let typed = std::env::args_os().skip_while(|word| word != "devnet").skip(1);
            devnet::run(&options.with_file(typed)?).await.map(|()| true)
        }
        Command::Demo(options) => demo::run(&options).await.map(|()| true),
        Command::Profile(options) => profile::run(&options).await.map(|()| true),
        Command::Simulate(options) => blocking(move || simulate::run(&options).map(|()| true)).await,
        Command::Deploy(options) => deploy::run(&options).await,
        Command::Accept(options) => deploy::accept(&options).await,
        Command::Status(options) => deploy::status::run(&options).await,
        Command::Keeper(options) => keeper::run(&options).await,
        Command::Wallet(command) => wallet::run(&command).await,
        Command::Test { arguments } => blocking(move || suite::run(&Root::find()?, &arguments)).await,
        Command::Verify(what) => verify::run(&what).await,
    }
}

/// Runs what waits for other programs beside the tasks of the runtime.
async fn blocking(work: impl FnOnce() -> Result<bool> + Send + 'static) -> Result<bool> {
    tokio::task::spawn_blocking(work).await?
}
