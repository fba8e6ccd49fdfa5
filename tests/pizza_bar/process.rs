//! The bar in a process of its own.

use std::ffi::OsStr;
use std::process::Stdio;

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::bar::{Folder, PATIENCE};
use super::server::WEBSOCKET;

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_pizza-bar");

/// A process that serves; it is killed when the test ends.
pub(crate) struct Process {
    pub(crate) child: Child,
    /// Where it listens, as `127.0.0.1:3000`.
    pub(crate) address: String,
    /// Held open: the process is to find a reader.
    _printed: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// The command that serves with the tables in a folder.
    pub(crate) fn command(folder: &Folder, port: u16, speed: f64) -> Command {
        Self::command_of(BINARY, folder, port, speed)
    }

    /// The same, run by another program: the bar's is its last argument but its own.
    pub(crate) fn command_of(program: impl AsRef<OsStr>, folder: &Folder, port: u16, speed: f64) -> Command {
        let mut command = Command::new(program);
        let (port, speed) = (port.to_string(), speed.to_string());
        command.args(["--port", &port, "--speed", &speed, "--data"]);
        command.arg(&folder.0).stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    pub(crate) async fn open(folder: &Folder, speed: f64) -> Self {
        match Self::start(Self::command(folder, 0, speed)).await {
            Ok(process) => process,
            Err(ended) => panic!("{ended}"),
        }
    }

    /// Starts a bar at a port that it had before; meanwhile another test may have borrowed it.
    pub(crate) async fn open_at(folder: &Folder, port: u16, speed: f64) -> Self {
        let open = async {
            loop {
                if let Ok(process) = Self::start(Self::command(folder, port, speed)).await {
                    return process;
                }
            }
        };
        timeout(PATIENCE, open).await.expect("a bar at that port")
    }

    /// Waits until the bar is open; or else what it said before it ended.
    pub(crate) async fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let open = timeout(PATIENCE, printed.next_line()).await.unwrap().unwrap();
        let Some(open) = open else {
            let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
            return Err(format!(
                "{}: {}",
                output.status,
                String::from_utf8_lossy(&output.stderr)
            ));
        };
        let address = open
            .strip_prefix("The AWSome Pizza Bar is open: http://")
            .and_then(|rest| rest.strip_suffix(" (Ctrl-C closes it)"));
        let address = address.unwrap_or_else(|| panic!("{open}")).to_owned();
        // A pipe that nobody reads would fill up.
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(async move {
                let mut lines = BufReader::new(stderr).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    eprintln!("bar: {line}");
                }
            });
        }
        Ok(Self {
            child,
            address,
            _printed: printed,
        })
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}{WEBSOCKET}", self.address)
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.rsplit_once(':').unwrap().1.parse().unwrap()
    }

    /// SIGKILL: nothing of the process has time for anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, as a service manager sends it; the bar closes in good order.
    #[cfg(unix)]
    pub(crate) async fn terminate(mut self) {
        let terminate = format!("kill -TERM {}", self.child.id().unwrap());
        let sent = Command::new("sh").args(["-c", &terminate]).status().await.unwrap();
        assert!(sent.success());
        let ended = timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap();
        assert!(ended.success(), "{ended}");
    }
}
