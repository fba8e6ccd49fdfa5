//! From places to data: the picture for a page that draws it itself. All places are from the picture's top left corner.

use dagre::Point;
use serde_json::{Value, json};

use super::draw::{BORDER, edge_path, way};
use super::placed::{DOT, MARGIN, PlacedEdge, PlacedGraph, PlacedNode, label_height, label_width};

/// `{ "width", "height", "nodes", "edges", "dots", "entries" }`; nested states stand after the state around them, which they
/// name by its index in `nodes`.
pub(super) fn picture(graph: &PlacedGraph<'_>) -> Value {
    let mut parts = Parts::default();
    parts.add(
        graph,
        Corner {
            left: BORDER,
            top: BORDER,
        },
        None,
    );
    json!({
        "width": round(graph.width + 2.0 * BORDER),
        "height": round(graph.height + 2.0 * BORDER),
        "dot": DOT,
        "nodes": parts.nodes,
        "edges": parts.edges,
        "dots": parts.dots,
        "entries": parts.entries,
    })
}

#[derive(Default)]
struct Parts {
    nodes: Vec<Value>,
    edges: Vec<Value>,
    dots: Vec<Value>,
    entries: Vec<Value>,
}

/// The top left corner of a graph.
#[derive(Clone, Copy)]
struct Corner {
    left: f64,
    top: f64,
}

impl Corner {
    fn inside(self, left: f64, top: f64) -> Self {
        Self {
            left: self.left + left,
            top: self.top + top,
        }
    }

    fn point(self, point: &Point) -> Point {
        Point {
            x: self.left + point.x,
            y: self.top + point.y,
        }
    }

    fn rectangle(self, width: f64, height: f64) -> Value {
        json!({ "x": round(self.left), "y": round(self.top), "width": round(width), "height": round(height) })
    }
}

impl Parts {
    fn add(&mut self, graph: &PlacedGraph<'_>, corner: Corner, within: Option<usize>) {
        for (kind, at) in [("start", &graph.start), ("end", &graph.end)] {
            if let Some(Point { x, y }) = at.as_ref().map(|at| corner.point(at)) {
                let dot = json!({ "kind": kind, "x": round(x), "y": round(y), "within": within });
                self.dots.push(dot);
            }
        }
        if let Some(entry) = &graph.entry {
            let knots: Vec<_> = entry.iter().map(|knot| corner.point(knot)).collect();
            self.entries.push(way(&knots).into());
        }
        for edge in &graph.edges {
            self.edges.push(transition(edge, graph, corner));
        }
        for node in &graph.nodes {
            self.add_node(node, corner.inside(node.left, node.top), within);
        }
    }

    fn add_node(&mut self, placed: &PlacedNode<'_>, corner: Corner, within: Option<usize>) {
        let node = placed.node;
        let header = placed.text.height();
        let lanes = placed.inside.iter().filter(|_| placed.inside.len() > 1);
        let lanes = lanes.map(|(left, _, graph)| {
            let lane = corner.inside(left - MARGIN, header);
            lane.rectangle(graph.width + 2.0 * MARGIN, placed.height - header - MARGIN)
        });
        let index = self.nodes.len();
        let mut told = corner.rectangle(placed.width, placed.height);
        if let Some(told) = told.as_object_mut() {
            let members = [
                ("name", json!(node.name)),
                ("type", json!(node.kind.name())),
                ("detail", json!(node.detail)),
                ("within", json!(within)),
                ("title", json!(placed.text.title)),
                ("subtitle", json!(placed.text.subtitle)),
                ("lanes", lanes.collect()),
            ];
            told.extend(members.map(|(name, value)| (name.to_owned(), value)));
        }
        self.nodes.push(told);
        for (left, top, graph) in &placed.inside {
            self.add(graph, corner.inside(*left, *top), Some(index));
        }
    }
}

fn transition(placed: &PlacedEdge<'_>, graph: &PlacedGraph<'_>, corner: Corner) -> Value {
    let edge = placed.edge;
    let name = |index: usize| graph.nodes.get(index).map(|node| &*node.node.name);
    let (field, index) = edge.exit.field();
    let label_at = (!placed.label.is_empty()).then(|| {
        let (width, height) = (label_width(&placed.label), label_height(&placed.label));
        let Point { x, y } = placed.label_at;
        corner
            .inside(x - width / 2.0, y - height / 2.0)
            .rectangle(width, height)
    });
    let moved = PlacedEdge {
        edge,
        points: placed.points.iter().map(|point| corner.point(point)).collect(),
        label: Vec::new(),
        label_at: corner.point(&placed.label_at),
    };
    json!({
        "from": name(edge.from),
        "to": edge.to.and_then(name),
        "by": field,
        "index": index,
        "label": placed.label,
        "labelAt": label_at,
        "title": edge.full_label(),
        "path": edge_path(&moved),
    })
}

/// To a tenth: more is not seen, and only makes the answer longer.
fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}
