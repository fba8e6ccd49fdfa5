//! The paths of a pattern's clauses as a tree of keys.

use std::collections::HashMap;
use std::ops::Range;

use super::parse::Clause;

/// A tree of keys in which each clause stands at the end of its path.
#[derive(Debug, Clone)]
pub(super) struct PathTree {
    nodes: Vec<Node>,
}

#[derive(Debug, Clone, Default)]
struct Node {
    children: HashMap<String, usize>,
    own: Range<usize>,
    reach: Range<usize>,
}

impl PathTree {
    pub(super) const ROOT: usize = 0;

    /// The tree of some clauses, and the order which it gives them: all below a node are then a range.
    pub(super) fn of(clauses: &[Clause]) -> (Self, Vec<usize>) {
        let mut tree = Self {
            nodes: vec![Node::default()],
        };
        let mut ends: HashMap<usize, Vec<usize>> = HashMap::new();
        for (index, clause) in clauses.iter().enumerate() {
            ends.entry(tree.insert(&clause.path)).or_default().push(index);
        }
        let mut order = Vec::new();
        // Not by recursion: a path of one-letter keys makes the tree as deep as the pattern is long.
        let mut open = vec![Visit::Enter(Self::ROOT)];
        while let Some(visit) = open.pop() {
            match visit {
                Visit::Enter(index) => {
                    let start = order.len();
                    order.extend(ends.remove(&index).unwrap_or_default());
                    open.push(Visit::Leave(index));
                    if let Some(node) = tree.nodes.get_mut(index) {
                        node.own = start..order.len();
                        open.extend(node.children.values().copied().map(Visit::Enter));
                    }
                }
                Visit::Leave(index) => {
                    if let Some(node) = tree.nodes.get_mut(index) {
                        node.reach = node.own.start..order.len();
                    }
                }
            }
        }
        (tree, order)
    }

    /// The clauses whose path ends at a node.
    pub(super) fn own(&self, node: usize) -> Range<usize> {
        self.nodes.get(node).map(|node| node.own.clone()).unwrap_or_default()
    }

    /// The clauses whose path ends at a node or below it.
    pub(super) fn reach(&self, node: usize) -> Range<usize> {
        self.nodes.get(node).map(|node| node.reach.clone()).unwrap_or_default()
    }

    /// The node that a key of an event leads to; the dots in a key are levels like others.
    pub(super) fn descend(&self, node: usize, key: &str) -> Option<usize> {
        key.split('.')
            .try_fold(node, |node, part| self.nodes.get(node)?.children.get(part).copied())
    }

    fn insert(&mut self, path: &str) -> usize {
        let mut at = Self::ROOT;
        for part in path.split('.') {
            let new = self.nodes.len();
            let Some(node) = self.nodes.get_mut(at) else {
                break;
            };
            at = *node.children.entry(part.to_owned()).or_insert(new);
            if at == new {
                self.nodes.push(Node::default());
            }
        }
        at
    }
}

enum Visit {
    Enter(usize),
    Leave(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clauses_below_a_node_are_a_range() {
        let clause = |path: &str| Clause {
            path: path.to_owned(),
            alternatives: Vec::new(),
        };
        let clauses = ["a.b", "c", "a", "a.b.d"].map(clause);
        let (tree, order) = PathTree::of(&clauses);
        let below_a: Vec<usize> = tree
            .reach(tree.descend(PathTree::ROOT, "a").unwrap())
            .map(|at| order[at])
            .collect();
        assert_eq!(below_a, [2, 0, 3]);
        let node = tree.descend(PathTree::ROOT, "a.b").unwrap();
        assert_eq!(tree.own(node).len(), 1);
        assert_eq!(tree.reach(node).len(), 2);
        assert_eq!(tree.descend(PathTree::ROOT, "x"), None);
    }
}
