//! What filters accept.

mod compare;

use std::borrow::Cow;

use serde_json::Value;

use self::compare::compare;
use super::segment::{Filter, FilterPath, Operand};
use super::{PathError, straight};
use crate::data::java;

/// What matching a byte of text may cost: as much as looking at so many values.
const WORK_OF_A_MATCH: usize = 8;

/// What filters have cost, counted as values looked at.
#[derive(Debug, Default)]
pub(super) struct Work(pub(super) usize);

impl Filter {
    /// Whether `value`, somewhere in `document`, stays.
    ///
    /// Fails where one of the filter's paths applies an index to something else than an array.
    pub(super) fn accepts(&self, value: &Value, document: &Value, work: &mut Work) -> Result<bool, PathError> {
        work.add(1);
        match self {
            Self::All(filters) => {
                for filter in filters {
                    if !filter.accepts(value, document, work)? {
                        return Ok(false);
                    }
                }
                Ok(true)
            }
            Self::Any(filters) => {
                for filter in filters {
                    if filter.accepts(value, document, work)? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            Self::Not(filter) => filter.accepts(value, document, work).map(|accepted| !accepted),
            Self::Exists(path) => Ok(path.find(value, document)?.is_some_and(|found| !found.is_null())),
            Self::Comparison(left, comparison, right) => {
                let (Some(left), Some(right)) = (left.read(value, document)?, right.read(value, document)?) else {
                    return Ok(false);
                };
                work.add(left.length().min(right.length()) / 64);
                Ok(compare(left, *comparison, right))
            }
            Self::Matches(path, pattern) => {
                let Some(text) = path.find(value, document)?.and_then(text_of) else {
                    return Ok(false);
                };
                // A match takes as long as the text times the pattern, and the pattern is bounded.
                work.add(text.len().saturating_mul(WORK_OF_A_MATCH));
                Ok(pattern.is_match(&text))
            }
        }
    }
}

/// What a text to be matched is; null is none.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        _ => Some(Cow::Owned(java::text(value))),
    }
}

impl Work {
    fn add(&mut self, work: usize) {
        self.0 = self.0.saturating_add(work);
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
        straight::find(&self.segments, start)
    }
}
