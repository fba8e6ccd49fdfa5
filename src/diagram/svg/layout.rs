//! Lays out graphs: nested graphs first; each is then one large node of the graph around it.

use std::collections::{BTreeMap, HashMap};

use dagre::graph::{Graph as Layout, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point};

use super::super::condition::shortened;
use super::super::{Edge, Graph, Kind, Node};
use super::placed::{DOT, LABEL, MARGIN, NodeText, PlacedEdge, PlacedGraph, PlacedNode, label_height, label_width};
use super::route::route;
use super::text::wrap;
use crate::definition::StateType;

/// The most Fail states of one state that stand in a row.
const FAILS_IN_A_ROW: usize = 4;

/// Lays a graph out.
pub(super) fn place(graph: &Graph) -> PlacedGraph<'_> {
    let mut nodes: Vec<_> = graph.nodes.iter().map(place_inside).collect();
    let edges = drawn(graph);
    let mut layout = Layout::with_options(GraphOptions {
        directed: true,
        multigraph: true,
        compound: false,
    });
    if graph.start.is_some() {
        layout.set_node("start", Some(box_of(DOT, DOT)));
    }
    for (i, node) in nodes.iter().enumerate() {
        layout.set_node(i.to_string(), Some(box_of(node.width, node.height)));
    }
    if edges.iter().any(|edge| edge.to.is_none()) {
        layout.set_node("end", Some(box_of(DOT, DOT)));
    }
    if let Some(start) = graph.start {
        let label = EdgeLabel {
            weight: 4,
            ..EdgeLabel::default()
        };
        layout.set_edge("start", start.to_string(), Some(label), Some("entry"));
    }
    let labels: Vec<_> = edges.iter().map(|edge| label(edge)).collect();
    for (i, (edge, lines)) in edges.iter().zip(&labels).enumerate() {
        let name = format!("e{i}");
        layout.set_edge(
            edge.from.to_string(),
            target(edge),
            Some(edge_label(edge, lines)),
            Some(&name),
        );
    }
    for (upper, lower) in stacked(graph) {
        let label = EdgeLabel {
            weight: 8,
            ..EdgeLabel::default()
        };
        layout.set_edge(upper.to_string(), lower.to_string(), Some(label), Some("stacked"));
    }
    dagre::layout(&mut layout, Some(options()));
    for (i, node) in nodes.iter_mut().enumerate() {
        if let Some(placed) = layout.node(&i.to_string()) {
            node.left = placed.x.unwrap_or(0.0) - node.width / 2.0;
            node.top = placed.y.unwrap_or(0.0) - node.height / 2.0;
        }
    }
    let centre = |name: &str| {
        let node = layout.node(name)?;
        Some(Point::new(node.x?, node.y?))
    };
    let edges = edges.into_iter().zip(labels).enumerate().map(|(i, (edge, label))| {
        let placed = layout.edge(&edge.from.to_string(), &target(edge), Some(&format!("e{i}")));
        let points = placed.map(|placed| placed.points.clone()).unwrap_or_default();
        let label_at = placed.and_then(|placed| Some(Point::new(placed.x?, placed.y?)));
        PlacedEdge {
            edge,
            label_at: label_at.or(middle(&points)).unwrap_or(Point::new(0.0, 0.0)),
            points,
            label,
        }
    });
    let entry = graph.start.and_then(|start| {
        let entry = layout.edge("start", &start.to_string(), Some("entry"))?;
        Some(entry.points.clone())
    });
    let mut placed = PlacedGraph {
        width: 0.0,
        height: 0.0,
        edges: edges.collect(),
        nodes,
        entry,
        start: centre("start"),
        end: centre("end"),
    };
    let entry = graph.start.zip(placed.entry.as_mut());
    route(
        &placed.nodes,
        &mut placed.edges,
        entry,
        (placed.start.as_ref(), placed.end.as_ref()),
    );
    placed.settle();
    placed
}

