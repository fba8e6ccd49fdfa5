//! AWS's functions, random draws, and the types that fields expect.

use super::*;

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

/// Some of the engine's own functions are replaced, which must not change results.
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
