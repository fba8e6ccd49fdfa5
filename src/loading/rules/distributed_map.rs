//! # Distributed Maps
//!
//! **What**: `ItemReader`, `ItemBatcher` and `ResultWriter` of a Distributed Map have only fields that fit the state's
//! query language and the `InputType`. Its `Label` is unique in the machine. An Express workflow has no Distributed
//! Map.
//!
//! **Why**: any other field would have no effect. AWS rejects it, too.
//!
//! Bad:
//! ```json
//! { "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "b", "Key": "k" },
//!   "ReaderConfig": { "InputType": "JSON", "CSVHeaderLocation": "FIRST_ROW" } }
//! ```
//! Good:
//! ```json
//! { "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "b", "Key": "k" },
//!   "ReaderConfig": { "InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW" } }
//! ```

use std::collections::HashMap;

use crate::data::json::{Node, Place};
use crate::definition::{Code, QueryLanguage, StateType, WorkflowType};
use crate::loading::outline::{Language, Outline, StateOutline, is_distributed};
use crate::loading::report::Report;

use Language::{Both, JsonPath, Jsonata};

/// An object inside a Distributed Map, and its fields.
struct Fields {
    /// The path of fields to the object.
    path: &'static [&'static str],
    fields: &'static [(&'static str, Language)],
}

/// The objects inside a Distributed Map.
const OBJECTS: [Fields; 5] = [
    Fields {
        path: &["ItemReader"],
        fields: &[
            ("Resource", Both),
            ("Parameters", JsonPath),
            ("Arguments", Jsonata),
            ("ReaderConfig", Both),
        ],
    },
    Fields {
        path: &["ItemReader", "ReaderConfig"],
        fields: &[
            ("InputType", Both),
            ("Transformation", Both),
            ("ManifestType", Both),
            ("CSVHeaderLocation", Both),
            ("CSVHeaders", Both),
            ("CSVDelimiter", Both),
            ("ItemsPointer", Both),
            ("MaxItems", Both),
            ("MaxItemsPath", JsonPath),
        ],
    },
    Fields {
        path: &["ItemBatcher"],
        fields: &[
            ("BatchInput", Both),
            ("MaxItemsPerBatch", Both),
            ("MaxItemsPerBatchPath", JsonPath),
            ("MaxInputBytesPerBatch", Both),
            ("MaxInputBytesPerBatchPath", JsonPath),
        ],
    },
    Fields {
        path: &["ResultWriter"],
        fields: &[
            ("Resource", Both),
            ("Parameters", JsonPath),
            ("Arguments", Jsonata),
            ("WriterConfig", Both),
        ],
    },
    Fields {
        path: &["ResultWriter", "WriterConfig"],
        fields: &[("Transformation", Both), ("OutputType", Both)],
    },
];

/// The fields of a `ReaderConfig` that belong to some values of `InputType` only, with those values.
///
/// AWS accepts an `ItemsPointer` with other input types, where it has no effect.
const OF_INPUT_TYPES: [(&str, &[&str]); 5] = [
    ("CSVHeaderLocation", &["CSV"]),
    ("CSVHeaders", &["CSV"]),
    ("CSVDelimiter", &["CSV"]),
    ("ManifestType", &["CSV", "JSONL", "PARQUET", "MANIFEST"]),
    ("ItemsPointer", &["JSON"]),
];

pub(super) fn check(outline: &Outline<'_>, report: &mut Report) {
    let mut labels = HashMap::new();
    for (_, state) in outline.states().filter(|(_, state)| is_distributed_map(state)) {
        for Fields { path, fields } in OBJECTS {
            let node = path.iter().try_fold(state.node(), |node, name| node.field(name));
            if let Some(node) = node {
                object(node, fields, state.query_language, report);
            }
        }
        if let Some(config) = state
            .field("ItemReader")
            .and_then(|reader| reader.field("ReaderConfig"))
        {
            reader_config(config, report);
        }
        if let Some(node) = state.field("Label")
            && let Some(label) = node.as_str().filter(|_| !node.unresolved)
            && let Some(first) = labels.insert(label, node.span.start)
        {
            let line = report.line_of(first);
            let message = format!("Duplicate Label name: '{label}'");
            report
                .error(Code::DuplicateLabelName, Place::value(node), message)
                .help(format!("line {line} has it already, and both would have the same ARNs"));
        }
    }
}

