//! Converts character positions, which the YAML parser counts, to bytes.

/// The byte offset of each character.
pub(super) struct Offsets {
    /// Empty if every character has one byte.
    starts: Vec<usize>,
    length: usize,
    /// The blanks that the parsed text has and the source has not, in order.
    pads: Vec<Pad>,
}

/// Blanks before a line, in characters of the parsed text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pad {
    pub(super) start: usize,
    pub(super) length: usize,
    /// The length of all pads before this one.
    pub(super) before: usize,
}

impl Offsets {
    pub(super) fn of(source: &str) -> Self {
        let starts = if source.is_ascii() {
            Vec::new()
        } else {
            source.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            starts,
            length: source.len(),
            pads: Vec::new(),
        }
    }

    /// The same for a text that has more blanks than the source.
    pub(super) fn with(mut self, pads: Vec<Pad>) -> Self {
        self.pads = pads;
        self
    }

    /// The byte of a character; the end of the text after the last one.
    pub(super) fn byte(&self, character: usize) -> usize {
        let after = self.pads.partition_point(|pad| pad.start <= character);
        let character = match after.checked_sub(1).and_then(|index| self.pads.get(index)) {
            Some(pad) => pad.start.max(character.saturating_sub(pad.length)) - pad.before,
            None => character,
        };
        if self.starts.is_empty() {
            return character.min(self.length);
        }
        self.starts.get(character).copied().unwrap_or(self.length)
    }
}
