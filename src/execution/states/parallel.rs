//! The Parallel state.

use std::sync::Arc;

use crate::data::Payload;
use crate::definition::{JsonPathParallel, ParallelData, ParallelState};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::intent::{Fork, Intent};
use crate::execution::program::Node;
use crate::execution::query::Query;

pub(super) fn enter(state: &ParallelState, node: &Node, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let input = match &state.data {
        ParallelData::JsonPath(state) => {
            let input = view.select(&state.input_path, raw)?;
            view.apply(state.parameters.as_ref(), input)?
        }
        ParallelData::Jsonata(state) => {
            Query::new(view, &raw).fill_or("Arguments", state.arguments.as_ref(), || raw.clone())?
        }
    };
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
