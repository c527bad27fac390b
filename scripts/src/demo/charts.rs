//! Charts as SVG, each at two widths: for a screen and for a phone. Their colours are the page's, light or dark.

use anyhow::{Context, Result};
use plotters::coord::Shift;
use plotters::prelude::*;

/// Width and height of a chart on a screen and on a phone.
const SIZES: [(u32, u32); 2] = [(720, 320), (348, 280)];
/// Width and height of one of many small charts.
const SMALL: [(u32, u32); 1] = [(230, 170)];
/// Stand in for the page's colours until the SVG is done.
const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);
/// Series of the palette.
const PALETTE: u8 = 6;

/// The colour of a series.
const fn series(number: u8) -> RGBColor {
    RGBColor(3, 3, number)
}

/// How points are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A line through them.
    Line,
    /// A line that keeps its height until the next.
    Steps,
    /// A dot each.
    Dots,
    /// A thin line, for what is only compared with.
    Guide,
}

/// Points of one colour.
#[derive(Debug, Clone)]
pub struct Series {
    /// What it is called; nothing, where the legend leaves it out.
    pub name: String,
    /// Its colour's number.
    pub colour: u8,
    /// How it is drawn.
    pub mark: Mark,
    /// Its points.
    pub points: Vec<(f64, f64)>,
}

/// Writes a value beside an axis.
pub type Label = fn(f64) -> String;

/// An axis: what it is, what values it has and how they are written.
#[derive(Debug, Clone, Copy)]
pub struct Axis<'a> {
    /// With its unit.
    pub name: &'a str,
    /// Least and greatest value.
    pub range: (f64, f64),
    /// How a value is written.
    pub label: Label,
    /// About how many are.
    pub labels: usize,
}

impl<'a> Axis<'a> {
    /// An axis from `least` to the greatest of the values, and a bit.
    pub fn over(name: &'a str, least: f64, values: impl Iterator<Item = f64>, label: Label) -> Self {
        let most = values.fold(least, f64::max);
        let most = if most > least { least + (most - least) * 1.06 } else { least + 1.0 };
        Self { name, range: (least, most), label, labels: 6 }
    }
}

/// A chart, ready for the page.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Figure {
    /// The SVGs: for a screen, then for a phone.
    pub svgs: Vec<String>,
    /// Names and colours.
    pub legend: Vec<(String, u8)>,
    /// What the vertical axis is.
    pub vertical: String,
}

/// A chart of lines and dots.
///
/// # Errors
/// When it cannot be drawn.
pub fn lines(about: &str, x: &Axis<'_>, y: &Axis<'_>, series: &[Series]) -> Result<Figure> {
    let legend = series.iter().filter(|of| !of.name.is_empty()).map(|of| (of.name.clone(), of.colour)).collect();
    let svgs = SIZES.iter().map(|size| draw(*size, about, |area| plot(area, *size, x, y, series)));
    Ok(Figure { svgs: svgs.collect::<Result<_>>()?, legend, vertical: y.name.to_owned() })
}

/// The same, small.
///
/// # Errors
/// When it cannot be drawn.
pub fn small(about: &str, x: &Axis<'_>, y: &Axis<'_>, series: &[Series]) -> Result<Figure> {
    let svgs = SMALL.iter().map(|size| draw(*size, about, |area| plot(area, *size, x, y, series)));
    Ok(Figure { svgs: svgs.collect::<Result<_>>()?, legend: Vec::new(), vertical: y.name.to_owned() })
}

/// Stacked bars: for every place on the horizontal axis the values of the series, the first at the bottom.
///
/// # Errors
/// When it cannot be drawn.
pub fn bars(about: &str, x: &str, y: &Axis<'_>, names: &[String], stacks: &[Vec<f64>]) -> Result<Figure> {
    let legend = names.iter().cloned().zip(1..).collect();
    let svgs = SIZES.iter().map(|size| {
        draw(*size, about, |area| {
            #[allow(clippy::cast_precision_loss, reason = "days")]
            let end = stacks.len() as f64 + 0.5;
            let x = Axis { name: x, range: (0.5, end), label: day, labels: stacks.len().min(15) };
            let mut chart = frame(area, *size, &x, y)?;
            for (place, stack) in (1_u32..).zip(stacks) {
                let (mut bottom, place) = (0.0, f64::from(place));
                for (number, value) in (1..).zip(stack) {
                    let corners = [(place - 0.34, bottom), (place + 0.34, bottom + value)];
                    chart.draw_series([Rectangle::new(corners, self::series(number).filled())])?;
                    bottom += value;
                }
            }
            Ok(())
        })
    });
    Ok(Figure { svgs: svgs.collect::<Result<_>>()?, legend, vertical: y.name.to_owned() })
}

