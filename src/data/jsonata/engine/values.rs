//! Rewrites an expression that uses built-in functions as values, so that the meter sees their calls.
//!
//! The meter does not see `$map(lines, $uppercase)` call the function, nor the tail call of a function in the
//! expression. It does see the calls of `$map(lines, function($a){ $uppercase($a) })`, which gives the same result.

use std::collections::BTreeSet;

use jlens_core::ast::{Ast, Node, NodeKind, Span};
use jlens_core::stack;

use super::analysis::is_built_in;
use super::functions::{UNBOUNDED, declared};
use super::natives::{Used, native, pattern_argument};
use super::plain_path::{grouping, is_plain, predicates};
use super::roles::{PARTIAL, PATTERN};

/// The rewritten text of an expression.
pub(super) struct Rewritten {
    pub(super) text: String,
    /// Whether a function that makes much from little may still be called unseen by the meter.
    pub(super) is_unseen: bool,
}

/// Text to insert around a part of the expression.
struct Edit {
    span: Span,
    before: String,
    after: String,
}

/// Rewrites the functions of an expression; `mentioned` holds the byte offsets of names that mean built-in functions.
pub(super) fn rewritten(ast: &Ast, mentioned: &BTreeSet<usize>) -> Rewritten {
    let mut rewriter = Rewriter {
        mentioned,
        edits: Vec::new(),
        is_unseen: false,
    };
    rewriter.visit(&ast.root, Position::Value);
    let text = edited(&ast.source, rewriter.edits);
    Rewritten {
        text,
        is_unseen: rewriter.is_unseen,
    }
}

/// The position of a node.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Value,
    /// An argument of a call
    Argument,
    /// The function of a call, or the pattern that a built-in function matches: not used as a value
    Used,
}

struct Rewriter<'a> {
    mentioned: &'a BTreeSet<usize>,
    edits: Vec<Edit>,
    is_unseen: bool,
}

