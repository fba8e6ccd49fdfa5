//! Converts character positions, which the YAML parser counts, to bytes.

/// The byte offset of each character.
pub(super) struct Offsets {
    /// Empty if every character has one byte.
    starts: Vec<usize>,
    length: usize,
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
        }
    }

    /// The byte of a character; the end of the text after the last one.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            return character.min(self.length);
        }
        self.starts.get(character).copied().unwrap_or(self.length)
    }
}
