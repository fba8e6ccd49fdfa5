//! The part of Terraform's language that definitions are written in: blocks, attributes, constants, heredocs and calls.

use serde_json::Number;
use std::cell::Cell;

use crate::data::json::{Kind, Member, Node, Object, Span, Substitutions, TextMap};
use crate::loading::report::Report;
use crate::loading::yaml;

/// The deepest nesting of blocks and values.
const MAX_DEPTH: usize = 64;

/// A block, such as `resource "aws_sfn_state_machine" "orders" { … }`.
pub(super) struct Block<'s> {
    pub(super) kind: &'s str,
    pub(super) labels: Vec<String>,
    /// The place of its type.
    pub(super) span: Span,
    attributes: Vec<Attribute<'s>>,
}

/// A name with its value.
pub(super) struct Attribute<'s> {
    pub(super) name: String,
    span: Span,
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
fn end_of_text(text: &str, start: usize) -> Option<usize> {
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

/// Reads a file. What it does not understand it leaves out.
pub(super) struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    /// The blocks of the file.
    pub(super) fn blocks(mut self) -> Vec<Block<'s>> {
        let mut blocks = Vec::new();
        loop {
            self.skip(true);
            if self.peek().is_none() {
                return blocks;
            }
            let start = self.at;
            match self.block() {
                Some(block) => blocks.push(block),
                None => self.at = self.at.max(start + self.peek().map_or(1, char::len_utf8)),
            }
        }
    }

    /// `TYPE "LABEL" { … }`; `None` if there is none.
    fn block(&mut self) -> Option<Block<'s>> {
        let start = self.at;
        let kind = self.word()?;
        let span = Span::new(start, self.at);
        let mut labels = Vec::new();
        loop {
            self.skip(false);
            match self.peek()? {
                '"' => labels.push(self.text()?.as_str()?.to_owned()),
                '{' => break,
                c if is_in_word(c) => labels.push(self.word()?.to_owned()),
                _ => return None,
            }
        }
        self.at += 1;
        let attributes = self.attributes(MAX_DEPTH)?;
        Some(Block {
            kind,
            labels,
            span,
            attributes,
        })
    }

    /// The attributes up to the closing bracket, of a block or an object; blocks inside of blocks are left out.
    fn attributes(&mut self, depth: usize) -> Option<Vec<Attribute<'s>>> {
        let mut attributes: Vec<Attribute<'s>> = Vec::new();
        loop {
            self.skip(true);
            let start = self.at;
            let name = match self.peek()? {
                '}' => {
                    self.at += 1;
                    return Some(attributes);
                }
                ',' => {
                    self.at += 1;
                    continue;
                }
                '"' => self.text()?.as_str()?.to_owned(),
                '(' => {
                    self.balanced()?;
                    format!("${{{}}}", self.source.get(start + 1..self.at - 1)?.trim())
                }
                _ => self.word()?.to_owned(),
            };
            let span = Span::new(start, self.at);
            self.skip(false);
            match self.peek()? {
                '=' | ':' => {
                    self.at += 1;
                    let value = self.expression(depth.checked_sub(1)?, false)?;
                    // Of a name that stands twice the last one counts.
                    attributes.retain(|known| known.name != name);
                    attributes.push(Attribute { name, span, value });
                }
                '"' | '{' => self.nested_block(depth.checked_sub(1)?)?,
                c if is_in_word(c) => self.nested_block(depth.checked_sub(1)?)?,
                _ => return None,
            }
        }
    }

    /// Skips the labels and the body of a block inside of a block.
    fn nested_block(&mut self, depth: usize) -> Option<()> {
        loop {
            self.skip(false);
            match self.peek()? {
                '"' => drop(self.text()?),
                '{' => break,
                _ => drop(self.word()?),
            }
        }
        self.at += 1;
        self.attributes(depth).map(drop)
    }

    /// An expression; in brackets it may go on in the next line.
    fn expression(&mut self, depth: usize, in_brackets: bool) -> Option<Expression<'s>> {
        self.skip(in_brackets);
        let start = self.at;
        let value = self.value(depth);
        let after = self.at;
        self.skip(in_brackets);
        let ends = matches!(self.peek(), None | Some('\n' | '\r' | ',' | '}' | ']' | ')'));
        match value {
            Some(value) if ends || matches!(value, Expression::Heredoc(_)) => {
                self.at = after;
                Some(value)
            }
            _ => {
                self.at = start;
                self.rest_of_expression(in_brackets)?;
                Some(Expression::Other(Span::new(start, self.at)))
            }
        }
    }

    /// A constant, a collection, a heredoc or a call; `None` if it is none of them.
    fn value(&mut self, depth: usize) -> Option<Expression<'s>> {
        let start = self.at;
        match self.peek()? {
            '"' => self.text().map(Expression::Text),
            '<' => self.heredoc(),
            // A `for` expression.
            '[' | '{' if is_for(self.rest()) => None,
            '[' => {
                self.at += 1;
                let elements = self.list(']', depth.checked_sub(1)?)?;
                Some(Expression::Array(elements, Span::new(start, self.at)))
            }
            '{' => {
                self.at += 1;
                let attributes = self.attributes(depth)?;
                Some(Expression::Object(attributes, Span::new(start, self.at)))
            }
            c if c == '-' || c.is_ascii_digit() => {
                let end = self
                    .rest()
                    .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | '+'));
                self.at += end.unwrap_or(self.rest().len());
                let number: Number = serde_json::from_str(self.source.get(start..self.at)?).ok()?;
                Some(Expression::Constant(self.constant(Kind::Number(number), start)))
            }
            _ => {
                let word = self.word()?;
                let kind = match word {
                    "true" => Kind::Boolean(true),
                    "false" => Kind::Boolean(false),
                    "null" => Kind::Null,
                    _ if self.peek() == Some('(') => {
                        self.at += 1;
                        let arguments = self.list(')', depth.checked_sub(1)?)?;
                        return Some(Expression::Call {
                            name: word,
                            arguments,
                            span: Span::new(start, self.at),
                        });
                    }
                    _ => return None,
                };
                Some(Expression::Constant(self.constant(kind, start)))
            }
        }
    }

    fn constant(&self, kind: Kind, start: usize) -> Node {
        Node {
            span: Span::new(start, self.at),
            kind,
            unresolved: false,
            text_map: None,
        }
    }

    /// The elements up to the closing bracket.
    fn list(&mut self, close: char, depth: usize) -> Option<Vec<Expression<'s>>> {
        let mut elements = Vec::new();
        loop {
            self.skip(true);
            match self.peek()? {
                ',' => self.at += 1,
                c if c == close => {
                    self.at += 1;
                    return Some(elements);
                }
                _ => {
                    let start = self.at;
                    elements.push(self.expression(depth, true)?);
                    // A bracket of another kind is no element, and would be none for ever.
                    if self.at == start {
                        return None;
                    }
                }
            }
        }
    }

    /// A text in quotes, with the places of its characters.
    fn text(&mut self) -> Option<Node> {
        let start = self.at;
        let mut text = String::new();
        let mut map = TextMap::default();
        let mut unresolved = false;
        self.at += 1;
        loop {
            let rest = self.rest();
            let plain = rest.find(['"', '\\', '$', '%', '\n'])?;
            text.push_str(rest.get(..plain)?);
            self.at += plain;
            let (from, text_from, rest) = (self.at, text.len(), self.rest());
            match rest.as_bytes().first()? {
                b'"' => {
                    self.at += 1;
                    return Some(Node {
                        span: Span::new(start, self.at),
                        kind: Kind::String(text),
                        unresolved,
                        text_map: Some(Box::new(map)),
                    });
                }
                b'\n' => return None,
                b'\\' => {
                    self.at += 2;
                    match rest.as_bytes().get(1)? {
                        b'n' => text.push('\n'),
                        b'r' => text.push('\r'),
                        b't' => text.push('\t'),
                        b'u' => {
                            let digits = rest.get(2..6)?;
                            text.push(char::from_u32(u32::from_str_radix(digits, 16).ok()?)?);
                            self.at += 4;
                        }
                        b'"' => text.push('"'),
                        b'\\' => text.push('\\'),
                        _ => return None,
                    }
                }
                _ if rest.starts_with("$${") || rest.starts_with("%%{") => {
                    // `text_with_values` takes the sign away.
                    text.push_str(rest.get(..3)?);
                    self.at += 3;
                    continue;
                }
                _ if rest.starts_with("${") || rest.starts_with("%{") => {
                    let end = end_of_interpolation(rest)?;
                    text.push_str(rest.get(..end)?);
                    self.at += end;
                    unresolved = true;
                }
                _ => {
                    text.push_str(rest.get(..1)?);
                    self.at += 1;
                    continue;
                }
            }
            map.add(text_from, text.len(), from, self.at);
        }
    }

    /// `<<EOF` or `<<-EOF`, its lines, and `EOF` alone in a line.
    fn heredoc(&mut self) -> Option<Expression<'s>> {
        let rest = self.rest().strip_prefix("<<")?;
        let marker_line = rest.lines().next()?;
        let marker = marker_line.trim_start_matches('-').trim();
        let start = self.at + 2 + rest.find('\n')? + 1;
        let mut at = start;
        for line in self.source.get(start..)?.split_inclusive('\n') {
            if line.trim() == marker && !marker.is_empty() {
                self.at = at + line.trim_end().len();
                return Some(Expression::Heredoc(Span::new(start, at)));
            }
            at += line.len();
        }
        None
    }

    /// Skips an expression that is not understood.
    fn rest_of_expression(&mut self, in_brackets: bool) -> Option<()> {
        loop {
            match self.peek() {
                None | Some(',' | '}' | ']' | ')') => return Some(()),
                Some('\n') if !in_brackets => return Some(()),
                Some('(' | '[' | '{') => self.balanced()?,
                Some('"') => self.at = end_of_text(self.source, self.at)?,
                Some('<') if self.rest().starts_with("<<") => drop(self.heredoc()?),
                Some(c) => self.at += c.len_utf8(),
            }
        }
    }

    /// Skips brackets with all inside.
    fn balanced(&mut self) -> Option<()> {
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                '(' | '[' | '{' => {
                    open += 1;
                    self.at += 1;
                }
                ')' | ']' | '}' => {
                    open = open.checked_sub(1)?;
                    self.at += 1;
                    if open == 0 {
                        return Some(());
                    }
                }
                '"' => self.at = end_of_text(self.source, self.at)?,
                c => self.at += c.len_utf8(),
            }
        }
    }

    /// A name of letters, digits, `_` and `-`; `None` if there is none.
    fn word(&mut self) -> Option<&'s str> {
        let rest = self.source.get(self.at..)?;
        let end = rest.find(|c| !is_in_word(c)).unwrap_or(rest.len());
        let word = rest.get(..end).filter(|word| !word.is_empty())?;
        self.at += end;
        Some(word)
    }

    /// Skips blanks and comments, and line ends if wanted.
    fn skip(&mut self, with_lines: bool) {
        loop {
            let rest = self.rest();
            let length = match rest.as_bytes().first() {
                Some(b' ' | b'\t' | b'\r') => 1,
                Some(b'\n') if with_lines => 1,
                Some(b'#') => rest.find('\n').unwrap_or(rest.len()),
                Some(b'/') if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
                Some(b'/') if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
                _ => return,
            };
            self.at += length;
        }
    }

    fn rest(&self) -> &'s str {
        self.source.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }
}

fn is_for(rest: &str) -> bool {
    rest.trim_start_matches(['[', '{']).trim_start().starts_with("for ")
}

fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}
