//! The cases that a suite is known to fail, with reasons: `tests/known_gaps.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The known gaps of one suite, by the id of the case.
#[derive(Debug, Default)]
pub(crate) struct KnownGaps {
    reasons: BTreeMap<String, String>,
}

impl KnownGaps {
    /// Reads the table of a suite. Each line of the file is a `[table]`, an `"id" = "reason"`, a `# comment` or empty.
    pub(crate) fn of(suite: &str) -> Self {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/known_gaps.toml");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let mut reasons = BTreeMap::new();
        let mut table = "";
        for line in text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
        {
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                table = name;
            } else if table == suite {
                let (id, reason) = line
                    .split_once(" = ")
                    .unwrap_or_else(|| panic!("no `\"id\" = \"reason\"`: {line}"));
                reasons.insert(unquoted(id), unquoted(reason));
            }
        }
        Self { reasons }
    }

    /// Why the case is known to fail, if it is.
    pub(crate) fn reason(&self, id: &str) -> Option<&str> {
        self.reasons.get(id).map(String::as_str)
    }
}

fn unquoted(text: &str) -> String {
    serde_json::from_str(text).unwrap_or_else(|_| text.to_owned())
}
