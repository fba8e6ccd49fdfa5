//! Estimates from the syntax tree how many values an expression looks at, as a multiple of the values that it reads.
//!
//! Without a meter, counting steps bounds an evaluation only if no step looks at many values. So the estimate follows
//! how much each part of an expression can hold. An expression that walks through its input, which is a tree, looks at
//! each part once; but a loop may look at a value from outside of it in every round.

mod size;

use jlens_core::ast::{Ast, BinaryOp, Group, Node, NodeKind, Stage};
use jlens_core::stack;

use self::size::Size;
use super::analysis::is_built_in;
use super::functions::takes_context;
use super::natives::{Gives, Native, calls_function, native, pattern_argument};
use super::plain_path::is_plain;
use crate::data::MAX_NESTING;

/// The most that an expression builds: items of an array, or bytes of a text divided by 16.
const BUILT: u64 = 1_024;

/// The most values that an expression looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Looks {
    /// For each value read.
    pub(super) per_value: u64,
    /// In addition, however much is read.
    pub(super) fixed: u64,
}

/// The most values that an expression looks at, if all loops together take at most `rounds` rounds.
///
/// `None` if there is no estimate, as for values that grow from round to round and functions that call themselves.
pub(super) fn estimate(ast: &Ast, rounds: u64) -> Option<Looks> {
    let mut estimator = Estimator {
        rounds,
        loops: 0,
        work: Size::NOTHING,
        variables: Vec::new(),
    };
    estimator.node(&ast.root, Size::ALL)?;
    Some(Looks {
        per_value: estimator.work.own.max(1),
        fixed: estimator.work.fixed,
    })
}

struct Variable<'n> {
    name: &'n str,
    size: Size,
    /// The number of loops around its binding.
    loops: usize,
}

struct Estimator<'n> {
    rounds: u64,
    loops: usize,
    work: Size,
    variables: Vec<Variable<'n>>,
}

impl<'n> Estimator<'n> {
    fn node(&mut self, node: &'n Node, context: Size) -> Option<Size> {
        let attrs = &node.attrs;
        if attrs.tuple || attrs.focus.is_some() || attrs.index.is_some() {
            // Later steps are evaluated in the same context many times.
            return None;
        }
        stack::grow(|| {
            let mut size = self.kind(node, context)?;
            for stage in attrs.stages.iter().chain(&attrs.predicate) {
                let Stage::Filter { expr, .. } = stage else { return None };
                self.each_of(size, |walk| {
                    let judged = walk.node(expr, Size::ALL)?;
                    walk.look(judged);
                    Some(Size::NOTHING)
                })?;
            }
            if let Some(group) = &attrs.group {
                size = self.group(group, size)?;
            }
            Some(size)
        })
    }

