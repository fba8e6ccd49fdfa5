//! The part of Terraform's language that definitions are written in, and its values as JSON: blocks, attributes, constants,
//! heredocs and calls.

use std::cell::Cell;

use crate::data::json::{Kind, Member, Node, Object, Span, Substitutions, TextMap};
use crate::loading::report::Report;
use crate::loading::yaml;

/// A block, such as `resource "aws_sfn_state_machine" "orders" { … }`.
pub(super) struct Block<'s> {
    pub(super) kind: &'s str,
    pub(super) labels: Vec<String>,
    /// The place of its type.
    pub(super) span: Span,
    pub(super) attributes: Vec<Attribute<'s>>,
}

/// A name with its value.
pub(super) struct Attribute<'s> {
    pub(super) name: String,
    pub(super) span: Span,
    pub(super) value: Expression<'s>,
}

/// An expression, as far as definitions need it.
pub(super) enum Expression<'s> {
    /// A text; unresolved if other expressions are inside, whose `${…}` it keeps.
    Text(Node),
    /// A number, a boolean or null.
    Constant(Node),
    Array(Vec<Expression<'s>>, Span),
    Object(Vec<Attribute<'s>>, Span),
    /// The lines of a heredoc.
    Heredoc(Span),
    Call {
        name: &'s str,
        arguments: Vec<Expression<'s>>,
        span: Span,
    },
    /// Any other expression.
    Other(Span),
}

impl<'s> Block<'s> {
    pub(super) fn attributes(&self) -> &[Attribute<'s>] {
        &self.attributes
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Attribute<'s>> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Expression<'_> {
    pub(super) fn span(&self) -> Span {
        match self {
            Self::Text(node) | Self::Constant(node) => node.span,
            Self::Array(_, span)
            | Self::Object(_, span)
            | Self::Heredoc(span)
            | Self::Call { span, .. }
            | Self::Other(span) => *span,
        }
    }

    /// The value as JSON. An expression that only Terraform knows is a placeholder, named as it is written.
    pub(super) fn node(&self, scope: &Scope<'_, '_>, depth: usize, report: &mut Report) -> Node {
        let kind = match self {
            Self::Text(node) if node.unresolved || node.as_str().is_some_and(|text| text.contains("$${")) => {
                return text_with_values(node, scope.given, report);
            }
            Self::Text(node) | Self::Constant(node) => return node.clone(),
            Self::Array(elements, _) => Kind::Array(
                elements
                    .iter()
                    .map(|element| element.node(scope, depth, report))
                    .collect(),
            ),
            Self::Object(attributes, _) => {
                let members = attributes.iter().map(|attribute| Member {
                    key: attribute.name.clone(),
                    key_span: attribute.span,
                    key_unresolved: attribute.name.contains("${"),
                    value: attribute.value.node(scope, depth, report),
                });
                Kind::Object(Object {
                    members: members.collect(),
                })
            }
            Self::Heredoc(_) | Self::Call { .. } | Self::Other(_) => {
                let span = self.span();
                let name = scope.source.get(span.start..span.end).unwrap_or_default().trim();
                if let (Some(local), Some(depth)) = (scope.local(name), depth.checked_sub(1)) {
                    let mut node = local.node(scope, depth, report);
                    node.stamp(span);
                    return node;
                }
                if let Some(value) = scope.given.value(name) {
                    let kind = yaml::plain(value).unwrap_or_else(|| Kind::String(value.to_owned()));
                    return whole(kind, span);
                }
                report.placeholders().add(name.to_owned(), span);
                let mut unknown = whole(Kind::Null, span);
                unknown.unresolved = true;
                return unknown;
            }
        };
        whole(kind, self.span())
    }
}

/// What expressions may name.
pub(super) struct Scope<'e, 's> {
    pub(super) source: &'s str,
    /// Values that the user gives.
    pub(super) given: &'e Substitutions,
    /// The `locals` of the file.
    pub(super) locals: Vec<&'e Attribute<'s>>,
    /// How many more local values are read: values that name each other could fill the memory.
    pub(super) room: Cell<usize>,
}

impl<'e, 's> Scope<'e, 's> {
    /// The value of `local.NAME`.
    pub(super) fn local(&self, expression: &str) -> Option<&'e Expression<'s>> {
        let name = expression.strip_prefix("local.")?;
        let local = self.locals.iter().find(|local| local.name == name)?;
        self.room.set(self.room.get().checked_sub(1)?);
        Some(&local.value)
    }
}

/// A value that is one part of the source.
fn whole(kind: Kind, span: Span) -> Node {
    let text_map = match &kind {
        Kind::String(text) => Some(Box::new(TextMap::of_all(text, span.start, span.end))),
        _ => None,
    };
    Node {
        span,
        kind,
        unresolved: false,
        text_map,
    }
}

/// A text with the values of its expressions; those without a value stay as they are.
fn text_with_values(node: &Node, given: &Substitutions, report: &mut Report) -> Node {
    let mut text = String::new();
    let mut rest = node.as_str().unwrap_or_default();
    let mut unresolved = false;
    while let Some(at) = rest.find("${") {
        let (before, expression) = rest.split_at_checked(at).unwrap_or((rest, ""));
        if let Some(before) = before.strip_suffix('$') {
            // `$${name}` is the text `${name}`.
            text.push_str(before);
            text.push_str("${");
            rest = expression.strip_prefix("${").unwrap_or_default();
            continue;
        }
        let end = end_of_interpolation(expression).unwrap_or(expression.len());
        let (expression, after) = expression.split_at_checked(end).unwrap_or((expression, ""));
        let name = expression.trim_start_matches("${").trim_end_matches('}').trim();
        text.push_str(before);
        if let Some(value) = given.value(name) {
            text.push_str(value);
        } else {
            report.placeholders().add(name.to_owned(), node.span);
            unresolved = true;
            text.push_str(expression);
        }
        rest = after;
    }
    text.push_str(rest);
    let mut node = whole(Kind::String(text), node.span);
    node.unresolved = unresolved;
    node
}

/// The end of a `${…}` at the start of `text`; brackets and texts inside may hold brackets.
pub(super) fn end_of_interpolation(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut open) = (2, 0_usize);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = end_of_text(text, at)?.checked_sub(1)?,
            b'{' => open += 1,
            b'}' if open == 0 => return Some(at + 1),
            b'}' => open -= 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The end of the text in quotes that begins at `start`. Its own interpolations hold no texts with brackets.
pub(super) fn end_of_text(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => return Some(at + 1),
            _ => at += 1,
        }
    }
}
