//! Places in a text.

use super::{Member, Node, Span};

/// What to point at, and which key or value it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    span: Span,
    /// Where that key or value starts; none where it is about no particular one.
    about: Option<usize>,
}

impl Place {
    /// A value.
    pub(crate) fn value(node: &Node) -> Self {
        Self::at(node.span)
    }

    /// A key, which is about its value.
    pub(crate) fn key(member: &Member) -> Self {
        Self::at(member.key_span)
    }

    /// A string, from the byte `offset` of what it says to its end; it is about the string.
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

    /// The bytes from `start` to `end` of what a string says; it is about the string.
    pub(crate) fn part(node: &Node, start: usize, end: usize) -> Self {
        let (start, end) = (node.source_of(start), node.source_of(end));
        Self::at(Span::new(start, end.max(start))).about(node)
    }

    /// A value, of which only the opening bracket is shown.
    pub(crate) fn opening(node: &Node) -> Self {
        Self::at(Span::new(node.span.start, node.span.start + 1))
    }

    /// Any part of the text; it is about the key or value that it starts.
    pub(crate) fn at(span: Span) -> Self {
        Self {
            span,
            about: Some(span.start),
        }
    }

    /// The whole text, which is about nothing in particular.
    pub(crate) fn document() -> Self {
        Self::at(Span::new(0, 0)).nowhere()
    }

    /// It is about another value.
    pub(crate) fn about(self, node: &Node) -> Self {
        Self {
            about: Some(node.span.start),
            ..self
        }
    }

    /// The bytes that it points at.
    pub(crate) fn span(self) -> Span {
        self.span
    }

    /// Where the key or value starts that it is about.
    pub(crate) fn about_at(self) -> Option<usize> {
        self.about
    }

    /// It is about nothing in particular.
    pub(crate) fn nowhere(self) -> Self {
        Self { about: None, ..self }
    }
}
