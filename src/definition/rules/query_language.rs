//! # Query language
//!
//! **What**: `QueryLanguage` is `JSONPath`, the default. A machine or a state in JSONata is refused, since this version
//! does not evaluate it; and a state cannot go back to JSONPath in a machine that is JSONata.
//!
//! **Why**: a JSONata expression that is taken as text would run, and do something else than on AWS.
//!
//! Bad:
//! ```json
//! { "Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $states.input.id %}", "End": true }
//! ```
//! Good:
//! ```json
//! { "Type": "Pass", "Parameters": { "id.$": "$.id" }, "End": true }
//! ```

use crate::definition::Code;
use crate::definition::json::Node;
use crate::definition::parse::{Outline, Place, Report};

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let whole_machine = outline.root.field("QueryLanguage");
    if let Some(node) = whole_machine {
        language(node, report);
    }
    let machine_is_jsonata = whole_machine.and_then(Node::as_str) == Some("JSONata");
    for (_, state) in outline.states() {
        let Some(node) = state.field("QueryLanguage") else {
            continue;
        };
        if machine_is_jsonata {
            if node.as_str() == Some("JSONPath") {
                let message = "'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine";
                report
                    .schema(Place::value(node).about(state.node()), message)
                    .help("leave `QueryLanguage` away from the machine, and give it to the states in JSONata");
            }
        } else {
            language(node, report);
        }
    }
}

fn language(node: &Node, report: &mut Report) {
    match node.as_str() {
        _ if node.unresolved => {}
        Some("JSONPath") => {}
        Some("JSONata") => {
            report
                .error(Code::NotSupported, Place::value(node), "JSONata is not supported yet")
                .help("write it with `\"QueryLanguage\": \"JSONPath\"`, which is the default");
        }
        Some(_) => {
            let message = "The field 'QueryLanguage' should have one of these values: [JSONPath, JSONata]";
            let similar = node
                .as_str()
                .and_then(|name| report.similar(name, ["JSONPath", "JSONata"]));
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
