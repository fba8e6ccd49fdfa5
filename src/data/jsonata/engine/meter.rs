use jlens_core::ast::{BinaryOp, Node, NodeKind};
use jlens_core::audit::{CaptureLimits, Outcome, Tracer, ValueRef};
use jlens_core::{CancelToken, Options};
use serde_json::Value;

use super::limits::{MAX_BYTES, MAX_VALUE_BYTES};
use super::natives::Used;
use super::patterns::PatternCost;
use super::roles::{Made, Roles};
use super::size::{items, json_bytes, text_bytes};
use crate::data::MAX_NESTING;
use crate::data::bounds::BYTES_PER_VISIT;
use crate::data::jsonata::error::Bound;

/// The bytes of memory that an item or member takes.
const ITEM: usize = 16;

/// The bytes of memory that newly allocated values take for each byte of their JSON text.
const BYTE_OF_COPY: usize = 12;

/// Measures an evaluation: the values it makes, the values it looks at, and the work it does.
///
/// The engine counts steps, but a step may be a function that reads a megabyte. So the meter looks at the arguments of
/// functions and operators before they run.
pub(super) struct Meter<'r> {
    stop: CancelToken,
    exceeded: Option<Bound>,
    roles: &'r Roles,
    /// The visits that the evaluation may take.
    allowance: usize,
    bytes: usize,
    looks: usize,
    /// The number of nodes evaluated.
    nodes: usize,
    /// The engine's steps: nodes, functions called by others, and steps of regular expressions.
    steps: u64,
    /// The looks that a call takes at the arguments kept in partial applications.
    kept: usize,
    /// The most bytes of a text that regular expressions may search.
    most_text: usize,
    /// The bytes of the longest such text so far.
    longest_text: usize,
    watches_texts: bool,
    /// Whether passing on a text counts too, since `$replace` inserts one many times.
    counts_texts: bool,
    /// Whether the result may be, or contain, functions.
    looks_for_functions: bool,
    result_type: &'static str,
    /// The result with `<function>` in place of each function, if the meter looks for functions.
    shown: Option<Value>,
}

/// The settings of a meter.
#[derive(Clone, Copy)]
pub(super) struct Watch<'r> {
    pub(super) roles: &'r Roles,
    pub(super) looks_for_functions: bool,
    pub(super) counts_texts: bool,
    /// The most bytes of a text that regular expressions may search; `None` if there are no regular expressions.
    pub(super) most_text: Option<usize>,
}

impl<'r> Meter<'r> {
    pub(super) fn new(options: &mut Options, allowance: usize, watch: Watch<'r>) -> Self {
        let stop = CancelToken::new();
        options.cancel_token = Some(stop.clone());
        Self {
            stop,
            exceeded: None,
            roles: watch.roles,
            allowance,
            bytes: 0,
            looks: 0,
            nodes: 0,
            steps: 0,
            kept: 0,
            most_text: watch.most_text.unwrap_or(usize::MAX),
            longest_text: 0,
            watches_texts: watch.most_text.is_some(),
            counts_texts: watch.counts_texts,
            looks_for_functions: watch.looks_for_functions,
            result_type: "undefined",
            shown: None,
        }
    }

    /// The bound that the evaluation exceeded, if any.
    pub(super) fn exceeded(&self) -> Option<Bound> {
        self.exceeded
    }

    /// The length in bytes of a text that is too long for the regular expressions, if there is one.
    pub(super) fn too_long_text(&self) -> Option<usize> {
        (self.longest_text > self.most_text).then_some(self.longest_text)
    }

    /// The work done, in visits. A step that is not a node may cost as much as `patterns` says.
    pub(super) fn work(&self, patterns: Option<PatternCost>) -> usize {
        let steps = usize::try_from(self.steps).unwrap_or(usize::MAX);
        let other = steps.saturating_sub(self.nodes);
        let step = patterns.map_or(1, |patterns| patterns.step(self.longest_text));
        let other = other.saturating_mul(usize::try_from(step).unwrap_or(usize::MAX));
        self.looked().saturating_add(other)
    }

    /// The work done without the steps that are not nodes, in visits.
    fn looked(&self) -> usize {
        self.nodes
            .saturating_add(self.looks / BYTES_PER_VISIT)
            .saturating_add(self.bytes / ITEM)
    }

    pub(super) fn is_function(&self) -> bool {
        self.result_type == "function"
    }

    /// Whether a function was left out of the result.
    pub(super) fn holds_function(&self, result: &Value) -> bool {
        self.shown.as_ref().is_some_and(|shown| lacks_function(shown, result))
    }

    fn exceed(&mut self, bound: Bound) {
        self.exceeded.get_or_insert(bound);
        self.stop.cancel();
    }

    /// Charges bytes of memory.
    fn spend(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.bytes > MAX_BYTES {
            self.exceed(Bound::Memory);
        }
    }

