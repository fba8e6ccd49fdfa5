//! A case: calls that set it up, tasks, and what comes of them.

use std::collections::{HashMap, VecDeque};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use asl_engine::handlers::aws::AwsServices;
use asl_engine::{Interpreter, Outcome, StateMachine};
use libtest_mimic::{Failed, Trial};
use serde_json::{Value, json};

use super::MOTO;
use super::matching::{check, fits, resolved};
use super::server::{Reply, Request, Server};

const REGION: &str = "us-east-1";

/// A trial for each file.
pub(crate) fn trials() -> Vec<Trial> {
    let trial = |(name, case): (String, Value)| Trial::test(name, move || in_runtime(run(&case)));
    cases().into_iter().map(trial).collect()
}

/// All cases by their names.
pub(crate) fn cases() -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/aws/cases");
    let entries = fs::read_dir(folder).expect("the folder of the cases");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a case").path()).collect();
    files.sort();
    let case = |file: PathBuf| {
        let name = file.file_stem().expect("a name").display().to_string();
        let text = fs::read_to_string(&file).expect("a case");
        let case = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name, case)
    };
    files.into_iter().map(case).collect()
}

pub(crate) fn in_runtime(test: impl Future<Output = Result<(), Failed>>) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(test)
}

/// A machine of one task.
pub(crate) fn machine(task: &Value) -> StateMachine {
    let mut state = task.clone();
    state["Type"] = "Task".into();
    state["End"] = true.into();
    let definition = json!({ "StartAt": "Call", "States": { "Call": state } });
    definition
        .to_string()
        .parse()
        .unwrap_or_else(|error| panic!("{definition}: {error:?}"))
}

