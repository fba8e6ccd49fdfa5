//! The Map state in its inline mode.

use serde_json::Value;

use super::jsonata;
use crate::data::Payload;
use crate::data::{ReferencePath, Root};
use crate::definition::{JsonPathMap, MapData, MapState, MaxConcurrency};
use crate::execution::errors::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::intent::{Fork, Intent};
use crate::execution::program::Node;

pub(super) fn enter(state: &MapState, node: &Node, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let state = match &state.data {
        MapData::JsonPath(state) => state,
        MapData::Jsonata(state) => return jsonata::map(state, node, raw, view),
    };
    let input = view.select(&state.input_path, raw)?;
    let max_concurrency = match &state.max_concurrency {
        MaxConcurrency::Limit(limit) => usize::try_from(*limit).unwrap_or(usize::MAX),
        MaxConcurrency::Path(path) => concurrency_at(path, &input, view)?,
    };
    let items = match &state.items_path {
        None => input.clone(),
        Some(path) => view.follow(path, &input)?,
    };
    let Some(&graph) = node.graphs.first() else {
        return Err(Failure::runtime("The Map state has no item processor."));
    };
    if !items.value().is_array() {
        let path = state.items_path.as_ref().map_or("$", |path| path.as_str());
        // AWS prints a path into the context object as it applies it: with one `$`.
        let path = path
            .strip_prefix('$')
            .filter(|path| path.starts_with('$'))
            .unwrap_or(path);
        return Err(Failure::runtime(format!(
            "Reference path \"{path}\" must point to array."
        )));
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        input,
        max_concurrency,
    })))
}

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
    let selected = match &state.data {
        MapData::JsonPath(state) => state.item_selector.as_ref().map(|template| view.fill(template, input)),
        MapData::Jsonata(state) => {
            let selector = state.item_selector.as_ref();
            selector.map(|template| jsonata::select_item(template, input, view))
        }
    };
    selected.unwrap_or_else(|| Ok(Payload::from(items.value().get(index).cloned().unwrap_or(Value::Null))))
}

pub(super) fn result_stages(state: &JsonPathMap) -> ResultStages<'_> {
    ResultStages {
        assign: state.assign.as_ref(),
        result_selector: state.result_selector.as_ref(),
        result_path: &state.result_path,
        output_path: &state.output_path,
    }
}

fn concurrency_at(path: &ReferencePath, input: &Payload, view: &StateView<'_>) -> Result<usize, Failure> {
    let found = path
        .evaluate_within(&view.scope(input.value()), &view.budget)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))?;
    let whole = match found.as_ref() {
        Value::Number(number) => number.as_i64(),
        // A variable may hold the number as text; AWS reads it.
        Value::String(text) if matches!(path.root(), Root::Variable(_)) => text.parse().ok(),
        _ => None,
    };
    let Some(limit) = whole else {
        let printed = match found.as_ref() {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        return Err(Failure::runtime(format!(
            "The MaxConcurrencyPath field refers to value \"{printed}\" which is not a valid integer: {}",
            path.as_str()
        )));
    };
    usize::try_from(limit).map_err(|_| Failure::runtime("MaxConcurrency cannot be negative."))
}
