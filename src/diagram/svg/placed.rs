//! A graph with the places of its parts, and the sizes of what is drawn.

use dagre::Point;

use super::super::{Edge, Kind, Node};
use super::text::{width, wrap};
use crate::definition::StateType;

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
/// How far the second sheet of a Map sticks out.
pub(super) const STACK: f64 = 5.0;

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

impl PlacedNode<'_> {
    /// How far a second sheet sticks out.
    pub(super) fn stack(&self) -> f64 {
        if self.node.kind == Kind::State(StateType::Map) {
            STACK
        } else {
            0.0
        }
    }
}

pub(super) struct PlacedEdge<'g> {
    pub(super) edge: &'g Edge,
    /// The knots of its way; see [`route`](super::route).
    pub(super) points: Vec<Point>,
    pub(super) label: Vec<String>,
    pub(super) label_at: Point,
}

impl PlacedEdge<'_> {
    /// From a state to itself.
    pub(super) fn is_loop(&self) -> bool {
        self.edge.to == Some(self.edge.from)
    }
}

/// The lines of a node.
pub(super) struct NodeText {
    pub(super) title: Vec<String>,
    pub(super) subtitle: Vec<String>,
    pub(super) note: Vec<String>,
}

impl NodeText {
    pub(super) fn of(node: &Node) -> Self {
        Self {
            title: wrap(&node.name, TITLE, true, 210.0, 3),
            subtitle: wrap(&node.subtitle(), SMALL, false, 220.0, 2),
            note: node
                .note()
                .map_or_else(Vec::new, |note| wrap(note, SMALL, true, 230.0, 4)),
        }
    }

    pub(super) fn width(&self) -> f64 {
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

impl PlacedGraph<'_> {
    /// Moves everything so that the top left corner is 0, 0, and measures the whole.
    pub(super) fn settle(&mut self) {
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

pub(super) fn label_width(lines: &[String]) -> f64 {
    if lines.is_empty() {
        return 0.0;
    }
    lines.iter().map(|line| width(line, LABEL, false)).fold(0.0, f64::max) + 10.0
}

pub(super) fn label_height(label: &[String]) -> f64 {
    lines(label) * LABEL_LINE
}
