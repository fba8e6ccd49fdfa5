//! Syntax errors and problems of a text, in Jackson's words where Jackson has a message.

use super::Span;

/// The first syntax error of a text. Parsing stops there.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxError {
    /// The part of the text to point at.
    pub(crate) span: Span,
    /// Jackson's message, without the place that follows it.
    pub(crate) message: String,
    /// How to fix it.
    pub(crate) help: Option<String>,
    pub(crate) kind: SyntaxErrorKind,
    /// The byte that Jackson names as the place.
    pub(super) at: usize,
}

/// Tells apart the errors for which the loader has better messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SyntaxErrorKind {
    /// No better message.
    Plain,
    /// A character follows the value.
    AfterEnd(char),
    Comment,
    /// The whole text begins with a word.
    Word,
    /// The text nests deeper than [`MAX_DEPTH`](super::MAX_DEPTH).
    TooDeep,
    /// The text ends inside a value, though not inside a string, or before it.
    EndOfInput,
    /// An array ends with `}`, or an object with `]`.
    CloseMarker,
}

/// A problem that does not stop the parser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An object has a key twice; its first value is kept.
    DuplicateKey { key: String, span: Span, earlier: Span },
    /// A number that a 64-bit floating-point number cannot hold.
    NumberOutOfRange { span: Span },
    /// A `\u` escape of a lone surrogate.
    LoneSurrogate { unit: u32, span: Span },
    /// A `${Name}` without a value.
    UnresolvedSubstitution { name: String, span: Span },
    /// A `${Name}` whose value only a deployment knows; its text stands in.
    StandIn,
    /// The values of the substitutions make the text too long; reported once.
    SubstitutionsTooLong { span: Span },
}

impl SyntaxError {
    pub(super) fn new(span: Span, message: impl Into<String>) -> Self {
        Self {
            span,
            message: message.into(),
            help: None,
            kind: SyntaxErrorKind::Plain,
            at: span.start,
        }
    }

    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(super) fn kind(mut self, kind: SyntaxErrorKind) -> Self {
        self.kind = kind;
        self
    }

    /// Sets the byte that Jackson names as the place, if it is not the start of the span.
    pub(super) fn at(mut self, at: usize) -> Self {
        self.at = at;
        self
    }
}

/// `'z' (code 122)`, as Jackson prints a character.
pub(crate) fn character(c: char) -> String {
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
