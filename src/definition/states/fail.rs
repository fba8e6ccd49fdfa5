//! `"Type": "Fail"`: ends its graph with an error.

use crate::data::Expression;
use crate::definition::JsonataValue;

/// A Fail state (specification, "Fail state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FailState {
    /// The author's remark.
    pub comment: Option<String>,
    /// The error; absent fields stay absent in the Error Output.
    pub data: FailData,
}

/// The fields of a Fail state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum FailData {
    /// `"QueryLanguage": "JSONPath"`
    #[non_exhaustive]
    JsonPath {
        /// `Error` or `ErrorPath`.
        error: Option<FailText>,
        /// `Cause` or `CausePath`.
        cause: Option<FailText>,
    },
    /// `"QueryLanguage": "JSONata"`
    #[non_exhaustive]
    Jsonata {
        /// `Error`
        error: Option<JsonataValue<String>>,
        /// `Cause`
        cause: Option<JsonataValue<String>>,
    },
}

/// A text of a JSONPath Fail state, literal or computed.
#[derive(Debug, Clone)]
pub enum FailText {
    /// `Error`, `Cause`.
    Literal(String),
    /// `ErrorPath`, `CausePath`: a path or an intrinsic function.
    Expression(Expression),
}
