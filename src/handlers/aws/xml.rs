//! Values of a shape in XML.

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Write as _;

use super::model::{Kind, Member, Place, Shape, TimeForm};
use super::scalar::{Times, from_base64, number_or_boolean, text_of, time_to_wire, to_base64};

/// Deeper answers are refused: every shape is flatter.
const DEEPEST: usize = 64;

/// The namespace of the only attribute that models have: `xsi:type`.
const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// An element without its namespace.
#[derive(Debug, Default)]
pub(super) struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    pub(super) text: String,
    children: Vec<Element>,
}

impl Element {
    /// Parses a document. Errors with what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut reader = Reader::from_str(text);
        // The elements that are open, below one for the document.
        let mut open = vec![Self::default()];
        loop {
            let event = reader.read_event().map_err(|error| error.to_string())?;
            match event {
                Event::Start(start) => {
                    if open.len() > DEEPEST {
                        return Err(format!("it nests deeper than {DEEPEST} elements"));
                    }
                    open.push(Self::started(&start)?);
                }
                Event::Empty(start) => {
                    let element = Self::started(&start)?;
                    if let Some(parent) = open.last_mut() {
                        parent.children.push(element);
                    }
                }
                Event::End(_) => {
                    if let Some(element) = open.pop()
                        && let Some(parent) = open.last_mut()
                    {
                        parent.children.push(element);
                    }
                }
                Event::Text(text) => add(&mut open, &text.decode().map_err(|error| error.to_string())?),
                Event::CData(text) => add(&mut open, &text.decode().map_err(|error| error.to_string())?),
                Event::GeneralRef(reference) => {
                    let name = reference.decode().map_err(|error| error.to_string())?;
                    let text = quick_xml::escape::unescape(&format!("&{name};"))
                        .map(Cow::into_owned)
                        .map_err(|error| error.to_string())?;
                    add(&mut open, &text);
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let root = open
            .into_iter()
            .next()
            .and_then(|document| document.children.into_iter().next());
        root.ok_or_else(|| "it has no element".to_owned())
    }

    fn started(start: &BytesStart<'_>) -> Result<Self, String> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let value = attribute
                .normalized_value(XmlVersion::default())
                .map_err(|error| error.to_string())?;
            attributes.push((text(attribute.key.as_ref()), value.into_owned()));
        }
        Ok(Self {
            name: text(start.local_name().as_ref()),
            attributes,
            ..Self::default()
        })
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        self.children.iter()
    }

    fn children_of<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// The members of a structure that stand in an element, in the order of their names.
pub(super) fn members_in(shape: Shape, element: &Element, times: Times) -> Map<String, Value> {
    let members = shape.members();
    let there = members.filter_map(|member| Some((member.name.to_owned(), member_in(&member, element, times)?)));
    let mut there: Map<_, _> = there.collect();
    there.sort_keys();
    there
}

fn member_in(member: &Member, element: &Element, times: Times) -> Option<Value> {
    match (member.place, member.shape.kind()) {
        (Place::Body, Kind::List { of, item: None }) => {
            let items = element.children_of(&member.wire);
            let items: Vec<_> = items.map(|child| from_element(of, child, times)).collect();
            if items.is_empty() { None } else { Some(items.into()) }
        }
        (Place::Body, _) => {
            let child = element.child(&member.wire)?;
            Some(from_element(member.shape, child, times))
        }
        (Place::Attribute, _) => {
            let mut attributes = element.attributes.iter();
            let (_, value) = attributes.find(|(name, _)| *name == member.wire)?;
            Some(value.as_str().into())
        }
        _ => None,
    }
}

/// The members in a document: those of its root, or the only one if that stands in place of the structure, as in the
/// answer of `GetBucketLocation`.
pub(super) fn members_of(shape: Shape, root: &Element, times: Times) -> Map<String, Value> {
    let mut members = shape.members();
    match (members.next(), members.next()) {
        (Some(only), None) if only.wire == root.name && root.children.is_empty() => {
            let value = from_element(only.shape, root, times);
            Map::from_iter([(only.name.to_owned(), value)])
        }
        _ => members_in(shape, root, times),
    }
}

pub(super) fn from_element(shape: Shape, element: &Element, times: Times) -> Value {
    let text = &element.text;
    match shape.kind() {
        Kind::Structure => members_in(shape, element, times).into(),
        Kind::List { of, item } => element
            .children_of(item.unwrap_or("member"))
            .map(|child| from_element(of, child, times))
            .collect(),
        Kind::Map { of, key, value } => {
            let entries = element.children_of("entry").filter_map(|entry| {
                let key = entry.child(key)?.text.clone();
                Some((key, from_element(of, entry.child(value)?, times)))
            });
            Value::Object(entries.collect())
        }
        Kind::Number | Kind::Boolean => number_or_boolean(text),
        Kind::Time(_) => times.of_text(text).unwrap_or_else(|| text.as_str().into()),
        Kind::Bytes => from_base64(text.trim()),
        Kind::Text | Kind::Anything => text.as_str().into(),
    }
}

/// The document of a value, with an element of this name as its root.
pub(super) fn document(name: &str, namespace: &str, shape: Shape, value: &Value) -> String {
    let mut out = String::new();
    let _ = write!(out, "<{name} xmlns=\"{namespace}\">");
    content(&mut out, shape, value);
    let _ = write!(out, "</{name}>");
    out
}

fn element(out: &mut String, name: &str, shape: Shape, value: &Value) {
    let _ = write!(out, "<{name}");
    for member in shape.members().filter(|member| member.place == Place::Attribute) {
        if let Some(value) = value.get(member.name).filter(|value| !value.is_null()) {
            let (wire, value) = (&member.wire, escaped(&text_of(value)));
            let _ = write!(out, " xmlns:xsi=\"{XSI}\" {wire}=\"{value}\"");
        }
    }
    out.push('>');
    content(out, shape, value);
    let _ = write!(out, "</{name}>");
}

fn content(out: &mut String, shape: Shape, value: &Value) {
    match (shape.kind(), value) {
        (Kind::Structure, Value::Object(given)) => {
            for member in shape.members().filter(|member| member.place == Place::Body) {
                match (member.shape.kind(), given.get(member.name)) {
                    (_, None | Some(Value::Null)) => {}
                    (Kind::List { of, item: None }, Some(Value::Array(items))) => {
                        for item in items {
                            element(out, &member.wire, of, item);
                        }
                    }
                    (_, Some(value)) => element(out, &member.wire, member.shape, value),
                }
            }
        }
        (Kind::List { of, item }, Value::Array(items)) => {
            let name = item.unwrap_or("member");
            for item in items {
                element(out, name, of, item);
            }
        }
        (Kind::Map { of, key, value: name }, Value::Object(given)) => {
            for (text, value) in given {
                let _ = write!(out, "<entry><{key}>{}</{key}>", escaped(text));
                element(out, name, of, value);
                out.push_str("</entry>");
            }
        }
        (Kind::Bytes, value) => out.push_str(&escaped(&text_of(&to_base64(value)))),
        (Kind::Time(form), value) => {
            let time = time_to_wire(value, form.unwrap_or(TimeForm::Iso));
            out.push_str(&escaped(&text_of(&time)));
        }
        (_, value) => out.push_str(&escaped(&text_of(value))),
    }
}

/// A text without markup; its ends of lines are references, as a reader of XML changes those that are not.
fn escaped(text: &str) -> String {
    escape(text).replace('\r', "&#13;").replace('\n', "&#10;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_unescaped_and_namespaces_left_out() {
        let root =
            Element::parse("<?xml version=\"1.0\"?><a:A xmlns:a=\"x\"><B>1 &lt; 2 &#38; <![CDATA[<3>]]></B><C/></a:A>");
        let root = root.unwrap();
        assert_eq!(root.name, "A");
        assert_eq!(root.child("B").unwrap().text, "1 < 2 & <3>");
        assert_eq!(root.child("C").unwrap().text, "");
    }

    #[test]
    fn what_is_no_document_is_refused() {
        for text in ["", "text", "<A>", "<A></B>", "<A>&unknown;</A>", &"<A>".repeat(1_000)] {
            assert!(Element::parse(text).is_err(), "{text}");
        }
    }
}
