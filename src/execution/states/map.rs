//! The Map state.

use serde_json::Value;
use std::borrow::Cow;
use std::str::FromStr;

use super::distributed_map::{self, Tolerated};
use super::jsonata;
use crate::data::{Payload, ReferencePath};
use crate::definition::{DistributedMap, JsonPathMap, MapData, MapState, MaxConcurrency, Tolerance};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::inspection::Stage;
use crate::execution::intent::{Fork, Intent, MapRunRequest};
use crate::execution::map_run::{Items, MapRunSettings};
use crate::execution::program::{GraphId, Node};

pub(super) fn enter(map: &MapState, node: &Node, raw: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    // Whoever looks at the state alone runs no child executions.
    let is_alone = view.inspection.is_some_and(|inspection| inspection.is_alone);
    let distributed = map.distributed.as_deref().filter(|_| !is_alone);
    let state = match &map.data {
        MapData::JsonPath(state) => state,
        MapData::Jsonata(state) => return jsonata::map(state, distributed, node, raw, view),
    };
    let input = view.select(&state.input_path, raw)?;
    view.inspect(Stage::AfterInputPath, &input);
    let max_concurrency = match &state.max_concurrency {
        MaxConcurrency::Limit(limit) => usize::try_from(*limit).unwrap_or(usize::MAX),
        MaxConcurrency::Path(path) => concurrency_at(path, &input, view)?,
    };
    let Some(&graph) = node.graphs.first() else {
        return Err(Failure::runtime("The Map state has no item processor."));
    };
    let settings = |map: &DistributedMap| {
        let tolerated = tolerated(state, &input, view)?;
        distributed_map::settings(map, max_concurrency, &tolerated, &input, view)
    };
    // Like AWS, whoever has an `ItemReader` has no need of an `ItemsPath`.
    if let Some(map) = distributed.filter(|map| map.item_reader.is_some()) {
        let settings = settings(map);
        return Ok(map_run(graph, None, input, settings));
    }
    let given = view.inspection.and_then(|inspection| inspection.items.clone());
    let is_given = given.is_some();
    let items = match (&state.items_path, given) {
        (_, Some(given)) => given,
        (None, None) => input.clone(),
        (Some(path), None) => view.follow(path, &input)?,
    };
    if let Some(map) = distributed
        && let Some(items) = Items::of(items.clone())
    {
        let settings = settings(map);
        return Ok(map_run(graph, Some(items), input, settings));
    }
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
    if is_alone {
        if !is_given {
            view.inspect(Stage::AfterItemsPath, &items);
        }
        view.inspect_number(Stage::MaxConcurrency, || max_concurrency.into());
        tolerated(state, &input, view)?;
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        input,
        max_concurrency,
    })))
}

/// Asks for a Map Run, whatever comes of its settings: AWS looks at those of JSONPath once the Map has begun.
pub(super) fn map_run(
    graph: GraphId,
    items: Option<Items>,
    input: Payload,
    settings: Result<MapRunSettings, Failure>,
) -> Intent {
    Intent::Fork(Box::new(Fork::MapRun(Box::new(MapRunRequest {
        graph,
        items,
        input,
        settings,
    }))))
}

/// How many failures are tolerated: what a distributed Map asks before it begins.
fn tolerated(state: &JsonPathMap, input: &Payload, view: &StateView<'_>) -> Result<Tolerated, Failure> {
    let count = match &state.tolerated_failure_count {
        None => None,
        Some(Tolerance::Constant(count)) => Some(i64::from(*count)),
        Some(Tolerance::Path(path)) => {
            let value = found(path, input, view)?;
            let refused = || not_a("ToleratedFailureCountPath", &value, "integer", path);
            Some(whole_number(&value).ok_or_else(refused)?)
        }
    };
    let count = match count.map(u64::try_from) {
        Some(Err(_)) => return Err(Failure::runtime("ToleratedFailureCount cannot be negative.")),
        Some(Ok(count)) => Some(count),
        None => None,
    };
    if let Some(count) = count {
        view.inspect_number(Stage::ToleratedFailureCount, || count.into());
    }
    let percentage = match &state.tolerated_failure_percentage {
        None => None,
        Some(Tolerance::Constant(percentage)) => Some(*percentage),
        Some(Tolerance::Path(path)) => {
            let value = found(path, input, view)?;
            let refused = || not_a("ToleratedFailurePercentagePath", &value, "float", path);
            Some(value.as_f64().or_else(|| parsed(&value)).ok_or_else(refused)?)
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
    Ok(Tolerated { count, percentage })
}

fn found(path: &ReferencePath, input: &Payload, view: &StateView<'_>) -> Result<Value, Failure> {
    let found = path.evaluate_within(&view.scope(input.value()), &view.budget);
    found
        .map(Cow::into_owned)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))
}

/// The whole number that a path of a Map found. A text that is one counts: so it was recorded of variables, and measured
/// of `MaxItemsPath`.
pub(super) fn whole_number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| parsed(value))
}

fn parsed<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str().and_then(|text| text.parse().ok())
}

/// A path that should select a number selects something else.
pub(super) fn not_a(field: &str, value: &Value, kind: &str, path: &ReferencePath) -> Failure {
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
    let item = || Payload::from(items.value().get(index).cloned().unwrap_or(Value::Null));
    selected(state, input, view).unwrap_or_else(|| Ok(item()))
}

/// What `ItemSelector` makes of an item; `None` where there is none.
#[inline]
pub(super) fn selected(state: &MapState, input: &Payload, view: &StateView<'_>) -> Option<Result<Payload, Failure>> {
    match &state.data {
        MapData::JsonPath(state) => state.item_selector.as_ref().map(|template| view.fill(template, input)),
        MapData::Jsonata(state) => {
            let selector = state.item_selector.as_ref();
            selector.map(|template| jsonata::select_item(template, input, view))
        }
    }
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
    let Some(limit) = whole_number(found.as_ref()) else {
        return Err(not_a("MaxConcurrencyPath", found.as_ref(), "integer", path));
    };
    usize::try_from(limit).map_err(|_| Failure::runtime("MaxConcurrency cannot be negative."))
}
