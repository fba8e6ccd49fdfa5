//! Restate servers of the tests' own, on this machine alone.

use asl_engine::durable::RestateClient;
use serde_json::{Value, json};
use std::env;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use crate::process::Process;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

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

/// Servers of one cluster: one, or three that keep everything twice.
pub(crate) struct Cluster {
    pub(crate) nodes: Vec<Server>,
}

impl Cluster {
    pub(crate) fn new(program: &Path, folder: &Path, count: usize) -> Self {
        let ports: Vec<[u16; 3]> = (0..count).map(|_| free_ports()).collect();
        let peers: Vec<_> = ports.iter().map(|[node, ..]| local(*node)).collect();
        let node = |(index, ports)| Server::new(program, &folder.join(format!("node-{index}")), index, ports, &peers);
        let nodes = (1..).zip(ports).map(node).collect();
        Self { nodes }
    }

    pub(crate) fn start(&mut self) {
        self.nodes.iter_mut().for_each(Server::start);
    }

    /// A client that knows all nodes.
    pub(crate) fn client(&self) -> RestateClient {
        let (first, others) = self.nodes.split_first().unwrap();
        others
            .iter()
            .fold(RestateClient::new(first.ingress(), first.admin()), |client, node| {
                client.node(node.ingress(), node.admin())
            })
    }

    pub(crate) fn ingresses(&self) -> Vec<String> {
        self.nodes.iter().map(Server::ingress).collect()
    }

    /// The node that leads more partitions than the others.
    pub(crate) async fn leader(&self) -> usize {
        let mut most = (0, 0);
        for (index, node) in self.nodes.iter().enumerate() {
            most = most.max((node.partitions_led().await, index));
        }
        most.1
    }

    /// What the admin API answers, with its head.
    pub(crate) async fn administer(&self, method: &str, path: &str, body: &Value) -> String {
        self.nodes[0].request(ADMIN, method, path, body).await.unwrap()
    }

    /// How many runs of workflows of a key have not ended.
    pub(crate) async fn unended(&self, key: &str) -> usize {
        let sql = format!(
            "SELECT id FROM sys_invocation WHERE target_service_key = '{key}' AND target_handler_name = 'run' AND status <> \
             'completed'"
        );
        let found = self.administer("POST", "/query", &json!({ "query": sql })).await;
        found.matches("inv_").count()
    }

    /// Whether the cluster has a run of this very key.
    pub(crate) async fn has_run(&self, machine: &str, key: &str) -> bool {
        let sql = format!(
            "SELECT id FROM sys_invocation WHERE target_service_name = 'asl.{machine}' AND target_service_key = '{key}' AND \
             target_handler_name = 'run'"
        );
        let found = self.administer("POST", "/query", &json!({ "query": sql })).await;
        found.contains("inv_")
    }

    /// The invocation of a handler of a key, as soon as there is one.
    pub(crate) async fn called(&self, service: &str, key: &str, handler: &str) -> String {
        let sql = format!(
            "SELECT id FROM sys_invocation WHERE target_service_name = '{service}' AND target_service_key LIKE '{key}%' \
             AND target_handler_name = '{handler}'"
        );
        loop {
            let found = self.administer("POST", "/query", &json!({ "query": sql })).await;
            if let Some(id) = id_in(&found, "inv_") {
                return id;
            }
        }
    }

    /// The invocation that runs an execution.
    pub(crate) async fn invocation(&self, service: &str, key: &str) -> String {
        self.called(service, key, "run").await
    }

    /// How many bytes the journal of an execution has.
    pub(crate) async fn journaled(&self, service: &str, key: &str) -> usize {
        let id = self.invocation(service, key).await;
        let sql = format!("SELECT sum(raw_length) AS bytes FROM sys_journal WHERE id = '{id}'");
        let told = self.administer("POST", "/query", &json!({ "query": sql })).await;
        let (_, bytes) = told.rsplit_once("\"bytes\":").unwrap();
        let digits: String = bytes.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    }

    /// Cancels the invocation that runs an execution of a machine.
    pub(crate) async fn cancel(&self, machine: &str, name: &str) {
        let id = self.invocation(&format!("asl.{machine}"), name).await;
        self.order(&id, "cancel").await;
    }

    /// Kills the invocation that runs an execution.
    pub(crate) async fn kill(&self, service: &str, key: &str) {
        let id = self.invocation(service, key).await;
        self.order(&id, "kill").await;
    }

    /// Forgets an invocation that has ended.
    pub(crate) async fn purge(&self, invocation: &str) {
        self.order(invocation, "purge").await;
    }

    async fn order(&self, invocation: &str, what: &str) {
        let path = format!("/invocations/{invocation}/{what}");
        let done = self.administer("PATCH", &path, &Value::Null).await;
        assert!(done.starts_with("HTTP/1.1 20"), "{done}");
    }

