mod cut;

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// The compact JSON text of some data, shared by every copy.
///
/// If a state changes little of some large data, the new text shares everything before the change with the old text, so
/// a history of such states holds the data once. The whole text is assembled when it is first read. The text of small
/// data is copied, all but the member that changes.
#[derive(Clone)]
pub struct JsonText(Form);

#[derive(Clone)]
enum Form {
    Whole(Arc<str>),
    Changed(Arc<Changed>),
    Joined(Arc<Joined>),
}

/// The beginning of another text, followed by a new end.
struct Changed {
    base: Arc<str>,
    /// INVARIANT: a character boundary of `base`.
    kept: usize,
    end: Box<str>,
    whole: OnceLock<Box<str>>,
}

/// Texts of other data, with text of its own before, between and after them.
struct Joined {
    own: Box<str>,
    /// INVARIANT: in order, each with a character boundary of `own` where it is inserted.
    texts: Box<[(usize, JsonText)]>,
    length: usize,
    whole: OnceLock<Box<str>>,
}

/// A text that is being put together.
#[derive(Default)]
pub(super) struct Joining {
    own: String,
    texts: Vec<(usize, JsonText)>,
}

/// The fewest bytes of a text for which sharing pays; a shorter text is copied.
pub(super) const WORTH_SHARING: usize = 1024;

impl JsonText {
    /// Prints a value.
    pub(super) fn of(value: &Value) -> Self {
        // `Value`'s own `Display` goes through a formatter, at twice the cost; writing a `Value` to memory cannot fail.
        Self(Form::Whole(serde_json::to_string(value).unwrap_or_default().into()))
    }

    /// The whole text.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Whole(text) => text,
            Form::Changed(changed) => changed.whole.get_or_init(|| changed.put_together()),
            Form::Joined(joined) => joined.whole.get_or_init(|| joined.put_together()),
        }
    }

    fn append_to(&self, text: &mut String) {
        match &self.0 {
            Form::Joined(joined) if joined.whole.get().is_none() => joined.append_to(text),
            _ => text.push_str(self.as_str()),
        }
    }

    /// The memory address of the text: equal for texts that share it.
    pub(crate) fn address(&self) -> usize {
        match &self.0 {
            Form::Whole(text) => Arc::as_ptr(text).addr(),
            Form::Changed(changed) => Arc::as_ptr(changed).addr(),
            Form::Joined(joined) => Arc::as_ptr(joined).addr(),
        }
    }

    /// The bytes that this text does not share with another, while its data is still there.
    pub(crate) fn own_bytes(&self) -> usize {
        match &self.0 {
            Form::Whole(text) => text.len(),
            Form::Changed(changed) => changed.end.len(),
            Form::Joined(joined) => {
                let parts = joined.texts.iter().filter(|(_, part)| !part.is_shared());
                joined.own.len() + parts.map(|(_, part)| part.own_bytes()).sum::<usize>()
            }
        }
    }

    /// Whether another text than one, besides the data that it is of, has it as a part.
    fn is_shared(&self) -> bool {
        let holders = match &self.0 {
            Form::Whole(text) => Arc::strong_count(text),
            Form::Changed(changed) => Arc::strong_count(changed),
            Form::Joined(joined) => Arc::strong_count(joined),
        };
        holders > 2
    }

    fn length(&self) -> usize {
        match &self.0 {
            Form::Whole(text) => text.len(),
            Form::Changed(changed) => changed.kept + changed.end.len(),
            Form::Joined(joined) => joined.length,
        }
    }

    /// The first `kept` bytes of this text, followed by `end`.
    fn changed(&self, kept: usize, end: String) -> Option<Self> {
        let (base, kept, end) = match &self.0 {
            Form::Whole(text) => (text, kept, end),
            Form::Changed(before) if kept <= before.kept => (&before.base, kept, end),
            Form::Changed(before) => {
                let stays = before.end.get(..kept - before.kept)?;
                (&before.base, before.kept, format!("{stays}{end}"))
            }
            Form::Joined(_) => return None,
        };
        let changed = Changed {
            base: Arc::clone(base),
            kept,
            end: end.into(),
            whole: OnceLock::new(),
        };
        base.is_char_boundary(kept)
            .then(|| Self(Form::Changed(Arc::new(changed))))
    }
}

impl Joining {
    pub(super) fn push_str(&mut self, text: &str) {
        self.own.push_str(text);
    }

    /// Adds a text that is shared, not copied.
    pub(super) fn push_shared(&mut self, text: JsonText) {
        self.texts.push((self.own.len(), text));
    }

