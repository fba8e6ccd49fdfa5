//! Machines, each beside the same work written by hand.

use criterion::Criterion;
use serde_json::{Map, Value, json};
use std::hint::black_box;

use crate::driver::{Subject, task_answer};

/// A hundred Pass states without a field.
pub(crate) fn bare_pass_chain_100(criterion: &mut Criterion) {
    let definition = chain("S", 100, |_| json!({ "Type": "Pass" }));
    let subject = Subject {
        name: "bare_pass_chain_100",
        definition,
        input: json!({ "id": 7 }),
        elements: 100,
    };
    subject.measure(criterion, |mut data| {
        for _ in 0..100 {
            data = black_box(data);
        }
        data
    });
}

/// A hundred Pass states that each write a number into the data.
pub(crate) fn pass_chain_100(criterion: &mut Criterion) {
    let definition = chain(
        "S",
        100,
        |i| json!({ "Type": "Pass", "Result": i, "ResultPath": "$.n" }),
    );
    let subject = Subject {
        name: "pass_chain_100",
        definition,
        input: json!({ "id": 7 }),
        elements: 100,
    };
    subject.measure(criterion, |mut data| {
        for i in 0..100 {
            data.as_object_mut()
                .unwrap()
                .insert("n".to_owned(), black_box(json!(i)));
        }
        data
    });
}

/// A counter that goes round ten thousand times.
pub(crate) fn choice_loop_10000(criterion: &mut Criterion) {
    let definition = json!({ "StartAt": "Done?", "States": {
        "Done?": {
            "Type": "Choice", "Default": "Count",
            "Choices": [{ "Variable": "$.n", "NumericGreaterThanEquals": 10_000, "Next": "Done" }]
        },
        "Count": { "Type": "Pass", "Parameters": { "n.$": "States.MathAdd($.n, 1)" }, "Next": "Done?" },
        "Done": { "Type": "Succeed" }
    }});
    let definition = definition.to_string();
    let subject = Subject {
        name: "choice_loop_10000",
        definition,
        input: json!({ "n": 0 }),
        elements: 10_000,
    };
    subject.measure(criterion, |mut data| {
        while black_box(&data)["n"].as_f64().unwrap() < 10_000.0 {
            let n = data["n"].as_i64().unwrap() + 1;
            let mut next = Map::new();
            next.insert("n".to_owned(), n.into());
            data = Value::Object(next);
        }
        data
    });
}

/// A text made for each of ten thousand items.
pub(crate) fn map_inline_10000(criterion: &mut Criterion) {
    let definition = json!({ "StartAt": "M", "States": { "M": { "Type": "Map", "End": true, "ItemProcessor": {
        "StartAt": "P", "States": { "P": {
            "Type": "Pass", "Parameters": { "text.$": "States.Format('item {}', $.n)" }, "End": true
        }}
    }}}});
    let definition = definition.to_string();
    let input = Value::Array((0..10_000).map(|n| json!({ "n": n })).collect());
    let subject = Subject {
        name: "map_inline_10000",
        definition,
        input,
        elements: 10_000,
    };
    subject.measure(criterion, |data| {
        let items = data.as_array().unwrap().iter().map(|item| {
            let item = black_box(item.clone());
            let mut made = Map::new();
            made.insert("text".to_owned(), format!("item {}", item["n"]).into());
            Value::Object(made)
        });
        items.collect()
    });
}

/// Eight branches of a hundred states.
pub(crate) fn parallel_8x100(criterion: &mut Criterion) {
    let branches: Vec<Value> = (0..8)
        .map(|branch| {
            let graph = chain(
                &format!("B{branch}-"),
                100,
                |i| json!({ "Type": "Pass", "Result": i, "ResultPath": "$.n" }),
            );
            serde_json::from_str(&graph).unwrap()
        })
        .collect();
    let definition =
        json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": branches, "End": true } } });
    let subject = Subject {
        name: "parallel_8x100",
        definition: definition.to_string(),
        input: json!({ "id": 7 }),
        elements: 800,
    };
    subject.measure(criterion, |data| {
        let branches = (0..8).map(|_| {
            let mut data = data.clone();
            for i in 0..100 {
                data.as_object_mut()
                    .unwrap()
                    .insert("n".to_owned(), black_box(json!(i)));
            }
            data
        });
        branches.collect()
    });
}

/// A hundred tasks whose results are kept.
pub(crate) fn task_chain_100(criterion: &mut Criterion) {
    let definition = chain("T", 100, |_| {
        json!({
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Work",
            "Parameters": { "id.$": "$.id" }, "ResultPath": "$.answer"
        })
    });
    let subject = Subject {
        name: "task_chain_100",
        definition,
        input: json!({ "id": 7 }),
        elements: 100,
    };
    subject.measure(criterion, |mut data| {
        for _ in 0..100 {
            let mut input = Map::new();
            input.insert("id".to_owned(), data["id"].clone());
            black_box(Value::Object(input));
            data.as_object_mut().unwrap().insert("answer".to_owned(), task_answer());
        }
        data
    });
}

/// The pizza bar's eleven states, its waits jumped over and its events answered at once.
pub(crate) fn pizza(criterion: &mut Criterion) {
    const STATUSES: [&str; 6] = [
        "order accepted",
        "order is now being prepared",
        "order is undergoing the baking process",
        "order is packed",
        "order is sent for delivery",
        "order delivered",
    ];
    let definition = include_str!("../../asl-samples/pizza-bar.asl.json").replace("${PizzaOrderEventBus}", "bus");
    let input = json!({ "connectionId": "L0SM9cOFvHcCIhw=", "data": { "name": "Ada", "pizza": "margherita" } });
    let subject = Subject {
        name: "pizza",
        definition,
        input,
        elements: 11,
    };
    subject.measure(criterion, |data| {
        for status in STATUSES {
            black_box(json!({ "Entries": [{
                "Detail": {
                    "target": "LAMBDA to notify user via WebSocket",
                    "status": status,
                    "connectionId": data["connectionId"],
                    "orderDetails": data["data"]
                },
                "DetailType": "OrderStatusChangedEvent",
                "EventBusName": "bus",
                "Source": "WebsocketEvent"
            }]}));
            black_box(task_answer());
        }
        data
    });
}

/// 200 KB that go through a hundred states, each of which writes one number.
pub(crate) fn big_payload(criterion: &mut Criterion) {
    let definition = chain(
        "S",
        100,
        |i| json!({ "Type": "Pass", "Result": i, "ResultPath": "$.n" }),
    );
    let rows: Vec<Value> = (0..2_000)
        .map(|i| json!({ "id": i, "name": "x".repeat(60), "tags": ["a", "b"] }))
        .collect();
    let input = json!({ "rows": rows });
    let subject = Subject {
        name: "big_payload",
        definition,
        input,
        elements: 100,
    };
    subject.measure(criterion, |mut data| {
        for i in 0..100 {
            data.as_object_mut()
                .unwrap()
                .insert("n".to_owned(), black_box(json!(i)));
        }
        data
    });
}

/// A chain of states, as a definition.
fn chain(prefix: &str, length: usize, state: impl Fn(usize) -> Value) -> String {
    let mut states = Map::new();
    for i in 0..length {
        let mut state = state(i);
        if i + 1 == length {
            state["End"] = json!(true);
        } else {
            state["Next"] = json!(format!("{prefix}{}", i + 1));
        }
        states.insert(format!("{prefix}{i}"), state);
    }
    json!({ "StartAt": format!("{prefix}0"), "States": states }).to_string()
}
