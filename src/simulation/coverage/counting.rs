//! Counts the points of a definition that visits covered.

use super::points::{Aspect, way_out};
use crate::definition::StateType;
use crate::execution::{Node, Program};
use crate::simulation::visit::{Visit, VisitEnd};

/// Every point that a visit covered, with its place.
pub(super) fn happened(program: &Program, visits: &[Visit]) -> Vec<(String, Aspect)> {
    let nodes: std::collections::HashMap<&str, &Node> =
        program.nodes().map(|(_, node)| (&*node.pointer, node)).collect();
    let mut happened = Vec::new();
    for visit in visits {
        if let Some(node) = nodes.get(&*visit.pointer) {
            visited(program, node, visit, &mut happened);
        }
    }
    happened
}

fn visited(program: &Program, node: &Node, visit: &Visit, happened: &mut Vec<(String, Aspect)>) {
    let mut at = |place: &str, aspect| happened.push((format!("{}{place}", visit.pointer), aspect));
    at("", Aspect::Entered);
    for rule in &visit.rules {
        let aspect = if rule.is_true { Aspect::IsTrue } else { Aspect::IsFalse };
        at(&format!("/Choices/{}", rule.index), aspect);
    }
    for attempt in &visit.attempts {
        if let Some(retry) = attempt.retry {
            let retrier = format!("/Retry/{}", retry.retrier);
            at(&retrier, Aspect::Retried);
            at(&retrier, Aspect::Retry(retry.number));
        }
        if let Some(retrier) = attempt.exhausted {
            at(&format!("/Retry/{retrier}"), Aspect::Exhausted);
        }
    }
    match &visit.end {
        VisitEnd::Caught { catcher, .. } => {
            at(&format!("/Catch/{catcher}"), Aspect::Caught);
            at(&format!("/Catch/{catcher}/Next"), Aspect::Left);
        }
        VisitEnd::Exited { .. } if visit.state_type == StateType::Choice => {
            match visit.rules.iter().find(|rule| rule.is_true) {
                Some(rule) => at(&format!("/Choices/{}/Next", rule.index), Aspect::Left),
                None => at("/Default", Aspect::Left),
            }
        }
        VisitEnd::Exited { .. } => at(way_out(node), Aspect::Left),
        // The Catcher matched the error but then failed itself, so no transition was taken.
        VisitEnd::CatcherFailed { catcher, .. } => at(&format!("/Catch/{catcher}"), Aspect::Caught),
        VisitEnd::Failed | VisitEnd::Aborted | VisitEnd::Unfinished => {}
    }
    if let (StateType::Map, Some(items)) = (visit.state_type, visit.graphs) {
        let aspect = match items {
            0 => Aspect::NoItem,
            1 => Aspect::OneItem,
            _ => Aspect::ManyItems,
        };
        happened.push((program.graph_pointer(node, 0), aspect));
    }
    for graph in &visit.failed_graphs {
        happened.push((program.graph_pointer(node, *graph), Aspect::Failed));
    }
}