    pub(super) fn finish(self) -> JsonText {
        if self.texts.is_empty() {
            return JsonText::from(self.own);
        }
        let others: usize = self.texts.iter().map(|(_, text)| text.length()).sum();
        JsonText(Form::Joined(Arc::new(Joined {
            length: self.own.len() + others,
            own: self.own.into(),
            texts: self.texts.into(),
            whole: OnceLock::new(),
        })))
    }
}

impl Joined {
    fn put_together(&self) -> Box<str> {
        let mut text = String::with_capacity(self.length);
        self.append_to(&mut text);
        text.into()
    }

    fn append_to(&self, text: &mut String) {
        let mut from = 0;
        for (place, other) in &self.texts {
            text.push_str(self.own.get(from..*place).unwrap_or_default());
            other.append_to(text);
            from = *place;
        }
        text.push_str(self.own.get(from..).unwrap_or_default());
    }
}

impl Changed {
    fn put_together(&self) -> Box<str> {
        let begin = self.base.get(..self.kept).unwrap_or_default();
        [begin, &self.end].concat().into()
    }
}

impl Default for JsonText {
    fn default() -> Self {
        Self::from("")
    }
}

impl From<&str> for JsonText {
    fn from(text: &str) -> Self {
        Self(Form::Whole(text.into()))
    }
}

impl From<String> for JsonText {
    fn from(text: String) -> Self {
        Self(Form::Whole(text.into()))
    }
}

impl Deref for JsonText {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for JsonText {}

impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

impl fmt::Display for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::JsonText;
    use crate::data::Payload;

    /// Sets members one after the other, and returns the text after each.
    fn written(mut data: Value, writes: &[(&str, Value)]) -> Vec<JsonText> {
        let mut payload = Payload::from(data.clone());
        let mut texts = vec![payload.to_text()];
        for (name, value) in writes {
            data[name] = value.clone();
            let written: Result<(), ()> = payload.write(Some(name), 100_000, |target| {
                target[name] = value.clone();
                Ok(())
            });
            written.unwrap();
            texts.push(payload.to_text());
        }
        assert_eq!(payload, data);
        assert_eq!(payload.to_text().as_str(), data.to_string());
        texts
    }

    fn large() -> Value {
        json!({ "rows": ["ü\"".repeat(1_000)], "last \n": { "a": [1, 2] } })
    }

    #[test]
    fn a_change_near_the_end_shares_the_beginning() {
        let texts = written(
            large(),
            &[
                ("n", json!(1)),
                ("n", json!("zwei")),
                ("last \n", json!({})),
                ("m", json!([true])),
                ("n", json!(null)),
                ("m", json!({ "deep": "é" })),
            ],
        );
        assert!(texts.iter().skip(1).all(|text| text.own_bytes() < 60));
        // Texts that were returned before do not change.
        let numbers: Vec<Value> = texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
        assert_eq!(numbers[1]["n"], 1);
        assert_eq!(numbers[2]["n"], "zwei");
        assert_eq!(numbers[6]["n"], Value::Null);
    }

    #[test]
    fn what_is_mostly_new_or_small_is_printed_anew() {
        for (data, writes) in [
            (json!({ "a": 1 }), vec![("a", json!(2)), ("b", json!(3))]),
            (json!({}), vec![("a", json!(2))]),
            (large(), vec![("rows", json!([]))]),
            (large(), vec![("n", json!("x".repeat(10_000))), ("n", json!(1))]),
        ] {
            for text in written(data, &writes) {
                assert_eq!(text.own_bytes(), text.as_str().len());
            }
        }
    }

    #[test]
    fn whatever_is_written_the_text_is_the_values() {
        let random = crate::data::Random::seeded(11);
        let pick = |n: u64| usize::try_from(random.below(n)).unwrap();
        for _ in 0..200 {
            let (most, length) = [(900, 1_500), (9, 3)][pick(2)];
            let data = json!({ "a": "x".repeat(length), "b": pick(9), "c": "é".repeat(pick(most)), "d": [] });
            let writes: Vec<(&str, Value)> = (0..6)
                .map(|_| {
                    let name = ["a", "b", "c", "d", "e", "f\u{7f}"][pick(6)];
                    let text = "é\n".repeat(pick([900, 9][pick(2)]));
                    let value = [json!(pick(1_000)), json!(text), json!({ "k": [null] })];
                    (name, value[pick(3)].clone())
                })
                .collect();
            written(data, &writes);
        }
    }
}
