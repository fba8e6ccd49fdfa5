//! Direct evaluation gives the same value as metered evaluation, or none.

use chrono::DateTime;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::Compiled;
use super::Prepared;
use crate::data::jsonata::JsonataDialect;
use crate::data::jsonata::scope::JsonataScope;
use crate::data::{Budget, NoVariables, Payload, Random, VariableScope, sample};

fn in_scope<T>(variables: &dyn VariableScope, test: impl FnOnce(&JsonataScope<'_>) -> T) -> T {
    let input = json!({
        "n": 3, "zero": -0.0, "big": 1e20, "none": null, "text": "wörd", "yes": true, "empty": [], "one": [5], "nested": [[1]],
        "orders": [
            { "id": 1, "total": 10.5, "items": [{ "price": 2, "qty": 3 }] },
            { "id": 2, "total": 99, "items": [{ "price": 1, "qty": 1 }, { "price": 4, "qty": 2 }] },
        ],
        "2": "b", "1": "a", "order": { "9": "z", "10": "y", "a b": 1 },
    });
    sample::in_scope(&input, |sample| {
        let random = Random::seeded(7);
        let budget = Budget::new();
        let context = sample.context.context_object();
        let scope = JsonataScope::new(
            (&input).into(),
            &context,
            variables,
            &random,
            DateTime::UNIX_EPOCH,
            &budget,
        );
        test(&scope)
    })
}

/// The values of direct and of metered evaluation.
fn both(text: &str, scope: &JsonataScope<'_>) -> (Option<Value>, Option<Value>) {
    let compiled = Compiled::new(text, JsonataDialect::Aws).unwrap_or_else(|error| panic!("{text}: {error}"));
    let direct = compiled
        .direct()
        .and_then(|direct| direct.evaluate(&compiled.expression, scope));
    (direct, compiled.run_metered(scope, &Prepared::default()).ok())
}

#[test]
fn values_are_those_of_metered_evaluation() {
    let variables: IndexMap<String, Payload> = [
        ("x", json!(5)),
        ("empty", json!([])),
        ("lone", json!([5])),
        ("nested", json!([[1, 2]])),
        ("null", json!(null)),
        ("object", json!({ "a": [{ "b": 1 }, { "b": 2 }] })),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.into()))
    .collect();
    let expressions = "
        $states.input.n + 1
        $x & $states.input.text
        $states.input.orders[total > 50].items.(price * qty)
        $sum($states.input.orders.items.(price * qty))
        $states.input.orders.{ 'id': id, 'sum': $sum(items.(price * qty)) }
        $states.input.orders{ $string(id): total }
        $map($states.input.orders, function($o) { $o.id })
        $filter($states.input.orders, function($o) { $o.id = 1 })
        $count($empty) + $count($lone) + $count($nested)
        [$empty, $lone, $nested, $null]
        { 'e': $empty, 's': $lone, 'n': $nested, 'null': $null, 'o': $object.a.b }
        $lone[0]
        $nested[0][1]
        $append($lone, $states.input.one)
        $reduce([1, 2, 3], function($a, $b) { $a + $b })
        ($y := $x; $y * 2)
        ($x := 1; $x)
        [$x, ($x := 1; $x), $x]
        { 'zero': $states.input.zero, 'big': $states.input.big, 'half': 0.5, 'whole': 2.0 }
        [$states.input.none, null]
        $exists($states.input.none) and $not($exists($states.input.nope))
        $keys($states.input.order)
        $states.input.order.*
        $states.input.**.price
        $distinct([1, 1, 2])
        $replace('aXbX', 'X', $states.input.text)
        $states.context.State.Name & $states.context.Execution.Name
        $states.context.Execution.Input.table
        $string($states.input.order)
        $sort($states.input.orders, function($a, $b) { $a.total < $b.total }).id
        $states.input.orders^(>total).id
        $partition([1, 2, 3], 2)
        $hash('a', 'MD5')
        $parse('[1]')
        $range(1, 9, 4)
        $type($states)
        $merge([$states.input.order, { 'x': 1 }])
        $each($states.input.order, function($v, $k) { $k })
        $now() & $millis()
        $states.input.(n + $count(orders))
        $states.input.one
        [1..5][$ > 2]
        $lookup($states.input, 'text')
        $split('a,b', ',')
        $match('ab', /a/).match
        $boolean($states.input.empty) ? 1 : 2
        -$states.input.n
        $states.input.orders[-1].id
        $states.input.`order`.`a b`
    ";
    in_scope(&variables, |scope| {
        for text in expressions.lines().map(str::trim).filter(|text| !text.is_empty()) {
            let (direct, metered) = both(text, scope);
            assert!(direct.is_some(), "{text} is evaluated directly");
            // Compared as text: the order of members and the form of numbers count.
            assert_eq!(
                direct.map(|value| value.to_string()),
                metered.map(|value| value.to_string()),
                "{text}"
            );
        }
    });
}

#[test]
fn what_takes_much_or_has_no_value_is_left_to_the_meter() {
    in_scope(&NoVariables, |scope| {
        for text in [
            "[1..2000]",
            "$sum([1..100].[1..200].($))",
            "$states.input.nope",
            "$nope",
            "$error('no')",
            "function($x) { $x }",
            "[function($x) { $x }]",
            "{ 'f': $sum }",
            "$random()",
            "$uuid()",
            "$eval('1')",
            "$pad('', 5000)",
            // Each round passes its value to the next.
            "$reduce([1, 2, 3], function($a, $b) { $append($a, $b) })",
            "($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(9))",
            // Later steps are evaluated in the same context many times.
            "$states.input.orders@$o.{ 'o': $o.id }",
            "$states.input.orders#$i.{ 'i': $i }",
        ] {
            assert_eq!(both(text, scope).0, None, "{text}");
        }
    });
}

#[test]
fn a_variable_comes_before_a_built_in_function() {
    let variables: IndexMap<String, Payload> = [("sum".to_owned(), json!(1).into())].into();
    in_scope(&variables, |scope| {
        assert_eq!(both("$sum + 1", scope), (None, Some(json!(2))));
    });
}

#[test]
fn the_depth_is_that_of_metered_evaluation() {
    in_scope(&NoVariables, |scope| {
        for depth in 1..110 {
            let text = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
            let (direct, metered) = both(&text, scope);
            assert_eq!(direct, metered, "{depth}");
        }
    });
}

#[test]
fn big_inputs_are_not_built_before_they_are_read() {
    let text = "$states.input.text & $states.context.State.Name";
    let compiled = Compiled::new(text, JsonataDialect::Aws).unwrap();
    in_scope(&NoVariables, |scope| {
        assert!(compiled.evaluate(scope, &Prepared::default()).is_ok());
        assert!(scope.budget.spent() < 1_000, "{}", scope.budget.spent());
    });
}
