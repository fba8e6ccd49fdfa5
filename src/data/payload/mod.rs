//! JSON data that travels from state to state.

mod deserialize;
mod parts;
mod piece;
#[cfg(test)]
mod tests;
mod whole;
mod write;

use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub(in crate::data) use self::parts::Parts;
pub(crate) use self::piece::Piece;
use self::whole::Whole;
use super::{JsonText, MAX_NESTING, discard, held_size, json_size};

/// JSON data that travels from state to state: shared until it is written to, and one pointer wide.
///
/// A large payload is shared part by part: a state that selects a part, or keeps all parts but one, copies pointers.
///
/// ```
/// use asl_engine::data::Payload;
/// use serde_json::json;
///
/// let order = Payload::from(json!({ "id": 7 }));
/// let same = order.clone(); // no copy
/// assert_eq!(same["id"], 7);
/// assert_eq!(same.to_text().as_str(), r#"{"id":7}"#);
/// ```
#[derive(Clone)]
pub struct Payload(Arc<Inner>);

/// INVARIANT: `whole` or `parts` is set; if both are, they are the same data.
struct Inner {
    /// The data as one value, put together from the parts once something asks for it.
    whole: Whole,
    /// The members or items as payloads of their own, taken from the whole once a large one of them is shared.
    parts: OnceLock<Box<Parts>>,
    /// INVARIANT: at least the bytes of the value's compact JSON text.
    ///
    /// The bound saves measuring the whole payload after every state: a write adds the size of the new data, and only a
    /// payload whose bound passes the limit is measured.
    bound: AtomicUsize,
    /// The levels of arrays and objects, or [`UNKNOWN`].
    nesting: AtomicU8,
    /// The compact JSON text, printed on the first request: a history shows the same data again and again.
    text: OnceLock<JsonText>,
}

impl Inner {
    #[inline]
    fn of(value: Value, bound: usize) -> Self {
        Self {
            whole: Whole::Given(value),
            parts: OnceLock::new(),
            bound: AtomicUsize::new(bound),
            nesting: AtomicU8::new(UNKNOWN),
            text: OnceLock::new(),
        }
    }

    /// Makes the whole into parts, unless there are parts already.
    fn take_apart(&mut self) {
        if let (Some(Value::Array(_) | Value::Object(_)), None) = (self.whole.get(), self.parts.get())
            && let Some(parts) = self.whole.take().and_then(Parts::of)
        {
            self.parts = OnceLock::from(Box::new(parts));
        }
    }
}

/// A nesting that is not counted yet.
const UNKNOWN: u8 = u8::MAX;

/// The fewest bytes for which sharing a part pays; smaller parts are copied.
const WORTH_SHARING: usize = 4 * 1024;

/// The fewest bytes of a member, on average, for which taking an object apart pays: each becomes a payload of its own.
const WORTH_TAKING_APART: usize = 512;

impl Payload {
    /// `{}`
    pub(crate) fn empty_object() -> Self {
        Self::with_bound(Value::Object(Map::new()), 2)
    }

    /// A value whose text has at most `bound` bytes.
    #[inline]
    pub(crate) fn with_bound(value: Value, bound: usize) -> Self {
        Self(Arc::new(Inner::of(value, bound)))
    }

    /// A value of which states will read parts: an object of large members is taken apart at once, without a copy.
    pub(crate) fn for_paths(value: Value) -> Self {
        let Value::Object(members) = value else {
            return Self::from(value);
        };
        let sizes: Vec<usize> = members.values().map(json_size).collect();
        let bytes: usize = sizes.iter().sum();
        if bytes < WORTH_SHARING.max(WORTH_TAKING_APART.saturating_mul(sizes.len())) {
            let bound = bytes + parts::around(members.keys());
            return Self::with_bound(Value::Object(members), bound);
        }
        let parts = members.into_iter().zip(sizes);
        let parts = parts.map(|((name, member), size)| (name, Self::with_bound(member, size)));
        Self::of_parts(Parts::Object(parts.collect()))
    }

