//! Matching: which combination of clauses an event meets.

use serde_json::{Map, Value};
use std::collections::HashSet;

use super::comparison::Comparison;
use super::parse::{Clause, Parsed};
use super::path_tree::PathTree;

/// The deepest that an event is looked into. An event that was read from a text is no deeper.
const MAX_DEPTH: usize = 256;

/// The clauses of a pattern with the tree of their paths, and the combinations of which an event is to meet one.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    tree: PathTree,
    /// In the order of the tree.
    clauses: Vec<Clause>,
    combinations: Vec<Combination>,
}

/// A way to meet the pattern.
#[derive(Debug, Clone)]
struct Combination {
    /// By clause: those which the same elements of arrays have to meet.
    together: Vec<bool>,
    /// Further clauses for a path that has one already, as by a `$or` beside it: any element may meet them.
    apart: Vec<usize>,
}

/// What a value has for the wanted clauses.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Found {
    /// Not what they ask for.
    No,
    /// No field for any of them, and they all take that.
    Nothing,
    /// What they ask for, at least one of them by a field.
    Fields,
}

impl Matcher {
    pub(super) fn new(parsed: Parsed) -> Self {
        let (tree, order) = PathTree::of(&parsed.clauses);
        let mut places = vec![0; order.len()];
        for (place, clause) in order.iter().enumerate() {
            if let Some(entry) = places.get_mut(*clause) {
                *entry = place;
            }
        }
        let clauses: Vec<Clause> = order
            .iter()
            .filter_map(|clause| parsed.clauses.get(*clause).cloned())
            .collect();
        let combinations = parsed.combinations.iter().map(|combination| {
            let wanted = combination.iter().filter_map(|clause| places.get(*clause).copied());
            Combination::new(wanted, &clauses)
        });
        Self {
            combinations: combinations.collect(),
            tree,
            clauses,
        }
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        if let [only] = self.combinations.as_slice() {
            return self.meets(only, event);
        }
        // Of many combinations, most need no look of their own once each clause was tested by itself.
        let met: Vec<bool> = (0..self.clauses.len())
            .map(|clause| self.meets_alone(clause, event))
            .collect();
        self.combinations.iter().any(|combination| {
            let hopeful = combination
                .together
                .iter()
                .zip(&met)
                .all(|(wanted, met)| !wanted || *met);
            hopeful && self.meets(combination, event)
        })
    }

    fn meets(&self, combination: &Combination, event: &Value) -> bool {
        self.found(PathTree::ROOT, event, &combination.together, MAX_DEPTH) != Found::No
            && combination.apart.iter().all(|clause| self.meets_alone(*clause, event))
    }

    fn meets_alone(&self, clause: usize, event: &Value) -> bool {
        self.found(PathTree::ROOT, event, &self.only(clause), MAX_DEPTH) != Found::No
    }

    fn only(&self, clause: usize) -> Vec<bool> {
        (0..self.clauses.len()).map(|other| other == clause).collect()
    }

    /// What the value at a node of the tree has for the wanted clauses there and below.
    fn found(&self, node: usize, value: &Value, wanted: &[bool], depth: usize) -> Found {
        match value {
            Value::Object(_) | Value::Array(_) if depth == 0 => Found::No,
            Value::Object(fields) => self.found_in_object(node, fields, wanted, depth - 1),
            Value::Array(items) => self.found_in_array(node, items, wanted, depth - 1),
            leaf => self.found_in_leaf(node, leaf, wanted),
        }
    }

    /// An array has what one of its elements has; an array within an array is a part of it.
    fn found_in_array(&self, node: usize, items: &[Value], wanted: &[bool], depth: usize) -> Found {
        let mut found = self.nothing(node, wanted);
        for item in items {
            match self.found(node, item, wanted, depth) {
                Found::Fields => return Found::Fields,
                Found::No => found = Found::No,
                Found::Nothing => {}
            }
        }
        found
    }

