//! The document that a directly evaluated expression reads, with the variables as its members.

use std::cell::{Cell, OnceCell};

use jlens_core::input::{Sink, Source};
use serde_json::Value;

use crate::data::Document;
use crate::data::jsonata::needs::Need;
use crate::data::jsonata::scope::JsonataScope;
use crate::data::payload::Parts;
use crate::data::scope::Content;

/// The input document: `$states` and the variables, by name.
#[derive(Clone, Copy)]
pub(super) struct Root<'a> {
    pub(super) scope: &'a JsonataScope<'a>,
    pub(super) context: &'a OnceCell<Value>,
    pub(super) need: Option<&'a Need>,
    pub(super) reading: &'a Reading,
}

impl<'a> Source<'a> for Root<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        sink.object(Members(*self));
        Ok(())
    }
}

/// The members of the input document.
struct Members<'a>(Root<'a>);

impl<'a> Source<'a> for Members<'a> {
    /// Nothing: the expression reads its variables one by one, with `read_field`.
    fn read(&self, _: &mut Sink<'_, 'a>) -> Result<(), String> {
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if name == "states" {
            sink.object(States(self.0));
        } else if let Some(value) = self.0.scope.variable(name) {
            self.0.reading.write(sink, value.into())?;
        }
        Ok(true)
    }
}

/// `$states`
struct States<'a>(Root<'a>);

impl<'a> States<'a> {
    fn members(&self) -> impl Iterator<Item = (&'static str, Document<'a>)> {
        let need = self.0.need;
        let context = need.map(|need| {
            let built = || self.0.scope.cut_context(need);
            ("context", Document::Value(self.0.context.get_or_init(built)))
        });
        let mut others = self.0.scope.members().into_iter();
        others.next().into_iter().chain(context).chain(others)
    }
}

impl<'a> Source<'a> for States<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        for (name, value) in self.members() {
            sink.key(name);
            self.0.reading.write(sink, value)?;
        }
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        let value = match name {
            "context" => self.members().find(|(member, _)| *member == name),
            _ => self.0.scope.members().into_iter().find(|(member, _)| *member == name),
        };
        if let Some((_, value)) = value {
            self.0.reading.write(sink, value)?;
        }
        Ok(true)
    }
}

/// An array or object, read only as far as the expression asks.
struct Lazy<'a>(&'a Value, &'a Reading);

impl<'a> Source<'a> for Lazy<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        let Self(value, reading) = self;
        match value {
            Value::Array(items) => {
                reading.count(items.len())?;
                sink.reserve(items.len());
                for item in items {
                    reading.write_value(sink, item)?;
                }
            }
            Value::Object(members) => {
                reading.count(members.len())?;
                sink.reserve(members.len());
                for (name, value) in members {
                    sink.key(name);
                    reading.write_value(sink, value)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Some(value) = self.0.get(name) {
            self.1.write_value(sink, value)?;
        }
        Ok(true)
    }

    fn length(&self) -> Option<usize> {
        self.0.as_array().map(Vec::len)
    }

    fn read_item(&self, index: usize, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Some(value) = self.0.get(index) {
            self.1.write_value(sink, value)?;
        }
        Ok(true)
    }
}

/// The same of a payload's parts, which are not put together.
struct LazyParts<'a>(&'a Parts, &'a Reading);

impl<'a> Source<'a> for LazyParts<'a> {
    fn read(&self, sink: &mut Sink<'_, 'a>) -> Result<(), String> {
        let Self(parts, reading) = self;
        match parts {
            Parts::Array(items) => {
                reading.count(items.len())?;
                sink.reserve(items.len());
                for item in items {
                    reading.write(sink, item.into())?;
                }
            }
            Parts::Object(members) => {
                reading.count(members.len())?;
                sink.reserve(members.len());
                for (name, part) in members {
                    sink.key(name);
                    reading.write(sink, part.into())?;
                }
            }
        }
        Ok(())
    }

    fn read_field(&self, name: &str, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Parts::Object(members) = self.0
            && let Some(part) = members.get(name)
        {
            self.1.write(sink, part.into())?;
        }
        Ok(true)
    }

    fn length(&self) -> Option<usize> {
        match self.0 {
            Parts::Array(items) => Some(items.len()),
            Parts::Object(_) => None,
        }
    }

    fn read_item(&self, index: usize, sink: &mut Sink<'_, 'a>) -> Result<bool, String> {
        if let Parts::Array(items) = self.0
            && let Some(part) = items.get(index)
        {
            self.1.write(sink, part.into())?;
        }
        Ok(true)
    }
}

/// Counts how much of a document is read, and limits it.
#[derive(Debug)]
pub(super) struct Reading {
    values: Cell<u64>,
    longest_text: Cell<usize>,
    most_values: u64,
    most_text: usize,
}

/// How many bytes of a text count as one value.
const VALUE_OF_TEXT: usize = 16;

impl Reading {
    pub(super) fn new(most_values: u64, most_text: usize) -> Self {
        Self {
            values: Cell::new(0),
            longest_text: Cell::new(0),
            most_values,
            most_text,
        }
    }

    /// How many values were read; a text counts by its length.
    pub(super) fn values(&self) -> u64 {
        self.values.get()
    }

    /// The length of the longest text read, in bytes.
    pub(super) fn longest_text(&self) -> usize {
        self.longest_text.get()
    }

    /// Counts values. Beyond the limit it fails, and so does the evaluation.
    fn count(&self, values: usize) -> Result<(), String> {
        let values = self
            .values
            .get()
            .saturating_add(u64::try_from(values).unwrap_or(u64::MAX));
        self.values.set(values);
        if values > self.most_values {
            return Err("too much to read".to_owned());
        }
        Ok(())
    }

    fn write<'a>(&'a self, sink: &mut Sink<'_, 'a>, document: Document<'a>) -> Result<(), String> {
        match document.content() {
            Content::Whole(value) => return self.write_value(sink, value),
            Content::Parts(parts @ Parts::Array(_)) => sink.array(LazyParts(parts, self)),
            Content::Parts(parts @ Parts::Object(_)) => sink.object(LazyParts(parts, self)),
        }
        Ok(())
    }

    fn write_value<'a>(&'a self, sink: &mut Sink<'_, 'a>, value: &'a Value) -> Result<(), String> {
        match value {
            Value::Null => sink.null(),
            Value::Bool(value) => sink.bool(*value),
            Value::Number(number) => sink.number(number.as_f64().unwrap_or_default()),
            Value::String(text) => {
                self.count(text.len() / VALUE_OF_TEXT)?;
                self.longest_text.set(self.longest_text.get().max(text.len()));
                if text.len() > self.most_text {
                    return Err("too long a text".to_owned());
                }
                sink.string(text);
            }
            Value::Array(_) => sink.array(Lazy(value, self)),
            Value::Object(_) => sink.object(Lazy(value, self)),
        }
        Ok(())
    }
}
