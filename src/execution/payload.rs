//! The data that travels from state to state.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::cell::OnceCell;
use std::sync::Arc;

use crate::data::json_size;

/// JSON data, shared until somebody writes, with a bound on the size of its text.
///
/// The bound spares measuring the whole payload after every state: what only moves or shrinks keeps its bound, what
/// grows adds the size of what came in, and only a payload whose bound passes the limit is measured.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Payload {
    value: Arc<Value>,
    /// INVARIANT: at least the bytes of the value's compact JSON text.
    #[serde(skip_serializing)]
    bound: usize,
    /// The compact JSON text, once somebody asked for it: a history shows the same data again and again.
    #[serde(skip)]
    text: OnceCell<Arc<str>>,
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

/// A payload as a snapshot holds it, which may have been written by anybody: it is measured anew.
#[derive(Deserialize)]
struct Stored {
    value: Arc<Value>,
}

impl From<Stored> for Payload {
    fn from(stored: Stored) -> Self {
        Self::shared(stored.value)
    }
}

impl Payload {
    /// A payload of new data, measured.
    pub(crate) fn new(value: Value) -> Self {
        Self::with_bound_of(json_size(&value), Arc::new(value))
    }

    /// Shared data, measured.
    pub(crate) fn shared(value: Arc<Value>) -> Self {
        Self::with_bound_of(json_size(&value), value)
    }

    /// `{}`
    pub(crate) fn empty_object() -> Self {
        Self::with_bound_of(2, Arc::new(Value::Object(serde_json::Map::new())))
    }

    /// A part of this payload.
    #[inline]
    pub(crate) fn part(&self, value: Value) -> Self {
        Self::with_bound_of(self.bound, Arc::new(value))
    }

    pub(crate) fn with_bound(value: Value, bound: usize) -> Self {
        Self::with_bound_of(bound, Arc::new(value))
    }

    #[inline]
    fn with_bound_of(bound: usize, value: Arc<Value>) -> Self {
        Self {
            value,
            bound,
            text: OnceCell::new(),
        }
    }

    #[inline]
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    #[inline]
    pub(crate) fn arc(&self) -> &Arc<Value> {
        &self.value
    }

    #[inline]
    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    /// The value, copied only where somebody else still holds it.
    #[inline]
    pub(crate) fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.value)
    }

    /// Lets `write` change the value in place, copied first only where somebody else still holds it.
    pub(crate) fn write<E>(&mut self, growth: usize, write: impl FnOnce(&mut Value) -> Result<(), E>) -> Result<(), E> {
        self.text.take();
        write(Arc::make_mut(&mut self.value))?;
        self.bound = self.bound.saturating_add(growth);
        Ok(())
    }

    /// Whether the text has more than `limit` bytes; measures only where the bound leaves it open.
    #[inline]
    pub(crate) fn exceeds(&mut self, limit: usize) -> bool {
        if self.bound > limit {
            self.bound = json_size(&self.value);
        }
        self.bound > limit
    }

    /// The compact JSON text.
    pub(crate) fn to_text(&self) -> Arc<str> {
        // `Value`'s own `Display` goes through a formatter, at twice the cost; writing a `Value` to memory cannot fail.
        let print = || serde_json::to_string(&*self.value).unwrap_or_default().into();
        Arc::clone(self.text.get_or_init(print))
    }
}
