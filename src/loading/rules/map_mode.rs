//! # Map mode
//!
//! **What**: a Map state is `INLINE`, the default, or `DISTRIBUTED`, which runs every item as a child execution. An
//! inline Map has no fields of a Distributed Map, except `ToleratedFailure…`, which AWS accepts, too, and which has no
//! effect.
//!
//! **Why**: an inline Map would ignore the field, such as the `ItemReader` of its items.
//!
//! Bad:
//! ```json
//! { "Type": "Map", "ItemReader": {}, "ItemProcessor": { "ProcessorConfig": { "Mode": "INLINE" } } }
//! ```
//! Good:
//! ```json
//! { "Type": "Map", "ItemsPath": "$.orders", "ItemProcessor": { "ProcessorConfig": { "Mode": "INLINE" } } }
//! ```

use crate::data::json::{Node, Place};
use crate::definition::Code;
use crate::definition::StateType;
use crate::loading::outline::{Outline, StateOutline, is_distributed};
use crate::loading::report::Report;

/// Fields that read items from other services and write results to them.
const INPUT_AND_OUTPUT: [&str; 3] = ["ItemReader", "ItemBatcher", "ResultWriter"];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    for (_, state) in outline
        .states()
        .filter(|(_, state)| state.state_type == Some(StateType::Map))
    {
        let Some(processor) = state.field("ItemProcessor").or(state.field("Iterator")) else {
            continue;
        };
        let config = processor.field("ProcessorConfig");
        if let Some(config) = config.filter(|config| config.as_object().is_none() && !config.unresolved) {
            report
                .schema(Place::value(config), "Expected value of type Object")
                .help(format!("it is {}", config.describe()));
        }
        let given = config.and_then(|config| config.field("Mode"));
        let is_unknown = config.into_iter().chain(given).any(|node| node.unresolved);
        if !is_distributed(processor) && !is_unknown {
            mode(given, report);
            inline(state, config, report);
        }
    }
}

fn mode(mode: Option<&Node>, report: &mut Report) {
    match mode {
        Some(node) if node.as_str() != Some("INLINE") && !node.unresolved => {
            let message = "The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED]";
            report
                .schema(Place::value(node), message)
                .help("`INLINE`, the default, runs the items inside the execution");
        }
        _ => {}
    }
}

fn inline(state: &StateOutline<'_>, config: Option<&Node>, report: &mut Report) {
    let Some(object) = state.object else { return };
    let distributed = "it needs `\"Mode\": \"DISTRIBUTED\"` in the `ProcessorConfig`";
    for member in &object.members {
        let place = Place::key(member).about(state.node());
        if INPUT_AND_OUTPUT.contains(&member.key.as_str()) {
            let message = "The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps";
            report.schema(place, message).help(distributed);
        } else if member.key == "Label" {
            let message = "Field 'Label' is not supported for INLINE maps";
            let help = "it names the executions of a distributed Map: remove it";
            report.error(Code::NotSupported, place, message).help(help);
        }
    }
    let execution_type = config
        .and_then(Node::as_object)
        .and_then(|config| config.member("ExecutionType"));
    if let (Some(member), Some(config)) = (execution_type, config) {
        let place = Place::key(member).about(config);
        report
            .schema(place, "Field 'ExecutionType' is not supported")
            .help("only a distributed Map starts executions");
    }
}

#[cfg(test)]
mod tests {
    use crate::loading::rules::testing::{findings, state};

    fn map(fields: &str, config: &str) -> Vec<String> {
        findings(&state(&format!(
            r#"{{ "Type": "Map", {fields} "End": true, "ItemProcessor": {{ "ProcessorConfig": {config},
                "StartAt": "A", "States": {{ "A": {{ "Type": "Succeed" }} }} }} }}"#
        )))
    }

    #[test]
    fn an_inline_map_has_no_item_reader() {
        assert_eq!(
            map(r#""ItemReader": {},"#, "{}"),
            [
                "SCHEMA_VALIDATION_FAILED: The ItemReader, ItemBatcher and ResultWriter fields are not supported for INLINE maps \
              at /States/X (help: it needs `\"Mode\": \"DISTRIBUTED\"` in the `ProcessorConfig`)"
            ]
        );
        assert!(
            map(r#""Label": "orders","#, "{}")[0]
                .starts_with("NOT_SUPPORTED: Field 'Label' is not supported for INLINE maps")
        );
    }

    #[test]
    fn a_mode_that_there_is_not_is_refused() {
        assert_eq!(
            map("", r#"{ "Mode": "PARALLEL" }"#),
            [
                "SCHEMA_VALIDATION_FAILED: The field 'Mode' should have one of these values: [INLINE, DISTRIBUTED] at \
              /States/X/ItemProcessor/ProcessorConfig/Mode (help: `INLINE`, the default, runs the items inside the execution)"
            ]
        );
    }

    #[test]
    fn an_inline_map_is_fine() {
        assert_eq!(map("", "{}"), [""; 0]);
        assert_eq!(map(r#""MaxConcurrency": 2,"#, r#"{ "Mode": "INLINE" }"#), [""; 0]);
    }

    #[test]
    fn a_mode_without_a_value_is_not_judged() {
        let found = map(
            r#""ItemReader": {},"#,
            r#"{ "Mode": "${Mode}", "ExecutionType": "STANDARD" }"#,
        );
        assert!(
            found
                .iter()
                .all(|found| !found.contains("INLINE") && !found.contains("ExecutionType")),
            "{found:?}"
        );
    }
}
