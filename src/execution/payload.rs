//! The data that travels from state to state.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

use crate::data::json_size;

/// JSON data, shared until somebody writes, with a bound on the size of its text.
///
/// The bound spares measuring the whole payload after every state: what only moves or shrinks keeps its bound, what
/// grows adds the size of what came in, and only a payload whose bound passes the limit is measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub(crate) struct Payload {
    value: Arc<Value>,
    /// INVARIANT: at least the bytes of the value's compact JSON text.
    #[serde(skip_serializing)]
    bound: usize,
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
        Self {
            bound: json_size(&value),
            value: Arc::new(value),
        }
    }

    /// Shared data, measured.
    pub(crate) fn shared(value: Arc<Value>) -> Self {
        Self {
            bound: json_size(&value),
            value,
        }
    }

    /// `{}`
    pub(crate) fn empty_object() -> Self {
        Self {
            value: Arc::new(Value::Object(serde_json::Map::new())),
            bound: 2,
        }
    }

    /// A part of this payload.
    pub(crate) fn part(&self, value: Value) -> Self {
        Self {
            value: Arc::new(value),
            bound: self.bound,
        }
    }

    pub(crate) fn with_bound(value: Value, bound: usize) -> Self {
        Self {
            value: Arc::new(value),
            bound,
        }
    }

    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    pub(crate) fn arc(&self) -> &Arc<Value> {
        &self.value
    }

    pub(crate) fn bound(&self) -> usize {
        self.bound
    }

    /// The value, copied only where somebody else still holds it.
    pub(crate) fn into_value(self) -> Value {
        Arc::unwrap_or_clone(self.value)
    }

    /// Lets `write` change the value in place, copied first only where somebody else still holds it.
    pub(crate) fn write<E>(&mut self, growth: usize, write: impl FnOnce(&mut Value) -> Result<(), E>) -> Result<(), E> {
        write(Arc::make_mut(&mut self.value))?;
        self.bound = self.bound.saturating_add(growth);
        Ok(())
    }

    /// Whether the text has more than `limit` bytes; measures only where the bound leaves it open.
    pub(crate) fn exceeds(&mut self, limit: usize) -> bool {
        if self.bound > limit {
            self.bound = json_size(&self.value);
        }
        self.bound > limit
    }

    /// The compact JSON text.
    pub(crate) fn to_text(&self) -> String {
        self.value.to_string()
    }
}