    /// An object has what its fields have together. It is no value itself, so clauses that end here find nothing.
    fn found_in_object(&self, node: usize, fields: &Map<String, Value>, wanted: &[bool], depth: usize) -> Found {
        let children: Vec<(usize, &Value)> = fields
            .iter()
            .filter_map(|(key, value)| Some((self.tree.descend(node, key)?, value)))
            .collect();
        let mut spelled_twice = Vec::new();
        for clause in self.wanted(node, wanted) {
            match children
                .iter()
                .filter(|(child, _)| self.tree.reach(*child).contains(&clause))
                .take(2)
                .count()
            {
                0 if !self.takes_nothing(clause) => return Found::No,
                0 | 1 => {}
                _ => spelled_twice.push(clause),
            }
        }
        if spelled_twice.is_empty() {
            return self.found_in_fields(&children, wanted, depth);
        }
        // `{"a.b": 1, "a": {"b": 2}}` has two values for `a.b`. Which of them would fit best together with others is
        // not searched for: such a clause is met on its own, so that the work does not multiply.
        let mut others = wanted.to_vec();
        let mut found = Found::Nothing;
        for clause in spelled_twice {
            if let Some(wanted) = others.get_mut(clause) {
                *wanted = false;
            }
            let only = self.only(clause);
            let per_field = children
                .iter()
                .filter(|(child, _)| self.tree.reach(*child).contains(&clause));
            let per_field: Vec<Found> = per_field
                .map(|(child, value)| self.found(*child, value, &only, depth))
                .collect();
            if per_field.contains(&Found::Fields) {
                found = Found::Fields;
            } else if per_field.contains(&Found::No) {
                return Found::No;
            }
        }
        match self.found_in_fields(&children, &others, depth) {
            Found::Nothing => found,
            others => others,
        }
    }

    fn found_in_fields(&self, children: &[(usize, &Value)], wanted: &[bool], depth: usize) -> Found {
        let mut found = Found::Nothing;
        for (child, value) in children {
            match self.found(*child, value, wanted, depth) {
                Found::No => return Found::No,
                Found::Fields => found = Found::Fields,
                Found::Nothing => {}
            }
        }
        found
    }

    fn found_in_leaf(&self, node: usize, leaf: &Value, wanted: &[bool]) -> Found {
        let own = self.tree.own(node);
        let mut found = Found::Nothing;
        for clause in self.wanted(node, wanted) {
            if own.contains(&clause) {
                let alternatives = self.alternatives(clause);
                if !alternatives.iter().any(|alternative| alternative.matches(leaf)) {
                    return Found::No;
                }
                found = Found::Fields;
            } else if !self.takes_nothing(clause) {
                return Found::No;
            }
        }
        found
    }

    fn nothing(&self, node: usize, wanted: &[bool]) -> Found {
        if self.wanted(node, wanted).all(|clause| self.takes_nothing(clause)) {
            Found::Nothing
        } else {
            Found::No
        }
    }

    fn wanted<'a>(&self, node: usize, wanted: &'a [bool]) -> impl Iterator<Item = usize> + use<'a> {
        self.tree
            .reach(node)
            .filter(|clause| wanted.get(*clause).copied().unwrap_or_default())
    }

    fn takes_nothing(&self, clause: usize) -> bool {
        self.alternatives(clause).contains(&Comparison::Absent)
    }

    fn alternatives(&self, clause: usize) -> &[Comparison] {
        self.clauses
            .get(clause)
            .map_or(&[], |clause| clause.alternatives.as_slice())
    }
}

