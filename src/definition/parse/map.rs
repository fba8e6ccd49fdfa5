//! Map states.

use super::retry::MAXIMUM;
use super::{Fields, Reported, graph};
use crate::definition::json::Node;
use crate::definition::{MapState, MaxConcurrency};

/// An inline Map; the map mode rule has refused the distributed ones.
pub(super) fn map_state(mut fields: Fields<'_, '_>) -> Result<MapState, Reported> {
    let comment = fields.comment();
    let input_path = fields.input_output_path("InputPath");
    let items_path = fields.items_path();
    let item_selector = fields.payload_template("ItemSelector");
    let parameters = fields.payload_template("Parameters");
    let max_concurrency = max_concurrency(&mut fields);
    let tolerance = tolerance(&mut fields);
    let item_processor = fields.node("ItemProcessor").or(fields.node("Iterator"));
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let retry = fields.retry();
    let catch = fields.catch();
    let transition = fields.transition();
    let item_processor = item_processor.map(|node| (node, graph::state_graph(node, fields.report)));
    let (processor_node, item_processor) = item_processor.ok_or(Reported)?;
    if is_distributed(processor_node) {
        return Err(Reported);
    }
    tolerance?;
    Ok(MapState {
        comment: comment?,
        input_path: input_path?,
        items_path: items_path?,
        item_selector: item_selector?.or(parameters?),
        max_concurrency: max_concurrency?,
        item_processor: item_processor?,
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

/// How many failed iterations are tolerated, by name; only a distributed Map does, though AWS takes them on both.
pub(crate) const TOLERANCE_FIELDS: [&str; 4] = [
    "ToleratedFailureCount",
    "ToleratedFailureCountPath",
    "ToleratedFailurePercentage",
    "ToleratedFailurePercentagePath",
];

/// Reads those fields for the sake of their problems.
fn tolerance(fields: &mut Fields<'_, '_>) -> Result<(), Reported> {
    let [count, count_path, percentage, percentage_path] = TOLERANCE_FIELDS;
    let read = [
        fields.integer(count, 0, MAXIMUM).map(drop),
        fields.reference_path(count_path).map(drop),
        fields.number(percentage, 0.0, 100.0).map(drop),
        fields.reference_path(percentage_path).map(drop),
    ];
    read.into_iter().collect()
}

/// Whether an item processor runs as child executions of its own.
pub(crate) fn is_distributed(item_processor: &Node) -> bool {
    let config = item_processor.field("ProcessorConfig");
    config.and_then(|config| config.field("Mode")).and_then(Node::as_str) == Some("DISTRIBUTED")
}

fn max_concurrency(fields: &mut Fields<'_, '_>) -> Result<MaxConcurrency, Reported> {
    let limit = fields.integer("MaxConcurrency", 0, MAXIMUM);
    let path = fields.reference_path("MaxConcurrencyPath");
    let (limit, path) = (limit?, path?);
    Ok(limit
        .map(MaxConcurrency::Limit)
        .or(path.map(MaxConcurrency::Path))
        .unwrap_or(MaxConcurrency::Limit(0)))
}
