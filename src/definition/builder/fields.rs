//! The fields of an object being built, and the methods shared by several builders.

use crate::definition::document::Document;

/// The fields of an object, in the order in which they were first set.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldList(Vec<(String, Document)>);

impl FieldList {
    /// Sets a field, replacing an earlier value.
    pub(super) fn set(&mut self, name: &str, value: impl Into<Document>) {
        let value = value.into();
        match self.field(name) {
            Some(field) => *field = value,
            None => self.0.push((name.to_owned(), value)),
        }
    }

    /// Adds an element to a field that is an array.
    pub(super) fn push(&mut self, name: &str, element: Document) {
        match self.field(name) {
            Some(Document::Array(elements)) => elements.push(element),
            _ => self.0.push((name.to_owned(), Document::Array(vec![element]))),
        }
    }

    /// Adds a member to a field that is an object. A name added twice stays there twice, so that the parser refuses it.
    pub(super) fn insert(&mut self, name: &str, member: String, value: Document) {
        match self.field(name) {
            Some(Document::Object(members)) => members.push((member, value)),
            _ => self.0.push((name.to_owned(), Document::Object(vec![(member, value)]))),
        }
    }

    pub(super) fn into_document(self) -> Document {
        Document::Object(self.0)
    }

    pub(super) fn field(&mut self, name: &str) -> Option<&mut Document> {
        self.0
            .iter_mut()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }
}

/// A list of names, such as `ErrorEquals`.
pub(super) fn names<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Document {
    Document::Array(names.into_iter().map(|name| name.into().into()).collect())
}

/// `Comment`
macro_rules! comment {
    () => {
        /// `Comment`: the author's remark.
        pub fn comment(mut self, comment: impl Into<String>) -> Self {
            self.0.set("Comment", comment.into());
            self
        }
    };
}

/// `InputPath`, `OutputPath`
macro_rules! input_and_output {
    () => {
        /// `InputPath`: selects the effective input from the raw input.
        pub fn input_path(mut self, path: impl Into<String>) -> Self {
            self.0.set("InputPath", path.into());
            self
        }

        /// `"InputPath": null`: the effective input is `{}`.
        pub fn discard_input(mut self) -> Self {
            self.0.set("InputPath", ());
            self
        }

        /// `OutputPath`: selects the effective output.
        pub fn output_path(mut self, path: impl Into<String>) -> Self {
            self.0.set("OutputPath", path.into());
            self
        }

        /// `"OutputPath": null`: the effective output is `{}`.
        pub fn discard_output(mut self) -> Self {
            self.0.set("OutputPath", ());
            self
        }
    };
}

/// `QueryLanguage`
macro_rules! query_language {
    () => {
        /// `QueryLanguage`: the state's language; default: the machine's.
        pub fn query_language(mut self, language: crate::definition::QueryLanguage) -> Self {
            self.0.set("QueryLanguage", language.as_str());
            self
        }
    };
}

/// `Output`
macro_rules! output {
    () => {
        /// `Output`, in JSONata: a value with expressions, such as `{% $states.input.order %}`, at any depth.
        pub fn output(mut self, value: impl Into<serde_json::Value>) -> Self {
            self.0.set("Output", value.into());
            self
        }
    };
}

/// `Arguments`
macro_rules! arguments {
    () => {
        /// `Arguments`, in JSONata: a value with expressions at any depth.
        pub fn arguments(mut self, value: impl Into<serde_json::Value>) -> Self {
            self.0.set("Arguments", value.into());
            self
        }
    };
}

/// `Parameters`
macro_rules! parameters {
    () => {
        /// `Parameters`: the payload template of the effective input.
        pub fn parameters(mut self, template: impl Into<serde_json::Value>) -> Self {
            self.0.set("Parameters", template.into());
            self
        }
    };
}

/// `ResultSelector`
macro_rules! result_selector {
    () => {
        /// `ResultSelector`: the payload template of the effective result.
        pub fn result_selector(mut self, template: impl Into<serde_json::Value>) -> Self {
            self.0.set("ResultSelector", template.into());
            self
        }
    };
}

/// `ResultPath`
macro_rules! result_path {
    () => {
        /// `ResultPath`: where the result goes in the raw input.
        pub fn result_path(mut self, path: impl Into<String>) -> Self {
            self.0.set("ResultPath", path.into());
            self
        }

        /// `"ResultPath": null`: drops the result and keeps the raw input.
        pub fn discard_result(mut self) -> Self {
            self.0.set("ResultPath", ());
            self
        }
    };
}

/// `Assign`
macro_rules! assign {
    () => {
        /// `Assign`: gives a workflow variable its value; computed where the name ends in `.$`, or in JSONata by
        /// expressions.
        pub fn assign(mut self, name: impl Into<String>, value: impl Into<serde_json::Value>) -> Self {
            self.0.insert("Assign", name.into(), value.into().into());
            self
        }
    };
}

/// `Next`, `End`
macro_rules! transition {
    () => {
        /// `Next`: the next state.
        pub fn next(mut self, state: impl Into<String>) -> Self {
            self.0.set("Next", state.into());
            self
        }

        /// `"End": true`: ends the graph.
        pub fn end(mut self) -> Self {
            self.0.set("End", true);
            self
        }
    };
}

pub(super) use {
    arguments, assign, comment, input_and_output, output, parameters, query_language, result_path, result_selector,
    transition,
};
