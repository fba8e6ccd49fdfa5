//! Graphviz DOT.

use std::fmt::Write;

use super::{Graph, Kind, Node, Tone};
use crate::definition::StateType;

pub(super) fn print(graph: &Graph) -> String {
    let mut printer = Printer {
        text: String::new(),
        numbers: 0,
        graphs: 0,
    };
    printer.line(0, "digraph machine {");
    printer.line(1, "compound=true; rankdir=TB; nodesep=0.4; ranksep=0.45;");
    printer.line(1, "fontname=\"Helvetica\"; fontsize=11;");
    printer.line(
        1,
        "node [fontname=\"Helvetica\", fontsize=11, shape=box, style=\"rounded,filled\", fillcolor=white];",
    );
    printer.line(1, "edge [fontname=\"Helvetica\", fontsize=10];");
    printer.graph(graph, 1);
    printer.line(0, "}");
    printer.text
}

struct Printer {
    text: String,
    numbers: usize,
    graphs: usize,
}

impl Printer {
    fn line(&mut self, depth: usize, line: impl std::fmt::Display) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = 2 * depth);
    }

    fn graph(&mut self, graph: &Graph, depth: usize) {
        let number = self.graphs;
        self.graphs += 1;
        let first = self.numbers;
        self.numbers += graph.nodes.len();
        let is_box = |index: usize| graph.nodes.get(index).is_some_and(|node| !node.inside.is_empty());
        if let Some(start) = graph.start {
            let dot = "shape=circle, label=\"\", width=0.14, fillcolor=black";
            self.line(depth, format_args!("start{number} [{dot}];"));
            let head = if is_box(start) {
                format!(" [lhead=cluster_s{}]", first + start)
            } else {
                String::new()
            };
            self.line(depth, format_args!("start{number} -> s{}{head};", first + start));
        }
        if graph.edges.iter().any(|edge| edge.to.is_none()) {
            let dot = "shape=doublecircle, label=\"\", width=0.1, fillcolor=black";
            self.line(depth, format_args!("end{number} [{dot}];"));
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            self.node(node, first + i, depth);
        }
        for edge in &graph.edges {
            // Edges leave a box from the point at its bottom.
            let from = first + edge.from;
            let mut attributes = vec![format!("label={}", quoted(&edge.full_label()))];
            let tail = if is_box(edge.from) {
                attributes.push(format!("ltail=cluster_s{from}"));
                format!("out{from}")
            } else {
                format!("s{from}")
            };
            let head = match edge.to {
                Some(to) => format!("s{}", first + to),
                None => format!("end{number}"),
            };
            if let Some(to) = edge.to.filter(|to| is_box(*to)) {
                attributes.push(format!("lhead=cluster_s{}", first + to));
            }
            if edge.is_catch() {
                attributes.push("style=dashed".to_owned());
            }
            if let Some(mark) = &edge.mark {
                let (colour, _) = colours(mark.tone);
                let width = if mark.tone == Tone::Idle { 1 } else { 2 };
                attributes.push(format!("color={colour}, fontcolor={colour}, penwidth={width}"));
            }
            self.line(depth, format_args!("{tail} -> {head} [{}];", attributes.join(", ")));
        }
    }

    fn node(&mut self, node: &Node, number: usize, depth: usize) {
        let mut label = format!("{}\n{}", node.name, node.subtitle());
        if let Some(note) = node.note() {
            label.push('\n');
            label.push_str(note);
        }
        let mut style = String::new();
        if let Some(mark) = &node.mark {
            let (colour, fill) = colours(mark.tone);
            style = format!(", color={colour}, fillcolor={fill}");
        }
        if node.inside.is_empty() {
            let shape = match node.kind {
                Kind::State(StateType::Choice) if node.note().is_none() => ", shape=diamond, style=filled",
                Kind::State(StateType::Succeed | StateType::Fail) => ", shape=oval, style=filled",
                Kind::Missing => ", shape=note, style=dashed",
                _ => "",
            };
            self.line(
                depth,
                format_args!("s{number} [label={}{shape}{style}];", quoted(&label)),
            );
            return;
        }
        self.line(depth, format_args!("subgraph cluster_s{number} {{"));
        self.line(depth + 1, "style=\"rounded\";");
        self.line(
            depth + 1,
            format_args!(
                "s{number} [label={}, shape=plaintext, style=\"\"{style}];",
                quoted(&label)
            ),
        );
        self.line(depth + 1, format_args!("out{number} [shape=point, style=invis];"));
        for inside in &node.inside {
            let graph = self.graphs;
            self.graph(inside, depth + 1);
            if inside.start.is_some() {
                self.line(depth + 1, format_args!("s{number} -> start{graph} [style=invis];"));
            }
            if inside.edges.iter().any(|edge| edge.to.is_none()) {
                self.line(depth + 1, format_args!("end{graph} -> out{number} [style=invis];"));
            }
        }
        self.line(depth, "}");
    }
}

fn colours(tone: Tone) -> (&'static str, &'static str) {
    match tone {
        Tone::Good => ("\"#1a7f37\"", "\"#e7f6ec\""),
        Tone::Bad => ("\"#cf222e\"", "\"#fdeaea\""),
        Tone::Warned => ("\"#b7791f\"", "\"#fff6e0\""),
        Tone::Idle => ("\"#8c959f\"", "\"#f6f8fa\""),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_control() => quoted.push(' '),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
