//! The tree of a parsed text.

use serde_json::{Number, Value};
use std::collections::HashMap;

use super::text_map::TextMap;

/// A range of bytes of the source text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A JSON value and its place in the text.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) span: Span,
    pub(crate) kind: Kind,
    /// Whether the value is unknown: a substitution in it has no value, or a number is out of range. The report knows
    /// it already, so rules skip this value. A string keeps its `${Name}`, and may stand where any text may.
    pub(crate) unresolved: bool,
    /// The places of a string's characters; `None` if the source spells the string as it is.
    pub(crate) text_map: Option<Box<TextMap>>,
}

/// The value of a [`Node`].
#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    Array(Vec<Node>),
    Object(Object),
}

/// The members of a JSON object in source order; of duplicate keys only the first is kept, in a template the last.
#[derive(Debug, Clone, Default)]
pub(crate) struct Object {
    pub(crate) members: Vec<Member>,
}

/// A key with its value.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) key: String,
    /// The key with its quotes.
    pub(crate) key_span: Span,
    /// Whether the name is unknown: a substitution in the key has no value.
    pub(crate) key_unresolved: bool,
    pub(crate) value: Node,
}

impl Node {
    pub(crate) fn as_object(&self) -> Option<&Object> {
        match &self.kind {
            Kind::Object(object) => Some(object),
            _ => None,
        }
    }

    pub(crate) fn as_array(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::Array(elements) => Some(elements),
            _ => None,
        }
    }

    pub(crate) fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::String(text) => Some(text),
            _ => None,
        }
    }

    pub(crate) fn as_bool(&self) -> Option<bool> {
        match self.kind {
            Kind::Boolean(value) => Some(value),
            _ => None,
        }
    }

    /// The value of an object's member; `None` too if this is not an object.
    pub(crate) fn field(&self, key: &str) -> Option<&Node> {
        self.as_object()?.field(key)
    }

    /// Whether this string would be one without its quotes too.
    pub(crate) fn stays_text(&self) -> bool {
        self.text_map.as_ref().is_some_and(|map| map.stays_text)
    }

    /// The source offset of this string's byte at `offset`; the closing quote for an offset beyond the end.
    pub(crate) fn source_of(&self, offset: usize) -> usize {
        let first = self.span.start + 1;
        let found = match &self.text_map {
            Some(map) => map.source_of(offset, first),
            None => first + offset,
        };
        found.min(self.text_end())
    }

    /// The source offset after this string's last character, which is the closing quote if there is one.
    pub(crate) fn text_end(&self) -> usize {
        match &self.text_map {
            Some(map) if map.unquoted => self.span.end,
            _ => self.span.end.saturating_sub(1),
        }
    }

    /// The same value without positions.
    pub(crate) fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Null => Value::Null,
            Kind::Boolean(value) => Value::Bool(*value),
            Kind::Number(number) => Value::Number(number.clone()),
            Kind::String(text) => Value::String(text.clone()),
            Kind::Array(elements) => Value::Array(elements.iter().map(Self::to_value).collect()),
            Kind::Object(object) => Value::Object(
                object
                    .members
                    .iter()
                    .map(|member| (member.key.clone(), member.value.to_value()))
                    .collect(),
            ),
        }
    }

    /// Whether a value inside is unknown altogether: not even a text with a placeholder in it.
    pub(crate) fn has_unknown(&self) -> bool {
        match &self.kind {
            Kind::String(_) => false,
            Kind::Array(elements) => elements.iter().any(Self::has_unknown),
            Kind::Object(object) => object.members.iter().any(|member| member.value.has_unknown()),
            _ => self.unresolved,
        }
    }

    /// Whether any value or name inside is [unresolved](Node::unresolved).
    pub(crate) fn has_unresolved(&self) -> bool {
        self.unresolved
            || match &self.kind {
                Kind::Array(elements) => elements.iter().any(Self::has_unresolved),
                Kind::Object(object) => object
                    .members
                    .iter()
                    .any(|member| member.key_unresolved || member.value.has_unresolved()),
                _ => false,
            }
    }

    /// Places a value that stands elsewhere, with all inside of it, at `span`.
    #[cfg(feature = "yaml")]
    pub(crate) fn stamp(&mut self, span: Span) {
        self.span = span;
        match &mut self.kind {
            Kind::String(text) => self.text_map = Some(Box::new(TextMap::of_all(text, span.start, span.end))),
            Kind::Array(elements) => elements.iter_mut().for_each(|element| element.stamp(span)),
            Kind::Object(object) => {
                for member in &mut object.members {
                    member.key_span = span;
                    member.value.stamp(span);
                }
            }
            _ => {}
        }
    }

    /// Leaves of each duplicate key the last, as most parsers do.
    #[cfg(feature = "yaml")]
    pub(crate) fn keep_last_of_duplicates(&mut self) {
        match &mut self.kind {
            Kind::Array(elements) => elements.iter_mut().for_each(Self::keep_last_of_duplicates),
            Kind::Object(object) => {
                let mut seen = std::collections::HashSet::new();
                let mut kept: Vec<Member> = std::mem::take(&mut object.members)
                    .into_iter()
                    .rev()
                    .filter(|member| seen.insert(member.key.clone()))
                    .collect();
                kept.reverse();
                for member in &mut kept {
                    member.value.keep_last_of_duplicates();
                }
                object.members = kept;
            }
            _ => {}
        }
    }

    /// The type of the value, worded for a message.
    pub(crate) fn describe(&self) -> &'static str {
        match self.kind {
            Kind::Null => "`null`",
            Kind::Boolean(_) => "a boolean",
            Kind::Number(_) => "a number",
            Kind::String(_) => "a string",
            Kind::Array(_) => "an array",
            Kind::Object(_) => "an object",
        }
    }
}

impl Object {
    pub(crate) fn field(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.value)
    }

    pub(crate) fn member(&self, key: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.key == key)
    }

    pub(crate) fn contains(&self, key: &str) -> bool {
        self.member(key).is_some()
    }

    /// Whether a key is not known: it may be any.
    pub(crate) fn has_unknown_keys(&self) -> bool {
        self.members.iter().any(|member| member.key_unresolved)
    }
}

/// Finds duplicate keys without comparing every key with every other.
#[derive(Default)]
pub(crate) struct SeenKeys {
    by_key: HashMap<String, Span>,
    /// How many members are in `by_key`.
    counted: usize,
}

impl SeenKeys {
    /// Objects up to this size are searched one by one, which is faster than hashing.
    const FEW: usize = 8;

    /// The place of an earlier `key` among `members`, if there is one.
    pub(crate) fn earlier(&mut self, members: &[Member], key: &str) -> Option<Span> {
        if members.len() < Self::FEW {
            return members
                .iter()
                .find(|member| member.key == key)
                .map(|member| member.key_span);
        }
        for member in members.iter().skip(self.counted) {
            self.by_key.insert(member.key.clone(), member.key_span);
        }
        self.counted = members.len();
        self.by_key.get(key).copied()
    }
}
