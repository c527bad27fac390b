//! `cargo fomo demo`: what this project does, told and done chapter by chapter on a chain of its own, and a report of it.

mod charts;
mod collect;
mod facts;
mod html;
mod invariants;
mod launch;
mod node;
mod raise;
mod revenue;
mod stake;
mod suite;
mod token;
mod usage;

use std::fs;
use std::future::Future;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, LineStyle, Table};
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::root::Root;
use crate::ui::number;
pub use facts::Facts;
use suite::Suite;

/// A chapter: its headline and what happens in it.
#[derive(Debug, Clone, Copy)]
pub struct Chapter {
    /// The headline.
    pub title: &'static str,
    /// Does and tells it.
    pub tell: for<'a> fn(&'a mut Story) -> Telling<'a>,
}

/// The chapters, in the order in which a model economy lives through them.
pub const CHAPTERS: &[Chapter] = &[token::CHAPTER, launch::CHAPTER, stake::CHAPTER, usage::CHAPTER, revenue::CHAPTER];

/// How much happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, clap::Args)]
pub struct Scale {
    /// Wallets that use the models
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u64).range(4..=2_000))]
    pub users: u64,
    /// Days of usage, and then of revenue
    #[arg(long, default_value_t = 7, value_parser = clap::value_parser!(u64).range(1..=60))]
    pub days: u64,
    /// What the wallets are drawn with
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl Default for Scale {
    fn default() -> Self {
        Self { users: 200, days: 7, seed: 1 }
    }
}

/// What `cargo fomo demo` is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq, clap::Args)]
pub struct Options {
    #[command(flatten)]
    #[allow(missing_docs, reason = "it would be the help of all of them")]
    pub scale: Scale,
    /// Print the result as JSON (docs/demo.md); the story goes to stderr
    #[arg(long)]
    pub json: bool,
    /// Where the report is written [default: target/demo in the repository]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// A chapter being told.
pub type Telling<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// What something cost the first time that it happened.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    /// The chapter that it happened in.
    pub chapter: &'static str,
    /// What.
    pub what: String,
    /// Gas of its transaction.
    pub gas: u64,
}

/// The narrator: prints what happens and remembers what it cost.
pub struct Story {
    scale: Scale,
    chapter: &'static str,
    costs: Vec<Cost>,
    suite: Option<Arc<Suite>>,
    after_table: bool,
    aside: bool,
    bar: ProgressBar,
}

impl Default for Story {
    fn default() -> Self {
        Self {
            scale: Scale::default(),
            chapter: "",
            costs: Vec::new(),
            suite: None,
            after_table: false,
            aside: false,
            bar: ProgressBar::hidden(),
        }
    }
}

impl Story {
    /// A story of this scale; `aside` is one whose listeners are at stderr.
    fn new(scale: Scale, chapters: usize, aside: bool) -> Self {
        let bar = ProgressBar::new(2 * scale.days + chapters as u64);
        if let Ok(style) = ProgressStyle::with_template("   {spinner} {bar:30} {elapsed}  {wide_msg}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(100));
        Self { scale, aside, bar, ..Self::default() }
    }

    fn print(&self, text: &str) {
        self.bar.suspend(|| if self.aside { eprintln!("{text}") } else { println!("{text}") });
    }

    /// Prints a line of what happens.
    pub fn say(&mut self, line: impl AsRef<str>) {
        if std::mem::take(&mut self.after_table) {
            self.print("");
        }
        self.print(&format!("   {}", line.as_ref()));
    }

    /// Prints a table; all but its first column are numbers.
    pub fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none())).set_header(header);
        table.add_rows(rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        self.print(&format!("\n{table}"));
        self.after_table = true;
    }

    /// Says beside the bar what is being done now, and puts the bar forward.
    pub fn progress(&self, what: impl Into<String>) {
        self.bar.set_message(what.into());
        self.bar.inc(1);
    }

    /// Remembers the gas of something the first time that it happens in a chapter, for the table at its end.
    pub fn gas(&mut self, what: impl Into<String>, gas: u64) {
        let (chapter, what) = (self.chapter, what.into());
        if self.costs.iter().all(|known| known.chapter != chapter || known.what != what) {
            self.costs.push(Cost { chapter, what, gas });
        }
    }

    /// The chain with the whole suite on it, which the chapters share: deployed when the first one asks for it.
    ///
    /// # Errors
    /// When it cannot be deployed.
    async fn suite(&mut self) -> Result<Arc<Suite>> {
        if let Some(suite) = &self.suite {
            return Ok(Arc::clone(suite));
        }
        let suite = Arc::new(Suite::start().await?);
        self.say(
            "A new chain, with the suite on it: FLOCK, launchpad, vesting, rewards, registry, splitter, both venues.",
        );
        self.suite = Some(Arc::clone(&suite));
        Ok(suite)
    }

    /// Prints the gas of the chapter.
    fn close(&mut self) {
        let costs = self.costs.iter().filter(|cost| cost.chapter == self.chapter);
        let rows: Vec<_> = costs.map(|cost| vec![cost.what.clone(), number(cost.gas)]).collect();
        if !rows.is_empty() {
            self.table(&["what", "gas"], rows);
        }
    }
}

