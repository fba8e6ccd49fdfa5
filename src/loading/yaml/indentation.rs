//! Flow collections and quoted texts that go on at the indentation of their parent, which YAML 1.2 forbids and other
//! tools read.
//!
//! ```yaml
//! Events: [
//!   Paid
//! ]
//! ```
//!
//! Blanks at the start of such lines mean nothing, so the text gets more of them until the parser takes it.

use saphyr_parser::{Parser, ScanError};
use std::collections::BTreeMap;

use super::flow;
use super::offsets::{Offsets, Pad};

/// The most attempts for one text.
const MAX_ATTEMPTS: usize = 500;

/// How many bytes all attempts together may read; a 1 MB text has few attempts.
const MAX_READ: usize = 16 << 20;

/// The most blanks that a line gets.
const MAX_BLANKS: usize = 4096;

/// Whether a text is refused for the indentation of a flow collection or a quoted text.
pub(super) fn is_wrong(error: &ScanError) -> bool {
    matches!(error.info(), WRONG_TOKEN | WRONG_PLAIN_TEXT | WRONG_QUOTED_TEXT)
}

// The parser's words for it.
const WRONG_TOKEN: &str = "invalid indentation";
const WRONG_PLAIN_TEXT: &str = "invalid indentation in flow construct";
const WRONG_QUOTED_TEXT: &str = "invalid indentation in quoted scalar";

/// A text with more blanks at the start of some lines.
pub(super) struct Padded {
    text: String,
    pads: Vec<Pad>,
}

impl Padded {
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The way back from the text's characters to the bytes of `source`.
    pub(super) fn offsets(&self, source: &str) -> Offsets {
        Offsets::of(source).with(self.pads.clone())
    }

    /// `pads` has the number of blanks by the byte at which the line starts.
    fn of(source: &str, pads: &BTreeMap<usize, usize>) -> Self {
        let mut padded = Self {
            text: String::with_capacity(source.len() + pads.values().sum::<usize>()),
            pads: Vec::with_capacity(pads.len()),
        };
        let (mut at, mut characters, mut before) = (0, 0, 0);
        for (&line, &length) in pads {
            let part = source.get(at..line).unwrap_or_default();
            padded.text.push_str(part);
            characters += part.chars().count();
            padded.pads.push(Pad {
                start: characters + before,
                length,
                before,
            });
            padded.text.extend(std::iter::repeat_n(' ', length));
            before += length;
            at = line;
        }
        padded.text.push_str(source.get(at..).unwrap_or_default());
        padded
    }
}

/// The text with as many blanks as the parser needs; `None` if blanks do not help.
pub(super) fn padded(source: &str) -> Option<Padded> {
    // Most texts are read with all blanks at once, however many lines lack them.
    let padded = Padded::of(source, &flow::pads(source));
    if !padded.pads.is_empty() && Parser::new_from_str(&padded.text).all(|event| event.is_ok()) {
        return Some(padded);
    }
    one_by_one(source)
}

/// The same, line by line as the parser complains.
fn one_by_one(source: &str) -> Option<Padded> {
    let mut pads = BTreeMap::new();
    let mut read = 0;
    for _ in 0..MAX_ATTEMPTS {
        if pads.values().sum::<usize>() > 4 * source.len() + MAX_BLANKS {
            return None;
        }
        let padded = Padded::of(source, &pads);
        read += padded.text.len();
        if read > MAX_READ {
            return None;
        }
        let Some(error) = Parser::new_from_str(&padded.text).find_map(Result::err) else {
            return Some(padded);
        };
        if !is_wrong(&error) {
            // Another error is told with its place.
            return Some(padded);
        }
        let at = padded.offsets(source).byte(error.marker().index());
        let lines = if error.info() == WRONG_QUOTED_TEXT {
            flow::lines_of_quoted(source, at)
        } else {
            let line = line_start(source, at);
            let mut lines = vec![line];
            lines.extend(flow::lines_within(source, line).0);
            lines
        };
        let first = *lines.first()?;
        // A line that has blanks has too few.
        let blanks = pads
            .get(&first)
            .map_or_else(|| indentation(source, first) + 1, |blanks| blanks * 2);
        if blanks > MAX_BLANKS {
            return None;
        }
        for line in lines {
            pads.entry(line)
                .and_modify(|more| *more = blanks.max(*more))
                .or_insert(blanks);
        }
    }
    None
}

/// The start of the line with the byte `at`.
fn line_start(source: &str, at: usize) -> usize {
    let before = source.get(..at).unwrap_or_default();
    before.rfind(['\n', '\r']).map_or(0, |end| end + 1)
}

/// The blanks and dashes before the text of the last line before `line` that has one.
fn indentation(source: &str, line: usize) -> usize {
    let before = source.get(..line).unwrap_or_default();
    let last = before.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default();
    last.len() - last.trim_start_matches([' ', '-', '?']).len()
}
