//! Map states.

use super::distributed_map::distributed_map;
use super::retry::MAXIMUM;
use super::{Fields, state_graph};
use crate::data::ReferencePath;
use crate::definition::{
    JsonPathMap, JsonataMap, JsonataValue, MapData, MapState, MaxConcurrency, QueryLanguage, Tolerance,
};
use crate::loading::outline::TOLERANCE_FIELDS;
use crate::loading::report::Reported;

/// A Map in either mode. `machine` is the default language of the states in the item processor.
pub(super) fn map_state(
    mut fields: Fields<'_, '_>,
    language: QueryLanguage,
    machine: QueryLanguage,
) -> Result<MapState, Reported> {
    let comment = fields.comment();
    let item_processor = fields.node("ItemProcessor").or(fields.node("Iterator"));
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(MapData::JsonPath),
        QueryLanguage::Jsonata => jsonata(&mut fields).map(MapData::Jsonata),
    };
    let distributed = distributed_map(&mut fields, item_processor, language);
    let retry = fields.retry();
    let catch = fields.catch(language);
    let transition = fields.transition();
    let item_processor = item_processor.map(|node| state_graph(node, machine, fields.reading));
    let item_processor = item_processor.ok_or(Reported)?;
    Ok(MapState {
        comment: comment?,
        item_processor: item_processor?,
        data: data?,
        distributed: distributed?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathMap, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let items_path = fields.items_path();
    let item_selector = fields.payload_template_of_any_type("ItemSelector");
    let parameters = fields.payload_template_of_any_type("Parameters");
    let max_concurrency = max_concurrency(fields);
    let [count, count_path, percentage, percentage_path] = TOLERANCE_FIELDS;
    let tolerated_count = fields.integer(count, 0, MAXIMUM);
    let tolerated_count_path = fields.reference_path(count_path);
    let tolerated_percentage = fields.number(percentage, 0.0, 100.0);
    let tolerated_percentage_path = fields.reference_path(percentage_path);
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathMap {
        input_path: input_path?,
        items_path: items_path?,
        item_selector: item_selector?.or(parameters?),
        max_concurrency: max_concurrency?,
        tolerated_failure_count: either(tolerated_count?, tolerated_count_path?),
        tolerated_failure_percentage: either(tolerated_percentage?, tolerated_percentage_path?),
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
    })
}

fn either<T>(constant: Option<T>, path: Option<ReferencePath>) -> Option<Tolerance<T>> {
    constant
        .map(Tolerance::Constant)
        .or(path.map(|path| Tolerance::Path(Box::new(path))))
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

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<JsonataMap, Reported> {
    let [count, _, percentage, _] = TOLERANCE_FIELDS;
    let items = fields.items();
    let item_selector = fields.jsonata("ItemSelector");
    let max_concurrency = fields.jsonata_integer("MaxConcurrency", 0, MAXIMUM);
    let tolerated_failure_count = fields.jsonata_integer(count, 0, MAXIMUM);
    let tolerated_failure_percentage = fields.jsonata_number(percentage, 0.0, 100.0);
    let exit = fields.exit();
    Ok(JsonataMap {
        items: items?,
        item_selector: item_selector?,
        max_concurrency: max_concurrency?.unwrap_or(JsonataValue::Constant(0)),
        tolerated_failure_count: tolerated_failure_count?,
        tolerated_failure_percentage: tolerated_failure_percentage?,
        exit: exit?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::definition::State;

    #[test]
    fn old_names_of_map_fields_are_read() {
        let State::Map(map) = state(
            r#"{ "Type": "Map", "Parameters": { "i.$": "$$.Map.Item.Value" }, "MaxConcurrency": 3, "End": true,
                "Iterator": { "StartAt": "A", "States": { "A": { "Type": "Succeed" } } } }"#,
        ) else {
            panic!()
        };
        assert_eq!(map.item_processor.start_at, "A");
        let MapData::JsonPath(data) = map.data else { panic!() };
        assert!(data.item_selector.is_some());
        assert!(matches!(data.max_concurrency, MaxConcurrency::Limit(3)));
    }
}
