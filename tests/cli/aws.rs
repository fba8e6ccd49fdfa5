//! `asl serve --aws-endpoint`: each file in `aws` is a task with what its service is asked and answers, on the wire.
//!
//! `exchanges` are the requests, in their order, with their answers; `output`, or `error` and `cause`, is what comes of the
//! task, with its members in their order. A body of a request is compared as JSON where it is an object, else as text; one
//! of an answer may be given by its `bytes`. `state` stands in place of `resource` and `parameters` if it is no Task.
//! `.ci/clients/emulator.py` asks a whole emulator, and `.ci/clients/requests_of_tasks.py` compares requests with botocore's.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use serde_json::{Value, json};

use super::asl;
use super::serve::Serve;

/// The exchanges that are still to come, and what was wrong with those that came.
#[derive(Default)]
struct Service {
    expected: VecDeque<Value>,
    problems: Vec<String>,
}

/// An endpoint that answers as the cases say.
fn service() -> (String, Arc<Mutex<Service>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let service = Arc::new(Mutex::new(Service::default()));
    let shared = Arc::clone(&service);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let request = read(&mut stream);
            let mut service = shared.lock().unwrap();
            let exchange = service.expected.pop_front().unwrap_or_default();
            service.problems.extend(differences(&exchange["request"], &request));
            answer(stream.get_mut(), &exchange["response"]);
        }
    });
    (url, service)
}

fn read(stream: &mut BufReader<TcpStream>) -> Value {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let mut first = lines[0].split(' ');
    let headers: serde_json::Map<_, _> = lines[1..]
        .iter()
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_lowercase(), value.into()))
        .collect();
    let length = headers
        .get("content-length")
        .map_or(0, |length| length.as_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).unwrap();
    let body = String::from_utf8(body).unwrap();
    json!({ "method": first.next(), "path": first.next(), "headers": headers, "body": body })
}

/// What is otherwise than expected.
fn differences(expected: &Value, request: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["method", "path"] {
        if expected[name] != request[name] {
            found.push(format!("{name}: {} in place of {}", request[name], expected[name]));
        }
    }
    for (name, value) in expected["headers"].as_object().into_iter().flatten() {
        if request["headers"][name] != *value {
            found.push(format!("{name}: {} in place of {value}", request["headers"][name]));
        }
    }
    let body = request["body"].as_str().unwrap();
    let is_same = match &expected["body"] {
        Value::Null => body.is_empty(),
        Value::String(text) => body == text,
        value => serde_json::from_str::<Value>(body).is_ok_and(|body| body == *value),
    };
    if !is_same {
        found.push(format!("body: {body} in place of {}", expected["body"]));
    }
    let signature = request["headers"]["authorization"].as_str();
    let scope = expected["signed_for"].as_str();
    let scope = scope.map(|name| format!("/us-east-1/{name}/aws4_request, SignedHeaders="));
    let is_as_expected = match (signature, &scope) {
        (Some(signature), Some(scope)) => {
            signature.starts_with("AWS4-HMAC-SHA256 Credential=") && signature.contains(scope)
        }
        (None, None) => true,
        _ => false,
    };
    if !is_as_expected {
        found.push(format!("authorization: {signature:?} in place of one with {scope:?}"));
    }
    found
}

fn answer(stream: &mut TcpStream, response: &Value) {
    let body = match (&response["body"], &response["bytes"]) {
        (Value::Null, Value::Null) => Vec::new(),
        (Value::Null, bytes) => serde_json::from_value(bytes.clone()).unwrap(),
        (Value::String(text), _) => text.clone().into_bytes(),
        (value, _) => value.to_string().into_bytes(),
    };
    let status = response["status"].as_u64().unwrap_or(200);
    let mut head = format!(
        "HTTP/1.1 {status} OK\r\nConnection: close\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in response["headers"].as_object().into_iter().flatten() {
        head.extend([name, ": ", value.as_str().unwrap(), "\r\n"]);
    }
    stream
        .write_all(&[format!("{head}\r\n").as_bytes(), &body].concat())
        .unwrap();
}

