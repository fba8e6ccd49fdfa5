//! The graph as JSON, for programs that draw it themselves.

use serde_json::{Map, Value, json};

use super::overlay::Mark;
use super::{Edge, Graph, Node, Tone};

/// `{ "startAt", "states": […], "transitions": […] }`, in which Parallel and Map states have `graphs` of the same form.
pub(super) fn value(graph: &Graph) -> Value {
    let name = |index: usize| graph.nodes.get(index).map(|node| &*node.name);
    json!({
        "startAt": graph.start.and_then(name),
        "states": graph.nodes.iter().map(state).collect::<Vec<_>>(),
        "transitions": graph.edges.iter().map(|edge| transition(edge, name)).collect::<Vec<_>>(),
    })
}

fn state(node: &Node) -> Value {
    let mut told = Map::new();
    told.insert("name".to_owned(), json!(node.name));
    told.insert("type".to_owned(), json!(node.kind.name()));
    if !node.detail.is_empty() {
        told.insert("detail".to_owned(), json!(node.detail));
    }
    told.extend(mark(node.mark.as_ref()));
    if !node.inside.is_empty() {
        told.insert("graphs".to_owned(), node.inside.iter().map(value).collect());
    }
    told.into()
}

/// A transition by the field that names its target; `to` is `null` at the end of the graph.
fn transition<'n>(edge: &Edge, name: impl Fn(usize) -> Option<&'n str>) -> Value {
    let (field, index) = edge.exit.field();
    let mut told = Map::new();
    told.insert("from".to_owned(), json!(name(edge.from)));
    told.insert("to".to_owned(), json!(edge.to.and_then(name)));
    told.insert("by".to_owned(), json!(field));
    told.extend(index.map(|index| ("index".to_owned(), json!(index))));
    if !edge.label.is_empty() {
        told.insert("label".to_owned(), json!(edge.label));
    }
    told.extend(mark(edge.mark.as_ref()));
    told.into()
}

fn mark(mark: Option<&Mark>) -> Option<(String, Value)> {
    let mark = mark?;
    let tone = match mark.tone {
        Tone::Good => "good",
        Tone::Bad => "bad",
        Tone::Warned => "warned",
        Tone::Idle => "idle",
    };
    Some(("mark".to_owned(), json!({ "tone": tone, "note": mark.note })))
}
