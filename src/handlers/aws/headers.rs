//! The headers of answers, in results.

use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value, json};

/// Headers that AWS spells otherwise than with a capital at the beginning of each word (recorded).
const SPELT: [(&str, &str); 8] = [
    ("etag", "ETag"),
    ("x-amz-cf-id", "X-Amz-Cf-Id"),
    ("x-amz-cf-pop", "X-Amz-Cf-Pop"),
    ("x-amz-executed-version", "X-Amz-Executed-Version"),
    ("x-amz-log-result", "X-Amz-Log-Result"),
    ("x-amzn-remapped-content-length", "x-amzn-Remapped-Content-Length"),
    ("x-amzn-requestid", "x-amzn-RequestId"),
    ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
];

/// A header's name in a result.
///
/// DIFFERENCE: AWS has the letters that were sent. The client of HTTP used here does not keep them, so the names have those
/// that AWS and most servers send.
pub(super) fn spelt(name: &HeaderName) -> String {
    let name = name.as_str();
    if let Some((_, spelt)) = SPELT.iter().find(|(small, _)| *small == name) {
        return (*spelt).to_owned();
    }
    if name.starts_with("x-amz") {
        return name.to_owned();
    }
    let mut is_first = true;
    let letters = name.chars().map(|letter| {
        let letter = if is_first { letter.to_ascii_uppercase() } else { letter };
        is_first = letter == '-';
        letter
    });
    letters.collect()
}

/// Entries in the order of their names, small and capital letters alike (recorded).
pub(super) fn by_name(headers: Map<String, Value>) -> Map<String, Value> {
    let mut entries: Vec<_> = headers.into_iter().collect();
    entries.sort_by_cached_key(|(name, _)| name.to_ascii_lowercase());
    entries.into_iter().collect()
}

/// `SdkHttpMetadata` of a result.
pub(super) fn metadata(headers: &HeaderMap, status: u16) -> Value {
    let (mut all, mut one) = (Map::new(), Map::new());
    for (name, value) in headers {
        let Ok(value) = value.to_str() else { continue };
        one.entry(spelt(name)).or_insert_with(|| value.into());
        if let Value::Array(values) = all.entry(spelt(name)).or_insert_with(|| json!([])) {
            values.push(value.into());
        }
    }
    json!({ "AllHttpHeaders": all, "HttpHeaders": by_name(one), "HttpStatusCode": status })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_aws_spells_them() {
        for name in [
            "Connection",
            "Content-Length",
            "ETag",
            "Via",
            "x-amz-apigw-id",
            "X-Amz-Cf-Pop",
            "x-amz-crc32",
            "x-amzn-RequestId",
            "X-Amzn-Trace-Id",
            "X-Cache",
        ] {
            assert_eq!(spelt(&name.parse().unwrap()), name);
        }
    }
}
