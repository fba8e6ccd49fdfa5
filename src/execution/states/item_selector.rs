//! `ItemSelector`: what an iteration or a child execution gets of its item.

use serde_json::Value;

use crate::data::{Expected, Payload};
use crate::definition::{MapData, MapState};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::query::Query;

/// The input of one iteration: the result of `ItemSelector`, or the item itself.
///
/// The view's context object must show the item.
pub(crate) fn iteration_input(
    state: &MapState,
    items: &Payload,
    effective_input: &Payload,
    index: usize,
    view: &StateView<'_>,
) -> Result<Payload, Failure> {
    let item = || Payload::from(items.value().get(index).cloned().unwrap_or(Value::Null));
    selected(state, effective_input, view).unwrap_or_else(|| Ok(item()))
}

/// The next item's input for a child execution: the result of `ItemSelector`, or the item itself.
///
/// The view's context object must show the item.
pub(crate) fn select_next(
    state: &MapState,
    item: &Value,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<Payload, Failure> {
    selected(state, effective_input, view).unwrap_or_else(|| Ok(Payload::from(item.clone())))
}

/// The result of `ItemSelector` for an item; `None` without an `ItemSelector`.
#[inline]
fn selected(state: &MapState, effective_input: &Payload, view: &StateView<'_>) -> Option<Result<Payload, Failure>> {
    match &state.data {
        MapData::JsonPath(state) => state
            .item_selector
            .as_ref()
            .map(|template| view.fill(template, effective_input)),
        MapData::Jsonata(state) => {
            let selector = state.item_selector.as_ref();
            selector.map(|template| Query::new(view, effective_input).fill("ItemSelector", template, Expected::Any))
        }
    }
}
