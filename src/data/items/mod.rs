//! Reads the items of a Distributed Map from an S3 object (developer guide, "`ItemReader`").

mod csv;
mod json;

use serde_json::{Map, Value};
use std::fmt;

use super::{MAX_NESTING, held_size, json_value, nests_within};

pub use self::csv::CsvFormat;

/// The format of an object's items (`ReaderConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ItemFormat {
    /// `"InputType": "CSV"`: an item for each row except the headers; all its values are texts.
    Csv(CsvFormat),
    /// `"InputType": "JSON"`: the elements of an array, or the members of an object.
    Json {
        /// `ItemsPointer`: a JSON Pointer to the array or object; `None` if that is the whole document.
        pointer: Option<String>,
    },
    /// `"InputType": "JSONL"`: an item on each line.
    JsonLines,
    /// `"InputType": "PARQUET"`, which is not read here: its Map fails.
    Parquet,
    /// A manifest of objects, which is not read here: its Map fails.
    Manifest,
}

/// Why an object's items cannot be read; prints as the cause of `States.ItemReaderFailed`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum ItemsError {
    /// Two columns have the same name.
    DuplicateHeaders,
    /// The document, or the value at `ItemsPointer`, is neither an array nor an object.
    NotIterable,
    /// `ItemsPointer` does not match any value.
    NothingAtPointer,
    /// The document, or a line of it, is not JSON.
    NotJson {
        /// The line in the object, counted from 1.
        line: usize,
        /// What is wrong with the line.
        problem: String,
    },
    /// The object has a format that is not read here.
    NotRead {
        /// The format.
        format: &'static str,
    },
    /// The items would take more memory than the limits allow.
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
}

impl fmt::Display for ItemsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateHeaders => f.write_str("CSV headers cannot contain duplicates."),
            Self::NotIterable => f.write_str("Attempting to map over non-iterable node."),
            Self::NothingAtPointer => f.write_str(
                "The provided ReaderConfig.ItemsPointer does not match any valid path in the JSON structure.",
            ),
            Self::NotJson { line, problem } => write!(f, "The object is no valid JSON: line {line}: {problem}"),
            Self::NotRead { format } => write!(f, "{format} is not read here."),
            Self::TooLarge { limit } => write!(f, "The items take more memory than the limit of {limit} bytes."),
        }
    }
}

impl std::error::Error for ItemsError {}

/// The items of an object.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub(crate) struct ReadItems {
    /// The items, in the order of the object.
    pub(crate) items: Vec<Value>,
    /// Whether the items are the members of a JSON object, each as `{"Key": …, "Value": …}`.
    pub(crate) are_pairs: bool,
}

/// Limits of the items read, since a small file can hold many large items.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ItemLimits {
    /// The most items. Reading stops there, without an error.
    pub(crate) items: usize,
    /// The most bytes of memory, by an estimate. More is an error.
    pub(crate) bytes: usize,
}

impl ItemFormat {
    /// Reads the items from the text of an object.
    ///
    /// Fails with an [`ItemsError`] if the text does not have this format, or the items take more than `limits.bytes`.
    /// More items than `limits.items` are ignored.
    pub(crate) fn read(&self, text: &str, limits: ItemLimits) -> Result<ReadItems, ItemsError> {
        // A byte order mark belongs neither to the first header nor to JSON.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut items = Items {
            limits,
            read: ReadItems::default(),
            bytes: 0,
        };
        match self {
            Self::Csv(format) => csv::read(text, format, &mut items)?,
            Self::Json { pointer } => json::read(text, pointer.as_deref(), &mut items)?,
            Self::JsonLines => json::read_lines(text, &mut items)?,
            Self::Parquet => return Err(ItemsError::NotRead { format: "Parquet" }),
            Self::Manifest => return Err(ItemsError::NotRead { format: "A manifest" }),
        }
        Ok(items.read)
    }
}

/// The items read so far.
struct Items {
    limits: ItemLimits,
    read: ReadItems,
    bytes: usize,
}

impl Items {
    fn is_full(&self) -> bool {
        self.read.items.len() >= self.limits.items
    }

    fn push(&mut self, item: Value) -> Result<(), ItemsError> {
        self.bytes = self.bytes.saturating_add(held_size(&item));
        self.read.items.push(item);
        if self.bytes > self.limits.bytes {
            let limit = self.limits.bytes;
            return Err(ItemsError::TooLarge { limit });
        }
        Ok(())
    }
}

/// The item for a member of an object.
pub(crate) fn pair(key: String, value: Value) -> Value {
    let mut pair = Map::with_capacity(2);
    pair.insert("Key".into(), key.into());
    pair.insert("Value".into(), value);
    Value::Object(pair)
}

/// Parses the JSON of a text that begins on this line of the object.
fn parsed(text: &str, line: usize) -> Result<Value, ItemsError> {
    let not_json = |problem: String| ItemsError::NotJson { line, problem };
    let value: Value = json_value(text).map_err(|error| {
        // `serde_json` counts lines in the text, we count them in the object.
        let printed = error.to_string();
        let problem = printed.split(" at line ").next().unwrap_or_default();
        ItemsError::NotJson {
            line: line + error.line().saturating_sub(1),
            problem: format!("{problem} (column {})", error.column()),
        }
    })?;
    if nests_within(&value, MAX_NESTING) {
        Ok(value)
    } else {
        Err(not_json(format!(
            "it nests deeper than {MAX_NESTING} arrays and objects"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::{CsvFormat, ItemFormat, ItemLimits};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn items_are_read_up_to_the_limit() {
        let limits = ItemLimits {
            items: 2,
            bytes: 1_000_000,
        };
        let read = |format: ItemFormat, text| format.read(text, limits).unwrap().items;
        let csv = ItemFormat::Csv(CsvFormat {
            headers: None,
            delimiter: b';',
        });
        let pizzas = [
            json!({ "size": "1", "pizza": "funghi" }),
            json!({ "size": "2", "pizza": "" }),
        ];
        assert_eq!(read(csv, "size;pizza\n1;funghi\n2\n3\n"), pizzas);
        let pointer = Some("/orders".into());
        let json = ItemFormat::Json { pointer };
        assert_eq!(read(json, r#"{ "orders": [1, 2, 3] }"#), [json!(1), json!(2)]);
        assert_eq!(read(ItemFormat::JsonLines, "{}\n[]\n"), [json!({}), json!([])]);
    }

    fn format() -> impl Strategy<Value = ItemFormat> {
        let headers = prop::option::of(prop::collection::vec("[ab]?", 0..3));
        let delimiter = prop::sample::select(b",|; \t".to_vec());
        prop_oneof![
            (headers, delimiter).prop_map(|(headers, delimiter)| ItemFormat::Csv(CsvFormat { headers, delimiter })),
            prop::option::of("(/[a-b0-2~]{0,2}){0,3}").prop_map(|pointer| ItemFormat::Json { pointer }),
            Just(ItemFormat::JsonLines),
        ]
    }

    fn text() -> impl Strategy<Value = String> {
        let pieces = vec![
            "{", "}", "[", "]", "\"a\"", ":", ",", "1", "\n", "\"", "a", "\u{feff}", "|", " ", "\r\n", "é",
        ];
        let piece = prop_oneof![9 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => any::<String>()];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_file_makes_more_than_it_may(format in format(), text in text(), items in 0usize..5) {
            let limits = ItemLimits { items, bytes: 2_000 };
            if let Ok(read) = format.read(&text, limits) {
                prop_assert!(read.items.len() <= items);
                prop_assert!(read.items.iter().map(super::held_size).sum::<usize>() <= limits.bytes);
            }
        }
    }
}
