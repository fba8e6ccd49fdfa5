//! `ItemSelector`: what an iteration or a child execution gets of its item.

use serde_json::Value;

use crate::data::{Expected, Payload};
use crate::definition::{MapData, MapState};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::query::Query;

/// The input of one iteration: what `ItemSelector` builds, or the item.
///
/// The view's context object must show the item.
pub(crate) fn iteration_input(
    state: &MapState,
    items: &Payload,
    input: &Payload,
    index: usize,
    view: &StateView<'_>,
) -> Result<Payload, Failure> {
    let item = || Payload::from(items.value().get(index).cloned().unwrap_or(Value::Null));
    selected(state, input, view).unwrap_or_else(|| Ok(item()))
}

/// What the next child execution gets of the next item: what `ItemSelector` makes of it, or the item.
///
/// The view's context object must show the item.
pub(crate) fn select_next(
    state: &MapState,
    item: &Value,
    input: &Payload,
    view: &StateView<'_>,
) -> Result<Payload, Failure> {
    selected(state, input, view).unwrap_or_else(|| Ok(Payload::from(item.clone())))
}

/// What `ItemSelector` makes of an item; `None` where there is none.
#[inline]
fn selected(state: &MapState, input: &Payload, view: &StateView<'_>) -> Option<Result<Payload, Failure>> {
    match &state.data {
        MapData::JsonPath(state) => state.item_selector.as_ref().map(|template| view.fill(template, input)),
        MapData::Jsonata(state) => {
            let selector = state.item_selector.as_ref();
            selector.map(|template| Query::new(view, input).fill("ItemSelector", template, Expected::Any))
        }
    }
}
