//! The case files.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::known_gaps::KnownGaps;
use crate::{recordings, suite};

/// One case file.
pub(crate) struct Case {
    pub(crate) id: String,
    /// The folder in its id.
    pub(crate) area: String,
    pub(crate) kind: String,
    /// Whether the recording holds all that tasks answered.
    pub(crate) is_replayable: bool,
    /// Whether the recording was validated against AWS.
    pub(crate) is_verified: bool,
    /// The whole file.
    pub(crate) json: Value,
}

/// Reads all cases below a folder, in the order of their ids.
pub(crate) fn read_all(root: &Path) -> Vec<Case> {
    let files = recordings::files(root);
    let mut cases: Vec<Case> = files.iter().map(|file| Case::read(root, file)).collect();
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

impl Case {
    pub(crate) fn read(root: &Path, file: &Path) -> Self {
        let text = fs::read_to_string(file).expect("a case can be read");
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let place = file.strip_prefix(root).expect("below the root").with_extension("");
        let text_of = |member: &str| json[member].as_str().map(str::to_owned);
        let id = text_of("id").unwrap_or_else(|| place.display().to_string());
        Self {
            area: id.rsplit_once('/').map_or("", |(area, _)| area).to_owned(),
            id,
            kind: text_of("kind").unwrap_or_default(),
            is_replayable: json["replayable"] == true || needs_no_answers(&json),
            is_verified: json["provenance"] == "aws",
            json,
        }
    }

    /// Whether it is one of our own.
    pub(crate) fn is_seed(&self) -> bool {
        self.id.starts_with("seed/")
    }

    /// The definition as text, by real names where the case has them.
    pub(crate) fn definition(&self) -> String {
        let definition = match self.json.get("definition_raw").unwrap_or(&self.json["definition"]) {
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        in_a_partition(&definition)
    }

    /// The input by real names where the case has them.
    pub(crate) fn input(&self) -> Value {
        let input = self.json.get("input_raw").unwrap_or(&self.json["input"]);
        serde_json::from_str(&in_a_partition(&input.to_string())).expect("a name holds no quotes")
    }

    /// The recorded events; `None` where only the output was kept.
    pub(crate) fn history(&self) -> Option<&Vec<Value>> {
        self.json["expected"]["history"].as_array()
    }

    /// What the case is about, where that decides whether it can pass: `jsonata`, `distributed map`, a kind.
    pub(crate) fn groups(&self) -> Vec<String> {
        let definitions = [&self.json["definition"], &self.json["steps"]];
        let has = |member, text| definitions.iter().any(|definition| mentions(definition, member, text));
        let groups = [
            (self.kind.as_str(), true),
            ("jsonata", self.kind == "execution" && has("QueryLanguage", "JSONata")),
            (
                "distributed map",
                self.kind != "test_state" && has("Mode", "DISTRIBUTED"),
            ),
        ];
        groups
            .into_iter()
            .filter(|(_, is_in)| *is_in)
            .map(|(group, _)| group.to_owned())
            .collect()
    }
}

impl suite::Case for Case {
    fn id(&self) -> &str {
        &self.id
    }

    fn check(&self) -> Result<(), String> {
        crate::check(self)
    }

    fn known_gap<'g>(&self, gaps: &'g KnownGaps) -> Option<&'g str> {
        let prefixes = (0..=self.id.len()).rev().filter_map(|end| self.id.get(..end));
        let prefixes = prefixes.map(|prefix| format!("{prefix}*"));
        let groups = self.groups().into_iter().map(|group| format!("group: {group}"));
        let mut names = [self.id.clone()].into_iter().chain(prefixes).chain(groups);
        names.find_map(|name| gaps.reason(&name))
    }

    fn why_skipped(&self) -> Option<&'static str> {
        let is_skipped = self.kind == "execution" && !self.is_replayable;
        is_skipped.then_some("the recording does not hold what its tasks answered")
    }

    fn area(&self) -> Option<&str> {
        Some(&self.area)
    }
}

/// Whether a case that its list calls not replayable has come to its end without a Task, and holds the objects that it
/// reads items from: what `s3:putObject` answers shows nowhere, and who stopped it did so when nothing else was to come.
fn needs_no_answers(case: &Value) -> bool {
    let definition = &case["definition"];
    let text = in_a_partition(&definition.to_string());
    let reads = ["getObject", "listObjectsV2"];
    let reads = reads
        .iter()
        .any(|action| text.contains(&format!("\"arn:aws:states:::s3:{action}\"")));
    let has_objects = case["s3_objects"].as_array().is_some_and(|objects| !objects.is_empty());
    case["status"].is_string() && !mentions(definition, "Type", "Task") && (has_objects || !reads)
}

/// The recordings' placeholder for the partition is no part of an ARN that parses.
pub(crate) fn in_a_partition(text: &str) -> String {
    text.replace("arn:<partition>:", "arn:aws:")
}

/// Whether a member with this name and text stands anywhere in a definition.
fn mentions(value: &Value, member: &str, text: &str) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| (name == member && value == text) || mentions(value, member, text)),
        Value::Array(items) => items.iter().any(|item| mentions(item, member, text)),
        _ => false,
    }
}
