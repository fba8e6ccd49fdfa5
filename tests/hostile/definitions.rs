//! Definitions and the texts around them. More is in `definition_fuzz.rs`.

use asl_engine::StateMachine;
use asl_engine::definition::Code;
use serde_json::json;

use super::run::{on_a_small_stack, options, run};

fn first(source: String) -> (Code, String) {
    on_a_small_stack(move || {
        let diagnostics = StateMachine::validate(&source);
        assert!(StateMachine::parse(&source).is_err());
        (diagnostics[0].code, diagnostics[0].message.clone())
    })
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    for source in ["{".repeat(100_000_000), "\n".repeat(100_000_000)] {
        assert_eq!(first(source).0, Code::DefinitionTooLong);
    }
}

#[test]
fn ten_thousand_levels_are_refused() {
    let deep = |open: &str, close: &str| format!("{}{}", open.repeat(10_000), close.repeat(10_000));
    assert_eq!(first(deep("[", "]")).0, Code::TooDeeplyNested);
    assert_eq!(first(deep(r#"{"a":"#, "}")).0, Code::TooDeeplyNested);
    assert_eq!(
        first(deep(r#"{"StartAt":"S","States":{"S":"#, "}}")).0,
        Code::TooDeeplyNested
    );
}

#[test]
fn a_million_states_are_too_long() {
    let states: Vec<String> = (0..1_000_000)
        .map(|n| format!(r#""{n}":{{"Type":"Succeed"}}"#))
        .collect();
    let source = format!(r#"{{"StartAt":"0","States":{{{}}}}}"#, states.join(","));
    assert_eq!(first(source).0, Code::DefinitionTooLong);
}

#[test]
fn as_many_states_as_fit_run() {
    let states = (0..11_000).map(|n| {
        let state = if n == 10_999 {
            json!({ "Type": "Succeed" })
        } else {
            json!({ "Type": "Pass", "Next": (n + 1).to_string() })
        };
        (n.to_string(), state)
    });
    let states: serde_json::Map<_, _> = states.collect();
    let ran = run(json!({ "StartAt": "0", "States": states }), options(json!({})));
    assert_eq!(ran.outcome.unwrap().status(), "SUCCEEDED");
}

/// An expression as long as a definition may be, judged without a stack overflow and in no time to speak of.
#[cfg(feature = "jsonata")]
#[test]
fn jsonata_that_nests_without_end_is_refused() {
    let million = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for expression in [
        million("("),
        million("["),
        million("{'a':"),
        million("function($x){"),
        million("1?1:"),
        million("-"),
        format!("1{}", million("+1")),
        format!("$states{}", million(".a")),
        format!("$states{}", million("[1]")),
        format!("$states{}", million(".%")),
        format!("1{}", million("~>$f")),
        format!("/{}", million("(a+)+")),
        format!(
            "({}",
            (0..60_000)
                .map(|n| format!("$v{n}:=$v{n};"))
                .collect::<Vec<_>>()
                .concat()
        ),
    ] {
        let source = format!(
            r#"{{ "QueryLanguage": "JSONata", "StartAt": "P", "States": {{ "P": {{ "Type": "Pass", "Output": "{{% {expression} %}}", "End": true }} }} }}"#
        );
        let started = std::time::Instant::now();
        let (code, message) = first(source);
        assert_eq!(code, Code::SchemaValidationFailed, "{message}");
        assert!(started.elapsed().as_secs() < 20, "{:?}: {message}", started.elapsed());
    }
}

#[test]
fn a_lone_surrogate_is_refused() {
    let (code, message) = first(r#"{ "StartAt": "\ud83c", "States": {} }"#.to_owned());
    assert_eq!(code, Code::InvalidJsonDescription, "{message}");
}

#[test]
fn a_key_that_stands_twice_is_told() {
    let source = r#"{ "StartAt": "S", "StartAt": "T", "States": { "S": { "Type": "Succeed" } } }"#;
    assert_eq!(
        first(source.to_owned()),
        (Code::InvalidJsonDescription, "Duplicate field 'StartAt'".to_owned())
    );
}

#[test]
fn huge_numbers_are_refused_where_they_mean_something() {
    for number in [
        "1e999",
        "99999999999999999999",
        "-1",
        "1e300",
        "4294967296",
        &"9".repeat(100_000),
    ] {
        let source = format!(
            r#"{{ "StartAt": "S", "States": {{ "S": {{ "Type": "Wait", "Seconds": {number}, "End": true }} }} }}"#
        );
        let (code, _) = first(source);
        assert!(
            matches!(code, Code::SchemaValidationFailed | Code::InvalidJsonDescription),
            "{code:?}"
        );
    }
}

#[test]
fn a_result_that_a_snapshot_could_not_hold_is_refused() {
    let result = format!("{}{}", "[".repeat(120), "]".repeat(120));
    let source =
        format!(r#"{{ "StartAt": "S", "States": {{ "S": {{ "Type": "Pass", "Result": {result}, "End": true }} }} }}"#);
    assert_eq!(first(source).1, "the value nests deeper than 112 arrays and objects");
}

#[test]
fn bytes_that_are_no_utf_8_never_become_a_definition() {
    let bytes = b"{ \"StartAt\": \"\xff\xfe\", \"States\": {} }";
    let text = String::from_utf8_lossy(bytes).into_owned();
    assert!(first(text).1.contains("Missing 'Next' target") || String::from_utf8(bytes.to_vec()).is_err());
}