/// Tells the chapters in order, and collects what the chain then says.
///
/// # Errors
/// Where the first one fails.
pub async fn tell(chapters: &[Chapter], options: &Options) -> Result<Facts> {
    let mut story = Story::new(options.scale, chapters.len(), options.json);
    for (index, chapter) in chapters.iter().enumerate() {
        story.print(&format!("\n{}. {}\n", index + 1, chapter.title));
        story.progress(chapter.title);
        (story.after_table, story.chapter) = (false, chapter.title);
        (chapter.tell)(&mut story).await.with_context(|| format!("The demo failed in \"{}\".", chapter.title))?;
        story.close();
    }
    let suite = story.suite().await?;
    let collected = collect::collect(&suite, options.scale).await;
    let (mut facts, evidence) = collected.context("The chain's facts cannot be collected.")?;
    facts.gas = std::mem::take(&mut story.costs);
    story.print(&format!("\n{}. Every invariant, over the final state\n", chapters.len() + 1));
    let checked = invariants::check(&suite, &facts, &evidence).await;
    facts.invariants = checked.context("The invariants cannot be checked.")?;
    invariants::tell(&mut story, &facts.invariants);
    story.bar.finish_and_clear();
    let checks = || facts.invariants.iter().flat_map(|invariant| &invariant.checks);
    (facts.headline.checks, facts.headline.checks_held) =
        (checks().count() as u64, checks().filter(|check| check.holds).count() as u64);
    Ok(facts)
}

/// Builds what the demo deploys and fetches what it needs, so that the story has no pauses.
async fn prepare() -> Result<()> {
    for contract in suite::CONTRACTS {
        node::code(contract).await?;
    }
    tokio::task::spawn_blocking(|| {
        crate::npm::stylus_deployer()?;
        crate::npm::uniswap_v2()?;
        crate::solidity::aerodrome()?;
        anyhow::Ok(())
    })
    .await?
}

/// The commit that the working tree is at, "-dirty" behind it where it differs; empty where there is no git.
fn commit(root: &Root) -> String {
    let describe = ["describe", "--always", "--abbrev=40", "--dirty", "--exclude=*"];
    let output = Command::new("git").current_dir(root.path()).args(describe).output();
    let output = output.ok().filter(|output| output.status.success());
    output.map_or_else(String::new, |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Tells the story and writes the report.
///
/// # Errors
/// Where the story fails, or the report cannot be written.
pub async fn run(options: &Options) -> Result<()> {
    let root = Root::find()?;
    prepare().await?;
    let began = Instant::now();
    let mut facts = tell(CHAPTERS, options).await?;
    facts.commit = commit(&root);
    let out = options.out.clone().unwrap_or_else(|| root.join("target/demo"));
    fs::create_dir_all(&out).with_context(|| format!("{} cannot be created.", out.display()))?;
    let json = serde_json::to_string_pretty(&facts)? + "\n";
    let write = |name: &str, text: &str| {
        let path = out.join(name);
        fs::write(&path, text).with_context(|| format!("{} cannot be written.", path.display()))?;
        anyhow::Ok(path)
    };
    write("demo.json", &json)?;
    let page = write("index.html", &html::page(&facts)?)?;
    let seconds = began.elapsed().as_secs_f64();
    let line = format!("\nDone in {seconds:.1} s. The report: {} (its data: demo.json beside it)", page.display());
    if options.json {
        eprintln!("{line}");
        print!("{json}");
    } else {
        println!("{line}");
    }
    ensure!(facts.headline.checks_held == facts.headline.checks, "An invariant does not hold: the report says which.");
    Ok(())
}
