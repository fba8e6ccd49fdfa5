//! A definition as printable data: the output of a builder, and the input from serde.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use std::fmt;

use super::MAX_CHARACTERS;
use crate::data::discard;
use crate::data::json::MAX_DEPTH;

/// JSON that keeps duplicate names in an object, so that the parser can report them.
#[derive(Debug, Clone)]
pub(crate) enum Document {
    /// `null`, a boolean, a number or a string.
    Scalar(Value),
    Array(Vec<Document>),
    Object(Vec<(String, Document)>),
}

impl Document {
    /// The document as text with one member or element per line, or in a single line if that would be too long for a
    /// definition.
    ///
    /// A `${` is printed with an escape: it is text, not a substitution.
    pub(crate) fn print(&self) -> String {
        let mut pretty = Printer {
            text: String::new(),
            indent: Some(0),
        };
        if pretty.document(self, 0) {
            return pretty.text;
        }
        let mut compact = Printer {
            text: String::new(),
            indent: None,
        };
        compact.document(self, 0);
        compact.text
    }

    /// Cuts nesting that is too deep at the depth where the parser refuses it.
    fn of(value: Value, depth: usize) -> Self {
        match value {
            nested @ (Value::Array(_) | Value::Object(_)) if depth > MAX_DEPTH => {
                discard(nested);
                Self::Array(Vec::new())
            }
            Value::Array(elements) => Self::Array(
                elements
                    .into_iter()
                    .map(|element| Self::of(element, depth + 1))
                    .collect(),
            ),
            Value::Object(members) => Self::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name, Self::of(value, depth + 1)))
                    .collect(),
            ),
            scalar => Self::Scalar(scalar),
        }
    }
}

impl<V: Into<Value>> From<V> for Document {
    fn from(value: V) -> Self {
        Self::of(value.into(), 0)
    }
}

struct Printer {
    text: String,
    /// The indentation; `None` prints a single line.
    indent: Option<usize>,
}

impl Printer {
    /// Prints a document; `false` if it stopped because the text became too long.
    fn document(&mut self, document: &Document, depth: usize) -> bool {
        match document {
            Document::Scalar(Value::String(text)) => self.string(text),
            Document::Scalar(scalar) => self.text.push_str(&scalar.to_string()),
            Document::Array(elements) if elements.is_empty() => self.text.push_str("[]"),
            Document::Object(members) if members.is_empty() => self.text.push_str("{}"),
            _ if depth > MAX_DEPTH => self.text.push_str("[]"),
            Document::Array(elements) => {
                return self.list('[', ']', elements, |printer, element| {
                    printer.document(element, depth + 1)
                });
            }
            Document::Object(members) => {
                return self.list('{', '}', members, |printer, (name, value)| {
                    printer.string(name);
                    printer.text.push_str(": ");
                    printer.document(value, depth + 1)
                });
            }
        }
        self.indent.is_none() || self.text.len() <= MAX_CHARACTERS
    }

    fn list<T>(&mut self, open: char, close: char, items: &[T], mut print: impl FnMut(&mut Self, &T) -> bool) -> bool {
        self.text.push(open);
        self.indent = self.indent.map(|indent| indent + 2);
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text.push(',');
            }
            self.line();
            if !print(self, item) {
                return false;
            }
        }
        self.indent = self.indent.map(|indent| indent - 2);
        self.line();
        self.text.push(close);
        true
    }

    fn line(&mut self) {
        if let Some(indent) = self.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', indent));
        }
    }

    fn string(&mut self, text: &str) {
        let quoted = Value::from(text).to_string();
        self.text.push_str(&quoted.replace("${", "\\u0024{"));
    }
}

impl<'de> Deserialize<'de> for Document {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { depth: 0 }.deserialize(deserializer)
    }
}

/// Reads a document inside `depth` arrays and objects.
#[derive(Clone, Copy)]
struct Reader {
    depth: usize,
}

impl Reader {
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth == MAX_DEPTH {
            return Err(E::custom(format!(
                "the definition nests deeper than {MAX_DEPTH} arrays and objects"
            )));
        }
        Ok(Self { depth: self.depth + 1 })
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Document;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Document;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a definition in the Amazon States Language")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Document, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Document, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Document, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Document, E> {
        let number = Number::from_f64(value).ok_or_else(|| E::custom("JSON has no such number"))?;
        Ok(Document::Scalar(Value::Number(number)))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Document, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Document, E> {
        Ok(value.into())
    }

    fn visit_unit<E: Error>(self) -> Result<Document, E> {
        Ok(Document::Scalar(Value::Null))
    }

    fn visit_none<E: Error>(self) -> Result<Document, E> {
        Ok(Document::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Document, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Document, A::Error> {
        let below = self.below()?;
        let mut read = Vec::new();
        while let Some(element) = elements.next_element_seed(below)? {
            read.push(element);
        }
        Ok(Document::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Document, A::Error> {
        let below = self.below()?;
        let mut read = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            read.push((name, members.next_value_seed(below)?));
        }
        Ok(Document::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_printed_is_the_same_value() {
        let value = json!({ "a": [1, -2.5, true, null, {}, []], "${b} \"": { "c": "\n${d} $ {" } });
        let document: Document = serde_json::from_str(&value.to_string()).unwrap();
        for document in [document, Document::from(value.clone())] {
            let text = document.print();
            assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
            assert!(
                text.starts_with("{\n  \"a\": [\n    1,") && !text.contains("${"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_name_that_stands_twice_is_kept_twice() {
        let document: Document = serde_json::from_str(r#"{ "a": 1, "a": 2 }"#).unwrap();
        assert_eq!(document.print(), "{\n  \"a\": 1,\n  \"a\": 2\n}");
    }

    #[test]
    fn a_long_document_is_printed_in_one_line() {
        let long = Document::from(vec![json!([0]); 200_000]).print();
        assert!(long.starts_with("[[0],[0]") && long.len() < MAX_CHARACTERS);
    }

    #[test]
    fn nesting_is_bounded() {
        let nested = (0..1000).fold(json!(1), |value, _| Value::Array(vec![value]));
        assert!(Document::deserialize(&nested).is_err());
        let brackets = Document::from(nested).print().matches('[').count();
        assert!(brackets > MAX_DEPTH && brackets < MAX_DEPTH + 3, "{brackets}");
    }
}
