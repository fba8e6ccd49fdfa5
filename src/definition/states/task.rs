//! `"Type": "Task"`: one piece of work, done by a resource.

use super::Transition;
use crate::data::{JsonataTemplate, PayloadTemplate, ReferencePath};
use crate::definition::{Assign, Catcher, InputOutputPath, JsonataExit, JsonataValue, Resource, ResultPath, Retrier};

/// A Task state (specification, "Task state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TaskState {
    /// The author's remark.
    pub comment: Option<String>,
    /// What does the work.
    pub resource: Resource,
    /// What it hands to the resource, and makes of the result.
    pub data: TaskData,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier takes the error.
    pub catch: Vec<Catcher>,
    /// Where it leads.
    pub transition: Transition,
}

/// The fields of a Task state that have a query language.
#[derive(Debug, Clone)]
pub enum TaskData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathTask),
    /// `"QueryLanguage": "JSONata"`
    Jsonata(JsonataTask),
}

/// The fields of a Task state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathTask {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Builds the effective input.
    pub parameters: Option<PayloadTemplate>,
    /// The role the task runs under.
    pub credentials: Option<PayloadTemplate>,
    /// How long one attempt may take; without it as long as it likes.
    pub timeout: Option<TaskDuration>,
    /// How long an attempt may go without a heartbeat.
    pub heartbeat: Option<TaskDuration>,
    /// Builds the effective result from the raw result.
    pub result_selector: Option<PayloadTemplate>,
    /// Where the effective result goes in the raw input.
    pub result_path: ResultPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the raw result.
    pub assign: Option<Assign>,
}

/// `TimeoutSeconds` or `HeartbeatSeconds`, or its `…Path` form.
#[derive(Debug, Clone)]
pub enum TaskDuration {
    /// Whole seconds, 1 to 99,999,999.
    Seconds(u32),
    /// Read from the state's raw input.
    Path(ReferencePath),
}

/// The fields of a Task state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataTask {
    /// What the resource gets; without it the state's input.
    pub arguments: Option<JsonataTemplate>,
    /// The role the task runs under.
    pub credentials: Option<JsonataTemplate>,
    /// How long one attempt may take, in whole seconds from 1 to 99,999,999; without it as long as it likes.
    pub timeout: Option<JsonataValue<u32>>,
    /// How long an attempt may go without a heartbeat, in whole seconds from 1 to 99,999,999.
    pub heartbeat: Option<JsonataValue<u32>>,
    /// What it leaves behind; `$states.result` is the raw result.
    pub exit: JsonataExit,
}
