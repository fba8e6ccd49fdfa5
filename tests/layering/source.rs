//! One source file: the paths that it names and the names that it imports, tests and comments left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tokens::{Token, code};

/// A path of modules and an item, from the crate's root.
pub(crate) type ModulePath = Vec<String>;

/// A file of `src`.
#[derive(Debug)]
pub(crate) struct Source {
    /// From `src` on.
    pub(crate) file: PathBuf,
    pub(crate) module: ModulePath,
    /// The paths that its code names, as they are written.
    pub(crate) names: Vec<Name>,
    /// What each imported name stands for, as it is written.
    pub(crate) imports: BTreeMap<String, ModulePath>,
    /// The modules that are compiled for tests alone.
    pub(crate) test_modules: Vec<String>,
}

/// A path in the code.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Name {
    pub(crate) path: ModulePath,
    pub(crate) line: usize,
}

impl Source {
    /// Reads the text of a file. Fails where it is no Rust.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, String> {
        let code = code(text).map_err(|error| format!("{}: {error}", file.display()))?;
        let mut source = Self {
            file: file.to_owned(),
            module: module_of(file),
            names: Vec::new(),
            imports: BTreeMap::new(),
            test_modules: code.test_modules,
        };
        source.read(&code.tokens);
        Ok(source)
    }

    fn read(&mut self, tokens: &[Token]) {
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            let before = at.checked_sub(1).and_then(|before| tokens.get(before));
            at += 1;
            // `impl Trait + use<'a>` imports nothing.
            if token.text == "use" && tokens.get(at).is_some_and(|next| next.text != "<") {
                at = self.read_use(tokens, at, &[]);
                continue;
            }
            // A path goes on after `::`; a method or field comes after a dot.
            let begins = token.is_word && before.is_none_or(|before| before.text != "::" && before.text != ".");
            if !begins {
                continue;
            }
            let mut path = vec![token.text.clone()];
            while let [colons, next, ..] = tokens.get(at..).unwrap_or_default()
                && colons.text == "::"
                && next.is_word
            {
                path.push(next.text.clone());
                at += 2;
            }
            if path.len() > 1 {
                self.names.push(Name { path, line: token.line });
            }
        }
    }

    /// Reads a tree of `use` behind a prefix; where it ends.
    fn read_use(&mut self, tokens: &[Token], mut at: usize, prefix: &[String]) -> usize {
        let mut path = prefix.to_vec();
        let mut line = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token.text.as_str() {
                "::" => {}
                "{" => {
                    while tokens.get(at).is_some_and(|token| token.text != "}") {
                        at = self.read_use(tokens, at, &path);
                    }
                    return after_separator(tokens, at + 1);
                }
                "as" => {
                    if let Some(alias) = tokens.get(at) {
                        self.import(path.clone(), &alias.text, line);
                    }
                    return after_separator(tokens, at + 1);
                }
                "," | ";" => break,
                "}" => {
                    at -= 1;
                    break;
                }
                word => {
                    line = token.line;
                    if word != "self" || path.is_empty() {
                        path.push(word.to_owned());
                    }
                }
            }
        }
        if path.len() > prefix.len() || line != 0 {
            let name = path.last().cloned().unwrap_or_default();
            self.import(path, &name, line);
        }
        at
    }

    fn import(&mut self, path: ModulePath, name: &str, line: usize) {
        self.imports.insert(name.to_owned(), path.clone());
        self.names.push(Name { path, line });
    }
}

/// Where a tree of `use` goes on behind a comma or semicolon, if one is there.
fn after_separator(tokens: &[Token], at: usize) -> usize {
    let is_separator = tokens
        .get(at)
        .is_some_and(|token| token.text == "," || token.text == ";");
    if is_separator { at + 1 } else { at }
}

/// The module that a file is.
fn module_of(file: &Path) -> ModulePath {
    let mut module: ModulePath = file
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect();
    if module.last().is_some_and(|last| last == "mod" || last == "lib") {
        module.pop();
    }
    module
}
