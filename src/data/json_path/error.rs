use serde_json::Value;
use thiserror::Error;

use super::JsonPath;
use crate::data::{EvaluationError, Scope};

/// Why a path has no value. Its text is the message of Jayway 2.0.0, as AWS shows it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct PathError {
    message: String,
    kind: Kind,
}

/// Why a value cannot be written at a Reference Path.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// A segment does not apply to the value, such as a name to a number.
    #[error("the value at `{path}` is {found}, which `{segment}` cannot be written into")]
    Mismatch {
        /// The path to the value.
        path: String,
        /// The type of the value, such as `a number`.
        found: &'static str,
        /// The segment that does not apply.
        segment: String,
    },
    /// An index is outside of the array.
    #[error("the array at `{path}` has {length} items, so that `[{index}]` is outside it")]
    OutOfBounds {
        /// The path to the array.
        path: String,
        /// The number of the array's items.
        length: usize,
        /// The index.
        index: i32,
    },
    /// The path does not start at `$`.
    #[error("`{path}` does not start at `$`, so that nothing can be written there")]
    NotInput {
        /// The path as written.
        path: String,
    },
    /// The result would nest more than [`crate::data::MAX_NESTING`] levels deep.
    #[error("the result nests too deeply")]
    TooDeep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    NotFound,
    Invalid,
    UndefinedVariable,
    TooMuch,
}

impl PathError {
    pub(super) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            kind,
        }
    }

    pub(super) fn undefined_variable(name: &str) -> Self {
        Self::new(
            Kind::UndefinedVariable,
            format!("The variable '${name}' has not been assigned a value"),
        )
    }

    pub(super) fn too_much() -> Self {
        Self::new(Kind::TooMuch, "The path selects more than one evaluation may")
    }

    pub(super) fn is_too_much(&self) -> bool {
        self.kind == Kind::TooMuch
    }

    /// The failure of the template or expression that holds the path; `not_found` builds it from the path and the
    /// document that the path reads.
    pub(in crate::data) fn into_evaluation_error(
        self,
        path: &JsonPath,
        scope: &Scope<'_>,
        not_found: impl FnOnce(&str, &Value) -> EvaluationError,
    ) -> EvaluationError {
        match self.kind {
            Kind::NotFound | Kind::Invalid => not_found(path.as_str(), &path.document(scope)),
            Kind::UndefinedVariable | Kind::TooMuch => EvaluationError::other(self.message),
        }
    }
}