#[test]
fn services_are_asked_and_answer_in_their_protocols() {
    let (url, service) = service();
    let serve = Serve::of(
        asl(&["serve", "--port", "0", "--quiet", "--aws-endpoint", &url])
            .env_remove("AWS_SESSION_TOKEN")
            .env("AWS_ACCESS_KEY_ID", "AKIDBAR")
            .env("AWS_SECRET_ACCESS_KEY", "flour"),
    );
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/aws");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() > 10);
    let mut failures = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap();
        let case: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
        let exchanges = case["exchanges"].as_array().unwrap();
        service.lock().unwrap().expected = exchanges.iter().cloned().collect();
        let task =
            json!({ "Type": "Task", "Resource": case["resource"], "Parameters": case["parameters"], "End": true });
        let state = case.get("state").unwrap_or(&task);
        let definition = json!({ "StartAt": "Ask", "States": { "Ask": state } });
        let request = json!({ "stateMachineArn": serve.create(name, &definition), "name": "Ask" });
        let started = serve.call("StartExecution", &request).unwrap();
        let ended = serve.ended(&started["executionArn"]);
        let mut service = service.lock().unwrap();
        let unasked = std::mem::take(&mut service.expected);
        let mut problems = std::mem::take(&mut service.problems);
        problems.extend(unasked.iter().map(|exchange| format!("not asked: {exchange}")));
        for member in ["output", "error", "cause"] {
            // What is JSON is written as JSON.
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let (told, expected) = (ended.get(member).map(text), case.get(member).map(text));
            if told != expected {
                problems.push(format!("{member}: {told:?} in place of {expected:?}"));
            }
        }
        if !problems.is_empty() {
            failures.push(format!("{name}: {problems:#?}\n{ended}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_job_is_stopped_where_its_task_is_aborted() {
    let (url, asked) = busy_cluster();
    let serve = Serve::start(&["--aws-endpoint", &url]);
    let definition = json!({
        "StartAt": "Bake",
        "States": { "Bake": {
            "Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", "End": true,
            "Parameters": { "Cluster": "bar", "TaskDefinition": "bake" },
        } },
    });
    let request = json!({ "stateMachineArn": serve.create("Bake", &definition) });
    let started = serve.call("StartExecution", &request).unwrap();
    let execution = &started["executionArn"];
    let next = || asked.recv_timeout(Duration::from_mins(1)).unwrap();
    while !next()["headers"]["x-amz-target"]
        .as_str()
        .unwrap()
        .ends_with(".DescribeTasks")
    {}
    serve
        .call("StopExecution", &json!({ "executionArn": execution }))
        .unwrap();
    let stopped = loop {
        let request = next();
        if !request["headers"]["x-amz-target"]
            .as_str()
            .unwrap()
            .ends_with(".DescribeTasks")
        {
            break request;
        }
    };
    let body: Value = serde_json::from_str(stopped["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        body,
        json!({ "cluster": "bar", "task": "t-1", "reason": "The task was aborted." })
    );
    assert_eq!(serve.ended(execution)["status"], "ABORTED");
}

/// A cluster whose task never ends, and the requests that it gets.
fn busy_cluster() -> (String, mpsc::Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (sender, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let request = read(&mut stream);
            let tasks = json!({ "tasks": [{ "taskArn": "t-1", "lastStatus": "RUNNING" }] });
            answer(stream.get_mut(), &json!({ "body": tasks }));
            if sender.send(request).is_err() {
                break;
            }
        }
    });
    (url, asked)
}

/// A task that an endpoint serves, or does not.
fn put_item() -> Value {
    json!({
        "StartAt": "Put",
        "States": { "Put": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:dynamodb:putItem", "End": true,
            "Parameters": { "TableName": "Orders", "Item": { "id": { "S": "1" } } },
        } },
    })
}

#[test]
fn a_service_may_have_an_endpoint_of_its_own() {
    let (url, service) = service();
    let request = json!({
        "method": "POST", "path": "/own/", "signed_for": "dynamodb",
        "body": { "TableName": "Orders", "Item": { "id": { "S": "1" } } },
    });
    let exchange = json!({ "request": request, "response": { "body": {} } });
    service.lock().unwrap().expected = [exchange.clone(), exchange].into();
    let nobody = "http://127.0.0.1:1";
    let by_option = Serve::start(&[
        "--aws-endpoint",
        nobody,
        "--aws-endpoint",
        &format!("dynamodb={url}/own"),
    ]);
    let by_variable = Serve::of(
        asl(&["serve", "--port", "0", "--aws-endpoint", nobody]).env("DYNAMODB_ENDPOINT", format!("{url}/own/")),
    );
    for serve in [by_option, by_variable] {
        let ended = serve.run(&serve.create("Put", &put_item()), &json!({}));
        assert_eq!(ended["output"], "{}", "{ended}");
    }
    assert_eq!(service.lock().unwrap().problems, Vec::<String>::new());
}

/// The environment names the endpoint, as for AWS's own CLI and SDKs.
#[test]
fn a_run_calls_aws_where_it_is_told_to() {
    let (url, service) = service();
    let request = json!({
        "method": "POST", "path": "/", "signed_for": "dynamodb",
        "body": { "TableName": "Orders", "Item": { "id": { "S": "1" } } },
    });
    let exchange = json!({ "request": request, "response": { "body": {} } });
    service.lock().unwrap().expected = vec![exchange; 4].into();
    let file = std::env::temp_dir().join(format!("asl-run-aws-{}.asl.json", std::process::id()));
    fs::write(&file, put_item().to_string()).unwrap();
    let run = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut command = asl(&["run", file.to_str().unwrap(), "--quiet"]);
        for name in [
            "AWS_SESSION_TOKEN",
            "AWS_PROFILE",
            "AWS_ENDPOINT_URL_DYNAMODB",
            "AWS_REGION",
        ] {
            command.env_remove(name);
        }
        let keys = [("AWS_ACCESS_KEY_ID", "AKIDBAR"), ("AWS_SECRET_ACCESS_KEY", "flour")];
        command.args(arguments).envs(keys).envs(variables.iter().copied());
        let output = command.output().unwrap();
        let (told, problems) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        (told.unwrap(), problems.unwrap())
    };
    let region = ("AWS_REGION", "us-east-1");
    let nobody = ("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let of_all = run(&["--aws"], &[region, ("AWS_ENDPOINT_URL", &url)]);
    assert_eq!(of_all, ("{}\n".to_owned(), String::new()));
    let of_one = run(&["--aws"], &[region, nobody, ("AWS_ENDPOINT_URL_DYNAMODB", &url)]);
    assert_eq!(of_one, ("{}\n".to_owned(), String::new()));
    // An option goes before the environment.
    let of_option = run(&["--aws", "--aws-endpoint", &url], &[region, nobody]);
    assert_eq!(of_option, ("{}\n".to_owned(), String::new()));
    let by_option = run(&["--aws-endpoint", &format!("dynamodb={url}")], &[]);
    assert_eq!(by_option, ("{}\n".to_owned(), String::new()));
    assert_eq!(service.lock().unwrap().problems, Vec::<String>::new());

    let (_, problem) = run(&[], &[region, ("AWS_ENDPOINT_URL", &url)]);
    assert!(problem.contains("nothing does the work of the task `Put`"), "{problem}");
    let (_, problem) = run(&["--aws-endpoint", &format!("sqs={url}")], &[]);
    assert!(
        problem.contains("the service `dynamodb` is not called, but these are: sqs"),
        "{problem}"
    );
    fs::remove_file(&file).unwrap();
}

#[test]
fn an_endpoint_that_does_not_answer_is_told() {
    let serve = Serve::start(&["--aws-endpoint", "http://127.0.0.1:1"]);
    let ended = serve.run(&serve.create("Put", &put_item()), &json!({}));
    assert_eq!(ended["error"], "DynamoDb.SdkClientException");
    let cause = ended["cause"].as_str().unwrap();
    let start = "Unable to execute HTTP request: `http://127.0.0.1:1` did not answer: ";
    assert!(cause.starts_with(start), "{cause}");
}

#[test]
fn endpoints_that_cannot_be_used_are_refused_at_the_start() {
    let refused = |arguments: &[&str], told: &str| {
        let output = asl(&["serve", "--port", "0"]).args(arguments).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && stderr.contains(told),
            "{arguments:?}: {stderr}"
        );
    };
    for url in [
        "ftp://127.0.0.1:1",
        "localhost:4566",
        "http://user:password@127.0.0.1:1",
        "http://127.0.0.1:1/?a",
        "http://127.0.0.1:1/#a",
    ] {
        refused(&["--aws-endpoint", url], "write it as http://HOST:PORT");
    }
    refused(
        &["--aws-endpoint", "sqz=http://127.0.0.1:1"],
        "no service `sqz` can be called",
    );
    let url = "http://127.0.0.1:1";
    refused(
        &["--aws-endpoint", url, "--aws-endpoint", url],
        "`--aws-endpoint` is given twice for all services",
    );
    let output = asl(&["serve", "--port", "0"])
        .env("SQS_ENDPOINT", "queue")
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("`SQS_ENDPOINT` is `queue`: "), "{stderr}");
}

