//! Finds in an expression's syntax tree the names that it refers to and the data that it needs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jlens_core::ast::{Ast, Node, NodeKind, SortTerm, Stage};
use jlens_core::{function_catalog, stack};

use super::functions;
use super::patterns::PatternCost;
use super::plain_path::{PlainPath, is_plain, names, plain_path};
use crate::data::jsonata::needs::Need;
use crate::data::jsonata::{Reference, References, Target};

/// Facts about an expression, known before it is evaluated.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with each other"
)]
pub(super) struct Analysis {
    pub(super) references: References,
    /// The part of each free variable that the expression reads, `states` and the built-in functions among them.
    pub(super) needs: BTreeMap<String, Need>,
    /// The expression, if it is only a variable and names.
    pub(super) path: Option<PlainPath>,
    pub(super) uses_randomness: bool,
    /// Whether functions are used as values, so that the result may contain some.
    pub(super) holds_functions: bool,
    /// The built-in functions in use that need bounds.
    pub(super) unbounded: Vec<&'static str>,
    /// Whether the built-in `$replace` is used.
    pub(super) uses_replace: bool,
    /// The byte offsets and names of the built-in functions that the expression mentions.
    pub(super) mentioned: Vec<(usize, String)>,
    /// The most that matching the regular expressions may cost, if there are any.
    pub(super) patterns: Option<PatternCost>,
    /// Whether a function may take the input document in place of a missing argument, as `$string()` does.
    pub(super) takes_input: bool,
}

/// Calls `visit` with every node of a tree.
pub(super) fn walk<'n>(node: &'n Node, visit: &mut impl FnMut(&'n Node)) {
    visit(node);
    node.for_each_child(|child| stack::grow(|| walk(child, visit)));
}

pub(super) fn analyse(ast: &Ast) -> Analysis {
    let mut has_parent = false;
    walk(&ast.root, &mut |node| {
        has_parent |= matches!(node.kind, NodeKind::Parent { .. });
    });
    let mut walker = Walker {
        found: Analysis::default(),
        scopes: vec![Scope::default()],
        functions: 0,
        piped: 0,
        passes_takers: false,
        calls_values: false,
        has_parent,
    };
    walker.node(&ast.root, Context::Input);
    let mut found = walker.found;
    found.takes_input |= walker.passes_takers && walker.calls_values;
    found.path = plain_path(&ast.root);
    found.unbounded.sort_unstable();
    found.unbounded.dedup();
    found.references.0.sort_by_key(|reference| reference.offset);
    found
}

/// The value that `$` and names without a `$` refer to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Context {
    /// The input document
    Input,
    /// A value inside the expression, such as an item of a path or filter
    Item,
}

/// The names that a block or function binds.
#[derive(Default)]
struct Scope {
    bound: Vec<String>,
    /// Names that a later expression of the block binds, and that functions defined before it therefore see.
    later: Vec<String>,
    /// The number of functions around the block.
    functions: usize,
}

struct Walker {
    found: Analysis,
    scopes: Vec<Scope>,
    functions: usize,
    /// The number of arguments, 0 or 1, that `~>` passes to the next call.
    piped: usize,
    /// Whether a built-in function that can take its context as an argument is used as a value.
    passes_takers: bool,
    /// Whether the expression calls something other than a built-in function by its name.
    calls_values: bool,
    /// Whether `%` is used, which reaches from a value to its parent.
    has_parent: bool,
}

impl Walker {
    fn node(&mut self, node: &Node, context: Context) {
        stack::grow(|| {
            self.kind(node, context);
            for stage in node.attrs.stages.iter().chain(&node.attrs.predicate) {
                self.stage(stage);
            }
            if let Some(group) = &node.attrs.group {
                for (key, value) in &group.pairs {
                    self.node(key, Context::Item);
                    self.node(value, Context::Item);
                }
            }
        });
    }

    fn nodes(&mut self, nodes: &[Node], context: Context) {
        for node in nodes {
            self.node(node, context);
        }
    }

