//! JSONata: expressions that are put together at random, and texts that are hardly any.

use asl_engine::data::{Jsonata, JsonataDialect, Random};
use chrono::DateTime;
use serde_json::{Map, Value};

use super::{Dice, bounds};

pub(crate) fn jsonata(dice: &Dice) -> bool {
    let mut text = expression(dice, 5);
    if dice.chance(20) {
        text = dice.mutated(&text, &PIECES);
    }
    let Ok(parsed) = Jsonata::parse(&text, JsonataDialect::Aws) else {
        return false;
    };
    let variables: Map<String, Value> = [("x".to_owned(), dice.json(3)), ("y".to_owned(), dice.json(3))]
        .into_iter()
        .collect();
    let input = dice.json(4);
    let evaluate = || parsed.evaluate(Some(&input), &variables, DateTime::UNIX_EPOCH, &Random::seeded(3));
    let result = evaluate();
    match &result {
        Ok(value) => bounds::check(value.as_ref().unwrap_or(&Value::Null)),
        Err(error) => assert!(!error.to_string().is_empty(), "{text}"),
    }
    assert_eq!(result, evaluate(), "{text} gives the same again");
    true
}

fn expression(dice: &Dice, depth: usize) -> String {
    if depth == 0 {
        return dice.pick(&LEAVES).to_owned();
    }
    let part = || expression(dice, dice.below(depth));
    match dice.below(16) {
        0..=2 => dice.pick(&LEAVES).to_owned(),
        3 | 4 => format!("{} {} {}", part(), dice.pick(&OPERATORS), part()),
        5 => format!("[{}, {}]", part(), part()),
        6 => format!("{{'a': {}, $string({}): {}}}", part(), part(), part()),
        7 => format!("({}; {})", part(), part()),
        8 => format!("($x := {}; {})", part(), part()),
        9 => format!("{} ? {} : {}", part(), part(), part()),
        10 => format!("{}.{}", part(), part()),
        11 => format!("({})[{}]", part(), part()),
        12 => format!("${}({})", dice.pick(&FUNCTIONS), part()),
        13 => format!("${}({}, {})", dice.pick(&FUNCTIONS), part(), part()),
        14 => format!("${}({}, function($v, $i){{ {} }})", dice.pick(&HIGHER), part(), part()),
        _ => format!("{}^(>{}){{'k': {}}}", part(), part(), part()),
    }
}

const LEAVES: [&str; 24] = [
    "1",
    "-2.5",
    "1e300",
    "9007199254740993",
    "'a'",
    "'1'",
    "''",
    "true",
    "null",
    "[]",
    "{}",
    "$",
    "$$",
    "a",
    "b",
    "*",
    "**",
    "%",
    "$x",
    "$y",
    "[1..100]",
    "/a+/i",
    "function($v){ $v }",
    "$nope",
];

const OPERATORS: [&str; 20] = [
    "+", "-", "*", "/", "%", "&", "=", "!=", "<", "<=", ">", ">=", "and", "or", "in", "~>", ":=", "??", "@", "..",
];

const FUNCTIONS: [&str; 36] = [
    "string",
    "length",
    "substring",
    "pad",
    "split",
    "join",
    "replace",
    "match",
    "number",
    "abs",
    "round",
    "power",
    "sqrt",
    "formatNumber",
    "formatInteger",
    "parseInteger",
    "toMillis",
    "fromMillis",
    "sum",
    "max",
    "count",
    "append",
    "sort",
    "reverse",
    "distinct",
    "zip",
    "keys",
    "lookup",
    "spread",
    "merge",
    "type",
    "partition",
    "range",
    "hash",
    "parse",
    "eval",
];

const HIGHER: [&str; 7] = ["map", "filter", "reduce", "sift", "each", "single", "sort"];

const PIECES: [&str; 12] = ["(", ")", "[", "]", "{", "}", "$", "`", "'", "/*", "\u{10ffff}", "~>"];
