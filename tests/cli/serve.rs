//! `asl serve`, called as any client calls it. `tests/api` tests what it answers.

mod events;
mod lambda_endpoint;
mod virtual_time;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::asl;

const LONGEST: Duration = Duration::from_mins(1);

/// A running `asl serve`.
pub(super) struct Serve {
    child: Child,
    address: String,
}

impl Serve {
    pub(super) fn start(arguments: &[&str]) -> Self {
        Self::of(asl(&["serve", "--port", "0"]).args(arguments))
    }

    pub(super) fn of(command: &mut Command) -> Self {
        Self::with(command, Stdio::null())
    }

    pub(super) fn with(command: &mut Command, stderr: Stdio) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line.trim().strip_prefix("http://").unwrap().to_owned();
        Self { child, address }
    }

    /// Calls an action; an error is `Code: message`.
    pub(super) fn call(&self, action: &str, request: &Value) -> Result<Value, String> {
        let body = request.to_string();
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nX-Amz-Target: AWSStepFunctions.{action}\r\n\
             Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        if head.starts_with("HTTP/1.1 200") {
            return Ok(body);
        }
        Err(format!(
            "{}: {}",
            body["__type"].as_str().unwrap(),
            body["message"].as_str().unwrap()
        ))
    }

    /// Creates a machine and returns its ARN.
    pub(super) fn create(&self, name: &str, definition: &Value) -> Value {
        let request = json!({
            "name": name, "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/Orders",
        });
        self.call("CreateStateMachine", &request).unwrap()["stateMachineArn"].clone()
    }

    /// Runs an execution to its end.
    pub(super) fn run(&self, machine: &Value, input: &Value) -> Value {
        let request = json!({ "stateMachineArn": machine, "input": input.to_string() });
        let started = self.call("StartExecution", &request).unwrap();
        self.ended(&started["executionArn"])
    }

    pub(super) fn ended(&self, execution: &Value) -> Value {
        wait_for(|| {
            let described = self
                .call("DescribeExecution", &json!({ "executionArn": execution }))
                .unwrap();
            (described["status"] != "RUNNING").then_some(described)
        })
    }

    /// Tells it to end, and returns its exit code.
    pub(super) fn terminate(mut self) -> Option<i32> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(pid).status().unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(super) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < LONGEST, "it takes too long");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder of its own, removed at the end.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("asl-serve-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(super) fn write(&self, name: &str, text: impl ToString) {
        // In one step, as an editor does.
        let new = self.0.join("new");
        std::fs::write(&new, text.to_string()).unwrap();
        std::fs::rename(new, self.0.join(name)).unwrap();
    }

    fn path(&self) -> &str {
        Path::to_str(&self.0).unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub(super) fn invoke(function: &str) -> Value {
    json!({
        "StartAt": "Charge",
        "States": { "Charge": {
            "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true,
            "Parameters": { "FunctionName": function, "Payload.$": "$" }, "OutputPath": "$.Payload",
        } },
    })
}

fn text(text: &str) -> Value {
    json!({ "StartAt": "Say", "States": { "Say": { "Type": "Pass", "Result": text, "End": true } } })
}

#[test]
fn a_program_serves_a_function() {
    let serve = Serve::start(&[
        "--function",
        "Charge=cat",
        "--region",
        "eu-central-1",
        "--account",
        "111122223333",
    ]);
    let machine = serve.create("Orders", &invoke("Charge"));
    assert_eq!(machine, "arn:aws:states:eu-central-1:111122223333:stateMachine:Orders");
    let ended = serve.run(&machine, &json!({ "id": 7 }));
    assert_eq!(ended["output"], r#"{"id":7}"#, "{ended}");
    assert_eq!(serve.terminate(), Some(0));
}

#[test]
fn a_task_that_nobody_serves_says_what_would_serve_it() {
    let serve = Serve::start(&["--function", "Charge=cat"]);
    let machine = serve.create("Orders", &invoke("Refund"));
    let ended = serve.run(&machine, &json!({}));
    assert_eq!(
        (&ended["status"], &ended["error"]),
        (&json!("FAILED"), &json!("States.TaskFailed"))
    );
    assert_eq!(
        ended["cause"],
        "no function `Refund` is served: start `asl serve` with `--function 'Refund=COMMAND'`, or with `--lambda-endpoint \
         URL` if something else serves it"
    );
    let queue = json!({
        "StartAt": "Tell",
        "States": { "Tell": {
            "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": true,
            "Parameters": { "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/Orders", "MessageBody": "hello" },
        } },
    });
    let ended = serve.run(&serve.create("Queue", &queue), &json!({}));
    assert_eq!(
        ended["cause"],
        "nothing serves `arn:aws:states:::sqs:sendMessage`: start `asl serve` with `--aws-endpoint URL` if an emulator of AWS \
         does, with `--aws` if AWS does, or with `--answer 'arn:aws:states:::sqs:sendMessage=FILE'` or a mock file"
    );
}

#[test]
fn the_machines_of_files_are_there_and_follow_them() {
    let folder = Folder::new("machines");
    folder.write("greet.asl.json", text("hello"));
    folder.write(
        "template.yaml",
        "Resources:\n  Greeter:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n      Type: EXPRESS\n      Definition:\n        StartAt: Say\n        States: { Say: { Type: Pass, Result: hi, End: true } }\n",
    );
    let serve = Serve::start(&["--machines", folder.path()]);
    let arn = |name: &str| json!(format!("arn:aws:states:us-east-1:123456789012:stateMachine:{name}"));
    assert_eq!(serve.run(&arn("greet"), &json!({}))["output"], r#""hello""#);
    let greeter = serve.call("StartSyncExecution", &json!({ "stateMachineArn": arn("Greeter") }));
    assert_eq!(greeter.unwrap()["output"], r#""hi""#);

    folder.write("greet.asl.json", text("good evening"));
    folder.write("part.asl.json", text("goodbye"));
    wait_for(|| {
        serve
            .call("DescribeStateMachine", &json!({ "stateMachineArn": arn("part") }))
            .ok()
    });
    wait_for(|| (serve.run(&arn("greet"), &json!({}))["output"] == r#""good evening""#).then_some(()));

    // A file that cannot be used leaves its machine as it is.
    folder.write("greet.asl.json", "{");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(serve.run(&arn("greet"), &json!({}))["output"], r#""good evening""#);
}

#[test]
fn machines_that_cannot_be_used_are_told_at_the_start() {
    let folder = Folder::new("unusable");
    folder.write("greet.asl.json", r#"{ "StartAt": "Nowhere", "States": {} }"#);
    let told = asl(&["serve", "--port", "0", "--machines", folder.path()])
        .output()
        .unwrap();
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8(told.stderr).unwrap().contains("greet.asl.json"));
}

#[test]
fn with_a_store_nothing_is_lost() {
    let folder = Folder::new("data");
    let file = folder.0.join("serve.db");
    let serve = || Serve::start(&["--data", Path::to_str(&file).unwrap(), "--function", "Charge=cat"]);
    let first = serve();
    let definition = json!({
        "StartAt": "Rest",
        "States": {
            "Rest": { "Type": "Wait", "Seconds": 2, "Next": "Charge" },
            "Charge": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true,
            },
        },
    });
    let machine = first.create("Orders", &definition);
    let start = |serve: &Serve, number: usize| {
        let request = json!({
            "stateMachineArn": machine, "name": format!("order-{number}"), "input": number.to_string(),
        });
        serve.call("StartExecution", &request).unwrap()["executionArn"].clone()
    };
    let executions: Vec<_> = (0..100).map(|number| start(&first, number)).collect();
    let other = asl(&["serve", "--port", "0", "--data", Path::to_str(&file).unwrap()])
        .output()
        .unwrap();
    assert_eq!(other.status.code(), Some(2), "one process at a time owns a store");
    // SIGKILL
    drop(first);

    let second = serve();
    for (number, execution) in executions.iter().enumerate() {
        let ended = second.ended(execution);
        assert_eq!(
            (&ended["status"], &ended["output"]),
            (&json!("SUCCEEDED"), &json!(number.to_string()))
        );
    }
    assert_eq!(second.terminate(), Some(0));

    let third = serve();
    let listed = third
        .call(
            "ListExecutions",
            &json!({ "stateMachineArn": machine, "maxResults": 1000 }),
        )
        .unwrap();
    assert_eq!(listed["executions"].as_array().unwrap().len(), 100);
}

#[test]
fn beyond_this_machine_it_wants_an_access_key() {
    let told = asl(&["serve", "--port", "0", "--host", "0.0.0.0"]).output().unwrap();
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains("--access-key ID:SECRET"), "{told}");

    let serve = Serve::of(asl(&["serve", "--port", "0"]).env("ASL_ACCESS_KEY", "AKIDBAR:flour"));
    let refused = serve.call("ListStateMachines", &json!({})).unwrap_err();
    assert!(refused.starts_with("MissingAuthenticationTokenException"), "{refused}");
}

#[test]
fn a_port_in_use_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let told = asl(&["serve", "--port", &port]).output().unwrap();
    assert_eq!(told.status.code(), Some(2));
    let told = String::from_utf8(told.stderr).unwrap();
    assert!(told.contains(&format!("cannot listen on 127.0.0.1:{port}")), "{told}");
}

/// Options of one process, and why.
#[cfg(feature = "restate")]
#[test]
fn what_a_cluster_cannot_do_is_refused() {
    for (option, value, reason) in [
        ("--data", Some("executions.db"), "the cluster keeps all there is"),
        ("--mock", Some("mocks.json"), "counted in one process"),
        (
            "--answer",
            Some("arn:aws:states:::sqs:sendMessage=sent.json"),
            "only functions are answered so",
        ),
        (
            "--record",
            Some("recorded.json"),
            "a process knows the tasks that it does itself",
        ),
        ("--virtual-time", None, "the timers of a cluster go by the real time"),
    ] {
        let given = ["serve", "--port", "0", "--restate", "http://127.0.0.1:1", option];
        let told = asl(&given).args(value).output().unwrap();
        assert_eq!(told.status.code(), Some(2), "{option}");
        let told = String::from_utf8(told.stderr).unwrap();
        assert!(told.contains(reason), "{told}");
    }
}
