//! moto's server, an emulator of AWS, once for all tests.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::LazyLock;

/// Ends with the process that holds its standard input.
const PROGRAM: &str = "
import os, sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
from moto.server import main
main(['-H', '127.0.0.1', '-p', '0'])
";

struct Moto {
    url: String,
    _child: Child,
    _held: ChildStdin,
}

static MOTO: LazyLock<Option<Moto>> = LazyLock::new(start);

/// The server's URL; `None` where moto is not installed, said once.
pub(crate) fn url() -> Option<&'static str> {
    MOTO.as_ref().map(|moto| moto.url.as_str())
}

fn start() -> Option<Moto> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/tools/moto");
    if !folder.is_dir() {
        let required = std::env::var_os("ASL_MOTO_REQUIRED").is_some();
        assert!(
            !required,
            "there is no moto (`.ci/moto` installs it), and ASL_MOTO_REQUIRED is set"
        );
        eprintln!("skipped: there is no moto (`.ci/moto` installs it)");
        return None;
    }
    let mut child = Command::new("python3")
        .args(["-u", "-c", PROGRAM])
        .env("PYTHONPATH", folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 runs moto");
    let held = child.stdin.take().expect("its standard input");
    let mut lines = BufReader::new(child.stderr.take().expect("its standard error")).lines();
    let url = lines
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| line.split_once("Running on ").map(|(_, url)| url.trim().to_owned()));
    // It would wait for a full pipe.
    std::thread::spawn(move || lines.for_each(drop));
    Some(Moto {
        url: url.expect("moto says where it listens"),
        _child: child,
        _held: held,
    })
}