/// The number of a day, where it is whole.
fn day(value: f64) -> String {
    if (value - value.round()).abs() < 0.01 { format!("{value:.0}") } else { String::new() }
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Plane<'a, 'b> = ChartContext<
    'a,
    SVGBackend<'b>,
    Cartesian2d<plotters::coord::types::RangedCoordf64, plotters::coord::types::RangedCoordf64>,
>;

fn draw(size: (u32, u32), about: &str, fill: impl FnOnce(&Area<'_>) -> Result<()>) -> Result<String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        fill(&area)?;
        area.present()?;
    }
    adapt(&svg, about)
}

/// The SVG as a part of the page: its colours, its width, and what a screen reader says.
fn adapt(svg: &str, about: &str) -> Result<String> {
    let at = svg.find("viewBox").context("The chart is no SVG.")?;
    let (head, rest) = svg.get(at..).and_then(|rest| rest.split_once(" xmlns")).context("The chart has no size.")?;
    let rest = rest.split_once('>').context("The chart is empty.")?.1;
    let mut body = format!("<svg {head} role=\"img\" aria-label=\"{}\">{rest}", escape(about));
    for number in 1..=PALETTE {
        body = body.replace(&format!("#03030{number}"), &format!("var(--c{number})"));
    }
    Ok(body.replace("#010101", "var(--ink)").replace("#020202", "var(--grid)"))
}

/// Text for XML.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn frame<'a, 'b>(area: &'a Area<'b>, (width, _): (u32, u32), x: &Axis<'_>, y: &Axis<'_>) -> Result<Plane<'a, 'b>> {
    let narrow = width < 300;
    let (left, bottom) = if narrow { (38, 22) } else { (52, 40) };
    let mut chart = ChartBuilder::on(area)
        .margin_right(14)
        .margin_top(10)
        .x_label_area_size(bottom)
        .y_label_area_size(left)
        .build_cartesian_2d(x.range.0..x.range.1, y.range.0..y.range.1)?;
    let text = ("sans-serif", 13).into_font().color(&INK);
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().max_light_lines(0).bold_line_style(GRID).axis_style(GRID).label_style(text.clone());
    mesh.x_labels(x.labels.min(width as usize / 45)).y_labels(if narrow { 3 } else { y.labels });
    let (of_x, of_y) = (|value: &f64| (x.label)(*value), |value: &f64| (y.label)(*value));
    mesh.x_label_formatter(&of_x).y_label_formatter(&of_y);
    if !narrow {
        mesh.x_desc(x.name).axis_desc_style(text);
    }
    mesh.draw()?;
    Ok(chart)
}

fn plot(area: &Area<'_>, size: (u32, u32), x: &Axis<'_>, y: &Axis<'_>, all: &[Series]) -> Result<()> {
    let mut chart = frame(area, size, x, y)?;
    for Series { colour, mark, points, .. } in all {
        let colour = series((*colour).clamp(1, PALETTE));
        match mark {
            Mark::Line => chart.draw_series(LineSeries::new(points.iter().copied(), colour.stroke_width(2)))?,
            Mark::Guide => chart.draw_series(LineSeries::new(points.iter().copied(), INK.mix(0.5).stroke_width(1)))?,
            Mark::Steps => chart.draw_series(LineSeries::new(steps(points), colour.stroke_width(2)))?,
            Mark::Dots => chart.draw_series(points.iter().map(|at| Circle::new(*at, 3, colour.mix(0.8).filled())))?,
        };
    }
    Ok(())
}

