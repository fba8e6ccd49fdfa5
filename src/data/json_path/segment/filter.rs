//! Filters as they are written: `[?(@.price < 10 && @.category == 'fiction')]`.

use regex_lite::Regex;

use super::Segment;

/// A filter, which tells of one value whether it stays.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) enum Filter {
    /// All of them, joined by `&&`
    All(Vec<Filter>),
    /// One of them, joined by `||`
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A path alone: there, and not null
    Exists(FilterPath),
    Comparison(Operand, Comparison, Operand),
    /// `=~ /pattern/`: the whole text matches
    Matches(FilterPath, Pattern),
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(in crate::data::json_path) struct Pattern {
    pub(in crate::data::json_path) regex: Regex,
    /// The states of its automaton, at the most: a match looks at each of them for each byte of the text.
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
    /// Starts at `$`, the document, and not at `@`, the value under test.
    pub(in crate::data::json_path) from_document: bool,
    pub(in crate::data::json_path) segments: Vec<Segment>,
}
