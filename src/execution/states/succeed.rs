//! The Succeed state.

use crate::data::{JsonataTemplate, Payload};
use crate::definition::{SucceedData, SucceedState};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::inspection::Stage;
use crate::execution::intent::{Assigned, Exit, Intent};
use crate::execution::program::Next;
use crate::execution::query::Query;

pub(super) fn enter(state: &SucceedState, raw_input: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let (input_path, output_path) = match &state.data {
        SucceedData::JsonPath {
            input_path,
            output_path,
        } => (input_path, output_path),
        SucceedData::Jsonata { output } => return enter_jsonata(output.as_ref(), &raw_input, view),
    };
    let effective_input = view.select(input_path, raw_input)?;
    view.inspect(Stage::AfterInputPath, &effective_input);
    let output = view.select(output_path, effective_input)?;
    Ok(Intent::Exit(Exit {
        output,
        assigned: Assigned::default(),
        next: Next::End,
    }))
}

fn enter_jsonata(
    output: Option<&JsonataTemplate>,
    raw_input: &Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let output = Query::new(view, raw_input).fill_or("Output", output, || raw_input.clone())?;
    Ok(Intent::Exit(Exit {
        output,
        assigned: Assigned::default(),
        next: Next::End,
    }))
}