impl Rewriter<'_> {
    fn visit(&mut self, node: &Node, position: Position) {
        stack::grow(|| match &node.kind {
            NodeKind::Function { procedure, args } => {
                self.visit(procedure, Position::Used);
                let pattern = self.name(procedure).and_then(pattern_argument);
                self.arguments(args, pattern);
                self.attached(node);
            }
            NodeKind::Partial { procedure, args } => {
                self.visit(procedure, Position::Used);
                self.arguments(args, None);
                if let (Some(name), true) = (self.name(procedure), is_plain(&node.attrs)) {
                    let open = args
                        .iter()
                        .filter(|arg| matches!(arg.kind, NodeKind::Placeholder))
                        .count();
                    self.bind(node, &format!("{PARTIAL}{name}"), open);
                }
            }
            NodeKind::Apply { lhs, rhs } => self.apply(node, lhs, rhs),
            NodeKind::Lambda(def) if def.thunk => self.last_call(&def.body),
            NodeKind::Variable { .. } if position != Position::Used => {
                if let Some(name) = self.name(node) {
                    self.native(node, name, position);
                }
                self.attached(node);
            }
            NodeKind::Regex { .. } if position != Position::Used => self.bind(node, PATTERN, 2),
            NodeKind::Transform(def) => {
                if position != Position::Used {
                    self.around(node.span, "function($__1)<(oa):o>{$__1 ~> ".to_owned(), "}".to_owned());
                }
                self.visit(&def.pattern, Position::Value);
                self.visit(&def.update, Position::Value);
                if let Some(delete) = &def.delete {
                    self.visit(delete, Position::Value);
                }
            }
            _ => node.for_each_child(|child| self.visit(child, Position::Value)),
        });
    }

    fn arguments(&mut self, args: &[Node], pattern: Option<usize>) {
        for (index, argument) in args.iter().enumerate() {
            let is_pattern = pattern == Some(index) && matches!(argument.kind, NodeKind::Regex { .. });
            self.visit(argument, if is_pattern { Position::Used } else { Position::Argument });
        }
    }

    fn apply(&mut self, node: &Node, value: &Node, function: &Node) {
        self.visit(value, Position::Value);
        match &function.kind {
            NodeKind::Function { procedure, args } => {
                self.visit(procedure, Position::Used);
                // The value before `~>` is the first argument.
                let pattern = self.name(procedure).and_then(pattern_argument);
                self.arguments(args, pattern.and_then(|index| index.checked_sub(1)));
                self.attached(function);
            }
            NodeKind::Transform(_) => self.visit(function, Position::Used),
            _ => self.visit(function, Position::Argument),
        }
        self.attached(node);
    }

    fn attached(&mut self, node: &Node) {
        for attached in predicates(&node.attrs).chain(grouping(&node.attrs)) {
            self.visit(attached, Position::Value);
        }
    }

    /// The tail call of a function, which the engine makes after it has left the function.
    fn last_call(&mut self, call: &Node) {
        if let NodeKind::Function { procedure, .. } = &call.kind
            && let Some(name) = self.name(procedure)
            && is_seen_last(name)
        {
            self.around(call.span, "($__r:=".to_owned(), ";$__r)".to_owned());
        }
        self.visit(call, Position::Value);
    }

    /// The built-in function that a node names.
    fn name<'n>(&self, node: &'n Node) -> Option<&'n str> {
        match &node.kind {
            NodeKind::Variable { name } if is_built_in(name) && self.mentioned.contains(&node.span.start) => Some(name),
            _ => None,
        }
    }

    /// A built-in function used as a value.
    fn native(&mut self, node: &Node, name: &str, position: Position) {
        let Some(declared) = declared(name) else { return };
        // The prelude already binds these names to functions written in JSONata.
        if native(name).used == Used::NOT || UNBOUNDED.contains(&name) || !is_plain(&node.attrs) {
            return;
        }
        let parameters = match name {
            // Functions that call `$string` pass it one argument, though it takes two.
            "string" if position == Position::Argument => 1,
            "string" => {
                self.is_unseen = true;
                return;
            }
            _ => declared.parameters,
        };
        let Some(last) = parameters.checked_sub(1) else {
            self.is_unseen |= name == "zip";
            return;
        };
        let all = variables(parameters);
        let before = format!("function({all}){}{{", declared.signature);
        // An optional function parameter does not accept undefined.
        if declared.signature.contains("f?") {
            let others = variables(last);
            self.around(
                node.span,
                format!("{before}$exists($__{parameters})?"),
                format!("({all}):${name}({others})}}"),
            );
        } else if is_seen_last(name) {
            self.around(node.span, format!("{before}($__r:="), format!("({all});$__r)}}"));
        } else {
            self.around(node.span, before, format!("({all})}}"));
        }
    }

    /// Binds a called value to a name that tells the meter what it is.
    fn bind(&mut self, node: &Node, name: &str, parameters: usize) {
        let all = variables(parameters);
        let call = format!("${name}({all})");
        let body = match name.strip_prefix(PARTIAL) {
            Some(native) if is_seen_last(native) => format!("($__r:={call};$__r)"),
            _ => call,
        };
        self.around(node.span, format!("(${name}:="), format!(";function({all}){{{body}}})"));
    }

    fn around(&mut self, span: Span, before: String, after: String) {
        self.edits.push(Edit { span, before, after });
    }
}

/// Whether the meter must see the function's value in a tail call, since it may be larger than the arguments. None of
/// these returns a sequence, which binding to a name would unwrap.
fn is_seen_last(name: &str) -> bool {
    matches!(
        name,
        "clone"
            | "encodeUrl"
            | "encodeUrlComponent"
            | "formatBase"
            | "formatInteger"
            | "formatNumber"
            | "fromMillis"
            | "join"
            | "pad"
            | "parse"
            | "partition"
            | "range"
            | "replace"
            | "split"
            | "zip"
    )
}

/// `$__1,$__2`
fn variables(count: usize) -> String {
    let names: Vec<String> = (1..=count).map(|number| format!("$__{number}")).collect();
    names.join(",")
}

/// The text with the edits applied; outer edits go further out.
fn edited(text: &str, edits: Vec<Edit>) -> String {
    /// The offset and order of a piece: ends before beginnings, inner ends first, outer beginnings first.
    type Place = (usize, u8, usize);
    let mut pieces: Vec<(Place, String)> = Vec::new();
    for Edit { span, before, after } in edits {
        let length = span.end.saturating_sub(span.start);
        pieces.push(((span.start, 1, usize::MAX - length), before));
        pieces.push(((span.end, 0, length), after));
    }
    pieces.sort_by_key(|(place, _)| *place);
    let mut result = String::with_capacity(text.len() * 2);
    let mut copied = 0;
    for ((at, ..), piece) in pieces {
        result.push_str(text.get(copied..at).unwrap_or_default());
        result.push_str(&piece);
        copied = at;
    }
    result.push_str(text.get(copied..).unwrap_or_default());
    result
}
