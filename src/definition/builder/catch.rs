//! The builder of Catchers.

use super::fields::{FieldList, assign, comment, names, output, result_path};
use crate::definition::Catcher;
use crate::definition::document::Document;

impl Catcher {
    /// Builds a Catcher for errors of these names, leading to the state `next`. `States.ALL` catches all errors; it
    /// must be alone in its Catcher, and that Catcher the last.
    pub fn builder<N: Into<String>>(
        error_equals: impl IntoIterator<Item = N>,
        next: impl Into<String>,
    ) -> CatcherBuilder {
        let mut fields = FieldList::default();
        fields.set("ErrorEquals", names(error_equals));
        fields.set("Next", next.into());
        CatcherBuilder(fields)
    }
}

/// Builds a Catcher (specification, "Fallback states").
#[derive(Debug, Clone)]
#[must_use = "a Catcher does nothing until a state has it"]
pub struct CatcherBuilder(FieldList);

impl CatcherBuilder {
    comment!();
    result_path!();
    assign!();
    output!();

    pub(super) fn into_document(self) -> Document {
        self.0.into_document()
    }
}
