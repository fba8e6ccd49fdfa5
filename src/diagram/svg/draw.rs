//! From places to SVG.

use dagre::Point;
use std::fmt::Write;

use super::super::{Kind, Tone};
use super::icon;
use super::placed::{
    DOT, ICON, LABEL_LINE, MARGIN, PADDING, PlacedEdge, PlacedGraph, PlacedNode, SMALL_LINE, STACK, TITLE_LINE,
    label_height, label_width,
};
use super::text::escape;
use crate::definition::StateType;

/// Around the picture.
pub(super) const BORDER: f64 = 24.0;

/// Colours by what things are; the second half is for viewers in the dark.
const STYLE: &str = include_str!("style.css");

pub(super) fn picture(graph: &PlacedGraph<'_>) -> String {
    let (width, height) = (graph.width + 2.0 * BORDER, graph.height + 2.0 * BORDER);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
         viewBox=\"0 0 {width:.1} {height:.1}\" role=\"img\" class=\"asl\">\n<style>\n{STYLE}</style>\n<defs>"
    );
    for tone in ["", "good", "bad", "warned", "idle"] {
        let _ = write!(
            svg,
            "<marker id=\"asl-arrow{tone}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"9\" \
             markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\"><path d=\"M0 0.8 10 5 0 9.2 2.4 5z\" class=\"head {tone}\"/></marker>"
        );
    }
    svg.push_str("</defs>\n<rect class=\"back\" width=\"100%\" height=\"100%\"/>\n");
    draw_graph(&mut svg, graph, BORDER, BORDER);
    svg.push_str("</svg>\n");
    svg
}

fn draw_graph(svg: &mut String, graph: &PlacedGraph<'_>, left: f64, top: f64) {
    let _ = writeln!(svg, "<g transform=\"translate({left:.1} {top:.1})\">");
    if let Some(entry) = &graph.entry {
        let _ = writeln!(
            svg,
            "<path class=\"edge\" marker-end=\"url(#asl-arrow)\" d=\"{}\"/>",
            way(entry)
        );
    }
    for edge in &graph.edges {
        draw_edge(svg, edge);
    }
    if let Some(Point { x, y }) = graph.start {
        let _ = writeln!(
            svg,
            "<circle class=\"start\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>",
            DOT / 2.0
        );
    }
    if let Some(Point { x, y }) = graph.end {
        let _ = writeln!(
            svg,
            "<circle class=\"ring\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/><circle class=\"start\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{:.1}\"/>",
            DOT / 2.0 - 0.5,
            DOT / 4.0
        );
    }
    for node in &graph.nodes {
        draw_node(svg, node);
    }
    for edge in &graph.edges {
        draw_label(svg, edge);
    }
    svg.push_str("</g>\n");
}

fn draw_edge(svg: &mut String, edge: &PlacedEdge<'_>) {
    let tone = edge.edge.mark.as_ref().map_or("", |mark| tone(mark.tone));
    let dashed = if edge.edge.is_catch() { " catch" } else { "" };
    let title = escape(&edge.edge.full_label());
    let _ = writeln!(
        svg,
        "<path class=\"edge{dashed} {tone}\" marker-end=\"url(#asl-arrow{tone})\" d=\"{}\"><title>{title}</title></path>",
        edge_path(edge)
    );
}

fn draw_label(svg: &mut String, edge: &PlacedEdge<'_>) {
    if edge.label.is_empty() {
        return;
    }
    let Point { x, y } = edge.label_at;
    let (width, height) = (label_width(&edge.label), label_height(&edge.label));
    let tone = edge.edge.mark.as_ref().map_or("", |mark| tone(mark.tone));
    let (left, top) = (x - width / 2.0, y - height / 2.0);
    let _ = writeln!(
        svg,
        "<rect class=\"behind\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"4\"/>"
    );
    let mut line_at = top + LABEL_LINE - 3.5;
    for line in &edge.label {
        let _ = writeln!(
            svg,
            "<text class=\"label {tone}\" x=\"{x:.1}\" y=\"{line_at:.1}\">{}</text>",
            escape(line)
        );
        line_at += LABEL_LINE;
    }
}

