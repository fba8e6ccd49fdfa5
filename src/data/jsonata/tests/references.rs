//! The facts known about an expression before it is evaluated.

use super::*;

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

/// The messages of JSONata 2.0.6; AWS leaves out the code.
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