/// The edges of a picture. Fail states need no way to the end: they are one.
fn drawn(graph: &Graph) -> Vec<&Edge> {
    let edges = graph.edges.iter();
    edges
        .filter(|edge| edge.to.is_some() || !is_fail(graph, edge.from))
        .collect()
}

fn is_fail(graph: &Graph, node: usize) -> bool {
    graph
        .nodes
        .get(node)
        .is_some_and(|node| node.kind == Kind::State(StateType::Fail))
}

/// Pairs of Fail states of which one stands under the other: where one state leads to many, they are not all in one row.
fn stacked(graph: &Graph) -> Vec<(usize, usize)> {
    let mut ways_in: HashMap<usize, usize> = HashMap::new();
    let mut behind: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for edge in &graph.edges {
        if let Some(to) = edge.to.filter(|to| is_fail(graph, *to)) {
            *ways_in.entry(to).or_default() += 1;
            behind.entry(edge.from).or_default().push(to);
        }
    }
    let mut pairs = Vec::new();
    for mut fails in behind.into_values() {
        fails.retain(|fail| ways_in.get(fail) == Some(&1));
        let below = fails.iter().skip(FAILS_IN_A_ROW);
        pairs.extend(fails.iter().copied().zip(below.copied()));
    }
    pairs
}

/// The lines of an edge's label. Where the text is too long, its paths are shortened first: what they are compared with
/// matters more.
fn label(edge: &Edge) -> Vec<String> {
    let text = edge.full_label();
    let lines = wrap(&text, LABEL, false, 170.0, 3);
    if lines.last().is_some_and(|line| line.ends_with('…')) {
        return wrap(&shortened(&text), LABEL, false, 170.0, 5);
    }
    lines
}

/// A node with its size and content, not yet positioned.
fn place_inside(node: &Node) -> PlacedNode<'_> {
    let text = NodeText::of(node);
    let (mut width, mut height) = (text.width(), text.height());
    let graphs: Vec<_> = node.inside.iter().map(place).collect();
    let mut inside = Vec::new();
    if !graphs.is_empty() {
        let tallest = graphs.iter().map(|graph| graph.height).fold(0.0, f64::max);
        let all: f64 = graphs.iter().map(|graph| graph.width + 2.0 * MARGIN).sum();
        #[expect(clippy::cast_precision_loss, reason = "a handful of branches")]
        let gaps = (graphs.len() - 1) as f64 * MARGIN;
        let needed = all + gaps + 2.0 * MARGIN;
        let spare = (width - needed).max(0.0);
        width = width.max(needed);
        let top = height;
        height += tallest + 3.0 * MARGIN;
        let mut left = MARGIN + spare / 2.0;
        for graph in graphs {
            let step = graph.width + 3.0 * MARGIN;
            inside.push((left + MARGIN, top + MARGIN, graph));
            left += step;
        }
    }
    PlacedNode {
        node,
        text,
        left: 0.0,
        top: 0.0,
        width,
        height,
        inside,
    }
}

fn box_of(width: f64, height: f64) -> NodeLabel {
    NodeLabel {
        width,
        height,
        ..NodeLabel::default()
    }
}

fn target(edge: &Edge) -> String {
    edge.to.map_or_else(|| "end".to_owned(), |to| to.to_string())
}

/// Heavier edges are drawn straighter: the path without errors is the picture's spine.
fn edge_label(edge: &Edge, lines: &[String]) -> EdgeLabel {
    EdgeLabel {
        labelpos: dagre::layout::types::LabelPos::Center,
        weight: if edge.is_catch() { 1 } else { 3 },
        width: label_width(lines),
        height: label_height(lines),
        ..EdgeLabel::default()
    }
}

fn middle(points: &[Point]) -> Option<Point> {
    points.get(points.len() / 2).cloned()
}

fn options() -> LayoutOptions {
    LayoutOptions {
        nodesep: 34.0,
        edgesep: 22.0,
        ranksep: 56.0,
        // Choice Rules go from left to right in their order of evaluation.
        tie_keep_first: true,
        ..LayoutOptions::default()
    }
}
