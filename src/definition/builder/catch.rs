//! Catchers in the making.

use super::fields::{FieldList, assign, comment, names, output, result_path};
use crate::definition::Catcher;
use crate::definition::document::Document;

impl Catcher {
    /// A Catcher for errors of these names, after which the state `next` goes on; `States.ALL`, which stands alone and
    /// last, is for all.
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

/// A Catcher in the making (specification, "Fallback states").
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
