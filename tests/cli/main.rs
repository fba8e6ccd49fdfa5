//! The `asl` binary, with real files.
//!
//! The `.trycmd` files are what a terminal shows; `TRYCMD=overwrite cargo test --features cli --test cli` writes what it
//! shows now. The rest is what a terminal does not show: closed pipes, hostile and large files, machine-readable output.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
#![expect(
    clippy::disallowed_methods,
    reason = "how long the binary takes is told by the clock on the wall"
)]

#[cfg(unix)]
mod aws;
mod documentation;
mod functions;
mod hostile;
mod init;
mod large;
mod machine_readable;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod serve_mocks;
#[cfg(unix)]
mod store;
mod terminal;
mod watch;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

#[test]
fn what_the_terminal_shows() {
    trycmd::TestCases::new()
        .case("tests/cli/*.trycmd")
        .insert_var("[VERSION]", env!("CARGO_PKG_VERSION"))
        .unwrap();
}

/// The binary, with arguments.
fn asl(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_asl"));
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR"));
    command
}

/// What it answers to a text on standard input.
fn answer(arguments: &[&str], stdin: &[u8]) -> Output {
    let mut child = asl(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let stdin = stdin.to_vec();
    let writer = std::thread::spawn(move || {
        // It may have seen enough before the end.
        let _ = pipe.write_all(&stdin);
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    output
}

/// A folder of this test's own, which is gone when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("asl-cli-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over is in the temporary folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
