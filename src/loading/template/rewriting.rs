//! Texts with other texts put in, in which every character still has its place.

use crate::data::json::{Kind, Node, TextMap};

/// A text made from that of a node.
pub(super) struct Rewriting<'n> {
    node: &'n Node,
    source: &'n str,
    text: String,
    map: TextMap,
}

impl<'n> Rewriting<'n> {
    /// `None` if the node is no text.
    pub(super) fn of(node: &'n Node) -> Option<Self> {
        let source = node.as_str()?;
        Some(Self {
            node,
            source,
            text: String::with_capacity(source.len()),
            map: TextMap::default(),
        })
    }

    /// Takes a part of the node's text as it is.
    pub(super) fn keep(&mut self, start: usize, end: usize) {
        let part = self.source.get(start..end).unwrap_or_default();
        let mut expected = None;
        for (offset, c) in part.char_indices() {
            let place = self.node.source_of(start + offset);
            if expected != Some(place) {
                let at = self.text.len();
                self.map.add(at, at, place, place);
            }
            self.text.push(c);
            expected = Some(place + c.len_utf8());
        }
    }

    /// Puts `value` in the place of a part of the node's text.
    pub(super) fn put(&mut self, value: &str, start: usize, end: usize) {
        let at = self.text.len();
        let (start, end) = (self.node.source_of(start), self.node.source_of(end));
        self.map.add(at, at + value.len(), start, end);
        self.text.push_str(value);
    }

    /// The node with the new text.
    pub(super) fn finish(self) -> Node {
        let is_unquoted = self.node.text_map.as_ref().is_some_and(|map| map.unquoted);
        Node {
            span: self.node.span,
            kind: Kind::String(self.text),
            unresolved: self.node.unresolved,
            text_map: Some(Box::new(self.map.unquoted(is_unquoted))),
        }
    }
}

/// The node's text with the value that `value_of` gives for each part between `open` and the next `close`; a part without
/// a value stays. `None` if nothing changes.
pub(super) fn with_values(
    node: &Node,
    open: &str,
    close: &str,
    mut value_of: impl FnMut(&str) -> Option<String>,
) -> Option<Node> {
    let text = node.as_str()?;
    let mut rewriting = Rewriting::of(node)?;
    let (mut at, mut kept, mut has_changed) = (0, 0, false);
    while let Some(start) = text.get(at..).and_then(|rest| rest.find(open)).map(|found| at + found) {
        let inner = start + open.len();
        let Some(length) = text.get(inner..).and_then(|rest| rest.find(close)) else {
            break;
        };
        let end = inner + length + close.len();
        match text.get(inner..inner + length).and_then(&mut value_of) {
            Some(value) => {
                rewriting.keep(kept, start);
                rewriting.put(&value, start, end);
                (kept, at, has_changed) = (end, end, true);
            }
            None => at = inner,
        }
    }
    rewriting.keep(kept, text.len());
    has_changed.then(|| rewriting.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loading::report::Report;
    use crate::loading::yaml;

    #[test]
    fn every_kept_character_has_its_place() {
        let source = "text: |\n    é ${A}\n    end ${B}\n    last\n";
        let root = yaml::parse(source, &mut Report::new(source)).unwrap();
        let node = root.field("text").unwrap();
        let value = |name: &str| (name == "A").then(|| "a longer one".to_owned());
        let rewritten = with_values(node, "${", "}", value).unwrap();
        let text = rewritten.as_str().unwrap();
        assert_eq!(text, "é a longer one\nend ${B}\nlast\n");
        for (word, written) in [
            ("é", "é"),
            ("a longer", "${A}"),
            ("end", "end"),
            ("${B}", "${B}"),
            ("last", "last"),
        ] {
            let at = rewritten.source_of(text.find(word).unwrap());
            assert!(source[at..].starts_with(written), "{word}");
        }
        assert!(with_values(node, "${", "}", |_| None).is_none());
    }
}