    /// Calls a handler of a key, and does not wait for it.
    pub(crate) async fn send(&self, service: &str, key: &str, handler: &str, input: &Value) {
        let path = format!("/{service}/{key}/{handler}");
        let sent = self.nodes[0].request(INGRESS, "POST", &path, input).await.unwrap();
        assert!(sent.starts_with("HTTP/1.1 202"), "{sent}");
    }

    /// The id under which the cluster knows a worker.
    pub(crate) async fn deployment(&self, worker: &str) -> String {
        let sql = format!("SELECT id FROM sys_deployment WHERE endpoint LIKE '{worker}%'");
        let found = self.administer("POST", "/query", &json!({ "query": sql })).await;
        id_in(&found, "dp_").unwrap()
    }

    /// Waits until a worker runs nothing any more.
    pub(crate) async fn until_idle(&self, deployment: &str) {
        let sql = format!(
            "SELECT id FROM sys_invocation WHERE pinned_deployment_id = '{deployment}' AND status <> 'completed'"
        );
        let query = json!({ "query": sql });
        while id_in(&self.administer("POST", "/query", &query).await, "inv_").is_some() {
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Forgets a worker.
    pub(crate) async fn remove(&self, deployment: &str) {
        let path = format!("/deployments/{deployment}?force=true");
        let removed = self.administer("DELETE", &path, &Value::Null).await;
        assert!(removed.starts_with("HTTP/1.1 202"), "{removed}");
    }
}

/// The places of a server's ports.
const NODE: usize = 0;
const INGRESS: usize = 1;
const ADMIN: usize = 2;

/// A server that can be killed, and started again with what it had.
pub(crate) struct Server {
    program: PathBuf,
    folder: PathBuf,
    ports: [u16; 3],
    process: Process,
}

impl Server {
    fn new(program: &Path, folder: &Path, index: usize, ports: [u16; 3], peers: &[String]) -> Self {
        fs::create_dir_all(folder).unwrap();
        let [node, ingress, admin] = ports;
        let (is_first, replication) = (index == 1, peers.len().min(2));
        let address = local(node);
        let settings = format!(
            r#"
node-name = "node-{index}"
force-node-id = {index}
cluster-name = "fleet"
bind-ip = "127.0.0.1"
bind-port = {node}
advertised-address = "{address}"
listen-mode = "tcp"
auto-provision = {is_first}
default-num-partitions = 4
default-replication = {replication}
disable-telemetry = true
log-disable-ansi-codes = true
[worker]
cleanup-interval = "1s"
[metadata-client]
addresses = {peers:?}
[worker.invoker]
http2-keep-alive-interval = "2s"
http2-keep-alive-timeout = "2s"
[ingress]
bind-port = {ingress}
[admin]
bind-port = {admin}
"#
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
        local(self.ports[INGRESS])
    }

    pub(crate) fn ingress_port(&self) -> u16 {
        self.ports[INGRESS]
    }

    pub(crate) fn admin(&self) -> String {
        local(self.ports[ADMIN])
    }

    /// How many partitions it leads; none if it is dead.
    async fn partitions_led(&self) -> u32 {
        let metrics = self.request(NODE, "GET", "/metrics", &Value::Null).await;
        let metrics = metrics.unwrap_or_default();
        let led = metrics
            .lines()
            .find(|line| line.starts_with("restate_num_active_partition_leaders{"));
        led.and_then(|led| led.rsplit(' ').next()?.parse().ok())
            .unwrap_or_default()
    }

    async fn request(&self, port: usize, method: &str, path: &str, body: &Value) -> io::Result<String> {
        let body = body.to_string();
        let length = body.len();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json\r\nAccept: \
             application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let mut connection = TcpStream::connect(("127.0.0.1", self.ports[port])).await?;
        connection.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        let _ = connection.read_to_string(&mut answer).await;
        Ok(answer)
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

/// The first id in an answer that begins so.
fn id_in(answer: &str, prefix: &str) -> Option<String> {
    let id = answer[answer.find(prefix)?..].chars();
    Some(id.take_while(|letter| *letter != '"').collect())
}

fn local(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Ports that nobody listens at now: none of those that systems give to connections, so that a server that is killed finds its
/// own again.
pub(crate) fn free_ports<const N: usize>() -> [u16; N] {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    [(); N].map(|()| {
        loop {
            // Other processes of these tests begin elsewhere.
            let tried = 31 * std::process::id() + TRIED.fetch_add(1, Ordering::Relaxed);
            let port = u16::try_from(20_000 + tried % 12_000).unwrap();
            if TcpListener::bind(("127.0.0.1", port)).is_ok() {
                return port;
            }
        }
    })
}
