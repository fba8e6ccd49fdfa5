//! The files that a command's paths name: files, folders and glob patterns.

use std::collections::HashSet;
use std::path::Path;

use super::failure::Failure;

/// How deep folders are searched.
const MAX_DEPTH: usize = 32;

/// What a command looks for in folders.
pub(super) struct Wanted {
    /// Whether a file may be one of them.
    pub(super) takes: fn(&Path) -> bool,
    /// What the files are, for a message.
    pub(super) name: &'static str,
    /// How the files are told from others.
    pub(super) help: &'static str,
}

/// A file of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FoundFile {
    pub(super) path: String,
    /// The folder in which it was found; `None` if it was named.
    pub(super) folder: Option<String>,
}

/// The named files, and all wanted files below the named folders, sorted by name. A path with `*`, `?` or `[…]` that is
/// no file itself is a pattern, in which `**` stands for any folders. With what is wrong with the other paths.
pub(super) fn files(paths: &[String], wanted: &Wanted) -> (Vec<String>, Vec<Failure>) {
    let (found, failures) = search(paths, wanted);
    (found.into_iter().map(|found| found.path).collect(), failures)
}

/// The same, with the folder of each file that was not named.
pub(super) fn search(paths: &[String], wanted: &Wanted) -> (Vec<FoundFile>, Vec<Failure>) {
    let mut files = Vec::new();
    let mut failures = Vec::new();
    for path in paths {
        let found = match std::fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => folder(path, wanted, &mut files),
            Err(_) if path != "-" && path.contains(['*', '?', '[']) => matching(path, wanted, &mut files),
            Err(error) if path != "-" => Err(Failure::of_file("read", path, &error)),
            _ => {
                files.push(FoundFile {
                    path: path.clone(),
                    folder: None,
                });
                Ok(())
            }
        };
        failures.extend(found.err());
    }
    if paths.len() > 1 {
        keep_first(&mut files);
    }
    (files, failures)
}

/// Keeps of the files that are the same the first: paths may overlap.
fn keep_first(files: &mut Vec<FoundFile>) {
    let mut seen = HashSet::new();
    files.retain(|file| match std::fs::canonicalize(&file.path) {
        Ok(path) => seen.insert(path),
        // What cannot be found is told later, and standard input has no path.
        Err(_) => true,
    });
}

fn matching(pattern: &str, wanted: &Wanted, files: &mut Vec<FoundFile>) -> Result<(), Failure> {
    let paths = glob::glob(pattern)
        .map_err(|error| Failure::new(format!("`{pattern}` is neither a file nor a pattern: {}", error.msg)))?;
    let before = files.len();
    for path in paths {
        let path =
            path.map_err(|error| Failure::of_file("read", &error.path().display().to_string(), error.error()))?;
        let name = path.display().to_string();
        if path.is_dir() {
            below(&path, &name, MAX_DEPTH, wanted, files)?;
        } else {
            files.push(FoundFile {
                path: name,
                folder: None,
            });
        }
    }
    if files.len() == before {
        return Err(
            Failure::new(format!("no file matches `{pattern}`")).help("is the path right? It begins in this folder")
        );
    }
    Ok(())
}

fn folder(path: &str, wanted: &Wanted, files: &mut Vec<FoundFile>) -> Result<(), Failure> {
    let before = files.len();
    below(Path::new(path), path, MAX_DEPTH, wanted, files)?;
    if files.len() == before {
        return Err(wanted.missing(path));
    }
    Ok(())
}

impl Wanted {
    /// The failure that a folder has none of them.
    pub(super) fn missing(&self, folder: &str) -> Failure {
        Failure::new(format!("`{folder}` has no {}", self.name)).help(self.help)
    }
}

fn below(folder: &Path, named: &str, depth: usize, wanted: &Wanted, files: &mut Vec<FoundFile>) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::of_file("read", &folder.display().to_string(), &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?);
    }
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let kind = entry.file_type().map_err(failed)?;
        let path = entry.path();
        // Links to folders are not followed: they may form circles.
        if kind.is_dir() && !name.starts_with('.') && name != "node_modules" && name != "target" {
            if let Some(depth) = depth.checked_sub(1) {
                below(&path, named, depth, wanted, files)?;
            }
        } else if !kind.is_dir() && path.is_file() && (wanted.takes)(&path) {
            files.push(FoundFile {
                path: path.display().to_string(),
                folder: Some(named.to_owned()),
            });
        }
    }
    Ok(())
}

/// Whether a file is a test file by its name.
pub(super) fn is_test_file(name: &str) -> bool {
    [".asl-test.json", ".asl-test.yaml", ".asl-test.yml"]
        .iter()
        .any(|ending| name.ends_with(ending))
}
