//! The state machines that the Task states of a definition start, as far as the definition names them.

use serde_json::Value;

use super::Operation;
use crate::definition::State;
use crate::execution::Program;

/// The ARNs of the state machines that tasks of the programs start; `None` if one is known to the execution alone.
pub(crate) fn started_arns<'p>(programs: impl Iterator<Item = &'p Program>) -> Option<Vec<&'p str>> {
    let arns = programs.flat_map(|program| {
        let definition = program.machine().definition();
        program.nodes().filter_map(move |(_, node)| {
            let State::Task(task) = &node.state else { return None };
            let starts = Operation::of(&task.resource).is_some_and(Operation::starts_executions);
            starts.then(|| definition.pointer(&node.pointer).and_then(literal_arn))
        })
    });
    arns.collect()
}

/// Whether a state machine registered under a name, ARN, or ARN with a version or alias is the one of an ARN.
pub(crate) fn is_started_by(name: &str, arn: &str) -> bool {
    let names = arn.split(':').nth(6);
    name == arn || Some(name) == names || arn.strip_prefix(name).is_some_and(|rest| rest.starts_with(':'))
}

/// `StateMachineArn` of a state's request, if it is written there.
fn literal_arn(state: &Value) -> Option<&str> {
    let request = state.get("Parameters").or_else(|| state.get("Arguments"))?;
    let arn = request.get("StateMachineArn")?.as_str()?;
    (!arn.starts_with("{%") && !arn.contains("${")).then_some(arn)
}
