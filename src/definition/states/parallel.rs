//! `"Type": "Parallel"`: runs several graphs at once.

use super::{StateGraph, Transition};
use crate::data::{JsonataTemplate, PayloadTemplate};
use crate::definition::{Assign, Catcher, InputOutputPath, JsonataExit, ResultPath, Retrier};

/// A Parallel state (specification, "Parallel state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ParallelState {
    /// The author's remark.
    pub comment: Option<String>,
    /// The graphs, at least one; all get the same effective input.
    pub branches: Vec<Branch>,
    /// Its data fields.
    pub data: ParallelData,
    /// Tried in order when a branch fails; a retry runs all branches again.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier retries.
    pub catch: Vec<Catcher>,
    /// The transition.
    pub transition: Transition,
}

/// The fields of a Parallel state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ParallelData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathParallel),
    /// `"QueryLanguage": "JSONata"`; the states in its branches have a language of their own.
    Jsonata(JsonataParallel),
}

/// The fields of a Parallel state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathParallel {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Builds the effective input.
    pub parameters: Option<PayloadTemplate>,
    /// Builds the effective result from the array of the branches' outputs.
    pub result_selector: Option<PayloadTemplate>,
    /// Where the effective result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the array of the branches' outputs.
    pub assign: Option<Assign>,
}

/// The fields of a Parallel state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataParallel {
    /// The input of the branches; without it the state's input.
    pub arguments: Option<JsonataTemplate>,
    /// The output and assigned variables; `$states.result` is the array of the branches' outputs.
    pub exit: JsonataExit,
}

/// One element of `Branches`.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Branch {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its states.
    pub graph: StateGraph,
}
