//! The texts of a state that are evaluated: paths and calls of intrinsic functions.

use crate::data::json::{Kind, Member, Node};
use crate::loading::outline::StateOutline;

/// The fields that hold payload templates.
pub(crate) const TEMPLATE_FIELDS: [&str; 5] = ["Parameters", "ResultSelector", "ItemSelector", "Assign", "Credentials"];

/// Calls `visit` with every member of a JSONPath state whose text is evaluated, in source order; those of states inside
/// it are not its own, and a JSONata state has none.
pub(crate) fn each_expression<'n>(state: &StateOutline<'n>, visit: &mut dyn FnMut(&'n Member)) {
    if state.jsonata {
        return;
    }
    for member in state.object.map(|object| object.members.as_slice()).unwrap_or_default() {
        match member.key.as_str() {
            key if TEMPLATE_FIELDS.contains(&key) => each_in_template(&member.value, visit),
            "Catch" => {
                for catcher in member.value.as_array().unwrap_or_default() {
                    catcher
                        .field("Assign")
                        .into_iter()
                        .for_each(|assign| each_in_template(assign, visit));
                }
            }
            "Choices" => member
                .value
                .as_array()
                .unwrap_or_default()
                .iter()
                .for_each(|rule| each_in_rule(rule, visit)),
            "ItemReader" | "ItemBatcher" | "ResultWriter" => each_in_distributed(&member.value, visit),
            // It is written to.
            "ResultPath" => {}
            key if key.ends_with("Path") => visit(member),
            _ => {}
        }
    }
}

/// The same for the objects that only a distributed Map has.
fn each_in_distributed<'n>(object: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    for member in object
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        match member.key.as_str() {
            "Parameters" | "BatchInput" => each_in_template(&member.value, visit),
            "ReaderConfig" => each_in_distributed(&member.value, visit),
            key if key.ends_with("Path") => visit(member),
            _ => {}
        }
    }
}

/// The same for one payload template.
fn each_in_template<'n>(template: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    match &template.kind {
        Kind::Array(elements) => elements.iter().for_each(|element| each_in_template(element, visit)),
        Kind::Object(object) => {
            for member in &object.members {
                if member.key.len() > 2 && member.key.ends_with(".$") {
                    visit(member);
                } else {
                    each_in_template(&member.value, visit);
                }
            }
        }
        _ => {}
    }
}

fn each_in_rule<'n>(rule: &'n Node, visit: &mut dyn FnMut(&'n Member)) {
    for member in rule
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        match member.key.as_str() {
            "And" | "Or" => member
                .value
                .as_array()
                .unwrap_or_default()
                .iter()
                .for_each(|rule| each_in_rule(rule, visit)),
            "Not" => each_in_rule(&member.value, visit),
            "Assign" => each_in_template(&member.value, visit),
            "Variable" => visit(member),
            key if key.ends_with("Path") => visit(member),
            _ => {}
        }
    }
}

/// The variables that a path or a call reads, each with the byte where its `$` stands.
pub(crate) fn variables_read(text: &str) -> Vec<(usize, &str)> {
    let mut read = Vec::new();
    let mut in_quotes = false;
    let mut characters = text.char_indices().peekable();
    while let Some((offset, c)) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '\'' => in_quotes = !in_quotes,
            '$' if !in_quotes => {
                let name = text.get(offset + 1..).map(identifier).unwrap_or_default();
                if name.is_empty() {
                    // `$$` is the context object.
                    characters.next_if(|(_, next)| *next == '$');
                } else {
                    read.push((offset, name));
                }
            }
            _ => {}
        }
    }
    read
}

/// The name that a text begins with, if any.
fn identifier(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return "";
    }
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_stand_behind_a_single_dollar() {
        assert_eq!(variables_read("$order.items[0]"), [(0, "order")]);
        let call = r"States.Format('$no {} it\'s $neither', $a, $$.b, States.Array($.c, $größe_2['$d']))";
        let read = |name: &str| call.find(name).unwrap() - 1;
        let found = variables_read(call);
        assert_eq!(found, [(read("a, $$"), "a"), (read("größe_2"), "größe_2")]);
        for text in ["$", "$$", "$$.Execution.Name", "$.a", "$['$b']", "", "$5", "plain"] {
            assert_eq!(variables_read(text), [], "{text}");
        }
    }
}
