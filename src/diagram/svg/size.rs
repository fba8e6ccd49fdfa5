//! Estimates the work of a layout, so that a layout that would take too long is refused before it starts.

use super::super::Graph;

/// The most layers that the transitions of one graph may cross in total: the layout makes a node for each crossing and
/// takes seconds for so many.
pub(super) const MAX_CROSSINGS: usize = 8_000;

/// The largest number of crossed layers of any graph, nested ones included.
pub(super) fn crossings(graph: &Graph) -> usize {
    let inside = graph.nodes.iter().flat_map(|node| &node.inside).map(crossings);
    inside.max().unwrap_or(0).max(own_crossings(graph))
}

fn own_crossings(graph: &Graph) -> usize {
    let layers = layers(graph);
    let last = layers.iter().copied().max().unwrap_or(0) + 1;
    let layer = |index: usize| layers.get(index).copied().unwrap_or(0);
    let crossed = graph.edges.iter().map(|edge| {
        let to = edge.to.map_or(last, layer);
        layer(edge.from).abs_diff(to)
    });
    crossed.sum()
}

/// The layer of each state: one below its lowest predecessor, ignoring transitions that lead back.
fn layers(graph: &Graph) -> Vec<usize> {
    let mut targets: Vec<Vec<usize>> = vec![Vec::new(); graph.nodes.len()];
    for edge in &graph.edges {
        if let (Some(to), Some(targets)) = (edge.to, targets.get_mut(edge.from)) {
            targets.push(to);
        }
    }
    let order = downwards(&targets, graph.start);
    let mut position = vec![usize::MAX; graph.nodes.len()];
    for (i, state) in order.iter().enumerate() {
        if let Some(position) = position.get_mut(*state) {
            *position = i;
        }
    }
    let place = |state: usize| position.get(state).copied().unwrap_or(usize::MAX);
    let mut layers = vec![0_usize; graph.nodes.len()];
    for state in &order {
        let own = layers.get(*state).copied().unwrap_or(0);
        for target in targets.get(*state).into_iter().flatten() {
            // A transition to a state that comes earlier leads back.
            if place(*target) > place(*state)
                && let Some(layer) = layers.get_mut(*target)
            {
                *layer = (*layer).max(own + 1);
            }
        }
    }
    layers
}

/// The states in topological order, ignoring transitions that lead back. Without recursion, since a chain may be long.
fn downwards(targets: &[Vec<usize>], start: Option<usize>) -> Vec<usize> {
    let mut is_seen = vec![false; targets.len()];
    let mut finished = Vec::with_capacity(targets.len());
    for root in start.into_iter().chain(0..targets.len()) {
        let mut stack = vec![(root, 0)];
        while let Some((state, next)) = stack.pop() {
            if next == 0 {
                match is_seen.get_mut(state) {
                    Some(seen) if !*seen => *seen = true,
                    _ => continue,
                }
            }
            match targets.get(state).and_then(|targets| targets.get(next)) {
                Some(target) => {
                    stack.push((state, next + 1));
                    stack.push((*target, 0));
                }
                None => finished.push(state),
            }
        }
    }
    finished.reverse();
    finished
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagram::Diagram;
    use serde_json::{Value, json};

    fn of(states: &Value) -> usize {
        crossings(&Diagram::of_definition(&json!({ "StartAt": "A", "States": states })).graph)
    }

    #[test]
    fn long_transitions_count_by_their_layers() {
        let chain = json!({ "A": { "Type": "Pass", "Next": "B" }, "B": { "Type": "Pass", "Next": "C" },
            "C": { "Type": "Pass", "Next": "A" } });
        assert_eq!(of(&chain), 1 + 1 + 2);
        let skipping = json!({ "A": { "Type": "Choice", "Choices": [{ "Next": "C" }], "Default": "B" },
            "B": { "Type": "Pass", "Next": "C" }, "C": { "Type": "Succeed" } });
        assert_eq!(of(&skipping), 2 + 1 + 1 + 1);
    }
}
