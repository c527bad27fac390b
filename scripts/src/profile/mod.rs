//! `cargo fomo profile`: where a transaction's gas went, by function of every program in it, as a table and a flame graph.
//!
//! - [`told`]: what the node tells of a run, by its `stylusProfiler`.
//! - [`names`]: what programs and functions are called; the names are kept aside from the code that is deployed.
//! - [`stacks`]: calls with the ink that was spent in each.

mod names;
mod stacks;
mod told;

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use alloy::primitives::B256;
use alloy::providers::Provider;
use anyhow::{Context, Result};
use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use inferno::flamegraph;
use serde_json::json;

use crate::client::{Connection, refusal};
use crate::root::Root;
use crate::ui::number;
use names::Names;
use stacks::{Stacks, Tally};
use told::Profile;

/// Most characters of a name in the table; the graph has all of it.
const NAME: usize = 60;
/// Ink of a gas.
const INK: u64 = 10_000;

/// What `cargo fomo profile` is asked for.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// Hash of a mined transaction, among the last 128 blocks of a chain of `cargo fomo devnet`
    #[arg(value_name = "TX")]
    pub transaction: B256,
    /// File for the flame graph [default: target/profile/TX.svg]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Lines of the table
    #[arg(long, default_value_t = 25, value_name = "NUMBER")]
    pub top: usize,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

/// Asks the node, prints the table and writes the flame graph.
///
/// # Errors
/// When the node does not answer, knows no such transaction or cannot profile.
pub async fn run(options: &Options) -> Result<()> {
    let (root, client) = (Root::find()?, options.connection.connect().await?);
    let told = client.provider().raw_request::<_, Profile>(
        "debug_traceTransaction".into(),
        (options.transaction, json!({ "tracer": "stylusProfiler" })),
    );
    let profile = told.await.map_err(|error| refusal(&error)).context(
        "The node does not profile it. The node has to be `cargo fomo devnet`: forked from another chain with --fork-url, it \
         runs what is sent there too.",
    )?;
    let names = Names::read(&root)?;
    let stacks = Stacks::of(&profile, &names);
    println!("{}", summary(&profile));
    println!("{}", table(&stacks, options.top));
    for missing in names.missing() {
        eprintln!("Functions of the program {missing} have no names: it is none that `cargo fomo build` built last.");
    }
    let path = options.out.clone().unwrap_or_else(|| root.join(format!("target/profile/{}.svg", options.transaction)));
    write(&stacks, &format!("Ink of {}", options.transaction), &path)?;
    println!("Flame graph: {}", path.display());
    Ok(())
}

fn summary(profile: &Profile) -> String {
    format!(
        "{} gas: {} of the transaction itself, {} of what it called, {} given back.",
        number(profile.gas_used()),
        number(profile.intrinsic_gas()),
        number(profile.frames.first().map_or(0, told::Frame::gas_used)),
        number(profile.refund()),
    )
}

/// A name that fits into a row: of a long one its end, which tells most.
fn short(name: &str) -> String {
    let skipped = name.chars().count().saturating_sub(NAME);
    if skipped == 0 {
        name.to_owned()
    } else {
        name.chars().skip(skipped).fold("…".into(), |text, c| text + &c.to_string())
    }
}

/// The places where most was spent, most first.
fn table(stacks: &Stacks, top: usize) -> Table {
    let (all, total) = (stacks.tallies(), stacks.total());
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    table.set_header(["in", "what", "calls", "gas, in it alone", "with all below", "alone"]);
    for column in 2..6 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let gas = |ink: u64| format!("{}.{}", number(ink / INK), ink % INK / (INK / 10));
    for Tally { program, name, calls, own, below } in all.iter().take(top) {
        let share = format!("{:.1} %", *own as f64 * 100.0 / total.max(1) as f64);
        table.add_row([
            program.clone(),
            short(name),
            number(*calls),
            gas(*own),
            gas(own.saturating_add(*below)),
            share,
        ]);
    }
    if let Some(rest) = all.len().checked_sub(top).filter(|rest| *rest > 0) {
        let own = all.iter().skip(top).fold(0_u64, |sum, tally| sum.saturating_add(tally.own));
        table.add_row([String::new(), format!("{rest} more"), String::new(), gas(own), String::new(), String::new()]);
    }
    table
}

/// Draws the flame graph.
fn write(stacks: &Stacks, title: &str, path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made.", folder.display()))?;
    }
    let file = File::create(path).with_context(|| format!("{} cannot be written.", path.display()))?;
    let mut options = flamegraph::Options::default();
    options.title = title.into();
    options.count_name = "ink".into();
    options.deterministic = true;
    options.hash = true;
    let lines: Vec<String> = stacks.folded().collect();
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), BufWriter::new(file))
        .context("The flame graph cannot be drawn.")
}
