//! The rules of JSONata in ASL, each as a table of expressions.

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
            scope.input,
            &scope.context.context_object(),
            scope.variables,
            &random,
            now,
            &budget,
        ))
    })
}

/// The value as JSON text, or the cause of the failure without the sentence's beginning.
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
            bindings.context,
            &crate::data::NoVariables,
            bindings.random,
            bindings.now,
            bindings.budget,
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
        // What is only passed on stays as it is.
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

#[test]
fn functions_of_aws() {
    let raised = |text: &str| format!("threw an error during evaluation. {text}");
    let argument = |index: usize, name: &str| {
        raised(&format!(
            "T0410: Argument {index} of function \"{name}\" does not match function signature"
        ))
    };
    let algorithm = |name: &str| {
        raised(&format!(
            "D3137: Hash algorithm '{name}' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"
        ))
    };
    let table = [
        ("$partition([0, 1, 2], 2)", "[[0,1],[2]]".to_owned()),
        ("$partition([0], 5)", "[[0]]".to_owned()),
        ("$partition([0, 1, 2], 2.6)", "[[0,1],[2]]".to_owned()),
        ("$partition([7, 8])", "[[7,8]]".to_owned()),
        ("$partition([], 2)", "[]".to_owned()),
        ("$partition([1], 0)", UNDEFINED.to_owned()),
        (
            "$partition([1], -3)",
            raised("D3137: Second argument must be zero or greater"),
        ),
        ("$partition([1], '2')", argument(2, "partition")),
        ("$partition([1], null)", argument(2, "partition")),
        ("$partition([1], 2, 9)", argument(3, "partition")),
        (
            "$partition('text', 2)",
            raised("T0412: Argument 1 of function \"partition\" must be an array of undefined"),
        ),
        ("$range(0, 10, 3)", "[0,3,6,9]".to_owned()),
        ("$range(8, 1, -3)", "[8,5,2]".to_owned()),
        ("$range(1.4, 5.6, 2.2)", "[1,3,5]".to_owned()),
        ("$range(1, 9, 9)", "1".to_owned()),
        ("$range(2, 1, 1)", UNDEFINED.to_owned()),
        ("$range(1, 9, 0)", UNDEFINED.to_owned()),
        ("$range(1, 9, 0.49)", UNDEFINED.to_owned()),
        ("$range(1, 5)", UNDEFINED.to_owned()),
        ("$count($range(1, 1001, 1))", "1001".to_owned()),
        ("$range('a', 5, 1)", argument(1, "range")),
        ("$range(1, 5, null)", argument(3, "range")),
        ("$range(1, 5, 1, 1)", argument(4, "range")),
        (
            "$hash('input', 'SHA-1')",
            "\"140f86aae51ab9e1cda9b4254fe98a74eb54c1a1\"".to_owned(),
        ),
        ("$hash('input', 'X')", algorithm("X")),
        ("$hash('input', 'sha-256')", algorithm("sha-256")),
        ("$hash(123, 'SHA-256')", argument(1, "hash")),
        ("$hash()", argument(1, "hash")),
        ("$hash('a', 'MD5', 1)", argument(3, "hash")),
        ("$parse('-0')", "0".to_owned()),
        ("$parse('\"x\"')", "\"x\"".to_owned()),
        (
            "$parse(' {\"b\": [1.50, 2.0], \"a\": null} ')",
            "{\"b\":[1.5,2],\"a\":null}".to_owned(),
        ),
        ("$parse('{bad}')", raised("D3137: Invalid JSON")),
        ("$parse('')", raised("D3137: Invalid JSON")),
        ("$parse(123)", argument(1, "parse")),
        ("$parse(null)", argument(1, "parse")),
        ("$parse({})", argument(1, "parse")),
        ("$parse('1', '2')", argument(2, "parse")),
        ("$parse()", UNDEFINED.to_owned()),
        ("$uuid('x')", argument(1, "uuid")),
        ("$uuid(null)", argument(1, "uuid")),
        ("$length($uuid())", "36".to_owned()),
        ("$uuid() = $uuid()", "false".to_owned()),
        ("$random('x')", argument(1, "random")),
        ("$random(null)", argument(1, "random")),
        ("$random(7, 8)", argument(2, "random")),
        (
            "[$random(77), $random(77)]",
            "[0.7240700207191966,0.7240700207191966]".to_owned(),
        ),
        ("$random(42)", "0.7275636800328681".to_owned()),
        ("$random() < 1 and $random() != $random()", "true".to_owned()),
    ];
    for (expression, expected) in table {
        assert_eq!(outcome(expression), expected, "{expression}");
    }
}

