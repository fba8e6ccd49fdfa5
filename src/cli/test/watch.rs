//! `--watch`: runs the tests again when their files change.
//!
//! The times of the files are asked for a few times a second. That needs no system service and no further crate, and works
//! for network folders and containers, whose changes such services miss.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::named_files::{NamedFiles, Stamp, stamp};
use super::{Arguments, collect};
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// How often the files are looked at.
const PAUSE: Duration = Duration::from_millis(200);

/// How deep folders are searched.
const MAX_DEPTH: usize = 16;

/// The most files that are looked at.
const MAX_FILES: usize = 20_000;

/// The endings of definitions, templates, test files, mocks, values, and of functions in other languages.
const ENDINGS: &[&str] = &[
    "json", "yaml", "yml", "asl", "template", "tf", "csv", "jsonl", "env", "py", "js", "mjs", "cjs", "ts", "rb", "php",
    "pl", "sh", "go", "java", "kt", "cs", "rs",
];

/// The files with their times and sizes.
type Seen = BTreeMap<PathBuf, Stamp>;

/// Runs the tests for ever, each time that a file has changed. Ends only when standard output is closed.
pub(super) fn watch(
    arguments: &Arguments,
    output: &mut Output,
    colour: anstream::ColorChoice,
    mut run: impl FnMut(&mut Output) -> Result<(), Failure>,
) -> Failure {
    let mut named = NamedFiles::of(arguments);
    let mut seen = look(arguments, &mut named);
    loop {
        let ran = match run(output) {
            Err(failure @ Failure::Said { .. }) => {
                // What came before it is shown first.
                let shown = output.finish();
                failure.report(colour);
                shown
            }
            ran => ran,
        };
        let told = ran.and_then(|()| output.line("\nwaiting for a change; Ctrl-C ends"));
        if let Err(failure) = told.and_then(|()| output.finish()) {
            return failure;
        }
        seen = changed(arguments, &mut named, &seen);
    }
}

/// The files after their next change, once they have been at rest.
fn changed(arguments: &Arguments, named: &mut NamedFiles<'_>, before: &Seen) -> Seen {
    let mut last = look(arguments, named);
    loop {
        std::thread::sleep(PAUSE);
        let now = look(arguments, named);
        // An editor may write several files, or one in several steps.
        if now == last && now != *before {
            return now;
        }
        last = now;
    }
}

/// All files in the folders of the test files and of what they name, and the named files themselves.
fn look(arguments: &Arguments, named: &mut NamedFiles<'_>) -> Seen {
    let mut folders: BTreeSet<PathBuf> = BTreeSet::new();
    let paths = arguments.paths.iter().map(PathBuf::from);
    folders.extend(paths.filter(|path| path.is_dir()));
    let (files, _) = collect::files(&arguments.paths);
    folders.extend(files.iter().map(|file| folder_of(Path::new(file))));
    let mut seen = Seen::new();
    for file in named.now(&files) {
        if let Some(stamp) = stamp(&file) {
            folders.insert(folder_of(&file));
            seen.insert(file, stamp);
        }
    }
    folders.extend(named.folders().map(Path::to_owned));
    for folder in folders {
        below(&folder, MAX_DEPTH, &mut seen);
    }
    let written = [&arguments.coverage_report, &arguments.junit];
    let written: Vec<_> = written.into_iter().flatten().map(PathBuf::from).collect();
    seen.retain(|file, _| !written.iter().any(|written| is_same(file, written)));
    seen
}

fn folder_of(file: &Path) -> PathBuf {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    }
}

fn is_same(file: &Path, other: &Path) -> bool {
    file == other || matches!((file.canonicalize(), other.canonicalize()), (Ok(file), Ok(other)) if file == other)
}

fn below(folder: &Path, depth: usize, seen: &mut Seen) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let Ok(metadata) = entry.metadata() else { continue };
        if seen.len() >= MAX_FILES {
            return;
        }
        let is_left_out = name.starts_with('.') || matches!(&*name, "node_modules" | "target" | "__pycache__");
        if metadata.is_dir() {
            if let Some(depth) = depth.checked_sub(1).filter(|_| !is_left_out) {
                below(&path, depth, seen);
            }
        } else if path
            .extension()
            .is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
        {
            seen.insert(path, (metadata.modified().ok(), metadata.len()));
        }
    }
}