async fn run(case: &Value) -> Result<(), Failed> {
    let is_own = case["services"] == "server" && case.get("setup").is_none();
    let moto = match MOTO.get() {
        Some(moto) => moto,
        // Nobody asks it.
        None if is_own => "http://127.0.0.1:9",
        None => return Ok(()),
    };
    let mut known = HashMap::from([("moto".to_owned(), moto.into())]);
    let script = case.get("server").map(|script| Script::of(script, &known));
    if let Some(script) = &script {
        known.insert("server".to_owned(), script.server.url.clone().into());
    }
    let url = match &script {
        Some(script) if case["services"] == "server" => &script.server.url,
        _ => moto,
    };
    let services = AwsServices::emulator(url, REGION)?;
    for call in items(&case["setup"]) {
        set_up(&services, moto, &resolved(call, &known), &mut known).await?;
    }
    for task in items(&case["tasks"]) {
        let task = resolved(task, &known);
        let result = perform(&services, &task)
            .await
            .map_err(|problem| format!("{}: {problem}", task["resource"]))?;
        if let Some(name) = task["as"].as_str() {
            known.insert(name.to_owned(), result);
        }
    }
    script.map_or(Ok(()), Script::end)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

async fn set_up(
    services: &AwsServices,
    moto: &str,
    call: &Value,
    known: &mut HashMap<String, Value>,
) -> Result<(), Failed> {
    if let Some(path) = call["post"].as_str() {
        return post(moto, path, call);
    }
    let (service, action) = (
        call["service"].as_str().expect("a service"),
        call["action"].as_str().expect("an action"),
    );
    let result = services.call(service, action, &call["parameters"]).await;
    let result = result.map_err(|error| format!("{service}:{action}: {} {}", error.error(), error.cause()))?;
    if let Some(name) = call["as"].as_str() {
        known.insert(name.to_owned(), result);
    }
    Ok(())
}

/// A request to moto itself, or one in a form to a service that `aws-sdk:` does not reach here.
fn post(moto: &str, path: &str, call: &Value) -> Result<(), Failed> {
    let address = moto.trim_start_matches("http://");
    let body = match (&call["form"], &call["body"]) {
        (Value::String(form), _) => form.clone(),
        (_, body) => body.to_string(),
    };
    let scope = call["for"].as_str().unwrap_or_default();
    let mut stream = TcpStream::connect(address)?;
    let head = format!(
        "POST {path} HTTP/1.0\r\nhost: {address}\r\ncontent-type: {}\r\ncontent-length: {}\r\n\
         authorization: AWS4-HMAC-SHA256 Credential=test/20260101/{REGION}/{scope}/aws4_request, SignedHeaders=, Signature=\r\n\r\n",
        if call["form"].is_string() {
            "application/x-www-form-urlencoded"
        } else {
            "application/json"
        },
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    if answer.contains(" 20") {
        return Ok(());
    }
    Err(format!("{path}: {answer}").into())
}

/// Runs a task and checks what comes of it; gives its result.
async fn perform(services: &AwsServices, task: &Value) -> Result<Value, String> {
    let resource = task["resource"].as_str().expect("a resource");
    let resource = if resource.starts_with("arn:") {
        resource.to_owned()
    } else {
        format!("arn:aws:states:::{resource}")
    };
    let mut state = json!({ "Resource": resource, "Parameters": task["parameters"] });
    if let Some(credentials) = task.get("credentials") {
        state["Credentials"] = credentials.clone();
    }
    let interpreter = Interpreter::new().aws(services.clone());
    let execution = interpreter.start(&machine(&state), json!({}));
    let execution = execution.map_err(|error| format!("it did not start: {error}"))?;
    let outcome = execution.outcome().await;
    match (task.get("error"), &outcome) {
        (None, Outcome::Succeeded { .. }) => {
            let output = outcome.output().expect("an output").clone();
            check(&task["result"], &output)?;
            check_metadata(&resource, &output)?;
            Ok(output)
        }
        (Some(error), Outcome::Failed(failed)) => {
            let found = json!([failed.error, failed.cause]);
            let cause = task["cause"].as_str().unwrap_or("*");
            let is_expected =
                failed.error.as_deref() == error.as_str() && fits(cause, failed.cause.as_deref().unwrap_or_default());
            if is_expected {
                return Ok(found);
            }
            Err(format!("it failed with {found}"))
        }
        (_, outcome) => Err(format!("it ended with {outcome:?}")),
    }
}

/// An optimised integration tells what the SDK tells of an answer, unless it waits for a job (recorded).
fn check_metadata(resource: &str, result: &Value) -> Result<(), String> {
    let is_without = [
        ":aws-sdk:",
        ":events:",
        ":apigateway:",
        ":http:",
        ".sync",
        ".waitForTaskToken",
        ":function:",
    ];
    let is_expected = !is_without.iter().any(|part| resource.contains(part));
    let has = |name: &str, member: &str| result[name].get(member).is_some_and(|value| !value.is_null());
    let is_there = has("SdkHttpMetadata", "HttpStatusCode") && has("SdkResponseMetadata", "RequestId");
    if is_expected == is_there && is_expected == result.get("SdkHttpMetadata").is_some() {
        return Ok(());
    }
    Err(format!("the metadata of the SDK are wrong: {result}"))
}

/// A server that expects requests in their order.
struct Script {
    server: Server,
    expected: Arc<Mutex<Expected>>,
}

#[derive(Default)]
struct Expected {
    exchanges: VecDeque<Value>,
    problems: Vec<String>,
}

impl Script {
    fn of(script: &Value, known: &HashMap<String, Value>) -> Self {
        let exchanges = items(script).map(|exchange| resolved(exchange, known)).collect();
        let expected = Arc::new(Mutex::new(Expected {
            exchanges,
            problems: Vec::new(),
        }));
        let told = Arc::clone(&expected);
        let server = Server::start(move |request| Some(told.lock().expect("a case").answer(request)));
        Self { server, expected }
    }

    /// Errors if a request was another one than the case says, or did not come.
    fn end(self) -> Result<(), Failed> {
        let mut expected = self.expected.lock().expect("a case");
        let missing = expected
            .exchanges
            .drain(..)
            .map(|exchange| format!("it did not come: {exchange}"));
        let missing: Vec<_> = missing.collect();
        expected.problems.extend(missing);
        if expected.problems.is_empty() {
            return Ok(());
        }
        Err(expected.problems.join("\n").into())
    }
}

impl Expected {
    fn answer(&mut self, request: &Request) -> Reply {
        let Some(exchange) = self.exchanges.pop_front() else {
            self.problems.push(format!("nothing more was expected: {request:?}"));
            return Reply::error(400, &json!({ "message": "unexpected" }));
        };
        if let Err(problem) = is_it(&exchange, request) {
            self.problems.push(format!("{problem}: {request:?}"));
        }
        let answer = &exchange["answer"];
        let headers = answer["headers"].as_object().into_iter().flatten();
        let headers = headers.map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
        let status = answer["status"].as_u64().unwrap_or(200);
        Reply {
            status: u16::try_from(status).expect("a status"),
            headers: headers.collect(),
            body: match &answer["body"] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                body => body.to_string(),
            },
        }
    }
}

/// Errors if a request is not the one that was expected.
fn is_it(exchange: &Value, request: &Request) -> Result<(), String> {
    let line = format!("{} {}", request.method, request.path);
    let wanted = exchange["request"].as_str().expect("a request");
    if !fits(wanted, &line) {
        return Err(format!("expected {wanted}, found {line}"));
    }
    for (name, value) in exchange["headers"].as_object().into_iter().flatten() {
        let found = request.header(name).map_or(Value::Null, Value::from);
        check(value, &found).map_err(|problem| format!("{name}: {problem}"))?;
    }
    match &exchange["body"] {
        Value::Null => Ok(()),
        text @ Value::String(_) => check(text, &request.body.as_str().into()),
        body => check(body, &request.json()),
    }
}
