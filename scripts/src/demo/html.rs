//! The report: one page without anything from elsewhere.

use std::collections::{BTreeMap, BTreeSet};

use alloy::primitives::U256;
use anyhow::{Context, Result};
use minijinja::Environment;
use minijinja::value::Serde;
use serde::Serialize;
use serde_json::{Value, json};

use super::charts::{self, Axis, Figure, Mark, Node, Series};
use super::facts::{Amount, Facts, Launch, Outcome};
use super::suite::DAY;
use crate::ui::{decimal, number};

/// What a micro-dollar is in units of 18 decimals.
const MICRO: U256 = U256::from_limbs([1_000_000_000_000, 0, 0, 0]);
/// Points of a curve's line.
const SMOOTH: u32 = 10;

/// The page.
///
/// # Errors
/// When a chart cannot be drawn.
pub fn page(facts: &Facts) -> Result<String> {
    let mut environment = Environment::new();
    environment.add_template("report.html", include_str!("report.html"))?;
    // A script ends where its text says so: nothing in it may.
    let data = (serde_json::to_string_pretty(facts)? + "\n").replace('<', "\\u003c");
    let (stake, stake_symbol) = stakes(facts)?;
    let figures = json!({
        "dex": dex(facts)?,
        "burns": burns(facts)?,
        "waterfall": waterfall(facts),
        "flock": daily(facts, "Global FLOCK a day and model", "FLOCK", |day| day.global.whole())?,
        "reserved": daily(facts, "Reserved FLOCK a day and model", "FLOCK", |day| day.reserved.whole())?,
        "mt": daily(facts, "MT Reward a day and model", "tokens of the model", |day| day.mt.whole())?,
        "spend": daily(facts, "Spend a day and model", "dollars", |day| Amount(U256::from(day.spend)).shown(6))?,
        "share": share(facts)?,
        "stake": stake,
        "gm": locks(facts)?,
    });
    let addresses: BTreeMap<_, _> = facts.addresses.iter().map(|(name, at)| (name, at.to_string())).collect();
    let (blocks, events) = (number(facts.chain.blocks), number(facts.chain.events));
    let page = environment.get_template("report.html")?.render(Serde(json!({
        "headline": headline(facts),
        "launches": launches(facts)?,
        "supplies": supplies(facts),
        "figures": figures,
        "stake_symbol": stake_symbol,
        "gas": gas(facts),
        "invariants": facts.invariants,
        "commit": facts.commit,
        "scale": facts.scale,
        "chain": { "id": facts.chain.id, "blocks": blocks, "events": events },
        "addresses": addresses,
        "data": data,
    })));
    page.context("The report cannot be written.")
}

/// Tokens for people.
fn tokens(amount: Amount) -> String {
    decimal(amount.0, 2)
}

/// Dollars for people, to the cent.
fn dollars(amount: Amount) -> String {
    format!("${}", decimal(amount.0.saturating_mul(MICRO), 2))
}

/// A headline figure and where the data has it.
#[derive(Serialize)]
struct Figured {
    name: &'static str,
    fact: &'static str,
    value: String,
}

fn headline(facts: &Facts) -> Vec<Figured> {
    let head = &facts.headline;
    let figure = |name, fact, value| Figured { name, fact, value };
    vec![
        figure("FLOCK raised by launches that graduated", "raised", tokens(head.raised)),
        figure("launches graduated", "graduated", format!("{} of {}", head.graduated, head.launched)),
        figure("of real usage, priced per model", "spend", dollars(Amount(U256::from(head.spend)))),
        figure("FLOCK earned by users", "flock_rewards", tokens(head.flock_rewards)),
        figure("of revenue settled", "revenue", dollars(head.revenue)),
        figure("FLOCK bought back and burned", "flock_burned", tokens(head.flock_burned)),
        figure("checks of invariants hold", "checks", format!("{} of {}", head.checks_held, head.checks)),
    ]
}

/// A launch as the page shows it.
#[derive(Serialize)]
struct Shown {
    symbol: String,
    outcome: &'static str,
    venue: String,
    figure: Figure,
    buyers: u64,
    raised: String,
    paid: String,
    refunded: String,
    closes: String,
    opens: String,
}

