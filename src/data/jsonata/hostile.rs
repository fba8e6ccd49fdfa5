//! Hostile expressions: each ends soon, within its bounds, on the stack of an ordinary thread.

use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::error::{Bound, Failure};
use super::{Expected, Jsonata, JsonataBindings, JsonataDialect, JsonataExpression, Location};
use crate::data::{Budget, NoVariables, Random, sample};

/// The default stack size of threads in Rust and tokio, in bytes.
const STACK: usize = 2 * 1024 * 1024;

/// An evaluation that takes longer counts as hanging, even in a debug build on a busy machine.
const SLOW: Duration = Duration::from_mins(2);

/// Asserts the beginning of the value, or of the message that the evaluation fails with.
#[track_caller]
fn outcome(expression: &str) -> String {
    in_time(expression, |text| match Jsonata::parse(text, JsonataDialect::Aws) {
        Err(error) => error.to_string(),
        Ok(parsed) => {
            let input = json!({ "a": [1, 2, 3], "text": "x".repeat(1_000) });
            match parsed.evaluate(Some(&input), &Map::new(), DateTime::UNIX_EPOCH, &Random::seeded(1)) {
                Ok(value) => format!("{:.40}", value.unwrap_or(Value::Null).to_string()),
                Err(error) => error.to_string(),
            }
        }
    })
}

/// The same for an expression in a state, where cheap expressions are evaluated without a meter.
#[track_caller]
fn outcome_in_state(expression: &str) -> String {
    in_time(expression, |text| {
        let input = json!({ "text": "x".repeat(200_000), "list": vec!["a".repeat(20); 10_000] });
        let expression = JsonataExpression::parse(text).unwrap();
        sample::in_scope(&input, |scope| {
            let (random, budget) = (Random::seeded(1), Budget::new());
            let (context, now) = (scope.context.context_object(), DateTime::UNIX_EPOCH);
            let bindings = JsonataBindings::new(&input, &context, &NoVariables, &random, now, &budget);
            match expression.evaluate(&Location::Field("Output"), Expected::Any, &bindings) {
                Ok(value) => format!("{:.40}", value.to_string()),
                Err(error) => match *error.failure {
                    Failure::Exceeded(bound) => bound.message().to_owned(),
                    failure => format!("{failure:?}"),
                },
            }
        })
    })
}

#[track_caller]
fn in_time(expression: &str, run: impl FnOnce(&str) -> String + Send + 'static) -> String {
    let (sender, receiver) = mpsc::channel();
    let text = expression.to_owned();
    let run = move || drop(sender.send(run(&text)));
    Builder::new().stack_size(STACK).spawn(run).unwrap();
    let outcome = receiver.recv_timeout(SLOW);
    outcome.unwrap_or_else(|_| panic!("{expression:.100} takes more than {SLOW:?}"))
}

#[track_caller]
fn assert_ends(expression: &str, sentence: &str) {
    assert_eq!(outcome(expression), sentence, "{expression:.100}");
}

/// Asserts that the expression hits some bound, both standalone and in a state.
#[track_caller]
fn assert_stopped(expression: &str) {
    let bounds = [Bound::Time, Bound::Memory, Bound::Depth];
    for outcome in [outcome(expression), outcome_in_state(expression)] {
        let is_stopped = bounds.iter().any(|bound| outcome.starts_with(bound.message()));
        assert!(is_stopped, "{expression}: {outcome}");
    }
}

