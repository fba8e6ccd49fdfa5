//! Who may import whom: folders of `src` import only downwards, no files import each other in a circle, and the core knows no
//! runtime and no clock.

#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "tests fail by panicking")]

mod circles;
mod guides;
mod modules;
mod source;
mod tokens;

use std::path::Path;

use circles::circles;
use modules::Modules;

/// Each folder with those it may import; `error` is free to all.
const LAYERS: &[(&str, &[&str])] = &[
    ("data", &[]),
    ("definition", &["data"]),
    ("loading", &["data", "definition"]),
    ("diagram", &["definition"]),
    ("history", &["data", "definition"]),
    ("error", &["history"]),
    ("execution", &["data", "definition", "history"]),
    ("services", &["data", "definition", "history", "execution"]),
    ("test_state", &["data", "definition", "loading", "history", "execution"]),
    (
        "simulation",
        &["data", "definition", "diagram", "history", "execution", "services"],
    ),
    ("programs", &["data", "services", "simulation"]),
    (
        "test_file",
        &[
            "data",
            "definition",
            "loading",
            "history",
            "execution",
            "simulation",
            "programs",
        ],
    ),
    ("telemetry", &["data", "definition", "execution"]),
    (
        "handlers",
        &["data", "definition", "history", "execution", "services", "telemetry"],
    ),
    (
        "store",
        &["data", "definition", "loading", "history", "execution", "services"],
    ),
    (
        "runtime",
        &[
            "data",
            "definition",
            "history",
            "execution",
            "services",
            "telemetry",
            "handlers",
            "store",
        ],
    ),
    (
        "durable",
        &[
            "data",
            "definition",
            "history",
            "execution",
            "services",
            "handlers",
            "store",
            "runtime",
        ],
    ),
    (
        "server",
        &[
            "data",
            "definition",
            "diagram",
            "loading",
            "history",
            "execution",
            "services",
            "simulation",
            "test_state",
            "handlers",
            "store",
            "telemetry",
            "runtime",
            "durable",
            "test_file",
        ],
    ),
    ("websocket", &["data", "definition", "history", "execution", "handlers"]),
    (
        "cli",
        &[
            "data",
            "definition",
            "loading",
            "diagram",
            "history",
            "execution",
            "services",
            "simulation",
            "programs",
            "test_file",
            "test_state",
            "handlers",
            "store",
            "telemetry",
            "runtime",
            "durable",
            "server",
        ],
    ),
    // The binaries: what they call is public.
    ("bin", &[]),
];

/// Folders whose children still import each other in circles, and why. One that no longer does fails the test: its line goes.
const KNOWN_CIRCLES: &[(&str, &str)] = &[];

/// Folders that use std, serde, `serde_json` and small pure crates only.
const PURE: &[&str] = &[
    "data",
    "definition",
    "loading",
    "diagram",
    "history",
    "execution",
    "services",
    "simulation",
    "test_state",
];

/// Crates that a pure folder may not name.
const DRIVERS: &[&str] = &[
    "async_trait",
    "axum",
    "futures_core",
    "getrandom",
    "hyper",
    "tokio",
    "tracing",
    "uuid",
];

/// What a pure folder may not name of any crate: clocks. `now` is the end of `Utc::now`, `Local::now` and whatever else they
/// are imported as.
const CLOCKS: &[&str] = &["Instant", "SystemTime", "now"];

