use thiserror::Error;

/// Why a text is not a path, or not an intrinsic function call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{message}")]
#[non_exhaustive]
pub struct SyntaxError {
    /// What is wrong.
    pub message: String,
    /// The byte offset of the error in the text.
    pub offset: usize,
}

impl SyntaxError {
    pub(in crate::data) fn new(message: impl Into<String>, offset: usize) -> Self {
        Self {
            message: message.into(),
            offset,
        }
    }
}
