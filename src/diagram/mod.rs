//! Pictures of state machines: Mermaid, Graphviz DOT, and SVG (feature `svg`); and their graphs as JSON.
//!
//! A [`Diagram`] is read from a machine, or from a definition however broken its states are. An [`Overlay`] is plain
//! data that is drawn over it: what an execution did, what tests have covered, what a diagnostic says.
//!
//! ```
//! use asl_engine::StateMachine;
//! use asl_engine::diagram::{Diagram, Overlay, Tone};
//!
//! let machine: StateMachine = std::fs::read_to_string("asl-samples/charge.asl.json")?.parse()?;
//! let overlay = Overlay::new().state("Charge", Tone::Good, "2 attempts, 2 s");
//! let mermaid = Diagram::of(&machine).with(&overlay).to_mermaid();
//! assert!(mermaid.starts_with("flowchart TD"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod condition;
mod detail;
mod dot;
mod json;
mod mermaid;
mod overlay;
mod read;
#[cfg(feature = "svg")]
mod svg;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::definition::StateMachine;

pub use overlay::{Overlay, Tone};
#[cfg(feature = "svg")]
pub use svg::SvgError;

use crate::definition::StateType;
use overlay::Mark;

/// A state machine as it is drawn: states, transitions, and nested machines as boxes.
#[derive(Debug, Clone)]
pub struct Diagram {
    graph: Graph,
}

/// Which way a transition goes out of a state; with the state's name it tells the transitions of a machine apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Exit {
    /// `Next`
    Next,
    /// The Choice Rule with this index, from 0.
    Choice(usize),
    /// `Default`
    Default,
    /// The Catcher with this index, from 0.
    Catch(usize),
    /// `"End": true`, and what Succeed and Fail states do.
    End,
}

/// `StartAt` with `States`.
#[derive(Debug, Clone, Default)]
struct Graph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// The index of the state that is entered first.
    start: Option<usize>,
}

/// A state.
#[derive(Debug, Clone)]
struct Node {
    name: String,
    kind: Kind,
    /// What it does, in few words; may be empty.
    detail: String,
    mark: Option<Mark>,
    /// A Parallel's branches, or a Map's item processor.
    inside: Vec<Graph>,
}

/// What is drawn as a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    State(StateType),
    /// A state whose `Type` is none.
    Unknown,
    /// A transition leads to it, but there is no such state.
    Missing,
}

/// A transition.
#[derive(Debug, Clone)]
struct Edge {
    from: usize,
    /// The index of the state it leads to; none for the end of the graph.
    to: Option<usize>,
    exit: Exit,
    /// The condition or the error names.
    label: String,
    mark: Option<Mark>,
}

impl Diagram {
    /// The diagram of a machine.
    pub fn of(machine: &StateMachine) -> Self {
        Self::of_definition(machine.definition())
    }

    /// The diagram of a definition, as far as it can be made out: states that a transition names and that are not there
    /// are drawn as missing.
    pub fn of_definition(definition: &Value) -> Self {
        Self {
            graph: read::graph(definition),
        }
    }

    /// The same with an overlay. What it marks and the machine does not have is passed over.
    #[must_use]
    pub fn with(mut self, overlay: &Overlay) -> Self {
        overlay.apply(&mut self.graph);
        self
    }

    /// A [Mermaid](https://mermaid.js.org) flowchart.
    pub fn to_mermaid(&self) -> String {
        mermaid::print(&self.graph)
    }

    /// A graph for [Graphviz](https://graphviz.org)'s `dot`.
    pub fn to_dot(&self) -> String {
        dot::print(&self.graph)
    }

    /// The graph as JSON, with the names of states, fields and types as in the definition; marks of an overlay have a tone
    /// and a note:
    ///
    /// ```json
    /// {
    ///   "startAt": "Charge",
    ///   "states": [{ "name": "Charge", "type": "Task", "detail": "Charge", "mark": { "tone": "good", "note": "2 s" } }],
    ///   "transitions": [{ "from": "Charge", "to": null, "by": "End" }]
    /// }
    /// ```
    ///
    /// A transition is `by` `Next`, `End`, `Default`, or `Choices` or `Catch` with an `index`; `to` is `null` at the end.
    /// Parallel and Map states have `graphs` of the same form.
    pub fn to_json(&self) -> Value {
        json::value(&self.graph)
    }

    /// The picture as data, for a page that draws it and paints over it.
    #[cfg(feature = "console")]
    pub(crate) fn to_places(&self) -> Result<Value, SvgError> {
        svg::places(&self.graph)
    }

    /// A picture that needs nothing else: no script, no font, no style sheet; light or dark as its viewer is.
    ///
    /// Errors where a machine has more than 1,000 states, or so many transitions over many of them, that nobody could
    /// look at the picture.
    #[cfg(feature = "svg")]
    pub fn to_svg(&self) -> Result<String, SvgError> {
        svg::print(&self.graph)
    }
}

impl Exit {
    /// The field that names the target, and the index in it.
    fn field(self) -> (&'static str, Option<usize>) {
        match self {
            Self::Next => ("Next", None),
            Self::Choice(index) => ("Choices", Some(index)),
            Self::Default => ("Default", None),
            Self::Catch(index) => ("Catch", Some(index)),
            Self::End => ("End", None),
        }
    }
}

impl Kind {
    /// The state's `Type`.
    fn name(self) -> &'static str {
        match self {
            Self::State(state_type) => state_type.as_str(),
            Self::Unknown => "?",
            Self::Missing => "not there",
        }
    }
}

impl Node {
    /// What stands below the name.
    fn subtitle(&self) -> String {
        if self.detail.is_empty() {
            self.kind.name().to_owned()
        } else {
            format!("{} · {}", self.kind.name(), self.detail)
        }
    }

    fn note(&self) -> Option<&str> {
        let mark = self.mark.as_ref()?;
        (!mark.note.is_empty()).then_some(&mark.note)
    }
}

impl Edge {
    /// The label with the mark's note.
    fn full_label(&self) -> String {
        let note = self
            .mark
            .as_ref()
            .map(|mark| &*mark.note)
            .filter(|note| !note.is_empty());
        match (self.label.is_empty(), note) {
            (_, None) => self.label.clone(),
            (true, Some(note)) => note.to_owned(),
            (false, Some(note)) => format!("{} ({note})", self.label),
        }
    }

    fn is_catch(&self) -> bool {
        matches!(self.exit, Exit::Catch(_))
    }
}