#[test]
fn folders_import_only_downwards() {
    let modules = crate_modules();
    let mut wrong = Vec::new();
    for source in modules.sources().filter(|source| !source.module.is_empty()) {
        let layer = &source.module[0];
        if !LAYERS.iter().any(|(name, _)| name == layer) {
            wrong.push(format!(
                "{}: `{layer}` has no place in the layering",
                source.file.display()
            ));
        }
    }
    for import in modules.imports() {
        let (Some(layer), Some(imported)) = (import.from.module.first(), import.to.module.first()) else {
            continue;
        };
        let allowed = LAYERS
            .iter()
            .find(|(name, _)| name == layer)
            .map_or(&[][..], |(_, allowed)| allowed);
        if layer != imported && imported != "error" && !allowed.contains(&imported.as_str()) {
            let (file, line) = (import.from.file.display(), import.name.line);
            wrong.push(format!("{file}:{line}: `{layer}` may not import `{imported}`"));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let modules = crate_modules();
    let found = circles(&modules.imports());
    let is_known = |folder: &str| KNOWN_CIRCLES.iter().any(|(known, _)| *known == folder);
    let mut wrong: Vec<String> = Vec::new();
    wrong.extend(
        found
            .iter()
            .filter(|circle| !is_known(&circle.folder))
            .map(ToString::to_string),
    );
    for (folder, _) in KNOWN_CIRCLES {
        if !found.iter().any(|circle| circle.folder == *folder) {
            wrong.push(format!(
                "`{folder}` has no circle any more: remove it from KNOWN_CIRCLES"
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_name_what_they_take() {
    // What `use other::*` brings in is nowhere named, and so unseen by the other checks.
    let modules = crate_modules();
    let imports = modules.imports();
    let all = imports
        .iter()
        .filter(|import| import.name.path.last().is_some_and(|last| last == "*"));
    let wrong: Vec<_> = all
        .map(|import| format!("{}:{}: imports `*`", import.from.file.display(), import.name.line))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn the_core_knows_no_runtime_and_no_clock() {
    let wrong = impure_names(&crate_modules());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn impure_names(modules: &Modules) -> Vec<String> {
    let mut wrong = Vec::new();
    for source in modules.sources() {
        if !source
            .module
            .first()
            .is_some_and(|layer| PURE.contains(&layer.as_str()))
        {
            continue;
        }
        for name in &source.names {
            let is_driver = DRIVERS.contains(&name.path[0].as_str());
            if is_driver || name.path.iter().any(|part| CLOCKS.contains(&part.as_str())) {
                let (file, path) = (source.file.display(), name.path.join("::"));
                wrong.push(format!("{file}:{}: names `{path}`", name.line));
            }
        }
    }
    wrong
}

fn crate_modules() -> Modules {
    let modules = Modules::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    assert!(modules.sources().count() > 50, "the sources are found");
    modules
}

mod the_checker {
    use super::*;

    /// The imports of a crate of these files: the file, its line, and the file that it names there.
    fn imports(files: &[(&str, &str)]) -> Vec<String> {
        let modules = of(files);
        let imports = modules.imports();
        let mut told: Vec<_> = imports
            .iter()
            .map(|import| {
                let (from, to) = (import.from.file.display(), import.to.file.display());
                format!("{from}:{} {to}", import.name.line)
            })
            .collect();
        told.dedup();
        told
    }

    fn found_circles(files: &[(&str, &str)]) -> Vec<String> {
        let modules = of(files);
        circles(&modules.imports()).iter().map(ToString::to_string).collect()
    }

    fn of(files: &[(&str, &str)]) -> Modules {
        Modules::of(files.iter().map(|(file, text)| (Path::new(*file), *text))).unwrap()
    }

    #[test]
    fn sees_imports_however_they_are_written() {
        let others = [("b/mod.rs", ""), ("b/c.rs", ""), ("a/mod.rs", ""), ("a/d.rs", "")];
        for (code, named) in [
            ("use crate::b::X;", "b/mod.rs"),
            ("use crate::{a::X, b::c::{self, Y}};", "a/mod.rs b/c.rs"),
            ("pub(crate) use super::d;", "a/d.rs"),
            ("use super::super::b::c as other; fn f() { other::g() }", "b/c.rs"),
            ("fn f() -> crate::b::X { vec![super::d::Y::new()] }", "b/mod.rs a/d.rs"),
            ("use crate::b::*;", "b/mod.rs"),
            ("#[serde(with = \"super::d\")] struct S;", "a/d.rs"),
            (
                "use std::fmt; /// crate::b::X\nfn f() { \"crate::b::X\"; fmt::g() } // crate::b",
                "",
            ),
            ("fn f() -> impl T + use<'a> { crate::b::g() }", "b/mod.rs"),
            ("fn f(x: X) { x.super_::y; x.b::<X>() }", ""),
        ] {
            let files: Vec<_> = others.into_iter().chain([("a/e.rs", code)]).collect();
            let seen: Vec<_> = imports(&files)
                .iter()
                .map(|told| told.split(' ').nth(1).unwrap().to_owned())
                .collect();
            assert_eq!(seen.join(" "), named, "{code}");
        }
    }

    #[test]
    fn sees_the_code_behind_a_test() {
        let code = "#[cfg(test)]\nuse crate::b::X;\n#[cfg(test)]\nmod tests {\n use crate::b::Y;\n}\n\
            #[cfg(all(test, feature = \"x\"))]\n#[test]\nfn f() { crate::b::g() }\nuse crate::c::Z;\n";
        let files = [("a.rs", code), ("b.rs", ""), ("c.rs", "")];
        assert_eq!(imports(&files), ["a.rs:10 c.rs"]);
    }

    #[test]
    fn leaves_files_of_tests_out() {
        let files = [
            ("a/mod.rs", "#[cfg(test)]\nmod tests;\nmod c;"),
            ("a/tests.rs", "use crate::b::X;"),
            ("a/tests/more.rs", "use crate::b::X;"),
            ("a/c.rs", "use crate::b::X;"),
            ("b.rs", ""),
        ];
        assert_eq!(imports(&files), ["a/c.rs:1 b.rs"]);
    }

    #[test]
    fn follows_what_is_passed_on_to_the_file_that_has_it() {
        let files = [
            ("lib.rs", "pub use a::X;"),
            ("a/mod.rs", "pub use b::X; use b::Y as Z;"),
            ("a/b.rs", ""),
            ("a/c.rs", "use super::Z;"),
            ("d.rs", "use crate::X;"),
        ];
        let imports = imports(&files);
        assert!(imports.contains(&"a/c.rs:1 a/b.rs".to_owned()), "{imports:?}");
        assert!(imports.contains(&"d.rs:1 a/b.rs".to_owned()), "{imports:?}");
    }

    #[test]
    fn finds_circles_of_siblings_and_what_ties_them() {
        let files = [
            ("a/mod.rs", "pub use b::X; mod b; mod c; mod d;"),
            ("a/b.rs", "\nuse super::c::Y;"),
            ("a/c.rs", "use super::d::Z;"),
            ("a/d.rs", "use crate::a::X;"),
            ("e.rs", "use crate::a::X;"),
        ];
        let told = "circle in `a`: b, c, d\n    a/b.rs:2 names `super::c::Y` of a/c.rs\n    a/c.rs:1 names `super::d::Z` of a/d.rs\n    \
            a/d.rs:1 names `crate::a::X` of a/b.rs\n";
        assert_eq!(found_circles(&files), [told]);
    }

    #[test]
    fn finds_circles_through_the_children_of_a_folder() {
        let files = [
            ("a/mod.rs", ""),
            ("a/b/mod.rs", ""),
            ("a/b/c.rs", "use crate::a::d::X;"),
            ("a/d.rs", "use super::b::Y;"),
        ];
        let found = found_circles(&files);
        assert!(
            matches!(found.as_slice(), [circle] if circle.starts_with("circle in `a`: b, d\n")),
            "{found:?}"
        );
    }

    #[test]
    fn allows_a_module_and_its_children_to_import_each_other() {
        let files = [
            ("a/mod.rs", "use b::X; pub struct Y; fn f() { c::d::g() }"),
            ("a/b.rs", "use super::Y; use super::c::Z;"),
            ("a/c/mod.rs", "use crate::a::Y;"),
            ("a/c/d.rs", "use super::super::Y; use super::Z;"),
        ];
        assert_eq!(found_circles(&files), [""; 0]);
    }

    #[test]
    fn knows_clocks_and_runtimes_by_any_name() {
        let code = "use std::time::{Duration, Instant as Moment};\nuse chrono::Utc as U;\nfn f() { U::now() }\n\
            #[cfg(test)]\nfn g() { std::time::SystemTime::now() }\nuse tokio::time;";
        let told = [
            "data/a.rs:1: names `std::time::Instant`",
            "data/a.rs:3: names `U::now`",
            "data/a.rs:6: names `tokio::time`",
        ];
        assert_eq!(impure_names(&of(&[("data/a.rs", code), ("runtime/a.rs", code)])), told);
    }
}
