//! Seeded choices, and mutations made of them.

use asl_engine::data::Random;
use serde_json::{Map, Value, json};

/// Dice that fall the same way for the same seed.
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(Random::seeded(seed))
    }

    /// A number from 0 up to, and without, `n`.
    pub(crate) fn below(&self, n: usize) -> usize {
        usize::try_from(self.0.below(n as u64)).unwrap()
    }

    /// True in so many of a hundred rolls.
    pub(crate) fn chance(&self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn pick<'t, T: ?Sized>(&self, things: &[&'t T]) -> &'t T {
        things[self.below(things.len())]
    }

    /// Up to so many pieces, one after another.
    pub(crate) fn text(&self, pieces: &[&str], most: usize) -> String {
        (0..self.below(most + 1)).map(|_| self.pick(pieces)).collect()
    }

    /// The text with some of it cut out, doubled, or replaced by pieces.
    pub(crate) fn mutated(&self, text: &str, pieces: &[&str]) -> String {
        let mut characters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(4) {
            let start = self.below(characters.len() + 1);
            let end = (start + self.below(12)).min(characters.len());
            let new: Vec<char> = match self.below(4) {
                0 => Vec::new(),
                1 => characters[start..end].repeat(2),
                _ => self.pick(pieces).chars().collect(),
            };
            characters.splice(start..end, new);
        }
        characters.into_iter().collect()
    }

    /// Any JSON, not deep.
    pub(crate) fn json(&self, depth: usize) -> Value {
        let kinds = if depth == 0 { 12 } else { 16 };
        match self.below(kinds) {
            0 => Value::Null,
            1 => json!(self.chance(50)),
            2 => json!(self.below(4)),
            3 => json!(self.pick(&[&i64::MIN, &i64::MAX, &-1, &2_147_483_648, &99_999_999])),
            4 => json!(u64::MAX),
            5 => json!(self.pick(&[&0.5, &-0.0, &1e308, &-1.5, &1e19, &5e-324])),
            6..=10 => json!(self.pick(&WORDS)),
            11 => json!("é🍕".repeat(self.below(40))),
            12 | 13 => (0..self.below(4)).map(|_| self.json(depth - 1)).collect(),
            _ => (0..self.below(4))
                .map(|_| {
                    (
                        self.pick(&["a", "b", "c", "items", "Error"]).to_owned(),
                        self.json(depth - 1),
                    )
                })
                .collect(),
        }
    }

    /// Changes one value somewhere inside; `new` makes what comes there from the member's name.
    pub(crate) fn mutate(&self, value: &mut Value, new: &dyn Fn(&Self, &str) -> Value) {
        let mut name = String::new();
        let mut place = value;
        while len(place) > 0 && self.chance(85) {
            let index = self.below(len(place));
            place = match place {
                Value::Array(items) => &mut items[index],
                Value::Object(members) => {
                    let (key, member) = members.iter_mut().nth(index).unwrap();
                    name.clone_from(key);
                    member
                }
                _ => return,
            };
        }
        self.change(place, &name, new);
    }

    fn change(&self, place: &mut Value, name: &str, new: &dyn Fn(&Self, &str) -> Value) {
        let count = len(place);
        match (place, self.below(4)) {
            (Value::Array(items), 0) if count > 0 => drop(items.remove(self.below(count))),
            (Value::Array(items), 1) if count > 0 => items.push(items[self.below(count)].clone()),
            (Value::Object(members), 0) if count > 0 => drop(self.take(members)),
            (Value::Object(members), 1) if count > 0 => {
                let (key, value) = self.take(members);
                members.insert(self.mutated(&key, &WORDS), value);
            }
            (place, _) => *place = new(self, name),
        }
    }

    fn take(&self, members: &mut Map<String, Value>) -> (String, Value) {
        let key = members.keys().nth(self.below(members.len())).unwrap().clone();
        let value = members.remove(&key).unwrap();
        (key, value)
    }
}

fn len(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.len(),
        Value::Object(members) => members.len(),
        _ => 0,
    }
}

/// Texts that mean something somewhere.
const WORDS: [&str; 24] = [
    "",
    "a",
    "b",
    "$",
    "$.a",
    "$$",
    "$$.Execution.Input",
    "States.ALL",
    "States.Runtime",
    "States.Timeout",
    "2026-08-14T18:30:00Z",
    "+262142-12-31T23:59:59Z",
    "9999-12-31T23:59:60.999999999+23:59",
    "-1",
    "1e999",
    "A",
    "x.$",
    ".$",
    "null",
    "\u{0}",
    "\u{feff}",
    "\u{10ffff}",
    "Pass",
    "States.UUID()",
];
