//! Finds for each node of a syntax tree how its value is used, and so what making and using it costs.

use jlens_core::ast::{Ast, BinaryOp, FallbackOp, Node, NodeKind, Span};
use jlens_core::stack;

use super::analysis::is_built_in;
use super::functions::takes_context;
use super::natives::{Gives, MAKING, Used, native, pattern_argument};
use super::plain_path::{grouping, predicates};

/// The roles of an expression's nodes.
#[derive(Clone, Debug)]
pub(super) struct Roles {
    /// Indexed by node id, with the node's span, since nodes of the engine's own trees have the same ids.
    nodes: Vec<(Span, Role)>,
}

/// How the value of a node is made and used.
#[derive(Clone, Copy, Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts about one node, each with its own meaning"
)]
pub(super) struct Role {
    pub(super) made: Made,
    /// The looks that making each byte of a text takes.
    pub(super) making: u16,
    pub(super) used: Used,
    /// How the node uses its context.
    pub(super) context: Used,
    /// Whether regular expressions search the value.
    pub(super) is_matched: bool,
    /// Whether regular expressions search the context.
    pub(super) matches_context: bool,
    /// Whether a call makes a value of the same size from it, unseen by the meter.
    pub(super) is_remade: bool,
    /// Whether a partial application keeps the value, and looks at it in each call.
    pub(super) is_kept: bool,
    /// Whether the value goes to a call that looks at all kept values.
    pub(super) uses_kept: bool,
}

/// The kind of value that evaluating a node makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Made {
    /// Nothing: it passes on an existing value
    Nothing,
    /// Arrays of existing values
    Sequences,
    /// Arrays and objects of existing values, or texts
    Values,
    /// Values that are entirely new, texts included
    Copies,
}

/// The prefix of the name that the rewritten text gives a partial application of a built-in function.
pub(super) const PARTIAL: &str = "__p_";

/// The name that the rewritten text gives a regular expression.
pub(super) const PATTERN: &str = "__re";

impl Role {
    const UNKNOWN: Self = Self {
        made: Made::Values,
        making: MAKING,
        used: Used::PRINTED,
        context: Used::NOT,
        is_matched: true,
        matches_context: false,
        is_remade: false,
        is_kept: false,
        uses_kept: false,
    };

    const PASSED_ON: Self = Self {
        made: Made::Nothing,
        used: Used::NOT,
        is_matched: false,
        ..Self::UNKNOWN
    };
}

impl Roles {
    pub(super) fn of(ast: &Ast) -> Self {
        let mut roles = Self { nodes: Vec::new() };
        roles.visit(&ast.root, Role::PASSED_ON);
        roles
    }

    /// The role of a node; the most expensive one if the node is from another tree.
    pub(super) fn role(&self, node: &Node) -> Role {
        match self.nodes.get(index(node)) {
            Some((span, role)) if *span == node.span => *role,
            _ => Role::UNKNOWN,
        }
    }

    fn visit(&mut self, node: &Node, role: Role) {
        stack::grow(|| {
            let mut role = Role {
                made: made(node),
                making: called(node).map_or(MAKING, |name| native(name).made),
                ..role
            };
            match &node.kind {
                // Names reach through arrays in arrays.
                NodeKind::Name { .. } | NodeKind::Wildcard | NodeKind::Descendant => role.context = Used::JUDGED,
                NodeKind::Function { procedure, args } => {
                    let name = function_name(procedure).unwrap_or_default();
                    if takes_context(name, args.len()) {
                        role.context = native(name).used;
                        role.matches_context = pattern_argument(name).is_some();
                    }
                }
                _ => {}
            }
            let index = index(node);
            if self.nodes.len() <= index {
                self.nodes.resize(index + 1, (Span::default(), Role::UNKNOWN));
            }
            if let Some(known) = self.nodes.get_mut(index) {
                *known = (node.span, role);
            }
            self.children(node);
            predicates(&node.attrs).for_each(|predicate| self.used(predicate, Used::JUDGED));
            grouping(&node.attrs).for_each(|part| self.used(part, Used::PLACED));
        });
    }