/// Some of the engine's own functions are replaced, which must not be seen.
#[test]
fn bounded_functions_are_as_before() {
    assert_outcomes(&[
        ("$distinct([1, 1])", "[1]"),
        ("$distinct($states.input.items.(name ? 'x'))", "\"x\""),
        ("$distinct($map([1..600], function(){ 1 }))", "1"),
        ("$count($distinct([[1..600], [1..600]].$))", "600"),
        ("$states.input.order ~> $keys()", "[\"id\",\"total\",\"9\",\"1\"]"),
        ("$states.input.one.$keys()", "\"name\""),
        ("$count($keys([1..600]{$string($): $}))", "600"),
        ("$replace('banana', 'a', 'o', 2)", "\"bonona\""),
        ("$replace('banana', /a(n)/, '<$1>')", "\"b<n><n>a\""),
        (
            "$replace('banana', /a/, function($m){ $uppercase($m.match) })",
            "\"bAnAnA\"",
        ),
        ("['ab', 'cb'].$replace('b', 'x')", "[\"ax\",\"cx\"]"),
        (
            "$replace(1, 'a', 'b')",
            "threw an error during evaluation. T0410: Argument 1 of function \"replace\" does not match function signature",
        ),
        (
            "$replace('a', '', 'b')",
            "threw an error during evaluation. D3010: Second argument of replace function cannot be an empty string",
        ),
    ]);
}

#[test]
fn a_run_is_the_same_again() {
    assert_outcomes(&[
        ("$now()", "\"2025-01-02T03:04:05.678Z\""),
        ("$millis()", "1735787045678"),
    ]);
    for expression in ["$uuid()", "$random()", "$shuffle([1..50])"] {
        assert_eq!(outcome(expression), outcome(expression), "{expression}");
        in_bindings(|bindings| {
            let value = || expected(expression, Expected::Any, bindings);
            assert_ne!(value(), value(), "{expression} differs from one field to the next");
        });
    }
}

#[test]
fn what_a_field_expects() {
    let seconds = Expected::Integer {
        minimum: 0,
        maximum: 99_999_999,
    };
    let percentage = Expected::Number {
        minimum: 0.0,
        maximum: 100.0,
    };
    let wrong = |expected: &str, was: &str, value: &str| {
        format!("returned an unexpected result type. Expected '{expected}', but was '{was}' for value: {value}")
    };
    in_bindings(|bindings| {
        for (expression, wanted, outcome) in [
            ("'45'", seconds, wrong("number", "string", "\"45\"")),
            (
                "4.5",
                seconds,
                "The Output/x field cannot be parsed as an integer: 4.5".to_owned(),
            ),
            (
                "-7",
                seconds,
                "Output/x must be between 0 and 99999999 but was: -7".to_owned(),
            ),
            ("$states.input.order.total", seconds, "12".to_owned()),
            ("99.5", percentage, "99.5".to_owned()),
            (
                "100.5",
                percentage,
                "Output/x must be between 0 and 100 but was: 100.5".to_owned(),
            ),
            ("'string'", Expected::Array, wrong("array", "string", "\"string\"")),
            (
                "{'foo': 'bar'}",
                Expected::Array,
                wrong("array", "object", "{\"foo\":\"bar\"}"),
            ),
            (
                "{'foo': 'bar'}",
                Expected::ArrayOrObject,
                "{\"foo\":\"bar\"}".to_owned(),
            ),
            ("1", Expected::ArrayOrObject, wrong("array", "number", "1")),
            ("null", Expected::Array, wrong("array", "null", "null")),
            ("true", Expected::Array, wrong("array", "boolean", "true")),
            ("1", Expected::Boolean, wrong("boolean", "number", "1")),
            ("1", Expected::String, wrong("string", "number", "1")),
            ("$nope", Expected::Boolean, UNDEFINED.to_owned()),
        ] {
            assert_eq!(expected(expression, wanted, bindings), outcome, "{expression}");
        }
    });
}

