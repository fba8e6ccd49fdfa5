//! The top level: `StartAt`, `States`, `Comment`, `Version`, `TimeoutSeconds`.

use std::sync::Arc;

use super::retry::MAXIMUM;
use super::{Fields, Reading, query_language, state_graph};
use crate::data::json::{Node, Place};
use crate::definition::{QueryLanguage, StateMachine, WorkflowType};
use crate::loading::report::Reported;

pub(crate) fn state_machine(root: &Node, reading: &mut Reading) -> Result<StateMachine, Reported> {
    let mut fields = Fields::of(root, reading)?;
    let comment = fields.comment();
    let version = version(&mut fields);
    let timeout_seconds = fields.integer("TimeoutSeconds", 1, MAXIMUM);
    let query_language = query_language(root, QueryLanguage::JsonPath);
    let graph = state_graph(root, query_language.unwrap_or_default(), reading);
    let ((), graph) = (version?, graph?);
    Ok(StateMachine {
        comment: comment?,
        query_language: query_language?,
        timeout_seconds: timeout_seconds?,
        graph,
        workflow_type: WorkflowType::default(),
        source: Arc::new(root.to_value()),
        warnings: Vec::new(),
    })
}

/// `Version`: only `"1.0"` exists.
fn version(fields: &mut Fields<'_, '_>) -> Result<(), Reported> {
    match fields.string("Version")? {
        None | Some("1.0") => Ok(()),
        Some(_) => {
            let node = fields.required("Version")?;
            fields
                .reading
                .report
                .schema(
                    Place::value(node),
                    "The field 'Version' should have one of these values: [1.0]",
                )
                .help("write `\"Version\": \"1.0\"`, or leave the field away");
            Err(Reported)
        }
    }
}
