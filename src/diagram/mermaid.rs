//! Mermaid flowcharts.

use std::fmt::Write;

use super::{Graph, Kind, Node, Tone};
use crate::definition::StateType;

/// Labels are cut here: Mermaid does not break lines within words.
const LONGEST_LABEL: usize = 120;

pub(super) fn print(graph: &Graph) -> String {
    let mut printer = Printer {
        text: "flowchart TD\n".to_owned(),
        numbers: 0,
        graphs: 0,
        edges: 0,
        styles: Vec::new(),
    };
    printer.graph(graph, 1);
    let classes = [
        ("good", "fill:#e7f6ec,stroke:#1a7f37,color:#0b3d1a"),
        ("bad", "fill:#fdeaea,stroke:#cf222e,color:#5c0d13"),
        ("warned", "fill:#fff6e0,stroke:#b7791f,color:#4d3300"),
        ("idle", "fill:#f6f8fa,stroke:#8c959f,color:#57606a,stroke-dasharray:4 3"),
    ];
    for (class, style) in classes {
        if printer.text.contains(&format!(":::{class}")) || printer.text.contains(&format!(" {class}\n")) {
            printer.line(1, format_args!("classDef {class} {style}"));
        }
    }
    for style in std::mem::take(&mut printer.styles) {
        printer.line(1, style);
    }
    printer.text
}

struct Printer {
    text: String,
    /// The number of states printed so far in all graphs.
    numbers: usize,
    graphs: usize,
    edges: usize,
    styles: Vec<String>,
}

impl Printer {
    fn line(&mut self, depth: usize, line: impl std::fmt::Display) {
        // Writing to a string never fails.
        let _ = writeln!(self.text, "{:indent$}{line}", "", indent = 2 * depth);
    }

    fn graph(&mut self, graph: &Graph, depth: usize) {
        let number = self.graphs;
        self.graphs += 1;
        let first = self.numbers;
        self.numbers += graph.nodes.len();
        if let Some(start) = graph.start {
            self.line(depth, format_args!("start{number}(( )) --> s{}", first + start));
            self.edges += 1;
        }
        for (i, node) in graph.nodes.iter().enumerate() {
            self.node(node, first + i, depth);
        }
        for edge in &graph.edges {
            let arrow = if edge.is_catch() { "-.->" } else { "-->" };
            let label = edge.full_label();
            let label = if label.is_empty() {
                label
            } else {
                format!("|\"{}\"|", escape(&label))
            };
            let to = match edge.to {
                Some(to) => format!("s{}", first + to),
                None => format!("end{number}((( )))"),
            };
            self.line(depth, format_args!("s{} {arrow}{label} {to}", first + edge.from));
            if let Some(mark) = &edge.mark {
                let style = match mark.tone {
                    Tone::Good => "stroke:#1a7f37,stroke-width:3px",
                    Tone::Bad => "stroke:#cf222e,stroke-width:3px",
                    Tone::Warned => "stroke:#b7791f,stroke-width:3px",
                    Tone::Idle => "stroke:#8c959f,stroke-dasharray:3 4",
                };
                self.styles.push(format!("linkStyle {} {style}", self.edges));
            }
            self.edges += 1;
        }
    }

    fn node(&mut self, node: &Node, number: usize, depth: usize) {
        // The title of a box has room for one line.
        let (is_box, newline) = if node.inside.is_empty() {
            (false, "<br/>")
        } else {
            (true, " · ")
        };
        let mut label = format!("<b>{}</b>{newline}{}", escape(&node.name), escape(&node.subtitle()));
        if let Some(note) = node.note() {
            label.push_str(newline);
            label.push_str("<i>");
            label.push_str(&escape(note));
            label.push_str("</i>");
        }
        let class = node.mark.as_ref().map(|mark| match mark.tone {
            Tone::Good => "good",
            Tone::Bad => "bad",
            Tone::Warned => "warned",
            Tone::Idle => "idle",
        });
        if is_box {
            self.line(depth, format_args!("subgraph s{number}[\"{label}\"]"));
            self.line(depth + 1, "direction TB");
            let several = node.inside.len() > 1;
            for (i, inside) in node.inside.iter().enumerate() {
                if several {
                    self.line(depth + 1, format_args!("subgraph s{number}b{i}[\"branch {}\"]", i + 1));
                    self.line(depth + 2, "direction TB");
                    self.graph(inside, depth + 2);
                    self.line(depth + 1, "end");
                } else {
                    self.graph(inside, depth + 1);
                }
            }
            self.line(depth, "end");
            if let Some(class) = class {
                self.line(depth, format_args!("class s{number} {class}"));
            }
            return;
        }
        let (open, close) = match node.kind {
            Kind::State(StateType::Choice) => ("{", "}"),
            Kind::State(StateType::Succeed | StateType::Fail) => ("([", "])"),
            Kind::State(StateType::Wait) => ("(", ")"),
            Kind::Missing => (">", "]"),
            _ => ("[", "]"),
        };
        let class = class.map(|class| format!(":::{class}")).unwrap_or_default();
        self.line(depth, format_args!("s{number}{open}\"{label}\"{close}{class}"));
    }
}

/// Text in quotes: entities for what Mermaid or HTML would read.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for (i, c) in text.chars().enumerate() {
        if i == LONGEST_LABEL {
            escaped.push('…');
            break;
        }
        match c {
            '"' | '#' | '&' | '<' | '>' | '`' | '\\' | '*' | '_' | '|' | '{' | '}' | ';' => {
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
