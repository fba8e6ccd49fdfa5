//! The Succeed state.

use crate::data::Payload;
use crate::definition::SucceedState;
use crate::execution::errors::Failure;
use crate::execution::input_output::StateView;
use crate::execution::intent::{Exit, Intent};
use crate::execution::program::Next;

pub(super) fn enter(state: &SucceedState, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let input = view.select(&state.input_path, raw)?;
    let output = view.select(&state.output_path, input)?;
    Ok(Intent::Exit(Exit {
        output,
        assigned: None,
        next: Next::End,
    }))
}
