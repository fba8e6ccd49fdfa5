//! Placeholders in flow collections, `{ Seconds: ${Nap} }`: CloudFormation puts their values in first and reads YAML after,
//! so the brackets of `${Nap}` are no brackets of YAML.

use std::borrow::Cow;

use crate::data::json::Substitutions;

/// Characters for private use, which stand for the brackets of placeholders while the parser reads.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

/// The text, character for character, without the brackets of its placeholders; `None` if it has none.
pub(super) fn hidden(source: &str) -> Option<String> {
    if source.contains([OPEN, CLOSE]) {
        return None;
    }
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        let length = after
            .bytes()
            .take_while(|byte| Substitutions::is_name_byte(*byte))
            .count();
        match (
            after.get(..length),
            after.get(length..).and_then(|after| after.strip_prefix('}')),
        ) {
            (Some(name), Some(after)) if length > 0 => {
                text.extend(['$', OPEN]);
                text.push_str(name);
                text.push(CLOSE);
                rest = after;
            }
            _ => {
                text.push_str("${");
                rest = after;
            }
        }
    }
    text.push_str(rest);
    (text != source).then_some(text)
}

/// Whether the brackets are hidden in `text`.
pub(super) fn are_hidden(source: &str, text: &str) -> bool {
    text.contains(OPEN) && !source.contains(OPEN)
}

/// A text that the parser read, with the brackets of its placeholders.
pub(super) fn shown(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(OPEN) {
        return Cow::Owned(text.replace(OPEN, "{").replace(CLOSE, "}"));
    }
    text
}