/// Rejects Distributed Maps in an Express workflow, which cannot start child executions.
pub(super) fn check_type(outline: &Outline<'_>, workflow_type: WorkflowType, report: &mut Report) {
    if workflow_type != WorkflowType::Express {
        return;
    }
    for (_, state) in outline.states().filter(|(_, state)| is_distributed_map(state)) {
        let processor = state.field("ItemProcessor").or(state.field("Iterator"));
        let mode = processor
            .and_then(|processor| processor.field("ProcessorConfig"))
            .and_then(|config| config.field("Mode"));
        let place = mode.map_or_else(|| Place::key(state.member), Place::value);
        report
            .schema(
                place,
                "Express state machine does not support Map states in DISTRIBUTED mode",
            )
            .help("a Standard workflow can have one, whose child executions are `EXPRESS`");
    }
}

fn is_distributed_map(state: &StateOutline<'_>) -> bool {
    let processor = || state.field("ItemProcessor").or(state.field("Iterator"));
    state.state_type == Some(StateType::Map) && processor().is_some_and(is_distributed)
}

fn object(node: &Node, fields: &[(&str, Language)], query_language: QueryLanguage, report: &mut Report) {
    for member in node
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        let key = member.key.as_str();
        if member.key_unresolved {
            continue;
        }
        let language = fields
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, language)| *language);
        let message = match language {
            Some(language) if language.is_of(query_language) => continue,
            Some(_) => {
                let (own, other) = if query_language == QueryLanguage::Jsonata {
                    ("JSONata", "JSONPath")
                } else {
                    ("JSONPath", "JSONata")
                };
                format!(
                    "The QueryLanguage is set to '{own}', but field '{key}' is only supported for the '{other}' \
                     QueryLanguage"
                )
            }
            None => format!("Field '{key}' is not supported"),
        };
        let own = || {
            fields
                .iter()
                .filter(|(_, language)| language.is_of(query_language))
                .map(|(name, _)| *name)
        };
        let help = report
            .similar(key, own())
            .map_or_else(|| listed(own()), |similar| format!("did you mean `{similar}`?"));
        report.schema(Place::key(member).about(node), message).help(help);
    }
}

fn listed<'f>(fields: impl Iterator<Item = &'f str>) -> String {
    let names: Vec<String> = fields.map(|name| format!("`{name}`")).collect();
    format!("the fields here are {}", names.join(", "))
}

/// Rejects the fields that do not belong to the `InputType`.
fn reader_config(config: &Node, report: &mut Report) {
    let input_type = match config.field("InputType") {
        Some(node) if node.unresolved => return,
        Some(node) => node.as_str().unwrap_or_default(),
        None => "",
    };
    // Like AWS, report only the missing `CSVHeaderLocation`, which happens when the field is read.
    if input_type == "CSV" && config.field("CSVHeaderLocation").is_none() {
        return;
    }
    for member in config
        .as_object()
        .map(|object| object.members.as_slice())
        .unwrap_or_default()
    {
        let key = member.key.as_str();
        let kinds = OF_INPUT_TYPES
            .iter()
            .find(|(name, _)| *name == key)
            .map(|(_, kinds)| *kinds);
        let Some(kinds) = kinds.filter(|kinds| !kinds.contains(&input_type) && !input_type.is_empty()) else {
            continue;
        };
        let help = format!("only `\"InputType\": \"{}\"` has it", kinds.join("\"`, `\""));
        report
            .schema(
                Place::key(member).about(config),
                format!("Field '{key}' is not supported"),
            )
            .help(help);
    }
}

