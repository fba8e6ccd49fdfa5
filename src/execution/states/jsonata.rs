//! The exits of JSONata states: `Assign` and `Output` replace all result fields of JSONPath.

use crate::data::Payload;
use crate::definition::JsonataExit;
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::intent::Exit;
use crate::execution::program::Node;
use crate::execution::query::Query;

/// The exit of a state without a result: a Pass, or a Wait whose time is over.
pub(super) fn leave(
    exit: &JsonataExit,
    node: &Node,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Exit, Failure> {
    Query::new(view, raw_input).exit(exit, || raw_input.clone(), node.next)
}

/// The exit of a state with a result: a Task, a Parallel, a Map.
pub(super) fn leave_with(
    exit: &JsonataExit,
    node: &Node,
    raw_input: &mut Option<Payload>,
    raw_result: Payload,
    view: &StateView<'_>,
) -> Result<Exit, Failure> {
    let raw_input = raw_input.get_or_insert_with(Payload::empty_object);
    let query = Query::new(view, raw_input).with_result(&raw_result);
    query.exit(exit, || raw_result.clone(), node.next)
}
