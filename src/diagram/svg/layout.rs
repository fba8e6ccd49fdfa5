//! Lays out graphs: nested graphs first; each is then one large node of the graph around it.

use dagre::graph::{Graph as Layout, GraphOptions};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point};

use super::super::{Edge, Graph, Node};
use super::text::{width, wrap};

pub(super) const TITLE: f64 = 14.0;
pub(super) const SMALL: f64 = 11.5;
pub(super) const LABEL: f64 = 11.0;
pub(super) const TITLE_LINE: f64 = 18.0;
pub(super) const SMALL_LINE: f64 = 15.5;
pub(super) const LABEL_LINE: f64 = 14.0;
pub(super) const PADDING: f64 = 11.0;
/// The width of the icon and the gap after it.
pub(super) const ICON: f64 = 24.0;
/// The space between a box and the graphs in it.
pub(super) const MARGIN: f64 = 14.0;
pub(super) const DOT: f64 = 14.0;

/// A graph with the positions of its parts; its top left corner is 0, 0.
pub(super) struct PlacedGraph<'g> {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<PlacedNode<'g>>,
    pub(super) edges: Vec<PlacedEdge<'g>>,
    /// The edge from the start to the first state.
    pub(super) entry: Option<Vec<Point>>,
    pub(super) start: Option<Point>,
    pub(super) end: Option<Point>,
}

pub(super) struct PlacedNode<'g> {
    pub(super) node: &'g Node,
    pub(super) text: NodeText,
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    /// Nested graphs with their positions in the node.
    pub(super) inside: Vec<(f64, f64, PlacedGraph<'g>)>,
}

pub(super) struct PlacedEdge<'g> {
    pub(super) edge: &'g Edge,
    pub(super) points: Vec<Point>,
    pub(super) label: Vec<String>,
    pub(super) label_at: Point,
}

/// The lines of a node.
pub(super) struct NodeText {
    pub(super) title: Vec<String>,
    pub(super) subtitle: Vec<String>,
    pub(super) note: Vec<String>,
}

impl NodeText {
    fn of(node: &Node) -> Self {
        Self {
            title: wrap(&node.name, TITLE, true, 210.0, 3),
            subtitle: wrap(&node.subtitle(), SMALL, false, 220.0, 2),
            note: node
                .note()
                .map_or_else(Vec::new, |note| wrap(note, SMALL, true, 230.0, 4)),
        }
    }

    fn width(&self) -> f64 {
        let title = self.title.iter().map(|line| width(line, TITLE, true));
        let small = self
            .subtitle
            .iter()
            .chain(&self.note)
            .map(|line| width(line, SMALL, false));
        let widest = title.chain(small).fold(0.0, f64::max);
        (widest + ICON + 2.0 * PADDING).max(130.0)
    }

    pub(super) fn height(&self) -> f64 {
        let small = lines(&self.subtitle) + lines(&self.note);
        lines(&self.title) * TITLE_LINE + small * SMALL_LINE + 2.0 * PADDING
    }
}

#[expect(clippy::cast_precision_loss, reason = "a handful of lines")]
fn lines(text: &[String]) -> f64 {
    text.len() as f64
}