    fn kind(&mut self, node: &Node, context: Context) {
        match &node.kind {
            NodeKind::Path { steps, .. } => self.path(steps, context),
            NodeKind::Variable { name } => self.variable(node, name, &[], context),
            NodeKind::Name { name } => self.field(node, name, context),
            NodeKind::Wildcard => self.field(node, "*", context),
            NodeKind::Descendant => self.field(node, "**", context),
            NodeKind::Parent { .. } => self.field(node, "%", context),
            NodeKind::Block { exprs, .. } => self.block(exprs, context),
            NodeKind::Bind { lhs, rhs } => self.bind(lhs, rhs, context),
            NodeKind::Lambda(def) => {
                self.found.holds_functions |= !def.thunk;
                self.found.takes_input |= def.signature.is_some() && context == Context::Input;
                self.functions += 1;
                self.scopes.push(Scope {
                    bound: def.params.clone(),
                    later: Vec::new(),
                    functions: self.functions,
                });
                self.node(&def.body, context);
                self.scopes.pop();
                self.functions -= 1;
            }
            NodeKind::Function { procedure, args } => {
                let given = args.len() + std::mem::take(&mut self.piped);
                match &procedure.kind {
                    NodeKind::Variable { name } if is_built_in(name) => {
                        self.found.takes_input |= context == Context::Input && functions::takes_context(name, given);
                    }
                    _ => self.calls_values = true,
                }
                self.procedure(procedure, context);
                self.nodes(args, context);
            }
            NodeKind::Partial { procedure, args } => {
                self.found.holds_functions = true;
                self.node(procedure, context);
                self.nodes(args, context);
            }
            NodeKind::Transform(def) => {
                self.found.holds_functions = true;
                self.node(&def.pattern, Context::Item);
                self.node(&def.update, Context::Item);
                if let Some(delete) = &def.delete {
                    self.node(delete, Context::Item);
                }
            }
            NodeKind::Regex { pattern, flags } => {
                self.found.holds_functions = true;
                self.matches(PatternCost::of(pattern, flags));
            }
            NodeKind::Sort { terms } => terms
                .iter()
                .for_each(|SortTerm { expr, .. }| self.node(expr, Context::Item)),
            NodeKind::Binary { .. }
            | NodeKind::Negate { .. }
            | NodeKind::Array { .. }
            | NodeKind::Object { .. }
            | NodeKind::Condition { .. }
            | NodeKind::Fallback { .. }
            | NodeKind::Apply { .. } => self.operands(node, context),
            NodeKind::String { .. }
            | NodeKind::Number { .. }
            | NodeKind::Bool { .. }
            | NodeKind::Null
            | NodeKind::Placeholder
            | NodeKind::Error { .. } => {}
        }
    }

    /// The children of a node that passes its own context to each of them.
    fn operands(&mut self, node: &Node, context: Context) {
        match &node.kind {
            NodeKind::Binary { lhs, rhs, .. } | NodeKind::Fallback { lhs, rhs, .. } => {
                self.node(lhs, context);
                self.node(rhs, context);
            }
            NodeKind::Apply { lhs, rhs } => {
                self.node(lhs, context);
                self.piped = usize::from(matches!(rhs.kind, NodeKind::Function { .. }));
                self.procedure(rhs, context);
            }
            NodeKind::Negate { expr } => self.node(expr, context),
            NodeKind::Array { items } => self.nodes(items, context),
            NodeKind::Object { pairs } => {
                for (key, value) in pairs {
                    self.node(key, context);
                    self.node(value, context);
                }
            }
            NodeKind::Condition {
                condition,
                then,
                otherwise,
            } => {
                self.node(condition, context);
                self.node(then, context);
                if let Some(otherwise) = otherwise {
                    self.node(otherwise, context);
                }
            }
            _ => {}
        }
    }

    fn path(&mut self, steps: &[Node], context: Context) {
        self.scopes.push(Scope {
            functions: self.functions,
            ..Scope::default()
        });
        for (index, step) in steps.iter().enumerate() {
            let context = if index == 0 { context } else { Context::Item };
            match &step.kind {
                NodeKind::Variable { name } if index == 0 => {
                    let names = if is_plain(&step.attrs) {
                        names(steps.get(1..).unwrap_or_default())
                    } else {
                        Vec::new()
                    };
                    self.variable(step, name, &names, context);
                    step.attrs
                        .stages
                        .iter()
                        .chain(&step.attrs.predicate)
                        .for_each(|stage| self.stage(stage));
                }
                _ => self.node(step, context),
            }
            for name in [&step.attrs.focus, &step.attrs.index].into_iter().flatten() {
                self.declare(name);
            }
        }
        self.scopes.pop();
    }

