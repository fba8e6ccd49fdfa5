//! Expressions that are only a path.

use jlens_core::ast::{Attrs, Node, NodeKind, Stage};

/// A variable and the names that follow it: `$states.input.order`.
#[derive(Debug)]
pub(super) struct PlainPath {
    pub(super) variable: String,
    pub(super) names: Vec<String>,
}

/// The expression, if it is only a variable and names.
pub(super) fn plain_path(root: &Node) -> Option<PlainPath> {
    if !is_plain(&root.attrs) {
        return None;
    }
    match &root.kind {
        NodeKind::Variable { name } if !matches!(name.as_str(), "" | "$") => Some(PlainPath {
            variable: name.clone(),
            names: Vec::new(),
        }),
        NodeKind::Path {
            steps,
            keep_singleton_array: false,
        } => {
            let (first, rest) = steps.split_first()?;
            let NodeKind::Variable { name } = &first.kind else {
                return None;
            };
            let is_whole = steps.iter().all(|step| is_plain(&step.attrs)) && !matches!(name.as_str(), "" | "$");
            let names: Vec<String> = names(rest).into_iter().map(str::to_owned).collect();
            (is_whole && names.len() == rest.len()).then(|| PlainPath {
                variable: name.clone(),
                names,
            })
        }
        _ => None,
    }
}

/// The names in the first steps, up to and including the first with something attached.
pub(super) fn names(steps: &[Node]) -> Vec<&str> {
    let mut names = Vec::new();
    for step in steps {
        let NodeKind::Name { name } = &step.kind else { break };
        names.push(name.as_str());
        if !is_plain(&step.attrs) {
            break;
        }
    }
    names
}

/// Whether nothing, such as a predicate, is attached to a node.
pub(super) fn is_plain(attrs: &Attrs) -> bool {
    let Attrs {
        keep_array: false,
        cons_array: false,
        tuple: false,
        focus: None,
        index: None,
        stages,
        predicate,
        group: None,
        ancestor: None,
        ancestor_label: None,
        seeking_parent,
    } = attrs
    else {
        return false;
    };
    stages.is_empty() && predicate.is_empty() && seeking_parent.is_empty()
}

/// The predicates attached to a node.
pub(super) fn predicates(attrs: &Attrs) -> impl Iterator<Item = &Node> {
    let stages = attrs.stages.iter().chain(&attrs.predicate);
    stages.filter_map(|stage| match stage {
        Stage::Filter { expr, .. } => Some(&**expr),
        Stage::Index { .. } => None,
    })
}

/// The keys and values of the groups attached to a node.
pub(super) fn grouping(attrs: &Attrs) -> impl Iterator<Item = &Node> {
    let pairs = attrs.group.iter().flat_map(|group| &group.pairs);
    pairs.flat_map(|(key, value)| [key, value])
}
