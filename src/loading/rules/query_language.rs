//! # Query language
//!
//! **What**: `QueryLanguage` is `JSONPath`, the default, or `JSONata`. A state cannot go back to JSONPath in a JSONata
//! machine. Without this crate's feature `jsonata`, JSONata is rejected.
//!
//! **Why**: if a JSONata expression were taken as text, the state would run, but not as on AWS.
//!
//! Bad:
//! ```json
//! { "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Pass", "QueryLanguage": "JSONPath", "End": true } } }
//! ```
//! Good:
//! ```json
//! { "StartAt": "A", "States": { "A": { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.id %}", "End": true } } }
//! ```

use crate::data::json::{Node, Place};
use crate::definition::{Code, QueryLanguage};
use crate::loading::outline::Outline;
use crate::loading::report::Report;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let whole_machine = outline.root.field("QueryLanguage");
    if let Some(node) = whole_machine {
        language(node, report);
    }
    let machine_is_jsonata = whole_machine.is_some_and(|node| is(node, QueryLanguage::Jsonata));
    for (_, state) in outline.states() {
        let Some(node) = state.field("QueryLanguage") else {
            continue;
        };
        if machine_is_jsonata && is(node, QueryLanguage::JsonPath) {
            let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
            report
                .schema(Place::value(node).about(state.node()), message)
                .help("leave `QueryLanguage` away from the machine, and give it to the states in JSONata");
        } else if !(machine_is_jsonata && is(node, QueryLanguage::Jsonata)) {
            language(node, report);
        }
    }
}

fn is(node: &Node, language: QueryLanguage) -> bool {
    node.as_str() == Some(language.as_str())
}

fn language(node: &Node, report: &mut Report) {
    match node.as_str() {
        _ if node.unresolved => {}
        Some("JSONata") if !cfg!(feature = "jsonata") => {
            let message = "JSONata needs the feature `jsonata` of this crate, which is off";
            report
                .error(Code::NotSupported, Place::value(node), message)
                .help("turn it on in `Cargo.toml`: `asl-engine = { version = \"…\", features = [\"jsonata\"] }`");
        }
        Some("JSONPath" | "JSONata") => {}
        Some(name) => {
            let message = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
            let similar = report.similar(name, ["JSONPath", "JSONata"]);
            let help = similar.map_or("`JSONPath` is the default".to_owned(), |name| {
                format!("did you mean `{name}`?")
            });
            report.schema(Place::value(node), message).help(help);
        }
        None => {
            let message = "Expected value of type String";
            report
                .schema(Place::value(node), message)
                .help(format!("it is {}", node.describe()));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    fn machine(whole: &str, state: &str) -> Vec<String> {
        findings(&format!(
            r#"{{ "QueryLanguage": "{whole}", "StartAt": "X", "States": {{ "X": {{ "Type": "Succeed", "QueryLanguage": "{state}" }} }} }}"#
        ))
    }

    #[cfg(feature = "jsonata")]
    #[test]
    fn a_state_does_not_go_back_to_json_path() {
        assert_eq!(
            machine("JSONata", "JSONPath"),
            [
                "SCHEMA_VALIDATION_FAILED: 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine at \
                 /States/X (help: leave `QueryLanguage` away from the machine, and give it to the states in JSONata)"
            ]
        );
    }

    #[test]
    fn other_languages_are_refused() {
        assert_eq!(
            machine("JSONPath", "Jsonata"),
            [
                "SCHEMA_VALIDATION_FAILED: The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata] at \
                 /States/X/QueryLanguage (help: did you mean `JSONata`?)"
            ]
        );
    }

    #[cfg(not(feature = "jsonata"))]
    #[test]
    fn jsonata_needs_its_feature() {
        let expected = "NOT_SUPPORTED: JSONata needs the feature `jsonata` of this crate, which is off at ";
        assert!(machine("JSONPath", "JSONata")[0].starts_with(&format!("{expected}/States/X/QueryLanguage")));
        let whole = machine("JSONata", "JSONata");
        assert!(whole[0].starts_with(&format!("{expected}/QueryLanguage")) && whole.len() == 1);
    }

    #[cfg(feature = "jsonata")]
    #[test]
    fn a_state_may_go_on_to_jsonata() {
        assert_eq!(machine("JSONPath", "JSONata"), [""; 0]);
        assert_eq!(machine("JSONata", "JSONata"), [""; 0]);
        assert_eq!(machine("JSONPath", "JSONPath"), [""; 0]);
    }
}
