//! Decides which values a filter keeps.

mod compare;

use std::borrow::Cow;

use serde_json::Value;

use self::compare::compare;
use super::segment::{Filter, FilterPath, Operand};
use super::{PathError, straight};
use crate::data::bounds::BYTES_PER_VISIT;
use crate::data::java;

/// How many states of a pattern can be looked at in the time of one visit.
const STATES_PER_VISIT: usize = 16;

/// The work of a filter, in values looked at.
#[derive(Debug)]
pub(super) struct Work {
    done: usize,
    most: usize,
}

impl Filter {
    /// Whether the filter keeps `value`, which lies in `document`.
    ///
    /// Fails if one of the filter's paths applies an index to a value that is not an array, or if the work exceeds its
    /// limit.
    pub(super) fn accepts(&self, value: &Value, document: &Value, work: &mut Work) -> Result<bool, PathError> {
        work.add(1)?;
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
                work.add(left.length().min(right.length()) / BYTES_PER_VISIT)?;
                Ok(compare(left, *comparison, right))
            }
            Self::Matches(path, pattern) => {
                let Some(text) = path.find(value, document)?.and_then(text_of) else {
                    return Ok(false);
                };
                work.add(text.len().saturating_mul(pattern.states) / STATES_PER_VISIT)?;
                Ok(pattern.regex.is_match(&text))
            }
        }
    }
}

/// The text that a pattern is matched with; `None` for null.
fn text_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(Cow::Borrowed(text)),
        _ => Some(Cow::Owned(java::text(value))),
    }
}

impl Work {
    /// No work yet, with a limit of `most` visits.
    pub(super) fn within(most: usize) -> Self {
        Self { done: 0, most }
    }

    pub(super) fn done(&self) -> usize {
        self.done
    }

    /// Charges work about to be done. Fails beyond the limit.
    fn add(&mut self, work: usize) -> Result<(), PathError> {
        self.done = self.done.saturating_add(work);
        if self.done > self.most {
            return Err(PathError::too_much());
        }
        Ok(())
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
