use std::cell::Cell;

use serde_json::Value;

use super::json_size;

/// The deepest nesting of arrays and objects that an execution accepts or produces, in levels.
///
/// `serde_json` reads 127 levels; the rest is room for the levels that a snapshot puts around a value. Without the
/// bound, a loop that wraps its own state once a round would grow until printing it overflows the stack.
pub const MAX_NESTING: usize = 112;

/// The most bytes of JSON text that the templates and intrinsic functions of one state may select: 16 times AWS's quota
/// of a state's output. It stops a template that repeats a large selection before memory runs out.
pub const MAX_RESULT_BYTES: usize = 4 * 1024 * 1024;

/// Whether the value's arrays and objects nest at most `levels` deep. A text, number, boolean or null has 0 levels.
#[inline]
pub(crate) fn nests_within(value: &Value, levels: usize) -> bool {
    !is_nested(value) || nested_within(value, levels)
}

fn nested_within(value: &Value, levels: usize) -> bool {
    // Holds arrays and objects only: most values are flat, and cost no allocation.
    let mut pending = Vec::new();
    let mut next = Some((value, levels));
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

/// Drops a value without recursion: an ordinary drop overflows the stack if the value nests deeply enough.
pub(crate) fn discard(value: Value) {
    let mut pending = vec![value];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(items) => pending.extend(items.into_iter().filter(is_nested)),
            Value::Object(members) => pending.extend(members.into_iter().map(|(_, member)| member).filter(is_nested)),
            _ => {}
        }
    }
}

/// Returns the value if it nests at most [`MAX_NESTING`] levels deep; otherwise [discards](discard) it.
pub(crate) fn within_nesting(value: Value) -> Option<Value> {
    if nests_within(&value, MAX_NESTING) {
        return Some(value);
    }
    discard(value);
    None
}

/// The most values that all evaluations for one state may look at. A visit takes at most 200 nanoseconds, so these take
/// about 2 seconds.
const MAX_VISITS: usize = 10_000_000;

/// How many bytes of text can be read in the time of one visit.
pub(super) const BYTES_PER_VISIT: usize = 64;

/// The visits that take as long as reading this many bytes.
#[inline]
pub(crate) fn visits_of(bytes: usize) -> usize {
    bytes / BYTES_PER_VISIT
}

/// The work that all evaluations for one state may still do. They share it because a definition may hold tens of
/// thousands of expressions, each bounded but not cheap.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: Cell<usize>,
    visits: Cell<usize>,
    most_visits: usize,
    is_exceeded: Cell<bool>,
}

/// Why an evaluation was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exceeded {
    Nesting,
    Size,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self::of_visits(MAX_VISITS)
    }

    /// A budget of so many visits, but no more than a state ever has.
    pub(crate) fn of_visits(visits: usize) -> Self {
        let most_visits = visits.min(MAX_VISITS);
        Self {
            bytes: Cell::new(MAX_RESULT_BYTES),
            visits: Cell::new(most_visits),
            most_visits,
            is_exceeded: Cell::new(false),
        }
    }

    /// Whether an evaluation was stopped because too few visits were left, while a state may have more.
    pub(crate) fn could_do_with_more(&self) -> bool {
        self.is_exceeded.get() && !self.is_whole()
    }

    /// Whether it began with all that a state may do.
    pub(super) fn is_whole(&self) -> bool {
        self.most_visits == MAX_VISITS
    }

    /// Notes that an evaluation was stopped, which more visits might not have done.
    pub(super) fn exceed(&self) {
        self.is_exceeded.set(true);
    }

    /// The bytes charged so far.
    pub(super) fn spent_bytes(&self) -> usize {
        MAX_RESULT_BYTES.saturating_sub(self.bytes.get())
    }

    /// Charges the bytes of a value about to be copied into a result, `depth` levels down.
    ///
    /// Fails if the result would nest too deeply or grow too large.
    #[inline]
    pub(super) fn spend(&self, value: &Value, depth: usize) -> Result<(), Exceeded> {
        /// The longest text of a number.
        const NUMBER: usize = 24;
        if matches!(value, Value::Number(_)) {
            return self.spend_bytes(NUMBER);
        }
        if !nests_within(value, MAX_NESTING.saturating_sub(depth)) {
            return Err(Exceeded::Nesting);
        }
        self.spend_bytes(json_size(value))
    }

    /// Charges a value whose levels and bytes are known, like [`Self::spend`].
    pub(super) fn spend_measured(&self, levels: usize, bytes: usize, depth: usize) -> Result<(), Exceeded> {
        if levels > MAX_NESTING.saturating_sub(depth) {
            return Err(Exceeded::Nesting);
        }
        self.spend_bytes(bytes)
    }

    /// Charges this many bytes of a result. Fails if too few are left.
    #[inline]
    pub(super) fn spend_bytes(&self, bytes: usize) -> Result<(), Exceeded> {
        let left = self.bytes.get().checked_sub(bytes).ok_or(Exceeded::Size)?;
        self.bytes.set(left);
        Ok(())
    }

    /// Charges the bytes of a text about to be compared. Fails if too few visits are left.
    pub(crate) fn compare(&self, bytes: usize) -> Result<(), Exceeded> {
        self.visit(visits_of(bytes))
    }

    /// Charges for values about to be looked at. Fails if too few visits are left.
    pub(super) fn visit(&self, values: usize) -> Result<(), Exceeded> {
        let Some(left) = self.visits.get().checked_sub(values) else {
            self.exceed();
            return Err(Exceeded::Size);
        };
        self.visits.set(left);
        Ok(())
    }

    /// The visits that are left.
    pub(super) fn left(&self) -> usize {
        self.visits.get()
    }

    /// Charges work that is already done, even if it was more than the visits left.
    pub(super) fn use_up(&self, visits: usize) {
        self.visits.set(self.visits.get().saturating_sub(visits));
    }

    /// The time that the work so far takes at most, in visits.
    pub(crate) fn spent_visits(&self) -> usize {
        self.most_visits.saturating_sub(self.visits.get()) + visits_of(self.spent_bytes())
    }

    /// The work done so far, in units of one value looked at or 4 bytes copied.
    pub(crate) fn spent(&self) -> usize {
        self.most_visits.saturating_sub(self.visits.get()) + self.spent_bytes() / 4
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_NESTING, discard, nests_within, within_nesting};
    use serde_json::{Value, json};

    fn nested(depth: usize) -> Value {
        (0..depth).fold(Value::Null, |value, level| {
            if level % 2 == 0 {
                Value::Array(vec![value])
            } else {
                Value::Object([("a".to_owned(), value)].into_iter().collect())
            }
        })
    }

    #[test]
    fn scalars_do_not_nest() {
        assert!(nests_within(&json!("text"), 0));
        assert!(nests_within(&json!({ "a": [1] }), 2));
        assert!(!nests_within(&json!({ "a": [1] }), 1));
    }

    #[test]
    fn a_value_of_any_depth_can_be_dropped() {
        discard(nested(1_000_000));
        assert_eq!(within_nesting(nested(1_000_000)), None);
        assert_eq!(within_nesting(json!([{ "a": 1 }])), Some(json!([{ "a": 1 }])));
        assert!(within_nesting(nested(MAX_NESTING)).is_some());
        assert!(within_nesting(nested(MAX_NESTING + 1)).is_none());
    }
}
