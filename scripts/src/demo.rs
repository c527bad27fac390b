//! `cargo fomo demo`: what this project does, told and done chapter by chapter on a chain of its own.

mod launch;
mod node;
mod raise;
mod revenue;
mod stake;
mod suite;
mod token;
mod usage;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use anyhow::{Context, Result};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, LineStyle, Table};

use crate::ui::number;
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

/// A chapter being told.
pub type Telling<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// The narrator: prints what happens and remembers what it cost.
#[derive(Default)]
pub struct Story {
    gas: Vec<(String, u64)>,
    suite: Option<Arc<Suite>>,
    after_table: bool,
}

impl Story {
    /// Prints a line of what happens.
    pub fn say(&mut self, line: impl AsRef<str>) {
        if std::mem::take(&mut self.after_table) {
            println!();
        }
        println!("   {}", line.as_ref());
    }

    /// Prints a table; all but its first column are numbers.
    pub fn table(&mut self, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) {
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY.row_separator(LineStyle::none())).set_header(header);
        table.add_rows(rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("\n{table}");
        self.after_table = true;
    }

    /// Remembers the gas of something the first time that it happens, for the table at the end of the chapter.
    pub fn gas(&mut self, what: impl Into<String>, gas: u64) {
        let what = what.into();
        if self.gas.iter().all(|(known, _)| *known != what) {
            self.gas.push((what, gas));
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

    /// Prints the gas of the chapter and forgets it.
    fn close(&mut self) {
        if self.gas.is_empty() {
            return;
        }
        let rows: Vec<_> = self.gas.drain(..).map(|(what, gas)| vec![what, number(gas)]).collect();
        self.table(&["what", "gas"], rows);
    }
}

/// Tells the chapters in order.
///
/// # Errors
/// Where the first one fails.
pub async fn tell(chapters: &[Chapter]) -> Result<()> {
    let mut story = Story::default();
    for (index, chapter) in chapters.iter().enumerate() {
        println!("\n{}. {}\n", index + 1, chapter.title);
        story.after_table = false;
        (chapter.tell)(&mut story).await.with_context(|| format!("The demo failed in \"{}\".", chapter.title))?;
        story.close();
    }
    Ok(())
}
