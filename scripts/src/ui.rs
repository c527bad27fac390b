//! What a person sees while something takes long, and how numbers are written.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use alloy::primitives::U256;
use indicatif::{ProgressBar, ProgressStyle};

/// How often a long task says what it does where there is no terminal to animate.
const PLAIN_INTERVAL: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(100);

/// Something that takes a while: a spinner on a terminal, plain lines elsewhere.
#[derive(Debug)]
pub struct Task {
    name: String,
    started: Instant,
    spinner: Option<ProgressBar>,
    last_line: Mutex<Instant>,
}

impl Task {
    /// Starts it; `name` says what is being done, as in "Building model-token".
    #[must_use]
    pub fn start(name: impl Into<String>) -> Self {
        let name = name.into();
        let spinner = std::io::stderr().is_terminal().then(|| spinner(&name));
        if spinner.is_none() {
            eprintln!("{name} ...");
        }
        let now = Instant::now();
        Self { name, started: now, spinner, last_line: Mutex::new(now) }
    }

    /// Says which part of it is being done.
    pub fn say(&self, what: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.set_message(what.to_owned());
        } else if let Ok(mut last) = self.last_line.lock()
            && last.elapsed() >= PLAIN_INTERVAL
        {
            *last = Instant::now();
            eprintln!("{}: {what}", self.name);
        }
    }

    /// Ends it with a line that says how it went and how long it took.
    pub fn finish(self, how: &str) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
        eprintln!("{}: {how} ({:.1} s)", self.name, self.started.elapsed().as_secs_f64());
    }
}

fn spinner(name: &str) -> ProgressBar {
    let spinner = ProgressBar::new_spinner().with_prefix(name.to_owned());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix}, {elapsed}: {wide_msg}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(TICK);
    spinner
}

/// An error and what caused it: one sentence after the other.
#[must_use]
pub fn explain(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// A number with commas between the thousands.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// An amount with 18 decimals as people write it: at most four decimals, rounded to the nearest.
#[must_use]
pub fn amount(value: U256) -> String {
    decimal(value, 4)
}

/// A number with 18 decimals, of which at most `places` are written, rounded to the nearest; no zeros at its end.
#[must_use]
pub fn decimal(value: U256, places: usize) -> String {
    let ten = U256::from(10);
    let step = ten.pow(U256::from(18_usize.saturating_sub(places)));
    let rounded = value.saturating_add(step / U256::from(2)) / step;
    if rounded.is_zero() && !value.is_zero() {
        return format!("<0.{:0>places$}", 1);
    }
    let (whole, part) = rounded.div_rem(ten.pow(U256::from(places.min(18))));
    let part = format!("{:0>places$}", part.to_string());
    let part = part.trim_end_matches('0');
    let whole = number(u64::try_from(whole).unwrap_or(u64::MAX));
    if part.is_empty() { whole } else { format!("{whole}.{part}") }
}

#[cfg(test)]
mod tests {
    use super::{U256, amount, decimal, number};

    #[test]
    fn amounts_have_few_decimals_and_no_zeros_behind() {
        let wei = |digits: &str| digits.parse::<U256>().unwrap();
        assert_eq!(amount(wei("0")), "0");
        assert_eq!(amount(wei("1")), "<0.0001");
        assert_eq!(amount(wei("12500000000000000000")), "12.5");
        assert_eq!(amount(wei("999999999999999999999")), "1,000");
        assert_eq!(amount(wei("1234567890123456789012")), "1,234.5679");
        assert_eq!(decimal(wei("125000000000000000"), 6), "0.125");
    }

    #[test]
    fn thousands_have_commas() {
        let written: Vec<_> = [0, 999, 1_000, 24_576, 1_234_567].map(number).into();
        assert_eq!(written, ["0", "999", "1,000", "24,576", "1,234,567"]);
    }
}
