//! Places in a text that a report points at.

use super::{Member, Node, Span};

/// The part of a text to point at, and the key or value that a report there is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    span: Span,
    /// The offset of that key or value; `None` if the report is about none in particular.
    about: Option<usize>,
}

impl Place {
    /// A value.
    pub(crate) fn value(node: &Node) -> Self {
        Self::at(node.span)
    }

    /// A key. The report is about its value.
    pub(crate) fn key(member: &Member) -> Self {
        Self::at(member.key_span)
    }

    /// A string from its byte `offset` to its end. The report is about the string.
    pub(crate) fn inside(node: &Node, offset: usize) -> Self {
        let start = node.source_of(offset);
        if offset == 0 || start <= node.span.start {
            return Self::value(node);
        }
        // At the end, only the closing quote is left to point at.
        let text_end = node.text_end();
        let end = if start < text_end { text_end } else { node.span.end };
        Self::at(Span::new(start, end)).about(node)
    }

    /// A string's bytes from `start` to `end`. The report is about the string.
    pub(crate) fn part(node: &Node, start: usize, end: usize) -> Self {
        let (start, end) = (node.source_of(start), node.source_of(end));
        Self::at(Span::new(start, end.max(start))).about(node)
    }

    /// A value, pointing only at its opening bracket.
    pub(crate) fn opening(node: &Node) -> Self {
        Self::at(Span::new(node.span.start, node.span.start + 1))
    }

    /// Any part of the text. The report is about the key or value that starts there.
    pub(crate) fn at(span: Span) -> Self {
        Self {
            span,
            about: Some(span.start),
        }
    }

    /// The whole text. The report is about no key or value in particular.
    pub(crate) fn document() -> Self {
        Self::at(Span::new(0, 0)).nowhere()
    }

    /// Changes the value that the report is about.
    pub(crate) fn about(self, node: &Node) -> Self {
        Self {
            about: Some(node.span.start),
            ..self
        }
    }

    /// The part of the text to point at.
    pub(crate) fn span(self) -> Span {
        self.span
    }

    /// The offset of the key or value that the report is about.
    pub(crate) fn about_at(self) -> Option<usize> {
        self.about
    }

    /// Makes the report about no key or value in particular.
    pub(crate) fn nowhere(self) -> Self {
        Self { about: None, ..self }
    }
}