/// Lays a graph out.
pub(super) fn place(graph: &Graph) -> PlacedGraph<'_> {
    let mut nodes: Vec<_> = graph.nodes.iter().map(place_inside).collect();
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
    if graph.edges.iter().any(|edge| edge.to.is_none()) {
        layout.set_node("end", Some(box_of(DOT, DOT)));
    }
    if let Some(start) = graph.start {
        let label = EdgeLabel {
            weight: 4,
            ..EdgeLabel::default()
        };
        layout.set_edge("start", start.to_string(), Some(label), Some("entry"));
    }
    let labels: Vec<_> = graph
        .edges
        .iter()
        .map(|edge| wrap(&edge.full_label(), LABEL, false, 170.0, 3))
        .collect();
    for (i, (edge, lines)) in graph.edges.iter().zip(&labels).enumerate() {
        let name = format!("e{i}");
        layout.set_edge(
            edge.from.to_string(),
            target(edge),
            Some(edge_label(edge, lines)),
            Some(&name),
        );
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
    let edges = graph.edges.iter().zip(labels).enumerate().map(|(i, (edge, label))| {
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
    placed.settle();
    placed
}

impl PlacedGraph<'_> {
    /// Moves everything so that the top left corner is 0, 0, and measures the whole.
    fn settle(&mut self) {
        let mut corners = Vec::new();
        for node in &self.nodes {
            corners.push((node.left, node.top));
            corners.push((node.left + node.width, node.top + node.height));
        }
        for edge in &self.edges {
            corners.extend(edge.points.iter().map(|point| (point.x, point.y)));
            let (half_width, half_height) = (label_width(&edge.label) / 2.0, label_height(&edge.label) / 2.0);
            corners.push((edge.label_at.x - half_width, edge.label_at.y - half_height));
            corners.push((edge.label_at.x + half_width, edge.label_at.y + half_height));
        }
        for point in self.start.iter().chain(&self.end) {
            corners.push((point.x - DOT / 2.0, point.y - DOT / 2.0));
            corners.push((point.x + DOT / 2.0, point.y + DOT / 2.0));
        }
        let least = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::INFINITY, f64::min);
        let most = |values: &mut dyn Iterator<Item = f64>| values.fold(f64::NEG_INFINITY, f64::max);
        let left = least(&mut corners.iter().map(|corner| corner.0));
        let top = least(&mut corners.iter().map(|corner| corner.1));
        if corners.is_empty() {
            return;
        }
        self.width = most(&mut corners.iter().map(|corner| corner.0)) - left;
        self.height = most(&mut corners.iter().map(|corner| corner.1)) - top;
        for node in &mut self.nodes {
            node.left -= left;
            node.top -= top;
        }
        let points = self.edges.iter_mut().flat_map(|edge| {
            let label_at = std::iter::once(&mut edge.label_at);
            edge.points.iter_mut().chain(label_at)
        });
        let dots = self.start.iter_mut().chain(&mut self.end);
        for point in points.chain(self.entry.iter_mut().flatten()).chain(dots) {
            point.x -= left;
            point.y -= top;
        }
    }
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
            inside.push((left + MARGIN, top + MARGIN + (tallest - graph.height) / 2.0, graph));
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

pub(super) fn label_width(lines: &[String]) -> f64 {
    if lines.is_empty() {
        return 0.0;
    }
    lines.iter().map(|line| width(line, LABEL, false)).fold(0.0, f64::max) + 10.0
}

pub(super) fn label_height(label: &[String]) -> f64 {
    lines(label) * LABEL_LINE
}

fn middle(points: &[Point]) -> Option<Point> {
    points.get(points.len() / 2).cloned()
}

fn options() -> LayoutOptions {
    LayoutOptions {
        nodesep: 34.0,
        edgesep: 22.0,
        ranksep: 40.0,
        // Choice Rules go from left to right in their order of evaluation.
        tie_keep_first: true,
        ..LayoutOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::Diagram;

    type Rectangle = (String, f64, f64, f64, f64);

    fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
        let apart =
            a.1 + a.3 <= b.1 + 0.1 || b.1 + b.3 <= a.1 + 0.1 || a.2 + a.4 <= b.2 + 0.1 || b.2 + b.4 <= a.2 + 0.1;
        !apart
    }

    /// Every box and label of a graph, those of nested graphs on their own.
    fn check(graph: &PlacedGraph<'_>, file: &str) {
        let nodes = graph.nodes.iter().map(|node| {
            let name = node.node.name.clone();
            (name, node.left, node.top, node.width, node.height)
        });
        let labels = graph.edges.iter().filter(|edge| !edge.label.is_empty()).map(|edge| {
            let (width, height) = (label_width(&edge.label), label_height(&edge.label));
            let (left, top) = (edge.label_at.x - width / 2.0, edge.label_at.y - height / 2.0);
            (edge.label.join(" "), left, top, width, height)
        });
        let all: Vec<Rectangle> = nodes.chain(labels).collect();
        for (i, one) in all.iter().enumerate() {
            assert!(
                one.1 >= -0.1 && one.1 + one.3 <= graph.width + 0.1,
                "{file}: {one:?} sticks out"
            );
            assert!(
                one.2 >= -0.1 && one.2 + one.4 <= graph.height + 0.1,
                "{file}: {one:?} sticks out"
            );
            for other in all.iter().skip(i + 1) {
                assert!(!overlap(one, other), "{file}: {one:?} lies over {other:?}");
            }
        }
        for node in &graph.nodes {
            for (left, top, inside) in &node.inside {
                assert!(
                    *left >= 0.0 && left + inside.width <= node.width,
                    "{file}: {}",
                    node.node.name
                );
                assert!(
                    *top >= node.text.height() && top + inside.height <= node.height,
                    "{file}: {}",
                    node.node.name
                );
                check(inside, file);
            }
        }
    }

    #[test]
    fn no_box_or_label_of_a_sample_lies_over_another() {
        let mut count = 0;
        for entry in std::fs::read_dir("asl-samples").unwrap() {
            let path = entry.unwrap().path();
            if path.to_string_lossy().ends_with(".asl.json") {
                let definition = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
                check(
                    &place(&Diagram::of_definition(&definition).graph),
                    &path.display().to_string(),
                );
                count += 1;
            }
        }
        assert!(count > 15);
    }
}
