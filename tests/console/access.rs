//! Who may look, and who may change something.

use serde_json::json;

use super::server::{MACHINE, Server, orders};

#[tokio::test]
async fn without_a_key_only_names_of_this_machine_are_answered() {
    let server = Server::start().await;
    for host in ["localhost", "127.0.0.1:8083", "[::1]:8083"] {
        let answer = server.send("GET", "api/about", &format!("Host: {host}\r\n"), "").await;
        assert_eq!(
            (answer.status, &answer.body["readOnly"]),
            (200, &json!(false)),
            "{host}"
        );
    }
    for host in ["evil.example", "127.0.0.1.evil.example", "10.0.0.1"] {
        for path in ["api/about", ""] {
            let answer = server.send("GET", path, &format!("Host: {host}\r\n"), "").await;
            assert_eq!(
                (answer.status, &answer.body["__type"]),
                (403, &json!("AccessDeniedException")),
                "{host} {path}"
            );
        }
    }
}

#[tokio::test]
async fn pages_from_elsewhere_are_refused() {
    let server = Server::start().await;
    let own = "X-Asl-Console: 1\r\n";
    for headers in [
        "",
        "X-Asl-Console: 1\r\nOrigin: http://evil.example\r\n",
        "X-Asl-Console: 1\r\nOrigin: null\r\n",
    ] {
        let answer = server.send("POST", "api/call/ListStateMachines", headers, "{}").await;
        assert_eq!(answer.status, 403, "{headers}");
    }
    for site in ["cross-site", "same-site"] {
        let answer = server
            .send("GET", "api/about", &format!("Sec-Fetch-Site: {site}\r\n"), "")
            .await;
        assert_eq!(answer.status, 403, "{site}");
    }
    let here = format!("{own}Host: localhost:8083\r\nOrigin: http://localhost:8083\r\nSec-Fetch-Site: same-origin\r\n");
    let answer = server.send("POST", "api/call/ListStateMachines", &here, "{}").await;
    assert_eq!((answer.status, answer.body), (200, json!({ "stateMachines": [] })));
}

#[tokio::test]
async fn a_console_that_reads_changes_nothing() {
    let server = Server::with(|console| console.read_only(true)).await;
    server.execution(&orders(), &json!({ "price": 1 })).await;
    let start = json!({ "stateMachineArn": MACHINE, "name": "second", "input": r#"{"price":1}"# });
    let refused = server.post("api/call/StartExecution", &start).await;
    assert_eq!(refused.status, 403);
    for action in [
        "CreateStateMachine",
        "UpdateStateMachine",
        "DeleteStateMachine",
        "PublishStateMachineVersion",
        "DeleteStateMachineVersion",
        "CreateStateMachineAlias",
        "UpdateStateMachineAlias",
        "DeleteStateMachineAlias",
        "CreateActivity",
        "DeleteActivity",
        "StartSyncExecution",
        "StopExecution",
        "RedriveExecution",
        "SendTaskSuccess",
        "SendTaskFailure",
        "SendTaskHeartbeat",
        "UpdateMapRun",
        "TagResource",
        "UntagResource",
    ] {
        let refused = server.post(&format!("api/call/{action}"), &json!({})).await;
        assert_eq!(refused.status, 403, "{action}");
    }
    let listed = server
        .post("api/call/ListExecutions", &json!({ "stateMachineArn": MACHINE }))
        .await;
    assert_eq!(listed.body["executions"].as_array().unwrap().len(), 1);
    assert_eq!(server.get("api/about").await.body["readOnly"], true);
}

#[tokio::test]
async fn a_key_is_the_name_and_password() {
    let server = Server::with(|console| console.access_key("ada", "s3cret")).await;
    let ask = server.get("").await;
    assert_eq!(ask.status, 401);
    assert!(ask.head.contains("www-authenticate: basic realm="), "{}", ask.head);
    let with = |given: &str| format!("Host: console.example\r\nAuthorization: Basic {given}\r\n");
    // `ada:wrong` and `ada:s3cret`
    assert_eq!(
        server.send("GET", "api/about", &with("YWRhOndyb25n"), "").await.status,
        401
    );
    assert_eq!(
        server
            .send("GET", "api/about", &with("YWRhOnMzY3JldA=="), "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn an_answer_lets_a_browser_do_nothing_but_show_it() {
    let server = Server::start().await;
    for path in ["", "api/about", "api/nothing"] {
        let head = server.get(path).await.head;
        for header in [
            "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self';",
            "x-content-type-options: nosniff",
            "cross-origin-resource-policy: same-origin",
        ] {
            assert!(head.contains(header), "{path}: {head}");
        }
    }
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let server = Server::start().await;
    let unknown = server.post("api/call/GetActivityTask", &json!({})).await;
    assert_eq!(
        (unknown.status, &unknown.body["__type"]),
        (400, &json!("UnknownOperationException"))
    );
    let missing = server.get("api/events").await;
    assert_eq!(missing.body["message"], "the request has no parameter `executionArn`");
    let gone = server
        .get("api/events?executionArn=arn:aws:states:us-east-1:123456789012:execution:Orders:none")
        .await;
    assert_eq!(
        (gone.status, &gone.body["__type"]),
        (400, &json!("ExecutionDoesNotExist"))
    );
    let own = "X-Asl-Console: 1\r\n";
    for (body, message) in [
        ("[]", "the body is no object"),
        (
            "{",
            "the body is no JSON: EOF while parsing an object at line 1 column 1",
        ),
    ] {
        let refused = server.send("POST", "api/check", own, body).await;
        assert_eq!((refused.status, &refused.body["message"]), (400, &json!(message)));
    }
    let deep = "[".repeat(100_000);
    assert_eq!(
        server
            .send("POST", "api/check", own, &format!("{{\"definition\":{deep}"))
            .await
            .status,
        400
    );
}
