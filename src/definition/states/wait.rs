//! `"Type": "Wait"`: lets time pass.

use chrono::{DateTime, Utc};

use crate::data::ReferencePath;
use crate::definition::{Assign, InputOutputPath, Transition};

/// A Wait state (specification, "Wait state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WaitState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// How long.
    pub until: WaitUntil,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
    /// The variables it assigns; `$` is the effective input.
    pub assign: Option<Assign>,
    /// Where it leads.
    pub transition: Transition,
}

/// How long a Wait state waits; a definition gives exactly one.
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
