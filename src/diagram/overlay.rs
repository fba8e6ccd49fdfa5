//! What is drawn over a diagram.

use std::collections::HashMap;

use super::{Exit, Graph};

/// Marks on states and transitions, by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overlay {
    states: HashMap<String, Mark>,
    transitions: HashMap<(String, Exit), Mark>,
    /// The mark of everything that has none of its own.
    rest: Option<Tone>,
}

/// What a mark says by its colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Tone {
    /// Done, covered: green.
    Good,
    /// Failed, an error: red.
    Bad,
    /// Caught, a warning: amber.
    Warned,
    /// Not reached, not covered: faint.
    Idle,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) tone: Tone,
    pub(super) note: String,
}

impl Overlay {
    /// Marks nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Marks a state, nested or not; `note` is shown with it.
    #[must_use]
    pub fn state(mut self, name: impl Into<String>, tone: Tone, note: impl Into<String>) -> Self {
        let note = note.into();
        self.states.insert(name.into(), Mark { tone, note });
        self
    }

    /// Marks a transition out of a state; `note` is shown with its label.
    #[must_use]
    pub fn transition(mut self, from: impl Into<String>, exit: Exit, tone: Tone, note: impl Into<String>) -> Self {
        let note = note.into();
        self.transitions.insert((from.into(), exit), Mark { tone, note });
        self
    }

    /// Marks all states and transitions that have no mark of their own.
    #[must_use]
    pub fn rest(mut self, tone: Tone) -> Self {
        self.rest = Some(tone);
        self
    }

    pub(super) fn apply(&self, graph: &mut Graph) {
        let rest = || {
            self.rest.map(|tone| Mark {
                tone,
                note: String::new(),
            })
        };
        for edge in &mut graph.edges {
            let Some(from) = graph.nodes.get(edge.from) else {
                continue;
            };
            let mark = self.transitions.get(&(from.name.clone(), edge.exit)).cloned();
            edge.mark = mark.or_else(rest);
        }
        for node in &mut graph.nodes {
            node.mark = self.states.get(&node.name).cloned().or_else(rest);
            for inside in &mut node.inside {
                self.apply(inside);
            }
        }
    }
}
