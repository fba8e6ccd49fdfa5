//! Expressions that nobody means well with: each ends soon, within its bounds, on the stack of an ordinary thread.

use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::error::Bound;
use super::{Jsonata, JsonataDialect};
use crate::data::Random;

/// The stack that threads of Rust and of tokio have by default.
const STACK: usize = 2 * 1024 * 1024;

/// What is slower hangs, in a debug build on a busy machine too.
const SLOW: Duration = Duration::from_secs(20);

/// The beginning of the value, or of the sentence that the evaluation ends with.
#[track_caller]
fn outcome(expression: &str) -> String {
    let (sender, receiver) = mpsc::channel();
    let text = expression.to_owned();
    let run = move || {
        let outcome = match Jsonata::parse(&text, JsonataDialect::Aws) {
            Err(error) => error.to_string(),
            Ok(parsed) => {
                let input = json!({ "a": [1, 2, 3], "text": "x".repeat(1_000) });
                match parsed.evaluate(Some(&input), &Map::new(), DateTime::UNIX_EPOCH, &Random::seeded(1)) {
                    Ok(value) => format!("{:.40}", value.unwrap_or(Value::Null).to_string()),
                    Err(error) => error.to_string(),
                }
            }
        };
        drop(sender.send(outcome));
    };
    Builder::new().stack_size(STACK).spawn(run).unwrap();
    let outcome = receiver.recv_timeout(SLOW);
    outcome.unwrap_or_else(|_| panic!("{expression:.100} takes more than {SLOW:?}"))
}

#[track_caller]
fn assert_ends(expression: &str, sentence: &str) {
    assert_eq!(outcome(expression), sentence, "{expression:.100}");
}

#[test]
fn recursion_without_end_overflows_no_stack() {
    assert_ends("( $f := function(){ 1 + $f() }; $f() )", Bound::Depth.message());
    assert_ends("( $f := function(){ [$f()] }; $f() )", Bound::Depth.message());
    // In tail position it is a loop.
    assert_ends("( $f := function(){ $f() }; $f() )", Bound::Time.message());
}

#[test]
fn what_takes_many_steps_times_out() {
    assert_ends(
        "( $a := [1..100000]; $sort($a, function($l, $r){ $l < $r }) )",
        Bound::Time.message(),
    );
    assert_ends(
        "$map([1..1000], function(){ $sum($map([1..1000], function($x){ $x })) })",
        Bound::Time.message(),
    );
}

/// Here the clock is what ends it.
#[test]
fn what_takes_long_in_one_step_times_out() {
    assert_ends("$match($pad('', 100000, 'a') & '!', /(a+)+$/)", Bound::Time.message());
    assert_ends(
        "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $uppercase($s) }) )",
        Bound::Time.message(),
    );
}

#[test]
fn what_makes_too_much_exceeds_the_memory() {
    for expression in BIG {
        assert_ends(expression, Bound::Memory.message());
    }
}

#[test]
fn what_only_looks_costly_has_a_value() {
    for (expression, beginning) in CHEAP {
        let outcome = outcome(expression);
        assert!(outcome.starts_with(beginning), "{expression}: {outcome}");
    }
}

#[test]
fn deep_nesting_is_refused_or_ends() {
    const REFUSED: &str = "The expression is nested too deeply (the limit is 1000 levels)";
    let nested = |(open, close): (&str, &str), depth| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (pair, at_90) in [
        (("(", ")"), "1"),
        (("[", "]"), "[[[[[[[[[[[[[[[[[[[["),
        (("{'a':", "}"), "{\"a\":{\"a\":{\"a\":{\""),
        (("$f(", ")"), "Attempted to invoke a non-function"),
        (("function($x){", "}"), "null"),
        (("-", ""), "1"),
        (("a[", "]"), "null"),
        (("a ? ", " : b"), "1"),
        (("a.(", ")"), "null"),
        (("|a|{'b': ", "}|"), "null"),
    ] {
        let outcome = outcome(&nested(pair, 90));
        assert!(outcome.starts_with(at_90), "{pair:?}: {outcome}");
        assert_ends(&nested(pair, 100_000), REFUSED);
    }
    for pair in [("(", ")"), ("[", "]"), ("{'a':", "}")] {
        assert_ends(&nested(pair, 900), Bound::Depth.message());
    }
    for operator in ["+", ".", "&", "~>", ":="] {
        assert_ends(&vec!["$x"; 50_000].join(operator), REFUSED);
    }
    assert_ends(&vec!["$x"; 50_000].join(";"), "Syntax error: \";\"");
}

/// Each takes a second or two, until the clock or the memory ends it; a fast machine finishes some. `.ci/fuzz` runs it.
#[test]
#[ignore = "half a minute of expressions of the kinds above"]
fn long_expressions_end() {
    for expression in LONG {
        let outcome = outcome(expression);
        let is_stopped = [Bound::Time, Bound::Memory]
            .iter()
            .any(|bound| outcome.starts_with(bound.message()));
        assert!(is_stopped || outcome.starts_with('['), "{expression}: {outcome}");
    }
}