/// Corners of the steps through points.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let corners = points.windows(2).filter_map(|pair| Some([*pair.first()?, (pair.last()?.0, pair.first()?.1)]));
    corners.flatten().chain(points.last().copied()).collect()
}

/// A node of a flow: its column, name, figure, value and colour.
#[derive(Debug, Clone)]
pub struct Node {
    /// From 0.
    pub column: usize,
    /// Its name.
    pub name: String,
    /// Its figure, as it is written.
    pub figure: String,
    /// Its height.
    pub value: f64,
    /// Its colour's number.
    pub colour: u8,
}

/// A flow of nodes and links (from, to, value): links leave and reach a node in their order.
#[must_use]
pub fn flow(about: &str, nodes: &[Node], links: &[(usize, usize, f64)]) -> Figure {
    let svgs =
        vec![flow_at((720.0, 400.0), 15.0, about, nodes, links), flow_at((348.0, 430.0), 12.0, about, nodes, links)];
    Figure { svgs, legend: Vec::new(), vertical: String::new() }
}

#[allow(clippy::cast_precision_loss, reason = "pixels")]
fn flow_at(size: (f64, f64), text: f64, about: &str, nodes: &[Node], links: &[(usize, usize, f64)]) -> String {
    let ((width, height), bar, gap) = (size, 9.0, text * 2.3);
    let columns = nodes.iter().map(|node| node.column + 1).max().unwrap_or(1);
    let column = |number: usize| nodes.iter().filter(move |node| node.column == number);
    let most = column(0).map(|node| node.value).sum::<f64>().max(f64::MIN_POSITIVE);
    let crowd = (0..columns).map(|number| column(number).count()).max().unwrap_or(1);
    let scale = (height - gap * crowd as f64) / most;
    let mut tops = Vec::with_capacity(nodes.len());
    let mut next = vec![text; columns];
    for node in nodes {
        let Some(top) = next.get_mut(node.column) else { continue };
        tops.push(*top);
        *top += (node.value * scale).max(1.0) + gap;
    }
    let label = if width < 400.0 { 104.0 } else { 190.0 };
    let step = (width - label) / (columns.max(2) - 1) as f64;
    let left = |node: &Node| node.column as f64 * step;
    let (mut leaves, mut reaches) = (tops.clone(), tops.clone());
    let mut body = String::new();
    for (from, to, value) in links {
        let (Some(source), Some(target)) = (nodes.get(*from), nodes.get(*to)) else { continue };
        let (Some(leave), Some(reach)) = (leaves.get_mut(*from), reaches.get_mut(*to)) else { continue };
        let (thick, x1, x2) = ((value * scale).max(1.0), left(source) + bar, left(target));
        let (y1, y2, middle) = (*leave + thick / 2.0, *reach + thick / 2.0, f64::midpoint(x1, x2));
        body += &format!(
            "<path d=\"M{x1:.1},{y1:.1}C{middle:.1},{y1:.1} {middle:.1},{y2:.1} {x2:.1},{y2:.1}\" fill=\"none\" stroke=\"var(--c{})\" stroke-opacity=\"0.3\" stroke-width=\"{thick:.1}\"/>",
            target.colour
        );
        *leave += thick;
        *reach += thick;
    }
    for (node, top) in nodes.iter().zip(&tops) {
        let (x, tall) = (left(node), (node.value * scale).max(1.0));
        let (at, middle) = (x + bar + 5.0, top + tall / 2.0);
        body += &format!(
            "<rect x=\"{x:.1}\" y=\"{top:.1}\" width=\"{bar}\" height=\"{tall:.1}\" rx=\"2\" fill=\"var(--c{})\"/>\
             <text x=\"{at:.1}\" y=\"{:.1}\" font-size=\"{text}\" fill=\"var(--ink)\" class=\"halo\">{}</text>\
             <text x=\"{at:.1}\" y=\"{:.1}\" font-size=\"{text}\" font-weight=\"600\" fill=\"var(--ink)\" class=\"halo\">{}</text>",
            node.colour,
            middle - 2.0,
            escape(&node.name),
            middle + text,
            escape(&node.figure)
        );
    }
    format!("<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}\">{body}</svg>", escape(about))
}
