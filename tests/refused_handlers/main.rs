//! The compiler's words for closures that cannot be handlers.

use std::process::Command;

/// Other versions of the compiler say it in other words.
const COMPARED: &str = env!("CARGO_PKG_RUST_VERSION");

#[test]
fn a_closure_that_does_not_fit_is_told_what_would() {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let version = Command::new(rustc)
        .arg("--version")
        .output()
        .map(|output| output.stdout);
    let version = String::from_utf8(version.unwrap_or_default()).unwrap_or_default();
    if !version.starts_with(&format!("rustc {COMPARED}.")) {
        println!("skipped: messages are compared with those of Rust {COMPARED}, this is {version}");
        return;
    }
    trybuild::TestCases::new().compile_fail("closures/*.rs");
}
