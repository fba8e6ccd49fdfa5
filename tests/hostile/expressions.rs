//! Paths, filters and patterns that cost far more than they are long.

use asl_engine::data::{JsonPath, PayloadTemplate, ReferencePath};
use serde_json::{Value, json};

use super::run::{on_a_small_stack, options, run};

/// As large as AWS lets a document be.
fn large() -> Value {
    let items: Vec<Value> = (0..8_000).map(|n| json!({ "a": n, "b": [n, "x"] })).collect();
    json!({ "items": items, "big": "a".repeat(60_000) })
}

fn evaluate(path: &str, document: Value) -> Result<usize, String> {
    let path = path.to_owned();
    on_a_small_stack(move || {
        let path = JsonPath::parse(&path).map_err(|error| error.to_string())?;
        let found = path.evaluate_in(&document).map_err(|error| error.to_string())?;
        Ok(found.as_array().map_or(1, Vec::len))
    })
}

const TOO_MUCH: &str = "The path selects more than one evaluation may";

#[test]
fn filters_within_filters_are_stopped() {
    assert_eq!(evaluate("$.items[?(@.a == $.items[7999].a)]", large()), Ok(1));
    let nested = (0..100).fold(json!(1), |inner, _| json!({ "a": inner, "b": { "a": 1 } }));
    assert_eq!(
        evaluate("$..[?(@.a)]..[?(@.a)]..[?(@.a)]..a", nested),
        Err(TOO_MUCH.to_owned())
    );
    let tests = vec!["@.a == $.items[7].b[1]"; 150].join(" || ");
    let slow = evaluate(&format!("$..[?({tests})]"), large());
    assert!(slow.is_ok() || slow == Err(TOO_MUCH.to_owned()), "{slow:?}");
}

#[test]
fn wildcards_and_descents_are_stopped() {
    for path in [
        "$..*..*..*..*",
        "$..*..[*]..*",
        "$.items[*]..*..*..*",
        "$..['a','b']..*",
    ] {
        let found = evaluate(path, large());
        assert!(found.is_ok() || found.is_err(), "{found:?}");
    }
    let wide = (0..100).fold(json!([0, 0]), |inner, _| json!({ "a": inner, "b": [1, 2] }));
    assert_eq!(evaluate("$..*..*..*..*", wide), Err(TOO_MUCH.to_owned()));
    for text in [
        "$..a..a..a..a..a",
        "$....a",
        &format!("${}", "..a".repeat(500)),
        &format!("${}", ".*".repeat(65)),
    ] {
        assert!(JsonPath::parse(text).is_err(), "{text}");
    }
}

#[test]
fn patterns_take_linear_time() {
    for pattern in [
        "(a*)*b",
        "(a|a)*b",
        "(a|aa)+$b",
        "a*a*a*a*a*a*b",
        "(.*)(.*)(.*)b",
        "(a{1,30}){1,9}b",
    ] {
        let found = evaluate(&format!("$[?(@.big =~ /{pattern}/)]"), json!([large()]));
        assert_eq!(found, Ok(0), "{pattern}");
        let everywhere = evaluate(&format!("$..[?($.big =~ /{pattern}/)]"), large());
        assert!(
            everywhere == Ok(0) || everywhere == Err(TOO_MUCH.to_owned()),
            "{everywhere:?}"
        );
    }
    assert!(JsonPath::parse("$[?(@ =~ /(((a{99}){99}){99}){99}/)]").is_err());
}

#[test]
fn long_paths_are_refused() {
    for text in [
        format!("${}", "['a']".repeat(1_000_000)),
        format!("$['{}']", "a".repeat(1_000_000)),
        format!("$[{}]", "1,".repeat(1_000_000)),
        format!("${}", "[?(".repeat(10_000)),
        format!("$[?({}@.a)]", "!".repeat(4_000)),
        format!("$.{}", "\\".repeat(10_001)),
    ] {
        on_a_small_stack(move || assert!(JsonPath::parse(&text).is_err() && ReferencePath::parse(&text).is_err()));
    }
}

#[test]
fn a_repeated_index_is_stopped() {
    let pairs = (0..64).fold(json!(1), |pair, _| json!([pair]));
    assert_eq!(
        evaluate(&format!("${}", "[0,0]".repeat(60)), pairs),
        Err(TOO_MUCH.to_owned())
    );
}

/// One state may hold tens of thousands of expressions.
#[test]
fn the_expressions_of_a_state_share_one_budget() {
    let slow = "$..*..*..*";
    let fields: serde_json::Map<_, _> = (0..10_000).map(|n| (format!("f{n}.$"), json!(slow))).collect();
    let rules = vec![json!({ "Variable": slow, "IsNull": true, "Next": "Done" }); 9_000];
    let document = (0..60).fold(json!([0]), |inner, n| json!({ "a": inner, "b": [n, { "c": "x" }] }));
    for state in [
        json!({ "Type": "Pass", "Parameters": fields, "ResultPath": null, "Next": "Done" }),
        json!({ "Type": "Choice", "Choices": rules, "Default": "Done" }),
    ] {
        let definition = json!({ "StartAt": "S", "States": { "S": state, "Done": { "Type": "Succeed" } } });
        let ran = run(definition, options(document.clone()));
        assert!(ran.error().starts_with("States.Runtime"), "{}", ran.error());
    }
}

#[test]
fn templates_of_any_shape_are_judged() {
    on_a_small_stack(|| {
        let deep = (0..10_000).fold(json!({ "x.$": "$" }), |inner, _| Value::Array(vec![inner]));
        let errors = PayloadTemplate::compile(&deep).unwrap_err();
        assert_eq!(errors[0].to_string(), "the template nests deeper than 112 levels");
        // Dropping it is its owner's business, and would overflow this stack.
        std::mem::forget(deep);
        let wide: serde_json::Map<_, _> = (0..100_000).map(|n| (format!("f{n}.$"), json!("$.a"))).collect();
        assert!(PayloadTemplate::compile(&Value::Object(wide)).is_ok());
    });
}
