//! The files, folders and suites that the guides and maps name are there.

use std::path::{Path, PathBuf};

/// What a path from the root of the repository begins with.
const ROOTS: &[&str] = &[".ci/", "asl-samples/", "benches/", "examples/", "src/", "tests/"];

#[test]
fn guides_name_what_is_there() {
    let cargo = read("Cargo.toml");
    let mut wrong = Vec::new();
    let mut found = 0;
    for guide in guides() {
        let text = read(guide.to_str().unwrap());
        for path in paths(&text) {
            found += 1;
            if !root().join(path).exists() {
                wrong.push(format!("{}: there is no `{path}`", guide.display()));
            }
        }
        for suite in suites(&text) {
            found += 1;
            if !cargo.contains(&format!("[[test]]\nname = \"{suite}\"\n")) {
                wrong.push(format!("{}: there is no suite `{suite}`", guide.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert!(found > 50, "the names are found");
}

#[test]
fn the_map_of_src_has_every_folder() {
    let map = read("src/README.md");
    let rows: Vec<&str> = map.lines().filter_map(|line| line.strip_prefix("| `")).collect();
    let named: Vec<&str> = rows.iter().filter_map(|row| row.split('`').next()).collect();
    for name in &named {
        assert!(
            root().join("src").join(name).exists(),
            "`{name}` is in the map, but not in `src`"
        );
    }
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{}/", entry.file_name().to_str().unwrap());
        let is_missing = entry.path().is_dir() && !named.contains(&name.as_str());
        assert!(!is_missing, "`{name}` is in `src`, but not in the map");
    }
}

#[test]
fn names_are_found() {
    let text = "Read `src/lib.rs`, `tests/files/<area>` and `src/a*.rs`; run `.ci/run --now`.\n```sh\ncat `src/none`\n```\n\
                `cargo test --test cases x`; `--test` is an option, `src` a folder.";
    assert_eq!(paths(text), ["src/lib.rs", ".ci/run"]);
    assert_eq!(suites(text), ["cases"]);
}

/// The guides, by their paths from the root.
fn guides() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("src/docs")).unwrap();
    let docs = docs.map(|entry| Path::new("src/docs").join(entry.unwrap().file_name()));
    let guides = docs.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    guides
        .chain([PathBuf::from("README.md"), PathBuf::from("src/README.md")])
        .collect()
}

/// The paths in backticks. Of a command only the program counts; patterns and what stands in blocks of code do not.
fn paths(text: &str) -> Vec<&str> {
    let mut paths = Vec::new();
    // Every second block lies between fences, and every second piece of the others between backticks.
    for block in text.split("```").step_by(2) {
        for code in block.split('`').skip(1).step_by(2) {
            let path = code.split(' ').next().unwrap_or_default();
            let is_pattern = path.contains(['*', '<']);
            if !is_pattern && ROOTS.iter().any(|root| path.starts_with(root)) {
                paths.push(path);
            }
        }
    }
    paths
}

/// The suites that commands run.
fn suites(text: &str) -> Vec<&str> {
    let is_in_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let commands = text.split("--test ").skip(1);
    let names = commands.map(|rest| rest.split(|letter| !is_in_name(letter)).next().unwrap_or_default());
    names.filter(|name| !name.is_empty()).collect()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
