//! Data files, and a test for each.

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Failed, Trial};

/// The JSON files below a folder of the crate, in the order of their paths.
pub(crate) fn files(folder: &str) -> Vec<PathBuf> {
    let root = in_the_crate(folder);
    assert!(root.is_dir(), "{} is no folder", root.display());
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "there are no files in {folder}");
    files
}

/// A test for each file, named by its path below the folder.
pub(crate) fn trials(folder: &str, files: Vec<PathBuf>, check: fn(&Path) -> Result<(), Failed>) -> Vec<Trial> {
    let root = in_the_crate(folder);
    let trial = |file: PathBuf| {
        let place = file.strip_prefix(&root).expect("below the folder").with_extension("");
        Trial::test(place.display().to_string(), move || check(&file))
    };
    files.into_iter().map(trial).collect()
}

fn in_the_crate(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder can be read") {
        let path = entry.expect("a folder can be read").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}
