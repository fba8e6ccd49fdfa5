//! Maps the characters of a string to their places in the source text.

/// The parts of a string that the source spells differently, and that shift the characters after them.
#[derive(Debug, Clone, Default)]
pub(crate) struct TextMap {
    shifts: Vec<Shift>,
    /// Whether the text has no quotes around it, as in YAML.
    pub(crate) unquoted: bool,
    /// Whether the text is a text however it is written, as a value that a template puts in.
    pub(crate) stays_text: bool,
}

/// A part of the string that the source spells differently: an escape or a `${Name}`.
#[derive(Debug, Clone)]
struct Shift {
    text_start: usize,
    text_end: usize,
    source_start: usize,
    source_end: usize,
}

impl TextMap {
    /// Maps the whole string to one part of the source.
    pub(crate) fn of_all(text: &str, source_start: usize, source_end: usize) -> Self {
        let mut map = Self::default();
        map.add(0, text.len(), source_start, source_end);
        map
    }

    /// Sets whether the text has no quotes around it.
    #[cfg(feature = "yaml")]
    pub(crate) fn unquoted(mut self, unquoted: bool) -> Self {
        self.unquoted = unquoted;
        self
    }

    /// Adds a part that the source spells differently. Parts are added in order.
    pub(crate) fn add(&mut self, text_start: usize, text_end: usize, source_start: usize, source_end: usize) {
        self.shifts.push(Shift {
            text_start,
            text_end,
            source_start,
            source_end,
        });
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shifts.is_empty()
    }

    /// The source offset of the string's byte at `offset`; `first` is the source offset of the string's first byte.
    pub(super) fn source_of(&self, offset: usize, first: usize) -> usize {
        let after = self.shifts.partition_point(|shift| shift.text_start <= offset);
        match after.checked_sub(1).and_then(|index| self.shifts.get(index)) {
            None => first + offset,
            Some(shift) if offset < shift.text_end => shift.source_start,
            Some(shift) => shift.source_end + (offset - shift.text_end),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Substitutions, parse_with};

    #[test]
    fn every_character_is_found_in_the_source() {
        let source = r#""a\"é\ud83c\udf55b${Name}c\n""#;
        let substitutions = Substitutions::new().with("Name", "value");
        let node = parse_with(source, &substitutions, 100).root.unwrap();
        let text = node.as_str().unwrap();
        assert_eq!(text, "a\"é🍕bvaluec\n");
        for (part, written) in [
            ("a", r#"a\"é"#),
            ("\"", r#"\"é"#),
            ("é", r"é\ud83c"),
            ("🍕", r"\ud83c\udf55b"),
            ("b", "b${"),
            ("lue", "${Name}c"),
            ("c", r"c\n"),
            ("\n", r#"\n""#),
        ] {
            let found = &source[node.source_of(text.find(part).unwrap())..];
            assert!(found.starts_with(written), "{part}: {found}");
        }
        assert_eq!(node.source_of(text.len()), source.len() - 1, "the closing quote");
    }

    #[test]
    fn a_value_that_is_put_in_stands_where_its_placeholder_stands() {
        let source = "[${Path}]";
        let substitutions = Substitutions::new().with("Path", "\"$.a\"");
        let root = parse_with(source, &substitutions, 100).root.unwrap();
        let node = &root.as_array().unwrap()[0];
        assert_eq!((node.as_str(), node.source_of(2)), (Some("$.a"), 1));
    }
}
