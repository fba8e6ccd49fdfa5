//! The fields that select and place data, with their defaults and their `null`.

use crate::data::{JsonPath, PayloadTemplate, ReferencePath};

/// `InputPath` or `OutputPath`: default `$`; `null` gives `{}`.
#[derive(Debug, Clone, Default)]
pub enum InputOutputPath {
    /// `$`, or the field is absent: the whole value, without a copy.
    #[default]
    Whole,
    /// `null`: an empty object.
    Empty,
    /// The selection of a path.
    Path(JsonPath),
}

/// `ResultPath`: where the result goes in the raw input; default `$`.
#[derive(Debug, Clone, Default)]
pub enum ResultPath {
    /// `$`, or the field is absent: the result replaces the raw input.
    #[default]
    Whole,
    /// `null`: the result is discarded and the raw input kept.
    Discard,
    /// The result is written into the raw input at this path.
    At(ReferencePath),
}

/// `Assign`: a payload template whose top-level fields name workflow variables.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Assign {
    /// The names assigned, as declared, without `.$`.
    pub names: Vec<String>,
    /// Evaluates to an object of those names.
    pub template: PayloadTemplate,
}
