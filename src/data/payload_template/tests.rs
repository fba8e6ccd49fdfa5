use serde_json::{Value, json};

use super::{Budget, Payload, PayloadTemplate};
use crate::data::sample;

fn evaluate(template: &Value) -> Result<Value, String> {
    let template = PayloadTemplate::compile(template).map_err(|errors| errors[0].to_string())?;
    let input = json!({ "vals": [1, 2, 3], "order": { "id": 7.0 } });
    sample::in_scope(&input, |scope| template.evaluate(scope, &Budget::new()))
        .map(Payload::into_value)
        .map_err(|error| error.to_string())
}

#[test]
fn computed_fields_are_replaced_at_every_depth() {
    let template = json!({
        "size.$": "$.vals[-2:]",
        "who.$": "$$.Execution.Name",
        "n.$": "States.MathAdd($.order.id, 1)",
        "v.$": "$menu.pizzas[0]",
        "item.$": "$$.Map.Item.Value.slice",
        "literal": "$.not.evaluated",
        "in": [{ "id.$": "$.order.id" }, "$.vals", { "deep": { "x.$": "$.vals[0]" } }],
    });
    let expected = json!({
        "literal": "$.not.evaluated",
        "in": [{ "id": 7.0 }, "$.vals", { "deep": { "x": 1 } }],
        "size": [2, 3], "who": "e", "n": 8, "v": "margherita", "item": 2,
    });
    assert_eq!(evaluate(&template).unwrap(), expected);
}

#[test]
fn computed_fields_come_last_in_hash_order() {
    let keys = |template: Value| -> Vec<String> {
        evaluate(&template)
            .unwrap()
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect()
    };
    assert_eq!(
        keys(json!({ "moon.$": "$", "ring": 1, "dust.$": "$", "comet.$": "$", "orbit": 2 })),
        ["ring", "orbit", "moon", "comet", "dust"]
    );
    assert_eq!(keys(json!({ "id.$": "$", "name.$": "$" })), ["name", "id"]);
}

#[test]
fn failures_name_the_field_and_the_document() {
    assert_eq!(
        evaluate(&json!({ "value.$": "$.missing" })).unwrap_err(),
        r#"The JSONPath '$.missing' specified for the field 'value.$' could not be found in the input '{"vals":[1,2,3],"order":{"id":7.0}}'"#
    );
    assert_eq!(
        evaluate(&json!({ "value.$": "$$.Execution.Input.missing" })).unwrap_err(),
        "The JSONPath '$$.Execution.Input.missing' specified for the field 'value.$' could not be found in the input \
         '{\"Execution\":{\"Id\":\"arn:e\",\"Input\":{\"table\":4},\"StartTime\":\"1970-01-01T00:00:00Z\",\"Name\":\"e\",\
         \"RoleArn\":\"arn:r\",\"RedriveCount\":0},\"StateMachine\":{\"Id\":\"arn:m\",\"Name\":\"Bar\"},\
         \"State\":{\"Name\":\"Bake\",\"EnteredTime\":\"1970-01-01T00:00:00Z\",\"RetryCount\":1},\
         \"Map\":{\"Item\":{\"Index\":3,\"Value\":{\"slice\":2}}},\"Task\":{\"Token\":\"AQ\"}}'"
    );
}

#[test]
fn all_errors_are_found_at_once() {
    let template = json!({ "a.$": 1, "b": [{ "c/d.$": "nope" }], "e": 1, "e.$": "$", "f.$": "$.ok", ".$": 1 });
    let errors = PayloadTemplate::compile(&template).unwrap_err();
    let found: Vec<(&str, String)> = errors
        .iter()
        .map(|error| (error.pointer.as_str(), error.to_string()))
        .collect();
    let refused = |field| {
        format!("The value for the field '{field}' must be a valid JSONPath or a valid intrinsic function call")
    };
    assert_eq!(
        found,
        [
            ("/a.$", refused("a.$")),
            ("/b/0/c~1d.$", refused("c/d.$")),
            (
                "/e.$",
                "the field `e.$` is there twice once `.$` is taken off".to_owned()
            ),
        ]
    );
}

#[test]
fn a_template_without_computed_fields_is_static() {
    assert!(
        PayloadTemplate::compile(&json!({ "a": ["$.x", { ".$": 1 }] }))
            .unwrap()
            .is_static()
    );
    assert!(!PayloadTemplate::compile(&json!([{ "a.$": "$" }])).unwrap().is_static());
}
