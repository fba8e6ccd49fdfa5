use serde_json::Value;

use super::json_size;

/// The deepest nesting of arrays and objects that a template, an intrinsic function or a `ResultPath` may produce.
///
/// `serde_json` reads no deeper text, so a deeper value could be made but never stored. A loop that wraps its own state
/// once a round would otherwise grow until printing it overflows the stack.
pub const MAX_NESTING: usize = 128;

/// The most bytes of JSON text that one template or intrinsic function may select: 64 times AWS's quota of a state's
/// output. It stops a template that repeats a large selection before memory runs out.
pub const MAX_RESULT_BYTES: usize = 16 * 1024 * 1024;

/// Whether no array or object of the value lies below `levels` others, itself counted.
///
/// ```
/// use asl_engine::data::nests_within;
/// use serde_json::json;
///
/// assert!(nests_within(&json!("text"), 0));
/// assert!(nests_within(&json!({ "a": [1] }), 2));
/// assert!(!nests_within(&json!({ "a": [1] }), 1));
/// ```
pub fn nests_within(value: &Value, levels: usize) -> bool {
    // Only what nests waits here: most values are flat and cost no allocation.
    let mut pending = Vec::new();
    let mut next = is_nested(value).then_some((value, levels));
    while let Some((value, levels)) = next {
        let Some(below) = levels.checked_sub(1) else {
            return false;
        };
        match value {
            Value::Array(items) => {
                pending.extend(items.iter().filter(|item| is_nested(item)).map(|item| (item, below)));
            }
            Value::Object(members) => {
                pending.extend(
                    members
                        .values()
                        .filter(|item| is_nested(item))
                        .map(|item| (item, below)),
                );
            }
            _ => {}
        }
        next = pending.pop();
    }
    true
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Array(_) | Value::Object(_))
}

/// What one evaluation may still produce.
#[derive(Debug)]
pub(super) struct Budget {
    bytes: usize,
}

/// Why an evaluation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    Nesting,
    Size,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self {
            bytes: MAX_RESULT_BYTES,
        }
    }

    /// The bytes accounted for so far.
    pub(super) fn spent(&self) -> usize {
        MAX_RESULT_BYTES - self.bytes
    }

    /// Accounts for a value about to be copied into a result, `depth` levels down.
    pub(super) fn spend(&mut self, value: &Value, depth: usize) -> Result<(), Exceeded> {
        if !nests_within(value, MAX_NESTING.saturating_sub(depth)) {
            return Err(Exceeded::Nesting);
        }
        self.bytes = self.bytes.checked_sub(json_size(value)).ok_or(Exceeded::Size)?;
        Ok(())
    }
}
