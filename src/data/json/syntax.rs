//! What is wrong with a text, in Jackson's words where Jackson has some.

use super::Span;

/// The first syntax error of a text; nothing behind it is read.
#[derive(Debug, Clone)]
pub(crate) struct SyntaxError {
    /// The part of the text to point at.
    pub(crate) span: Span,
    /// Jackson's message, without the place that Jackson puts behind it.
    pub(crate) message: String,
    /// How to fix it.
    pub(crate) help: Option<String>,
    pub(crate) kind: SyntaxErrorKind,
    /// The byte that Jackson names as the place.
    pub(super) at: usize,
}

/// The errors that a reader of some kind of text has better words for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SyntaxErrorKind {
    /// The message says it all.
    Plain,
    /// This character follows the value.
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

/// Something wrong that does not keep the text from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// An object has a key twice; its first value is kept.
    DuplicateKey { key: String, span: Span, earlier: Span },
    /// A number that a 64-bit floating-point number cannot hold.
    NumberOutOfRange { span: Span },
    /// Half of a pair of `\u` escapes without the other half.
    LoneSurrogate { unit: u32, span: Span },
    /// A `${Name}` without a value.
    UnresolvedSubstitution { name: String, span: Span },
    /// The values of the substitutions make the text too long; told once.
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

    /// Jackson names another place than the start of the span.
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
