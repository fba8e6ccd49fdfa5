//! `Catch`: the next state after an error.

use super::{Assign, JsonataExit, ResultPath};

/// One Catcher of a `Catch` field (specification, "Fallback states").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Catcher {
    /// The error names it matches; `States.ALL` and `States.TaskFailed` are wildcards.
    pub error_equals: Vec<String>,
    /// The next state, in the same `States` object.
    pub next: String,
    /// Its handling of the Error Output, in the language of its state.
    pub data: CatcherData,
    /// The author's remark.
    pub comment: Option<String>,
}

/// The fields of a Catcher that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CatcherData {
    /// In a JSONPath state.
    JsonPath(JsonPathCatcher),
    /// In a JSONata state; `$states.errorOutput` is the Error Output.
    Jsonata(JsonataExit),
}

/// The fields of a Catcher in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathCatcher {
    /// Where the Error Output goes in the state's raw input.
    pub result_path: ResultPath,
    /// The variables it assigns; `$` is the Error Output.
    pub assign: Option<Assign>,
}
