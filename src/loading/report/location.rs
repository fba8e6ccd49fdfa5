//! Formats the path to a value as AWS's `location` and as a JSON Pointer.

use crate::data::json::Step;

/// The most characters of a name that a location or pointer shows.
const MAX_NAME: usize = 256;

/// `/States/Order/Choices[0]/Next`, as AWS writes it.
pub(super) fn location(steps: &[Step<'_>]) -> String {
    let mut location = String::new();
    for step in steps {
        match step {
            Step::Key(key) => {
                location.push('/');
                push_name(&mut location, key, |c| c.to_string());
            }
            Step::Index(index) => {
                location.push('[');
                location.push_str(&index.to_string());
                location.push(']');
            }
        }
    }
    if location.is_empty() { "/".to_owned() } else { location }
}

/// `/States/Order/Choices/0/Next` (RFC 6901).
pub(super) fn pointer(steps: &[Step<'_>]) -> String {
    let mut pointer = String::new();
    for step in steps {
        pointer.push('/');
        match step {
            Step::Key(key) => push_name(&mut pointer, key, |c| match c {
                '~' => "~0".to_owned(),
                '/' => "~1".to_owned(),
                c => c.to_string(),
            }),
            Step::Index(index) => pointer.push_str(&index.to_string()),
        }
    }
    pointer
}

fn push_name(path: &mut String, name: &str, escape: fn(char) -> String) {
    for c in name.chars().take(MAX_NAME) {
        path.push_str(&escape(c));
    }
    if name.chars().nth(MAX_NAME).is_some() {
        path.push('…');
    }
}
