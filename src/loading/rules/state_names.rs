//! # State names
//!
//! **What**: a state's name has 1 to 80 characters, and is unique in the machine, nested graphs included.
//!
//! **Why**: history events and diagnostics identify a state only by its name.
//!
//! Bad:
//! ```json
//! { "Bake": { "Type": "Parallel", "Branches": [{ "StartAt": "Bake", "States": { "Bake": { "Type": "Succeed" } } }], "End": true } }
//! ```
//! Good:
//! ```json
//! { "Bake": { "Type": "Parallel", "Branches": [{ "StartAt": "Heat", "States": { "Heat": { "Type": "Succeed" } } }], "End": true } }
//! ```

use crate::data::json::Place;
use std::collections::HashMap;

use crate::definition::Code;
use crate::loading::outline::Outline;
use crate::loading::report::Report;

/// The most characters of a name.
const LONGEST: usize = 80;

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let mut first: HashMap<&str, usize> = HashMap::new();
    let mut members: Vec<_> = outline
        .states()
        .map(|(_, state)| state.member)
        .filter(|member| !member.key_unresolved)
        .collect();
    members.sort_by_key(|member| member.key_span.start);
    for member in members {
        let name = member.key.as_str();
        let length = name.chars().count();
        if length == 0 {
            report
                .error(
                    Code::InvalidStateName,
                    Place::key(member),
                    "a state name cannot be empty",
                )
                .help(format!("it has 1 to {LONGEST} characters"));
        } else if length > LONGEST {
            let message = format!("a state name has {LONGEST} characters at the most, this one has {length}");
            report
                .error(Code::InvalidStateName, Place::key(member), message)
                .help("shorten it; the `Comment` of the state can say more");
        }
        match first.get(name) {
            Some(start) => {
                let line = report.line_of(*start);
                report
                    .error(
                        Code::DuplicateStateName,
                        Place::key(member),
                        format!("Duplicate State name: {name}"),
                    )
                    .help(format!(
                        "line {line} has a state of the same name; names are unique in the whole machine, branches and \
                         item processors included"
                    ));
            }
            None => drop(first.insert(name, member.key_span.start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::findings;

    #[test]
    fn a_name_in_a_branch_cannot_be_that_of_an_outer_state() {
        let source = r#"{ "StartAt": "A", "States": { "A": { "Type": "Parallel", "End": true, "Branches": [
            { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } } ] } } }"#;
        assert_eq!(
            findings(source),
            [
                "DUPLICATE_STATE_NAME: Duplicate State name: A at /States/A/Branches[0]/States/A (help: line 1 has a state of the \
              same name; names are unique in the whole machine, branches and item processors included)"
            ]
        );
    }

    #[test]
    fn a_name_has_1_to_80_characters() {
        let named =
            |name: &str| format!(r#"{{ "StartAt": "{name}", "States": {{ "{name}": {{ "Type": "Succeed" }} }} }}"#);
        assert_eq!(
            findings(&named("")),
            ["INVALID_STATE_NAME: a state name cannot be empty at /States/ (help: it has 1 to 80 characters)"]
        );
        assert_eq!(findings(&named(&"é".repeat(80))), [""; 0]);
        assert!(findings(&named(&"é".repeat(81)))[0].starts_with(
            "INVALID_STATE_NAME: a state name has 80 characters at the most, this one has 81 at /States/é"
        ));
    }
}