#[test]
fn tasks_ask_the_api_itself() {
    let serve = Serve::start(&[]);
    let definition = json!({
        "StartAt": "Look",
        "States": { "Look": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:describeExecution", "End": true,
            "Parameters": { "ExecutionArn.$": "$$.Execution.Id" },
            "ResultSelector": { "status.$": "$.Status", "machine.$": "$.StateMachineArn" },
        } },
    });
    let machine = serve.create("Look", &definition);
    let ended = serve.run(&machine, &json!({}));
    let output: Value = serde_json::from_str(ended["output"].as_str().unwrap()).unwrap();
    assert_eq!(output, json!({ "status": "RUNNING", "machine": machine }));
}

#[test]
fn a_task_waits_for_its_token_where_it_asks_the_api_itself() {
    let serve = Serve::start(&[]);
    let answers = serve.create(
        "Answers",
        &json!({
            "StartAt": "Answer",
            "States": { "Answer": {
                "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:sendTaskSuccess", "End": true,
                "Parameters": { "TaskToken.$": "$.token", "Output": { "baked": true } },
            } },
        }),
    );
    let definition = json!({
        "StartAt": "Ask",
        "States": { "Ask": {
            "Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken", "End": true,
            "Parameters": { "StateMachineArn": answers, "Input": { "token.$": "$$.Task.Token" } },
        } },
    });
    let ended = serve.run(&serve.create("Ask", &definition), &json!({}));
    assert_eq!(ended["output"], r#"{"baked":true}"#, "{ended}");
}
