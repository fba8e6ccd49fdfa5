//! All files of `src`, and the imports between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::source::{ModulePath, Name, Source};

/// How many re-exports a name is followed through.
const MOST_REEXPORTS: usize = 16;

/// The modules of the crate without those of tests.
pub(crate) struct Modules {
    sources: BTreeMap<ModulePath, Source>,
}

/// A file names another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Import<'m> {
    pub(crate) from: &'m Source,
    pub(crate) to: &'m Source,
    pub(crate) name: &'m Name,
}

impl Modules {
    /// Reads all files of a folder.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let mut folders = vec![root.to_owned()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).map_err(|error| error.to_string())? {
                let path: PathBuf = entry.map_err(|error| error.to_string())?.path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
                    let file = path.strip_prefix(root).map_err(|error| error.to_string())?;
                    files.push((file.to_owned(), text));
                }
            }
        }
        Self::of(files.iter().map(|(file, text)| (file.as_path(), text.as_str())))
    }

    /// Reads files by their paths from `src` on.
    pub(crate) fn of<'t>(files: impl IntoIterator<Item = (&'t Path, &'t str)>) -> Result<Self, String> {
        let mut sources = BTreeMap::new();
        for (file, text) in files {
            let source = Source::parse(file, text)?;
            sources.insert(source.module.clone(), source);
        }
        let tests: Vec<ModulePath> = sources
            .values()
            .flat_map(|source| source.test_modules.iter().map(|name| joined(&source.module, name)))
            .collect();
        sources.retain(|module, _| !tests.iter().any(|test| module.starts_with(test)));
        Ok(Self { sources })
    }

    pub(crate) fn sources(&self) -> impl Iterator<Item = &Source> {
        self.sources.values()
    }

    /// All imports from one file to another. An import of a re-exported name counts as one of the file that defines it, so
    /// that a circle cannot hide behind a `mod.rs`.
    pub(crate) fn imports(&self) -> Vec<Import<'_>> {
        let mut imports = Vec::new();
        for from in self.sources.values() {
            for name in &from.names {
                let Some(to) = self.owner(&from.module, &name.path) else {
                    continue;
                };
                if to.module != from.module {
                    imports.push(Import { from, to, name });
                }
            }
        }
        imports
    }

    /// The file that defines what a path in a module names; `None` if it belongs to another crate.
    fn owner(&self, module: &[String], path: &[String]) -> Option<&Source> {
        let mut path = self.absolute(module, path)?;
        for _ in 0..MOST_REEXPORTS {
            let depth = (0..=path.len())
                .rev()
                .find(|depth| self.sources.contains_key(&path[..*depth]))?;
            let (module, rest) = path.split_at(depth);
            let source = self.sources.get(module)?;
            let Some((name, rest)) = rest.split_first() else {
                return Some(source);
            };
            let Some(imported) = source.imports.get(name) else {
                return Some(source);
            };
            let start = self.absolute(module, imported)?;
            path = [start.as_slice(), rest].concat();
        }
        None
    }

    /// The same path from the crate's root; `None` if it leads into another crate.
    fn absolute(&self, module: &[String], path: &[String]) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        let mut start = match first.as_str() {
            "crate" => Vec::new(),
            "self" => module.to_vec(),
            "super" => module.split_last()?.1.to_vec(),
            name => {
                let child = joined(module, name);
                let imported = || self.sources.get(module)?.imports.get(name);
                if self.sources.contains_key(&child) {
                    child
                } else {
                    let imported = imported().filter(|imported| imported.first() != Some(first))?;
                    self.absolute(module, imported)?
                }
            }
        };
        for name in rest {
            if name == "super" {
                start.pop();
            } else {
                start.push(name.clone());
            }
        }
        Some(start)
    }
}

fn joined(module: &[String], name: &str) -> ModulePath {
    let mut path = module.to_vec();
    path.push(name.to_owned());
    path
}
