//! Texts of values, in formats that every later release reads.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::store::{StoreError, StoreErrorKind};

/// The format of everything that this release writes.
pub(super) const FORMAT: u32 = 1;

/// The deepest nesting of a text: payloads nest within [`MAX_NESTING`](crate::data::MAX_NESTING), and snapshots eight levels
/// deeper for each distributed Map inside another. Deeper texts are not ours, and would overflow the stack.
const DEEPEST: usize = 1_000;

/// The bytes that a text begins with: an entry seldom has more.
const ENTRY: usize = 192;

/// The text of a document of a service above, in the format of this release.
pub(crate) fn written_text(content: &impl Serialize) -> String {
    written(&(FORMAT, content))
}

/// What [`written_text`] has written. `what` names it in errors.
pub(crate) fn read_text<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    let (_, content): (u32, T) = read(text, what)?;
    Ok(content)
}

pub(super) fn written(value: &impl Serialize) -> String {
    written_within(ENTRY, value)
}

/// The text of a value that has about so many bytes.
///
/// Nothing that is written here can fail: all keys are texts, and nothing nests without bounds.
pub(super) fn written_within(bytes: usize, value: &impl Serialize) -> String {
    let mut text = Vec::with_capacity(bytes);
    let _ = serde_json::to_writer(&mut text, value);
    String::from_utf8(text).unwrap_or_default()
}

/// Reads an array that begins with its format.
pub(super) fn read<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    let format = text.strip_prefix('[').and_then(|rest| rest.split(',').next());
    match format.and_then(|format| format.parse::<u32>().ok()) {
        Some(FORMAT) => parsed(text, what),
        Some(newer) if newer > FORMAT => {
            let message =
                format!("{what} is in format {newer}; this release reads formats up to {FORMAT}: use a newer one");
            Err(StoreError::new(StoreErrorKind::NewerFormat, message))
        }
        _ => Err(damaged(what, "it has no format")),
    }
}

pub(super) fn parsed<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    if !is_flat_enough(text) {
        return Err(damaged(what, format!("it nests deeper than {DEEPEST} levels")));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    // A payload may nest as deep as the parser reads by default, and what is around it comes on top.
    deserializer.disable_recursion_limit();
    let value = T::deserialize(&mut deserializer).map_err(|error| damaged(what, error))?;
    deserializer.end().map_err(|error| damaged(what, error))?;
    Ok(value)
}

fn is_flat_enough(text: &str) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    text.bytes().all(|byte| {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth <= DEEPEST
    })
}

pub(super) fn damaged(what: &str, problem: impl std::fmt::Display) -> StoreError {
    StoreError::new(
        StoreErrorKind::Damaged,
        format!("{what} cannot be read from the store: {problem}"),
    )
}
