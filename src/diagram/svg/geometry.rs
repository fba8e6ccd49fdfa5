//! What holds for every picture, whatever the machine: checked over the samples and over machines that are hard to draw.

use dagre::Point;
use serde_json::Value;

use super::layout::place;
use super::placed::{PlacedGraph, label_height, label_width};
use super::route::on_curve;
use crate::diagram::Diagram;

type Rectangle = (String, f64, f64, f64, f64);

fn overlap(a: &Rectangle, b: &Rectangle) -> bool {
    let apart = a.1 + a.3 <= b.1 + 0.1 || b.1 + b.3 <= a.1 + 0.1 || a.2 + a.4 <= b.2 + 0.1 || b.2 + b.4 <= a.2 + 0.1;
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

/// No edge runs through a state or the label of another edge, and each begins and ends at the top or bottom of its state.
fn check_ways(graph: &PlacedGraph<'_>, file: &str) {
    for (i, edge) in graph.edges.iter().enumerate().filter(|(_, edge)| !edge.is_loop()) {
        let name = |node: usize| graph.nodes[node].node.name.as_str();
        let way = format!(
            "{file}: {} -> {}",
            name(edge.edge.from),
            edge.edge.to.map_or("end", name)
        );
        let first = edge.points.first().unwrap();
        let from = &graph.nodes[edge.edge.from];
        let sides = [from.top, from.top + from.height + from.stack()];
        assert!(
            sides.iter().any(|side| (side - first.y).abs() < 0.1),
            "{way} begins at no side"
        );
        assert!(
            first.x >= from.left && first.x <= from.left + from.width,
            "{way} begins beside its state"
        );
        let areas = graph.nodes.iter().map(|node| {
            (
                &*node.node.name,
                node.left,
                node.top,
                node.left + node.width,
                node.top + node.height,
            )
        });
        let labels = graph
            .edges
            .iter()
            .enumerate()
            .filter(|(other, edge)| *other != i && !edge.label.is_empty());
        let labels = labels.map(|(_, edge)| {
            let (width, height) = (label_width(&edge.label) / 2.0, label_height(&edge.label) / 2.0);
            let Point { x, y } = edge.label_at;
            (&*edge.label[0], x - width, y - height, x + width, y + height)
        });
        let areas: Vec<_> = areas.chain(labels).collect();
        for knots in edge.points.windows(2) {
            for step in 0..=40 {
                let Point { x, y } = on_curve(&knots[0], &knots[1], f64::from(step) / 40.0);
                let hit = areas
                    .iter()
                    .find(|area| x > area.1 + 0.1 && x < area.3 - 0.1 && y > area.2 + 0.1 && y < area.4 - 0.1);
                assert!(hit.is_none(), "{way} runs through {hit:?} at {x}, {y}");
            }
        }
    }
    for (_, _, inside) in graph.nodes.iter().flat_map(|node| &node.inside) {
        check_ways(inside, file);
    }
}

fn machines() -> Vec<(String, Value)> {
    let folders = ["asl-samples", "tests/files/diagrams"];
    let files = folders
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = files.map(|file| file.unwrap().path().display().to_string());
    let paths = paths.filter(|path| path.ends_with(".asl.json"));
    paths
        .map(|path| {
            (
                path.clone(),
                serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap(),
            )
        })
        .collect()
}

fn machine(name: &str) -> Value {
    let path = format!("tests/files/diagrams/{name}.asl.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn nothing_lies_over_anything_else() {
    let machines = machines();
    assert!(machines.len() > 30);
    for (file, definition) in machines {
        let diagram = Diagram::of_definition(&definition);
        let placed = place(&diagram.graph);
        check(&placed, &file);
        check_ways(&placed, &file);
    }
}

#[test]
fn branches_start_at_one_height() {
    let diagram = Diagram::of_definition(&machine("branches-of-uneven-length"));
    let placed = place(&diagram.graph);
    let tops: Vec<_> = placed.nodes[0]
        .inside
        .iter()
        .map(|(_, top, graph)| top + graph.start.as_ref().unwrap().y)
        .collect();
    assert_eq!(tops.len(), 3);
    assert!(tops.iter().all(|top| (top - tops[0]).abs() < 0.1), "{tops:?}");
}

#[test]
fn many_fail_states_stand_in_rows_of_four() {
    let diagram = Diagram::of_definition(&machine("ten-fails"));
    let placed = place(&diagram.graph);
    let mut tops: Vec<_> = placed
        .nodes
        .iter()
        .filter(|node| node.node.name.starts_with("Fail"))
        .map(|node| node.top)
        .collect();
    tops.sort_by(f64::total_cmp);
    tops.dedup_by(|a, b| (*a - *b).abs() < 0.1);
    assert_eq!(tops.len(), 3);
    assert!(
        placed.edges.iter().filter(|edge| edge.edge.to.is_none()).count() == 1,
        "a Fail state leads to no end"
    );
}

#[test]
fn a_condition_shows_what_it_compares_with() {
    for (name, expected) in [
        (
            "long-conditions",
            ["> 1000", "verified = false", "\"*-draft\""].as_slice(),
        ),
        ("long-jsonata-conditions", &["customer.vip", "= 'Root'"]),
    ] {
        let diagram = Diagram::of_definition(&machine(name));
        let placed = place(&diagram.graph);
        let labels: Vec<_> = placed.edges.iter().map(|edge| edge.label.join(" ")).collect();
        for end in expected {
            assert!(labels.iter().any(|label| label.contains(end)), "{end}: {labels:?}");
        }
    }
}
