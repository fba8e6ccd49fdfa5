//! From a definition to its diagram, however broken it is.

use serde_json::{Map, Value};
use std::collections::HashMap;

use super::condition::condition;
use super::detail::detail;
use super::{Edge, Exit, Graph, Kind, Node};
use crate::definition::StateType;
use crate::error::predefined_errors;

/// The graph of an object with `StartAt` and `States`; an empty one where it has none.
pub(super) fn graph(definition: &Value) -> Graph {
    let Some(states) = definition.get("States").and_then(Value::as_object) else {
        return Graph::default();
    };
    let mut reader = Reader {
        graph: Graph::default(),
        by_name: states.keys().enumerate().map(|(i, name)| (name.clone(), i)).collect(),
    };
    for (name, state) in states {
        reader.graph.nodes.push(node(name, state));
    }
    if let Some(start) = definition.get("StartAt").and_then(Value::as_str) {
        reader.graph.start = Some(reader.index_of(start));
    }
    for (from, state) in states.values().enumerate() {
        if let Some(state) = state.as_object() {
            reader.exits(from, state);
        }
    }
    reader.graph
}

struct Reader {
    graph: Graph,
    by_name: HashMap<String, usize>,
}

impl Reader {
    /// The node with a name; a missing one is added.
    fn index_of(&mut self, name: &str) -> usize {
        let next = self.graph.nodes.len();
        let index = *self.by_name.entry(name.to_owned()).or_insert(next);
        if index == next {
            self.graph.nodes.push(Node {
                name: name.to_owned(),
                kind: Kind::Missing,
                detail: String::new(),
                mark: None,
                inside: Vec::new(),
            });
        }
        index
    }

    /// The transitions out of a state, in the order in which they are tried.
    fn exits(&mut self, from: usize, state: &Map<String, Value>) {
        let kind = self.graph.nodes.get(from).map_or(Kind::Unknown, |node| node.kind);
        for (i, rule) in array(state, "Choices").iter().enumerate() {
            self.edge(from, rule.get("Next"), Exit::Choice(i), condition(rule));
        }
        if kind == Kind::State(StateType::Choice) {
            self.edge(from, state.get("Default"), Exit::Default, "otherwise".to_owned());
            return;
        }
        self.edge(from, state.get("Next"), Exit::Next, String::new());
        let ends = state.get("End").and_then(Value::as_bool) == Some(true);
        if ends || matches!(kind, Kind::State(StateType::Succeed | StateType::Fail)) {
            self.graph.edges.push(Edge {
                from,
                to: None,
                exit: Exit::End,
                label: String::new(),
                mark: None,
            });
        }
        for (i, catcher) in array(state, "Catch").iter().enumerate() {
            let errors = array(catcher, "ErrorEquals").iter().filter_map(Value::as_str);
            let label = errors.collect::<Vec<_>>().join(", ");
            let label = if label == predefined_errors::ALL {
                "any error".to_owned()
            } else {
                label
            };
            self.edge(from, catcher.get("Next"), Exit::Catch(i), label);
        }
    }

    fn edge(&mut self, from: usize, to: Option<&Value>, exit: Exit, label: String) {
        let Some(to) = to.and_then(Value::as_str) else {
            return;
        };
        let to = Some(self.index_of(to));
        self.graph.edges.push(Edge {
            from,
            to,
            exit,
            label,
            mark: None,
        });
    }
}

fn node(name: &str, state: &Value) -> Node {
    let state_type = state.get("Type").and_then(Value::as_str).and_then(StateType::of);
    let kind = state_type.map_or(Kind::Unknown, Kind::State);
    let inside = match kind {
        Kind::State(StateType::Parallel) => array(state, "Branches").iter().map(graph).collect(),
        Kind::State(StateType::Map) => {
            let processor = state.get("ItemProcessor").or(state.get("Iterator"));
            processor.map(graph).into_iter().collect()
        }
        _ => Vec::new(),
    };
    Node {
        name: name.to_owned(),
        kind,
        detail: detail(kind, state),
        mark: None,
        inside,
    }
}

/// The elements of an array; none where it is none.
fn array<'v>(object: impl Fields<'v>, name: &str) -> &'v [Value] {
    object.field(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

trait Fields<'v> {
    fn field(self, name: &str) -> Option<&'v Value>;
}

impl<'v> Fields<'v> for &'v Value {
    fn field(self, name: &str) -> Option<&'v Value> {
        self.get(name)
    }
}

impl<'v> Fields<'v> for &'v Map<String, Value> {
    fn field(self, name: &str) -> Option<&'v Value> {
        self.get(name)
    }
}
