//! `cargo fomo demo`: what this project does, told and done chapter by chapter on a chain of its own.

mod token;

use std::future::Future;
use std::pin::Pin;

use anyhow::{Context, Result};
use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};

use crate::ui::number;

/// A chapter: its headline and what happens in it.
#[derive(Debug, Clone, Copy)]
pub struct Chapter {
    /// The headline.
    pub title: &'static str,
    /// Does and tells it.
    pub tell: for<'a> fn(&'a mut Story) -> Telling<'a>,
}

/// The chapters, in the order in which a model economy lives through them.
pub const CHAPTERS: &[Chapter] = &[token::CHAPTER];

/// A chapter being told.
pub type Telling<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

/// The narrator: prints what happens and remembers what it cost.
#[derive(Debug, Default)]
pub struct Story {
    gas: Vec<(String, u64)>,
}

impl Story {
    /// Prints a line of what happens.
    pub fn say(&mut self, line: impl AsRef<str>) {
        println!("   {}", line.as_ref());
    }

    /// Remembers the gas of something, for the table at the end of the chapter.
    pub fn gas(&mut self, what: impl Into<String>, gas: u64) {
        self.gas.push((what.into(), gas));
    }

    /// Prints the gas of the chapter and forgets it.
    fn close(&mut self) {
        if self.gas.is_empty() {
            return;
        }
        let mut table = Table::new();
        table.load_style(UTF8_HORIZONTAL_ONLY).set_header(["what", "gas"]);
        for (what, gas) in self.gas.drain(..) {
            table.add_row([what, number(gas)]);
        }
        if let Some(column) = table.column_mut(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        println!("{table}");
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
        (chapter.tell)(&mut story).await.with_context(|| format!("The demo failed in \"{}\".", chapter.title))?;
        story.close();
    }
    Ok(())
}
