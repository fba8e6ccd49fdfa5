use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::arguments::{Arguments, Refusal, text};
use super::java;

/// `States.StringSplit(text, delimiters)`: each character of `delimiters` is a delimiter, and empty pieces are dropped.
pub(super) fn split(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [text_value, delimiters] = arguments.exactly()?;
    // A set, since both texts may be long.
    let delimiters: HashSet<char> = text(delimiters)?.chars().collect();
    let pieces = text(text_value)?.split(|next| delimiters.contains(&next));
    Ok(pieces.filter(|piece| !piece.is_empty()).collect())
}

/// `States.Format(template, values…)`. A backslash escapes a brace, both in a literal template and in a computed one.
pub(super) fn format(arguments: Arguments<'_>) -> Result<Value, Refusal> {
    let [template, values @ ..] = arguments.values else {
        return Err(Refusal::InvalidArguments);
    };
    if let Some(literal) = arguments.literal {
        return fill(text(&literal.value)?, &literal.escaped_braces, values);
    }
    let mut resolved = String::new();
    let mut escaped_braces = Vec::new();
    let mut rest = text(template)?.chars().peekable();
    while let Some(next) = rest.next() {
        match (next, rest.peek()) {
            ('\\', Some(brace @ ('{' | '}'))) => {
                escaped_braces.push(resolved.len());
                resolved.push(*brace);
                rest.next();
            }
            _ => resolved.push(next),
        }
    }
    fill(&resolved, &escaped_braces, values)
}

/// Replaces each `{}` with the next value; `escaped_braces` are byte offsets in ascending order.
fn fill(template: &str, escaped_braces: &[usize], values: &[Cow<'_, Value>]) -> Result<Value, Refusal> {
    /// What a value that is a number or a short text takes.
    const SHORT: usize = 16;
    let invalid = |problem: &str| Refusal::Other(format!("Invalid template in States.Format: {problem}"));
    let mut braces = template
        .match_indices(['{', '}'])
        .filter(|(offset, _)| escaped_braces.binary_search(offset).is_err());
    let mut filled = String::with_capacity(template.len() + SHORT * values.len());
    let mut values = values.iter();
    let mut rest = 0;
    while let Some((place, brace)) = braces.next() {
        if brace == "}" {
            return Err(invalid("matching '{' not found for '}'."));
        }
        if braces.next() != Some((place + 1, "}")) {
            return Err(invalid("matching '}' not found for '{'."));
        }
        filled.push_str(template.get(rest..place).unwrap_or_default());
        java::append_text(&mut filled, values.next().ok_or(Refusal::InvalidArguments)?);
        rest = place + 2;
    }
    if values.next().is_some() {
        return Err(Refusal::InvalidArguments);
    }
    filled.push_str(template.get(rest..).unwrap_or_default());
    Ok(filled.into())
}

#[cfg(test)]
mod tests {
    use crate::data::intrinsic::tests::{refused, value};
    use serde_json::json;

    #[test]
    fn each_character_splits() {
        assert_eq!(
            value("States.StringSplit('This.is+a,test=string', '.+,=')"),
            json!(["This", "is", "a", "test", "string"])
        );
        assert_eq!(value("States.StringSplit(',,,,', ',')"), json!([]));
        assert_eq!(value("States.StringSplit(', , ,', ',')"), json!([" ", " "]));
        assert_eq!(value("States.StringSplit('a b', '')"), json!(["a b"]));
        assert_eq!(
            refused("States.StringSplit('a', 1)"),
            "Invalid arguments in States.StringSplit"
        );
    }

    #[test]
    fn values_fill_the_places() {
        assert_eq!(
            value("States.Format('{} for {}', 'Margherita', 7)"),
            json!("Margherita for 7")
        );
        assert_eq!(
            value("States.Format('{}', States.Array('a', 1, null))"),
            json!("[a, 1, null]")
        );
        assert_eq!(value("States.Format('{}', $.order)"), json!("{id=7, tags=[]}"));
        assert_eq!(value("States.Format('plain')"), json!("plain"));
        assert_eq!(value(r"States.Format('\{{}\} it\'s \\', '{}')"), json!(r"{{}} it's \"));
        assert_eq!(value("States.Format($.template, 1)"), json!("{1}"));
    }

    #[test]
    fn templates_that_are_refused() {
        for template in ["{{}}", "a {", "{ }", r"{\}"] {
            assert_eq!(
                refused(&format!("States.Format('{template}', 1)")),
                "Invalid template in States.Format: matching '}' not found for '{'.",
                "{template}"
            );
        }
        assert_eq!(
            refused("States.Format('{}}', 1)"),
            "Invalid template in States.Format: matching '{' not found for '}'."
        );
        assert_eq!(refused("States.Format('{}')"), "Invalid arguments in States.Format");
        assert_eq!(refused("States.Format('', 1)"), "Invalid arguments in States.Format");
        assert_eq!(refused("States.Format(1)"), "Invalid arguments in States.Format");
    }
}
