//! Lines and columns of a text.

use std::ops::Range;

use crate::definition::{Excerpt, MAX_CHARACTERS};

/// The starts of a text's lines.
pub(super) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(super) fn of(source: &str) -> Self {
        // A character has at most four bytes, and a longer definition is refused as a whole.
        let breaks = source
            .bytes()
            .take(4 * MAX_CHARACTERS)
            .enumerate()
            .filter(|(_, byte)| *byte == b'\n')
            .map(|(at, _)| at + 1);
        Self {
            starts: std::iter::once(0).chain(breaks).collect(),
        }
    }

    /// The line of a position, from 1.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset)
    }

    /// The line and column of a span, and the line's text.
    pub(super) fn shown(&self, span: Range<usize>, source: &str, columns: &mut Columns) -> (usize, usize, Excerpt) {
        let line = self.line_of(span.start);
        let line_start = line
            .checked_sub(1)
            .and_then(|index| self.starts.get(index))
            .copied()
            .unwrap_or(0);
        let next_line = self.starts.get(line).copied().unwrap_or(source.len() + 1);
        let text = source.get(line_start..next_line - 1).unwrap_or_default();
        let line_end = line_start + text.trim_end_matches('\r').len();
        let column = columns.of(source, line_start, span.start);
        (line, column, Excerpt::new(source, line_start..line_end, span))
    }
}

/// Counts columns from the last counted position, since a whole definition may be one long line.
#[derive(Default)]
pub(super) struct Columns {
    line_start: usize,
    offset: usize,
    before: usize,
}

impl Columns {
    /// The column of a position in its line, in characters, from 1.
    fn of(&mut self, source: &str, line_start: usize, offset: usize) -> usize {
        if self.line_start != line_start || offset < self.offset {
            *self = Self {
                line_start,
                offset: line_start,
                before: 0,
            };
        }
        self.before += source.get(self.offset..offset).map_or(0, |text| text.chars().count());
        self.offset = offset;
        self.before + 1
    }
}