fn launches(facts: &Facts) -> Result<Vec<Shown>> {
    let shown = |launch: &Launch| {
        let (outcome, venue) = match launch.outcome {
            Outcome::Filled => ("oversubscribed, filled", format!("on {}, full", launch.venue)),
            Outcome::OverMinimum => ("over its minimum only", format!("on {}, over its minimum", launch.venue)),
            Outcome::Failed => ("failed, refunded", "in refunds".to_owned()),
            Outcome::Open => ("open", "not yet".to_owned()),
        };
        let opens = if launch.pool.is_zero() { "–".to_owned() } else { decimal(launch.dex_opens.0, 6) };
        anyhow::Ok(Shown {
            symbol: launch.symbol.clone(),
            outcome,
            venue,
            figure: curve(launch)?,
            buyers: launch.buyers,
            raised: tokens(launch.raised),
            paid: tokens(launch.paid),
            refunded: tokens(launch.refunded),
            closes: decimal(launch.curve_closes.0, 6),
            opens,
        })
    };
    facts.launches.iter().map(shown).collect()
}

/// A launch's curve: all of it thin, what was bought thick, a dot for each buy.
fn curve(launch: &Launch) -> Result<Figure> {
    let (opens, y0) = (launch.curve_opens.whole(), launch.curve_flock.whole());
    let price = |raised: f64| opens * ((y0 + raised) / y0).powi(2);
    let smooth = |to: f64| {
        let at = |step: u32| to * f64::from(step) / f64::from(SMOOTH);
        (0..=SMOOTH).map(|step| (at(step) / 1e3, price(at(step)))).collect::<Vec<_>>()
    };
    let series = |mark, points| Series { name: String::new(), colour: 1, mark, points };
    let dots = launch.curve.iter().map(|point| (point.raised.whole() / 1e3, point.price.whole())).collect();
    let all = [
        series(Mark::Guide, smooth(launch.target_max.whole())),
        series(Mark::Line, smooth(launch.raised.whole())),
        series(Mark::Dots, dots),
    ];
    let most = launch.target_max.whole();
    let x = Axis { name: "thousand FLOCK raised", range: (0.0, most * 1.05 / 1e3), label: whole, labels: 5 };
    let y = Axis { name: "FLOCK per token", range: (0.0, price(most) * 1.08), label: hundredths, labels: 3 };
    charts::small(&format!("Price along the curve of {}", launch.symbol), &x, &y, &all)
}

fn whole(value: f64) -> String {
    format!("{value:.0}")
}

fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

fn hundredths(value: f64) -> String {
    format!("{value:.2}")
}

fn thousandths(value: f64) -> String {
    format!("{value:.3}")
}

fn thousands(value: f64) -> String {
    number(value.round().max(0.0) as u64)
}

/// Days between two times, in parts.
#[allow(clippy::cast_precision_loss, reason = "seconds of a chart")]
fn days(time: u64, since: u64) -> f64 {
    time.saturating_sub(since) as f64 / DAY as f64
}

/// The horizontal axis of days since something.
fn days_axis<'a>(name: &'a str, series: &[Series]) -> Axis<'a> {
    let most = series.iter().flat_map(|of| &of.points).map(|point| point.0).fold(1.0, f64::max);
    let label = if most < 5.0 { tenths } else { whole };
    Axis { name, range: (0.0, most), label, labels: 8 }
}

fn values(series: &[Series]) -> impl Iterator<Item = f64> {
    series.iter().flat_map(|of| &of.points).map(|point| point.1)
}

/// Prices of the pools that somebody traded in.
fn dex(facts: &Facts) -> Result<Figure> {
    let traded: Vec<_> = facts.launches.iter().filter(|launch| launch.dex.len() > 1).collect();
    let since =
        traded.iter().filter_map(|launch| launch.dex.get(1)).map(|point| point.time / DAY * DAY).min().unwrap_or(0);
    let end = facts.chain.to;
    let series = (1..).zip(&traded).map(|(colour, launch)| {
        let mut points: Vec<_> = launch.dex.iter().map(|at| (days(at.time, since), at.price.whole())).collect();
        points.extend(points.last().map(|last| (days(end, since), last.1)));
        Series { name: format!("{} on {}", launch.symbol, launch.venue), colour, mark: Mark::Steps, points }
    });
    let series: Vec<_> = series.collect();
    let (low, high) = values(&series).fold((f64::MAX, 0.0), |(low, high), value| (value.min(low), value.max(high)));
    let room = ((high - low) * 0.1).max(0.001);
    let y = Axis { name: "FLOCK per token", range: (low - room, high + room), label: thousandths, labels: 6 };
    charts::lines("Price on the DEX by day", &days_axis("days since revenue began", &series), &y, &series)
}

