//! Reads Terraform's language as far as definitions need it; what is not understood is passed over.

use serde_json::Number;

use super::expression::{Attribute, Block, Expression, end_of_interpolation, end_of_text};
use crate::data::json::{Kind, Node, Span, TextMap};

/// The deepest nesting of blocks and values.
const MAX_DEPTH: usize = 64;

/// Reads a file. What it does not understand it leaves out.
pub(super) struct Reader<'s> {
    source: &'s str,
    at: usize,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s str) -> Self {
        Self { source, at: 0 }
    }

    /// The blocks of the file, and where the others begin that cannot be read.
    pub(super) fn blocks(mut self) -> (Vec<Block<'s>>, Vec<Span>) {
        let (mut blocks, mut unreadable) = (Vec::new(), Vec::new());
        loop {
            self.skip(true);
            if self.peek().is_none() {
                return (blocks, unreadable);
            }
            let start = self.at;
            if let Some(block) = self.block() {
                blocks.push(block);
            } else {
                let line = self.source.get(start..).and_then(|rest| rest.lines().next());
                unreadable.push(Span::new(start, start + line.unwrap_or_default().len()));
                self.at = self.next_block(start);
            }
        }
    }

    /// The start of the line behind `start` that may begin a block: it begins with a letter.
    fn next_block(&self, start: usize) -> usize {
        let mut at = start;
        while let Some(end) = self.source.get(at..).and_then(|rest| rest.find('\n')) {
            at += end + 1;
            let rest = self.source.get(at..).unwrap_or_default();
            if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                return at;
            }
        }
        self.source.len()
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
            self.skip(false);
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
            self.skip(true);
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
