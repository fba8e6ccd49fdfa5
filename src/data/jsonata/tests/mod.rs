//! The rules of JSONata in ASL, each as a table of expressions.

mod functions;
mod large_data;
mod references;
mod templates;

use chrono::DateTime;
use serde_json::json;

use super::{Expected, JsonataBindings, JsonataExpression, JsonataTemplate, Location, Target};
use crate::data::{Budget, Random, sample};

fn in_bindings<T>(test: impl FnOnce(&JsonataBindings<'_>) -> T) -> T {
    let input = json!({
        "order": { "id": 9_007_199_254_740_993_i64, "total": 12.0, "9": "z", "1": "a" },
        "items": [{ "name": "a", "price": 3 }, { "name": "b", "price": 4.5 }],
        "one": [{ "name": "a" }],
        "nothing": null,
        "list": [1, 2, 3],
        "text": "word",
    });
    sample::in_scope(&input, |scope| {
        let now = DateTime::from_timestamp_millis(1_735_787_045_678).unwrap();
        let random = Random::seeded(7);
        let budget = Budget::new();
        test(&JsonataBindings::new(
            scope.input.value(),
            &scope.context.context_object(),
            scope.variables,
            &random,
            now,
            &budget,
        ))
    })
}

/// The value as JSON text, or the cause of the failure without its beginning.
fn outcome(expression: &str) -> String {
    in_bindings(|bindings| expected(expression, Expected::Any, bindings))
}

fn expected(expression: &str, expected: Expected, bindings: &JsonataBindings<'_>) -> String {
    let parsed = JsonataExpression::parse(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
    match parsed.evaluate(&Location::Field("Output/x"), expected, bindings) {
        Ok(value) => value.to_string(),
        Err(error) => {
            let cause = error.to_string();
            let subject = format!("The JSONata expression '{expression}' specified for the field 'Output/x' ");
            cause.strip_prefix(&subject).unwrap_or(&cause).to_owned()
        }
    }
}

#[track_caller]
fn assert_outcomes(table: &[(&str, &str)]) {
    for (expression, expected) in table {
        assert_eq!(outcome(expression), *expected, "{expression}");
    }
}

const UNDEFINED: &str = "returned nothing (undefined).";
const UNSUPPORTED: &str = "returned an unsupported result type.";
#[test]
fn states_and_variables_are_read() {
    assert_outcomes(&[
        ("$states.input.order.total + 1", "13"),
        ("$states.input.items.price", "[3,4.5]"),
        ("$states.input.items[name = 'b'].price", "4.5"),
        ("$states.input.one.name", "\"a\""),
        ("$states.input.one", "[{\"name\":\"a\"}]"),
        ("$states.input.nothing", "null"),
        ("$states.input.nothing.x", UNDEFINED),
        ("$states.input.nope", UNDEFINED),
        ("$states.input.text.nope", UNDEFINED),
        ("$states.result", UNDEFINED),
        ("$states.errorOutput", UNDEFINED),
        ("$states.nope", UNDEFINED),
        ("$nope", UNDEFINED),
        ("$count($keys($states))", "2"),
        ("$menu.pizzas", "[\"margherita\"]"),
        ("$menu.pizzas[0] & '!'", "\"margherita!\""),
        ("$states.context.State.Name", "\"Bake\""),
        ("$states.context.Execution.Input.table * 2", "8"),
        ("$exists($states.context.Map.Item.Value.slice)", "true"),
        (
            "$keys($states.context)",
            "[\"Execution\",\"StateMachine\",\"State\",\"Map\",\"Task\"]",
        ),
        (
            "$states.context.State.Name & $states.context.Execution.Name",
            "\"Bakee\"",
        ),
        ("( $s := $states; $s.input.list[0] )", "1"),
        ("$states.*.list[1]", "2"),
        (
            "$states.input.items.{'n': name, 'of': $count(%.list)}[0]",
            "{\"n\":\"a\",\"of\":3}",
        ),
    ]);
}

#[test]
fn result_and_error_output_are_there_where_they_are_bound() {
    in_bindings(|bindings| {
        let (result, error) = (json!({ "a": [1] }), json!({ "Error": "E", "Cause": "c" }));
        let bindings = JsonataBindings::new(
            &result,
            bindings.scope.context,
            &crate::data::NoVariables,
            bindings.scope.random,
            bindings.scope.now,
            bindings.scope.budget,
        )
        .with_result(&result)
        .with_error_output(&error);
        let any = |expression| expected(expression, Expected::Any, &bindings);
        assert_eq!(any("$states.result.a"), "[1]");
        assert_eq!(any("$states.errorOutput.Error & '!'"), "\"E!\"");
        assert_eq!(
            any("$keys($states)"),
            "[\"input\",\"context\",\"result\",\"errorOutput\"]"
        );
    });
}

#[test]
fn numbers_are_printed_as_aws_prints_them() {
    assert_outcomes(&[
        ("$sum([1, 2, 3]) + 1", "7"),
        ("4 / 2", "2"),
        ("1 / 4", "0.25"),
        ("-0", "0"),
        ("0.1 + 0.2", "0.30000000000000004"),
        ("$power(2, 60)", "1152921504606846976"),
        ("1e20", "1e+20"),
        // A value that is only passed on stays as it is.
        ("$states.input.order.id", "9007199254740993"),
        ("$states.input.order.total", "12.0"),
    ]);
}

#[test]
fn sequences_of_one_are_unwrapped_and_others_are_not() {
    assert_outcomes(&[
        ("$states.input.list[$ = 2]", "2"),
        ("[$states.input.list[$ = 2]]", "[2]"),
        ("$states.input.list[$ = 2][]", "[2]"),
        ("$states.input.list[$ > 5]", UNDEFINED),
        ("[$states.input.list[$ > 5]]", "[]"),
        ("[0]", "[0]"),
        ("[]", "[]"),
        ("{'a': $nope, 'b': null}", "{\"b\":null}"),
        ("[$nope, 1]", "[1]"),
    ]);
}

#[test]
fn keys_keep_their_order() {
    assert_outcomes(&[
        (
            "$merge([$states.input.order, {'0': 1, 'a': 2}])",
            "{\"id\":9007199254740992,\"total\":12,\"9\":\"z\",\"1\":\"a\",\"0\":1,\"a\":2}",
        ),
        ("{'b': 1, 'a': 2}", "{\"b\":1,\"a\":2}"),
    ]);
}

#[test]
fn functions_are_no_results() {
    assert_outcomes(&[
        ("function($x){$x}", UNSUPPORTED),
        ("$fn := function($x){$x}", UNSUPPORTED),
        ("$sum", UNSUPPORTED),
        ("$uuid", UNSUPPORTED),
        ("/a/", UNSUPPORTED),
        ("$pad(?, 1)", UNSUPPORTED),
        ("[1, function(){1}]", UNSUPPORTED),
        ("{'a': {'b': $sum}}", UNSUPPORTED),
        (
            "[null, '<function>', $map([1], function($x){$x})]",
            "[null,\"<function>\",1]",
        ),
    ]);
}

#[test]
fn errors_are_jsonatas_own() {
    assert_outcomes(&[
        (
            "'a' + 1",
            "threw an error during evaluation. T2001: The left side of the \"+\" operator must evaluate to a number",
        ),
        (
            "$randomSeeded(1)",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        (
            "$eval('1')",
            "threw an error during evaluation. T1006: Attempted to invoke a non-function",
        ),
        ("$error('no')", "threw an error during evaluation. D3137: no"),
        (
            "$length(1)",
            "threw an error during evaluation. T0410: Argument 1 of function \"length\" does not match function signature",
        ),
    ]);
}
