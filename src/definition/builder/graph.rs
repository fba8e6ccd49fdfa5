//! The builder of a graph: `StartAt` with `States`.

use super::StateBuilder;
use super::fields::FieldList;
use crate::definition::StateGraph;
use crate::definition::document::Document;

impl StateGraph {
    /// Builds the graph of a branch or an item processor.
    pub fn builder() -> StateGraphBuilder {
        StateGraphBuilder::default()
    }
}

/// Builds a graph: the states of a branch or of an item processor.
#[derive(Debug, Clone, Default)]
#[must_use = "a graph does nothing until a state has it"]
pub struct StateGraphBuilder {
    comment: Option<String>,
    start_at: Option<String>,
    states: Vec<(String, Document)>,
}

impl StateGraphBuilder {
    /// `Comment`: the author's remark.
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }

    /// `StartAt`: the first state; default: the first one added.
    pub fn start_at(mut self, state: impl Into<String>) -> Self {
        self.start_at = Some(state.into());
        self
    }

    /// `States`: adds a state. A name that another state of the machine has is refused by `build`.
    pub fn state(mut self, name: impl Into<String>, state: impl Into<StateBuilder>) -> Self {
        self.states.push((name.into(), state.into().into_document()));
        self
    }

    pub(super) fn into_document(self) -> Document {
        self.into_fields(FieldList::default()).into_document()
    }

    pub(super) fn into_item_processor(self) -> Document {
        let mut fields = FieldList::default();
        fields.insert("ProcessorConfig", "Mode".to_owned(), "INLINE".into());
        self.into_fields(fields).into_document()
    }

    /// Appends the fields of the graph to others.
    pub(super) fn into_fields(self, mut fields: FieldList) -> FieldList {
        if let Some(comment) = self.comment {
            fields.set("Comment", comment);
        }
        let first = self.states.first().map(|(name, _)| name.clone());
        if let Some(start_at) = self.start_at.or(first) {
            fields.set("StartAt", start_at);
        }
        fields.set("States", Document::Object(self.states));
        fields
    }
}
