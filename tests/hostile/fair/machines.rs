//! Machines that would hold a thread for as long as they may: the tests and the benchmark `fairness` run them.

use serde_json::{Value, json};

/// A machine with its input.
pub(crate) struct Hostile {
    pub(crate) name: &'static str,
    pub(crate) definition: Value,
    pub(crate) input: Value,
}

pub(crate) fn in_json_path() -> Vec<Hostile> {
    let numbers: Vec<u8> = vec![1; 100_000];
    let alternatives: Vec<String> = (1..31).map(|length| "a".repeat(length)).collect();
    let filter = format!("$.items[?(@ =~ /({})*z/)]", alternatives.join("|"));
    let wildcards: serde_json::Map<_, _> = (0..4).map(|n| (format!("w{n}.$"), json!("$..*..*"))).collect();
    let tree: Vec<Value> = (0..100).map(|n| json!({ "a": [n, [n]] })).collect();
    let matches = |n: usize| json!({ "Variable": "$.text", "StringMatches": format!("*ba*ab*{n}*"), "Next": "Left" });
    let rules: Vec<Value> = (0..900).map(matches).collect();
    let item = json!({ "StartAt": "I", "States": { "I": { "Type": "Pass", "End": true } } });
    let branch = |n: usize| json!({ "StartAt": format!("B{n}"), "States": { format!("B{n}"): { "Type": "Pass", "End": true } } });
    let branches: Vec<Value> = (0..5_000).map(branch).collect();
    vec![
        Hostile {
            name: "a Choice loop without a history",
            definition: looped(&json!({ "Type": "Pass" })),
            input: json!({}),
        },
        Hostile {
            name: "a loop that passes 250 KB on",
            definition: looped(&json!({ "Type": "Pass", "Parameters": { "again.$": "$.again" } })),
            input: json!({ "again": "x".repeat(250_000) }),
        },
        Hostile {
            name: "an inline Map over 100,000 items, in a loop",
            definition: looped(
                &json!({ "Type": "Map", "ItemsPath": "$.items", "ResultPath": null, "ItemProcessor": item }),
            ),
            input: json!({ "items": numbers }),
        },
        Hostile {
            name: "a Parallel of 5,000 branches, in a loop",
            definition: looped(&json!({ "Type": "Parallel", "ResultPath": null, "Branches": branches })),
            input: json!({}),
        },
        Hostile {
            name: "a filter with a pattern of 465 letters on 240 KB, in a loop",
            definition: failing(&json!({ "F": { "Type": "Pass", "Parameters": { "found.$": filter }, "End": true } })),
            input: json!({ "items": ["a".repeat(240_000)] }),
        },
        Hostile {
            name: "wildcards in wildcards, in a loop",
            definition: looped(&json!({ "Type": "Pass", "Parameters": wildcards, "ResultPath": null })),
            input: json!({ "tree": tree }),
        },
        Hostile {
            name: "900 `StringMatches` on 250 KB, in a loop",
            definition: failing(&json!({
                "C": { "Type": "Choice", "Choices": rules, "Default": "Left" },
                "Left": { "Type": "Succeed" }
            })),
            input: json!({ "text": "ab".repeat(125_000) }),
        },
    ]
}

pub(crate) fn in_jsonata() -> Vec<Hostile> {
    let of = |name, output: Value| Hostile {
        name,
        definition: caught(&output),
        input: json!({ "text": "a".repeat(100_000) }),
    };
    let many: serde_json::Map<_, _> = (0..2_000)
        .map(|n| (format!("f{n}"), json!("{% $sum([1..2000]) %}")))
        .collect();
    vec![
        of(
            "`$contains` with `/^(a?){1000}a{1000}$/` on 100 KB, in a loop with Catch",
            json!("{% $contains($states.input.text, /^(a?){1000}a{1000}$/) %}"),
        ),
        of(
            "`$map` over 200,000, in a loop",
            json!("{% $count($map([1..200000], function($v) { $v * 2 })) %}"),
        ),
        of(
            "`$sort` of 100,000, in a loop",
            json!("{% $count($sort([1..100000], function($a, $b) { $a < $b })) %}"),
        ),
        of(
            "a loop of 500,000 steps in an expression, in a loop",
            json!("{% ($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; $f(100000)) %}"),
        ),
        of(
            "`$replace` of every letter of 100 KB, in a loop",
            json!("{% $length($replace($states.input.text, /a/, 'b')) %}"),
        ),
        of("2,000 expressions in a state, in a loop", Value::Object(many)),
    ]
}

/// A loop over a state that goes on wherever it fails.
fn caught(output: &Value) -> Value {
    let branch = json!({ "StartAt": "E", "States": { "E": { "Type": "Pass", "Output": output, "End": true } } });
    let parallel = json!({
        "Type": "Parallel", "Branches": [branch], "Output": "{% $states.input %}", "Next": "Again",
        "Catch": [{ "ErrorEquals": ["States.ALL"], "Output": "{% $states.input %}", "Next": "Again" }]
    });
    let again =
        json!({ "Type": "Choice", "Choices": [{ "Condition": "{% false %}", "Next": "Done" }], "Default": "A" });
    json!({ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": parallel, "Again": again, "Done": { "Type": "Succeed" } } })
}

/// A loop over states that goes on wherever they fail.
fn failing(states: &Value) -> Value {
    let start = states.as_object().and_then(|states| states.keys().next());
    let branch = json!({ "StartAt": start, "States": states });
    let catch = json!([{ "ErrorEquals": ["States.ALL"], "ResultPath": null, "Next": "Again" }]);
    looped(&json!({ "Type": "Parallel", "Branches": [branch], "ResultPath": null, "Catch": catch }))
}

/// A loop over one state; it must be able to end, though it never does.
fn looped(state: &Value) -> Value {
    let mut state = state.clone();
    if let Some(fields) = state.as_object_mut() {
        fields.insert("Next".to_owned(), json!("Again"));
    }
    let rule = json!({ "Variable": "$", "IsPresent": false, "Next": "Done" });
    let again = json!({ "Type": "Choice", "Choices": [rule], "Default": "A" });
    json!({ "StartAt": "A", "States": { "A": state, "Again": again, "Done": { "Type": "Succeed" } } })
}
