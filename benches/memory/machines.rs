//! Machines that hold as much memory as they can get.

use serde_json::{Map, Value, json};

/// A machine that wants memory.
pub(crate) struct Hungry {
    pub(crate) name: &'static str,
    pub(crate) definition: Value,
    pub(crate) input: Value,
}

/// Answers with another text of 250 KB each time.
pub(crate) const FILL: &str = "arn:aws:lambda:us-east-1:123456789012:function:Fill";

fn fill(next: Value) -> Value {
    let mut state = json!({ "Type": "Task", "Resource": FILL });
    if let (Some(state), Value::Object(next)) = (state.as_object_mut(), next) {
        state.extend(next);
    }
    state
}

fn alone(state: Value) -> Value {
    json!({ "StartAt": "S", "States": { "S": state } })
}

/// A text of as many bytes as a payload may have, which `States.StringSplit` makes the most items of.
fn commas() -> Value {
    json!({ "text": "a,".repeat(60_000) })
}

/// A loop over states that has an end, as it must, and never comes to it.
fn looped(first: &str, mut states: Value, again: Value) -> Value {
    states["Again"] = json!({ "Type": "Choice", "Default": "Done", "Choices": [again] });
    states["Done"] = json!({ "Type": "Succeed" });
    json!({ "StartAt": first, "States": states })
}

fn again_at(first: &str) -> Value {
    json!({ "Variable": "$$.Execution.Id", "IsPresent": true, "Next": first })
}

fn parallel(count: usize, branch: &Value) -> Value {
    json!({ "Type": "Parallel", "Branches": vec![branch; count], "End": true })
}

fn distributed(processor: &Value) -> Value {
    let mut processor = processor.clone();
    processor["ProcessorConfig"] = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    alone(json!({ "Type": "Map", "ItemProcessor": processor, "End": true }))
}

fn inline(selector: Value, processor: &Value) -> Value {
    alone(json!({ "Type": "Map", "ItemSelector": selector, "ItemProcessor": processor, "End": true }))
}

/// Names the states of all graphs anew: a machine may have each name once.
fn named(mut graph: Value, names: &mut u32) -> Value {
    let states = graph["States"].as_object_mut().map(std::mem::take).unwrap_or_default();
    *names += 1;
    let number = *names;
    let name = |old: &Value| json!(format!("{} {number}", old.as_str().unwrap_or_default()));
    let renamed = |old: &mut Value| {
        if old.is_string() {
            *old = name(old);
        }
    };
    renamed(&mut graph["StartAt"]);
    for (old, mut state) in states {
        for field in ["Next", "Default"] {
            if let Some(next) = state.get_mut(field) {
                renamed(next);
            }
        }
        for rule in state
            .get_mut("Choices")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            renamed(&mut rule["Next"]);
        }
        for branch in state
            .get_mut("Branches")
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
        {
            *branch = named(branch.take(), names);
        }
        if let Some(processor) = state.get_mut("ItemProcessor") {
            *processor = named(processor.take(), names);
        }
        graph["States"][format!("{old} {number}")] = state;
    }
    graph
}

fn hungry(name: &'static str, definition: Value, input: Value) -> Hungry {
    Hungry {
        name,
        definition: named(definition, &mut 0),
        input,
    }
}

pub(crate) fn in_json_path() -> Vec<Hungry> {
    let items = || json!(vec![1; 100_000]);
    let filled = alone(fill(json!({ "End": true })));
    let passing = alone(json!({ "Type": "Pass", "End": true }));
    let resting = alone(json!({ "Type": "Wait", "Seconds": 1, "End": true }));
    let split = json!({ "StartAt": "Split", "States": {
        "Split": { "Type": "Pass", "Parameters": { "items.$": "States.StringSplit($.text, ',')" }, "Next": "Rest" },
        "Rest": { "Type": "Wait", "Seconds": 1, "End": true } } });
    let assigning = alone(fill(
        json!({ "Assign": { "big.$": "$" }, "ResultPath": null, "End": true }),
    ));
    let inner = alone(parallel(10, &assigning));
    let doubling = json!({ "Double": {
        "Type": "Pass", "Parameters": { "v.$": "States.Format('{}{}', $.v, $.v)" }, "Next": "Again" } });
    let writing = json!({
        "Write": { "Type": "Pass", "Next": "Split", "Parameters": { "n.$": "States.MathAdd($.n, 1)", "list.$": "$.list" } },
        "Split": { "Type": "Pass", "Next": "Drop", "ResultPath": "$.other",
                   "Parameters": { "parts.$": "States.ArrayPartition($.list, 2)", "n.$": "$.n" } },
        "Drop": { "Type": "Pass", "Next": "Again", "Parameters": { "n.$": "$.n", "list.$": "$.list" } } });
    let filling = json!({ "Fill": fill(json!({ "Next": "Again" })) });
    vec![
        hungry(
            "a loop of Tasks with other 250 KB each time",
            looped("Fill", filling, again_at("Fill")),
            json!({}),
        ),
        hungry(
            "an inline Map of 100,000 results of 250 KB",
            inline(json!({}), &filled),
            items(),
        ),
        hungry(
            "a distributed Map of 100,000 results of 250 KB",
            distributed(&filled),
            items(),
        ),
        hungry(
            "a distributed Map of 100,000 children that wait",
            distributed(&resting),
            items(),
        ),
        hungry(
            "a Parallel of 30 Parallels of 10 branches with variables of 250 KB",
            alone(parallel(30, &inner)),
            json!({}),
        ),
        hungry(
            "a text doubled by States.Format",
            looped("Double", doubling, again_at("Double")),
            json!({ "v": "x" }),
        ),
        hungry(
            "a Parallel of 300 branches that each split a text into 60,000",
            alone(parallel(300, &split)),
            commas(),
        ),
        hungry(
            "an inline Map of 100,000 items with a selector that holds them all",
            inline(json!({ "all.$": "$" }), &passing),
            items(),
        ),
        hungry(
            "a loop that writes into an array of 40,000 objects",
            looped("Write", writing, again_at("Write")),
            json!({ "n": 0, "list": vec![Value::Object(Map::new()); 40_000] }),
        ),
    ]
}

/// Each expression builds all it can, in a loop.
pub(crate) fn in_jsonata() -> Vec<Hungry> {
    let counting = |name, expression: &str| {
        let size = format!("{{% $count({expression}) %}}");
        let states = json!({ "Build": { "Type": "Pass", "Assign": { "size": size }, "Next": "Again" } });
        let mut definition = looped("Build", states, json!({ "Condition": true, "Next": "Build" }));
        definition["QueryLanguage"] = json!("JSONata");
        hungry(name, definition, commas())
    };
    vec![
        counting("JSONata: an array of a million numbers", "[1..1000000]"),
        counting("JSONata: an array of ten million numbers", "[1..10000000]"),
        counting(
            "JSONata: an object for each of a million numbers",
            "[1..1000000].{'a': $, 'b': [$, $]}",
        ),
        counting(
            "JSONata: $map over a million numbers to texts",
            "$map([1..1000000], function($v) { $pad($string($v), 100, 'x') })",
        ),
        counting("JSONata: an array of arrays", "[1..2000].[[1..2000]]"),
        counting(
            "JSONata: a text joined to itself",
            "$reduce([1..40], function($text, $i) { $text & $text }, 'xx')",
        ),
        counting(
            "JSONata: a text split again and again",
            "[1..200].$split($states.input.text, ',')",
        ),
        counting(
            "JSONata: a million numbers sorted",
            "$sort([1..1000000], function($a, $b) { $a < $b })",
        ),
    ]
}
