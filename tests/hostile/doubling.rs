//! Billion laughs: data that doubles itself until it is as large as memory, if nobody stops it.

use serde_json::{Value, json};

use super::run::{limits, looped, options, run};

const TOO_LARGE: &str = "States.DataLimitExceeded: The state/task 'Double' returned a result with a size exceeding the \
                         maximum number of bytes service limit.";

/// A loop over one Pass state.
fn doubling(mut state: Value) -> Value {
    state["Type"] = json!("Pass");
    looped("Double", state)
}

#[test]
fn a_template_that_holds_its_input_twice() {
    let template = json!({ "a.$": "$", "b.$": "$" });
    assert_eq!(
        run(doubling(json!({ "Parameters": template })), options(json!({ "x": 1 }))).error(),
        TOO_LARGE
    );

    // All in one state, where no state's output is looked at in between.
    let nested = (0..40).fold(json!("x"), |_, level| {
        json!({ "Type": "Pass", "Parameters": { "a.$": "$", "b.$": "$" }, "Next": format!("P{}", level + 1) })
    });
    assert_eq!(nested["Next"], "P40");
    let chain: serde_json::Map<_, _> = (0..40)
        .map(|level| {
            let mut state = nested.clone();
            state["Next"] = json!(format!("P{}", level + 1));
            (format!("P{level}"), state)
        })
        .chain([("P40".to_owned(), json!({ "Type": "Succeed" }))])
        .collect();
    let error = run(json!({ "StartAt": "P0", "States": chain }), options(json!("x"))).error();
    assert!(error.starts_with("States.DataLimitExceeded"), "{error}");
}

#[test]
fn functions_that_repeat_their_argument() {
    for call in [
        "States.Array($.v, $.v)",
        "States.Format('{}{}', $.v, $.v)",
        "States.JsonToString($.v)",
        "States.JsonToString(States.Array($.v, $.v))",
        "States.StringToJson(States.JsonToString(States.Array($.v, $.v)))",
        "States.Array(States.Array(States.Array($.v, $.v), $.v), $)",
    ] {
        let ran = run(
            doubling(json!({ "Parameters": { "v.$": call } })),
            options(json!({ "v": "\"\\" })),
        );
        let error = ran.error();
        let is_told = error == TOO_LARGE || error.contains("nests deeper than") || error.contains("exceeds");
        assert!(is_told, "{call}: {error}");
    }
}

#[test]
fn functions_that_make_much_of_little() {
    let cases = [
        (
            "States.ArrayRange(0, 9223372036854775807, 1)",
            "Invalid arguments in States.ArrayRange",
        ),
        (
            "States.ArrayRange(0, 1001, 1)",
            "Invalid arguments in States.ArrayRange",
        ),
        (
            "States.ArrayPartition($.items, 0)",
            "Invalid arguments in States.ArrayPartition",
        ),
    ];
    for (call, refusal) in cases {
        let definition = json!({ "StartAt": "P", "States": {
            "P": { "Type": "Pass", "Parameters": { "v.$": call }, "End": true } } });
        let error = run(definition, options(json!({ "items": [1] }))).error();
        assert!(error.ends_with(refusal), "{error}");
    }
    let ranges = vec!["States.ArrayRange(1, 1000, 1)"; 2_000].join(", ");
    let split = format!("States.StringSplit('{}', ',')", "a,".repeat(30_000));
    for call in [format!("States.Array({ranges})"), split] {
        let state = json!({ "Type": "Pass", "Parameters": { "v.$": call }, "End": true });
        let ran = run(json!({ "StartAt": "P", "States": { "P": state } }), options(json!({})));
        assert!(ran.outcome.is_some());
    }
}

#[test]
fn delimiters_as_many_as_the_text_is_long() {
    let text: String = (0..40_000)
        .map(|n| char::from_u32(0x4e00 + n % 20_000).unwrap())
        .collect();
    let definition = json!({ "StartAt": "P", "States": { "P":
        { "Type": "Pass", "Parameters": { "v.$": "States.StringSplit($.text, $.delimiters)" }, "End": true } } });
    let input = json!({ "text": text, "delimiters": text });
    let ran = run(definition, options(input));
    assert_eq!(ran.outcome.unwrap().output(), Some(&json!({ "v": [] })));
}

