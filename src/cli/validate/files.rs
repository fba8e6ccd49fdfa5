//! Finds the files of `asl validate`, and reads them on all cores.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::cli::arguments::Loading;
use crate::cli::definition_files::{WANTED, text_of};
use crate::cli::definitions::Checked;
use crate::cli::failure::Failure;
use crate::cli::paths::{FoundFile, search};
use crate::loading::Loader;

/// Validates the files of all paths. Their order is that of the paths, in a folder that of the names. With the paths that
/// cannot be read.
pub(super) fn check_all(paths: &[String], loading: &Loading) -> (Vec<Checked>, Vec<Failure>) {
    let (one_of_several, paths): (Vec<_>, Vec<_>) = paths.iter().cloned().partition(|path| names_one(path));
    let (files, mut failures) = search(&paths, &WANTED);
    failures.extend(one_of_several.iter().map(|path| {
        Failure::new(format!("`{path}` names one state machine of a file"))
            .help("`asl validate` takes the file, and validates all of its state machines")
    }));
    let loader = loading.loader();
    let results = in_parallel(&files, |file| check(file, &loader));
    let mut checked = Vec::with_capacity(files.len());
    // The folders, with whether one of their files has a state machine.
    let mut folders: Vec<(String, bool)> = Vec::new();
    for (file, result) in files.into_iter().zip(results) {
        if let Some(folder) = file.folder {
            match folders.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, has_machines)) => *has_machines |= result.is_some(),
                None => folders.push((folder, result.is_some())),
            }
        }
        match result {
            Some(Ok(file)) => checked.push(file),
            Some(Err(failure)) => failures.push(failure),
            None => {}
        }
    }
    let empty = folders.iter().filter(|(_, has_machines)| !has_machines);
    failures.extend(empty.map(|(folder, _)| WANTED.missing(folder)));
    (checked, failures)
}

/// Whether a path is `FILE#NAME`.
fn names_one(path: &str) -> bool {
    let file = path.rsplit_once('#').map(|(file, _)| Path::new(file));
    file.is_some_and(Path::is_file) && !Path::new(path).exists()
}

/// A file's state machines; `None` if it was only found in a folder and has none.
fn check(file: &FoundFile, loader: &Loader) -> Option<Result<Checked, Failure>> {
    Some(text_of(file)?.map(|text| Checked::of(&file.path, text, loader)))
}

/// Works on all items with the threads of this machine; the results have the order of the items.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let threads = cores.min(items.len());
    if threads < 2 {
        return items.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::with_capacity(items.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let mut own = Vec::new();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { break };
                    own.push((index, work(item)));
                }
                // A thread that panics ends the process by the scope.
                done.lock()
                    .unwrap_or_else(std::sync::PoisonError::into_inner)
                    .extend(own);
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}
