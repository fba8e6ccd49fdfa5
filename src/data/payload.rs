use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{JsonText, json_size};

/// JSON data that travels from state to state: one pointer wide, and copied only on write.
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

struct Inner {
    value: Value,
    /// INVARIANT: at least the bytes of the value's compact JSON text.
    ///
    /// The bound saves measuring the whole payload after every state. A payload that moves or shrinks keeps its bound,
    /// one that grows adds the size of the new part, and only a payload whose bound passes the limit is measured.
    bound: AtomicUsize,
    /// The compact JSON text, kept from the first call on: a history shows the same data again and again.
    text: OnceLock<JsonText>,
}

impl Payload {
    /// `{}`
    pub(crate) fn empty_object() -> Self {
        Self::with_bound(Value::Object(Map::new()), 2)
    }

    /// A value whose text has at most `bound` bytes.
    #[inline]
    pub(crate) fn with_bound(value: Value, bound: usize) -> Self {
        Self(Arc::new(Inner {
            value,
            bound: AtomicUsize::new(bound),
            text: OnceLock::new(),
        }))
    }

    /// The data.
    #[inline]
    pub fn value(&self) -> &Value {
        &self.0.value
    }

    /// The most bytes that the compact JSON text can have.
    #[inline]
    pub(crate) fn bound(&self) -> usize {
        // Relaxed, since every value ever stored is a valid bound.
        self.0.bound.load(Ordering::Relaxed)
    }

    /// The memory address of the data: equal for payloads that share it.
    pub(crate) fn address(&self) -> usize {
        Arc::as_ptr(&self.0).addr()
    }

    /// The data, copied only if another payload still shares it.
    #[inline]
    pub fn into_value(self) -> Value {
        match Arc::try_unwrap(self.0) {
            Ok(inner) => inner.value,
            Err(shared) => shared.value.clone(),
        }
    }

    /// Lets `write` change the value in place; copies it first only if another payload still shares it.
    ///
    /// `member` names the object's only member that changes, if there is just one. The text grows by at most `growth`
    /// bytes.
    #[inline]
    pub(crate) fn write<E>(
        &mut self,
        member: Option<&str>,
        growth: usize,
        write: impl FnOnce(&mut Value) -> Result<(), E>,
    ) -> Result<(), E> {
        let text = self.0.text.get();
        let cut = text.and_then(|text| text.cut_at(&self.0.value, member?));
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.text.take();
            write(&mut inner.value)?;
            let bound = inner.bound.get_mut();
            *bound = bound.saturating_add(growth);
        } else {
            let mut value = self.0.value.clone();
            let bound = self.bound().saturating_add(growth);
            write(&mut value)?;
            *self = Self::with_bound(value, bound);
        }
        if let (Some(cut), Value::Object(members)) = (cut, self.value())
            && let Some(text) = cut.text_of(members)
        {
            // INVARIANT: there is no text yet: it was just taken, or the payload is new.
            let _ = self.0.text.set(text);
        }
        Ok(())
    }

    /// Whether the text has more than `limit` bytes; measures only if the bound does not decide it.
    #[inline]
    pub(crate) fn exceeds(&self, limit: usize) -> bool {
        self.bound() > limit && self.measure() > limit
    }

    #[cold]
    fn measure(&self) -> usize {
        let size = json_size(&self.0.value);
        self.0.bound.store(size, Ordering::Relaxed);
        size
    }

    /// The compact JSON text, printed on the first call only.
    pub fn to_text(&self) -> JsonText {
        self.0.text.get_or_init(|| JsonText::of(&self.0.value)).clone()
    }
}

impl From<Value> for Payload {
    #[inline]
    fn from(value: Value) -> Self {
        let bound = json_size(&value);
        Self::with_bound(value, bound)
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
        self.value().serialize(serializer)
    }
}

// Stored data may come from anywhere, so it is measured again.
impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::Payload;
    use serde_json::{Value, json};

    fn set(payload: &mut Payload, name: &str, value: Value) {
        let growth = name.len() + value.to_string().len() + 4;
        let written: Result<(), ()> = payload.write(Some(name), growth, |target| {
            target[name] = value;
            Ok(())
        });
        written.unwrap();
    }

    #[test]
    fn a_write_changes_nobody_elses_data() {
        let mut mine = Payload::from(json!({ "id": 7 }));
        let theirs = mine.clone();
        set(&mut mine, "paid", json!(true));
        assert_eq!(theirs, json!({ "id": 7 }));
        assert_eq!(mine, json!({ "id": 7, "paid": true }));
    }

    #[test]
    fn the_text_is_never_an_old_one() {
        let mut payload = Payload::from(json!({ "id": 7 }));
        assert_eq!(payload.to_text().as_str(), r#"{"id":7}"#);
        set(&mut payload, "id", json!(8));
        assert_eq!(payload.to_text().as_str(), r#"{"id":8}"#);
    }

    #[test]
    fn a_bound_that_passes_the_limit_is_measured() {
        let mut payload = Payload::from(json!({ "id": 7 }));
        for round in 0..1_000 {
            set(&mut payload, "id", json!(round));
        }
        assert!(payload.bound() > 1_000);
        assert!(!payload.exceeds(100));
        assert_eq!(payload.bound(), r#"{"id":999}"#.len());
        assert!(payload.exceeds(5));
    }
}
