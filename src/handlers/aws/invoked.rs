//! What `apigateway:invoke` and `http:invoke` have in common: their methods, and results that pass on what the other side
//! answered.

use http::{Method, StatusCode};
use serde_json::{Map, Value, json};

use super::connection::Answer;
use super::headers::{by_name, spelt};
use crate::data::json_value;

/// The methods that a task may call.
pub(super) const METHODS: [Method; 7] = [
    Method::GET,
    Method::POST,
    Method::PUT,
    Method::DELETE,
    Method::PATCH,
    Method::HEAD,
    Method::OPTIONS,
];

/// The result in an answer: a body that is no JSON is a text.
pub(super) fn result(answer: &Answer) -> Value {
    let mut headers = Map::new();
    for (name, value) in &answer.headers {
        let values = headers.entry(spelt(name)).or_insert_with(|| json!([]));
        if let (Value::Array(values), Ok(value)) = (values, value.to_str()) {
            values.push(value.into());
        }
    }
    let text = text(answer);
    let body = json_value(&text).unwrap_or_else(|_| Value::from(text));
    json!({
        "Headers": by_name(headers),
        "ResponseBody": body,
        "StatusCode": answer.status,
        "StatusText": status_text(answer),
    })
}

/// The body as a text.
pub(super) fn text(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// `Not Found`; empty for a status without a name.
pub(super) fn status_text(answer: &Answer) -> &'static str {
    let status = StatusCode::from_u16(answer.status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or_default()
}