#[cfg(test)]
mod tests {
    use crate::definition::WorkflowType;
    use crate::loading::Loader;
    use crate::loading::rules::testing::{findings, state};

    fn map(fields: &str) -> String {
        state(&format!(
            r#"{{ "Type": "Map", {fields} "End": true,
                "ItemProcessor": {{ "ProcessorConfig": {{ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }},
                    "StartAt": "A", "States": {{ "A": {{ "Type": "Succeed" }} }} }} }}"#
        ))
    }

    fn reader(config: &str) -> Vec<String> {
        let found = findings(&map(&format!(
            r#""ItemReader": {{ "Resource": "arn:aws:states:::s3:getObject",
                "Parameters": {{ "Bucket": "b", "Key": "k" }}, "ReaderConfig": {config} }},"#
        )));
        found
            .into_iter()
            .map(|line| line.split(" at ").next().unwrap_or_default().to_owned())
            .collect()
    }

    /// The messages are recorded on AWS.
    #[test]
    fn a_reader_config_has_the_fields_of_its_input_type() {
        let required = ["SCHEMA_VALIDATION_FAILED: The field 'CSVHeaderLocation' is required"];
        assert_eq!(reader(r#"{ "InputType": "CSV" }"#), required);
        assert_eq!(reader(r#"{ "InputType": "CSV", "ItemsPointer": "/a" }"#), required);
        assert_eq!(
            reader(r#"{ "InputType": "CSV", "CSVHeaderLocation": "GIVEN" }"#),
            ["SCHEMA_VALIDATION_FAILED: These fields are required: [CSVHeaders]"]
        );
        assert_eq!(
            reader(r#"{ "InputType": "JSONL", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["a"] }"#),
            [
                "SCHEMA_VALIDATION_FAILED: Field 'CSVHeaderLocation' is not supported",
                "SCHEMA_VALIDATION_FAILED: Field 'CSVHeaders' is not supported"
            ]
        );
        assert_eq!(
            reader(r#"{ "InputType": "JSON", "ItemsPointer": "rows/open" }"#),
            ["SCHEMA_VALIDATION_FAILED: Invalid input: JSON Pointer expression must start with '/': \"rows/open\""]
        );
        assert_eq!(reader(r#"{ "InputType": "JSON", "MaxItems": 2 }"#), [""; 0]);
    }

    #[test]
    fn variables_are_read_in_all_its_fields() {
        let found = findings(&map(
            r#""ItemReader": { "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "b", "Key.$": "$a" },
                "ReaderConfig": { "InputType": "JSON", "MaxItemsPath": "$b" } },
                "ItemBatcher": { "MaxItemsPerBatchPath": "$c", "BatchInput": { "x.$": "$d" } },"#,
        ));
        let unassigned = found
            .iter()
            .filter(|found| found.contains("no state assigns the variable"));
        assert_eq!(unassigned.count(), 4, "{found:?}");
    }

    #[test]
    fn labels_are_distinct_and_fit_into_an_arn() {
        let found = findings(&map(r#""Label": "a b","#));
        assert!(
            found[0].starts_with("INVALID_LABEL_NAME: Invalid Label name: 'a b' at /States/X/Label"),
            "{found:?}"
        );
        let twice = map(r#""Label": "same","#).replace(
            r#""A": { "Type": "Succeed" }"#,
            r#""A": { "Type": "Map", "Label": "same", "End": true, "ItemProcessor": {
                "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS" },
                "StartAt": "B", "States": { "B": { "Type": "Succeed" } } } }"#,
        );
        let found = findings(&twice);
        assert!(
            found[0].starts_with("DUPLICATE_LABEL_NAME: Duplicate Label name: 'same' at "),
            "{found:?}"
        );
    }

    #[test]
    fn an_express_workflow_starts_no_child_executions() {
        let diagnostics = Loader::new().workflow_type(WorkflowType::Express).validate(&map(""));
        assert_eq!(
            diagnostics[0].message,
            "Express state machine does not support Map states in DISTRIBUTED mode"
        );
    }
}