#[test]
fn variables_that_double() {
    let state = json!({ "Assign": { "v.$": "States.Array($v, $v)" } });
    let mut definition = doubling(state);
    definition["StartAt"] = json!("Start");
    definition["States"]["Start"] = json!({ "Type": "Pass", "Assign": { "v": "x" }, "Next": "Double" });
    let error = run(definition, options(json!({}))).error();
    assert!(error.contains("The variables assigned have"), "{error}");

    // Names are new in every state, so that none is too large.
    let states: serde_json::Map<_, _> = (0..200)
        .map(|n| {
            let state =
                json!({ "Type": "Pass", "Assign": { format!("v{n}.$"): "$.long" }, "Next": format!("S{}", n + 1) });
            (format!("S{n}"), state)
        })
        .chain([("S200".to_owned(), json!({ "Type": "Succeed" }))])
        .collect();
    let input = json!({ "long": "x".repeat(200_000) });
    let error = run(json!({ "StartAt": "S0", "States": states }), options(input)).error();
    assert!(error.contains("The variables stored have"), "{error}");
}

#[test]
fn maps_over_maps_that_hand_everything_down() {
    let innermost = json!({ "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 9, "End": true } } });
    let map = |processor: Value, name: &str| {
        let selector = json!({ "items.$": "$.items", "copy.$": "$.copy", "again.$": "$.copy" });
        json!({ "StartAt": name, "States": { name:
            { "Type": "Map", "ItemsPath": "$.items", "ItemSelector": selector, "ItemProcessor": processor, "End": true } } })
    };
    let definition = map(map(map(innermost, "C"), "B"), "A");
    let items: Vec<usize> = (0..40).collect();
    let mut options = options(json!({ "items": items, "copy": "x".repeat(40_000) }));
    options.limits = limits(|limits| limits.held_bytes = 64 * 1024 * 1024);
    let error = run(definition.clone(), options).error();
    assert!(error.starts_with("States.Runtime: The execution holds "), "{error}");

    let mut options = super::run::options(json!({ "items": items, "copy": "x".repeat(200_000) }));
    options.limits = limits(|limits| limits.held_bytes = 64 * 1024 * 1024);
    let error = run(definition, options).error();
    assert!(error.contains("The state/task 'A' returned a result"), "{error}");
}

/// A short item takes many times the memory of its text.
#[test]
fn branches_that_each_make_many_short_items() {
    let branch = |number: usize| {
        let (split, rest) = (format!("Split {number}"), format!("Rest {number}"));
        json!({ "StartAt": split, "States": {
            split: { "Type": "Pass", "Parameters": { "items.$": "States.StringSplit($.text, ',')" }, "Next": rest },
            rest: { "Type": "Wait", "Seconds": 9, "End": true } } })
    };
    let branches: Vec<_> = (0..40).map(branch).collect();
    let definition =
        json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": branches, "End": true } } });
    let mut options = options(json!({ "text": "a,".repeat(60_000) }));
    options.limits = limits(|limits| limits.held_bytes = 128 * 1024 * 1024);
    let error = run(definition, options).error();
    assert!(error.starts_with("States.Runtime: The execution holds "), "{error}");
}

#[test]
fn a_history_that_repeats_a_large_input() {
    // Each event holds the whole of it: unread, they would take six gigabytes.
    let ran = run(doubling(json!({})), options(json!("x".repeat(250_000))));
    assert_eq!(ran.events, 25_000);
    assert!(ran.error().contains("maximum number of history events (25000)"));
}

#[test]
fn static_text_that_every_field_repeats() {
    let definition = |text: &str| {
        let fields: serde_json::Map<_, _> = (0..5_000).map(|n| (format!("f{n}.$"), json!(text))).collect();
        json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "Parameters": fields, "ResultPath": null, "End": true } } })
    };
    let input = json!({ "a": "x".repeat(200_000) });
    for text in [
        "$",
        "$.a",
        "$..a",
        "$[*]",
        "$['a','b']",
        "$$",
        "$$.Execution",
        "$$.Execution.Input",
    ] {
        let error = run(definition(text), options(input.clone())).error();
        let is_told = error.contains("exceeds 4194304 bytes") || error.contains("selects more than one evaluation may");
        assert!(is_told, "{text}: {error}");
    }
}
