//! The Map state in distributed mode: evaluates its fields and the inputs of its child executions.

use super::numbers::{not_a, whole_number};
use crate::data::{Expected, Payload, ReferencePath};
use crate::definition::{Amount, Arguments, DistributedMap, JsonataValue, Transformation};
use crate::execution::failure::Failure;
use crate::execution::input_output::StateView;
use crate::execution::map_run::{Batching, MapRunSettings};
use crate::execution::query::Query;

/// The tolerated failures.
pub(super) struct Tolerated {
    pub(super) count: Option<u64>,
    pub(super) percentage: Option<f64>,
}

/// The fields of the distributed mode, evaluated on the effective input.
pub(super) fn settings(
    map: &DistributedMap,
    max_concurrency: usize,
    tolerated: &Tolerated,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<MapRunSettings, Failure> {
    let max_items = map.item_reader.as_ref().and_then(|reader| reader.max_items.as_ref());
    let max_items = max_items
        .map(|amount| number("MaxItems", amount, effective_input, view))
        .transpose()?;
    let read = map.item_reader.as_ref().map(|reader| {
        let field = "ItemReader/Arguments";
        fill(field, &reader.arguments, effective_input, view)
    });
    let batching = map.item_batcher.as_ref().map(|batcher| -> Result<_, Failure> {
        let most = |name, amount: &Option<Amount>| {
            let number = amount
                .as_ref()
                .map(|amount| positive(name, amount, effective_input, view));
            number.transpose()
        };
        let batch_input = batcher.batch_input.as_ref();
        Ok(Batching {
            most_items: most("MaxItemsPerBatch", &batcher.max_items_per_batch)?,
            most_bytes: most("MaxInputBytesPerBatch", &batcher.max_input_bytes_per_batch)?,
            batch_input: batch_input
                .map(|template| fill("ItemBatcher/BatchInput", template, effective_input, view))
                .transpose()?,
        })
    });
    let export = map.result_writer.as_ref().and_then(|writer| writer.export.as_ref());
    let write = export.map(|(_, arguments)| fill("ResultWriter/Arguments", arguments, effective_input, view));
    Ok(MapRunSettings {
        max_concurrency,
        tolerated_failure_count: tolerated.count,
        tolerated_failure_percentage: tolerated.percentage,
        max_items: max_items.unwrap_or(0),
        batching: batching.transpose()?,
        read: read.transpose()?,
        write: write.transpose()?,
    })
}

fn fill(
    field: &'static str,
    template: &Arguments,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<Payload, Failure> {
    match template {
        Arguments::JsonPath(template) => view.fill(template, effective_input),
        Arguments::Jsonata(template) => Query::new(view, effective_input).fill(field, template, Expected::Any),
    }
}

/// A whole number; a path may select a negative one.
fn number(
    field: &'static str,
    amount: &Amount,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<i64, Failure> {
    match amount {
        Amount::Value(JsonataValue::Constant(number)) => Ok(i64::from(*number)),
        Amount::Value(value) => Query::new(view, effective_input)
            .integer(location(field), value)
            .map(i64::from),
        Amount::Path(path) => number_at(field, path, effective_input, view),
    }
}

/// The same for a number of at least one.
fn positive(
    field: &'static str,
    amount: &Amount,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<usize, Failure> {
    let number = number(field, amount, effective_input, view)?;
    match usize::try_from(number) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(Failure::runtime(format!("field {field} must be positive"))),
    }
}

/// The location of a JSONata field in AWS's notation.
fn location(field: &'static str) -> &'static str {
    match field {
        "MaxItems" => "ItemReader/ReaderConfig/MaxItems",
        "MaxItemsPerBatch" => "ItemBatcher/MaxItemsPerBatch",
        "MaxInputBytesPerBatch" => "ItemBatcher/MaxInputBytesPerBatch",
        other => other,
    }
}

fn number_at(
    field: &str,
    path: &ReferencePath,
    effective_input: &Payload,
    view: &StateView<'_>,
) -> Result<i64, Failure> {
    let found = path
        .evaluate(&view.scope(effective_input), &view.budget)
        .map_err(|error| Failure::invalid_path(path.as_str(), &error))?;
    whole_number(found.as_ref()).ok_or_else(|| not_a(&format!("{field}Path"), found.as_ref(), "integer", path))
}

/// The description of the child executions in the state's result.
pub(crate) fn transformation(map: &DistributedMap) -> Transformation {
    map.result_writer
        .as_ref()
        .map_or(Transformation::Compact, |writer| writer.transformation)
}
