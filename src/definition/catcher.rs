//! `Catch`: where an execution goes on after an error.

use super::{Assign, ResultPath};

/// One Catcher of a `Catch` field (specification, "Fallback states").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Catcher {
    /// The error names it matches; `States.ALL` and `States.TaskFailed` are wildcards.
    pub error_equals: Vec<String>,
    /// The state that goes on, of the same `States` object.
    pub next: String,
    /// Where the Error Output goes in the state's raw input.
    pub result_path: ResultPath,
    /// The variables it assigns; `$` is the Error Output.
    pub assign: Option<Assign>,
    /// The author's remark.
    pub comment: Option<String>,
}
