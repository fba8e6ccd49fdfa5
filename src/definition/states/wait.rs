//! `"Type": "Wait"`: lets time pass.

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
    /// How long it waits, and what it makes of its input.
    pub data: WaitData,
    /// Where it leads.
    pub transition: Transition,
}

/// The fields of a Wait state that have a query language.
#[derive(Debug, Clone)]
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
    /// How long.
    pub until: WaitUntil,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the effective input.
    pub assign: Option<Assign>,
}

/// How long a JSONPath Wait state waits; a definition gives exactly one.
#[derive(Debug, Clone)]
pub enum WaitUntil {
    /// `Seconds`: whole seconds from now, 0 to 99,999,999.
    Seconds(u32),
    /// `SecondsPath`: the same, read from the input.
    SecondsPath(ReferencePath),
    /// `Timestamp`: a point in time; one that is past does not wait.
    Timestamp(DateTime<Utc>),
    /// `TimestampPath`: the same, read from the input.
    TimestampPath(ReferencePath),
}

/// The fields of a Wait state in JSONata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct JsonataWait {
    /// How long.
    pub until: JsonataWaitUntil,
    /// What it leaves behind.
    pub exit: JsonataExit,
}

/// How long a JSONata Wait state waits; a definition gives exactly one.
#[derive(Debug, Clone)]
pub enum JsonataWaitUntil {
    /// `Seconds`: whole seconds from now, 0 to 99,999,999.
    Seconds(JsonataValue<u32>),
    /// `Timestamp`: a point in time, which an expression gives as a text in RFC 3339; one that is past does not wait.
    Timestamp(JsonataValue<DateTime<Utc>>),
}
