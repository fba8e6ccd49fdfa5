//! The Java classes whose behaviour shows through AWS's answers.

use std::fmt::Write as _;

use serde_json::Value;

/// `toString`: `{a=1, b=[x, null]}`.
pub(in crate::data) fn text(value: &Value) -> String {
    let mut text = String::new();
    append_text(&mut text, value);
    text
}

fn append_text(text: &mut String, value: &Value) {
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
        Value::Null | Value::Bool(_) | Value::Number(_) => {
            let _infallible = write!(text, "{value}");
        }
    }
}

/// `String.hashCode`: over UTF-16 units, in 32 bits.
pub(in crate::data) fn string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| {
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    })
}

/// Sorts items as `java.util.HashMap` iterates them once they were put in one by one.
///
/// The table starts at 16 buckets and doubles when it is more than three quarters full; within a bucket, order is that
/// of insertion.
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
