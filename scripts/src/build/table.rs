//! The table of what was built.

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{CellAlignment, Table};
use fomo_wasm::code::MAX_CODE;

use super::Outcome;
use super::measure::Measured;
use crate::ui::number;

/// One row for each contract.
#[must_use]
pub fn render(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_HORIZONTAL_ONLY).set_header([
        "contract".to_owned(),
        "opt".into(),
        "wasm\nbytes".into(),
        format!("code bytes\nof {}", number(MAX_CODE as u64)),
        "initial\npages".into(),
        "imports".into(),
        "data bytes\nbefore → after".into(),
        "functions".into(),
        "entry gas\ncached / not".into(),
        "activation\ngas".into(),
        "budget".into(),
    ]);
    for outcome in outcomes {
        table.add_row(row(outcome));
    }
    for column in table.column_iter_mut().skip(2).take(8) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table.to_string()
}

fn row(outcome: &Outcome) -> Vec<String> {
    let mut cells = vec![outcome.name.clone(), outcome.contract.opt_level.name().to_owned()];
    match &outcome.result {
        Ok(artifact) => cells.extend(numbers(&artifact.measured)),
        Err(_) => cells.extend(std::iter::repeat_n("-".to_owned(), 8)),
    }
    cells.push(verdict(outcome));
    cells
}

fn numbers(measured: &Measured) -> [String; 8] {
    [
        number(measured.emitted_bytes),
        number(measured.code_bytes),
        number(measured.pages),
        number(measured.imports),
        format!("{} → {}", number(measured.emitted_data_bytes), number(measured.data_bytes)),
        number(measured.functions),
        format!("{} / {}", number(measured.cached_gas), number(measured.uncached_gas)),
        number(measured.activation_gas),
    ]
}

fn verdict(outcome: &Outcome) -> String {
    let (artifact, budget) = match (&outcome.result, &outcome.contract.budget) {
        (Err(_), _) => return "failed".into(),
        (Ok(_), None) => return "none".into(),
        (Ok(artifact), Some(budget)) => (artifact, budget),
    };
    let excess = budget.excess(&artifact.measured);
    if excess.is_empty() {
        return "ok".into();
    }
    excess.into_iter().map(|(what, by)| format!("{what}\nover by {}", number(by))).collect::<Vec<_>>().join("\n")
}