    fn used(&mut self, node: &Node, used: Used) {
        self.visit(
            node,
            Role {
                used,
                ..Role::PASSED_ON
            },
        );
    }

    fn children(&mut self, node: &Node) {
        match &node.kind {
            NodeKind::Path { steps, .. } => {
                for (index, step) in steps.iter().enumerate() {
                    let is_placed = index > 0 && !matches!(step.kind, NodeKind::Name { .. } | NodeKind::Wildcard);
                    self.used(step, if is_placed { Used::PLACED } else { Used::NOT });
                }
            }
            NodeKind::Binary { op, lhs, rhs } => {
                let used = match op {
                    BinaryOp::And | BinaryOp::Or => Used::JUDGED,
                    BinaryOp::Concat => Used::PRINTED,
                    // `Tracer::operands` charges for comparisons.
                    _ => Used::NOT,
                };
                self.used(lhs, used);
                self.used(rhs, used);
            }
            NodeKind::Fallback { op, lhs, rhs } => {
                let is_judged = matches!(op, FallbackOp::Default);
                self.used(lhs, if is_judged { Used::JUDGED } else { Used::NOT });
                self.used(rhs, Used::NOT);
            }
            NodeKind::Condition {
                condition,
                then,
                otherwise,
            } => {
                self.used(condition, Used::JUDGED);
                self.used(then, Used::NOT);
                if let Some(otherwise) = otherwise {
                    self.used(otherwise, Used::NOT);
                }
            }
            NodeKind::Apply { lhs, rhs } => self.apply(lhs, rhs),
            NodeKind::Function { procedure, args } => self.call(procedure, None, args, false),
            NodeKind::Partial { procedure, args } => {
                self.used(procedure, Used::NOT);
                for argument in args {
                    let role = Role {
                        is_kept: true,
                        used: function_name(procedure).map_or(Used::NOT, |name| native(name).used),
                        ..Role::PASSED_ON
                    };
                    self.visit(argument, role);
                }
            }
            // A tail call, which the engine makes after it has left the function.
            NodeKind::Lambda(def) if def.thunk => {
                if let NodeKind::Function { procedure, args } = &def.body.kind {
                    self.call(procedure, None, args, true);
                }
            }
            NodeKind::Lambda(def) => self.used(&def.body, Used::PLACED),
            NodeKind::Transform(def) => {
                self.used(&def.pattern, Used::NOT);
                self.used(&def.update, Used::PLACED);
                if let Some(delete) = &def.delete {
                    self.used(delete, Used::PLACED);
                }
            }
            NodeKind::Sort { terms } => {
                for term in terms {
                    self.used(&term.expr, native("sort").used);
                }
            }
            NodeKind::Array { items } => items.iter().for_each(|item| self.used(item, Used::PLACED)),
            NodeKind::Object { pairs } => {
                for (key, value) in pairs {
                    self.used(key, Used::PLACED);
                    self.used(value, Used::PLACED);
                }
            }
            NodeKind::Block { exprs, .. } => exprs.iter().for_each(|expr| self.used(expr, Used::NOT)),
            NodeKind::Bind { lhs, rhs } => {
                self.used(lhs, Used::NOT);
                self.used(rhs, Used::NOT);
            }
            NodeKind::Negate { expr } => self.used(expr, Used::NOT),
            NodeKind::Name { .. }
            | NodeKind::Variable { .. }
            | NodeKind::String { .. }
            | NodeKind::Number { .. }
            | NodeKind::Bool { .. }
            | NodeKind::Null
            | NodeKind::Regex { .. }
            | NodeKind::Wildcard
            | NodeKind::Descendant
            | NodeKind::Parent { .. }
            | NodeKind::Placeholder
            | NodeKind::Error { .. } => {}
        }
    }

