//! Data on its way into a larger whole.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Inner, Parts, Payload};
use crate::data::{json_size, nests_within};

/// A value of its own, or a large payload that others may share: a member of a template, a variable's new value, the
/// result of a branch.
///
/// A small value needs no allocation for being shared, and there are many more small values than large ones.
#[derive(Clone, Debug)]
pub(crate) enum Piece {
    Own(Value),
    Shared(Payload),
}

impl Piece {
    pub(crate) fn value(&self) -> &Value {
        match self {
            Self::Own(value) => value,
            Self::Shared(payload) => payload.value(),
        }
    }

    pub(crate) fn into_value(self) -> Value {
        match self {
            Self::Own(value) => value,
            Self::Shared(payload) => payload.into_value(),
        }
    }

    /// The compact JSON text.
    pub(crate) fn to_json(&self) -> String {
        // Writing to memory cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Own(Value::Null))
    }

    /// The bytes of the compact JSON text.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Own(value) => json_size(value),
            Self::Shared(payload) => payload.size(),
        }
    }

    /// Whether arrays and objects nest at most `levels` deep.
    pub(crate) fn nests_within(&self, levels: usize) -> bool {
        match self {
            Self::Own(value) => nests_within(value, levels),
            Self::Shared(payload) => payload.nests_within(levels),
        }
    }
}

impl From<Value> for Piece {
    fn from(value: Value) -> Self {
        Self::Own(value)
    }
}

impl From<Payload> for Piece {
    fn from(payload: Payload) -> Self {
        if payload.is_worth_sharing() {
            Self::Shared(payload)
        } else {
            Self::Own(payload.into_value())
        }
    }
}

impl From<Piece> for Payload {
    fn from(piece: Piece) -> Self {
        match piece {
            Piece::Own(value) => value.into(),
            Piece::Shared(payload) => payload,
        }
    }
}

impl PartialEq for Piece {
    fn eq(&self, other: &Self) -> bool {
        self.value() == other.value()
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Own(value) => value.serialize(serializer),
            Self::Shared(payload) => payload.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::Own)
    }
}

impl Payload {
    /// An array of these items, whose text has at most `bound` bytes.
    pub(crate) fn of_items(items: Vec<Piece>, bound: usize) -> Self {
        if items.iter().all(|item| matches!(item, Piece::Own(_))) {
            let items = items.into_iter().map(Piece::into_value).collect();
            return Self::with_bound(Value::Array(items), bound);
        }
        Self::of_parts(Parts::Array(items.into_iter().map(Self::from).collect()))
    }

    /// The members of an object; none of anything else.
    pub(crate) fn into_members(self) -> Vec<(String, Piece)> {
        if let Some(Parts::Object(members)) = self.only_parts() {
            let members = members.iter().map(|(name, part)| (name.clone(), part.clone().into()));
            return members.collect();
        }
        match self.into_value() {
            Value::Object(members) => members
                .into_iter()
                .map(|(name, member)| (name, member.into()))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Replaces the data, in place if nothing shares it.
    pub(crate) fn set(&mut self, piece: Piece) {
        match piece {
            Piece::Shared(payload) => *self = payload,
            Piece::Own(value) => {
                let bound = json_size(&value);
                let new = Inner::of(value, bound);
                match Arc::get_mut(&mut self.0) {
                    Some(inner) => *inner = new,
                    None => self.0 = Arc::new(new),
                }
            }
        }
    }
}
