//! The totals as they were committed.

use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Compares the totals with those of `tests/recorded/conformance.snapshot`, or writes them there.
pub(crate) fn compare(totals: &str) -> ExitCode {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recorded/conformance.snapshot");
    if env::var_os("UPDATE").is_some() {
        fs::write(&file, totals).unwrap();
        return ExitCode::SUCCESS;
    }
    let committed = fs::read_to_string(&file).unwrap_or_default();
    if committed == totals {
        return ExitCode::SUCCESS;
    }
    println!("the totals are not those of {}:", file.display());
    for line in committed
        .lines()
        .filter(|line| !totals.lines().any(|other| other == *line))
    {
        println!("- {line}");
    }
    for line in totals
        .lines()
        .filter(|line| !committed.lines().any(|other| other == *line))
    {
        println!("+ {line}");
    }
    println!("`UPDATE=1 cargo test --test conformance` writes them anew; read the difference before you commit it");
    ExitCode::FAILURE
}