/// What makes far more than it is long.
const BIG: &[&str] = &[
    "[1..1000000].[1..1000000]",
    "[1..10000000]",
    "( $f := function($x){ $f([$x, $x]) }; $f(1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, [$x, $x]) }; $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $string($x) : $f($n - 1, [$x, $x]) }; $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, $x & $x) }; $f(40, 'x') )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, $append($x, $x)) }; $f(40, [1]) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $partition([$f(40, 1)], 1) )",
    "$map([200000..250000], $pad('x', ?))",
    "$pad('x', 10000000)",
    "( $a := [1..200000]; $map([1..1000], $append(?, $a)) )",
    "( $a := [1..200000]; $map([1..1000], function($i){ $a }) )",
    "( $a := [1..1000]; $a@$x.$a@$y.{'x': $x} )",
    "( $a := [1..20000]; $reduce($a, $append) )",
    "$split($pad('', 1000000, 'a'), '')",
    "$replace($pad('', 500000, 'a'), 'a', $pad('', 500000, 'b'))",
    "$join($map([1..200000], function(){ 'x' }), $pad('', 100000, 'b'))",
    "$range(1, 1e12, 1)",
    "$map([1..100000], $range(1, ?, 1))",
    "$map([100000..101000], $range(1, ?, 1))",
    "$parse('[' & $join($map([1..200000], $string), ',') & ']')",
    "( $a := [1..200000]; $map([1..10000], function(){ $string($a) }) )",
    "$encodeUrl($pad('', 1000000, '\u{10ffff}'))",
];

/// Values, or JSONata's own errors, that come soon.
const CHEAP: &[(&str, &str)] = &[
    ("$distinct([1..20000])", "[1,2,3,4,5,6,7,8,9,1"),
    ("$map([[1..5000]], $distinct)", "[1,2,3,4,5,6,7,8,9,1"),
    ("( $a := [1..5000]; $a[$ in $a] )", "[1,2,3,4,5,6,7,8,9,1"),
    ("( $a := [1..5000]; $a[$$ in $a] )", "null"),
    ("( $a := [1..20000]; $shuffle($a) ~> $sort )", "[1,2,3,4,5,6,7,8,9,1"),
    (
        "( $a := [1..1000]; $zip($a, $a, $a) ~> $map($string) )",
        "[\"[1,1,1]\",\"[2,2",
    ),
    ("( $a := [1..20000]; $a#$i.$i )", "[0,1,2,3,4,5,6,7,8,9"),
    ("$formatNumber(1e300, $pad('', 100000, '0'))", "\"0000000000000000000"),
    ("$formatBase(1e300, 2)", "\"1011111100100001111"),
    ("$formatInteger(1e300, 'w')", "\"one trillion trilli"),
    ("$formatInteger(100000000, 'I')", "\"MMMMMMMMMMMMMMMMMMM"),
    (
        "( $a := [1..200000]; $map([1..10000], function(){ $a[5] }) )",
        "[6,6,6,6,6,6,6,6,6,6",
    ),
    (
        "( $a := [1..200000]; $map([1..10000], function(){ $a = 5 }) )",
        "[false,false,false,f",
    ),
    ("**.**.**.**", "[{\"a\":[1,2,3],\"text"),
    ("$map([1..100000], $pad('x', 1000000))", "Argument 2 of function"),
    ("$parse($pad('', 100000, '['))", "Invalid JSON"),
    ("$eval('1')", "Attempted to invoke a non-function"),
];

const LONG: &[&str] = &[
    "[1..200000].[1..200000]",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, [[$x], [$x]]) }; $count($f(40, 1).**) )",
    "$map([1..1000], function($i){ $distinct([1..5000]) })",
    "$map($map([1..200], function(){[1..5000]}).[$], $distinct)",
    "$map([1..100000], function($i){ $pad('x', 1000000) })",
    "( $a := [1..200000]; $map([1..1000], function($i){ $append($i, $a) }) )",
    "( $a := [1..200000]; $filter($a, function($x){ $x in $a }) )",
    "( $a := [1..20000]; $reduce($a, function($l, $r){ $append($l, $r) }) )",
    "$replace($pad('', 100000, 'a'), /(a*)*b/, '')",
    "$pad('', 100000, 'a') ~> /((a*)*)*b/",
    "$map([1..100000], function($i){ $range(1, 200000, 1) })",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $hash($s, 'SHA-512') }) )",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $contains($s, 'b') }) )",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $length($s) }) )",
    "( $s := $map([1..10000], function(){ $pad('', 100000, 'a') }); $map($s, $uppercase) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $sum($a) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $count($reverse($a)) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $max($a) }) )",
    "( $a := [1..200000]; $b := [1..200000]; $map([1..10000], function(){ $a = $b }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $boolean($a) }) )",
    "( $o := $merge([1..20000].{$string($): $}); $map([1..10000], function(){ $count($keys($o)) }) )",
    "( $o := [1..20000]{$string($): $}; $map([1..10000], function(){ $merge([$o, $o]) }) )",
    "[[1..1000].[1..1000]].[1..100]",
    "$each([1..100000]{$string($): $}, function($v, $k){ $pad($k, 10000) })",
];
