//! The Map state.

use serde_json::Value;
use std::borrow::Cow;

use super::jsonata;
use crate::data::{Payload, ReferencePath, Root};
use crate::definition::{JsonPathMap, MapData, MapState, MaxConcurrency, Tolerance};
use crate::execution::errors::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::inspection::Stage;
use crate::execution::intent::{Fork, Intent};
use crate::execution::program::Node;

pub(super) fn enter(state: &MapState, node: &Node, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    let state = match &state.data {
        MapData::JsonPath(state) => state,
        MapData::Jsonata(state) => return jsonata::map(state, node, raw, view),
    };
    let input = view.select(&state.input_path, raw)?;
    view.inspect(Stage::AfterInputPath, &input);
    let max_concurrency = match &state.max_concurrency {
        MaxConcurrency::Limit(limit) => usize::try_from(*limit).unwrap_or(usize::MAX),
        MaxConcurrency::Path(path) => concurrency_at(path, &input, view)?,
    };
    let given = view.inspection.and_then(|inspection| inspection.items.clone());
    let is_given = given.is_some();
    let items = match (&state.items_path, given) {
        (_, Some(given)) => given,
        (None, None) => input.clone(),
        (Some(path), None) => view.follow(path, &input)?,
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
    if view.inspection.is_some_and(|inspection| inspection.is_alone) {
        if !is_given {
            view.inspect(Stage::AfterItemsPath, &items);
        }
        view.inspect_number(Stage::MaxConcurrency, || max_concurrency.into());
        inspect_tolerance(state, &input, view)?;
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        input,
        max_concurrency,
    })))
}

/// How many failures are tolerated: what a distributed Map asks before it begins.
fn inspect_tolerance(state: &JsonPathMap, input: &Payload, view: &StateView<'_>) -> Result<(), Failure> {
    let found = |path: &ReferencePath| {
        let found = path.evaluate_within(&view.scope(input.value()), &view.budget);
        found
            .map(Cow::into_owned)
            .map_err(|error| Failure::invalid_path(path.as_str(), &error))
    };
    let count = match &state.tolerated_failure_count {
        None => None,
        Some(Tolerance::Constant(count)) => Some(i64::from(*count)),
        Some(Tolerance::Path(path)) => {
            let value = found(path)?;
            let refused = || not_a("ToleratedFailureCountPath", &value, "integer", path);
            Some(value.as_i64().ok_or_else(refused)?)
        }
    };
    if let Some(count) = count {
        if count < 0 {
            return Err(Failure::runtime("ToleratedFailureCount cannot be negative."));
        }
        view.inspect_number(Stage::ToleratedFailureCount, || count.into());
    }
    let percentage = match &state.tolerated_failure_percentage {
        None => None,
        Some(Tolerance::Constant(percentage)) => Some(*percentage),
        Some(Tolerance::Path(path)) => {
            let value = found(path)?;
            let refused = || not_a("ToleratedFailurePercentagePath", &value, "float", path);
            Some(value.as_f64().ok_or_else(refused)?)
        }
    };
    if let Some(percentage) = percentage {
        if !(0.0..=100.0).contains(&percentage) {
            return Err(Failure::runtime(
                "ToleratedFailurePercentage must be between 0 and 100.",
            ));
        }
        view.inspect_number(Stage::ToleratedFailurePercentage, || percentage.into());
    }
    Ok(())
}

/// A path that should select a number selects something else.
fn not_a(field: &str, value: &Value, kind: &str, path: &ReferencePath) -> Failure {
    let printed = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    Failure::runtime(format!(
        "The {field} field refers to value \"{printed}\" which is not a valid {kind}: {}",
        path.as_str()
    ))
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
        return Err(not_a("MaxConcurrencyPath", found.as_ref(), "integer", path));
    };
    usize::try_from(limit).map_err(|_| Failure::runtime("MaxConcurrency cannot be negative."))
}
