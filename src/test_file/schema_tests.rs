//! The JSON Schema that editors use accepts what the reader accepts.

use super::*;
use crate::loading::Places;
use serde_json::{Value, json};
use std::path::PathBuf;

const SCHEMA: &str = "asl-samples/asl-test.schema.json";

fn schema() -> Value {
    let text = std::fs::read_to_string(SCHEMA).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The test files of the repository, each as a value.
fn files() -> Vec<(PathBuf, Value)> {
    let folders = ["asl-samples", "tests/cli/files"].map(|folder| std::fs::read_dir(folder).unwrap());
    let paths = folders.into_iter().flatten().map(|entry| entry.unwrap().path());
    let names = paths.filter(|path| path.to_string_lossy().contains(".asl-test."));
    let files = names.map(|path| {
        let text = std::fs::read_to_string(&path).unwrap();
        let places = Places::of(&text, Format::of(&path.to_string_lossy(), &text)).unwrap();
        (path, places.to_value())
    });
    files.collect()
}

fn is_read(value: &Value) -> bool {
    TestFile::parse(&value.to_string(), Format::Json).is_ok_and(|file| file.cases.iter().all(Result::is_ok))
}

#[test]
fn every_field_that_is_read_is_in_the_schema_and_no_other() {
    let schema = schema();
    for (place, fields) in reader::FIELDS {
        let object = schema.pointer(place).unwrap();
        assert_eq!(object["additionalProperties"], json!(false), "{place}");
        let mut known: Vec<_> = object["properties"].as_object().unwrap().keys().collect();
        let mut fields: Vec<_> = fields.iter().collect();
        known.sort();
        fields.sort();
        assert_eq!(known, fields, "{place}");
    }
}

#[test]
fn test_files_are_valid_if_they_are_read() {
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource(SCHEMA, schema()).unwrap();
    let index = compiler.compile(SCHEMA, &mut schemas).unwrap();
    let is_valid = |value: &Value| schemas.validate(value, index).is_ok();
    let files = files();
    assert!(files.len() > 20);
    for (path, file) in files {
        assert_eq!(is_valid(&file), is_read(&file), "{}", path.display());
    }
    let everything = Places::of(tests::EVERYTHING, Format::Yaml).unwrap().to_value();
    assert!(is_valid(&everything) && is_read(&everything));
    let mut changed = Vec::new();
    change(&everything, &mut Vec::new(), &mut changed);
    assert!(changed.len() > 100);
    changed.retain(|file| is_valid(file) != is_read(file));
    let shown: Vec<String> = changed.iter().map(|file| format!("{file}\n")).collect();
    assert!(shown.is_empty(), "they differ about {}", shown.concat());
}

/// Copies of a value, each with one part removed, added or of another type.
fn change(root: &Value, steps: &mut Vec<String>, changed: &mut Vec<Value>) {
    let pointer: String = steps.iter().flat_map(|step| ["/", step]).collect();
    let mut with = |change: &dyn Fn(&mut Value)| {
        let mut copy = root.clone();
        change(copy.pointer_mut(&pointer).unwrap());
        changed.push(copy);
    };
    let part = root.pointer(&pointer).unwrap();
    with(&|part| *part = json!([null]));
    with(&|part| *part = json!(-1));
    with(&|part| *part = json!(true));
    let keys: Vec<String> = match part {
        Value::Object(members) => {
            with(&|part| part["unknown"] = json!(1));
            for key in members.keys() {
                with(&|part| drop(part.as_object_mut().unwrap().shift_remove(key)));
            }
            members.keys().cloned().collect()
        }
        Value::Array(elements) => {
            with(&|part| part.as_array_mut().unwrap().clear());
            (0..elements.len()).map(|index| index.to_string()).collect()
        }
        _ => Vec::new(),
    };
    for key in keys {
        steps.push(key);
        change(root, steps, changed);
        steps.pop();
    }
}
