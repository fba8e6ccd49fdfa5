use super::estimate::estimate;

fn looks(text: &str) -> Option<u64> {
    let expression = jlens_core::Expression::compile(text).unwrap();
    estimate(expression.ast(), 500).map(|looks| looks.per_value)
}

#[track_caller]
fn assert_few(text: &str) {
    let looks = looks(text);
    assert!(looks.is_some_and(|looks| looks <= 150), "{text}: {looks:?}");
}

#[test]
fn what_goes_through_the_input_looks_at_each_value_a_few_times() {
    for text in [
        "1 + 2",
        "$states.input.order.id",
        "$states.input.orders[total > 50].items.(price * quantity)",
        "$map($states.input.orders, function($o) { { 'id': $o.id, 'sum': $sum($o.items.(price * quantity)) } })",
        "$filter($x, function($o) { $o.name = 'a' and $not($o.done) })",
        "$distinct($states.input.orders.customer)",
        "$x^(>total, name).id",
        "$x{ $string(id): total }",
        "$merge([$states.input, { 'n': 1 }])",
        "($a := $x.y; $b := $a; { 'a': $a, 'b': $b })",
        "$x ~> $map($string) ~> $join(',')",
        "$reduce($x, function($sum, $o) { $sum + $o.total }, 0)",
    ] {
        assert_few(text);
    }
}

#[test]
fn what_stands_outside_of_a_loop_is_looked_at_in_every_round() {
    for text in [
        "$map($x, function($o) { $o.id in $y })",
        "$x.(id in $y)",
        "$x[$string($y[1]) = '1']",
        "$map($x, function($o, $i, $all) { $string($all) })",
    ] {
        assert!(
            looks(text).is_some_and(|looks| (500..10_000).contains(&looks)),
            "{text}: {:?}",
            looks(text)
        );
    }
    // A comparison ends with the smaller side, and its result is not looked at.
    for text in ["$x[id = $y]", "$x.{ 'all': $y }", "$x.(price * $y.rate & $y.currency)"] {
        assert_few(text);
    }
}

#[test]
fn values_that_hold_others_several_times_multiply() {
    let doubled = |times: usize| format!("($a := $x; {} $a = $a)", "$a := [$a, $a];".repeat(times));
    assert!(looks(&doubled(10)).is_some_and(|looks| looks > 1_000));
    assert!(looks(&doubled(70)).is_some_and(|looks| looks == u64::MAX));
    assert!(looks("$string($x.[$, $].[$, $].[$, $])").is_some_and(|looks| looks > 16));
    assert!(looks("$sum($x.{ 'all': $y }.all.n)").is_some_and(|looks| looks >= 500));
    assert!(looks("$x.**.**.**").is_some_and(|looks| looks > 1_000_000));
}

#[test]
fn what_feeds_on_itself_cannot_be_told() {
    for text in [
        "$reduce($x, $append)",
        "$reduce($x, function($all, $o) { $append($all, $o) })",
        "($f := function($n) { $f($n) }; $f(1))",
        "$map($x, function($f) { $f(1) })",
        "$x ~> |$|{}|",
        "$f(1)",
        "a.b.%",
    ] {
        assert_eq!(looks(text), None, "{text}");
    }
}
