//! The parts of a large payload, each shared by itself.

use indexmap::IndexMap;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::Payload;
use crate::data::JsonText;
use crate::data::json_size::string_size;
use crate::data::json_text::{Joining, WORTH_SHARING};

/// The members of an object, or the items of an array.
#[derive(Clone)]
pub(in crate::data) enum Parts {
    Object(IndexMap<String, Payload>),
    Array(Vec<Payload>),
}

impl Parts {
    /// The parts of an object or array.
    pub(super) fn of(value: Value) -> Option<Self> {
        match value {
            Value::Object(members) => Some(Self::Object(
                members
                    .into_iter()
                    .map(|(name, member)| (name, member.into()))
                    .collect(),
            )),
            Value::Array(items) => Some(Self::Array(items.into_iter().map(Payload::from).collect())),
            _ => None,
        }
    }

    pub(super) fn iter(&self) -> Box<dyn Iterator<Item = &Payload> + '_> {
        match self {
            Self::Object(members) => Box::new(members.values()),
            Self::Array(items) => Box::new(items.iter()),
        }
    }

    /// The sum of the parts' bounds, with the names and the punctuation.
    pub(super) fn bound(&self) -> usize {
        let parts: usize = self.iter().map(Payload::bound).fold(0, usize::saturating_add);
        let around = match self {
            Self::Object(members) => around(members.keys()),
            Self::Array(items) => 2 + items.len().saturating_sub(1),
        };
        parts.saturating_add(around)
    }

    /// A copy as one value.
    pub(super) fn to_value(&self) -> Value {
        match self {
            Self::Object(members) => {
                let members = members.iter().map(|(name, part)| (name.clone(), part.to_value()));
                Value::Object(members.collect())
            }
            Self::Array(items) => Value::Array(items.iter().map(Payload::to_value).collect()),
        }
    }

    /// One value; parts that nothing else shares are moved.
    pub(super) fn into_value(self) -> Value {
        match self {
            Self::Object(members) => {
                let members = members.into_iter().map(|(name, part)| (name, part.into_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
            Self::Array(items) => Value::Array(items.into_iter().map(Payload::into_value).collect()),
        }
    }

    /// The compact JSON text, which shares the texts of large parts.
    pub(super) fn to_text(&self) -> JsonText {
        let mut text = Joining::default();
        match self {
            Self::Object(members) => {
                text.push_str("{");
                for (place, (name, part)) in members.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    // A name and a value can always be printed to memory.
                    text.push_str(&serde_json::to_string(name).unwrap_or_default());
                    text.push_str(":");
                    push(&mut text, part);
                }
                text.push_str("}");
            }
            Self::Array(items) => {
                text.push_str("[");
                for (place, part) in items.iter().enumerate() {
                    text.push_str(if place > 0 { "," } else { "" });
                    push(&mut text, part);
                }
                text.push_str("]");
            }
        }
        text.finish()
    }
}

impl Payload {
    /// An object of these members, some of which are shared.
    pub(in crate::data) fn object(members: Map<String, Value>, shared: Vec<(String, Self)>) -> Self {
        let parts = members.into_iter().map(|(name, member)| (name, Self::from(member)));
        let mut parts: IndexMap<String, Self> = parts.collect();
        parts.extend(shared);
        Self::of_parts(Parts::Object(parts))
    }

    /// An array of these items, some of which are shared.
    pub(in crate::data) fn array(items: Vec<Value>, shared: Vec<(usize, Self)>) -> Self {
        let mut parts: Vec<Self> = items.into_iter().map(Self::from).collect();
        for (place, part) in shared {
            if let Some(item) = parts.get_mut(place) {
                *item = part;
            }
        }
        Self::of_parts(Parts::Array(parts))
    }
}

/// The bytes of an object's text besides its members' values: the braces, the names, and a comma between two members.
pub(super) fn around<'n>(names: impl ExactSizeIterator<Item = &'n String>) -> usize {
    let punctuation = 2 + names.len().saturating_sub(1);
    punctuation + names.map(|name| string_size(name) + 1).sum::<usize>()
}

/// Adds the text of a part; a long one is shared.
fn push(text: &mut Joining, part: &Payload) {
    if part.bound() < WORTH_SHARING {
        // A value can always be printed to memory.
        text.push_str(&serde_json::to_string(part).unwrap_or_default());
    } else {
        text.push_shared(part.to_text());
    }
}

impl Serialize for Parts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Object(members) => serializer.collect_map(members),
            Self::Array(items) => serializer.collect_seq(items),
        }
    }
}
