//! The Pass state.

use std::borrow::Cow;

use super::jsonata;
use crate::data::Payload;
use crate::definition::{PassData, PassState};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::inspection::Stage;
use crate::execution::intent::Intent;
use crate::execution::program::Node;

pub(super) fn enter(
    state: &PassState,
    node: &Node,
    raw_input: &mut Option<Payload>,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let state = match &state.data {
        PassData::JsonPath(state) => state,
        PassData::Jsonata(exit) => {
            let raw_input = raw_input.clone().unwrap_or_else(Payload::empty_object);
            return jsonata::leave(exit, node, &raw_input, view).map(Intent::Exit);
        }
    };
    let result = if let Some(result) = &state.result {
        view.inspect(Stage::Result, result);
        Cow::Borrowed(result)
    } else {
        // Without a field that selects, the raw input itself is passed on: its frame soon lets go of it, so a later write
        // copies nothing.
        let held = raw_input.clone().unwrap_or_else(Payload::empty_object);
        let filtered_input = view.select(&state.input_path, held)?;
        view.inspect(Stage::AfterInputPath, &filtered_input);
        let effective_input = view.apply(state.parameters.as_ref(), filtered_input)?;
        view.inspect(Stage::AfterParameters, &effective_input);
        Cow::Owned(effective_input)
    };
    let stages = ResultStages {
        assign: state.assign.as_ref(),
        result_selector: None,
        result_path: &state.result_path,
        output_path: &state.output_path,
    };
    view.finish(&stages, raw_input, result, node.next).map(Intent::Exit)
}
