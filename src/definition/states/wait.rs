//! `"Type": "Wait"`: waits for some time.

use chrono::{DateTime, Utc};

use super::Transition;
use crate::data::ReferencePath;
use crate::definition::{Assign, InputOutputPath, JsonataExit, JsonataValue};

/// A Wait state (specification, "Wait state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WaitState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its data fields.
    pub data: WaitData,
    /// The transition.
    pub transition: Transition,
}

/// The fields of a Wait state that depend on the query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum WaitData {
    /// `"QueryLanguage": "JSONPath"`
    JsonPath(JsonPathWait),
    /// `"QueryLanguage": "JSONata"`
    Jsonata(JsonataWait),
}

/// The fields of a Wait state in JSONPath.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonPathWait {
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// The time to wait.
    pub until: WaitUntil,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the effective input.
    pub assign: Option<Assign>,
}

/// How long a JSONPath Wait state waits; exactly one form.
#[derive(Debug, Clone)]
pub enum WaitUntil {
    /// `Seconds`: whole seconds from now, 0 to 99,999,999.
    Seconds(u32),
    /// `SecondsPath`: the same, read from the input.
    SecondsPath(ReferencePath),
    /// `Timestamp`: a point in time; if it is past, the state does not wait.
    Timestamp(DateTime<Utc>),
    /// `TimestampPath`: the same, read from the input.
    TimestampPath(ReferencePath),
}

/// The fields of a Wait state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataWait {
    /// The time to wait.
    pub until: JsonataWaitUntil,
    /// The output and assigned variables.
    pub exit: JsonataExit,
}

/// How long a JSONata Wait state waits; exactly one form.
#[derive(Debug, Clone)]
pub enum JsonataWaitUntil {
    /// `Seconds`: whole seconds from now, 0 to 99,999,999.
    Seconds(JsonataValue<u32>),
    /// `Timestamp`: a point in time, from an expression a text in RFC 3339; if it is past, the state does not wait.
    Timestamp(JsonataValue<DateTime<Utc>>),
}
