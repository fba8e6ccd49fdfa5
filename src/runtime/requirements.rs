//! Checks that a machine's handlers, activities and functions are registered before it starts.

use serde_json::Value;
use std::sync::Arc;

use super::running::Directory;
use super::services;
use super::shared::Shared;
use crate::definition::ResourceKind;
use crate::error::{Error, ErrorKind};
use crate::execution::Program;
use crate::services::step_functions::Operation;

/// Errors if a resource has no handler, an activity is not declared, or a function invoked by a literal name is not
/// registered. Also checks the state machines that the machine may start.
pub(super) fn check(
    program: &Arc<Program>,
    shared: &Shared,
    execution_arn: impl FnOnce() -> String,
) -> Result<(), Error> {
    let handlers = shared.handlers_of(program);
    if handlers.is_met() {
        return Ok(());
    }
    check_with(program, shared, &execution_arn())?;
    if handlers.is_complete() {
        handlers.set_met();
    }
    Ok(())
}

fn check_with(program: &Program, shared: &Shared, execution_arn: &str) -> Result<(), Error> {
    check_machine(program, shared, execution_arn)?;
    let is_nesting = |resource| Operation::of(resource).is_some_and(Operation::starts_executions);
    if !shared.settings.state_machines.is_empty()
        && program.resources().any(|(_, resource)| is_nesting(resource))
        && let Some(unmet) = shared.unmet(|| unmet(shared, execution_arn))
    {
        return Err(missing(unmet.to_owned()));
    }
    Ok(())
}

/// The error that keeps a registered state machine from running.
fn unmet(shared: &Shared, execution_arn: &str) -> Option<String> {
    let machines = shared.settings.state_machines.iter();
    let mut problems: Vec<_> = machines
        .filter_map(|(name, program)| {
            let error = check_machine(program, shared, execution_arn).err()?;
            Some(format!("the registered state machine `{name}` cannot run: {error}"))
        })
        .collect();
    problems.sort_unstable();
    problems.into_iter().next()
}

fn check_machine(program: &Program, shared: &Shared, execution_arn: &str) -> Result<(), Error> {
    for (state, resource) in program.resources() {
        let handler = shared.handler_of(resource);
        let refusal = handler.as_ref().and_then(|handler| handler.refusal(resource));
        if handler.is_some() && refusal.is_none() {
            continue;
        }
        let is_activity = *resource.kind() == ResourceKind::Activity;
        if is_activity && shared.activities.find(resource.arn()).is_some() {
            continue;
        }
        return Err(missing(if is_activity {
            format!(
                "the activity `{resource}` of the state `{state}` is not declared; declare it with `.activity(\"{resource}\")`, and workers get its tasks, or register a handler with `.task(\"{resource}\", …)`"
            )
        } else if Operation::of(resource).is_some() {
            format!(
                "there is no state machine that the state `{state}` could start; register it with `.state_machine(\"NAME\", &machine)`, or a handler with `.task(\"{resource}\", …)`"
            )
        } else if let Some(missing) = services::missing(resource, state) {
            missing
        } else if let Some(reason) = refusal {
            format!("the resource `{resource}` of the state `{state}` has no handler: {reason}")
        } else {
            format!(
                "no handler is registered for the resource `{resource}` of the state `{state}`; register one with `.task(\"{resource}\", …)`"
            )
        }));
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
