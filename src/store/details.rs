//! Details of a history event without the name of their type, which its record has.

use std::borrow::Cow;

use crate::history::EventDetails;

/// Appends `{"name":…}` of `{"StateEntered":{"name":…}}`. Details that have nothing but their name become `null`.
pub(super) fn append_details(texts: &mut Vec<u8>, details: &EventDetails) {
    let begin = texts.len();
    // Writing to the memory cannot fail, and all keys are texts.
    let _ = serde_json::to_writer(&mut *texts, details);
    let inner = texts.get(begin..).and_then(|text| {
        let text = text.strip_prefix(br#"{""#)?;
        let text = text.strip_prefix(details.variant_name().as_bytes())?;
        text.strip_prefix(br#"":"#)
    });
    if let Some(inner) = inner {
        let name = texts.len() - begin - inner.len();
        texts.drain(begin..begin + name);
        texts.pop();
    } else {
        texts.truncate(begin);
        texts.extend_from_slice(b"null");
    }
}

/// The same with the name again. Earlier releases have not left it out.
pub(super) fn with_type<'a>(event_type: &str, details: &'a str) -> Cow<'a, str> {
    let of_states = ["StateEntered", "StateExited", "StateAborted"];
    let name = of_states.into_iter().find(|name| event_type.ends_with(name));
    let name = name.unwrap_or(event_type);
    let begins_with_name = || {
        let rest = details.strip_prefix(r#"{""#)?.strip_prefix(name)?;
        Some(rest.starts_with(r#"":"#))
    };
    if details.starts_with('"') || begins_with_name() == Some(true) {
        Cow::Borrowed(details)
    } else if details == "null" {
        Cow::Owned(format!(r#""{name}""#))
    } else {
        Cow::Owned(format!(r#"{{"{name}":{details}}}"#))
    }
}
