//! Whatever a definition holds, loading it neither panics nor takes long, on the small stack of a thread.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use asl_engine::definition::{Code, Severity};
use asl_engine::{Diagnostic, StateMachine};
use proptest::prelude::*;

use super::run::on_a_small_stack;

/// How many times as long as plain states anything of their length may take. Quadratic work takes hundreds of times as
/// long, and a busy machine slows both.
const TIMES: u32 = 30;

fn diagnostics(source: String) -> Vec<Diagnostic> {
    timed(source).0
}

/// The diagnostics, and how long they take.
fn timed(source: String) -> (Vec<Diagnostic>, Duration) {
    on_a_small_stack(move || {
        let began = Instant::now();
        let diagnostics = StateMachine::validate(&source);
        let text: usize = diagnostics.iter().map(|diagnostic| diagnostic.to_string().len()).sum();
        assert!(text < 100_000_000, "{text}");
        (diagnostics, began.elapsed())
    })
}

const SAMPLES: [&str; 4] = [
    r#"{ "StartAt": "A", "Comment": "c", "TimeoutSeconds": 9, "States": {
        "A": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": { "x.$": "States.Format('{}', $.a[0])" },
            "Retry": [{ "ErrorEquals": ["E"], "MaxAttempts": 2, "BackoffRate": 1.5 }, { "ErrorEquals": ["States.ALL"] }],
            "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "F", "ResultPath": "$.e" }], "Credentials": { "RoleArn.$": "$.r" },
            "ResultSelector": { "y": 1 }, "TimeoutSecondsPath": "$.t", "HeartbeatSeconds": 3, "Next": "C" },
        "C": { "Type": "Choice", "Default": "W", "Choices": [
            { "And": [{ "Variable": "$.a", "NumericGreaterThan": 1 }, { "Not": { "Variable": "$$.b", "IsPresent": false } }], "Next": "F" },
            { "Variable": "$v.x", "TimestampLessThan": "2026-08-14T18:30:00Z", "Next": "W", "Assign": { "v.$": "$" } }] },
        "W": { "Type": "Wait", "Seconds": 5, "InputPath": null, "End": true },
        "F": { "Type": "Fail", "Error": "E", "CausePath": "$.cause" } } }"#,
    r#"{ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Next": "M", "Branches": [
            { "StartAt": "B", "States": { "B": { "Type": "Pass", "Result": [1, "\ud83c\udf55"], "ResultPath": "$.r", "End": true } } },
            { "StartAt": "S", "States": { "S": { "Type": "Succeed", "OutputPath": "$.o" } } }] },
        "M": { "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ItemSelector": { "i.$": "$$.Map.Item.Value" },
            "ItemProcessor": { "ProcessorConfig": { "Mode": "INLINE" }, "StartAt": "I",
                "States": { "I": { "Type": "Wait", "TimestampPath": "$.at", "Next": "J" }, "J": { "Type": "Pass", "End": true } } },
            "End": true } } }"#,
    r#"{ "QueryLanguage": "JSONata", "StartAt": "A", "States": { "A": { "Type": "Task", "Resource": "${Arn}", "Arguments": "{% $x %}",
        "Output": "${!Literal}", "End": true } } }"#,
    r#"{ "QueryLanguage": "JSONata", "StartAt": "T", "States": {
        "T": { "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": { "a": ["{% $states.input.a[b > 1] %}", 1] },
            "TimeoutSeconds": "{% $x * 2 %}", "HeartbeatSeconds": 3, "Assign": { "x": "{% $states.result.\u00e9 %}" }, "Next": "C",
            "Catch": [{ "ErrorEquals": ["E"], "Next": "F", "Output": "{% $states.errorOutput %}", "Assign": { "y": 1 } }] },
        "C": { "Type": "Choice", "Default": "W", "Output": {}, "Choices": [
            { "Condition": "{% $x = '🍕\"' and $exists($y) %}", "Next": "M", "Output": "{% $map([1], function($v) { $v }) %}" },
            { "Condition": true, "Next": "W", "Assign": { "x": 2 } }] },
        "M": { "Type": "Map", "Items": "{% ($i := 1; [$i..3]) %}", "ItemSelector": { "i": "{% $states.context.Map.Item.Value %}" },
            "ItemProcessor": { "StartAt": "S", "States": { "S": { "Type": "Succeed", "Output": "{% $states.input %}" } } }, "Next": "W" },
        "W": { "Type": "Wait", "Timestamp": "{% $now() %}", "End": true },
        "F": { "Type": "Fail", "Error": "{% $states.input.Error %}", "Cause": "c" } } }"#,
];