impl Combination {
    fn new(wanted: impl Iterator<Item = usize>, clauses: &[Clause]) -> Self {
        let mut together = vec![false; clauses.len()];
        let mut apart = Vec::new();
        let mut paths = HashSet::new();
        for clause in wanted {
            let (Some(entry), Some(Clause { path, .. })) = (together.get_mut(clause), clauses.get(clause)) else {
                continue;
            };
            if paths.insert(path.as_str()) {
                *entry = true;
            } else {
                apart.push(clause);
            }
        }
        Self { together, apart }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use serde_json::json;

    fn matches(pattern: &Value, event: &Value) -> bool {
        Matcher::new(parse(pattern).unwrap()).matches(event)
    }

    #[test]
    fn an_array_matches_by_any_element() {
        let pattern = json!({ "tags": ["a", { "prefix": "x" }] });
        assert!(matches(&pattern, &json!({ "tags": ["b", "xy"] })));
        assert!(matches(&pattern, &json!({ "tags": [["b", ["a"]]] })));
        assert!(!matches(&pattern, &json!({ "tags": ["b"] })));
        assert!(!matches(&json!({ "tags": [null] }), &json!({ "tags": [] })));
    }

    #[test]
    fn keys_below_an_array_are_met_by_one_element() {
        let pattern = json!({ "items": { "id": [1], "state": ["open"] } });
        assert!(matches(
            &pattern,
            &json!({ "items": [{ "id": 2 }, { "id": 1, "state": "open" }] })
        ));
        assert!(!matches(
            &pattern,
            &json!({ "items": [{ "id": 1, "state": "shut" }, { "id": 2, "state": "open" }] })
        ));
    }

    #[test]
    fn exists_looks_at_leaves_only() {
        let exists = json!({ "a": { "b": [{ "exists": true }] } });
        assert!(matches(&exists, &json!({ "a": { "b": null } })));
        assert!(matches(&exists, &json!({ "a": [{ "c": 1 }, { "b": 1 }] })));
        assert!(!matches(&exists, &json!({ "a": { "b": { "c": 1 } } })));
        assert!(!matches(&exists, &json!({ "a": { "b": [] } })));
    }

    #[test]
    fn absence_is_of_the_whole_array_unless_another_key_picks_an_element() {
        let absent = json!({ "a": { "b": [{ "exists": false }] } });
        assert!(matches(&absent, &json!({})));
        assert!(matches(&absent, &json!({ "a": "text" })));
        assert!(matches(&absent, &json!({ "a": [{ "c": 1 }] })));
        assert!(!matches(&absent, &json!({ "a": [{ "c": 1 }, { "b": 1 }] })));
        let with_another = json!({ "a": { "b": [{ "exists": false }], "c": [1] } });
        assert!(matches(&with_another, &json!({ "a": [{ "c": 1 }, { "b": 1 }] })));
    }

    #[test]
    fn a_missing_field_meets_only_absence() {
        let pattern = json!({ "a": [{ "anything-but": "x" }] });
        assert!(!matches(&pattern, &json!({})));
        assert!(matches(
            &json!({ "a": [{ "anything-but": "x" }, { "exists": false }] }),
            &json!({})
        ));
    }

    #[test]
    fn dotted_keys_are_nested_keys() {
        let nested = json!({ "a": { "b": { "c": [1] } } });
        assert!(matches(&nested, &json!({ "a.b": { "c": 1 } })));
        assert!(matches(&nested, &json!({ "a": { "b.c": 1 } })));
        assert!(matches(&json!({ "a.b.c": [1] }), &json!({ "a": { "b": { "c": 1 } } })));
        assert!(matches(&nested, &json!({ "a": { "b": { "c": 2 } }, "a.b.c": 1 })));
        assert!(!matches(&nested, &json!({ "a": { "b": { "c": 2 } }, "a.b.c": 3 })));
    }

    #[test]
    fn or_is_beside_its_siblings() {
        let pattern = json!({ "s": ["x"], "$or": [{ "a": [1] }, { "b": { "$or": [{ "c": [2] }, { "d": [3] }] } }] });
        assert!(matches(&pattern, &json!({ "s": "x", "a": 1 })));
        assert!(matches(&pattern, &json!({ "s": "x", "b": { "d": 3 } })));
        assert!(!matches(&pattern, &json!({ "s": "x", "b": { "c": 3 } })));
        assert!(!matches(&pattern, &json!({ "s": "y", "a": 1 })));
    }

    #[test]
    fn a_path_asked_for_twice_may_be_met_by_two_elements() {
        let pattern = json!({ "t": ["a"], "$or": [{ "t": ["b"] }, { "u": [1] }] });
        assert!(matches(&pattern, &json!({ "t": ["a", "b"] })));
        assert!(!matches(&pattern, &json!({ "t": ["a", "c"] })));
    }

    #[test]
    fn an_event_of_any_depth_is_safe() {
        let mut value = json!("x");
        for _ in 0..2000 {
            value = Value::Array(vec![value]);
        }
        let event = Value::Object([("a".to_owned(), value)].into_iter().collect());
        assert!(!matches(&json!({ "a": ["x"] }), &event));
    }
}