    fn stage(&mut self, stage: &Stage) {
        match stage {
            Stage::Filter { expr, .. } => self.node(expr, Context::Item),
            Stage::Index { var, .. } => self.declare(var),
        }
    }

    fn block(&mut self, expressions: &[Node], context: Context) {
        let later = expressions.iter().filter_map(bound_name).map(str::to_owned).collect();
        self.scopes.push(Scope {
            bound: Vec::new(),
            later,
            functions: self.functions,
        });
        self.nodes(expressions, context);
        self.scopes.pop();
    }

    fn bind(&mut self, name: &Node, value: &Node, context: Context) {
        let NodeKind::Variable { name } = &name.kind else {
            return;
        };
        // A function may call itself.
        if matches!(value.kind, NodeKind::Lambda(_)) {
            self.declare(name);
        }
        self.node(value, context);
        self.declare(name);
    }

    fn declare(&mut self, name: &str) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.bound.push(name.to_owned());
        }
    }

    fn is_bound(&self, name: &str) -> bool {
        self.scopes.iter().any(|scope| {
            let sees_later = self.functions > scope.functions && scope.later.iter().any(|bound| bound == name);
            sees_later || scope.bound.iter().any(|bound| bound == name)
        })
    }

    /// The function of a call. A built-in function is called here, not used as a value.
    fn procedure(&mut self, procedure: &Node, context: Context) {
        let held = self.found.holds_functions;
        let passes_takers = self.passes_takers;
        self.node(procedure, context);
        if matches!(procedure.kind, NodeKind::Variable { .. }) {
            self.found.holds_functions = held;
            self.passes_takers = passes_takers;
        }
    }

    fn field(&mut self, node: &Node, name: &str, context: Context) {
        if context == Context::Input {
            self.refer(node, Target::Field(name.to_owned()));
        }
    }

    fn variable(&mut self, node: &Node, name: &str, names: &[&str], context: Context) {
        match name {
            "" => {
                if context == Context::Input {
                    self.refer(node, Target::Context);
                }
                return;
            }
            "$" => return self.refer(node, Target::Root),
            _ if self.is_bound(name) => return,
            "states" => self.refer(node, Target::States(names.first().map(|&name| name.to_owned()))),
            "eval" => self.refer(node, Target::Eval),
            _ if is_built_in(name) => {
                self.found.holds_functions = true;
                self.found.mentioned.push((node.span.start, name.to_owned()));
                self.passes_takers |= functions::takes_context(name, 0);
                let unbounded = functions::UNBOUNDED.iter().find(|unbounded| **unbounded == name);
                self.found.unbounded.extend(unbounded);
                self.found.uses_replace |= name == "replace";
                if name == "toMillis" {
                    // `$toMillis` turns its picture into a regular expression.
                    self.matches(PatternCost::default());
                }
                self.found.uses_randomness |= matches!(name, "random" | "shuffle" | "uuid");
            }
            _ => self.refer(node, Target::Variable(name.to_owned())),
        }
        let names = if self.has_parent { &[] } else { names };
        let need = self.found.needs.entry(name.to_owned()).or_insert_with(Need::nothing);
        need.add(names.iter().copied());
    }

    fn matches(&mut self, pattern: PatternCost) {
        self.found.patterns.get_or_insert_default().merge(pattern);
    }

    fn refer(&mut self, node: &Node, target: Target) {
        let offset = node.span.start;
        self.found.references.0.push(Reference { target, offset });
    }
}

/// The name that an expression of a block binds.
fn bound_name(expression: &Node) -> Option<&str> {
    match &expression.kind {
        NodeKind::Bind { lhs, .. } => match &lhs.kind {
            NodeKind::Variable { name } => Some(name),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn is_built_in(name: &str) -> bool {
    static NAMES: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let mut names: Vec<&str> = function_catalog().iter().map(|function| function.name).collect();
        names.extend(functions::ADDED.map(|(name, _)| name));
        names
    });
    NAMES.contains(&name)
}
