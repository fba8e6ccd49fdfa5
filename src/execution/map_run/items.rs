use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::data::{MapItemContext, Payload, pair};

/// The items of a Map Run, taken one by one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Items {
    /// INVARIANT: an array.
    all: Payload,
    /// Whether they come from an object; each item is then `{"Key": …, "Value": …}`.
    are_pairs: bool,
    /// Where they were read: from the item at an index on, from such a place.
    sources: Vec<(usize, String)>,
    next: usize,
    /// A selected item that did not fit into the last batch.
    selected: Option<Value>,
}

/// The input of a child execution before batching.
pub(crate) struct Selected {
    pub(crate) input: Payload,
    /// The number of items in it.
    pub(crate) items: usize,
}

impl Items {
    /// The items of a value; `None` if it is neither an array nor an object.
    pub(crate) fn of(value: Payload) -> Option<Self> {
        match value.value() {
            Value::Array(_) => Some(Self::listed(value, false, Vec::new())),
            Value::Object(members) => {
                let pairs = members.iter().map(|(key, value)| pair(key.clone(), value.clone()));
                let pairs = Payload::from(pairs.collect::<Value>());
                Some(Self::listed(pairs, true, Vec::new()))
            }
            _ => None,
        }
    }

    /// The items that were read.
    pub(crate) fn listed(all: Payload, are_pairs: bool, sources: Vec<(usize, String)>) -> Self {
        Self {
            all,
            are_pairs,
            sources,
            next: 0,
            selected: None,
        }
    }

    pub(crate) fn none() -> Self {
        Self::listed(Payload::from(Value::Array(Vec::new())), false, Vec::new())
    }

    pub(crate) fn all(&self) -> &Payload {
        &self.all
    }

    fn list(&self) -> &[Value] {
        self.all.value().as_array().map(Vec::as_slice).unwrap_or_default()
    }

    /// The number of remaining items.
    pub(crate) fn left(&self) -> usize {
        self.list().len().saturating_sub(self.next)
    }

    /// How many are not given to a child execution yet; `None` where more are taken than there are.
    pub(crate) fn pending(&self) -> Option<usize> {
        let left = self.list().len().checked_sub(self.next)?;
        Some(left + usize::from(self.selected.is_some()))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.left() == 0 && self.selected.is_none()
    }

    /// Whether the next item was put back before.
    pub(crate) fn take_selected(&mut self) -> Option<Value> {
        self.selected.take()
    }

    /// Puts back an item that did not fit.
    pub(crate) fn put_back(&mut self, selected: Value) {
        self.selected = Some(selected);
    }

    /// The next item, and the same in the form of `$$.Map.Item`.
    pub(crate) fn peek(&self) -> Option<(&Value, MapItemContext<'_>)> {
        let item = self.list().get(self.next)?;
        let (key, value) = if self.are_pairs {
            (item.get("Key").and_then(Value::as_str), item.get("Value"))
        } else {
            (None, Some(item))
        };
        let behind = self.sources.partition_point(|(first, _)| *first <= self.next);
        let source = behind.checked_sub(1).and_then(|at| self.sources.get(at));
        let context = MapItemContext {
            index: self.next,
            value,
            key,
            source: source.map(|(_, source)| source.as_str()),
        };
        Some((item, context))
    }

    /// Takes the next item.
    pub(crate) fn advance(&mut self) {
        self.next += 1;
    }
}
