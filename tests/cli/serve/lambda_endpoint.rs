//! `--lambda-endpoint`.

use serde_json::json;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;

use super::{Serve, invoke};

/// Answers as Lambda does: the payload, an error of the function, or one of Lambda itself.
fn lambda() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
                head += &line;
            }
            let mut body = vec![0; length];
            stream.read_exact(&mut body).unwrap();
            let body = String::from_utf8(body).unwrap();
            let (status, headers, body) = if head.starts_with("POST /2015-03-31/functions/Charge/invocations ") {
                ("200 OK", "", body)
            } else if head.starts_with("POST /2015-03-31/functions/Refund/invocations?Qualifier=prod ") {
                let error = json!({ "errorType": "Broke", "errorMessage": "no money" }).to_string();
                ("200 OK", "X-Amz-Function-Error: Unhandled\r\n", error)
            } else {
                let error = json!({ "Type": "User", "Message": "Function not found" }).to_string();
                (
                    "404 Not Found",
                    // As SAM writes it.
                    "x-amzn-errortype: ResourceNotFound\r\n",
                    error,
                )
            };
            let length = body.len();
            write!(
                stream.get_mut(),
                "HTTP/1.1 {status}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
            )
            .unwrap();
        }
    });
    url
}

#[test]
fn another_endpoint_serves_functions() {
    let url = lambda();
    let serve = Serve::start(&["--lambda-endpoint", &url, "--function", "Own=echo 5"]);
    let run = |name: &str, function: &str| serve.run(&serve.create(name, &invoke(function)), &json!({ "id": 7 }));
    assert_eq!(run("Charge", "Charge")["output"], r#"{"id":7}"#);
    assert_eq!(run("Own", "Own")["output"], "5");
    let refund = run("Refund", "Refund:prod");
    assert_eq!(refund["error"], "Broke");
    assert_eq!(refund["cause"], r#"{"errorType":"Broke","errorMessage":"no money"}"#);
    let nobody = run("Nobody", "Nobody");
    assert_eq!(nobody["error"], "Lambda.ResourceNotFoundException");
    let cause = "Function not found (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFound; Request ID: local; \
                 Proxy: null)";
    assert_eq!(nobody["cause"], cause);
    let direct = json!({
        "StartAt": "Charge",
        "States": { "Charge": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true,
        } },
    });
    let ended = serve.run(&serve.create("Direct", &direct), &json!([1]));
    assert_eq!(ended["output"], "[1]");
}

/// Data may name a function, but no other path of the endpoint.
#[test]
fn a_name_that_is_none_does_not_reach_a_lambda_endpoint() {
    let serve = Serve::start(&["--lambda-endpoint", "http://127.0.0.1:1"]);
    let mut definition = invoke("Charge");
    let parameters = &mut definition["States"]["Charge"]["Parameters"];
    *parameters = json!({ "FunctionName.$": "$", "Payload": {} });
    let machine = serve.create("Orders", &definition);
    for name in [
        "../../x",
        "a/b",
        "a?Qualifier=1",
        "a:b&c",
        "a#b",
        "a%2fb",
        "a b",
        "\u{fc}",
        "",
        "..",
        "a:",
    ] {
        let ended = serve.run(&machine, &json!(name));
        assert_eq!(
            ended["error"], "Lambda.InvalidParameterValueException",
            "{name}: {ended}"
        );
    }
}

#[test]
fn a_lambda_endpoint_that_does_not_answer_is_told() {
    let serve = Serve::start(&["--lambda-endpoint", "http://127.0.0.1:1"]);
    let ended = serve.run(&serve.create("Orders", &invoke("Charge")), &json!({}));
    assert_eq!(ended["error"], "Lambda.SdkClientException");
    let cause = ended["cause"].as_str().unwrap();
    assert!(
        cause.starts_with("Unable to execute HTTP request: `http://127.0.0.1:1` did not answer: "),
        "{cause}"
    );
}
