//! Filters: `[?(@.price < 10 && @.category == 'fiction')]`.

mod compare;
pub(super) mod parse;

use regex_lite::Regex;
use serde_json::Value;

use self::compare::{Comparison, compare};
use super::segment::Segment;
use super::{PathError, evaluate};
use crate::data::intrinsic::java;

/// A filter, which tells of one value whether it stays.
#[derive(Clone, Debug)]
pub(super) enum Filter {
    /// All of them, joined by `&&`
    All(Vec<Filter>),
    /// One of them, joined by `||`
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// A path alone: there, and not null
    Exists(FilterPath),
    Comparison(Operand, Comparison, Operand),
    /// `=~ /pattern/`: the whole text matches
    Matches(FilterPath, Regex),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    Path(FilterPath),
    Literal(Box<str>),
}

/// A definite path inside a filter.
#[derive(Clone, Debug)]
pub(super) struct FilterPath {
    /// Starts at `$`, the document, and not at `@`, the value under test.
    from_document: bool,
    segments: Vec<Segment>,
}

impl Filter {
    /// Whether `value`, somewhere in `document`, stays.
    ///
    /// Fails where one of the filter's paths applies an index to something else than an array.
    pub(super) fn accepts(&self, value: &Value, document: &Value) -> Result<bool, PathError> {
        match self {
            Self::All(filters) => {
                for filter in filters {
                    if !filter.accepts(value, document)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(filters) => {
                for filter in filters {
                    if filter.accepts(value, document)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(filter) => filter.accepts(value, document).map(|accepted| !accepted),
            Self::Exists(path) => Ok(path.find(value, document)?.is_some_and(|found| !found.is_null())),
            Self::Comparison(left, comparison, right) => {
                let (Some(left), Some(right)) = (left.read(value, document)?, right.read(value, document)?) else {
                    return Ok(false);
                };
                Ok(compare(left, *comparison, right))
            }
            Self::Matches(path, pattern) => Ok(path.find(value, document)?.is_some_and(|found| match found {
                Value::Null => false,
                Value::String(text) => pattern.is_match(text),
                _ => pattern.is_match(&java::text(found)),
            })),
        }
    }
}

impl Operand {
    fn read<'v>(&'v self, value: &'v Value, document: &'v Value) -> Result<Option<compare::Side<'v>>, PathError> {
        match self {
            Self::Literal(text) => Ok(Some(compare::Side::Literal(text))),
            Self::Path(path) => Ok(path.find(value, document)?.map(compare::Side::Value)),
        }
    }
}

impl FilterPath {
    fn find<'v>(&self, value: &'v Value, document: &'v Value) -> Result<Option<&'v Value>, PathError> {
        let start = if self.from_document { document } else { value };
        evaluate::find(&self.segments, start)
    }
}
