//! The source line shown by a diagnostic, with the underlined part.

use std::ops::Range;

use crate::definition::Excerpt;

impl Excerpt {
    /// The longest line that is not cut.
    const LONGEST: usize = 160;

    /// The most characters of a cut line shown before and after the start of the underlined part.
    const REACH: usize = 80;

    /// The line `line` with the part of `span` in it underlined; both are byte ranges of `source`.
    pub(crate) fn new(source: &str, line: Range<usize>, span: Range<usize>) -> Self {
        let before = source.get(line.start..span.start).unwrap_or_default();
        let marked_end = span.end.clamp(span.start, line.end.max(span.start));
        let marked = source.get(span.start..marked_end).unwrap_or_default();
        let after = source.get(marked_end..line.end).unwrap_or_default();
        let whole = source.get(line).unwrap_or_default();
        let reach = if whole.chars().nth(Self::LONGEST).is_none() {
            Self::LONGEST
        } else {
            Self::REACH
        };

        let mut excerpt = Self::default();
        let shown_before = before.char_indices().rev().take(reach).last().map_or(0, |(at, _)| at);
        if shown_before > 0 {
            excerpt.push('…', false);
        }
        excerpt.push_all(before.get(shown_before..).unwrap_or_default(), false);
        let caret_at = excerpt.underline.len();
        let mut room = reach;
        for (text, is_marked) in [(marked, true), (after, false)] {
            let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
            let shown = text.get(..end).unwrap_or_default();
            excerpt.push_all(shown, is_marked);
            room -= shown.chars().count();
            if end < text.len() {
                excerpt.push('…', false);
                break;
            }
        }
        if marked.is_empty() {
            excerpt.underline.truncate(caret_at);
            excerpt.underline.push('^');
        }
        excerpt.text.truncate(excerpt.text.trim_end().len());
        excerpt.underline.truncate(excerpt.underline.trim_end().len());
        excerpt
    }

    fn push_all(&mut self, text: &str, marked: bool) {
        for c in text.chars() {
            self.push(c, marked);
        }
    }

    fn push(&mut self, c: char, marked: bool) {
        let (shown, blank) = match c {
            '\t' => ('\t', '\t'),
            c if c.is_control() => (char::REPLACEMENT_CHARACTER, ' '),
            c => (c, ' '),
        };
        self.text.push(shown);
        for _ in 0..columns(shown) {
            self.underline.push(if marked { '^' } else { blank });
        }
    }
}

/// The width of a character in a terminal: two for East Asian wide characters and emoji, zero for combining marks.
fn columns(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F680..=0x1F6FF
        | 0x1F900..=0x1F9FF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn excerpt(line: &str, span: Range<usize>) -> (String, String) {
        let Excerpt { text, underline } = Excerpt::new(line, 0..line.len(), span);
        (text, underline)
    }

    #[test]
    fn the_span_is_underlined() {
        assert_eq!(excerpt(r#"{"a": 1}"#, 1..4), (r#"{"a": 1}"#.into(), " ^^^".into()));
        assert_eq!(excerpt("{", 1..1), ("{".into(), " ^".into()));
    }

    #[test]
    fn tabs_and_wide_characters_keep_the_carets_below_their_text() {
        assert_eq!(excerpt("\t7", 1..2), ("\t7".into(), "\t^".into()));
        assert_eq!(excerpt("状態 7", 7..8), ("状態 7".into(), "     ^".into()));
    }

    #[test]
    fn a_long_line_is_cut_on_both_sides() {
        let line = format!("{}x{}", "a".repeat(500), "b".repeat(500));
        let (text, underline) = excerpt(&line, 500..501);
        assert_eq!(text, format!("…{}x{}…", "a".repeat(80), "b".repeat(79)));
        assert_eq!(underline, format!("{}^", " ".repeat(81)));
    }

    #[test]
    fn control_characters_are_not_printed() {
        assert_eq!(excerpt("a\u{1b}[31m", 0..1).0, "a\u{fffd}[31m");
    }
}
