//! Machines, each beside the same work written by hand.

use asl_engine::TaskError;
use criterion::Criterion;
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::sync::LazyLock;

use crate::driver::{Subject, task_answer};

/// The resource of tasks that say no other.
pub(crate) const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

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

/// A hundred Pass states that each write a small object into the data.
pub(crate) fn pass_chain_100(criterion: &mut Criterion) {
    let subject = Subject {
        name: "pass_chain_100",
        definition: chain("S", 100, writes),
        input: json!({ "order": "o-1", "quantity": 3 }),
        elements: 100,
    };
    subject.measure(criterion, write_100);
}

/// A Pass state that writes one of ten fields.
fn writes(i: usize) -> Value {
    json!({ "Type": "Pass", "Result": written(i), "ResultPath": format!("$.r{}", i % 10) })
}

fn written(i: usize) -> Value {
    json!({ "number": i, "text": format!("step {i}") })
}

/// The same by hand; what is written is made beforehand, as that of the states is.
fn write_100(mut data: Value) -> Value {
    static WRITTEN: LazyLock<Vec<Value>> = LazyLock::new(|| (0..100).map(written).collect());
    let fields = data.as_object_mut().unwrap();
    for (i, written) in WRITTEN.iter().enumerate() {
        fields.insert(format!("r{}", i % 10), black_box(written.clone()));
    }
    data
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

/// A text made for each of ten thousand items, of the item and its index.
pub(crate) fn map_inline_10000(criterion: &mut Criterion) {
    let definition = json!({ "StartAt": "M", "States": { "M": {
        "Type": "Map", "ItemsPath": "$.items", "End": true,
        "ItemSelector": { "item.$": "$$.Map.Item.Value", "index.$": "$$.Map.Item.Index" },
        "ItemProcessor": { "StartAt": "P", "States": { "P": {
            "Type": "Pass", "Parameters": { "text.$": "States.Format('item {} of {}', $.index, $.item.n)" }, "End": true
        }}}
    }}});
    let items: Vec<Value> = (0..10_000).map(|i| json!({ "n": i * 7 % 1_000 })).collect();
    let subject = Subject {
        name: "map_inline_10000",
        definition: definition.to_string(),
        input: json!({ "items": items }),
        elements: 10_000,
    };
    subject.measure(criterion, |data| {
        let items = data["items"].as_array().unwrap().iter().enumerate();
        let items = items.map(|(i, item)| object([("text", format!("item {i} of {}", black_box(item)["n"]).into())]));
        items.collect()
    });
}

/// Eight branches of a hundred states.
pub(crate) fn parallel_8x100(criterion: &mut Criterion) {
    let branches = (0..8).map(|branch| chain(&format!("B{branch}-"), 100, writes));
    let subject = Subject {
        name: "parallel_8x100",
        definition: parallel(branches),
        input: json!({ "order": "o-1", "quantity": 3 }),
        elements: 800,
    };
    subject.measure(criterion, |data| (0..8).map(|_| write_100(data.clone())).collect());
}

/// A hundred tasks that each count on.
pub(crate) fn task_chain_100(criterion: &mut Criterion) {
    let definition = chain(
        "T",
        100,
        |_| json!({ "Type": "Task", "Resource": WORK, "Parameters": { "n.$": "$.n" }, "ResultPath": "$.n" }),
    );
    let subject = Subject {
        name: "task_chain_100",
        definition,
        input: json!({ "n": 0, "order": "o-1" }),
        elements: 100,
    };
    let count = |input: &Value| Ok(json!(input["n"].as_i64().unwrap_or_default() + 1));
    subject.measure_with_tasks(criterion, count, |mut data| {
        for _ in 0..100 {
            let input = object([("n", data["n"].clone())]);
            data["n"] = black_box(count(&input)).unwrap();
        }
        data
    });
}

/// The pizza bar's eleven states, without time to wait, its events answered at once.
pub(crate) fn pizza(criterion: &mut Criterion) {
    const STATUSES: [&str; 6] = [
        "order accepted",
        "order is now being prepared",
        "order is undergoing the baking process",
        "order is packed",
        "order is sent for delivery",
        "order delivered",
    ];
    let definition = include_str!("../../asl-samples/pizza-bar.asl.json")
        .replace("${PizzaOrderEventBus}", "bus")
        .replace("\"Seconds\": 5", "\"Seconds\": 0");
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

/// Sixty variables that each state reads and sets anew.
pub(crate) fn variables_60(criterion: &mut Criterion) {
    let definition = chain("S", 60, |i| {
        let before = i
            .checked_sub(1)
            .map_or("$.n".to_owned(), |before| format!("$v{before}"));
        json!({
            "Type": "Pass", "Assign": { format!("v{i}.$"): format!("States.MathAdd({before}, 1)") },
            "Parameters": { "n.$": before }
        })
    });
    let subject = Subject {
        name: "variables_60",
        definition,
        input: json!({ "n": 0 }),
        elements: 60,
    };
    subject.measure(criterion, |mut data| {
        let mut variables = Map::new();
        let mut before = data["n"].clone();
        for i in 0..60 {
            data = object([("n", black_box(before.clone()))]);
            before = (before.as_i64().unwrap() + 1).into();
            variables.insert(format!("v{i}"), before.clone());
        }
        data
    });
}

/// Thirty tasks; each is busy at first, is tried again twice, and is then caught.
pub(crate) fn retries_30(criterion: &mut Criterion) {
    let definition = chain("T", 30, |i| {
        json!({
            "Type": "Task", "Resource": WORK, "Parameters": { "n.$": "$.n" }, "ResultPath": "$.n",
            "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1 }],
            "Catch": [{
                "ErrorEquals": ["States.ALL"], "ResultPath": "$.caught",
                "Next": if i == 29 { "End".to_owned() } else { format!("T{}", i + 1) }
            }]
        })
    });
    let mut definition: Value = serde_json::from_str(&definition).unwrap();
    definition["States"]["End"] = json!({ "Type": "Succeed" });
    let subject = Subject {
        name: "retries_30",
        definition: definition.to_string(),
        input: json!({ "n": 0 }),
        elements: 90,
    };
    let busy = |_: &Value| Err(TaskError::new("Busy", "try later"));
    subject.measure_with_tasks(criterion, busy, |mut data| {
        for _ in 0..30 {
            let mut tried = Ok(Value::Null);
            for _ in 0..3 {
                tried = black_box(busy(&object([("n", data["n"].clone())])));
            }
            let error = tried.unwrap_err();
            data["caught"] = json!({ "Error": error.error(), "Cause": error.cause() });
        }
        data
    });
}

/// A chain of states, as a definition.
pub(crate) fn chain(prefix: &str, length: usize, state: impl Fn(usize) -> Value) -> String {
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

/// A Parallel of these graphs, as a definition.
pub(crate) fn parallel(branches: impl Iterator<Item = String>) -> String {
    let branches: Vec<Value> = branches.map(|graph| serde_json::from_str(&graph).unwrap()).collect();
    json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": branches, "End": true } } }).to_string()
}

/// An object made as by hand.
pub(crate) fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    Value::Object(
        members
            .map(|(name, value)| (name.to_owned(), value))
            .into_iter()
            .collect(),
    )
}
