//! Parameters that a service integration refuses before its task is scheduled (developer guide, "Integrating
//! services").

use serde_json::Value;

use super::failure::Failure;
use crate::definition::{Resource, ResourceKind};

/// The fields of `apigateway:invoke` that map names to lists of texts.
const LISTS_OF_TEXTS: [&str; 2] = ["Headers", "QueryParameters"];

/// Refuses parameters of the wrong shape: AWS does not schedule the task then, and nothing catches the failure.
///
/// The services themselves check everything else, and their answer is the task's.
pub(crate) fn check(resource: &Resource, parameters: &Value) -> Result<(), Failure> {
    let ResourceKind::Service { resource_type, .. } = resource.kind() else {
        return Ok(());
    };
    if &**resource_type != "apigateway" {
        return Ok(());
    }
    let problems: Vec<String> = LISTS_OF_TEXTS
        .iter()
        .filter(|field| parameters.get(field).is_some_and(|value| !holds_lists_of_texts(value)))
        .map(|field| format!("The value of the field '{field}' has an invalid format"))
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let problems = problems.join(", ");
    Err(Failure::runtime(format!(
        "The Parameters '{parameters}' could not be used to start the Task: [{problems}]"
    )))
}

/// A single text does not count as a list, as on AWS.
fn holds_lists_of_texts(value: &Value) -> bool {
    let is_list = |value: &Value| {
        value
            .as_array()
            .is_some_and(|items| items.iter().all(|item| item.is_string() || item.is_null()))
    };
    value.is_null() || value.as_object().is_some_and(|members| members.values().all(is_list))
}
