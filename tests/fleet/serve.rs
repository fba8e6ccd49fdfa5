//! `asl serve --restate` by two processes, with the requests that AWS's clients send.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::cluster::{Cluster, free_ports};
use crate::process::Process;
use crate::round::PATIENCE;

const ROLE: &str = "arn:aws:iam::123456789012:role/R";

/// So many executions run when a process dies.
const EXECUTIONS: usize = 20;

/// A process of `asl serve`.
struct Serve {
    port: u16,
    process: Process,
}

impl Serve {
    async fn start(program: &Path, cluster: &Cluster, worker: u16, log: &Path) -> Self {
        let [port] = free_ports();
        let node = &cluster.nodes[0];
        let mut command = Command::new(program);
        command
            .args(["serve", "--quiet", "--port", &port.to_string()])
            .args(["--restate", &node.ingress(), "--restate-admin", &node.admin()])
            .args(["--worker", &format!("127.0.0.1:{worker}")])
            .arg("--log")
            .arg(log)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let mut process = Process::default();
        process.start(&mut command);
        let serve = Self { port, process };
        let serves = async {
            while serve.call("ListStateMachines", json!({})).await.is_err() {
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, serves).await.unwrap();
        serve
    }

    /// Calls an action; errors if the process does not answer, or refuses it.
    async fn call(&self, action: &str, request: Value) -> Result<Value, String> {
        let body = request.to_string();
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: \
             AWSStepFunctions.{action}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answered = async {
            let mut connection = TcpStream::connect(("127.0.0.1", self.port)).await?;
            connection.write_all(request.as_bytes()).await?;
            let mut answer = String::new();
            connection.read_to_string(&mut answer).await?;
            Ok::<_, std::io::Error>(answer)
        };
        let answer = answered.await.map_err(|error| error.to_string())?;
        let (head, body) = answer.split_once("\r\n\r\n").ok_or("there is no answer")?;
        if head.starts_with("HTTP/1.1 200") {
            serde_json::from_str(body).map_err(|error| error.to_string())
        } else {
            Err(body.to_owned())
        }
    }

    async fn ended(&self, execution: &Value) -> Value {
        let of = json!({ "executionArn": execution });
        let ended = async {
            loop {
                let described = self.call("DescribeExecution", of.clone()).await.unwrap();
                if described["status"] != "RUNNING" {
                    return described;
                }
                sleep(Duration::from_millis(50)).await;
            }
        };
        timeout(PATIENCE, ended).await.unwrap()
    }
}

#[tokio::main]
pub(crate) async fn run(program: &Path) {
    let Some(asl) = option_env!("CARGO_BIN_EXE_asl").map(Path::new) else {
        println!("without the feature `cli` there is no `asl serve` to test");
        return;
    };
    let folder = std::env::temp_dir().join(format!("asl-engine-fleet-serve-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut cluster = Cluster::new(program, &folder, 1);
    cluster.start();
    let [worker] = free_ports();
    let log = folder.join("log");
    let mut first = Serve::start(asl, &cluster, worker, &log).await;
    let second = Serve::start(asl, &cluster, worker, &log).await;

    let waits = json!({ "StartAt": "Rest", "States": {
        "Rest": { "Type": "Wait", "Seconds": 2, "Next": "Done" }, "Done": { "Type": "Pass", "End": true }
    } });
    let create = json!({ "name": "Waits", "definition": waits.to_string(), "roleArn": ROLE });
    let machine = first.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let mut executions = Vec::new();
    for number in 0..EXECUTIONS {
        let api = if number % 2 == 0 { &second } else { &first };
        let start = json!({ "stateMachineArn": machine, "input": number.to_string() });
        executions.push(api.call("StartExecution", start).await.unwrap()["executionArn"].clone());
    }
    // As `kill -9` does.
    first.process.kill();
    for (number, execution) in executions.iter().enumerate() {
        let ended = second.ended(execution).await;
        assert_eq!(
            (&ended["status"], &ended["output"]),
            (&json!("SUCCEEDED"), &json!(number.to_string())),
            "{ended}"
        );
    }

    // The one that is left serves alone, and an Express workflow's log is written.
    let pass = json!({ "StartAt": "P", "States": { "P": { "Type": "Pass", "End": true } } });
    let create = json!({ "name": "Quick", "definition": pass.to_string(), "roleArn": ROLE, "type": "EXPRESS" });
    let machine = second.call("CreateStateMachine", create).await.unwrap()["stateMachineArn"].clone();
    let start = json!({ "stateMachineArn": machine, "input": "7" });
    let ended = second.call("StartSyncExecution", start).await.unwrap();
    assert_eq!(ended["output"], "7");
    let arn = ended["executionArn"].as_str().unwrap();
    let logged = async {
        let is_logged = |log: &str| {
            log.lines()
                .any(|line| line.contains(arn) && line.contains("ExecutionSucceeded"))
        };
        while !is_logged(&fs::read_to_string(&log).unwrap_or_default()) {
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, logged).await.unwrap();

    // Another takes the place of the one that died, and finds all that was there.
    let third = Serve::start(asl, &cluster, worker, &log).await;
    let known = third.ended(&executions[0]).await;
    assert_eq!(known["status"], "SUCCEEDED");
    drop((second, third, cluster));
    fs::remove_dir_all(folder).unwrap();
}
