//! The service in a process of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use super::client::{Client, PATIENCE};

pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_order-service");

/// A folder that goes when the test ends.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);

        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("asl-order-service-{}-{number}", std::process::id()));
        // Of an earlier process with this id.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("orders.db")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// A process that serves; it is killed when the test ends.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) client: Client,
    /// Held open: the process is to find a reader.
    _printed: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub(crate) fn command(data: &Path) -> Command {
        let mut command = Command::new(BINARY);
        command.args(["--address", "127.0.0.1:0", "--data"]).arg(data);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    pub(crate) async fn open(folder: &Folder) -> Self {
        match Self::start(Self::command(&folder.data())).await {
            Ok(process) => process,
            Err(ended) => panic!("{ended}"),
        }
    }

    /// Starts it with more arguments.
    pub(crate) async fn open_with(folder: &Folder, arguments: &[&str]) -> Self {
        let mut command = Self::command(&folder.data());
        command.args(arguments);
        match Self::start(command).await {
            Ok(process) => process,
            Err(ended) => panic!("{ended}"),
        }
    }

    /// Waits until it serves; or else what it said before it ended.
    pub(crate) async fn start(mut command: Command) -> Result<Self, String> {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = timeout(PATIENCE, printed.next_line()).await.unwrap().unwrap();
        let Some(first) = first else {
            let output = timeout(PATIENCE, child.wait_with_output()).await.unwrap().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("{}: {said}", output.status));
        };
        let address = first
            .strip_prefix("listening on http://")
            .unwrap_or_else(|| panic!("{first}"));
        // A pipe that nobody reads would fill up.
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                eprintln!("service: {line}");
            }
        });
        Ok(Self {
            child,
            client: Client {
                address: address.to_owned(),
            },
            _printed: printed,
        })
    }

    /// SIGKILL: nothing of the process has time for anything.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// SIGTERM, as a service manager sends it.
    pub(crate) async fn signal(&self) {
        let terminate = format!("kill -TERM {}", self.child.id().unwrap());
        let sent = Command::new("sh").args(["-c", &terminate]).status().await.unwrap();
        assert!(sent.success());
    }

    pub(crate) async fn end(&mut self) -> ExitStatus {
        timeout(PATIENCE, self.child.wait()).await.unwrap().unwrap()
    }

    /// Ends it in good order.
    pub(crate) async fn terminate(mut self) {
        self.signal().await;
        let ended = self.end().await;
        assert!(ended.success(), "{ended}");
    }
}