/// What buybacks burned so far.
fn burns(facts: &Facts) -> Result<Figure> {
    let since = facts.revenue.settlements.first().map_or(0, |settled| settled.time / DAY * DAY);
    let mut symbols: Vec<&str> = Vec::new();
    for buyback in &facts.revenue.buybacks {
        if !symbols.contains(&buyback.symbol.as_str()) {
            symbols.push(&buyback.symbol);
        }
    }
    let series = [3, 1, 2, 4, 5, 6].into_iter().zip(symbols).map(|(colour, symbol)| {
        let of = facts.revenue.buybacks.iter().filter(|buyback| buyback.symbol == symbol);
        let points = of.map(|buyback| (days(buyback.time, since), buyback.total_burned.whole()));
        let mut points: Vec<_> = [(0.0, 0.0)].into_iter().chain(points).collect();
        points.extend(points.last().map(|last| (days(facts.chain.to, since), last.1)));
        Series { name: symbol.to_owned(), colour, mark: Mark::Steps, points }
    });
    let series: Vec<_> = series.collect();
    let y = Axis::over("tokens burned", 0.0, values(&series), thousands);
    charts::lines("Burned by buybacks by day", &days_axis("days since revenue began", &series), &y, &series)
}

/// Where revenue went.
fn waterfall(facts: &Facts) -> Figure {
    let all = &facts.revenue;
    let less = |of: Amount, part: Amount| Amount(of.0.saturating_sub(part.0));
    let node = |column, name: &str, amount: Amount, colour| Node {
        column,
        name: name.to_owned(),
        figure: dollars(amount),
        value: amount.shown(6),
        colour,
    };
    let mut nodes = vec![
        node(0, "Revenue", all.gross, 6),
        node(1, "Compute", all.compute, 6),
        node(1, "FLOCK buyback", all.flock_buyback, 3),
        node(1, "MT buyback", all.mt_buyback, 1),
        node(1, "Treasury", all.treasury, 4),
        node(1, "Issuer", all.issuer, 5),
    ];
    let mut links: Vec<_> = nodes.iter().enumerate().skip(1).map(|(to, node)| (0, to, node.value)).collect();
    let ends = [
        (1, "Claimed", all.compute_claimed, 6),
        (1, "To be claimed", less(all.compute, all.compute_claimed), 6),
        (2, "FLOCK burned", all.flock_spent, 3),
        (2, "Waits", less(all.flock_buyback, all.flock_spent), 3),
        (3, "MT burned", all.mt_spent, 1),
        (3, "Waits", less(all.mt_buyback, all.mt_spent), 1),
        (4, "Claimed", all.treasury_claimed, 4),
        (4, "To be claimed", less(all.treasury, all.treasury_claimed), 4),
        (5, "Claimed", all.issuer_claimed, 5),
        (5, "To be claimed", less(all.issuer, all.issuer_claimed), 5),
    ];
    for (from, name, amount, colour) in ends.into_iter().filter(|end| !end.2.0.is_zero()) {
        links.push((from, nodes.len(), amount.shown(6)));
        nodes.push(node(2, name, amount, colour));
    }
    charts::flow("Revenue, its parts and where they went", &nodes, &links)
}

/// A figure of every model and day, stacked.
fn daily(facts: &Facts, about: &str, unit: &str, of: fn(&super::facts::TokenDay) -> f64) -> Result<Figure> {
    let symbols: BTreeSet<_> = facts.epochs.iter().flat_map(|epoch| &epoch.tokens).map(|day| &day.symbol).collect();
    let symbols: Vec<String> = symbols.into_iter().cloned().collect();
    let stacks = facts.epochs.iter().map(|epoch| {
        let value = |symbol: &String| epoch.tokens.iter().find(|day| day.symbol == *symbol).map_or(0.0, of);
        symbols.iter().map(value).collect::<Vec<_>>()
    });
    let stacks: Vec<_> = stacks.collect();
    let tops: Vec<f64> = stacks.iter().map(|stack| stack.iter().sum()).collect();
    let label = if tops.iter().all(|top| *top < 100.0) { tenths } else { thousands };
    charts::bars(about, "day of usage", &Axis::over(unit, 0.0, tops.into_iter(), label), &symbols, &stacks)
}

/// Per cent of a power of ten.
fn per_cent(value: f64) -> String {
    let share = 10_f64.powf(value);
    if share >= 1.0 { format!("{share:.0}%") } else { format!("{share}%", share = (share * 1e4).round() / 1e4) }
}