/// Pieces that a mutation puts somewhere.
const PIECES: [&str; 44] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "\\",
    "null",
    "true",
    "-1",
    "1e999",
    "0.5",
    "\"$.a[\"",
    "\"$\"",
    "{}",
    "[]",
    "\"\"",
    "\\ud800",
    "${Name}",
    "\"Next\": \"A\",",
    "\"End\": true,",
    "\"Type\": \"Map\",",
    "\"States\": {},",
    "\"Choices\": [{}],",
    "\"And\": [[]],",
    "\"Assign\": {\"states\": 1},",
    "\"x.$\": 1,",
    "\"QueryLanguage\": \"JSONata\",",
    "\"Variable\": \"$[\",",
    "\"Output\": \"{% $states.result %}\",",
    "{% ",
    " %}",
    "$$",
    "$states.",
    "function($x){",
    "((",
    "'",
    "/",
    "`",
    "\u{0}",
    "\u{feff}",
    "é",
    "🍕",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_definition_is_judged(
        sample in 0..SAMPLES.len(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0..12_usize, 0..=PIECES.len()), 1..6),
    ) {
        let mut text: Vec<char> = SAMPLES[sample].chars().collect();
        for (at, removed, piece) in edits {
            let at = at.index(text.len() + 1);
            let end = (at + removed).min(text.len());
            let piece = PIECES.get(piece).copied().unwrap_or_default();
            text.splice(at..end, piece.chars());
        }
        let source: String = text.into_iter().collect();
        let found = StateMachine::validate(&source);
        prop_assert_eq!(&found, &StateMachine::validate(&source));
        let refused = found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        // A placeholder without a value is a warning, also where the machine cannot run without it.
        let lacks_a_value = found.iter().any(|diagnostic| diagnostic.code == Code::UnresolvedSubstitution);
        let is_without_machine = StateMachine::parse(&source).is_err();
        prop_assert!(is_without_machine || !refused);
        prop_assert!(refused || lacks_a_value || !is_without_machine);
        for diagnostic in &found {
            prop_assert!(diagnostic.to_string().contains('^'), "{}", diagnostic);
            prop_assert!(source.get(diagnostic.span.clone()).is_some(), "{:?}", diagnostic.span);
        }
    }

    #[test]
    fn any_text_is_judged(source in "\\PC*") {
        StateMachine::validate(&source);
    }
}

