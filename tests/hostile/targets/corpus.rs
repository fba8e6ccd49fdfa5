//! The definitions of `tests/files/cases` and `asl-samples`, which mutations start from.

use serde_json::Value;
use std::path::Path;
use std::sync::OnceLock;

/// A definition that works, with an input and what its tasks answer.
pub(crate) struct Sample {
    pub(crate) definition: Value,
    pub(crate) input: Value,
    pub(crate) answers: Vec<Value>,
}

pub(crate) fn samples() -> &'static [Sample] {
    static SAMPLES: OnceLock<Vec<Sample>> = OnceLock::new();
    SAMPLES.get_or_init(|| {
        let mut samples = Vec::new();
        collect(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/files/cases"),
            &mut samples,
        );
        assert!(samples.len() > 50, "the cases are there");
        samples
    })
}

fn collect(folder: &Path, samples: &mut Vec<Sample>) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, samples);
            continue;
        }
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let definition = match &case["definition"] {
            Value::String(file) => {
                let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
                serde_json::from_str(&text).unwrap_or_default()
            }
            definition => definition.clone(),
        };
        let answers = case["tasks"].as_object().into_iter().flatten();
        samples.push(Sample {
            definition,
            input: case["input"].clone(),
            answers: answers
                .flat_map(|(_, answers)| answers.as_array().unwrap().clone())
                .collect(),
        });
    }
}
