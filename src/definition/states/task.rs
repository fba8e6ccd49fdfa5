//! `"Type": "Task"`: a unit of work done by a resource.

use super::Transition;
use crate::data::{JsonataTemplate, PayloadTemplate, ReferencePath};
use crate::definition::{Assign, Catcher, InputOutputPath, JsonataExit, JsonataValue, Resource, ResultPath, Retrier};

/// A Task state (specification, "Task state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TaskState {
    /// The author's remark.
    pub comment: Option<String>,
    /// The resource that does the work.
    pub resource: Resource,
    /// Its data fields.
    pub data: TaskData,
    /// Tried in order when it fails.
    pub retry: Vec<Retrier>,
    /// Tried in order when no Retrier retries.
    pub catch: Vec<Catcher>,
    /// The transition.
    pub transition: Transition,
}

/// The fields of a Task state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
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
    /// The longest time of one attempt; unlimited if absent.
    pub timeout: Option<TaskDuration>,
    /// The longest time between heartbeats.
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
    /// The input of the resource; default: the state's input.
    pub arguments: Option<JsonataTemplate>,
    /// The role the task runs under.
    pub credentials: Option<JsonataTemplate>,
    /// The longest time of one attempt, in whole seconds from 1 to 99,999,999; unlimited if absent.
    pub timeout: Option<JsonataValue<u32>>,
    /// The longest time between heartbeats, in whole seconds from 1 to 99,999,999.
    pub heartbeat: Option<JsonataValue<u32>>,
    /// The output and assigned variables; `$states.result` is the raw result.
    pub exit: JsonataExit,
}
