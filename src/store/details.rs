//! Details of a history event without the name of their type, which its record has.

use std::borrow::Cow;

/// `{"name":…}` of `{"StateEntered":{"name":…}}`. Details that have nothing but their name become `null`.
pub(super) fn without_type(mut text: String, name: &str) -> String {
    let before = format!(r#"{{"{name}":"#);
    if !text.starts_with(&before) {
        return "null".to_owned();
    }
    text.pop();
    text.drain(..before.len());
    text
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
