//! Finds the positions of a scalar's characters in the source, across quotes, escapes, folding and indentation.

use saphyr_parser::ScalarStyle;

use crate::data::json::TextMap;

/// Follows `text` through `raw`, the source that it was read from, which starts at the byte `start`, the
/// `column`-th of its line.
pub(super) fn align(text: &str, raw: &str, start: usize, column: usize, style: ScalarStyle) -> TextMap {
    let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
    let mut map = TextMap::default().unquoted(!is_quoted);
    let (mut at, indent) = content(raw, column, style);
    map.add(0, 0, start + at, start + at);
    let mut line_starts = true;
    for (offset, c) in text.char_indices() {
        let before = at;
        at += skipped(raw.get(at..).unwrap_or_default(), c, line_starts, indent, style);
        let (taken, is_plain) = spelled(raw.get(at..).unwrap_or_default(), c, style);
        if at != before && is_plain {
            map.add(offset, offset, start + at, start + at);
        }
        if !is_plain {
            let end = offset + c.len_utf8();
            map.add(offset, end, start + at, start + at + taken);
        }
        at += taken;
        line_starts = c == '\n';
    }
    map
}

/// The start of the text in `raw`, and the indentation of its lines.
fn content(raw: &str, column: usize, style: ScalarStyle) -> (usize, usize) {
    // Tags and anchors come before it.
    let mut at = 0;
    while let Some(rest) = raw.get(at..).filter(|rest| rest.starts_with(['!', '&'])) {
        let word = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let behind = rest.get(word..).unwrap_or_default();
        at += word + behind.len() - behind.trim_start().len();
    }
    let rest = raw.get(at..).unwrap_or_default();
    match style {
        ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => (at + 1, 0),
        ScalarStyle::Plain => (at, 0),
        ScalarStyle::Literal | ScalarStyle::Folded => {
            let header = if rest.starts_with(['|', '>']) {
                rest.find('\n').map_or(rest.len(), |end| end + 1)
            } else {
                0
            };
            let first = rest.get(header..).unwrap_or_default();
            let line = first.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            let indent = if header > 0 {
                line.len() - line.trim_start_matches(' ').len()
            } else {
                column
            };
            (at + header, indent)
        }
    }
}

/// The number of bytes of `rest` to skip before the character `c` of the text.
fn skipped(rest: &str, c: char, line_starts: bool, indent: usize, style: ScalarStyle) -> usize {
    let blanks = || rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
    match style {
        ScalarStyle::Literal | ScalarStyle::Folded if line_starts => {
            rest.bytes().take(indent).take_while(|byte| *byte == b' ').count()
        }
        ScalarStyle::Folded | ScalarStyle::Plain | ScalarStyle::SingleQuoted if c != ' ' && c != '\n' => blanks(),
        ScalarStyle::DoubleQuoted if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => {
            rest.len() - rest.trim_start_matches(['\\', ' ', '\t', '\n', '\r']).len()
        }
        _ => 0,
    }
}

/// How many bytes of `rest` spell the character `c`, and whether they are that character.
fn spelled(rest: &str, c: char, style: ScalarStyle) -> (usize, bool) {
    if style == ScalarStyle::DoubleQuoted && rest.starts_with('\\') {
        let length = match rest.as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            _ => {
                1 + rest
                    .get(1..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(0, char::len_utf8)
            }
        };
        return (length.min(rest.len()), false);
    }
    if style == ScalarStyle::SingleQuoted && rest.starts_with("''") {
        return (2, false);
    }
    if rest.starts_with(c) && (c != ' ' || style == ScalarStyle::Literal) {
        return (c.len_utf8(), true);
    }
    // Only a few blanks are searched, or a line of blanks would take quadratic time.
    let is_fold = || {
        rest.bytes()
            .take(64)
            .find(|byte| *byte != b' ')
            .is_some_and(|byte| byte == b'\n' || byte == b'\r')
    };
    match c {
        ' ' if rest.starts_with(' ') && !is_fold() => (1, true),
        // A fold: the end of a line with the indentation of the next.
        ' ' | '\n' => (
            rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len(),
            false,
        ),
        _ => (0, false),
    }
}
