//! An emulator of AWS: moto's server, which `.ci/moto` installs, in a process of its own.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_mins(1);

/// moto's server; it is killed when the test ends.
pub(crate) struct Moto {
    pub(crate) url: String,
    _child: Child,
}

impl Moto {
    /// Starts it; `None` on a machine without it.
    pub(crate) async fn start() -> Option<Self> {
        let Some(folder) = folder() else {
            let required = env::var_os("ASL_MOTO_REQUIRED").is_some();
            assert!(
                !required,
                "there is no moto server, and ASL_MOTO_REQUIRED is set: run `.ci/moto`"
            );
            eprintln!("skipped: there is no moto server; `.ci/moto` installs it");
            return None;
        };
        let mut command = Command::new("python3");
        command
            .args(["-u", "-m", "moto.server", "-p", "0"])
            .env("PYTHONPATH", folder);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = async {
            while let Some(line) = lines.next_line().await.unwrap() {
                if let Some((_, address)) = line.split_once("Running on http://") {
                    return format!("http://{}", address.trim());
                }
                eprintln!("moto: {line}");
            }
            panic!("moto's server has ended");
        };
        let url = timeout(PATIENCE, url).await.unwrap();
        // A pipe that nobody reads would fill up.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let address = url.trim_start_matches("http://");
        while TcpStream::connect(address).await.is_err() {
            sleep(Duration::from_millis(10)).await;
        }
        Some(Self { url, _child: child })
    }

    /// The variables by which a process calls it.
    pub(crate) fn environment(&self) -> [(&'static str, &str); 4] {
        [
            ("AWS_ENDPOINT_URL", &self.url),
            ("AWS_REGION", "us-east-1"),
            ("AWS_ACCESS_KEY_ID", "test"),
            ("AWS_SECRET_ACCESS_KEY", "test"),
        ]
    }
}

/// Where `.ci/moto` puts it.
fn folder() -> Option<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    let mut folders = workspace.map(|folder| folder.join("target/tools/moto"));
    folders.find(|folder| folder.join("moto/server.py").is_file())
}
