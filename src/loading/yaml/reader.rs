//! Builds the tree from the parser's events.

use saphyr_parser::{Event, Parser, ScalarStyle, StrInput};
use std::borrow::Cow;
use std::collections::HashMap;

use super::offsets::Offsets;
use super::tags::{intrinsic, short_tag};
use super::{align, indentation, placeholders, scalar};
use crate::data::json::{Kind, MAX_DEPTH, Member, Node, Object, Place, SeenKeys, Span};
use crate::definition::{Code, MAX_CHARACTERS};
use crate::loading::json::{Duplicate, report_too_deep};
use crate::loading::report::Report;

pub(super) struct Reader<'s, 'r> {
    source: &'s str,
    offsets: Offsets,
    events: Parser<'s, StrInput<'s>>,
    report: &'r mut Report,
    anchors: HashMap<usize, Node>,
    /// How many more values aliases may add.
    room: usize,
    depth: usize,
    pub(super) duplicates: Vec<Duplicate>,
    /// Whether the text was refused for an indentation that YAML 1.1 allows.
    pub(super) is_misindented: bool,
    /// Whether the brackets of placeholders are hidden from the parser.
    has_hidden: bool,
}

/// The text cannot be read as YAML; the reason is reported.
pub(super) struct Refused;

impl<'s, 'r> Reader<'s, 'r> {
    /// A reader of `text`, which is `source` but for the indentation; `offsets` leads back to `source`.
    pub(super) fn new(source: &'s str, text: &'s str, offsets: Offsets, report: &'r mut Report) -> Self {
        Self {
            source,
            offsets,
            events: Parser::new_from_str(text),
            report,
            anchors: HashMap::new(),
            room: MAX_CHARACTERS,
            depth: 0,
            duplicates: Vec::new(),
            is_misindented: false,
            has_hidden: placeholders::are_hidden(source, text),
        }
    }

