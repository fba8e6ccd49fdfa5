use jlens_core::ast::{BinaryOp, Node, NodeKind};
use jlens_core::audit::{CaptureLimits, Outcome, Tracer, ValueRef};
use jlens_core::{CancelToken, Options};
use serde_json::Value;

/// The bytes that one evaluation may make in all.
const MAX_BYTES: usize = 64 * 1024 * 1024;

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
    result_type: &'static str,
    /// The result with `<function>` in place of each function, where that is looked for.
    shown: Option<Value>,
}

impl Meter {
    pub(super) fn new(options: &mut Options, looks_for_functions: bool) -> Self {
        let stop = CancelToken::new();
        options.cancel_token = Some(stop.clone());
        Self {
            stop,
            bytes: 0,
            steps: 0,
            looks_for_functions,
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

/// Shows all but long texts.
const SHOWN: CaptureLimits = CaptureLimits {
    max_items: usize::MAX,
    max_string: 16,
    max_depth: crate::data::MAX_NESTING,
    max_rejected: 0,
    max_nodes: 0,
    max_source: 0,
};

impl Tracer for Meter {
    fn exit(&mut self, node: &Node, outcome: Outcome<'_>) {
        let Outcome::Value(value) = outcome else { return };
        if !makes_values(node) {
            return;
        }
        match value.type_name() {
            "array" => self.spend(ITEM.saturating_mul(length(value))),
            "string" => self.spend(value.to_json().as_ref().and_then(Value::as_str).map_or(0, str::len)),
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

/// Whether a node makes arrays and texts, and does not just pass on what is there.
fn makes_values(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Binary { op, .. } => matches!(op, BinaryOp::Concat | BinaryOp::Range),
        NodeKind::Path { .. }
        | NodeKind::Array { .. }
        | NodeKind::Function { .. }
        | NodeKind::Apply { .. }
        | NodeKind::Wildcard
        | NodeKind::Descendant => true,
        _ => !node.attrs.predicate.is_empty(),
    }
}

/// The items of an array, which the engine tells in a sentence: `… 7 more`.
fn length(array: ValueRef<'_>) -> usize {
    let shown = array.capture(&LENGTH);
    let more = shown.as_ref().and_then(|shown| shown.get(0)?.as_str());
    more.and_then(|more| more.split(' ').nth(1)?.parse().ok()).unwrap_or(0)
}
