//! `"Type": "Fail"`: ends its graph with an error.

use crate::data::Expression;

/// A Fail state (specification, "Fail state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FailState {
    /// The author's remark.
    pub comment: Option<String>,
    /// `Error` or `ErrorPath`; absent fields stay absent in the Error Output.
    pub error: Option<FailText>,
    /// `Cause` or `CausePath`.
    pub cause: Option<FailText>,
}

/// A text of a Fail state, literal or computed.
#[derive(Debug, Clone)]
pub enum FailText {
    /// `Error`, `Cause`.
    Literal(String),
    /// `ErrorPath`, `CausePath`: a path or an intrinsic function.
    Expression(Expression),
}
