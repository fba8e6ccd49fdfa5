//! `"Type": "Pass"`: passes its input on, or data computed from it.

use super::Transition;
use crate::data::{Payload, PayloadTemplate};
use crate::definition::{Assign, InputOutputPath, JsonataExit, ResultPath};

/// A Pass state (specification, "Pass state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct PassState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its data fields.
    pub data: PassData,
    /// The transition.
    pub transition: Transition,
}

/// The fields of a Pass state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum PassData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathPass),
    /// `"QueryLanguage": "JSONata"`: its result is its input.
    Jsonata(JsonataExit),
}

/// The fields of a Pass state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathPass {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Builds the effective input.
    pub parameters: Option<PayloadTemplate>,
    /// The result, word for word; without it the effective input.
    pub result: Option<Payload>,
    /// Where the result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the result.
    pub assign: Option<Assign>,
}
