//! Expressions that nobody means well with: each ends soon, within its bounds, on the stack of an ordinary thread.

use std::sync::mpsc;
use std::thread::Builder;
use std::time::Duration;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use super::{Jsonata, JsonataDialect};
use crate::data::Random;

/// The stack that threads of Rust and of tokio have by default.
const STACK: usize = 2 * 1024 * 1024;

/// What is slower hangs, in a debug build on a busy machine too.
const SLOW: Duration = Duration::from_secs(10);

/// The beginning of the value, or the code of the error; `None` where it does not come.
fn outcome(expression: &str) -> Option<String> {
    let (sender, receiver) = mpsc::channel();
    let text = expression.to_owned();
    let run = move || {
        let outcome = match Jsonata::parse(&text, JsonataDialect::Aws) {
            Err(error) => error.code().to_owned(),
            Ok(parsed) => {
                let input = json!({ "a": [1, 2, 3], "text": "x".repeat(1_000) });
                match parsed.evaluate(Some(&input), &Map::new(), DateTime::UNIX_EPOCH, &Random::seeded(1)) {
                    Ok(value) => format!("{:.40}", value.unwrap_or(Value::Null).to_string()),
                    Err(error) => error.code().to_owned(),
                }
            }
        };
        drop(sender.send(outcome));
    };
    Builder::new().stack_size(STACK).spawn(run).unwrap();
    receiver.recv_timeout(SLOW).ok()
}

#[test]
fn hostile_expressions_end() {
    let mut expressions: Vec<String> = COSTLY.iter().map(|&expression| expression.to_owned()).collect();
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("{'a':", "}"),
        ("$f(", ")"),
        ("function($x){", "}"),
        ("-", ""),
        ("a[", "]"),
        ("a ? ", " : b"),
        ("a.(", ")"),
        ("|a|{'b': ", "}|"),
    ] {
        for depth in [90, 900, 5_000, 100_000] {
            expressions.push(format!("{}1{}", open.repeat(depth), close.repeat(depth)));
        }
    }
    for operator in ["+", ".", "&", "and", "~>", ",", ";", ":="] {
        expressions.push(vec!["$x"; 50_000].join(operator));
    }
    for expression in &expressions {
        let outcome = outcome(expression);
        println!("{outcome:?} {expression:.100}");
        assert!(outcome.is_some(), "{expression:.100} takes more than {SLOW:?}");
    }
}

/// What costs far more than it is long.
const COSTLY: &[&str] = &[
    "[1..1000000].[1..1000000]",
    "[1..200000].[1..200000]",
    "[1..1000000000]",
    "[1..10000000]",
    "( $f := function(){ $f() }; $f() )",
    "( $f := function(){ 1 + $f() }; $f() )",
    "( $f := function($x){ $f([$x, $x]) }; $f(1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, [$x, $x]) }; $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $string($x) : $f($n - 1, [$x, $x]) }; $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, [$x, $x]) }; $f(40, 1) = $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, [[$x], [$x]]) }; $count($f(40, 1).**) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, $x & $x) }; $f(40, 'x') )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, $append($x, $x)) }; $f(40, [1]) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $f(40, 1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $distinct([$f(40, 1), $f(40, 1)]) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $hash($f(40, 1), 'MD5') )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $partition([$f(40, 1)], 1) )",
    "( $f := function($n, $x){ $n = 0 ? $x : $f($n - 1, {'a': $x, 'b': $x}) }; $f(40, 1) ~> |**|{'c': 1}| )",
    "$distinct([1..200000])",
    "$map([1..1000], function($i){ $distinct([1..5000]) })",
    "$map([[1..5000]], $distinct)",
    "$map($map([1..200], function(){[1..5000]}).[$], $distinct)",
    "$map([200000..250000], $pad('x', ?))",
    "$map([1..100000], $pad('x', 1000000))",
    "$map([1..100000], function($i){ $pad('x', 1000000) })",
    "$pad('x', 10000000)",
    "$pad('x', 100000000000)",
    "( $a := [1..200000]; $map([1..1000], $append(?, $a)) )",
    "( $a := [1..200000]; $map([1..1000], function($i){ $append($i, $a) }) )",
    "( $a := [1..200000]; $map([1..1000], function($i){ $a }) )",
    "( $a := [1..200000]; $filter($a, function($x){ $x in $a }) )",
    "( $a := [1..5000]; $a[$ in $a] )",
    "( $a := [1..5000]; $a[$$ in $a] )",
    "( $a := [1..100000]; $sort($a, function($l, $r){ $l < $r }) )",
    "( $a := [1..100000]; $shuffle($a) ~> $sort )",
    "( $a := [1..1000]; $zip($a, $a, $a) ~> $map($string) )",
    "( $a := [1..1000]; $a@$x.$a@$y.{'x': $x} )",
    "( $a := [1..200000]; $a#$i.$i )",
    "( $a := [1..20000]; $reduce($a, function($l, $r){ $append($l, $r) }) )",
    "( $a := [1..20000]; $reduce($a, function($l, $r){ $l & $r }) )",
    "( $a := [1..20000]; $reduce($a, $append) )",
    "$match($pad('', 100000, 'a') & '!', /(a+)+$/)",
    "$replace($pad('', 100000, 'a'), /(a*)*b/, '')",
    "$pad('', 100000, 'a') ~> /((a*)*)*b/",
    "$split($pad('', 1000000, 'a'), '')",
    "$replace($pad('', 500000, 'a'), 'a', $pad('', 500000, 'b'))",
    "$join($map([1..200000], function(){ 'x' }), $pad('', 100000, 'b'))",
    "$formatNumber(1e300, $pad('', 100000, '0'))",
    "$formatBase(1e300, 2)",
    "$formatInteger(1e300, 'w')",
    "$formatInteger(100000000, 'I')",
    "$power(10, 400)",
    "$range(1, 1e12, 1)",
    "$range(-1e300, 1e300, 1)",
    "$map([1..100000], function($i){ $range(1, 200000, 1) })",
    "$map([1..100000], $range(1, ?, 1))",
    "$map([100000..101000], $range(1, ?, 1))",
    "$parse($pad('', 100000, '['))",
    "$parse('[' & $join($map([1..200000], $string), ',') & ']')",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $uppercase($s) }) )",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $hash($s, 'SHA-512') }) )",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $contains($s, 'b') }) )",
    "( $s := $pad('', 1000000, 'a'); $map([1..10000], function(){ $length($s) }) )",
    "( $s := $map([1..10000], function(){ $pad('', 100000, 'a') }); $map($s, $uppercase) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $sum($a) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $count($reverse($a)) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $a[5] }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $max($a) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $a = 5 }) )",
    "( $a := [1..200000]; $b := [1..200000]; $map([1..10000], function(){ $a = $b }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $string($a) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $boolean($a) }) )",
    "( $a := [1..200000]; $map([1..10000], function(){ $exists($a[-1]) }) )",
    "( $o := $merge([1..20000].{$string($): $}); $map([1..10000], function(){ $count($keys($o)) }) )",
    "( $o := [1..20000]{$string($): $}; $map([1..10000], function(){ $merge([$o, $o]) }) )",
    "**.**.**.**",
    "[[1..1000].[1..1000]].[1..100]",
    "$toMillis('2026-01-01', $pad('', 100000, '[Y]'))",
    "$fromMillis(0, $pad('', 1000000, '[F]'))",
    "$encodeUrl($pad('', 1000000, '\u{10ffff}'))",
    "$each([1..100000]{$string($): $}, function($v, $k){ $pad($k, 10000) })",
    "$eval('1')",
];
