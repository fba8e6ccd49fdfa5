//! Loading: parsing and validating, beside `serde_json` alone.

use asl_engine::StateMachine;
use asl_engine::execution::Program;
use criterion::{Criterion, Throughput};
use serde_json::{Map, Value, json};

/// A thousand states from text to typed states, then to a program.
pub(crate) fn load(criterion: &mut Criterion) {
    let mut states = Map::new();
    for i in 0..1_000 {
        let mut state = json!({
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work", "ResultPath": "$.answer",
            "Parameters": { "id.$": "$.order.id", "text.$": "States.Format('{} of {}', $.n, $$.Execution.Name)" },
            "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 2, "MaxAttempts": 3 }]
        });
        if i == 999 {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(format!("S{}", i + 1));
        }
        states.insert(format!("S{i}"), state);
    }
    let definition = json!({ "StartAt": "S0", "States": states }).to_string();
    let mut group = criterion.benchmark_group("load_1000_states");
    group.throughput(Throughput::Elements(1_000));
    group.bench_function("serde_json", |bencher| {
        bencher.iter(|| serde_json::from_str::<Value>(&definition).unwrap());
    });
    group.bench_function("validate", |bencher| {
        bencher.iter(|| StateMachine::validate(&definition));
    });
    group.bench_function("parse", |bencher| {
        bencher.iter(|| definition.parse::<StateMachine>().unwrap());
    });
    let machine: StateMachine = definition.parse().unwrap();
    group.bench_function("compile", |bencher| bencher.iter(|| Program::compile(&machine)));
    group.finish();
}
