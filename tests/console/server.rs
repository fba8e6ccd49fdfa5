//! A console over an API in memory, and a client that sends what it is told.

use std::net::SocketAddr;
use std::time::Duration;

use asl_engine::server::StepFunctions;
use asl_engine::server::console::Console;
use asl_engine::server::http::{HttpApi, serve};
use asl_engine::{Interpreter, TaskError};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) const MACHINE: &str = "arn:aws:states:us-east-1:123456789012:stateMachine:Orders";
pub(crate) const EXECUTION: &str = "arn:aws:states:us-east-1:123456789012:execution:Orders:first";

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    api: StepFunctions,
    end: Option<oneshot::Sender<()>>,
}

/// An answer as it came.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Value,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with(|console| console).await
    }

    pub(crate) async fn with(options: impl FnOnce(Console) -> Console) -> Self {
        let interpreter = Interpreter::new()
            .function("Charge", |order: Value| async move {
                match order["total"].as_f64() {
                    Some(total) if total < 100.0 => Ok(json!({ "paid": total })),
                    _ => Err(TaskError::new("Declined", "no funds")),
                }
            })
            .function("Ask", |_: Value| async { Ok(json!({})) });
        Self::of(interpreter, options).await
    }

    /// A console over executions of an interpreter.
    pub(crate) async fn of(interpreter: Interpreter, options: impl FnOnce(Console) -> Console) -> Self {
        let api = StepFunctions::new(interpreter);
        let router = HttpApi::new(api.clone()).into_router();
        let router = router.merge(options(Console::new(api.clone())).into_router());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (end, ended) = oneshot::channel::<()>();
        tokio::spawn(serve(listener, router, async {
            // The sender is dropped at the end.
            let _ = ended.await;
        }));
        Self {
            address,
            api,
            end: Some(end),
        }
    }

    /// Ends the server, which gives a moment to what it is answering.
    pub(crate) fn end(&mut self) {
        self.end = None;
    }

    /// Calls an action of the API, without the console.
    pub(crate) async fn call(&self, action: &str, request: Value) -> Value {
        self.api.call(action, request).await.unwrap()
    }

    /// A state machine with this definition, and an execution of it that has come to rest.
    pub(crate) async fn execution(&self, definition: &Value, input: &Value) {
        self.create("Orders", definition).await;
        self.begin("Orders", "first", input).await;
        for _ in 0..1_000 {
            let events = self
                .call(
                    "GetExecutionHistory",
                    json!({ "executionArn": EXECUTION, "reverseOrder": true }),
                )
                .await;
            let last = events["events"][0]["type"].as_str().unwrap().to_owned();
            let has_rest = [
                "ExecutionSucceeded",
                "ExecutionFailed",
                "TaskSubmitted",
                "WaitStateEntered",
            ];
            if has_rest.contains(&&*last) {
                return;
            }
            sleep(Duration::from_millis(5)).await;
        }
        panic!("the execution does not come to rest");
    }

    /// Creates a state machine.
    pub(crate) async fn create(&self, name: &str, definition: &Value) {
        let role = "arn:aws:iam::123456789012:role/Orders";
        let machine = json!({ "name": name, "definition": definition.to_string(), "roleArn": role });
        self.call("CreateStateMachine", machine).await;
    }

    /// Starts an execution.
    pub(crate) async fn begin(&self, machine: &str, name: &str, input: &Value) {
        let machine = format!("arn:aws:states:us-east-1:123456789012:stateMachine:{machine}");
        let start = json!({ "stateMachineArn": machine, "name": name, "input": input.to_string() });
        self.call("StartExecution", start).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.send("GET", path, "", "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Response {
        self.send("POST", path, "X-Asl-Console: 1\r\n", &body.to_string()).await
    }

    pub(crate) async fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Response {
        send(self.address, method, path, headers, body).await
    }

    /// The messages of a stream until one of them is as wanted.
    pub(crate) async fn stream(
        &self,
        path: &str,
        headers: &str,
        is_last: impl Fn(&str, &Value) -> bool,
    ) -> Vec<(String, Value)> {
        let request = format!("GET /console/{path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let (mut read, mut messages) = (String::new(), Vec::new());
        let mut bytes = vec![0; 65_536];
        loop {
            let count = timeout(PATIENCE, stream.read(&mut bytes)).await.unwrap().unwrap();
            assert!(count > 0, "the stream ends with {read}");
            read.push_str(std::str::from_utf8(&bytes[..count]).unwrap());
            while let Some((message, rest)) = read.split_once("\n\n") {
                let lines = message.lines();
                let of = |field: &str| {
                    lines
                        .clone()
                        .find_map(|line| Some(line.strip_prefix(field)?.trim().to_owned()))
                };
                if let Some((event, data)) = of("event:").zip(of("data:")) {
                    let data: Value = serde_json::from_str(&data).unwrap();
                    let is_last = is_last(&event, &data);
                    messages.push((event, data));
                    if is_last {
                        return messages;
                    }
                }
                read = rest.to_owned();
            }
        }
    }
}

/// Sends a request to a console.
pub(crate) async fn send(address: SocketAddr, method: &str, path: &str, headers: &str, body: &str) -> Response {
    let host = if headers.contains("Host: ") {
        ""
    } else {
        "Host: localhost\r\n"
    };
    let length = body.len();
    let request = format!(
        "{method} /console/{path} HTTP/1.1\r\n{host}Connection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    );
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut text = String::new();
    let read = timeout(PATIENCE, stream.read_to_string(&mut text)).await;
    read.unwrap().unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    Response {
        status: head
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_default(),
        head: head.to_ascii_lowercase(),
        body: serde_json::from_str(body).unwrap_or_else(|_| body.into()),
    }
}

/// An order that is charged, or refused if that fails.
pub(crate) fn orders() -> Value {
    json!({
        "StartAt": "Add",
        "States": {
            "Add": { "Type": "Pass", "Parameters": { "total.$": "States.MathAdd($.price, 1)" }, "Next": "Charge" },
            "Charge": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge",
                "ResultSelector": { "sum.$": "$.paid" }, "ResultPath": "$.charged",
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 2 }],
                "Catch": [{ "ErrorEquals": ["NoCard"], "Next": "Refused" }], "Next": "Done"
            },
            "Done": { "Type": "Succeed" },
            "Refused": { "Type": "Fail", "Error": "Refused" }
        }
    })
}

/// A task that waits for its token.
pub(crate) fn approval() -> Value {
    json!({
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
                "Parameters": { "FunctionName": "Ask", "Payload": { "token.$": "$$.Task.Token" } },
                "TimeoutSeconds": 60, "End": true
            }
        }
    })
}
