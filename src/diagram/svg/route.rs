//! The ways of the edges: straight down through a row of states or labels, and over to the next place only between rows.
//!
//! So no edge runs behind a state or a label, and every arrow head stands on the top or the bottom of its state.

use dagre::Point;

use super::placed::{DOT, PlacedEdge, PlacedNode, label_height, label_width};

/// Between two edges that leave or reach the same side of a state.
const PORT_GAP: f64 = 16.0;
/// Between an edge and the corner of a state.
const CORNER: f64 = 14.0;
/// Between an edge and a label that it passes.
const CLEARANCE: f64 = 6.0;
/// Where a curve is looked at for what lies in its way.
const SAMPLES: u32 = 24;

/// A rank of the layout: states, labels, or nothing but edges that pass.
#[derive(Clone, Copy)]
struct Row {
    centre: f64,
    half: f64,
    has_states: bool,
}

impl Row {
    /// Its edge towards another height.
    fn side(self, is_bottom: bool) -> f64 {
        if is_bottom {
            self.centre + self.half
        } else {
            self.centre - self.half
        }
    }
}

/// A rectangle: left, top, right, bottom.
type Area = (f64, f64, f64, f64);

/// One end of an edge at a state.
struct End {
    /// The entry comes after all edges.
    edge: usize,
    is_source: bool,
    node: usize,
    at_bottom: bool,
    /// Where the edge comes from or goes to.
    aim: f64,
}

