//! A folder for a test's files.

use std::path::PathBuf;
use std::{env, fs, process};

/// An empty folder that goes with this value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// A folder for the test of a name.
    pub(crate) fn new(test: &str) -> Self {
        let folder = env::temp_dir().join(format!("asl-store-{}-{test}", process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The path of a file in it.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let removed = fs::remove_dir_all(&self.0);
        // A test that fails tells why; this would hide it.
        drop(removed);
    }
}
