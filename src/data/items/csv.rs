use serde_json::{Map, Value};
use std::collections::HashSet;

use super::{Items, ItemsError};
use crate::data::java;

/// How to read the columns of a CSV file (`ReaderConfig`).
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CsvFormat {
    /// `CSVHeaders`, if `CSVHeaderLocation` is `GIVEN`; `None` for `FIRST_ROW`.
    pub headers: Option<Vec<String>>,
    /// `CSVDelimiter`, as an ASCII byte.
    pub delimiter: u8,
}

/// Adds an item for each row. Short rows are filled with empty texts, and values after the last header are dropped.
pub(super) fn read(text: &str, format: &CsvFormat, items: &mut Items) -> Result<(), ItemsError> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(format.delimiter)
        .from_reader(text.as_bytes());
    let mut row = csv::StringRecord::new();
    // Reading only fails for text that is not UTF-8, and a `str` always is.
    let mut next = |row: &mut csv::StringRecord| reader.read_record(row).unwrap_or(false);
    let headers = match &format.headers {
        Some(headers) => headers.clone(),
        None if next(&mut row) => row.iter().map(str::to_owned).collect(),
        None => return Ok(()),
    };
    let mut names = HashSet::new();
    if !headers.iter().all(|header| names.insert(header)) {
        return Err(ItemsError::DuplicateHeaders);
    }
    let columns = (0..headers.len()).zip(&headers);
    let columns = java::hash_map_order(columns.collect(), |(_, header)| java::string_hash(header));
    while !items.is_full() && next(&mut row) {
        let value = |i: usize| Value::from(row.get(i).unwrap_or_default());
        let item: Map<String, Value> = columns
            .iter()
            .map(|(i, header)| ((*header).clone(), value(*i)))
            .collect();
        items.push(Value::Object(item))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::CsvFormat;
    use crate::data::{ItemFormat, ItemLimits, ItemsError};

    const LIMITS: ItemLimits = ItemLimits {
        items: 100,
        bytes: 100_000,
    };

    fn rows(headers: Option<&[&str]>, text: &str) -> Result<Vec<String>, ItemsError> {
        let format = ItemFormat::Csv(CsvFormat {
            headers: headers.map(|headers| headers.iter().map(|&header| header.to_owned()).collect()),
            delimiter: b',',
        });
        let items = format.read(text, LIMITS)?.items;
        Ok(items.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_come_in_the_order_of_a_java_hash_map() {
        assert_eq!(rows(None, "id,name\n1,Ada\n").unwrap(), [r#"{"name":"Ada","id":"1"}"#]);
    }

    #[test]
    fn rows_are_filled_and_cut() {
        assert_eq!(
            rows(Some(&["A", "B"]), "1,2,3\n4\n   \n,,,\n").unwrap(),
            [
                r#"{"A":"1","B":"2"}"#,
                r#"{"A":"4","B":""}"#,
                r#"{"A":"   ","B":""}"#,
                r#"{"A":"","B":""}"#
            ]
        );
    }

    #[test]
    fn quotes_hold_delimiters_and_line_breaks() {
        assert_eq!(
            rows(Some(&["A", "B"]), "\"1,\"\"2\"\"\",\"a\r\nb\"\r\n").unwrap(),
            [r#"{"A":"1,\"2\"","B":"a\r\nb"}"#]
        );
    }

    #[test]
    fn headers_stand_once() {
        assert_eq!(rows(None, "A,B,A\n1,2,3\n"), Err(ItemsError::DuplicateHeaders));
        assert_eq!(rows(None, ""), Ok(Vec::new()));
    }

    #[test]
    fn a_small_file_does_not_make_large_items() {
        let headers: Vec<String> = (0..2_000).map(|i| i.to_string()).collect();
        let format = ItemFormat::Csv(CsvFormat {
            headers: Some(headers),
            delimiter: b',',
        });
        let error = format.read(&"1\n".repeat(90), LIMITS).unwrap_err();
        assert_eq!(
            error.to_string(),
            "The items take more memory than the limit of 100000 bytes."
        );
    }
}
