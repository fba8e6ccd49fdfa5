//! # Variable names
//!
//! **What**: a name in `Assign` begins with a letter, continues with letters, digits and `_` (Unicode's `ID_Start` and
//! `ID_Continue`), has at most 80 characters, and is not `states`.
//!
//! **Why**: an expression could not read a variable with another name.
//!
//! DIFFERENCE: combining marks that are not letters are rejected, though `ID_Continue` includes them; paths cannot read
//! them.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "Assign": { "order-id.$": "$.id" }, "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Assign": { "order_id.$": "$.id" }, "End": true }
//! ```

use crate::data::json::Place;
use crate::definition::QueryLanguage;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

/// The most characters of a name.
const LONGEST: usize = 80;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline.states() {
        for variable in state
            .variables
            .iter()
            .filter(|variable| !variable.member.key_unresolved)
        {
            let Some((message, mut help)) = problem(variable.name) else {
                continue;
            };
            if state.query_language == QueryLanguage::Jsonata && variable.name.ends_with(".$") {
                help = Some("in JSONata, no name ends in `.$`: a text between `{%` and `%}` is evaluated".to_owned());
            }
            report.schema(Place::key(variable.member), message).maybe_help(help);
        }
    }
}

fn problem(name: &str) -> Option<(String, Option<String>)> {
    let length = name.chars().count();
    if name == "states" {
        return Some((
            "a variable cannot be called `states`".to_owned(),
            Some("`$states` is reserved".to_owned()),
        ));
    }
    if length > LONGEST {
        return Some((
            format!("a variable name has {LONGEST} characters at the most, this one has {length}"),
            Some("shorten it".to_owned()),
        ));
    }
    let starts_well = name.starts_with(char::is_alphabetic);
    let goes_on = |c: char| c == '_' || c.is_alphabetic() || (c.is_numeric() && !is_no_digit(c));
    let wrong = if starts_well {
        name.chars().find(|c| !goes_on(*c))?
    } else {
        name.chars().next().unwrap_or(' ')
    };
    let message = format!("`{name}` is not a valid variable name");
    let help = match wrong {
        _ if name.is_empty() => "it is empty".to_owned(),
        '$' => format!("write it without the `$`: `{}`", name.trim_start_matches('$')),
        wrong if starts_well => format!("`{wrong}` is no letter, digit or `_`"),
        wrong => format!("it begins with `{wrong}`, which is no letter"),
    };
    Some((message, Some(help)))
}

/// Whether a numeric character is not a digit of ordinary text, such as a fraction, a superscript or a circled digit.
fn is_no_digit(c: char) -> bool {
    matches!(
        c,
        '²' | '³' | '¹' | '¼'..='¾' | '\u{2070}'..='\u{2089}' | '\u{2150}'..='\u{215f}' | '\u{2189}'
            | '\u{2460}'..='\u{24ff}' | '\u{2776}'..='\u{2793}' | '\u{3192}'..='\u{3195}' | '\u{3220}'..='\u{32bf}'
    )
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, pass};

    fn assign(name: &str) -> Vec<String> {
        findings(&pass(&format!(r#""Assign": {{ "{name}": 1 }}"#)))
    }

    #[test]
    fn a_name_is_an_identifier() {
        assert_eq!(
            assign("order-id"),
            [
                "SCHEMA_VALIDATION_FAILED: `order-id` is not a valid variable name at /States/X/Assign/order-id (help: `-` is no \
              letter, digit or `_`)"
            ]
        );
        assert_eq!(
            assign("2nd"),
            [
                "SCHEMA_VALIDATION_FAILED: `2nd` is not a valid variable name at /States/X/Assign/2nd (help: it begins with `2`, \
              which is no letter)"
            ]
        );
        for name in ["_id", "x²", "a b", "a.b", ""] {
            assert_eq!(assign(name).len(), 1, "{name}");
        }
        assert_eq!(
            assign("$id"),
            [
                "SCHEMA_VALIDATION_FAILED: `$id` is not a valid variable name at /States/X/Assign/$id (help: write it without the \
              `$`: `id`)"
            ]
        );
    }

    #[test]
    fn states_is_reserved() {
        assert_eq!(
            assign("states"),
            [
                "SCHEMA_VALIDATION_FAILED: a variable cannot be called `states` at /States/X/Assign/states (help: `$states` is \
              reserved)"
            ]
        );
    }

    #[test]
    fn identifiers_of_all_alphabets_are_fine() {
        for name in ["id", "order_id2", "größe", "名前٣", "x_", &"a".repeat(80)] {
            assert_eq!(assign(name), [""; 0], "{name}");
        }
    }
}
