use std::fmt::{self, Write as _};

use jlens_core::ast::{BinaryOp, Node, NodeKind};
use jlens_core::audit::{CaptureLimits, Outcome, Tracer, ValueRef};
use jlens_core::{CancelToken, Options};
use serde_json::Value;

use super::analysis::Analysis;
use crate::data::{MAX_NESTING, MAX_RESULT_BYTES};

/// The bytes that one evaluation may make in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

/// The bytes of JSON text that one value may stand for. A value that holds another several times takes no more memory
/// than if it held it once, but to compare it, or to show it in an error, takes as long as its text is.
const MAX_VALUE_BYTES: usize = 2 * MAX_RESULT_BYTES;

/// What a value takes in an array.
const ITEM: usize = 16;

/// Watches an evaluation: what it makes, where the engine limits single values only, and what it did.
///
/// `[1..100000].[1..100000]` makes arrays of an allowed length, but so many of them that memory runs out.
pub(super) struct Meter {
    stop: CancelToken,
    bytes: usize,
    steps: u64,
    /// Whether the result may be, or hold, functions.
    looks_for_functions: bool,
    /// Whether texts count that are only passed on, as `$replace` puts them in many times.
    counts_texts: bool,
    result_type: &'static str,
    /// The result with `<function>` in place of each function, where that is looked for.
    shown: Option<Value>,
}

impl Meter {
    pub(super) fn new(options: &mut Options, analysis: &Analysis) -> Self {
        let stop = CancelToken::new();
        options.cancel_token = Some(stop.clone());
        Self {
            stop,
            bytes: 0,
            steps: 0,
            looks_for_functions: analysis.holds_functions,
            counts_texts: analysis.uses_replace,
            result_type: "undefined",
            shown: None,
        }
    }

    /// Whether the evaluation made more than it may.
    pub(super) fn exceeded(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// What the evaluation did, in values looked at.
    pub(super) fn work(&self) -> usize {
        usize::try_from(self.steps)
            .unwrap_or(usize::MAX)
            .saturating_add(self.bytes / ITEM)
    }

    pub(super) fn is_function(&self) -> bool {
        self.result_type == "function"
    }

    /// Whether a function was left out of the result.
    pub(super) fn holds_function(&self, result: &Value) -> bool {
        self.shown.as_ref().is_some_and(|shown| lacks_function(shown, result))
    }

    fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            self.stop.cancel();
        }
    }
}

/// Whether the result has nothing where what is shown has a function. Recursion goes no deeper than [`SHOWN`] does.
fn lacks_function(shown: &Value, result: &Value) -> bool {
    match (shown, result) {
        (Value::String(text), Value::Null) => text == "<function>",
        (Value::Array(shown), Value::Array(result)) => shown
            .iter()
            .zip(result)
            .any(|(shown, result)| lacks_function(shown, result)),
        (Value::Object(shown), Value::Object(result)) => shown.iter().any(|(name, shown)| {
            result
                .get(name)
                .map_or(shown == "<function>", |result| lacks_function(shown, result))
        }),
        _ => false,
    }
}

/// Shows an array as how many items it has.
const LENGTH: CaptureLimits = CaptureLimits {
    max_items: 0,
    max_string: 0,
    max_depth: 1,
    max_rejected: 0,
    max_nodes: 0,
    max_source: 0,
};

/// Shows how many items the first items of an array have.
const FIRST: CaptureLimits = CaptureLimits {
    max_items: 64,
    max_depth: 2,
    ..LENGTH
};

/// Shows all but long texts.
const SHOWN: CaptureLimits = CaptureLimits {
    max_items: usize::MAX,
    max_string: 16,
    max_depth: MAX_NESTING,
    max_rejected: 0,
    max_nodes: 0,
    max_source: 0,
};

impl Tracer for Meter {
    fn exit(&mut self, node: &Node, outcome: Outcome<'_>) {
        let Outcome::Value(value) = outcome else { return };
        match (makes(node), value.type_name()) {
            (Makes::Nothing, "string") if !self.counts_texts => {}
            (_, "string") => self.spend(value.to_json().as_ref().and_then(Value::as_str).map_or(0, str::len)),
            (Makes::Sequences, "array") => self.spend(ITEM.saturating_mul(length(value))),
            (Makes::Values, "array" | "object") => {
                let size = size(value);
                if size > MAX_VALUE_BYTES {
                    self.stop.cancel();
                }
                self.spend(size / 4);
            }
            _ => {}
        }
    }

    fn steps(&mut self, steps: u64) {
        self.steps = steps;
    }

    fn end(&mut self, outcome: Outcome<'_>) {
        if let Outcome::Value(value) = outcome {
            self.result_type = value.type_name();
            if self.looks_for_functions {
                self.shown = value.capture(&SHOWN);
            }
        }
    }
}

/// What the evaluation of a node makes.
enum Makes {
    /// Nothing: it passes on what is there
    Nothing,
    /// Arrays of what is there
    Sequences,
    /// Values that may hold what is there several times
    Values,
}

fn makes(node: &Node) -> Makes {
    match &node.kind {
        NodeKind::Path { steps, .. } if steps.iter().all(is_lookup) => Makes::Sequences,
        NodeKind::Binary {
            op: BinaryOp::Concat | BinaryOp::Range,
            ..
        }
        | NodeKind::Wildcard
        | NodeKind::Descendant => Makes::Sequences,
        NodeKind::Path { .. }
        | NodeKind::Object { .. }
        | NodeKind::Array { .. }
        | NodeKind::Function { .. }
        | NodeKind::Apply { .. } => Makes::Values,
        _ if node.attrs.group.is_some() => Makes::Values,
        _ if node.attrs.predicate.is_empty() => Makes::Nothing,
        _ => Makes::Sequences,
    }
}

fn is_lookup(step: &Node) -> bool {
    matches!(step.kind, NodeKind::Name { .. } | NodeKind::Variable { .. }) && step.attrs.group.is_none()
}

/// The bytes of a value's text, or so many that it is too much: the engine writes up to 256 MiB of it.
fn size(value: ValueRef<'_>) -> usize {
    if value.type_name() == "array" && length(value) >= FIRST.max_items && first_items(value) > MAX_VALUE_BYTES {
        return usize::MAX;
    }
    let mut bytes = Bytes(0);
    match write!(bytes, "{value:?}") {
        Ok(()) => bytes.0,
        Err(fmt::Error) => usize::MAX,
    }
}

/// Counts what is written.
struct Bytes(usize);

impl fmt::Write for Bytes {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // What stands in place of a text that would be longer is no JSON: `<invalid>`.
        let bytes = if text.starts_with('<') { usize::MAX } else { text.len() };
        self.0 = self.0.saturating_add(bytes);
        Ok(())
    }
}

/// The items of an array.
fn length(array: ValueRef<'_>) -> usize {
    array.capture(&LENGTH).as_ref().map_or(0, more)
}

/// The items of the first items of an array.
fn first_items(array: ValueRef<'_>) -> usize {
    let shown = array.capture(&FIRST);
    let items = shown.as_ref().and_then(Value::as_array);
    items.map_or(0, |items| items.iter().map(more).sum())
}

/// How many items the engine left out, which it tells in a sentence behind those that it shows: `… 7 more`.
fn more(shown: &Value) -> usize {
    let last = shown.as_array().and_then(|items| items.last()?.as_str());
    last.and_then(|last| last.strip_prefix("… ")?.split(' ').next()?.parse().ok())
        .unwrap_or(0)
}