    /// An object or array of these parts.
    pub(super) fn of_parts(parts: Parts) -> Self {
        Self(Arc::new(Inner {
            bound: AtomicUsize::new(parts.bound()),
            whole: Whole::default(),
            parts: OnceLock::from(Box::new(parts)),
            nesting: AtomicU8::new(UNKNOWN),
            text: OnceLock::new(),
        }))
    }

    /// The data as one value. It is put together on the first call if the payload is made of parts.
    #[inline]
    pub fn value(&self) -> &Value {
        match self.0.whole.get() {
            Some(value) => value,
            None => self.0.whole.get_or_init(|| self.put_together()),
        }
    }

    /// A copy of the data.
    pub fn to_value(&self) -> Value {
        self.0.whole.get().cloned().unwrap_or_else(|| self.put_together())
    }

    #[cold]
    fn put_together(&self) -> Value {
        self.0.parts.get().map_or(Value::Null, |parts| parts.to_value())
    }

    /// The parts, if the payload is made of parts.
    #[inline]
    pub(super) fn parts(&self) -> Option<&Parts> {
        self.0.parts.get().map(AsRef::as_ref)
    }

    /// The parts, if the payload was not put together yet.
    pub(super) fn only_parts(&self) -> Option<&Parts> {
        if self.0.whole.get().is_some() {
            None
        } else {
            self.parts()
        }
    }

    /// The parts; a whole is taken apart on the first call. A scalar has none.
    pub(super) fn split(&self) -> Option<&Parts> {
        if let (None, Some(whole)) = (self.0.parts.get(), self.0.whole.get()) {
            let parts = Parts::of(whole.clone())?;
            return Some(self.0.parts.get_or_init(|| Box::new(parts)));
        }
        self.parts()
    }

    /// Whether sharing the payload pays, rather than copying it.
    #[inline]
    pub(super) fn is_worth_sharing(&self) -> bool {
        self.bound() >= WORTH_SHARING
    }

    /// Whether a part of the whole is so much of it that taking it apart pays.
    pub(super) fn is_mostly(&self, part: &Value) -> bool {
        let size = match part {
            Value::String(text) => text.len(),
            Value::Array(_) | Value::Object(_) => json_size(part),
            _ => 0,
        };
        size >= WORTH_SHARING && size >= self.bound() / 4
    }

    /// The most bytes that the compact JSON text may have.
    #[inline]
    pub(crate) fn bound(&self) -> usize {
        self.0.bound.load(Ordering::Relaxed)
    }

    /// The address of the data: equal for payloads that share it.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The data, copied only if another payload shares it.
    #[inline]
    pub fn into_value(self) -> Value {
        match Arc::try_unwrap(self.0) {
            Ok(Inner { whole, parts, .. }) => match (whole.into_inner(), parts.into_inner()) {
                (Some(value), _) => value,
                (None, parts) => parts.map_or(Value::Null, |parts| parts.into_value()),
            },
            Err(shared) => Self(shared).to_value(),
        }
    }

    /// Whether arrays and objects nest at most `levels` deep.
    pub(super) fn nests_within(&self, levels: usize) -> bool {
        usize::from(self.nesting()) <= levels
    }

    /// Replaces data that nests deeper than [`MAX_NESTING`] by null; says whether it did.
    pub(crate) fn drop_if_deep(&mut self) -> bool {
        let is_too_deep = !self.nests_within(MAX_NESTING);
        if is_too_deep {
            // Not dropped as it is: dropping recurses.
            discard(std::mem::take(self).into_value());
        }
        is_too_deep
    }

