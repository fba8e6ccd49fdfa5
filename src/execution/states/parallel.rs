//! The Parallel state.

use std::sync::Arc;

use crate::data::Payload;
use crate::definition::{JsonPathParallel, ParallelData, ParallelState};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::intent::{Fork, Intent};
use crate::execution::program::Node;
use crate::execution::query::Query;

pub(super) fn enter(
    state: &ParallelState,
    node: &Node,
    raw_input: Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let effective_input = match &state.data {
        ParallelData::JsonPath(state) => {
            let filtered_input = view.select(&state.input_path, raw_input)?;
            view.apply(state.parameters.as_ref(), filtered_input)?
        }
        ParallelData::Jsonata(state) => {
            Query::new(view, &raw_input).fill_or("Arguments", state.arguments.as_ref(), || raw_input.clone())?
        }
    };
    Ok(Intent::Fork(Box::new(Fork::Branches {
        graphs: Arc::clone(&node.graphs),
        effective_input,
    })))
}

pub(super) fn result_stages(state: &JsonPathParallel) -> ResultStages<'_> {
    ResultStages {
        assign: state.assign.as_ref(),
        result_selector: state.result_selector.as_ref(),
        result_path: &state.result_path,
        output_path: &state.output_path,
    }
}
