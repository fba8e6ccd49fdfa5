//! Templates, and the bounds of the values that expressions make.

use super::*;
use serde_json::Value;

use crate::data::jsonata::JsonataExpressions;
use crate::data::jsonata::template::JsonataTemplateError;

fn compile(source: &Value) -> Result<JsonataTemplate, Vec<JsonataTemplateError>> {
    JsonataTemplate::compile(source, &mut JsonataExpressions::default())
}

#[test]
fn templates() {
    let source = json!({
        "b": "{% $states.input.list %}",
        "a": ["{%1+1%}", { "x": "{%$menu.pizzas[0]%}" }, "$states.input", " {% 1 %} ", 0.0],
        "{% 1 %}": null,
        "n.$": "$.x",
    });
    let template = compile(&source).unwrap();
    assert_eq!(template.source(), &source);
    let expressions = template.expressions();
    let pointers: Vec<&str> = expressions.iter().map(|(pointer, _)| pointer.as_str()).collect();
    assert_eq!(pointers, ["/b", "/a/0", "/a/1/x"]);
    let value = in_bindings(|bindings| {
        template
            .evaluate(&Location::Field("Output"), Expected::Any, bindings)
            .unwrap()
    });
    assert_eq!(
        value.to_json(),
        json!({
            "b": [1, 2, 3],
            "a": [2, { "x": "margherita" }, "$states.input", " {% 1 %} ", 0.0],
            "{% 1 %}": null,
            "n.$": "$.x",
        })
        .to_string()
    );
}

#[test]
fn failures_of_templates_name_their_place() {
    for (source, location) in [
        (json!("{% $nope %}"), "Output"),
        (json!({ "result": "{% $nope %}" }), "Output/result"),
        (json!({ "a": [1, { "b c": ["{% $nope %}"] }] }), "Output/a[1]/b c[0]"),
    ] {
        let template = compile(&source).unwrap();
        let error = in_bindings(|bindings| {
            template
                .evaluate(&Location::Field("Output"), Expected::Any, bindings)
                .unwrap_err()
        });
        assert_eq!(error.location, location);
        let cause = format!("The JSONata expression '$nope' specified for the field '{location}' {UNDEFINED}");
        assert_eq!(error.to_string(), cause);
    }
}

#[test]
fn templates_are_refused_with_every_problem() {
    let errors = compile(&json!({
        "a": "{% 1 +%}",
        "b/c": ["{% 1", "1 %}", "{% 1 %} ", "{%}", "100 %"],
    }))
    .unwrap_err();
    let found: Vec<(String, String)> = errors
        .iter()
        .map(|error| (error.pointer.clone(), error.to_string()))
        .collect();
    let improper = "the delimiters `{%` and `%}` must open and close the text";
    let expected = [
        ("/a", "Unexpected end of expression"),
        ("/b~1c/0", improper),
        ("/b~1c/1", improper),
        ("/b~1c/2", improper),
        ("/b~1c/3", improper),
    ];
    assert_eq!(
        found,
        expected.map(|(pointer, problem)| (pointer.to_owned(), problem.to_owned()))
    );
}

#[test]
fn fields_share_one_budget() {
    in_bindings(|bindings| {
        let costly = JsonataExpression::parse("$sum([1..20000].($ * 2))").unwrap();
        let outcomes: Vec<bool> = (0..300)
            .map(|_| {
                costly
                    .evaluate(&Location::Field("Output"), Expected::Any, bindings)
                    .is_ok()
            })
            .collect();
        assert!(outcomes[0] && !outcomes[299], "a state cannot go on for ever");
        assert!(bindings.scope.budget.spent() > 1_000_000);
    });
}

#[test]
fn results_are_bounded() {
    for (expression, cause) in [
        (
            "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x}) }; $f(120, 1) )",
            "threw an error during evaluation. Expression evaluation memory limit exceeded: Check for excessive memory \
             usage",
        ),
        (
            "( $f := function($n){ 1 + $f($n) }; $f(1) )",
            "threw an error during evaluation. Stack overflow error: Check for non-terminating recursive function. \
             Consider rewriting as tail-recursive",
        ),
        (
            "( $f := function($n){ $f($n) }; $f(1) )",
            "threw an error during evaluation. Expression evaluation timeout: Check for infinite loop",
        ),
    ] {
        assert_eq!(outcome(expression), cause, "{expression}");
    }
}