    /// The levels of arrays and objects, counted on the first call; at most [`MAX_NESTING`] and one.
    pub(super) fn nesting(&self) -> u8 {
        let known = self.0.nesting.load(Ordering::Relaxed);
        if known != UNKNOWN {
            return known;
        }
        let nesting = match (self.0.parts.get(), self.0.whole.get()) {
            (Some(parts), _) => parts.iter().map(|part| part.nesting().saturating_add(1)).max(),
            (None, Some(value)) => Some(levels(value)),
            (None, None) => None,
        };
        let nesting = nesting.unwrap_or(1).min(DEEPEST);
        self.0.nesting.store(nesting, Ordering::Relaxed);
        nesting
    }

    /// An estimate of the bytes of memory that the data takes, besides what was `seen` before.
    pub(crate) fn held_size(&self, seen: &mut HashSet<usize>) -> usize {
        if !seen.insert(self.address()) {
            return 0;
        }
        let whole = self.0.whole.get().map_or(0, held_size);
        self.0.parts.get().map_or(whole, |parts| {
            let parts = parts.iter().map(|part| size_of::<Inner>() + part.held_size(seen));
            parts.fold(whole, usize::saturating_add)
        })
    }

    /// Whether the text has more than `limit` bytes; measures only if the bound does not decide it.
    #[inline]
    pub(crate) fn exceeds(&self, limit: usize) -> bool {
        self.bound() > limit && self.measure() > limit
    }

    /// The bytes of the compact JSON text.
    pub(crate) fn size(&self) -> usize {
        match self.0.whole.get() {
            Some(scalar) if !scalar.is_array() && !scalar.is_object() => json_size(scalar),
            _ => self.measure(),
        }
    }

    #[cold]
    fn measure(&self) -> usize {
        let size = match self.0.parts.get() {
            Some(parts) => {
                parts.iter().for_each(|part| {
                    part.measure();
                });
                parts.bound()
            }
            None => json_size(self.value()),
        };
        self.0.bound.store(size, Ordering::Relaxed);
        size
    }

    /// The compact JSON text, printed on the first call only.
    pub fn to_text(&self) -> JsonText {
        let print = || match (self.0.whole.get(), self.0.parts.get()) {
            (_, Some(parts)) => parts.to_text(),
            (whole, None) => JsonText::of(whole.unwrap_or(&Value::Null)),
        };
        self.0.text.get_or_init(print).clone()
    }
}

/// The most levels that are counted: one more than are allowed.
const DEEPEST: u8 = 113;
const _: () = assert!(MAX_NESTING < DEEPEST as usize && DEEPEST < UNKNOWN);

/// The levels of a value, or [`DEEPEST`].
fn levels(value: &Value) -> u8 {
    let mut deepest = 0;
    // Holds arrays and objects only, each with the levels around it.
    let mut pending = Vec::new();
    let mut next = Some((value, 0));
    while let Some((value, around)) = next {
        let mut take = |item| {
            if matches!(item, &(Value::Array(_) | Value::Object(_))) {
                pending.push((item, around + 1));
            }
        };
        match value {
            Value::Array(items) => items.iter().for_each(&mut take),
            Value::Object(members) => members.values().for_each(&mut take),
            _ => return 0,
        }
        deepest = deepest.max(around + 1);
        if deepest == DEEPEST {
            break;
        }
        next = pending.pop();
    }
    deepest
}

impl From<Value> for Payload {
    #[inline]
    fn from(value: Value) -> Self {
        let bound = json_size(&value);
        Self::with_bound(value, bound)
    }
}

/// `null`
impl Default for Payload {
    fn default() -> Self {
        Self::with_bound(Value::Null, 4)
    }
}

impl Deref for Payload {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.value()
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.value() == other.value()
    }
}

impl PartialEq<Value> for Payload {
    fn eq(&self, other: &Value) -> bool {
        self.value() == other
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl fmt::Display for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.only_parts() {
            Some(parts) => parts.serialize(serializer),
            None => self.value().serialize(serializer),
        }
    }
}

// Stored data may come from anywhere, so it is measured again.
impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}
