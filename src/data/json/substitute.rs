//! Replaces `${Name}` in a tree that was parsed without substitutions, as YAML and the definitions embedded in
//! templates are.

use super::string::{StringReader, Substitution, substitution};
use super::syntax::Problem;
use super::text_map::TextMap;
use super::{Kind, Node, Span, Substitutions};

/// Replaces every `${Name}` in the strings and keys of `node` with its value. Together the values may add `room` bytes.
/// `source` is the text of the tree. `plain` gives the value of a text without quotes that stands so deep; `None` if it is a
/// text.
pub(crate) fn substitute(
    node: &mut Node,
    source: &str,
    substitutions: &Substitutions,
    room: usize,
    plain: &dyn Fn(&str, usize) -> Option<Kind>,
) -> Vec<Problem> {
    let mut strings = StringReader::new(source, substitutions, room);
    let mut problems = Vec::new();
    below(node, 0, &mut strings, &mut problems, plain);
    problems
}

fn below(
    node: &mut Node,
    depth: usize,
    strings: &mut StringReader<'_>,
    problems: &mut Vec<Problem>,
    plain: &dyn Fn(&str, usize) -> Option<Kind>,
) {
    if let Some(text) = node.as_str().filter(|text| text.contains("${")) {
        let place = |offset: usize| node.source_of(offset);
        let replaced = replace(text, place, strings, problems);
        let unquoted = node.text_map.as_ref().is_some_and(|map| map.unquoted);
        node.unresolved |= replaced.unresolved;
        let value = (unquoted && !replaced.unresolved)
            .then(|| plain(&replaced.text, depth))
            .flatten();
        if let Some(kind) = value {
            node.kind = kind;
            node.text_map = None;
            node.stamp(node.span);
            return;
        }
        node.kind = Kind::String(replaced.text);
        node.text_map = Some(Box::new(replaced.map.unquoted(unquoted)));
        return;
    }
    match &mut node.kind {
        Kind::Array(elements) => elements
            .iter_mut()
            .for_each(|element| below(element, depth + 1, strings, problems, plain)),
        Kind::Object(object) => {
            for member in &mut object.members {
                if member.key.contains("${") {
                    let start = member.key_span.start;
                    let replaced = replace(&member.key, |offset| start + offset, strings, problems);
                    member.key_unresolved |= replaced.unresolved;
                    member.key = replaced.text;
                }
                below(&mut member.value, depth + 1, strings, problems, plain);
            }
        }
        _ => {}
    }
}

struct Replaced {
    text: String,
    map: TextMap,
    unresolved: bool,
}

/// A text with its placeholders replaced; `place` maps its byte offsets to the source.
fn replace(
    text: &str,
    place: impl Fn(usize) -> usize,
    strings: &mut StringReader<'_>,
    problems: &mut Vec<Problem>,
) -> Replaced {
    let mut replaced = Replaced {
        text: String::with_capacity(text.len()),
        map: TextMap::default(),
        unresolved: false,
    };
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let plain = rest.find("${").unwrap_or(rest.len());
        let (plain_end, text_start) = (at + plain, replaced.text.len());
        replaced.map.add(text_start, text_start, place(at), place(at));
        replaced.text.push_str(rest.get(..plain).unwrap_or_default());
        let text_start = replaced.text.len();
        at = match substitution(text, plain_end) {
            None => {
                let end = (plain_end + 2).min(text.len());
                replaced.text.push_str(text.get(plain_end..end).unwrap_or_default());
                end
            }
            Some(Substitution::Literal { name, end }) => {
                replaced.text.push_str("${");
                replaced.text.push_str(name);
                replaced.text.push('}');
                end
            }
            Some(Substitution::Named { name, end }) => {
                let value = strings.resolve(name, Span::new(place(plain_end), place(end)), problems);
                replaced.unresolved |= value.is_none() || strings.is_stand_in(name);
                let written = strings.written(name).or(text.get(plain_end..end));
                let shown = value.or(written).unwrap_or_default();
                replaced.text.push_str(shown);
                end
            }
        };
        replaced
            .map
            .add(text_start, replaced.text.len(), place(plain_end), place(at));
    }
    replaced
}
