//! Where flow collections and quoted texts are that go on in other lines, found without the parser.

use std::collections::BTreeMap;

/// The blanks that all lines of flow collections and quoted texts need, by the byte at which the line starts.
pub(super) fn pads(source: &str) -> BTreeMap<usize, usize> {
    let mut pads = BTreeMap::new();
    let mut start = 0;
    while let Some(line) = line_at(source, start) {
        let found = Line::of(source, start, line);
        let needed = found.key_column + 1;
        let indentation =
            |at: usize| line_at(source, at).map_or(0, |line| line.len() - line.trim_start_matches(' ').len());
        if found.inside.iter().any(|at| indentation(*at) < needed) {
            pads.extend(found.inside.iter().map(|at| (*at, needed)));
        }
        start = match found.block_column {
            Some(column) => end_of_block(source, found.end, column),
            None => found.end,
        };
    }
    pads
}

/// A line of block YAML with what goes on behind it.
struct Line {
    /// The column of its key, or of its text.
    key_column: usize,
    /// The starts of the lines that flow collections and quoted texts go on in.
    inside: Vec<usize>,
    /// The start of the line behind it all.
    end: usize,
    /// The indentation that the lines of a block text are deeper than, if one begins here.
    block_column: Option<usize>,
}

impl Line {
    fn of(source: &str, start: usize, line: &str) -> Self {
        let bytes = source.as_bytes();
        let blanks = line.len() - line.trim_start_matches(' ').len();
        let key_column = line.len() - line.trim_start_matches([' ', '-', '?']).len();
        let mut inside = Vec::new();
        let mut at = start + key_column;
        // Whether a value may begin here, and where the last word begins.
        let (mut begins, mut word) = (true, at);
        while let Some(&byte) = bytes.get(at).filter(|byte| **byte != b'\n') {
            let is_after_blank = at == start || bytes.get(at - 1).is_none_or(u8::is_ascii_whitespace);
            if byte == b'#' && is_after_blank {
                break;
            }
            if is_after_blank && !byte.is_ascii_whitespace() {
                word = at;
            }
            match byte {
                b'\'' | b'"' if begins && at == word => {
                    inside.extend(lines_of_quoted(source, at));
                    at = end_of_quoted(source, at);
                    begins = false;
                    continue;
                }
                b'[' | b'{' if begins && at == word => {
                    let (lines, end) = lines_within(source, at + 1);
                    inside.extend(lines);
                    at = (end + 1).min(source.len());
                    begins = false;
                    continue;
                }
                _ if byte.is_ascii_whitespace() && !is_after_blank => {
                    let word = source.get(word..at).unwrap_or_default();
                    begins = word.ends_with(':') || (begins && word.starts_with(['!', '&']));
                }
                _ => {}
            }
            at += 1;
        }
        let last = source.get(word..at).unwrap_or_default().trim_end();
        let is_block = last.starts_with(['|', '>'])
            && last
                .trim_start_matches(['|', '>', '+', '-'])
                .bytes()
                .all(|byte| byte.is_ascii_digit());
        let has_key = word > start + key_column;
        let rest = source.get(at..).unwrap_or_default();
        Self {
            key_column,
            inside,
            end: rest.find('\n').map_or(source.len(), |end| at + end + 1),
            block_column: is_block.then_some(if has_key { key_column } else { blanks }),
        }
    }
}

/// The line that starts at `start`; `None` at the end.
fn line_at(source: &str, start: usize) -> Option<&str> {
    let rest = source.get(start..).filter(|rest| !rest.is_empty())?;
    Some(rest.split('\n').next().unwrap_or(rest))
}

/// The start of the line behind a block text whose lines are deeper than `column`.
fn end_of_block(source: &str, start: usize, column: usize) -> usize {
    let mut at = start;
    while let Some(line) = line_at(source, at) {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        if !line.trim().is_empty() && blanks <= column {
            break;
        }
        at = (at + line.len() + 1).min(source.len());
    }
    at
}

/// The lines behind the first of the quoted text that begins at `start`.
pub(super) fn lines_of_quoted(source: &str, start: usize) -> Vec<usize> {
    let end = end_of_quoted(source, start);
    let text = source.get(start..end).unwrap_or_default();
    text.match_indices('\n').map(|(at, _)| start + at + 1).collect()
}

/// The end of the quoted text that begins at `start`.
fn end_of_quoted(source: &str, start: usize) -> usize {
    let bytes = source.as_bytes();
    let quote = bytes.get(start).copied().unwrap_or_default();
    let mut at = start + 1;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'\\' if quote == b'"' => at += 1,
            b'\'' if quote == b'\'' && bytes.get(at) == Some(&b'\'') => at += 1,
            byte if byte == quote => return at,
            _ => {}
        }
    }
    source.len()
}

/// The starts of the lines behind `start`, up to the bracket that closes the flow collection open there, with the place of the
/// bracket.
pub(super) fn lines_within(source: &str, start: usize) -> (Vec<usize>, usize) {
    let bytes = source.as_bytes();
    let mut lines = Vec::new();
    let (mut at, mut open) = (start, 0_usize);
    let mut before = b' ';
    while let Some(&byte) = bytes.get(at) {
        let begins_token = before.is_ascii_whitespace() || matches!(before, b'[' | b'{' | b',' | b':');
        match byte {
            b'\'' | b'"' if begins_token => {
                lines.extend(lines_of_quoted(source, at));
                at = end_of_quoted(source, at);
                before = byte;
                continue;
            }
            b'#' if before.is_ascii_whitespace() => {
                let rest = bytes.get(at..).unwrap_or_default();
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
                continue;
            }
            b'\n' => lines.push(at + 1),
            b'[' | b'{' => open += 1,
            b']' | b'}' => match open.checked_sub(1) {
                Some(left) => open = left,
                None => return (lines, at),
            },
            _ => {}
        }
        before = byte;
        at += 1;
    }
    (lines, source.len())
}