#[test]
fn recursion_without_end_overflows_no_stack() {
    assert_ends("( $f := function(){ 1 + $f() }; $f() )", Bound::Depth.message());
    assert_ends("( $f := function(){ [$f()] }; $f() )", Bound::Depth.message());
    // A tail call is a loop.
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

#[test]
fn what_takes_long_in_one_step_times_out() {
    for expression in [
        "$match($pad('', 100000, 'a') & '!', /(a+)+$/)",
        "$contains($pad('', 100000, 'a'), /^(a?){1000}a{1000}$/)",
        "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $length($s) }) )",
    ] {
        assert_ends(expression, Bound::Time.message());
        assert_eq!(outcome_in_state(expression), Bound::Time.message(), "{expression}");
    }
}

#[test]
fn values_that_hold_one_another_many_times_are_never_unfolded() {
    assert_stopped(&unfolded("$f(40, 1) = $f(40, 1)"));
    // Exponential growth without a function that calls itself.
    let doubled = "$x := [$x, $x];".repeat(40);
    assert_stopped(&format!(
        "( $x := [1]; {doubled} $y := [1]; {} $x = $y )",
        doubled.replace('x', "y")
    ));
}

#[test]
fn the_work_of_all_attempts_is_one_budget() {
    let input = json!({ "list": (0..5_000).collect::<Vec<_>>() });
    let random = Random::seeded(1);
    sample::in_scope(&input, |scope| {
        let context = scope.context.context_object();
        let spent = |text: &str| {
            let budget = Budget::new();
            let bindings = JsonataBindings::new(&input, &context, &NoVariables, &random, DateTime::UNIX_EPOCH, &budget);
            let expression = JsonataExpression::parse(text).unwrap();
            let outcome = expression.evaluate(&Location::Field("Output"), Expected::Any, &bindings);
            (outcome.is_ok(), budget.spent())
        };
        // Each attempt has cost something: few steps, more steps, then the meter.
        let (is_ok, visits) = spent("$sum($states.input.list.($ + 1))");
        assert!(is_ok && (512 + 16_384..100_000).contains(&visits), "{visits}");
        // After an evaluation that uses up the budget, nothing is left for others.
        let (is_ok, visits) = spent("$contains($pad('', 100000, 'a'), /(a*)*b/)");
        assert!(!is_ok && visits >= 5_000_000, "{visits}");
    });
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

/// Each expression takes a second or two until the meter stops it.
#[test]
#[ignore = "takes minutes; `.ci/fuzz` runs it"]
fn long_expressions_end() {
    for expression in LONG {
        let is_for_states = expression.contains("$states");
        let by_itself = (!is_for_states).then(|| outcome(expression));
        for outcome in by_itself.into_iter().chain([outcome_in_state(expression)]) {
            let is_stopped = [Bound::Time, Bound::Memory]
                .iter()
                .any(|bound| outcome.starts_with(bound.message()));
            assert!(is_stopped || outcome.starts_with('['), "{expression}: {outcome}");
        }
    }
    for expression in UNFOLDED {
        assert_stopped(&unfolded(expression));
    }
}

/// An expression in which each value that `$f` makes holds the one before twice.
fn unfolded(expression: &str) -> String {
    format!("( $f := function($n, $x){{ $n = 0 ? $x : $f($n - 1, [[$x], [$x]]) }}; {expression} )")
}

/// Uses of such values.
const UNFOLDED: &[&str] = &[
    "$f(40, 1) = $f(40, 1)",
    "$f(40, 1) ? 1 : 2",
    "$boolean($f(40, 1))",
    "$distinct([$f(40, 1), $f(40, 1)])",
    "$f(40, 1).x",
    "$string($f(40, 1))",
    "$count($f(40, 1).**)",
    "1 + $f(40, 1)",
    "$spread($f(40, 1))",
    "$f(40, 1)[$f(40, 1)]",
    "$map([1], function(){ $f(40, 1) }) ? 1 : 2",
    "$filter([1], function(){ $f(40, 1) })",
    "$filter([1], function(){ $map([1..200000], function(){ $f(12, 1) }) })",
    "$f(40, 1) ~> $boolean",
    "($g := $boolean; $g($f(40, 1)))",
    "($g := $append(?, 1); $boolean($g($f(40, 1))))",
    "($a := [1..1000]; $b := $map($a, function(){ $a }); $c := $map($a, function(){ $b }); $c = [$b, $b])",
    "($a := [1..1000]; $b := $map($a, function(){ $a }); $c := $map($a, function(){ $b }); $boolean($c))",
    "($a := [1..1000]; $b := $map($a, function(){ $a }); $c := $map($a, function(){ $b }); $c.x)",
];

/// Short expressions that make large values.
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
    "( $a := [1..1000]; $a@$x.$a@$y.{'x': $x} )",
    "$split($pad('', 1000000, 'a'), '')",
    "$replace($pad('', 500000, 'a'), 'a', $pad('', 500000, 'b'))",
    "$join($map([1..200000], function(){ 'x' }), $pad('', 100000, 'b'))",
    "$range(1, 1e12, 1)",
    "$map([1..100000], $range(1, ?, 1))",
    "$map([100000..101000], $range(1, ?, 1))",
    "$parse('[' & $join($map([1..200000], $string), ',') & ']')",
    "( $a := [1..200000]; $map([1..10000], function(){ $string($a) }) )",
    "$encodeUrl($pad('', 1000000, '\u{10ffff}'))",
    "$formatNumber(1e300, $pad('', 100000, '0'))",
    "$formatInteger(1, $pad('', 1000000, '0,') & '0')",
];

/// Expressions that soon end with a value or one of JSONata's own errors.
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
    ("$formatNumber(1e300, $pad('', 1000, '0'))", "\"0000000000000000000"),
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
    // Functions that other functions call.
    "( $a := [1..200000]; $map([1..1000], $append(?, $a)) )",
    "( $a := [1..200000]; $map([1..1000], function(){ $a }) )",
    "( $a := [1..20000]; $reduce($a, $append) )",
    "( $s := $map([1..10000], function(){ $pad('', 10000, 'a') }); $map($s, $uppercase) )",
    "$map($map([1..10000], function(){ $states.input.text }), $uppercase)",
    "$map($map([1..10000], function(){ $states.input.text }), $trim ~> $uppercase)",
    "( $f := $pad; $map([1..10000], function($i){ $f('', 1000000) }) )",
    "$map($split($pad('', 20000, 'b,'), ','), $contains($pad('', 1000000, 'a'), ?))",
    "$map([1..10000], function(){ $pad('', 1000000, 'a') ~> $length })",
    "$map([1..100], $parse('[' & $pad('', 900000, '1,') & '1]') ~> function($x){ function(){ $x } })",
    "( $a := [1..200000]; $map([1..10000], function(){ $a ~> |$|{}| }) )",
    "$sort([1..200000], function($l, $r){ $contains($pad('', 1000, 'a'), /(a*)*b/) })",
    // Regular expressions.
    "$contains($pad('', 200000, 'a'), /a{99999}b/)",
    "$contains($pad('', 200000, 'a'), /(?=.*b)a/)",
    "$contains($pad('', 200000, 'a'), /(a*)\\1b/)",
    "$count($match($pad('', 200000, 'ab'), /a*?b/))",
    "$contains($pad('', 200000, 'ab') & 'c', /^(?:.*?b)*d/)",
    "$length($replace($pad('', 200000, 'ab'), /b/, 'c'))",
    "$split($pad('', 200000, 'ab'), /b/)",
    "$map([1..1000], function(){ $count($split($states.input.text, /x/)) })",
    "$match($pad('', 100000, 'ba'), /(?=((((.*)))))a/)",
    "( $m := /(a*)*b/; $map([1..1000], function(){ $match($pad('', 1000, 'a'), $m) }) )",
    "$map($states.input.list, /(a*)*b/)",
    "$replace($pad('', 10000, 'a'), /a/, function(){ $pad('', 100000, 'b') })",
    // Comparisons.
    "( $s := $pad('', 1000000, 'a'); $sort([1..1000].($s)) )",
    "( $s := $pad('', 500000, 'a'); $t := $s & 'b'; $map([1..10000], function(){ $s < $t }) )",
    "( $s := $pad('', 500000, 'a'); $a := [1..1000].($s & $string($)); $map([1..1000], function(){ $s in $a }) )",
    "( $s := $pad('', 8000, 'a'); $a := [1..900].($s & $string($)); $map([1..1000], function(){ $a^($) }) )",
    "$map([1..10000], function(){ $formatBase(1e300, 2) })",
];
