//! What is wrong with a text that is no JSON, in Jackson's words.

use super::Span;

/// The first syntax error of a text; nothing behind it is read.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub(super) span: Span,
    pub(super) message: String,
    pub(super) help: Option<String>,
    pub(super) too_deep: bool,
}

impl SyntaxError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
            too_deep: false,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

/// `'z' (code 122)`, as Jackson prints a character.
pub(super) fn character(c: char) -> String {
    let code = u32::from(c);
    if c.is_ascii_control() {
        format!("(CTRL-CHAR, code {code})")
    } else if code > 255 {
        format!("'{c}' (code {code} / 0x{code:x})")
    } else {
        format!("'{c}' (code {code})")
    }
}

pub(super) const VALUE: &str =
    "expected a valid value (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
pub(super) const TOKEN: &str = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
