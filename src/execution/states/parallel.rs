//! The Parallel state.

use std::sync::Arc;

use super::jsonata;
use crate::data::Payload;
use crate::definition::{JsonPathParallel, ParallelData, ParallelState};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::intent::{Fork, Intent};
use crate::execution::program::Node;

pub(super) fn enter(state: &ParallelState, node: &Node, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let state = match &state.data {
        ParallelData::JsonPath(state) => state,
        ParallelData::Jsonata(state) => return jsonata::parallel(state, node, &raw, view),
    };
    let input = view.select(&state.input_path, raw)?;
    let input = view.apply(state.parameters.as_ref(), input)?;
    Ok(Intent::Fork(Box::new(Fork::Branches {
        graphs: Arc::clone(&node.graphs),
        input,
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
