//! Who may import whom: folders of `src` import only downwards, and the core knows no runtime and no clock.

#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};

/// Each folder with those it may import; `error` is free to all.
const LAYERS: &[(&str, &[&str])] = &[
    ("data", &[]),
    ("definition", &["data"]),
    ("graph", &["definition"]),
    ("history", &["data", "definition"]),
    ("error", &["history"]),
    ("execution", &["data", "definition", "history"]),
    ("services", &["data", "definition", "history", "execution"]),
    ("test_state", &["data", "definition", "history", "execution"]),
    (
        "simulation",
        &["data", "definition", "graph", "history", "execution", "services"],
    ),
    (
        "test_file",
        &["data", "definition", "history", "execution", "simulation"],
    ),
    ("handlers", &["data", "definition", "history", "execution", "services"]),
    (
        "runtime",
        &["data", "definition", "history", "execution", "services", "handlers"],
    ),
    (
        "server",
        &["data", "definition", "execution", "services", "test_state", "runtime"],
    ),
    ("websocket", &["data", "definition", "history", "execution", "handlers"]),
    (
        "cli",
        &[
            "data",
            "definition",
            "graph",
            "history",
            "execution",
            "services",
            "simulation",
            "test_file",
            "handlers",
            "runtime",
        ],
    ),
    // The binaries: what they call is public.
    ("bin", &[]),
];

/// Folders that use std, serde, `serde_json` and small pure crates only.
const PURE: &[&str] = &[
    "data",
    "definition",
    "graph",
    "history",
    "execution",
    "services",
    "simulation",
    "test_state",
];

/// What a pure folder may not name: crates of the drivers, the clock.
const DRIVERS: &[&str] = &[
    "tokio::",
    "uuid::",
    "tracing::",
    "async_trait::",
    "axum::",
    "hyper::",
    "getrandom::",
    "Utc::now(",
    "Instant::now(",
];

/// What the crate's root re-exports of `error`; everything else is imported from its own folder.
const ERRORS: &[&str] = &["TaskError", "Error", "ErrorKind"];

#[test]
fn folders_import_only_downwards() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        let layer = layer_of(&file);
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
            wrong.push(format!("{}: `{layer}` has no place in the layering", file.display()));
            continue;
        };
        for imported in imports(&text) {
            let free = imported == layer || imported == "error" || ERRORS.contains(&imported.as_str());
            if !free && !allowed.contains(&imported.as_str()) {
                wrong.push(format!("{}: `{layer}` may not import `{imported}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_core_knows_no_runtime_and_no_clock() {
    let mut wrong = Vec::new();
    for (file, text) in sources() {
        if !PURE.contains(&layer_of(&file).as_str()) {
            continue;
        }
        for (line, number) in code_lines(&text).zip(1..) {
            if let Some(driver) = DRIVERS.iter().find(|driver| line.contains(**driver)) {
                wrong.push(format!("{}:{number}: names `{driver}`", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_rules_see_what_they_should() {
    assert_eq!(
        imports("use crate::runtime::Clock;\npub(crate) use crate::{data::Scope, Error};\n"),
        ["runtime", "data", "Error"]
    );
    assert_eq!(
        imports("/// use crate::runtime::Clock;\nlet x = crate::handlers::go();"),
        ["handlers"]
    );
    assert_eq!(layer_of(Path::new("execution/engine/mod.rs")), "execution");
}

/// Every source file below a folder of `src`, by its path from there.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let file = path.strip_prefix(&root).unwrap().to_owned();
                if file != Path::new("lib.rs") {
                    sources.push((file, std::fs::read_to_string(&path).unwrap()));
                }
            }
        }
    }
    assert!(sources.len() > 50, "the sources are found");
    sources
}

fn layer_of(file: &Path) -> String {
    let first = file
        .components()
        .next()
        .unwrap()
        .as_os_str()
        .to_string_lossy()
        .into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The modules and items of the crate that a file names.
fn imports(text: &str) -> Vec<String> {
    let code: String = code_lines(text).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split(';').next().unwrap_or(group);
            let mut depth = 0;
            let mut item = String::new();
            for c in group.chars() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => found.extend(first_name(&std::mem::take(&mut item))),
                    _ => {}
                }
                item.push(c);
            }
            found.extend(first_name(&item));
        } else {
            found.extend(first_name(rest));
        }
    }
    found
}

fn first_name(path: &str) -> Option<String> {
    let path = path.trim_start_matches(|c: char| !c.is_alphanumeric());
    let name: String = path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

/// The lines that are neither comments nor tests, which come last in a file.
fn code_lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| line.trim() != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
}
