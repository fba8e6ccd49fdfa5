//! The placeholders of `Fn::Sub`.

use crate::data::json::Substitutions;

/// The names of `${Name}` with the offsets of their `$`; `${!Name}` is a text.
pub(super) fn placeholders(text: &str) -> impl Iterator<Item = (&str, usize)> {
    text.match_indices("${").filter_map(move |(at, _)| {
        let rest = text.get(at + 2..)?;
        let name = rest.get(..rest.find('}')?)?;
        (!name.is_empty() && name.bytes().all(Substitutions::is_name_byte)).then_some((name, at))
    })
}

/// The text with the values of its placeholders; those without one stay.
pub(super) fn substituted(text: &str, values: &Substitutions) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("${") {
        result.push_str(before);
        let Some((name, after)) = behind.split_once('}') else {
            result.push_str("${");
            rest = behind;
            continue;
        };
        if let Some(value) = values.value(name) {
            result.push_str(value);
        } else {
            result.push_str("${");
            result.push_str(name.strip_prefix('!').unwrap_or(name));
            result.push('}');
        }
        rest = after;
    }
    result.push_str(rest);
    result
}