fn within_a_machine(states: &str) -> String {
    format!(r#"{{ "StartAt": "S", "States": {{ {states} }} }}"#)
}

#[test]
fn nested_graphs_and_rules_fit_the_stack() {
    let innermost = r#"{ "StartAt": "S", "States": { "S": { "Type": "Pass", "End": true } } }"#;
    let parallel = (0..31).fold(innermost.to_owned(), |graph, n| {
        format!(
            r#"{{ "StartAt": "P{n}", "States": {{ "P{n}": {{ "Type": "Parallel", "Branches": [{graph}], "End": true }} }} }}"#
        )
    });
    assert_eq!(diagnostics(parallel), []);
    let map = (0..41).fold(innermost.to_owned(), |graph, n| {
        format!(
            r#"{{ "StartAt": "M{n}", "States": {{ "M{n}": {{ "Type": "Map", "ItemProcessor": {graph}, "End": true }} }} }}"#
        )
    });
    assert_eq!(diagnostics(map), []);

    let rule = format!(
        r#"{}{{ "Variable": "$.a", "IsNull": true }}{}"#,
        r#"{ "Not": "#.repeat(118),
        " }".repeat(118)
    );
    let rule = rule.replacen("{ \"Not\"", "{ \"Next\": \"E\", \"Not\"", 1);
    let choice = within_a_machine(&format!(
        r#""S": {{ "Type": "Choice", "Choices": [{rule}], "Default": "E" }}, "E": {{ "Type": "Succeed" }}"#
    ));
    assert_eq!(diagnostics(choice), []);

    let template = format!("{}1{}", r#"{ "a": "#.repeat(112), " }".repeat(112));
    let pass = within_a_machine(&format!(
        r#""S": {{ "Type": "Pass", "Parameters": {template}, "End": true }}"#
    ));
    assert_eq!(diagnostics(pass), []);
}

#[test]
fn a_definition_that_is_too_long_or_too_deep_is_refused() {
    let long = within_a_machine(&format!(
        r#""S": {{ "Type": "Succeed", "Comment": "{}" }}"#,
        "x".repeat(1_048_576)
    ));
    assert_eq!(diagnostics(long)[0].code, Code::DefinitionTooLong);
    let deep = r#"{ "StartAt": "S", "States": "#.repeat(30_000);
    assert_eq!(diagnostics(deep)[0].code, Code::TooDeeplyNested);
}

/// As many states as fit into a definition.
fn many_states(state: fn(usize) -> String) -> String {
    let mut states = String::new();
    for n in 0.. {
        let state = state(n);
        if states.len() + state.len() > 1_000_000 {
            break;
        }
        let _infallible = write!(states, "{}{state}", if n == 0 { "" } else { "," });
    }
    within_a_machine(&states)
}

/// How long plain states take now, on a machine that may be busy.
fn plain() -> Duration {
    let states = many_states(|n| format!(r#""state {n}": {{ "Type": "Pass", "Next": "state {}" }}"#, n + 1));
    timed(states).1
}

#[test]
fn many_problems_take_no_longer_than_many_states() {
    let machines: [fn(usize) -> String; 10] = [
        |n| format!(r#""s{n}": {{}}"#),
        |n| format!(r#""state {n}": {{ "Type": "Pass", "Next": "stat {n}" }}"#),
        |n| format!(r#""state {n}": {{ "Type": "Pass", "Nxt": "state {}" }}"#, n + 1),
        |n| format!(r#""s{n}": {{ "Type": "Pass", "Next": "s{}" }}"#, n + 1),
        |_| r#""S": 1"#.to_owned(),
        |n| format!(r#""s{n}": {{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invok{n}", "End": true }}"#),
        |n| format!(r#""s{n}": {{ "Type": "Pass", "Assign": {{ "a-{n}": "$.x" }}, "End": true }}"#),
        |n| format!(r#""s{n}": {{ "Type": "Pass", "Assign": {{ "a{n}": 1 }}, "InputPath": "$b{n}", "End": true }}"#),
        |n| {
            format!(
                r#""s{n}": {{ "Type": "Map", "Assign": {{ "a{n}": 1 }}, "End": true, "ItemProcessor": {{ "StartAt": "i{n}",
                    "States": {{ "i{n}": {{ "Type": "Succeed", "InputPath": "$b{n}" }} }} }} }}"#
            )
        },
        |n| format!(r#""s{n}": {{ "Type": "Pass", "InputPath": "\n\n$\u002e\n[", "Next": "s{n}" }}"#),
    ];
    let plain = plain();
    for machine in machines {
        let (found, took) = timed(many_states(machine));
        assert!(!found.is_empty());
        assert!(took < plain * TIMES, "{took:?}, and {plain:?} of plain states");
    }
}

#[test]
fn many_fields_take_no_longer_than_many_states() {
    let plain = plain();
    let judge = |states: &str| {
        let (_, took) = timed(within_a_machine(states));
        assert!(took < plain * TIMES, "{took:?}, and {plain:?} of plain states");
    };
    let fields = |field: fn(usize) -> String| {
        let fields: Vec<String> = (0..30_000).map(field).collect();
        fields.join(",")
    };
    let template = fields(|n| format!(r#""f{n}.$": "order""#));
    judge(&format!(
        r#""S": {{ "Type": "Pass", "Parameters": {{ {template} }}, "End": true }}"#
    ));
    let unknown = fields(|n| format!(r#""Retr{n}": 1"#));
    judge(&format!(r#""S": {{ "Type": "Pass", {unknown}, "End": true }}"#));
    let duplicates = fields(|_| r#""Comment": 1"#.to_owned());
    judge(&format!(r#""S": {{ "Type": "Pass", {duplicates}, "End": true }}"#));
    let long_name = "n".repeat(500_000);
    let unknown = fields(|n| format!(r#""{n}": 1"#));
    judge(&format!(
        r#""{long_name}": {{ "Type": "Pass", {unknown}, "End": true }}"#
    ));
    let targets = vec![r#"{ "Variable": "$.a", "IsNull": true, "Next": "Stat" }"#; 10_000].join(",");
    judge(&format!(r#""State": {{ "Type": "Choice", "Choices": [{targets}] }}"#));
}
