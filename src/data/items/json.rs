use serde_json::Value;

use super::{Items, ItemsError, pair, parsed};

/// How many times the bytes of its text a document may take in memory, as `[1,1,1]` does. The whole document is held at
/// once.
const GROWTH: usize = 16;

/// Adds the elements of an array, or the members of an object.
pub(super) fn read(text: &str, pointer: Option<&str>, items: &mut Items) -> Result<(), ItemsError> {
    let limit = items.limits.bytes;
    if text.len().saturating_mul(GROWTH) > limit {
        return Err(ItemsError::TooLarge { limit });
    }
    let mut document = parsed(text, 1)?;
    let found = match pointer {
        None => document,
        Some(pointer) => {
            let found = document.pointer_mut(pointer).ok_or(ItemsError::NothingAtPointer)?;
            found.take()
        }
    };
    match found {
        Value::Array(elements) => {
            for element in elements {
                if items.is_full() {
                    break;
                }
                items.push(element)?;
            }
        }
        Value::Object(members) => {
            items.read.are_pairs = true;
            for (key, value) in members {
                if items.is_full() {
                    break;
                }
                items.push(pair(key, value))?;
            }
        }
        _ => return Err(ItemsError::NotIterable),
    }
    Ok(())
}

/// Adds an item for each line that is not blank.
pub(super) fn read_lines(text: &str, items: &mut Items) -> Result<(), ItemsError> {
    for (i, line) in text.lines().enumerate() {
        if items.is_full() {
            break;
        }
        if !line.trim().is_empty() {
            items.push(parsed(line, i + 1)?)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::data::{ItemFormat, ItemLimits};
    use serde_json::json;

    const LIMITS: ItemLimits = ItemLimits {
        items: 100,
        bytes: 10_000,
    };

    fn cause(format: &ItemFormat, text: &str) -> String {
        format.read(text, LIMITS).unwrap_err().to_string()
    }

    #[test]
    fn members_of_an_object_are_pairs() {
        let format = ItemFormat::Json { pointer: None };
        assert_eq!(
            format.read(r#"{ "a": 1, "b": [2] }"#, LIMITS).unwrap().items,
            [json!({ "Key": "a", "Value": 1 }), json!({ "Key": "b", "Value": [2] })]
        );
    }

    #[test]
    fn what_holds_no_items_says_so_as_aws_does() {
        let whole = ItemFormat::Json { pointer: None };
        assert_eq!(cause(&whole, "7"), "Attempting to map over non-iterable node.");
        let pointed = ItemFormat::Json {
            pointer: Some("/orders/open".into()),
        };
        assert_eq!(
            cause(&pointed, r#"{ "orders": [] }"#),
            "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure."
        );
        assert!(cause(&whole, "[1,").starts_with("The object is no valid JSON: line 1: EOF"));
        let document = cause(&whole, "[\n1,\n}]");
        assert_eq!(
            document,
            "The object is no valid JSON: line 3: expected value (column 1)"
        );
        let lines = cause(&ItemFormat::JsonLines, "{}\n\nno\n");
        assert!(
            lines.starts_with("The object is no valid JSON: line 3: expected"),
            "{lines}"
        );
    }

    #[test]
    fn nesting_and_size_are_bounded() {
        let whole = ItemFormat::Json { pointer: None };
        assert!(cause(&whole, &"[".repeat(500)).contains("recursion limit"));
        let long = format!("[{}1]", "1,".repeat(500));
        assert_eq!(
            cause(&whole, &long),
            "The items take more memory than the limit of 10000 bytes."
        );
    }
}
