//! Restate servers of the tests' own, on this machine alone.

use serde_json::{Value, json};
use std::env;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Process;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What installs the server, by npm.
pub(crate) const INSTALL: &str = ".ci/restate-server";

/// Where it puts the packages, of which one has the server for this system.
const INSTALLED: &str = "target/tools/restate/node_modules/@restatedev";

/// The server's program: `RESTATE_SERVER`, or what [`INSTALL`] has installed.
pub(crate) fn program() -> Option<PathBuf> {
    if let Some(program) = env::var_os("RESTATE_SERVER") {
        return Some(program.into());
    }
    let packages = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(INSTALLED)).ok()?;
    let programs = packages
        .flatten()
        .map(|package| package.path().join("bin/restate-server"));
    programs.into_iter().find(|program| program.is_file())
}

/// A server that can be killed, and started again with what it had.
pub(crate) struct Server {
    program: PathBuf,
    folder: PathBuf,
    ports: [u16; 3],
    process: Process,
}

impl Server {
    pub(crate) fn new(program: &Path, folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        let ports = free_ports();
        let [node, ingress, admin] = ports;
        let settings = format!(
            "node-name = \"one\"\ncluster-name = \"fleet\"\nbind-ip = \"127.0.0.1\"\nbind-port = {node}\nlisten-mode = \"tcp\"\n\
             disable-telemetry = true\ndefault-num-partitions = 4\n[ingress]\nbind-port = {ingress}\n[admin]\nbind-port = {admin}\n"
        );
        fs::write(folder.join("restate.toml"), settings).unwrap();
        Self {
            program: program.to_owned(),
            folder: folder.to_owned(),
            ports,
            process: Process::default(),
        }
    }

    pub(crate) fn ingress(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[1])
    }

    pub(crate) fn admin(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports[2])
    }

    /// What the admin API answers, with its head.
    pub(crate) async fn administer(&self, method: &str, path: &str, body: &Value) -> String {
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: \
             application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut connection = TcpStream::connect(("127.0.0.1", self.ports[2])).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer).await;
        answer
    }

    /// Cancels the invocation that runs an execution, as soon as there is one.
    pub(crate) async fn cancel(&self, machine: &str, name: &str) {
        let sql = format!(
            "SELECT id FROM sys_invocation WHERE target_service_name = 'asl.{machine}' AND target_service_key = '{name}' AND \
             target_handler_name = 'run'"
        );
        let id = loop {
            let found = self.administer("POST", "/query", &json!({ "query": sql })).await;
            if let Some(begin) = found.find("inv_") {
                let id = found[begin..].chars();
                break id.take_while(|letter| *letter != '"').collect::<String>();
            }
        };
        let path = format!("/invocations/{id}/cancel");
        let cancelled = self.administer("PATCH", &path, &Value::Null).await;
        assert!(cancelled.starts_with("HTTP/1.1 202"), "{cancelled}");
    }

    pub(crate) fn start(&mut self) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("log"));
        let mut command = Command::new(&self.program);
        command
            .arg("--config-file")
            .arg(self.folder.join("restate.toml"))
            .arg("--base-dir")
            .arg(self.folder.join("data"))
            .stdin(Stdio::null())
            .stdout(log.unwrap())
            .stderr(Stdio::null());
        self.process.start(&mut command);
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }
}

/// Ports that nobody listens at now.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    let listeners = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}
