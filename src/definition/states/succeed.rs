//! `"Type": "Succeed"`: ends its graph successfully.

use crate::definition::InputOutputPath;

/// A Succeed state (specification, "Succeed state").
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SucceedState {
    /// The author's remark.
    pub comment: Option<String>,
    /// Selects the effective input from the raw input.
    pub input_path: InputOutputPath,
    /// Selects the effective output.
    pub output_path: InputOutputPath,
}
