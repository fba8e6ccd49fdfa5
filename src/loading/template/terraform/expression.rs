//! The part of Terraform's language that definitions are written in, and its values as JSON: blocks, attributes, constants,
//! heredocs and calls.

use std::cell::Cell;

use crate::data::json::{Kind, Member, Node, Object, Span, Substitutions, TextMap};
use crate::loading::report::Report;
use crate::loading::template::rewriting::Rewriting;
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

    /// The name and default of a variable; a default of null is none.
    pub(super) fn default_of_variable(&self) -> Option<(&str, &Expression<'s>)> {
        let name = self.labels.first().filter(|_| self.kind == "variable")?;
        let default = &self.attribute("default")?.value;
        let is_null = matches!(default, Expression::Constant(node) if matches!(node.kind, Kind::Null));
        (!is_null).then_some((name.as_str(), default))
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
            Self::Text(node)
                if node
                    .as_str()
                    .is_some_and(|text| text.contains("${") || text.contains("%{")) =>
            {
                return text_with_values(node, scope, report);
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
                if let Some(value) = scope.given.value(name) {
                    let kind = yaml::plain(value, 0).unwrap_or_else(|| Kind::String(value.to_owned()));
                    return whole(kind, span);
                }
                if let (Some(known), Some(depth)) = (scope.known(name), depth.checked_sub(1)) {
                    let mut node = known.node(scope, depth, report);
                    node.stamp(span);
                    return node;
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
    /// The defaults of variables.
    pub(super) variables: Vec<(&'e str, &'e Expression<'s>)>,
    /// How many more local values are read: values that name each other could fill the memory.
    pub(super) room: Cell<usize>,
}

/// How many values that name each other are read.
const MAX_CONSTANTS: usize = 8;

impl<'e, 's> Scope<'e, 's> {
    /// The value of `local.NAME`, or the default of `var.NAME`.
    pub(super) fn known(&self, expression: &str) -> Option<&'e Expression<'s>> {
        if let Some(name) = expression.strip_prefix("var.") {
            let variable = self.variables.iter().find(|(variable, _)| *variable == name)?;
            self.room.set(self.room.get().checked_sub(1)?);
            return Some(variable.1);
        }
        let name = expression.strip_prefix("local.")?;
        let local = self.locals.iter().find(|local| local.name == name)?;
        self.room.set(self.room.get().checked_sub(1)?);
        Some(&local.value)
    }

    /// The text of an expression that has one value: a constant, a value that the user gives, or a local value of these.
    pub(super) fn constant(&self, name: &str) -> Option<String> {
        self.constant_within(name, MAX_CONSTANTS)
    }

    fn constant_within(&self, name: &str, depth: usize) -> Option<String> {
        if let Some(given) = self.given.value(name) {
            return Some(given.to_owned());
        }
        let depth = depth.checked_sub(1)?;
        match self.known(name)? {
            Expression::Text(node) if !node.unresolved => node.as_str().map(str::to_owned),
            Expression::Constant(node) => Some(node.to_value().to_string()),
            Expression::Other(span) => {
                let name = self.source.get(span.start..span.end)?;
                self.constant_within(name.trim(), depth)
            }
            _ => None,
        }
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
fn text_with_values(node: &Node, scope: &Scope<'_, '_>, report: &mut Report) -> Node {
    let mut is_unresolved = false;
    let mut unknown = |expression: &str| {
        is_unresolved = true;
        report.placeholders().add(expression.to_owned(), node.span);
        None
    };
    let rewritten = interpolated(node, &mut |part| match part {
        Part::Expression(name) => scope.constant(name).or_else(|| unknown(name)),
        Part::Directive(text) => unknown(text),
        Part::Escaped(text) => Some(text.to_owned()),
    });
    let mut rewritten = rewritten.unwrap_or_else(|| node.clone());
    rewritten.unresolved = is_unresolved;
    rewritten
}

/// A part of a text that is no plain text.
pub(super) enum Part<'t> {
    /// The expression in `${…}`
    Expression(&'t str),
    /// What stands in `%{…}`
    Directive(&'t str),
    /// `${…}` or `%{` that is written `$${…}` or `%%{`
    Escaped(&'t str),
}

/// The text with the values that `value_of` gives for its parts; a part without a value stays. `None` if a part has no end.
pub(super) fn interpolated(node: &Node, value_of: &mut dyn FnMut(Part<'_>) -> Option<String>) -> Option<Node> {
    let text = node.as_str()?;
    let mut rewriting = Rewriting::of(node)?;
    let mut at = 0;
    while let Some(start) = text.get(at..).and_then(next_part).map(|found| at + found) {
        let rest = text.get(start..)?;
        let is_escaped = rest.starts_with("$$") || rest.starts_with("%%");
        let begin = start + usize::from(is_escaped);
        let length = match (is_escaped, rest.starts_with('$')) {
            (true, false) => 2,
            _ => end_of_interpolation(text.get(begin..)?)?,
        };
        let end = begin + length;
        let part = text.get(begin..end)?;
        let inner = part
            .get(2..)
            .and_then(|inner| inner.strip_suffix('}'))
            .unwrap_or_default();
        // `${~ name ~}` takes blanks away around it.
        let inner = inner.trim_start_matches('~').trim_end_matches('~').trim();
        let value = value_of(match (is_escaped, part.starts_with('$')) {
            (true, _) => Part::Escaped(part),
            (false, true) => Part::Expression(inner),
            (false, false) => Part::Directive(part),
        });
        rewriting.keep(at, start);
        match value {
            Some(value) => rewriting.put(&value, start, end),
            None => rewriting.keep(start, end),
        }
        at = end;
    }
    rewriting.keep(at, text.len());
    Some(rewriting.finish())
}

/// The start of the first part that is no plain text.
fn next_part(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let found = bytes.windows(2).position(|pair| matches!(pair, b"${" | b"%{"))?;
    let sign = bytes.get(found)?;
    let is_escaped = found > 0 && bytes.get(found - 1) == Some(sign);
    Some(found - usize::from(is_escaped))
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
