use serde_json::Value;

use super::payload::Parts;
use super::{ContextScope, Payload, Random, VariableScope};

/// The data that paths, payload templates and intrinsic functions read while they are evaluated.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// The document that `$` names: a state's raw or effective input, or its result.
    pub(crate) input: Document<'a>,
    /// The context object that `$$` names.
    pub(crate) context: &'a dyn ContextScope,
    /// The variables that `$name` names.
    pub(crate) variables: &'a dyn VariableScope,
    /// The generator behind `States.UUID` and unseeded `States.MathRandom`.
    pub(crate) random: &'a Random,
}

/// A document that paths read. Large parts of a payload are selected without a copy.
#[derive(Clone, Copy)]
pub(crate) enum Document<'a> {
    Value(&'a Value),
    Payload(&'a Payload),
}

impl<'a> Document<'a> {
    /// The document, as far as it is there as a whole or in parts.
    pub(super) fn content(self) -> Content<'a> {
        match self {
            Self::Value(value) => Content::Whole(value),
            Self::Payload(payload) => match payload.only_parts() {
                Some(parts) => Content::Parts(parts),
                None => Content::Whole(payload.value()),
            },
        }
    }

    /// A copy of the document.
    pub(super) fn to_value(self) -> Value {
        match self {
            Self::Value(value) => value.clone(),
            Self::Payload(payload) => payload.to_value(),
        }
    }

    /// The document as one value.
    pub(crate) fn value(self) -> &'a Value {
        match self {
            Self::Value(value) => value,
            Self::Payload(payload) => payload.value(),
        }
    }
}

/// What a document is made of.
pub(super) enum Content<'a> {
    Whole(&'a Value),
    Parts(&'a Parts),
}

impl<'a> From<&'a Value> for Document<'a> {
    fn from(value: &'a Value) -> Self {
        Self::Value(value)
    }
}

impl<'a> From<&'a Payload> for Document<'a> {
    fn from(payload: &'a Payload) -> Self {
        Self::Payload(payload)
    }
}
