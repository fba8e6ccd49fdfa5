//! A state of any type.

use super::fields::FieldList;
use crate::definition::StateType;
use crate::definition::document::Document;
#[cfg(doc)]
use crate::definition::{
    ChoiceState, FailState, MapState, ParallelState, PassState, SucceedState, TaskState, WaitState,
};

/// A built state of any type, from [`TaskState::builder`], [`PassState::builder`], [`ChoiceState::builder`],
/// [`WaitState::builder`], [`SucceedState::builder`], [`FailState::builder`], [`ParallelState::builder`] and
/// [`MapState::builder`].
#[derive(Debug, Clone)]
#[must_use = "a state does nothing until a graph has it"]
pub struct StateBuilder(FieldList);

impl StateBuilder {
    pub(super) fn of(fields: FieldList) -> Self {
        Self(fields)
    }

    pub(super) fn into_document(self) -> Document {
        self.0.into_document()
    }
}

/// The first fields of a state of a type.
pub(super) fn fields_of(state_type: StateType) -> FieldList {
    let mut fields = FieldList::default();
    fields.set("Type", state_type.as_str());
    fields
}