    fn apply(&mut self, value: &Node, function: &Node) {
        match &function.kind {
            NodeKind::Function { procedure, args } => {
                self.call(procedure, Some(value), args, false);
                // The engine does not evaluate the call as a node of its own, but it does evaluate the predicates
                // attached to it.
                predicates(&function.attrs).for_each(|predicate| self.used(predicate, Used::JUDGED));
            }
            NodeKind::Transform(_) => {
                self.used(value, Used::PRINTED);
                self.used(function, Used::NOT);
            }
            _ => {
                self.used(value, Used::NOT);
                self.used(function, Used::NOT);
            }
        }
    }

    /// The arguments of a call. The first may stand before `~>`.
    fn call(&mut self, procedure: &Node, first: Option<&Node>, args: &[Node], is_last: bool) {
        self.used(procedure, Used::NOT);
        let name = function_name(procedure).unwrap_or_default();
        let is_pattern = name == PATTERN;
        let pattern = pattern_argument(name);
        let role = Role {
            used: match name {
                "" => Used::NOT,
                name if is_pattern || is_built_in(name) => native(name).used,
                _ => Used::NOT,
            },
            is_matched: is_pattern || pattern.is_some(),
            is_remade: is_last && is_built_in(name) && native(name).gives != Gives::Scalar,
            ..Role::PASSED_ON
        };
        let uses_kept = procedure_name(procedure).is_some_and(|name| name.starts_with(PARTIAL));
        for argument in first.into_iter().chain(args) {
            self.visit(argument, Role { uses_kept, ..role });
        }
    }
}

/// The name of the called function; names that the rewritten text gives are traced back to the built-in function.
fn function_name(procedure: &Node) -> Option<&str> {
    let name = procedure_name(procedure)?;
    if name == PATTERN {
        return Some(name);
    }
    let plain = name.strip_prefix(PARTIAL).or_else(|| name.strip_prefix("__"));
    Some(plain.unwrap_or(name))
}

fn procedure_name(procedure: &Node) -> Option<&str> {
    match &procedure.kind {
        NodeKind::Variable { name } => Some(name),
        _ => None,
    }
}

fn index(node: &Node) -> usize {
    usize::try_from(node.id).unwrap_or_default()
}

fn made(node: &Node) -> Made {
    match &node.kind {
        NodeKind::Path { steps, .. } if steps.iter().all(is_lookup) => Made::Sequences,
        NodeKind::Binary {
            op: BinaryOp::Concat | BinaryOp::Range,
            ..
        }
        | NodeKind::Wildcard
        | NodeKind::Descendant => Made::Sequences,
        _ if called(node).is_some_and(copies) => Made::Copies,
        NodeKind::Apply { rhs, .. } if matches!(rhs.kind, NodeKind::Transform(_)) => Made::Copies,
        NodeKind::Path { .. }
        | NodeKind::Object { .. }
        | NodeKind::Array { .. }
        | NodeKind::Function { .. }
        | NodeKind::Apply { .. } => Made::Values,
        _ if node.attrs.group.is_some() => Made::Values,
        _ if node.attrs.predicate.is_empty() => Made::Nothing,
        _ => Made::Sequences,
    }
}

/// The function whose result is the node's value.
fn called(node: &Node) -> Option<&str> {
    match &node.kind {
        NodeKind::Function { procedure, .. } => function_name(procedure),
        NodeKind::Apply { rhs, .. } => called(rhs),
        _ => None,
    }
}

/// Whether a function makes an entirely new value.
fn copies(name: &str) -> bool {
    matches!(
        name,
        "clone" | "match" | "parse" | "partition" | "split" | "spread" | "zip"
    )
}

fn is_lookup(step: &Node) -> bool {
    matches!(step.kind, NodeKind::Name { .. } | NodeKind::Variable { .. }) && step.attrs.group.is_none()
}
