//! The cases of our own, in every clone.

use std::path::Path;

use crate::case::Case;
use crate::recordings;

/// Reads all cases, in the order of their ids.
pub(crate) fn read_all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded");
    let root = folder.join("seed");
    let files = recordings::files(&root);
    assert!(!files.is_empty(), "{} has no cases", root.display());
    let mut cases = Vec::new();
    for file in files {
        let case = Case::read(&root, &file);
        let place = file.strip_prefix(&folder).expect("below the folder").with_extension("");
        check(&case, &place.display().to_string());
        cases.push(case);
    }
    cases.sort_by(|a, b| a.id.cmp(&b.id));
    cases
}

/// A case is found by its id, says what it teaches, and never claims to be a recording.
fn check(case: &Case, place: &str) {
    assert_eq!(case.id, place, "the id of a seed case is its place");
    let teaches = case.json["teaches"].as_str().unwrap_or_default();
    assert!(!teaches.is_empty(), "{place} does not say what it teaches");
    assert_eq!(case.json["provenance"], "derived", "{place}: provenance");
}
