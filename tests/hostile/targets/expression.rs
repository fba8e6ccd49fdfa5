//! Paths, payload templates and intrinsic functions, evaluated in random documents.

use asl_engine::TestState;
use asl_engine::data::{Intrinsic, JsonPath, PayloadTemplate, ReferencePath};
use serde_json::{Value, json};

use super::{Dice, bounds, grammar};

pub(crate) fn path(dice: &Dice) -> bool {
    let text = grammar::path(dice);
    let document = dice.json(5);
    let parsed = JsonPath::parse(&text);
    if let Ok(path) = &parsed {
        if let Ok(value) = path.evaluate_in(&document) {
            bounds::check(&value);
        }
        in_a_state(&json!({ "x.$": text }), document.clone());
    }
    if let Ok(path) = ReferencePath::parse(&text) {
        let mut written = document.clone();
        if path.write(&mut written, dice.json(2)).is_err() {
            assert_eq!(written, document, "{text}: a failure leaves the document alone");
        }
        bounds::check(&written);
    }
    parsed.is_ok()
}

pub(crate) fn template(dice: &Dice) -> bool {
    let template = grammar::template(dice, 3);
    let compiled = PayloadTemplate::compile(&template);
    if compiled.is_ok() {
        in_a_state(&template, dice.json(4));
    }
    compiled.is_ok()
}

pub(crate) fn intrinsic(dice: &Dice) -> bool {
    let text = grammar::call(dice, 4);
    let call = Intrinsic::parse(&text);
    if call.is_ok() {
        in_a_state(&json!({ "x.$": text }), dice.json(4));
    }
    call.is_ok()
}

/// Evaluates a payload template in a state inside a Map state's iteration; its output is within bounds, or it fails with a
/// cause.
fn in_a_state(template: &Value, input: Value) {
    let state = json!({ "Type": "Pass", "Parameters": template, "End": true });
    let context = json!({
        "Execution": { "Id": "arn:e", "Input": { "a": [1, { "b": 2 }] }, "Name": "e", "RoleArn": "arn:r" },
        "StateMachine": { "Id": "arn:m", "Name": "M" },
        "State": { "Name": "S", "EnteredTime": "1970-01-01T00:00:00Z", "RetryCount": 0 },
        "Map": { "Item": { "Index": 0, "Value": { "a": 1 } } }
    });
    let test = TestState::of(state.to_string())
        .input(input)
        .context(context)
        .variables(json!({ "v": { "a": [{ "b": 1 }] } }))
        .seed(7);
    // What is refused at once is the caller's mistake: a definition that the validator refuses.
    let Ok(result) = test.run() else { return };
    match result.output_value() {
        Some(output) => bounds::check(&output),
        None => assert!(result.cause.is_some_and(|cause| !cause.is_empty())),
    }
}
