//! The files of definitions: found in folders and by patterns, and told from others.

use std::path::Path;

use super::arguments::read_file;
use super::failure::Failure;
use super::paths::{FoundFile, Wanted, is_test_file, search};
use crate::loading::template::{self, Format};

/// Definitions, and templates with state machines.
pub(super) const WANTED: Wanted = Wanted {
    takes: may_hold_machines,
    name: "state machines",
    help: "definitions and templates are `.json`, `.yaml`, `.yml`, `.asl`, `.template` and `.tf` files",
};

/// Whether a file of a folder may be a definition or a template, by its name.
fn may_hold_machines(path: &Path) -> bool {
    let name = lower_name(path);
    !is_test_file(&name) && ends(&name, &[".json", ".yaml", ".yml", ".asl", ".template", ".tf"])
}

/// Whether a file is a definition, by its name.
fn is_definition(path: &Path) -> bool {
    ends(&lower_name(path), &[".asl.json", ".asl.yaml", ".asl.yml", ".asl"])
}

fn lower_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().to_ascii_lowercase()
}

fn ends(name: &str, endings: &[&str]) -> bool {
    endings.iter().any(|ending| name.ends_with(ending))
}

/// The text of a file that was named or holds state machines; `None` if it was only found in a folder and has none.
pub(super) fn text_of(file: &FoundFile) -> Option<Result<String, Failure>> {
    let is_named = file.folder.is_none() || is_definition(Path::new(&file.path));
    match read_file(&file.path) {
        Ok(text) if is_named || template::has_machines(&text, Format::of(&file.path, &text)) => Some(Ok(text)),
        Err(failure) if is_named => Some(Err(failure)),
        _ => None,
    }
}

/// The one file with state machines that a path names: a file, a folder or a pattern.
pub(super) fn one(path: &str) -> Result<String, Failure> {
    if path == "-" || Path::new(path).is_file() {
        return Ok(path.to_owned());
    }
    let (files, failures) = search(&[path.to_owned()], &WANTED);
    if let Some(failure) = Failure::joined(failures) {
        return Err(failure);
    }
    let mut files: Vec<_> = files.into_iter().filter(|file| text_of(file).is_some()).collect();
    match (files.pop(), files.len()) {
        (Some(file), 0) => Ok(file.path),
        (None, _) => Err(WANTED.missing(path)),
        (Some(last), others) => {
            let first = files.iter().map(|file| &file.path).take(7);
            let shown: Vec<_> = first.chain([&last.path]).map(|path| format!("`{path}`")).collect();
            Err(
                Failure::new(format!("`{path}` has {} files with state machines", others + 1))
                    .help(format!("name one of them: {}", shown.join(", "))),
            )
        }
    }
}
