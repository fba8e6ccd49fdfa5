//! Writes into payloads: what is shared stays as it is, and a large payload keeps all parts but those on the way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use serde_json::Value;

use super::{Inner, Parts, Payload, UNKNOWN, WORTH_SHARING};

impl Payload {
    /// Writes a part below the names, creating the objects on the way. The text grows by no more than `growth`.
    ///
    /// The caller has made sure that the names meet objects or nothing.
    pub(in crate::data) fn put(&mut self, names: &[&str], part: Self, growth: usize) {
        let bound = self.bound().saturating_add(growth);
        if let [name, below @ ..] = names
            && let Some(Parts::Object(members)) = self.parts_mut(&part)
        {
            match (below, members.get_mut(*name)) {
                ([], Some(member)) => *member = part,
                ([], None) => drop(members.insert((*name).to_owned(), part)),
                (below, Some(member)) => member.put(below, part, growth),
                (below, None) => {
                    let mut member = Self::empty_object();
                    member.put(below, part, growth);
                    members.insert((*name).to_owned(), member);
                }
            }
            self.0.bound.store(bound, Ordering::Relaxed);
            return;
        }
        let _infallible: Result<(), std::convert::Infallible> = self.write(names.first().copied(), growth, |target| {
            let mut place = target;
            for name in names {
                if !place.is_object() {
                    *place = Value::Object(serde_json::Map::new());
                }
                place = &mut place[*name];
            }
            *place = part.into_value();
            Ok(())
        });
    }

    /// Whether writing this part makes or keeps the payload one of parts.
    pub(in crate::data) fn takes_parts(&self, part: &Self) -> bool {
        let is_shared = |payload: &Self| Arc::strong_count(&payload.0) > 1 && payload.bound() >= WORTH_SHARING;
        let is_object = || self.0.whole.get().is_some_and(Value::is_object);
        matches!(self.parts(), Some(Parts::Object(_))) || ((is_shared(self) || is_shared(part)) && is_object())
    }

    /// The parts, no longer shared, if writing `part` is to make or keep the payload one of parts.
    fn parts_mut(&mut self, part: &Self) -> Option<&mut Parts> {
        if !self.takes_parts(part) {
            return None;
        }
        if Arc::get_mut(&mut self.0).is_none() {
            let parts = self.split()?.clone();
            *self = Self::of_parts(parts);
        }
        let inner = Arc::get_mut(&mut self.0)?;
        inner.text.take();
        inner.nesting = AtomicU8::new(UNKNOWN);
        inner.take_apart();
        inner.whole.take();
        inner.parts.get_mut().map(AsMut::as_mut)
    }

    /// Lets `write` change the value in place, copied first only if another payload shares it.
    ///
    /// `member` is the only member that changes, if the value is an object. The text grows by no more than `growth`.
    #[inline]
    pub(crate) fn write<E>(
        &mut self,
        member: Option<&str>,
        growth: usize,
        write: impl FnOnce(&mut Value) -> Result<(), E>,
    ) -> Result<(), E> {
        let text = self.0.text.get();
        let cut = text.and_then(|text| text.cut_at(self.value(), member?));
        let bound = self.bound().saturating_add(growth);
        match Arc::get_mut(&mut self.0) {
            Some(Inner {
                whole,
                parts,
                nesting,
                text,
                bound: known,
            }) if whole.get().is_some() => {
                text.take();
                parts.take();
                *nesting = AtomicU8::new(UNKNOWN);
                if let Some(value) = whole.get_mut() {
                    write(value)?;
                }
                *known.get_mut() = bound;
            }
            _ => {
                let mut value = self.to_value();
                write(&mut value)?;
                *self = Self::with_bound(value, bound);
            }
        }
        if let (Some(cut), Value::Object(members)) = (cut, self.value())
            && let Some(text) = cut.text_of(members)
        {
            // INVARIANT: there is no text yet: it was just taken, or the payload is new.
            let _ = self.0.text.set(text);
        }
        Ok(())
    }
}