/// Exchanges the points of the edges for knots. Between two of them an edge is a straight line if it goes down or up, else
/// a curve that begins and ends vertical. A loop of a state to itself stays as it is.
pub(super) fn route(
    nodes: &[PlacedNode<'_>],
    edges: &mut [PlacedEdge<'_>],
    mut entry: Option<(usize, &mut Vec<Point>)>,
    (start, last): (Option<&Point>, Option<&Point>),
) {
    // Arrows lead to the top of the last dot, and out of the bottom of the first one.
    let start = start.map(|dot| Point::new(dot.x, dot.y + DOT / 2.0));
    let last = last.map(|dot| Point::new(dot.x, dot.y - DOT / 2.0));
    let mut ends = Vec::new();
    for (i, edge) in edges.iter().enumerate().filter(|(_, edge)| !edge.is_loop()) {
        let ways = [(Some(edge.edge.from), true), (edge.edge.to, false)];
        ends.extend(
            ways.into_iter()
                .filter_map(|(node, is_source)| end(nodes, i, node?, is_source, &edge.points)),
        );
    }
    if let Some((start, points)) = &entry {
        ends.extend(end(nodes, edges.len(), *start, false, points));
    }
    let ports = ports(nodes, &ends, edges.len() + 1);
    let labels: Vec<_> = edges.iter().map(label_area).collect();
    let rows = rows(nodes, edges, entry.as_ref().map(|(_, points)| &***points));
    for (i, edge) in edges.iter_mut().enumerate().filter(|(_, edge)| !edge.is_loop()) {
        let (source, target) = ports.get(i).cloned().unwrap_or_default();
        let (Some(source), Some(target)) = (source, target.or_else(|| last.clone())) else {
            continue;
        };
        let label = labels.get(i).copied().flatten().map(|_| edge.label_at.y);
        let others: Vec<Area> = labels
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != i)
            .filter_map(|(_, label)| *label)
            .collect();
        edge.points = knots(&rows, &edge.points, source, target, label, &others);
    }
    if let Some((_, points)) = &mut entry {
        let target = ports.last().and_then(|(_, target)| target.clone());
        let others: Vec<Area> = labels.into_iter().flatten().collect();
        if let (Some(start), Some(target)) = (start, target) {
            **points = knots(&rows, points, start, target, None, &others);
        }
    }
}

fn end(nodes: &[PlacedNode<'_>], edge: usize, node: usize, is_source: bool, points: &[Point]) -> Option<End> {
    let [first, inner @ .., last] = points else {
        return None;
    };
    let next = if is_source {
        inner.first().unwrap_or(last)
    } else {
        inner.last().unwrap_or(first)
    };
    let placed = nodes.get(node)?;
    Some(End {
        edge,
        is_source,
        node,
        at_bottom: next.y > placed.top + placed.height / 2.0,
        aim: next.x,
    })
}

/// The first and the last point of every edge that ends at a state: below or above where it comes from, with a gap to the
/// next.
fn ports(nodes: &[PlacedNode<'_>], ends: &[End], edges: usize) -> Vec<(Option<Point>, Option<Point>)> {
    let mut ports = vec![(None, None); edges];
    let mut sorted: Vec<&End> = ends.iter().collect();
    sorted.sort_by(|a, b| {
        (a.node, a.at_bottom)
            .cmp(&(b.node, b.at_bottom))
            .then(a.aim.total_cmp(&b.aim))
    });
    for side in sorted.chunk_by(|a, b| (a.node, a.at_bottom) == (b.node, b.at_bottom)) {
        let Some((node, is_bottom)) = side.first().and_then(|end| Some((nodes.get(end.node)?, end.at_bottom))) else {
            continue;
        };
        let (left, right) = (node.left + CORNER, node.left + node.width - CORNER);
        #[expect(clippy::cast_precision_loss, reason = "the edges of one state")]
        let gap = PORT_GAP.min((right - left) / side.len() as f64);
        let mut places: Vec<f64> = side.iter().map(|end| end.aim.clamp(left, right)).collect();
        spread(&mut places, gap, right);
        for (end, x) in side.iter().zip(places) {
            let y = if is_bottom {
                node.top + node.height + node.stack()
            } else {
                node.top
            };
            if let Some(port) = ports.get_mut(end.edge) {
                let port = if end.is_source { &mut port.0 } else { &mut port.1 };
                *port = Some(Point::new(x, y));
            }
        }
    }
    ports
}

/// Moves sorted places apart until there is a gap between any two, none of them beyond the right end.
fn spread(places: &mut [f64], gap: f64, right: f64) {
    // Places that are too near take their room to both sides of where they wanted to be.
    let mut wanted = f64::NEG_INFINITY;
    for place in places.iter_mut() {
        *place = place.max(wanted);
        wanted = *place + gap;
    }
    let mut most = right;
    for place in places.iter_mut().rev() {
        *place = place.min(most);
        most = *place - gap;
    }
}

fn label_area(edge: &PlacedEdge<'_>) -> Option<Area> {
    if edge.label.is_empty() {
        return None;
    }
    let (width, height) = (
        label_width(&edge.label) / 2.0 + CLEARANCE,
        label_height(&edge.label) / 2.0,
    );
    let Point { x, y } = edge.label_at;
    Some((x - width, y - height, x + width, y + height))
}

/// The ranks from top to bottom, each as high as the highest thing in it.
fn rows(nodes: &[PlacedNode<'_>], edges: &[PlacedEdge<'_>], entry: Option<&[Point]>) -> Vec<Row> {
    let row = |centre, half, has_states| Row {
        centre,
        half,
        has_states,
    };
    let states = nodes.iter().map(|node| {
        let half = node.height / 2.0;
        row(node.top + half, half + node.stack(), true)
    });
    let labels = edges.iter().filter(|edge| !edge.label.is_empty());
    let labels = labels.map(|edge| row(edge.label_at.y, label_height(&edge.label) / 2.0, false));
    let paths = edges
        .iter()
        .filter(|edge| !edge.is_loop())
        .map(|edge| &*edge.points)
        .chain(entry);
    let bends = paths
        .filter_map(|points| points.get(1..points.len().checked_sub(1)?))
        .flatten();
    let bends = bends.map(|point| row(point.y, 0.0, false));
    let mut all: Vec<Row> = states.chain(labels).chain(bends).collect();
    all.sort_by(|a, b| a.centre.total_cmp(&b.centre));
    let mut rows: Vec<Row> = Vec::new();
    for row in all {
        match rows.last_mut().filter(|last| row.centre - last.centre < 1.0) {
            Some(last) => {
                last.half = last.half.max(row.half);
                last.has_states |= row.has_states;
            }
            None => rows.push(row),
        }
    }
    rows
}

fn row_at(rows: &[Row], y: f64) -> Option<Row> {
    let after = rows.partition_point(|row| row.centre < y - 1.0);
    rows.get(after).copied().filter(|row| (row.centre - y).abs() <= 1.0)
}

/// The way of one edge over the bends that the layout gave it.
fn knots(
    rows: &[Row],
    points: &[Point],
    source: Point,
    target: Point,
    label: Option<f64>,
    others: &[Area],
) -> Vec<Point> {
    let [first, bends @ .., last] = points else {
        return points.to_vec();
    };
    let is_down = last.y > first.y;
    // Out of the row of the state, and into the row of the next one.
    let leave = Point::new(source.x, clear_of(rows, first, source.y, is_down));
    let reach = Point::new(target.x, clear_of(rows, last, target.y, !is_down));
    let mut knots = vec![source, leave];
    for (i, bend) in bends.iter().enumerate() {
        let Some(row) = row_at(rows, bend.y) else { continue };
        let (into, out) = (
            Point::new(bend.x, row.side(!is_down)),
            Point::new(bend.x, row.side(is_down)),
        );
        let has_label = label.is_some_and(|y| (y - bend.y).abs() < 1.0);
        let after = bends.get(i + 1).map_or_else(
            || reach.clone(),
            |next| Point::new(next.x, row_at(rows, next.y).map_or(next.y, |row| row.side(!is_down))),
        );
        // A row without states is no reason for a bend, unless a label is in the way.
        let before = knots.last();
        let is_free = !row.has_states && !has_label && before.is_some_and(|before| is_clear(before, &after, others));
        if !is_free {
            knots.extend([into, out]);
        }
    }
    knots.extend([reach, target]);
    knots.dedup();
    knots
}

/// The height at which an edge has left the row of its state. A state may be less high than others in its row.
fn clear_of(rows: &[Row], end: &Point, at: f64, is_bottom: bool) -> f64 {
    let row = rows
        .iter()
        .find(|row| row.has_states && (end.y - row.centre).abs() <= row.half + 1.0);
    let side = row.map_or(at, |row| row.side(is_bottom));
    if is_bottom { at.max(side) } else { at.min(side) }
}

/// Whether the curve between two knots meets none of the areas.
fn is_clear(from: &Point, to: &Point, areas: &[Area]) -> bool {
    let (top, bottom) = (from.y.min(to.y), from.y.max(to.y));
    let near: Vec<_> = areas.iter().filter(|area| area.1 < bottom && area.3 > top).collect();
    near.is_empty()
        || (0..=SAMPLES).all(|i| {
            let Point { x, y } = on_curve(from, to, f64::from(i) / f64::from(SAMPLES));
            near.iter()
                .all(|area| x < area.0 || x > area.2 || y < area.1 || y > area.3)
        })
}

/// A point on the curve between two knots, which begins and ends vertical.
pub(super) fn on_curve(from: &Point, to: &Point, t: f64) -> Point {
    let rest = 1.0 - t;
    let (end, middle) = (t * t * t + 3.0 * t * t * rest, f64::midpoint(from.y, to.y));
    let x = from.x + (to.x - from.x) * end;
    let y = rest * rest * rest * from.y + 3.0 * t * rest * middle + t * t * t * to.y;
    Point::new(x, y)
}
