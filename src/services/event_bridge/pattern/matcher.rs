//! Matching: which combination of clauses an event meets.

use serde_json::{Map, Value};
use std::collections::HashSet;

use super::bits::Bits;
use super::comparison::Comparison;
use super::parse::{Clause, Parsed};
use super::path_tree::PathTree;

/// The greatest depth examined in an event. An event parsed from a text is no deeper.
const MAX_DEPTH: usize = 256;

/// The clauses of a pattern with the tree of their paths, and the combinations; an event must meet one of them.
#[derive(Debug, Clone)]
pub(super) struct Matcher {
    tree: PathTree,
    /// In the order of the tree.
    clauses: Vec<Clause>,
    combinations: usize,
    /// By clause: the combinations that ask for it together with others, to be met by the same elements of arrays.
    together: Vec<Bits>,
    /// Combination and clause: those for a path which the combination has already, as by a `$or` beside it. Any
    /// element may meet them.
    apart: Vec<(usize, usize)>,
}

/// The result of matching a value, by combination. Combinations in neither set have no field in it, which is fine.
struct Found {
    /// The combinations that ask for something else.
    refused: Bits,
    /// The combinations that get what they ask for, at least one field of it.
    met: Bits,
}

impl Matcher {
    pub(super) fn new(parsed: &Parsed) -> Self {
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
        let mut matcher = Self {
            tree,
            together: vec![Bits::none(parsed.combinations.len()); clauses.len()],
            combinations: parsed.combinations.len(),
            clauses,
            apart: Vec::new(),
        };
        for (combination, clauses) in parsed.combinations.iter().enumerate() {
            matcher.add_combination(
                combination,
                clauses.iter().filter_map(|clause| places.get(*clause).copied()),
            );
        }
        matcher
    }

    fn add_combination(&mut self, combination: usize, clauses: impl Iterator<Item = usize>) {
        let mut paths = HashSet::new();
        for clause in clauses {
            let (Some(bits), Some(Clause { path, .. })) = (self.together.get_mut(clause), self.clauses.get(clause))
            else {
                continue;
            };
            if paths.insert(path.as_str()) {
                bits.insert(combination);
            } else {
                self.apart.push((combination, clause));
            }
        }
    }

    pub(super) fn matches(&self, event: &Value) -> bool {
        let walk = Walk {
            matcher: self,
            combinations: self.combinations,
            asking: &self.together,
        };
        let mut refused = walk
            .found(PathTree::ROOT, event, &vec![true; self.clauses.len()], MAX_DEPTH)
            .refused;
        for (combination, clause) in &self.apart {
            if !refused.contains(*combination) && !self.meets_alone(*clause, event) {
                refused.insert(*combination);
            }
        }
        (0..self.combinations).any(|combination| !refused.contains(combination))
    }

    fn meets_alone(&self, clause: usize, event: &Value) -> bool {
        let mut asking = vec![Bits::none(1); self.clauses.len()];
        if let Some(bits) = asking.get_mut(clause) {
            bits.insert(0);
        }
        let walk = Walk {
            matcher: self,
            combinations: 1,
            asking: &asking,
        };
        !walk
            .found(PathTree::ROOT, event, &self.only(clause), MAX_DEPTH)
            .refused
            .contains(0)
    }

    fn only(&self, clause: usize) -> Vec<bool> {
        (0..self.clauses.len()).map(|other| other == clause).collect()
    }

    fn alternatives(&self, clause: usize) -> &[Comparison] {
        self.clauses
            .get(clause)
            .map_or(&[], |clause| clause.alternatives.as_slice())
    }

    fn takes_nothing(&self, clause: usize) -> bool {
        self.alternatives(clause).contains(&Comparison::Absent)
    }
}

/// One walk through an event, for all combinations at once: that keeps the work far from their product.
struct Walk<'a> {
    matcher: &'a Matcher,
    combinations: usize,
    /// By clause: the combinations that ask for it.
    asking: &'a [Bits],
}

