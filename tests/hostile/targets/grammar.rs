//! Random texts of the languages that definitions hold, most of them well formed.

use serde_json::{Value, json};

use super::Dice;

const SEGMENTS: [&str; 34] = [
    ".a",
    ".b",
    ".a.b",
    ".items",
    "['a']",
    "['a','b']",
    "[0]",
    "[-1]",
    "[0,1]",
    "[1:]",
    "[:2]",
    "[-2:]",
    "[0:99]",
    "[*]",
    ".*",
    "..a",
    "..*",
    "..[0]",
    "..['a','b']",
    "[?(@.a)]",
    "[?(!@.b)]",
    "[?(@.a == 1)]",
    "[?(@.a != $.b || @.c < 'x' && @.a)]",
    "[?(@ =~ /a.*/i)]",
    "[?(@.a =~ /(a|b)*c{2,9}$/)]",
    "..[?(@.a)]",
    "[(@.length-1)]",
    "[(@.size()-2)]",
    ".é🍕",
    r".a\.b",
    "[2147483647]",
    "[-2147483648:2147483647]",
    ".Execution.Input",
    ".Map.Item.Value",
];

/// Pieces that a mutation of a path or call puts somewhere.
pub(crate) const PIECES: [&str; 30] = [
    "$",
    "$$",
    "$v",
    ".",
    "..",
    "[",
    "]",
    "*",
    "[?(",
    ")]",
    "@",
    "'",
    "\"",
    "\\",
    ",",
    ":",
    "(",
    ")",
    "==",
    "=~ /",
    "&&",
    "!",
    " ",
    "1",
    "-9223372036854775809",
    "1e309",
    "null",
    "{}",
    "é",
    "\u{0}",
];

pub(crate) fn path(dice: &Dice) -> String {
    let path = dice.pick(&["$", "$", "$", "$", "$$", "$v"]).to_owned() + &dice.text(&SEGMENTS, 6);
    if dice.chance(25) {
        dice.mutated(&path, &PIECES)
    } else {
        path
    }
}

const FUNCTIONS: [&str; 18] = [
    "Array",
    "ArrayContains",
    "ArrayGetItem",
    "ArrayLength",
    "ArrayPartition",
    "ArrayRange",
    "ArrayUnique",
    "Base64Decode",
    "Base64Encode",
    "Format",
    "Hash",
    "JsonMerge",
    "JsonToString",
    "MathAdd",
    "MathRandom",
    "StringSplit",
    "StringToJson",
    "UUID",
];

const ARGUMENTS: [&str; 20] = [
    "0",
    "1",
    "-1",
    "2.5",
    "2147483647",
    "-9223372036854775808",
    "1e308",
    "null",
    "true",
    "false",
    "''",
    "'a,b'",
    "','",
    "'{}'",
    r"'\{{}\}'",
    "'MD5'",
    "'SHA-512'",
    "'[1, {\"a\": 1e400}'",
    "'é🍕{}'",
    "'{\"a\": [1, \"x\"]}'",
];

pub(crate) fn call(dice: &Dice, depth: usize) -> String {
    let arguments: Vec<String> = (0..dice.below(4))
        .map(|_| match dice.below(if depth == 0 { 2 } else { 3 }) {
            0 => path(dice),
            1 => dice.pick(&ARGUMENTS).to_owned(),
            _ => call(dice, depth - 1),
        })
        .collect();
    let call = format!("States.{}({})", dice.pick(&FUNCTIONS), arguments.join(", "));
    if dice.chance(10) {
        dice.mutated(&call, &PIECES)
    } else {
        call
    }
}

pub(crate) fn expression(dice: &Dice) -> String {
    if dice.chance(50) { path(dice) } else { call(dice, 3) }
}

/// A payload template, or something that looks like one.
pub(crate) fn template(dice: &Dice, depth: usize) -> Value {
    let mut members = serde_json::Map::new();
    for _ in 0..dice.below(5) {
        let name = dice.pick(&["a", "b", "c", "d", "", "é"]);
        match dice.below(4) {
            0 => members.insert(name.to_owned(), dice.json(2)),
            1 if depth > 0 => members.insert(name.to_owned(), template(dice, depth - 1)),
            2 if depth > 0 => members.insert(name.to_owned(), json!([template(dice, depth - 1), "$.a"])),
            _ => members.insert(format!("{name}.$"), expression(dice).into()),
        };
    }
    Value::Object(members)
}
