//! YAML as a person wrote it: the tree of [`json`](crate::data::json), with the place of every key and value in the
//! YAML text.
//!
//! The core schema of YAML 1.2, without complex keys and merge keys. The short tags of CloudFormation (`!Ref`, `!Sub`,
//! `!GetAtt`) become the objects that they stand for (`Ref`, `Fn::Sub`, `Fn::GetAtt`). Nesting is bounded as in JSON,
//! and aliases cannot make a text longer than a definition may be.

mod align;
mod flow;
mod indentation;
mod offsets;
mod placeholders;
mod reader;
mod scalar;
mod tags;

use super::json::{Duplicate, report_duplicate};
use super::report::Report;
use crate::data::json::{Kind, MAX_DEPTH, Node};
use crate::definition::Code;
use offsets::Offsets;
use reader::{Reader, Refused};

/// Parses a whole text, without replacing `${Name}`. Problems go to the report; `None` if it is not YAML.
pub(crate) fn parse(source: &str, report: &mut Report) -> Option<Node> {
    let (root, duplicates) = parse_with_duplicates(source, report)?;
    for duplicate in &duplicates {
        report_duplicate(Code::InvalidYaml, duplicate, report);
    }
    Some(root)
}

/// The same for a text in which a key may stand twice: a mapping keeps all of its members.
pub(super) fn parse_with_duplicates(source: &str, report: &mut Report) -> Option<(Node, Vec<Duplicate>)> {
    let before = report.mark();
    let is_misindented = match read(source, source, Offsets::of(source), report) {
        Ok(read) => return Some(read),
        Err(is_misindented) => is_misindented,
    };
    let hidden = placeholders::hidden(source);
    if !is_misindented && hidden.is_none() {
        return None;
    }
    report.back_to(before);
    let text = hidden.as_deref().unwrap_or(source);
    let read_again = match read(source, text, Offsets::of(source), report) {
        Err(true) => {
            report.back_to(before);
            let padded = indentation::padded(text);
            padded.and_then(|padded| read(source, padded.text(), padded.offsets(source), report).ok())
        }
        read => read.ok(),
    };
    if read_again.is_none() && report.mark() == before {
        // The first refusal is told.
        let _ = read(source, source, Offsets::of(source), report);
    }
    read_again
}

/// Reads `text`, which is `source` but for indentation and hidden placeholders; `offsets` leads back to `source`.
/// Errors with whether it is refused for an indentation that YAML 1.1 allows.
fn read(source: &str, text: &str, offsets: Offsets, report: &mut Report) -> Result<(Node, Vec<Duplicate>), bool> {
    let mut reader = Reader::new(source, text, offsets, report);
    match reader.document() {
        Ok(root) => Ok((root, reader.duplicates)),
        Err(Refused) => Err(reader.is_misindented),
    }
}

/// The value of a text without quotes that stands inside of so many values, if it is not a text. What a placeholder has as
/// its value is read as if it were written there: `[a, b]` is an array.
pub(super) fn plain(text: &str, depth: usize) -> Option<Kind> {
    if !text.starts_with(['[', '{', '"', '\'']) {
        return scalar::plain(text).ok().flatten();
    }
    let mut report = Report::new(text);
    let value = parse(text, &mut report).filter(|_| !report.has_errors())?;
    fits(&value, MAX_DEPTH.checked_sub(depth)?).then_some(value.kind)
}

/// Whether a value nests no deeper than so many arrays and objects.
fn fits(node: &Node, depth: usize) -> bool {
    let Some(inside) = depth.checked_sub(1) else {
        return !matches!(node.kind, Kind::Array(_) | Kind::Object(_));
    };
    match &node.kind {
        Kind::Array(elements) => elements.iter().all(|element| fits(element, inside)),
        Kind::Object(object) => object.members.iter().all(|member| fits(&member.value, inside)),
        _ => true,
    }
}

#[cfg(test)]
mod tests;