/// Each user's part of all spend and of all FLOCK.
#[allow(clippy::cast_precision_loss, reason = "dots of a chart")]
fn share(facts: &Facts) -> Result<Figure> {
    let (spend, flock) = (facts.headline.spend as f64, facts.headline.flock_rewards.whole());
    let dots = |stakes| {
        let users = facts.users.iter().filter(|user| user.stakes == stakes && !user.flock.0.is_zero());
        let part = |of: f64, all: f64| (100.0 * of / all).log10();
        users.map(|user| (part(user.spend as f64, spend), part(user.flock.whole(), flock))).collect::<Vec<_>>()
    };
    let (alone, stakers) = (dots(false), dots(true));
    let all = || alone.iter().chain(&stakers).flat_map(|point| [point.0, point.1]);
    let (least, most) = (all().fold(0.0, f64::min).floor(), all().fold(0.0, f64::max).ceil());
    let series = [
        Series { name: String::new(), colour: 6, mark: Mark::Guide, points: vec![(least, least), (most, most)] },
        Series { name: "only uses".into(), colour: 1, mark: Mark::Dots, points: alone },
        Series { name: "stakes too".into(), colour: 2, mark: Mark::Dots, points: stakers },
    ];
    let axis = |name| Axis { name, range: (least, most), label: per_cent, labels: 5 };
    let (x, y) = (axis("share of all usage (logarithmic)"), axis("share of all FLOCK rewards, logarithmic"));
    charts::lines("Share of rewards against share of usage", &x, &y, &series)
}

/// The stakes on the token that they changed on most, until two days after the last change.
fn stakes(facts: &Facts) -> Result<(Figure, String)> {
    let mut counts = BTreeMap::<&str, usize>::new();
    facts.stakes.iter().for_each(|change| *counts.entry(&change.symbol).or_default() += 1);
    let symbol = counts.into_iter().max_by_key(|(_, count)| *count).map_or("", |(symbol, _)| symbol);
    let changes: Vec<_> = facts.stakes.iter().filter(|change| change.symbol == symbol).collect();
    let since = changes.first().map_or(0, |change| change.time / DAY * DAY);
    let end = changes.last().map_or(0.0, |change| days(change.time, since).ceil() + 0.5);
    let mut names: Vec<&str> = Vec::new();
    for change in &changes {
        if !names.contains(&change.who.as_str()) {
            names.push(&change.who);
        }
    }
    let series = (1..).zip(names).map(|(colour, name)| {
        let of = changes.iter().filter(|change| change.who == name);
        let mut points = vec![(0.0, 0.0)];
        points.extend(of.map(|change| (days(change.time, since), change.stake.whole())));
        points.extend(points.last().map(|last| (end, last.1)));
        Series { name: name.to_owned(), colour, mark: Mark::Steps, points }
    });
    let series: Vec<_> = series.collect();
    let y = Axis::over("tokens", 0.0, values(&series), thousands);
    let figure = charts::lines("Stakes by day", &days_axis("days since the first stake", &series), &y, &series)?;
    Ok((figure, symbol.to_owned()))
}

fn locks(facts: &Facts) -> Result<Figure> {
    let since = facts.locks.first().and_then(|of| of.points.first()).map_or(0, |point| point.time);
    let series = (1..).zip(&facts.locks).map(|(colour, of)| {
        let points = of.points.iter().map(|point| (days(point.time, since), point.effective.whole())).collect();
        Series { name: of.who.clone(), colour, mark: Mark::Line, points }
    });
    let series: Vec<_> = series.collect();
    let y = Axis::over("effective gmFLOCK", 0.0, values(&series), thousands);
    charts::lines("Effective gmFLOCK by day", &days_axis("days since the first lock", &series), &y, &series)
}

fn supplies(facts: &Facts) -> Vec<Value> {
    let row = |supply: &super::facts::Supply| {
        json!({
            "symbol": supply.symbol,
            "minted": tokens(supply.minted),
            "graduation": tokens(supply.burned_at_graduation),
            "buybacks": tokens(supply.burned_by_buybacks),
            "supply": tokens(supply.supply),
        })
    };
    facts.supplies.iter().map(row).collect()
}

/// Costs by chapter, each with a bar from 10⁴ to 10⁷ gas.
#[allow(clippy::cast_precision_loss, reason = "the width of a bar")]
fn gas(facts: &Facts) -> Vec<Value> {
    let width = |gas: u64| ((gas as f64).log10() - 4.0).clamp(0.02, 3.0) / 3.0 * 100.0;
    let mut chapters: Vec<(&str, Vec<Value>)> = Vec::new();
    for cost in &facts.gas {
        let row = json!({ "what": cost.what, "gas": number(cost.gas), "width": format!("{:.1}", width(cost.gas)) });
        match chapters.last_mut() {
            Some((title, rows)) if *title == cost.chapter => rows.push(row),
            _ => chapters.push((cost.chapter, vec![row])),
        }
    }
    chapters.into_iter().map(|(title, rows)| json!({ "title": title, "rows": rows })).collect()
}
