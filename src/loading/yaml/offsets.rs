//! From characters, which the YAML parser counts, to bytes.

/// The byte at which each character stands.
pub(super) struct Offsets {
    /// Empty where every character has one byte.
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

    /// Where a character stands; behind the last one, the end of the text.
    pub(super) fn byte(&self, character: usize) -> usize {
        if self.starts.is_empty() {
            return character.min(self.length);
        }
        self.starts.get(character).copied().unwrap_or(self.length)
    }
}
