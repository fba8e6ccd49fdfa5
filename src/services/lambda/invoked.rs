//! The functions that the Task states of a definition invoke, as far as the definition names them.

use serde_json::Value;

use super::{FunctionName, LATEST, is_invoke};
use crate::definition::{ResourceKind, State};
use crate::execution::Program;

/// A Task state that invokes a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InvokedFunction<'p> {
    /// The Task state.
    pub(crate) state: &'p str,
    /// The function; `None` if only the execution knows it.
    pub(crate) function: Option<FunctionName<'p>>,
}

/// The Task states that invoke functions, nested ones included.
pub(crate) fn invoked_functions(program: &Program) -> impl Iterator<Item = InvokedFunction<'_>> {
    let definition = program.machine().definition();
    program.nodes().filter_map(move |(_, node)| {
        let State::Task(task) = &node.state else { return None };
        let function = if *task.resource.kind() == ResourceKind::LambdaFunction {
            FunctionName::parse(task.resource.arn())
        } else if is_invoke(&task.resource) {
            definition.pointer(&node.pointer).and_then(literal_name)
        } else {
            return None;
        };
        Some(InvokedFunction {
            state: &node.name,
            function,
        })
    })
}

/// `FunctionName` of a state's request, if it is written there.
fn literal_name(state: &Value) -> Option<FunctionName<'_>> {
    let request = state.get("Parameters").or_else(|| state.get("Arguments"))?;
    let name = request.get("FunctionName")?.as_str()?;
    if name.starts_with("{%") {
        return None;
    }
    let mut name = FunctionName::parse(name)?;
    if name.qualifier.is_none() {
        let qualifier = request.get("Qualifier").and_then(Value::as_str);
        name.qualifier = qualifier.filter(|qualifier| !qualifier.starts_with("{%") && *qualifier != LATEST);
    }
    Some(name)
}
