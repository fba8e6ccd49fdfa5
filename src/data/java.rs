//! The behaviour of Java's classes, as far as AWS's answers show it.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// `toString`: `{a=1, b=[x, null]}`.
pub(in crate::data) fn text(value: &Value) -> String {
    let mut text = String::new();
    append_text(&mut text, value);
    text
}

/// Appends [`text`].
pub(in crate::data) fn append_text(text: &mut String, value: &Value) {
    match value {
        Value::String(string) => text.push_str(string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { ", " } else { "" });
                append_text(text, item);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (index, (name, member)) in members.iter().enumerate() {
                let _infallible = write!(text, "{}{name}=", if index > 0 { ", " } else { "" });
                append_text(text, member);
            }
            text.push('}');
        }
        Value::Number(number) => {
            let _infallible = write!(text, "{number}");
        }
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Null => text.push_str("null"),
    }
}

/// `String.hashCode`: over UTF-16 units, in 32 bits.
pub(in crate::data) fn string_hash(text: &str) -> i32 {
    text.encode_utf16()
        .fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// Sorts items into the order in which a `java.util.HashMap` iterates them after they were put in one by one.
///
/// The table starts at 16 buckets and doubles when it is more than three quarters full. Items in one bucket keep their
/// order of insertion.
pub(in crate::data) fn hash_map_order<T>(items: Vec<T>, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let mut capacity = 16;
    while items.len() > capacity / 4 * 3 {
        capacity *= 2;
    }
    bucket_order(items, capacity, hash)
}

fn bucket_order<T>(mut items: Vec<T>, capacity: usize, hash: impl Fn(&T) -> i32) -> Vec<T> {
    items.sort_by_cached_key(|item| bucket(hash(item), capacity));
    items
}

fn bucket(hash: i32, capacity: usize) -> usize {
    let hash = hash.cast_unsigned();
    (hash ^ (hash >> 16)) as usize & (capacity - 1)
}

/// Sorts items into the order in which a `java.util.HashSet`, made from a collection of `size` items, iterates them.
pub(super) fn hash_set_order<T>(items: Vec<T>, size: usize, hash: impl Fn(&T) -> i32) -> Vec<T> {
    let capacity = (size * 4 / 3 + 1).max(16).next_power_of_two();
    bucket_order(items, capacity, hash)
}

/// `hashCode` of a value as plain Java objects: `Integer`, `Long`, `Double`, `String`, `List`, `Map`.
pub(super) fn hash(value: &Value) -> i32 {
    match value {
        Value::Null => 0,
        Value::Bool(true) => 1231,
        Value::Bool(false) => 1237,
        Value::Number(number) => number_hash(number),
        Value::String(text) => string_hash(text),
        Value::Array(items) => items
            .iter()
            .fold(1, |sum: i32, item| sum.wrapping_mul(31).wrapping_add(hash(item))),
        Value::Object(members) => members.iter().fold(0, |sum: i32, (name, member)| {
            sum.wrapping_add(string_hash(name) ^ hash(member))
        }),
    }
}

fn number_hash(number: &Number) -> i32 {
    if let Some(int) = number.as_i64().and_then(|whole| i32::try_from(whole).ok()) {
        return int;
    }
    if let Some(long) = number.as_i64() {
        let (high, low) = halves(long.cast_unsigned());
        return high ^ low;
    }
    if let Some(big) = number.as_u64() {
        // A `BigInteger`: its words, highest first, as digits of base 31.
        let (high, low) = halves(big);
        return high.wrapping_mul(31).wrapping_add(low);
    }
    let (high, low) = halves(number.as_f64().unwrap_or_default().to_bits());
    high ^ low
}

#[expect(clippy::cast_possible_truncation, reason = "each half is meant")]
fn halves(bits: u64) -> (i32, i32) {
    (((bits >> 32) as u32).cast_signed(), (bits as u32).cast_signed())
}

/// `java.util.Random`
pub(in crate::data) struct Random {
    state: u64,
}

impl Random {
    const MULTIPLIER: u64 = 0x5_DEEC_E66D;
    const MASK: u64 = (1 << 48) - 1;

    pub(in crate::data) fn new(seed: i64) -> Self {
        Self {
            state: (seed.cast_unsigned() ^ Self::MULTIPLIER) & Self::MASK,
        }
    }

    /// A number in `[0, bound)`; `bound` is above 0.
    pub(super) fn next_int(&mut self, bound: i32) -> i32 {
        let wide = i64::from(bound);
        loop {
            let bits = i64::from(self.next_31_bits());
            let number = if bound & (bound - 1) == 0 {
                (wide * bits) >> 31
            } else {
                bits % wide
            };
            // The highest draws do not fill a whole range of `bound`, so they are drawn again.
            if bits - number + (wide - 1) < 1 << 31 || bound & (bound - 1) == 0 {
                return i32::try_from(number).unwrap_or_default();
            }
        }
    }

    /// A number in `[0, 1)`.
    #[cfg(feature = "jsonata")]
    #[expect(clippy::cast_precision_loss, reason = "53 bits fit an f64 exactly")]
    pub(in crate::data) fn next_double(&mut self) -> f64 {
        let high = u64::from(self.next_bits(26)) << 27;
        (high + u64::from(self.next_bits(27))) as f64 / (1_u64 << 53) as f64
    }

    fn next_31_bits(&mut self) -> u32 {
        self.next_bits(31)
    }

    fn next_bits(&mut self, bits: u32) -> u32 {
        self.state = (self.state.wrapping_mul(Self::MULTIPLIER) + 0xB) & Self::MASK;
        u32::try_from(self.state >> (48 - bits)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Random, hash, hash_map_order, string_hash, text};
    use serde_json::json;

    fn ordered<'k>(keys: &[&'k str]) -> Vec<&'k str> {
        hash_map_order(keys.to_vec(), |key| string_hash(key))
    }

    #[test]
    fn keys_come_by_bucket() {
        assert_eq!(ordered(&["moon", "dust", "comet"]), ["moon", "comet", "dust"]);
        assert_eq!(ordered(&["sku", "quantity"]), ["quantity", "sku"]);
        assert_eq!(
            ordered(&["Aa", "BB", "b"]),
            ["Aa", "BB", "b"],
            "equal hashes stay as they came"
        );
    }

    /// The order in which a real JVM prints a `HashMap` of k0 to k12, which has grown to 32 buckets.
    #[test]
    fn a_full_table_doubles() {
        let keys: Vec<String> = (0..13).map(|number| format!("k{number}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        assert_eq!(
            ordered(&keys),
            [
                "k0", "k1", "k2", "k3", "k4", "k5", "k11", "k6", "k10", "k7", "k8", "k12", "k9"
            ]
        );
    }

    #[test]
    fn hashes() {
        assert_eq!(string_hash("hello"), 99_162_322);
        assert_eq!(string_hash("🍕"), 1_773_209);
        assert_eq!(hash(&json!([1, "a", null, true])), 1_047_760);
        assert_eq!(hash(&json!({ "a": 1.5, "b": -5_000_000_000_i64 })), 1_778_250_237);
        assert_eq!(hash(&json!(u64::MAX)), -32);
    }

    #[test]
    fn random_numbers() {
        assert_eq!(Random::new(3).next_int(50), 34);
        assert_eq!(Random::new(42).next_int(i32::MAX), 1_562_431_130);
        assert!((0..1_000).all(|seed| (0..(1 << 30) + 1).contains(&Random::new(seed).next_int((1 << 30) + 1))));
    }

    #[test]
    fn texts() {
        assert_eq!(
            text(&json!({ "a": [1, "x", null, {}], "b": 1.5 })),
            "{a=[1, x, null, {}], b=1.5}"
        );
    }
}
