//! `"Type": "Succeed"`: ends its graph successfully.

use crate::data::JsonataTemplate;
use crate::definition::InputOutputPath;

/// A Succeed state (specification, "Succeed state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SucceedState {
    /// The author's remark.
    pub comment: Option<String>,
    /// What it makes of its input.
    pub data: SucceedData,
}

/// The fields of a Succeed state that have a query language.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SucceedData {
    /// `"QueryLanguage": "JSONPath"`
    #[non_exhaustive]
    JsonPath {
        /// Selects the effective input from the raw input.
        input_path: InputOutputPath,
        /// Selects the effective output.
        output_path: InputOutputPath,
    },
    /// `"QueryLanguage": "JSONata"`
    #[non_exhaustive]
    Jsonata {
        /// Makes the output; without it the state's input.
        output: Option<JsonataTemplate>,
    },
}