#[test]
fn references_are_those_to_the_outside() {
    let field = |name: &str| Target::Field(name.to_owned());
    let states = |name: &str| Target::States(Some(name.to_owned()));
    let variable = |name: &str| Target::Variable(name.to_owned());
    for (expression, expected) in [
        (
            "$states.input.a + $states.result[0].b",
            vec![(0, states("input")), (18, states("result"))],
        ),
        (
            "$map($states.input, function($v){ $states.errorOutput.Error })",
            vec![(5, states("input")), (34, states("errorOutput"))],
        ),
        ("$states", vec![(0, Target::States(None))]),
        ("$states[0].input", vec![(0, Target::States(None))]),
        ("a", vec![(0, field("a"))]),
        ("a.b", vec![(0, field("a"))]),
        ("1 + `b c`", vec![(4, field("b c"))]),
        ("*", vec![(0, field("*"))]),
        ("$order[total > 10].items[$.price > 1]", vec![(0, variable("order"))]),
        (
            "$order.(total + $tax)",
            vec![(0, variable("order")), (16, variable("tax"))],
        ),
        ("$order^(>total){name: $sum(price)}", vec![(0, variable("order"))]),
        ("$order ~> |items|{'a': b}, 'c'|", vec![(0, variable("order"))]),
        ("$ + 1", vec![(0, Target::Context)]),
        ("$.a", vec![(0, Target::Context)]),
        ("$order.$$", vec![(0, variable("order")), (7, Target::Root)]),
        ("$$.a", vec![(0, Target::Root)]),
        ("function(){ a }", vec![(12, field("a"))]),
        ("$eval('1')", vec![(0, Target::Eval)]),
        ("( $x := 1; $x + $y )", vec![(16, variable("y"))]),
        ("( $x + 1; $x := 1 )", vec![(2, variable("x"))]),
        ("( ( $x := 1 ); $x )", vec![(15, variable("x"))]),
        ("( $f := function($n){ $n = 0 ? 1 : $f($n - 1) }; $f(3) )", vec![]),
        ("( $f := function(){ $g() }; $g := function(){ 1 }; $f() )", vec![]),
        (
            "$a@$x.b[$x.c = $y]#$i.{'i': $i}",
            vec![(0, variable("a")), (15, variable("y"))],
        ),
        ("$now() & $uuid() & $partition([1], 1) & $string($sum)", vec![]),
        ("{'é': $x}", vec![(7, variable("x"))]),
    ] {
        let parsed = JsonataExpression::parse(expression).unwrap();
        let found: Vec<(usize, Target)> = parsed
            .references()
            .iter()
            .map(|reference| (reference.offset, reference.target.clone()))
            .collect();
        assert_eq!(found, expected, "{expression}");
    }
}

/// What JSONata 2.0.6 says, of which AWS leaves the code out.
#[test]
fn syntax_errors() {
    for (text, code, offset, message) in [
        (
            "a ?? b",
            "S0211",
            3,
            "The symbol \"?\" cannot be used as a unary operator",
        ),
        (
            "a ?: b",
            "S0211",
            3,
            "The symbol \":\" cannot be used as a unary operator",
        ),
        (
            "$x.(1 + (a ?? b))",
            "S0211",
            12,
            "The symbol \"?\" cannot be used as a unary operator",
        ),
        ("1 +", "S0207", 3, "Unexpected end of expression"),
        ("", "S0207", 0, "Unexpected end of expression"),
        ("(1", "S0203", 2, "Expected \")\" before end of expression"),
        ("  1 2", "S0201", 4, "Syntax error: 2"),
        ("{'a' 1}", "S0202", 5, "Expected \":\", got 1"),
        ("@", "S0211", 0, "The symbol \"@\" cannot be used as a unary operator"),
        ("!x", "S0204", 0, "Unknown operator: \"!\""),
    ] {
        let error = JsonataExpression::parse(text).unwrap_err();
        assert_eq!(
            (error.code(), error.to_string().as_str(), error.offset()),
            (code, message, offset),
            "{text}"
        );
    }
}

#[test]
fn templates() {
    let source = json!({
        "b": "{% $states.input.list %}",
        "a": ["{%1+1%}", { "x": "{%$menu.pizzas[0]%}" }, "$states.input", " {% 1 %} ", 0.0],
        "{% 1 %}": null,
        "n.$": "$.x",
    });
    let template = JsonataTemplate::compile(&source).unwrap();
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
        value.to_string(),
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
        let template = JsonataTemplate::compile(&source).unwrap();
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
    let errors = JsonataTemplate::compile(&json!({
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
        assert!(bindings.budget.spent() > 1_000_000);
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