fn draw_node(svg: &mut String, placed: &PlacedNode<'_>) {
    let node = placed.node;
    let tone = node.mark.as_ref().map_or("", |mark| tone(mark.tone));
    let class = icon::class(node.kind);
    let (width, height) = (placed.width, placed.height);
    let _ = writeln!(
        svg,
        "<g transform=\"translate({:.1} {:.1})\" class=\"node {class} {tone}\"><title>{}</title>",
        placed.left,
        placed.top,
        escape(&[&*node.name, &node.subtitle(), node.note().unwrap_or_default()].join("\n"))
    );
    if node.kind == Kind::State(StateType::Map) {
        let _ = write!(
            svg,
            "<rect class=\"shape\" x=\"{STACK}\" y=\"{STACK}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"9\"/>"
        );
    }
    let missing = if node.kind == Kind::Missing { " missing" } else { "" };
    let _ = write!(
        svg,
        "<rect class=\"shape{missing}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"9\"/>"
    );
    let header = placed.text.height();
    let icon_top = PADDING + 1.0;
    let _ = writeln!(
        svg,
        "<path class=\"icon\" transform=\"translate({PADDING} {icon_top})\" d=\"{}\"/>",
        icon::path(node.kind)
    );
    draw_text(svg, placed);
    for (left, top, graph) in &placed.inside {
        if placed.inside.len() > 1 {
            let _ = writeln!(
                svg,
                "<rect class=\"lane\" x=\"{:.1}\" y=\"{header:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"7\"/>",
                left - MARGIN,
                graph.width + 2.0 * MARGIN,
                height - header - MARGIN
            );
        }
        draw_graph(svg, graph, *left, *top);
    }
    svg.push_str("</g>\n");
}

fn draw_text(svg: &mut String, placed: &PlacedNode<'_>) {
    let left = PADDING + ICON;
    let mut top = PADDING;
    for line in &placed.text.title {
        let _ = write!(
            svg,
            "<text class=\"title\" x=\"{left}\" y=\"{:.1}\">{}</text>",
            top + 13.5,
            escape(line)
        );
        top += TITLE_LINE;
    }
    for (lines, class) in [(&placed.text.subtitle, "subtitle"), (&placed.text.note, "note")] {
        for line in lines {
            let _ = write!(
                svg,
                "<text class=\"{class}\" x=\"{left}\" y=\"{:.1}\">{}</text>",
                top + 11.5,
                escape(line)
            );
            top += SMALL_LINE;
        }
    }
    svg.push('\n');
}

fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warned => "warned",
        Tone::Idle => "idle",
    }
}

/// The path of a transition.
pub(super) fn edge_path(edge: &PlacedEdge<'_>) -> String {
    if edge.is_loop() {
        curve(&edge.points)
    } else {
        way(&edge.points)
    }
}

/// Straight lines down and up, and curves between them.
pub(super) fn way(knots: &[Point]) -> String {
    let mut path = String::new();
    let mut before: Option<&Point> = None;
    for knot in knots {
        let _ = match before {
            None => write!(path, "M{:.1} {:.1}", knot.x, knot.y),
            Some(before) if (before.x - knot.x).abs() < 0.05 => write!(path, "V{:.1}", knot.y),
            Some(before) => {
                let middle = f64::midpoint(before.y, knot.y);
                let (from, to) = (before.x, knot.x);
                write!(path, "C{from:.1} {middle:.1} {to:.1} {middle:.1} {to:.1} {:.1}", knot.y)
            }
        };
        before = Some(knot);
    }
    path
}

/// A cubic B-spline along the points, from the first to the last.
fn curve(points: &[Point]) -> String {
    let mut path = String::new();
    let [first, middle @ .., last] = points else {
        return path;
    };
    let _ = write!(path, "M{:.1} {:.1}", first.x, first.y);
    if middle.is_empty() {
        let _ = write!(path, "L{:.1} {:.1}", last.x, last.y);
        return path;
    }
    let mut before = first;
    let mut at = middle.first().unwrap_or(last);
    let _ = write!(
        path,
        "L{:.1} {:.1}",
        (5.0 * before.x + at.x) / 6.0,
        (5.0 * before.y + at.y) / 6.0
    );
    for next in middle.iter().skip(1).chain([last, last]) {
        let _ = write!(
            path,
            "C{:.1} {:.1} {:.1} {:.1} {:.1} {:.1}",
            (2.0 * before.x + at.x) / 3.0,
            (2.0 * before.y + at.y) / 3.0,
            (before.x + 2.0 * at.x) / 3.0,
            (before.y + 2.0 * at.y) / 3.0,
            (before.x + 4.0 * at.x + next.x) / 6.0,
            (before.y + 4.0 * at.y + next.y) / 6.0
        );
        (before, at) = (at, next);
    }
    let _ = write!(path, "L{:.1} {:.1}", last.x, last.y);
    path
}
