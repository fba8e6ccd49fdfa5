//! What was recorded on AWS. It is no part of the project: it lies beside it, in `../shared`.
//!
//! Without it a suite has nothing to run, says so and passes, as in a clone that stands alone. Where
//! `ASL_RECORDINGS_REQUIRED` is set and not empty, as in CI, that is a failure.

use std::env;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Where recordings are: where the variable says, or in `../shared` under their name.
pub(crate) fn root(variable: &str, name: &str) -> PathBuf {
    let Some(root) = env::var_os(variable).map(PathBuf::from) else {
        return Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared").join(name);
    };
    assert!(root.exists(), "{variable} names {}, which is not there", root.display());
    root
}

/// All JSON files of the recordings in the order of their paths; none if they are not there, and need not be.
pub(crate) fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    collect(root, &mut files);
    files.sort();
    if files.is_empty() {
        let root = root.display();
        let is_required = env::var_os("ASL_RECORDINGS_REQUIRED").is_some_and(|required| !required.is_empty());
        assert!(
            !is_required,
            "there are no recordings in {root}, and ASL_RECORDINGS_REQUIRED is set"
        );
        // Not `eprintln!`, which a test that passes keeps to itself. Whether it can be said is no matter.
        let _ = writeln!(io::stderr(), "skipped: there are no recordings in {root}");
    }
    files
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for entry in entries {
            collect(&entry.unwrap_or_else(|error| panic!("{error}")).path(), files);
        }
    } else if path.is_file() && path.extension().is_some_and(|extension| extension == "json") {
        files.push(path.to_owned());
    }
}
