//! A payload's data as one value.

use std::sync::OnceLock;

use serde_json::Value;

/// A value that is there from the start, as most are, or put together when something asks for it.
///
/// A [`OnceLock`] that begins with a value is set like any other, at the cost of an allocation.
pub(super) enum Whole {
    Given(Value),
    Later(OnceLock<Box<Value>>),
}

impl Whole {
    #[inline]
    pub(super) fn get(&self) -> Option<&Value> {
        match self {
            Self::Given(value) => Some(value),
            Self::Later(value) => value.get().map(AsRef::as_ref),
        }
    }

    #[inline]
    pub(super) fn get_mut(&mut self) -> Option<&mut Value> {
        match self {
            Self::Given(value) => Some(value),
            Self::Later(value) => value.get_mut().map(AsMut::as_mut),
        }
    }

    #[inline]
    pub(super) fn get_or_init(&self, put_together: impl FnOnce() -> Value) -> &Value {
        match self {
            Self::Given(value) => value,
            Self::Later(value) => value.get_or_init(|| Box::new(put_together())),
        }
    }

    /// The value, which is no longer there afterwards.
    pub(super) fn take(&mut self) -> Option<Value> {
        std::mem::take(self).into_inner()
    }

    #[inline]
    pub(super) fn into_inner(self) -> Option<Value> {
        match self {
            Self::Given(value) => Some(value),
            Self::Later(value) => value.into_inner().map(|value| *value),
        }
    }
}

/// No value yet.
impl Default for Whole {
    fn default() -> Self {
        Self::Later(OnceLock::new())
    }
}