impl Walk<'_> {
    /// Matches the value at a node of the tree against the wanted clauses there and below.
    fn found(&self, node: usize, value: &Value, wanted: &[bool], depth: usize) -> Found {
        match value {
            Value::Object(_) | Value::Array(_) if depth == 0 => {
                let mut found = self.nothing();
                self.wanted(node, wanted)
                    .for_each(|clause| self.refuse(&mut found, clause));
                found
            }
            Value::Object(fields) => self.found_in_object(node, fields, wanted, depth - 1),
            Value::Array(items) => self.found_in_array(node, items, wanted, depth - 1),
            leaf => self.found_in_leaf(node, leaf, wanted),
        }
    }

    /// An array has what one of its elements has; an array within an array is a part of it.
    fn found_in_array(&self, node: usize, items: &[Value], wanted: &[bool], depth: usize) -> Found {
        let mut found = self.nothing();
        for clause in self
            .wanted(node, wanted)
            .filter(|clause| !self.matcher.takes_nothing(*clause))
        {
            self.refuse(&mut found, clause);
        }
        for item in items {
            let item = self.found(node, item, wanted, depth);
            found.refused.add(&item.refused);
            found.met.add(&item.met);
        }
        found.refused.remove(&found.met);
        found
    }

    /// An object has what its fields have together. It is no value itself, so clauses that end here find nothing.
    fn found_in_object(&self, node: usize, fields: &Map<String, Value>, wanted: &[bool], depth: usize) -> Found {
        let tree = &self.matcher.tree;
        let children = fields
            .iter()
            .filter_map(|(key, value)| Some((tree.descend(node, key)?, value)));
        let children: Vec<(usize, &Value)> = children.collect();
        let mut found = self.nothing();
        let mut spelled_twice = Vec::new();
        for clause in self.wanted(node, wanted) {
            match children
                .iter()
                .filter(|(child, _)| tree.reach(*child).contains(&clause))
                .take(2)
                .count()
            {
                0 if self.matcher.takes_nothing(clause) => {}
                0 => self.refuse(&mut found, clause),
                1 => {}
                _ => spelled_twice.push(clause),
            }
        }
        if spelled_twice.is_empty() {
            self.add_children(&mut found, &children, wanted, depth);
            return found;
        }
        // `{"a.b": 1, "a": {"b": 2}}` has two values for `a.b`. Which of them would fit best together with others is
        // not searched for: such a clause is met on its own, so that the work does not multiply.
        let mut others = wanted.to_vec();
        for clause in spelled_twice {
            if let Some(wanted) = others.get_mut(clause) {
                *wanted = false;
            }
            let only = self.matcher.only(clause);
            let mut any = self.nothing();
            for (child, value) in children
                .iter()
                .filter(|(child, _)| tree.reach(*child).contains(&clause))
            {
                let child = self.found(*child, value, &only, depth);
                any.refused.add(&child.refused);
                any.met.add(&child.met);
            }
            any.refused.remove(&any.met);
            found.add(&any);
        }
        self.add_children(&mut found, &children, &others, depth);
        found
    }

    fn add_children(&self, found: &mut Found, children: &[(usize, &Value)], wanted: &[bool], depth: usize) {
        for (child, value) in children {
            found.add(&self.found(*child, value, wanted, depth));
        }
    }

    fn found_in_leaf(&self, node: usize, leaf: &Value, wanted: &[bool]) -> Found {
        let own = self.matcher.tree.own(node);
        let mut found = self.nothing();
        for clause in self.wanted(node, wanted) {
            if !own.contains(&clause) {
                if !self.matcher.takes_nothing(clause) {
                    self.refuse(&mut found, clause);
                }
            } else if self
                .matcher
                .alternatives(clause)
                .iter()
                .any(|alternative| alternative.matches(leaf))
            {
                self.meet(&mut found, clause);
            } else {
                self.refuse(&mut found, clause);
            }
        }
        found.met.remove(&found.refused);
        found
    }

    fn meet(&self, found: &mut Found, clause: usize) {
        if let Some(asking) = self.asking.get(clause) {
            found.met.add(asking);
        }
    }

    fn refuse(&self, found: &mut Found, clause: usize) {
        if let Some(asking) = self.asking.get(clause) {
            found.refused.add(asking);
        }
    }

    fn nothing(&self) -> Found {
        Found {
            refused: Bits::none(self.combinations),
            met: Bits::none(self.combinations),
        }
    }

    fn wanted<'a>(&self, node: usize, wanted: &'a [bool]) -> impl Iterator<Item = usize> + use<'a> {
        self.matcher
            .tree
            .reach(node)
            .filter(|clause| wanted.get(*clause).copied().unwrap_or_default())
    }
}

impl Found {
    /// Adds the result of another field of the same object.
    fn add(&mut self, other: &Self) {
        self.refused.add(&other.refused);
        self.met.add(&other.met);
        self.met.remove(&self.refused);
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;
    use serde_json::json;

    fn matches(pattern: &Value, event: &Value) -> bool {
        Matcher::new(&parse(pattern).unwrap()).matches(event)
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
