//! What must be registered or declared for a machine to start, as far as its definition says.

use serde_json::Value;

use super::shared::Shared;
use crate::definition::ResourceKind;
use crate::error::{Error, ErrorKind};
use crate::execution::Program;

/// Errors when a resource has no handler, an activity is not declared, or a function that is invoked by a literal name is not there.
pub(super) fn check(program: &Program, shared: &Shared, execution_arn: &str) -> Result<(), Error> {
    for (state, resource) in program.resources() {
        if shared.settings.handlers.find(resource.arn()).is_some() {
            continue;
        }
        if *resource.kind() != ResourceKind::Activity {
            return Err(missing(format!(
                "no handler is registered for the resource `{resource}` of the state `{state}`; register one with `.task(\"{resource}\", …)`"
            )));
        }
        if shared.activities.find(resource.arn()).is_none() {
            return Err(missing(format!(
                "the activity `{resource}` of the state `{state}` is not declared; declare it with `.activity(\"{resource}\")`, and workers get its tasks, or register a handler with `.task(\"{resource}\", …)`"
            )));
        }
    }
    if !program
        .resources()
        .any(|(_, resource)| shared.functions.are_served_at(resource.arn()))
    {
        return Ok(());
    }
    for (state, resource, parameters) in tasks(program.machine().definition()) {
        if let Some(function) = shared.functions.missing(resource, parameters, execution_arn) {
            return Err(missing(format!(
                "no function is registered for `{function}`, which the state `{state}` invokes; register one with `.function(\"NAME\", …)`"
            )));
        }
    }
    Ok(())
}

fn missing(message: String) -> Error {
    Error::new(ErrorKind::MissingHandler, message)
}

/// The Task states of a definition that have `Parameters`, nested ones included: name, `Resource`, `Parameters`.
fn tasks(definition: &Value) -> Vec<(&str, &str, &Value)> {
    let mut tasks = Vec::new();
    let mut graphs = vec![definition];
    while let Some(graph) = graphs.pop() {
        let states = graph.get("States").and_then(Value::as_object);
        for (name, state) in states.into_iter().flatten() {
            let resource = state.get("Resource").and_then(Value::as_str);
            tasks.extend(
                resource
                    .zip(state.get("Parameters"))
                    .map(|(r, p)| (name.as_str(), r, p)),
            );
            graphs.extend(state.get("Branches").and_then(Value::as_array).into_iter().flatten());
            graphs.extend(
                ["ItemProcessor", "Iterator"]
                    .iter()
                    .filter_map(|field| state.get(field)),
            );
        }
    }
    tasks
}
