//! The Map state.

use super::distributed_map::{self, Tolerated};
use super::numbers::{found, not_a, parsed, whole_number};
use crate::data::{Expected, Payload, ReferencePath};
use crate::definition::{DistributedMap, JsonPathMap, JsonataMap, MapData, MapState, MaxConcurrency, Tolerance};
use crate::execution::failure::Failure;
use crate::execution::input_output::{ResultStages, StateView};
use crate::execution::inspection::Stage;
use crate::execution::intent::{Fork, Intent, MapRunRequest};
use crate::execution::map_run::{Items, MapRunSettings};
use crate::execution::program::{GraphId, Node};
use crate::execution::query::Query;

pub(super) fn enter(map: &MapState, node: &Node, raw_input: Payload, view: &StateView<'_>) -> Result<Intent, Failure> {
    // A single state runs no child executions.
    let is_alone = view.inspection.is_some_and(|inspection| inspection.is_alone);
    let distributed = map.distributed.as_deref().filter(|_| !is_alone);
    let state = match &map.data {
        MapData::JsonPath(state) => state,
        MapData::Jsonata(state) => return enter_jsonata(state, distributed, node, raw_input, view),
    };
    let effective_input = view.select(&state.input_path, raw_input)?;
    view.inspect(Stage::AfterInputPath, &effective_input);
    let max_concurrency = match &state.max_concurrency {
        MaxConcurrency::Limit(limit) => usize::try_from(*limit).unwrap_or(usize::MAX),
        MaxConcurrency::Path(path) => concurrency_at(path, &effective_input, view)?,
    };
    let Some(&graph) = node.graphs.first() else {
        return Err(Failure::runtime("The Map state has no item processor."));
    };
    let settings = |map: &DistributedMap| {
        let tolerated = tolerated(state, &effective_input, view)?;
        distributed_map::settings(map, max_concurrency, &tolerated, &effective_input, view)
    };
    // As on AWS, `ItemsPath` is not needed with an `ItemReader`.
    if let Some(map) = distributed.filter(|map| map.item_reader.is_some()) {
        let settings = settings(map);
        return Ok(map_run(graph, None, effective_input, settings));
    }
    let given = view.inspection.and_then(|inspection| inspection.items.clone());
    let is_given = given.is_some();
    let items = match (&state.items_path, given) {
        (_, Some(given)) => given,
        (None, None) => effective_input.clone(),
        (Some(path), None) => view.follow(path, &effective_input)?,
    };
    if let Some(map) = distributed
        && let Some(items) = Items::of(items.clone())
    {
        let settings = settings(map);
        return Ok(map_run(graph, Some(items), effective_input, settings));
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
        tolerated(state, &effective_input, view)?;
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        effective_input,
        max_concurrency,
    })))
}

fn enter_jsonata(
    state: &JsonataMap,
    distributed: Option<&DistributedMap>,
    node: &Node,
    raw_input: Payload,
    view: &StateView<'_>,
) -> Result<Intent, Failure> {
    let query = Query::new(view, &raw_input);
    let given = view.inspection.and_then(|inspection| inspection.items.clone());
    let expected = if distributed.is_some() {
        Expected::ArrayOrObject
    } else {
        Expected::Array
    };
    let reads = distributed.is_some_and(|map| map.item_reader.is_some());
    let items = match (&state.items, given) {
        (_, Some(given)) => given,
        (Some(template), None) => query.fill("Items", template, expected)?,
        (None, None) => raw_input.clone(),
    };
    // The state's input, or an object that the definition itself holds: an expression was looked at.
    if !items.is_array() && !reads && (distributed.is_none() || !items.is_object()) {
        return Err(Failure::query(format!(
            "Map state input must be an array but was: {items}"
        )));
    }
    let max_concurrency = query.integer("MaxConcurrency", &state.max_concurrency)?;
    view.inspect_number(Stage::MaxConcurrency, || max_concurrency.into());
    // Only a distributed Map tolerates failures, but the fields must make sense in every Map.
    let mut tolerated = Tolerated {
        count: None,
        percentage: None,
    };
    if let Some(count) = &state.tolerated_failure_count {
        let count = query.integer("ToleratedFailureCount", count)?;
        view.inspect_number(Stage::ToleratedFailureCount, || count.into());
        tolerated.count = Some(u64::from(count));
    }
    if let Some(percentage) = &state.tolerated_failure_percentage {
        let percentage = query.percentage("ToleratedFailurePercentage", percentage)?;
        view.inspect_number(Stage::ToleratedFailurePercentage, || percentage.into());
        tolerated.percentage = Some(percentage);
    }
    let Some(&graph) = node.graphs.first() else {
        return Err(Failure::runtime("The Map state has no item processor."));
    };
    let max_concurrency = usize::try_from(max_concurrency).unwrap_or(usize::MAX);
    if let Some(distributed) = distributed {
        let items = if reads { None } else { Items::of(items) };
        let settings = distributed_map::settings(distributed, max_concurrency, &tolerated, &raw_input, view)?;
        return Ok(map_run(graph, items, raw_input.clone(), Ok(settings)));
    }
    Ok(Intent::Fork(Box::new(Fork::Iterations {
        graph,
        items,
        max_concurrency,
        effective_input: raw_input.clone(),
    })))
}

/// Requests a Map Run even if its settings are wrong: AWS checks JSONPath settings only after the Map has begun.
fn map_run(
    graph: GraphId,
    items: Option<Items>,
    effective_input: Payload,
    settings: Result<MapRunSettings, Failure>,
) -> Intent {
    Intent::Fork(Box::new(Fork::MapRun(Box::new(MapRunRequest {
        graph,
        items,
        effective_input,
        settings,
    }))))
}

/// The tolerated failures, evaluated before a distributed Map begins.
fn tolerated(state: &JsonPathMap, effective_input: &Payload, view: &StateView<'_>) -> Result<Tolerated, Failure> {
    let count = match &state.tolerated_failure_count {
        None => None,
        Some(Tolerance::Constant(count)) => Some(i64::from(*count)),
        Some(Tolerance::Path(path)) => {
            let value = found(path, effective_input, view)?;
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
            let value = found(path, effective_input, view)?;
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

pub(super) fn result_stages(state: &JsonPathMap) -> ResultStages<'_> {
    ResultStages {
        assign: state.assign.as_ref(),
        result_selector: state.result_selector.as_ref(),
        result_path: &state.result_path,
        output_path: &state.output_path,
    }
}

fn concurrency_at(path: &ReferencePath, effective_input: &Payload, view: &StateView<'_>) -> Result<usize, Failure> {
    let found = path
        .evaluate(&view.scope(effective_input), &view.budget)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))?;
    let Some(limit) = whole_number(found.as_ref()) else {
        return Err(not_a("MaxConcurrencyPath", found.as_ref(), "integer", path));
    };
    usize::try_from(limit).map_err(|_| Failure::runtime("MaxConcurrency cannot be negative."))
}