    fn kind(&mut self, node: &'n Node, context: Size) -> Option<Size> {
        match &node.kind {
            NodeKind::String { .. } | NodeKind::Number { .. } | NodeKind::Bool { .. } | NodeKind::Null => {
                Some(Size::NOTHING)
            }
            NodeKind::Name { .. } | NodeKind::Wildcard => Some(context),
            NodeKind::Descendant => {
                // Each value occurs once for each value that contains it.
                let all = context.times(u64::try_from(MAX_NESTING).unwrap_or(u64::MAX));
                self.look(all);
                Some(all)
            }
            NodeKind::Variable { name } => self.variable(name, context),
            NodeKind::Path { steps, .. } => self.path(steps, context),
            NodeKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs, context),
            NodeKind::Negate { expr } => self.node(expr, context).map(|_| Size::NOTHING),
            NodeKind::Array { items } => {
                let items: Vec<&Node> = items.iter().collect();
                self.container(&items, context)
            }
            NodeKind::Object { pairs } => {
                let items: Vec<&Node> = pairs.iter().flat_map(|(key, value)| [key, value]).collect();
                self.container(&items, context)
            }
            NodeKind::Condition {
                condition,
                then,
                otherwise,
            } => {
                let judged = self.node(condition, context)?;
                self.look(judged);
                let then = self.node(then, context)?;
                match otherwise {
                    Some(otherwise) => Some(then.plus(self.node(otherwise, context)?)),
                    None => Some(then),
                }
            }
            NodeKind::Fallback { lhs, rhs, .. } => {
                let size = self.node(lhs, context)?;
                self.look(size);
                Some(size.plus(self.node(rhs, context)?))
            }
            NodeKind::Block { exprs, .. } => {
                let bound = self.variables.len();
                let mut size = Size::NOTHING;
                for expression in exprs {
                    size = self.node(expression, context)?;
                }
                self.variables.truncate(bound);
                Some(size)
            }
            NodeKind::Bind { lhs, rhs } => {
                let NodeKind::Variable { name } = &lhs.kind else {
                    return None;
                };
                let size = self.node(rhs, context)?;
                self.bind(name, size);
                Some(size)
            }
            NodeKind::Apply { lhs, rhs } => match &rhs.kind {
                NodeKind::Function { procedure, args } => self.call(procedure, Some(lhs), args, context),
                _ => self.call(rhs, Some(lhs), &[], context),
            },
            NodeKind::Function { procedure, args } => self.call(procedure, None, args, context),
            NodeKind::Lambda(def) if def.thunk => self.node(&def.body, context),
            NodeKind::Parent { .. }
            | NodeKind::Regex { .. }
            | NodeKind::Partial { .. }
            | NodeKind::Placeholder
            | NodeKind::Lambda(_)
            | NodeKind::Transform(_)
            | NodeKind::Sort { .. }
            | NodeKind::Error { .. } => None,
        }
    }

    fn look(&mut self, size: Size) {
        self.work = self.work.plus(size);
    }

    fn bind(&mut self, name: &'n str, size: Size) {
        self.variables.push(Variable {
            name,
            size,
            loops: self.loops,
        });
    }

    fn variable(&self, name: &str, context: Size) -> Option<Size> {
        if name.is_empty() {
            return Some(context);
        }
        let bound = self.variables.iter().rev().find(|variable| variable.name == name);
        let (size, loops) = match bound {
            Some(variable) => (variable.size, variable.loops),
            None if is_built_in(name) => return None,
            None => (Size::ALL, 0),
        };
        Some(if loops == self.loops {
            size
        } else {
            size.in_each_round()
        })
    }

    /// The size of the results of a loop over a collection.
    fn each_of(&mut self, collection: Size, body: impl FnOnce(&mut Self) -> Option<Size>) -> Option<Size> {
        let before = std::mem::replace(&mut self.work, Size::NOTHING);
        let bound = self.variables.len();
        self.loops += 1;
        let made = body(self)?;
        self.loops -= 1;
        self.variables.truncate(bound);
        let work = std::mem::replace(&mut self.work, before);
        self.work = self.work.plus(self.over(work, collection));
        Some(self.over(made, collection))
    }

    fn over(&self, round: Size, collection: Size) -> Size {
        let all = collection.times(round.own);
        let repeated = round.each.saturating_mul(self.rounds);
        let fixed = all.fixed.saturating_add(round.fixed.saturating_mul(self.rounds));
        let each = all.each.saturating_add(repeated);
        if self.loops == 0 {
            // Outside of all loops there is just one round.
            Size {
                own: all.own.saturating_add(each),
                each: 0,
                fixed,
            }
        } else {
            Size {
                own: all.own,
                each,
                fixed,
            }
        }
    }

    fn path(&mut self, steps: &'n [Node], context: Size) -> Option<Size> {
        let (first, rest) = steps.split_first()?;
        let mut size = self.node(first, context)?;
        for step in rest {
            size = match &step.kind {
                NodeKind::Sort { terms } if is_plain(&step.attrs) => {
                    for term in terms {
                        self.each_of(size, |walk| {
                            let key = walk.node(&term.expr, Size::ALL)?;
                            walk.look(key.times(native("sort").times));
                            Some(Size::NOTHING)
                        })?;
                    }
                    size
                }
                _ => self.each_of(size, |walk| walk.node(step, Size::ALL))?,
            };
        }
        Some(size)
    }

    fn group(&mut self, group: &'n Group, size: Size) -> Option<Size> {
        self.each_of(size, |walk| {
            let mut made = Size::NOTHING;
            for (key, value) in &group.pairs {
                made = made.plus(walk.node(key, Size::ALL)?).plus(walk.node(value, Size::ALL)?);
            }
            Some(made)
        })
    }

    fn container(&mut self, items: &[&'n Node], context: Size) -> Option<Size> {
        let mut size = Size::fixed(u64::try_from(items.len()).unwrap_or(u64::MAX));
        for item in items {
            size = size.plus(self.node(item, context)?);
        }
        Some(size)
    }

    fn binary(&mut self, operator: BinaryOp, lhs: &'n Node, rhs: &'n Node, context: Size) -> Option<Size> {
        let left = self.node(lhs, context)?;
        let right = self.node(rhs, context)?;
        match operator {
            BinaryOp::Range => {
                return Some(Size::fixed(BUILT));
            }
            // Texts are short, and an array or object does not print longer than it is.
            BinaryOp::Concat => return Some(left.plus(right)),
            BinaryOp::In => self.look(right),
            BinaryOp::And | BinaryOp::Or => self.look(left.plus(right)),
            _ => self.look(left.smaller(right)),
        }
        Some(Size::NOTHING)
    }

    /// A call of a built-in function, whose first argument may stand before `~>`.
    fn call(&mut self, procedure: &'n Node, first: Option<&'n Node>, args: &'n [Node], context: Size) -> Option<Size> {
        let NodeKind::Variable { name } = &procedure.kind else {
            return None;
        };
        let is_bound = self.variables.iter().any(|variable| variable.name == name);
        if is_bound || !is_built_in(name) || !is_plain(&procedure.attrs) {
            return None;
        }
        let args: Vec<&Node> = first.into_iter().chain(args).collect();
        if calls_function(name) {
            return self.call_of_calls(name, &args, context);
        }
        let mut size = Size::NOTHING;
        for (index, argument) in args.iter().enumerate() {
            let is_pattern = pattern_argument(name) == Some(index) && matches!(argument.kind, NodeKind::Regex { .. });
            if !is_pattern {
                size = size.plus(self.node(argument, context)?);
            }
        }
        if takes_context(name, args.len()) {
            size = size.plus(context);
        }
        Some(self.native(native(name), size))
    }

    fn native(&mut self, native: Native, arguments: Size) -> Size {
        // A number has no items, so the cost of making much from it is fixed.
        self.look(arguments.plus(Size::fixed(1)).times(native.times));
        match native.gives {
            Gives::Scalar => Size::NOTHING,
            Gives::Text => Size::fixed(BUILT / 4),
            Gives::Arguments(times) => arguments.times(times),
            Gives::Items => Size::fixed(BUILT),
        }
    }

    /// A call of a built-in function that calls another function, which must be written in place.
    fn call_of_calls(&mut self, name: &str, args: &[&'n Node], context: Size) -> Option<Size> {
        let (collection, function) = match args {
            [collection] if name == "sort" || name == "single" => (collection, None),
            [collection, function] => (collection, Some(function)),
            [collection, function, start] if name == "reduce" => {
                self.node(start, context)?;
                (collection, Some(function))
            }
            _ => return None,
        };
        let collection = self.node(collection, context)?;
        let times = if name == "sort" { native(name).times } else { 1 };
        self.look(collection.times(times));
        let Some(function) = function else {
            return Some(collection);
        };
        let made = self.each_of(collection, |walk| {
            let first = match name {
                "reduce" => reduced(function)?,
                _ => Size::ALL,
            };
            let made = walk.called(function, first, collection, context)?;
            walk.look(made);
            walk.work = walk.work.times(times);
            Some(made)
        })?;
        match name {
            "each" | "map" => Some(made),
            "reduce" => Some(Size::fixed(BUILT)),
            _ => Some(collection),
        }
    }

    /// The size of a function's value when it is called with an item, its index and the whole collection.
    fn called(&mut self, function: &'n Node, first: Size, all: Size, context: Size) -> Option<Size> {
        match &function.kind {
            NodeKind::Lambda(def) if !def.thunk && is_plain(&function.attrs) => {
                let sizes = [first, Size::ALL, all.in_each_round()];
                for (parameter, size) in def.params.iter().zip(sizes) {
                    self.bind(parameter, size);
                }
                self.node(&def.body, context.in_each_round())
            }
            NodeKind::Variable { name } if is_built_in(name) && !calls_function(name) => {
                Some(self.native(native(name), Size::ALL))
            }
            _ => None,
        }
    }
}

/// The size of the value that a round of `$reduce` passes to the next. `None` unless it is a number, a boolean or a
/// text, which cannot grow.
fn reduced(function: &Node) -> Option<Size> {
    let NodeKind::Lambda(def) = &function.kind else {
        return None;
    };
    match &def.body.kind {
        NodeKind::Binary {
            op: BinaryOp::Range, ..
        } => None,
        NodeKind::Binary { .. } => Some(Size::fixed(BUILT)),
        _ => None,
    }
}
