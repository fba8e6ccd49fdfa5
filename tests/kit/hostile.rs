//! Recordings and mock files that somebody damaged: refused, or run to an end, never a panic.

use asl_engine::simulation::{MockConfig, Recording};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{machine, parsed, text};

/// What may stand anywhere in a damaged file.
fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..40u64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-zA-Z0-9:-]{0,20}".prop_map(Value::from),
        Just(json!("9999-12-31T23:59:59Z")),
        Just(json!("+262142-12-31T23:59:59Z")),
        Just(json!("TaskStateEntered")),
        Just(json!("MapIterationStarted")),
        Just(json!("LambdaFunctionTimedOut")),
        Just(json!([])),
        Just(json!({})),
    ]
}

/// The places of all values, by their JSON Pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(members) => members.iter().for_each(|(name, value)| {
            places(
                value,
                &format!("{at}/{}", name.replace('~', "~0").replace('/', "~1")),
                found,
            );
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(i, value)| places(value, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

fn damaged(text: &str, damages: &[(prop::sample::Index, Value)]) -> Value {
    let mut json: Value = serde_json::from_str(text).unwrap();
    for (index, value) in damages {
        let mut found = Vec::new();
        places(&json, "", &mut found);
        *json.pointer_mut(index.get(found.as_slice()).as_str()).unwrap() = value.clone();
    }
    json
}

fn damages() -> impl Strategy<Value = Vec<(prop::sample::Index, Value)>> {
    proptest::collection::vec((any::<prop::sample::Index>(), value()), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_recordings_come_to_an_end(damages in damages()) {
        let history = damaged(&text("tests/kit/recordings/declined.json"), &damages);
        if let Ok(recording) = Recording::parse(&history.to_string()) {
            let machine = parsed("tests/kit/recordings/declined.asl.json");
            drop(recording.replay(&machine).map(|replay| replay.to_string()));
        }
    }

    #[test]
    fn damaged_mock_files_come_to_an_end(damages in damages()) {
        let file = damaged(&text("tests/kit/mocks/lambda_sqs.json"), &damages);
        if let Ok(mocks) = MockConfig::parse(&file.to_string()) {
            for case in mocks.test_cases("LambdaSQSIntegration") {
                if let Ok(simulation) = mocks.simulation("LambdaSQSIntegration", case, &machine("lambda_sqs")) {
                    drop(simulation.otherwise(json!({})).try_run(json!({})).map(|run| run.explain()));
                }
            }
        }
    }

    #[test]
    fn a_text_is_no_recording(text in ".{0,200}") {
        prop_assert!(Recording::parse(&text).is_err());
        drop(MockConfig::parse(&text));
    }
}
