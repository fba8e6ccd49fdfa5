//! The server dies under an open page, and comes back.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::super::devtools::{Folder, PATIENCE};
use super::super::server::send;
use super::{execution, execution_arn, open};

/// `asl serve` in a process of its own, with what it keeps in a file.
struct Serve {
    child: Child,
    address: SocketAddr,
}

impl Serve {
    /// Starts it; `None` where the port is taken.
    async fn start(data: &Path, port: u16) -> Option<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_asl"));
        command
            .args(["serve", "--quiet", "--port", &port.to_string(), "--data"])
            .arg(data);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(PATIENCE, printed.next_line()).await.unwrap().unwrap()?;
        let address = line.strip_prefix("http://").unwrap().parse().unwrap();
        Some(Self { child, address })
    }

    /// Starts it where it was before; meanwhile another test may have borrowed the port.
    async fn start_again(data: &Path, port: u16) -> Self {
        let start = async {
            loop {
                if let Some(server) = Self::start(data, port).await {
                    return server;
                }
            }
        };
        timeout(PATIENCE, start).await.expect("a server at that port")
    }

    async fn call(&self, action: &str, request: &Value) -> Value {
        let path = format!("api/call/{action}");
        let own = "X-Asl-Console: 1\r\n";
        let response = send(self.address, "POST", &path, own, &request.to_string()).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.body
    }

    /// SIGKILL: nothing of the process has time for anything.
    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

#[tokio::test]
async fn a_page_goes_on_when_its_server_does() {
    let folder = Folder::new();
    std::fs::create_dir_all(&folder.0).unwrap();
    let data = folder.0.join("executions.db");
    let server = Serve::start(&data, 0).await.expect("a free port");
    let machine = json!({
        "name": "Slow", "definition": slow().to_string(), "roleArn": "arn:aws:iam::123456789012:role/Slow",
    });
    let created = server.call("CreateStateMachine", &machine).await;
    let Some(mut page) = open(server.address, "#/").await else {
        return;
    };
    let start = json!({ "stateMachineArn": created["stateMachineArn"], "name": "first" });
    server.call("StartExecution", &start).await;
    page.resize(1280, 1800, false).await;
    page.go(&execution("Slow", "first")).await;
    page.state_is("First Wait, Wait, running").await;

    let address = server.address;
    server.kill().await;
    page.reads("#banner", "The server does not answer. Reconnecting").await;
    page.reads("#connection", "Not connected").await;
    // What was seen stays.
    page.state_is("First Wait, Wait, running").await;

    let server = Serve::start_again(&data, address.port()).await;
    page.wait_for("document.getElementById('banner').hidden").await;
    page.reads("#connection", "Live").await;
    page.reads(".title-line .status", "Succeeded").await;
    page.state_is("Last, Pass, succeeded").await;

    // Each event is there once, in its order: as the server tells them.
    let request = json!({ "executionArn": execution_arn("Slow", "first"), "maxResults": 1000 });
    let history = server.call("GetExecutionHistory", &request).await;
    let told = history["events"].as_array().unwrap().iter();
    let told: Vec<_> = told
        .map(|event| json!([event["id"].to_string(), event["type"]]))
        .collect();
    assert_eq!(told.len(), 10, "{told:?}");
    page.reads(".history .count", "10 events").await;
    let shown = "[...document.querySelectorAll('.events-table .vl-body .vl-line')].map((row) => [...row.children].slice(0, 2).map((cell) => cell.textContent))";
    assert_eq!(page.evaluate(shown).await, Value::from(told));
    // Of what it asked in vain the browser complains; of nothing else.
    let others = page
        .complaints
        .iter()
        .filter(|complaint| !complaint.contains("net::ERR_"));
    assert_eq!(others.collect::<Vec<_>>(), Vec::<&String>::new());
    page.close().await;
    server.kill().await;
}

/// Long enough to be killed in its first state, and no longer.
fn slow() -> Value {
    json!({ "StartAt": "First Wait", "States": {
        "First Wait": { "Type": "Wait", "Seconds": 6, "Next": "Second Wait" },
        "Second Wait": { "Type": "Wait", "Seconds": 1, "Next": "Between" },
        "Between": { "Type": "Pass", "Next": "Last" },
        "Last": { "Type": "Pass", "End": true }
    } })
}
