use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::data::payload::Parts;
use crate::data::scope::Content;
use crate::data::{ContextObject, Document};

/// The part of a value that an expression reads.
///
/// INVARIANT: an expression gives the same result with the part as with the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Need {
    Whole,
    /// Members of an object, each looked up only by its name. An empty map means that nothing is read.
    Members(BTreeMap<String, Need>),
}

impl Need {
    pub(super) fn nothing() -> Self {
        Self::Members(BTreeMap::new())
    }

    /// Adds the part that a path of names reads.
    pub(super) fn add<'n>(&mut self, path: impl IntoIterator<Item = &'n str>) {
        let mut path = path.into_iter();
        match (&mut *self, path.next()) {
            (Self::Whole, _) => {}
            (need, None) => *need = Self::Whole,
            (Self::Members(members), Some(name)) => {
                let mut need = members.entry(name.to_owned()).or_insert_with(Self::nothing);
                for name in path {
                    let Self::Members(members) = need else { return };
                    need = members.entry(name.to_owned()).or_insert_with(Self::nothing);
                }
                *need = Self::Whole;
            }
        }
    }

    /// The part of a member that is needed, if any.
    pub(super) fn of(&self, member: &str) -> Option<&Self> {
        match self {
            Self::Whole => Some(&Self::Whole),
            Self::Members(members) => members.get(member),
        }
    }

    /// Adds the parts that another needs.
    pub(super) fn merge(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Whole, _) => {}
            (need, Self::Whole) => *need = Self::Whole,
            (Self::Members(members), Self::Members(others)) => {
                for (name, other) in others {
                    members.entry(name.clone()).or_insert_with(Self::nothing).merge(other);
                }
            }
        }
    }

    /// Whether the part includes all parts that another needs.
    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Whole, _) => true,
            (Self::Members(_), Self::Whole) => false,
            (Self::Members(members), Self::Members(others)) => others
                .iter()
                .all(|(name, other)| members.get(name).is_some_and(|need| need.covers(other))),
        }
    }

    /// A copy of the part of a document, of which nothing else is put together.
    pub(super) fn cut_document(&self, document: Document<'_>) -> Value {
        match (self, document.content()) {
            (Self::Whole, _) | (Self::Members(_), Content::Parts(Parts::Array(_))) => document.to_value(),
            (Self::Members(needs), Content::Parts(Parts::Object(members))) => needs
                .iter()
                .filter_map(|(name, need)| Some((name.clone(), need.cut_document(members.get(name)?.into()))))
                .collect(),
            (Self::Members(_), Content::Whole(value)) => self.cut(value),
        }
    }

    /// A copy of the part. A value that is not an object is copied whole, since names reach through arrays.
    pub(super) fn cut(&self, value: &Value) -> Value {
        match (self, value) {
            (Self::Members(needs), Value::Object(members)) => needs
                .iter()
                .filter_map(|(name, need)| Some((name.clone(), need.cut(members.get(name)?))))
                .collect(),
            _ => value.clone(),
        }
    }

    /// A copy of the part of the context object. The whole object is built only if a needed path has fewer than two
    /// names.
    pub(super) fn cut_context(&self, context: &ContextObject<'_>) -> Value {
        let Self::Members(sections) = self else {
            return context.to_value();
        };
        let mut cut = Map::new();
        for (section, need) in sections {
            let Self::Members(fields) = need else {
                return self.cut(&context.to_value());
            };
            let fields = fields.iter().filter_map(|(field, need)| {
                let part = context.part((section, field))?;
                Some((field.clone(), need.cut(&part)))
            });
            cut.insert(section.clone(), fields.collect());
        }
        Value::Object(cut)
    }
}
