//! `"Type": "Succeed"`: ends its graph successfully.

use crate::data::JsonataTemplate;
use crate::definition::InputOutputPath;

/// A Succeed state (specification, "Succeed state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SucceedState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Its data fields.
    pub data: SucceedData,
}

/// The fields of a Succeed state that depend on the query language.
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
        /// Computes the output; default: the state's input.
        output: Option<JsonataTemplate>,
    },
}
