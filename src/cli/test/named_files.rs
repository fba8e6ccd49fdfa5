//! The files that test files and the options of `asl test` name: definitions, mock files, sources of functions.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Arguments;
use crate::loading::Loader;
use crate::loading::template::{self, Format};
use crate::test_file::TestFile;

/// The endings that a function's source may have where its command names a module, as `python3 serve.py app.handler` does.
const SOURCES: [&str; 6] = ["py", "js", "mjs", "cjs", "ts", "rb"];

/// The time and size of a file.
pub(super) type Stamp = (Option<SystemTime>, u64);

/// The time and size of a file; `None` if there is none.
pub(super) fn stamp(file: &Path) -> Option<Stamp> {
    let metadata = file.metadata().ok().filter(Metadata::is_file)?;
    Some((metadata.modified().ok(), metadata.len()))
}

/// Finds the named files; reads a file again only when it has changed.
pub(super) struct NamedFiles<'a> {
    arguments: &'a Arguments,
    loader: Loader,
    /// The folders in which commands find their sources.
    folders: BTreeSet<PathBuf>,
    /// What each test file and each definition names.
    read: BTreeMap<PathBuf, (Stamp, Vec<PathBuf>)>,
}

impl<'a> NamedFiles<'a> {
    pub(super) fn of(arguments: &'a Arguments) -> Self {
        Self {
            arguments,
            loader: arguments.loading.loader(),
            folders: BTreeSet::new(),
            read: BTreeMap::new(),
        }
    }

    /// The files named now by these test files and by the options; some may not be there.
    pub(super) fn now(&mut self, test_files: &[String]) -> BTreeSet<PathBuf> {
        let here = Path::new("");
        let mut named: BTreeSet<PathBuf> = BTreeSet::new();
        for (_, command) in self.arguments.functions.commands() {
            named.extend(self.sources(command, here));
        }
        let mut definitions: BTreeSet<PathBuf> = BTreeSet::new();
        definitions.extend(self.arguments.machines.iter().map(|(_, place)| file_of(here, place)));
        for file in test_files {
            definitions.extend(self.known(Path::new(file), Self::named_by_test_file));
        }
        for definition in &definitions {
            named.extend(self.known(definition, Self::named_by_definition));
        }
        named.extend(definitions);
        named
    }

    /// The folders of sources that commands name.
    pub(super) fn folders(&self) -> impl Iterator<Item = &Path> {
        self.folders.iter().map(PathBuf::as_path)
    }

    fn known(&mut self, file: &Path, read: impl FnOnce(&mut Self, &Path) -> Vec<PathBuf>) -> Vec<PathBuf> {
        let Some(now) = stamp(file) else { return Vec::new() };
        if let Some((then, named)) = self.read.get(file)
            && *then == now
        {
            return named.clone();
        }
        let named = read(self, file);
        self.read.insert(file.to_owned(), (now, named.clone()));
        named
    }

    /// None while the file cannot be read.
    fn named_by_test_file(&mut self, file: &Path) -> Vec<PathBuf> {
        let Ok(text) = std::fs::read_to_string(file) else {
            return Vec::new();
        };
        let Ok(test_file) = TestFile::parse(&text, Format::of(&file.to_string_lossy(), &text)) else {
            return Vec::new();
        };
        let folder = file.parent().unwrap_or(Path::new(""));
        let machines = test_file.machines.values().chain([&test_file.machine]);
        let mut named: Vec<_> = machines.map(|place| file_of(folder, place)).collect();
        named.extend(test_file.mocks.iter().map(|mocks| folder.join(mocks)));
        for function in test_file.functions.values() {
            named.extend(self.sources(&function.command, folder));
        }
        named
    }

    /// The files of a template's definitions.
    fn named_by_definition(&mut self, file: &Path) -> Vec<PathBuf> {
        let Ok(text) = std::fs::read_to_string(file) else {
            return Vec::new();
        };
        let folder = file.parent().unwrap_or(Path::new(""));
        let mut named = Vec::new();
        let format = Format::of(&file.to_string_lossy(), &text);
        // What is wrong with it, the tests tell.
        let _ = template::machines(&self.loader, &text, format, &mut |uri| {
            named.push(folder.join(uri));
            std::fs::read_to_string(folder.join(uri)).map_err(|error| error.to_string())
        });
        named
    }

    /// The files among the words of a command that runs in a folder, and the modules.
    fn sources(&mut self, command: &str, folder: &Path) -> Vec<PathBuf> {
        let mut sources = Vec::new();
        let words = command.split(|letter: char| letter.is_whitespace() || "\"';|&<>()=".contains(letter));
        for word in words.filter(|word| !word.is_empty()) {
            let path = folder.join(word);
            let within = Path::new(word).parent().filter(|parent| !parent.as_os_str().is_empty());
            if let Some(within) = within.filter(|parent| parent.is_relative()) {
                let within = folder.join(within);
                self.folders.extend(within.is_dir().then_some(within));
            }
            let modules = SOURCES.iter().map(|ending| path.with_extension(ending));
            sources.extend(modules.chain([path.clone()]).filter(|path| path.is_file()));
        }
        sources
    }
}

/// The file of `FILE` or `FILE#NAME`.
fn file_of(folder: &Path, place: &str) -> PathBuf {
    match place.rsplit_once('#') {
        Some((file, _)) if !folder.join(place).exists() => folder.join(file),
        _ => folder.join(place),
    }
}
