//! The syntax tree of filters: `[?(@.price < 10 && @.category == 'fiction')]`.

use regex_lite::Regex;

use super::Segment;

/// A filter, which keeps a value or drops it.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) enum Filter {
    /// Conditions joined by `&&`
    All(Vec<Filter>),
    /// Conditions joined by `||`
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A path alone: its value exists and is not null
    Exists(FilterPath),
    Comparison(Operand, Comparison, Operand),
    /// `=~ /pattern/`: the whole text matches
    Matches(FilterPath, Pattern),
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) struct Pattern {
    pub(in crate::data::json_path) regex: Regex,
    /// The most states that its automaton may have: a match looks at each of them for each byte of the text.
    pub(in crate::data::json_path) states: usize,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::data::json_path) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) enum Operand {
    Path(FilterPath),
    Literal(Box<str>),
}

/// A definite path inside a filter.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) struct FilterPath {
    /// Whether the path starts at `$`, the document, and not at `@`, the tested value.
    pub(in crate::data::json_path) from_document: bool,
    pub(in crate::data::json_path) segments: Vec<Segment>,
}
