//! 200 KB of data in the places where they pass, each beside the same by hand, where nothing of them is copied.

use criterion::Criterion;
use serde_json::{Value, json};
use std::hint::black_box;

use crate::driver::Subject;
use crate::machines::{WORK, chain, object, parallel};

/// About 200 KB, with a small part beside them.
fn big() -> Value {
    let rows: Vec<Value> = (0..2_000)
        .map(|i| json!({ "id": i, "name": "x".repeat(60), "tags": ["a", "b"] }))
        .collect();
    json!({ "meta": { "version": 1, "author": "Ada" }, "rows": rows })
}

/// A hundred states that each copy the small part into a field beside the big one.
pub(crate) fn big_payload(criterion: &mut Criterion) {
    let subject = Subject {
        name: "big_payload",
        definition: chain(
            "S",
            100,
            |i| json!({ "Type": "Pass", "InputPath": "$.meta", "ResultPath": format!("$.r{}", i % 10) }),
        ),
        input: big(),
        elements: 100,
    };
    subject.measure(criterion, |mut data| {
        for i in 0..100 {
            let meta = data["meta"].clone();
            data[format!("r{}", i % 10)] = black_box(meta);
        }
        data
    });
}

/// Fifty states whose `Parameters` take the big part over.
pub(crate) fn big_parameters(criterion: &mut Criterion) {
    let subject = Subject {
        name: "big_parameters",
        definition: chain(
            "S",
            50,
            |i| json!({ "Type": "Pass", "Parameters": { "step": i, "rows.$": "$.rows" } }),
        ),
        input: big(),
        elements: 50,
    };
    subject.measure(criterion, |mut data| {
        for i in 0..50 {
            let rows = black_box(data["rows"].take());
            data = object([("step", i.into()), ("rows", rows)]);
        }
        data
    });
}

/// Fifty tasks that get the big part and answer a number.
pub(crate) fn big_tasks(criterion: &mut Criterion) {
    let subject = Subject {
        name: "big_tasks",
        definition: chain(
            "T",
            50,
            |_| json!({ "Type": "Task", "Resource": WORK, "Parameters": { "rows.$": "$.rows" }, "ResultPath": "$.count" }),
        ),
        input: big(),
        elements: 50,
    };
    let count = |input: &Value| Ok(json!(input["rows"].as_array().map_or(0, Vec::len)));
    subject.measure_with_tasks(criterion, count, |mut data| {
        for _ in 0..50 {
            data["count"] = black_box(count(&data)).unwrap();
        }
        data
    });
}

/// Eight branches that each write one field beside the big part and give the small one.
pub(crate) fn big_parallel(criterion: &mut Criterion) {
    let branches = (0..8).map(|branch| {
        chain(&format!("B{branch}-"), 2, |i| match i {
            0 => json!({ "Type": "Pass", "Result": branch, "ResultPath": "$.meta.branch" }),
            _ => json!({ "Type": "Pass", "OutputPath": "$.meta" }),
        })
    });
    let subject = Subject {
        name: "big_parallel",
        definition: parallel(branches),
        input: big(),
        elements: 8,
    };
    subject.measure(criterion, |data| {
        let branches = (0..8).map(|branch| {
            let mut meta = black_box(&data)["meta"].clone();
            meta["branch"] = branch.into();
            meta
        });
        branches.collect()
    });
}

/// Two hundred items of a Map that each get the big part beside the item.
pub(crate) fn big_map(criterion: &mut Criterion) {
    let definition = json!({ "StartAt": "M", "States": { "M": {
        "Type": "Map", "ItemsPath": "$.meta.numbers", "MaxConcurrency": 1, "End": true,
        "ItemSelector": { "number.$": "$$.Map.Item.Value", "rows.$": "$.rows" },
        "ItemProcessor": { "StartAt": "P", "States": { "P": {
            "Type": "Pass", "Parameters": { "number.$": "$.number", "first.$": "$.rows[0].id" }, "End": true
        }}}
    }}});
    let mut input = big();
    input["meta"]["numbers"] = (0..200).collect();
    let subject = Subject {
        name: "big_map",
        definition: definition.to_string(),
        input,
        elements: 200,
    };
    subject.measure(criterion, |data| {
        let numbers = data["meta"]["numbers"].as_array().unwrap().iter();
        let items = numbers.map(|number| {
            let first = black_box(&data)["rows"][0]["id"].clone();
            object([("number", number.clone()), ("first", first)])
        });
        items.collect()
    });
}