    /// Charges looks: bytes looked at, or an equal amount of work.
    fn look(&mut self, looks: usize) {
        self.looks = self.looks.saturating_add(looks);
        if self.looked() > self.allowance {
            self.exceed(Bound::Time);
        }
    }

    /// Records a text that regular expressions search; stops the evaluation if it is too long.
    fn matched(&mut self, bytes: usize) {
        self.longest_text = self.longest_text.max(bytes);
        if self.longest_text > self.most_text {
            self.stop.cancel();
        }
    }

    /// The looks that a use of a value takes.
    fn using(&mut self, value: ValueRef<'_>, used: Used) -> usize {
        match value.type_name() {
            "string" if used.text > 0 => text_bytes(value).saturating_mul(used.text.into()),
            "array" => self.using_whole(value, used.item, used.array),
            "object" => self.using_whole(value, used.item, used.object),
            _ => 0,
        }
    }

    fn using_whole(&mut self, value: ValueRef<'_>, item: u16, byte: u16) -> usize {
        let mut looks = 0;
        if item > 0 {
            looks = items(value).saturating_mul(item.into());
        }
        if byte > 0 {
            looks = looks.saturating_add(self.measured(value).saturating_mul(byte.into()));
        }
        looks
    }

    /// The bytes of a value's JSON text; stops the evaluation if they are too many.
    fn measured(&mut self, value: ValueRef<'_>) -> usize {
        let bytes = json_bytes(value);
        if bytes > MAX_VALUE_BYTES {
            self.exceed(Bound::Memory);
        }
        bytes
    }

    fn made(&mut self, value: ValueRef<'_>, made: Made, making: u16) {
        match (made, value.type_name()) {
            (Made::Nothing, "string") if !self.counts_texts => {}
            (_, "string") => {
                let bytes = text_bytes(value);
                self.spend(bytes);
                self.look(bytes.saturating_mul(making.into()));
            }
            (Made::Copies, "array" | "object") => {
                let bytes = self.measured(value);
                self.spend(bytes.saturating_mul(BYTE_OF_COPY));
                self.look(bytes.saturating_mul(Used::PLACED.array.into()));
            }
            (Made::Sequences, "array") | (Made::Values, "array" | "object") => {
                self.spend(ITEM.saturating_mul(items(value)));
            }
            _ => {}
        }
    }

    /// The looks that a comparison takes.
    fn comparing(&mut self, operator: BinaryOp, left: ValueRef<'_>, right: ValueRef<'_>) -> usize {
        if operator == BinaryOp::In {
            let each = ITEM + text_bytes(left) / ITEM;
            return items(right).saturating_mul(each);
        }
        match (left.type_name(), right.type_name()) {
            ("string", "string") => match operator {
                BinaryOp::Eq | BinaryOp::Ne => text_bytes(left).min(text_bytes(right)) / ITEM,
                // Texts are ordered by UTF-16 units, which have to be decoded.
                _ => 2 * text_bytes(left).min(text_bytes(right)),
            },
            ("array", "array") | ("object", "object") if items(left) == items(right) => self.using(left, Used::PRINTED),
            _ => 0,
        }
    }
}

impl Tracer for Meter<'_> {
    fn enter(&mut self, node: &Node, input: ValueRef<'_>) {
        self.nodes += 1;
        let role = self.roles.role(node);
        if role.context != Used::NOT {
            let looks = self.using(input, role.context);
            self.look(looks);
        }
        if self.watches_texts && role.matches_context {
            self.matched(text_bytes(input));
        }
    }

    fn exit(&mut self, node: &Node, outcome: Outcome<'_>) {
        let Outcome::Value(value) = outcome else { return };
        let role = self.roles.role(node);
        self.made(value, role.made, role.making);
        let mut looks = if role.used == Used::NOT {
            0
        } else {
            self.using(value, role.used)
        };
        if role.is_remade {
            self.spend(text_bytes(value));
        }
        if role.is_kept {
            self.kept = self.kept.saturating_add(looks);
        }
        if role.uses_kept {
            looks = looks.saturating_add(self.kept);
        }
        if looks > 0 {
            self.look(looks);
        }
        if self.watches_texts && role.is_matched {
            self.matched(text_bytes(value));
        }
    }

    fn operands(&mut self, node: &Node, left: ValueRef<'_>, right: ValueRef<'_>) {
        if let NodeKind::Binary { op, .. } = &node.kind {
            let looks = self.comparing(*op, left, right);
            self.look(looks);
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

/// Whether the result lacks a function that `shown` has. Recursion goes no deeper than [`SHOWN`].
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

/// Captures everything but long texts.
const SHOWN: CaptureLimits = CaptureLimits {
    max_items: usize::MAX,
    max_string: 16,
    max_depth: MAX_NESTING,
    max_rejected: 0,
    max_nodes: 0,
    max_source: 0,
};