    /// A text of the source, as it is written there.
    fn shown(&self, text: Cow<'s, str>) -> Cow<'s, str> {
        if self.has_hidden {
            return placeholders::shown(text);
        }
        text
    }

    pub(super) fn document(&mut self) -> Result<Node, Refused> {
        let root = loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentStart(_) => {}
                Event::StreamEnd => return Err(self.refuse(span, "the text holds no YAML document", None)),
                event => break self.value(event, span, 0)?,
            }
        };
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentEnd => {}
                Event::StreamEnd => return Ok(root),
                _ => {
                    return Err(self.refuse(
                        span,
                        "a second document begins here",
                        Some("a text holds one definition"),
                    ));
                }
            }
        }
    }

    fn next(&mut self) -> Result<(Event<'s>, Span), Refused> {
        match self.events.next_event() {
            Some(Ok((event, span))) => {
                let start = self.offsets.byte(span.start.index());
                Ok((event, Span::new(start, self.offsets.byte(span.end.index()).max(start))))
            }
            Some(Err(error)) => {
                self.is_misindented = indentation::is_wrong(&error);
                let at = self.offsets.byte(error.marker().index());
                Err(self.refuse(Span::new(at, at), error.info(), None))
            }
            None => Err(self.refuse(
                Span::new(self.source.len(), self.source.len()),
                "the text ends too early",
                None,
            )),
        }
    }

    /// The value that begins with `event`. `owner` is the end of its key, or its `-`: the position shown for a block,
    /// which has no bracket of its own.
    fn value(&mut self, event: Event<'s>, span: Span, owner: usize) -> Result<Node, Refused> {
        let (anchor, tag, node) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let name = tag.as_ref().and_then(|tag| short_tag(tag));
                let is_text =
                    name.is_some() || style != ScalarStyle::Plain || tag.is_some_and(|tag| tag.suffix == "str");
                (anchor, name, self.scalar(&self.shown(text), style, is_text, span)?)
            }
            Event::SequenceStart(anchor, tag) => {
                let start = self.opening(span, b'[', owner);
                (
                    anchor,
                    tag.and_then(|tag| short_tag(&tag)),
                    self.nested(start, Self::sequence)?,
                )
            }
            Event::MappingStart(anchor, tag) => {
                let start = self.opening(span, b'{', owner);
                (
                    anchor,
                    tag.and_then(|tag| short_tag(&tag)),
                    self.nested(start, Self::mapping)?,
                )
            }
            Event::Alias(id) => return self.alias(id, span),
            _ => return Err(self.refuse(span, "a value is expected here", None)),
        };
        let node = match tag {
            Some(name) => intrinsic(name, node),
            None => node,
        };
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        Ok(node)
    }

    /// The start of an array or object: its bracket, or its owner.
    fn opening(&self, span: Span, bracket: u8, owner: usize) -> usize {
        let shown = self.source.get(span.start..span.end).unwrap_or_default();
        match shown.bytes().position(|byte| byte == bracket) {
            Some(at) => span.start + at,
            None => owner,
        }
    }

    fn nested(&mut self, start: usize, read: fn(&mut Self) -> Result<(Kind, usize), Refused>) -> Result<Node, Refused> {
        if self.depth == MAX_DEPTH {
            report_too_deep(Span::new(start, start + 1), self.report);
            return Err(Refused);
        }
        self.depth += 1;
        let read = read(self);
        self.depth -= 1;
        let (kind, end) = read?;
        Ok(Node {
            span: Span::new(start, end.max(start + 1)),
            kind,
            unresolved: false,
            text_map: None,
        })
    }

    fn sequence(&mut self) -> Result<(Kind, usize), Refused> {
        let mut elements = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd) {
                return Ok((Kind::Array(elements), self.trimmed_end(span)));
            }
            // The `-` before a block, or the element itself.
            let before = self
                .source
                .get(..span.start)
                .unwrap_or_default()
                .trim_end_matches([' ', '\n', '\r']);
            let owner = if before.ends_with('-') {
                before.len() - 1
            } else {
                span.start
            };
            elements.push(self.value(event, span, owner)?);
        }
    }

    fn mapping(&mut self) -> Result<(Kind, usize), Refused> {
        let mut members: Vec<Member> = Vec::new();
        let mut merged: Vec<Member> = Vec::new();
        let mut seen = SeenKeys::default();
        loop {
            let (event, key_span) = self.next()?;
            let (key, is_plain) = match event {
                Event::MappingEnd => {
                    // A member of its own wins, and otherwise the first that is merged.
                    for member in merged {
                        if seen.earlier(&members, &member.key).is_none() {
                            members.push(member);
                        }
                    }
                    return Ok((Kind::Object(Object { members }), self.trimmed_end(key_span)));
                }
                Event::Scalar(text, style, ..) => (self.shown(text).into_owned(), style == ScalarStyle::Plain),
                _ => return Err(self.refuse(key_span, "a key is a text", None)),
            };
            let key_span = Span::new(key_span.start, self.trimmed_end(key_span).max(key_span.start));
            let (event, span) = self.next()?;
            let value = self.value(event, span, key_span.end)?;
            if is_plain && key == "<<" {
                let refused =
                    |reader: &mut Self| reader.refuse(span, "a merge key takes an object, or a list of objects", None);
                merged.extend(members_to_merge(value).ok_or_else(|| refused(self))?);
                continue;
            }
            if let Some(earlier) = seen.earlier(&members, &key) {
                self.duplicates.push(Duplicate {
                    key: key.clone(),
                    span: key_span,
                    earlier,
                });
            }
            members.push(Member {
                key,
                key_span,
                key_unresolved: false,
                value,
            });
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, is_text: bool, span: Span) -> Result<Node, Refused> {
        let end = self.trimmed_end(span);
        let span = Span::new(span.start, end.max(span.start));
        if !is_text {
            match scalar::plain(text) {
                Ok(Some(kind)) => {
                    return Ok(Node {
                        span,
                        kind,
                        unresolved: false,
                        text_map: None,
                    });
                }
                Ok(None) if scalar::is_boolean_in_yaml_1_1(text) => {
                    self.report
                        .warning(
                            Code::AmbiguousYaml,
                            Place::at(span),
                            format!("SAM and CloudFormation take `{text}` for a boolean: they read YAML 1.1"),
                        )
                        .help("put it in quotes where a text is meant, else write `true` or `false`");
                }
                Ok(None) => {}
                Err(message) => return Err(self.refuse(span, message, Some("put it in quotes where a text is meant"))),
            }
        }
        let raw = self.source.get(span.start..span.end).unwrap_or_default();
        let column = match style {
            // There is at most one per line, so this is linear.
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let before = self.source.get(..span.start).unwrap_or_default();
                before.len() - before.rfind('\n').map_or(0, |at| at + 1)
            }
            _ => 0,
        };
        Ok(Node {
            span,
            kind: Kind::String(text.to_owned()),
            unresolved: false,
            text_map: Some(Box::new(align::align(text, raw, span.start, column, style))),
        })
    }

    /// A copy of the anchor's value, placed at the alias.
    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Refused> {
        let Some(mut node) = self.anchors.get(&id).cloned() else {
            return Err(self.refuse(span, "the alias stands inside of its own anchor", None));
        };
        if !stamp(&mut node, span, self.depth, &mut self.room) {
            return Err(self.refuse(
                span,
                "the aliases make the definition too long or nest it too deep",
                None,
            ));
        }
        Ok(node)
    }

    /// The end without trailing blanks.
    fn trimmed_end(&self, span: Span) -> usize {
        let shown = self.source.get(span.start..span.end).unwrap_or_default();
        span.start + shown.trim_end().len()
    }

    fn refuse(&mut self, span: Span, message: &str, help: Option<&str>) -> Refused {
        let finding = self.report.error(Code::InvalidYaml, Place::at(span).nowhere(), message);
        finding.maybe_help(help.map(str::to_owned));
        Refused
    }
}

/// The members that a merge key adds (YAML's type repository, "Merge Key"); `None` if its value has none.
fn members_to_merge(value: Node) -> Option<Vec<Member>> {
    match value.kind {
        Kind::Object(object) => Some(object.members),
        Kind::Array(elements) => {
            let each = elements.into_iter().map(|element| match element.kind {
                Kind::Object(object) => Some(object.members),
                _ => None,
            });
            Some(each.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect())
        }
        _ => None,
    }
}

/// Places a whole tree at `span`; `false` if it is too large or too deep.
fn stamp(node: &mut Node, span: Span, depth: usize, room: &mut usize) -> bool {
    let size = match &node.kind {
        Kind::String(text) => text.len() + 1,
        _ => 1,
    };
    let Some(left) = room.checked_sub(size).filter(|_| depth <= MAX_DEPTH) else {
        return false;
    };
    *room = left;
    node.span = span;
    node.text_map = None;
    match &mut node.kind {
        Kind::Array(elements) => elements.iter_mut().all(|element| stamp(element, span, depth + 1, room)),
        Kind::Object(object) => object.members.iter_mut().all(|member| {
            member.key_span = span;
            stamp(&mut member.value, span, depth + 1, room)
        }),
        _ => true,
    }
}
