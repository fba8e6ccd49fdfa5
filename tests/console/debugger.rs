//! Executions run again in virtual time, and what would have happened otherwise.

use serde_json::{Value, json};

use super::server::{EXECUTION, MACHINE, Server, approval, orders};

fn stages(visit: &Value) -> Vec<(&str, &Value)> {
    let stages = visit["stages"].as_array().unwrap().iter();
    stages
        .map(|stage| (stage["stage"].as_str().unwrap(), &stage["value"]))
        .collect()
}

#[tokio::test]
async fn a_replay_has_each_stage_of_the_data() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 7 })).await;
    let replayed = server
        .post("api/replay", &json!({ "executionArn": EXECUTION }))
        .await
        .body;
    assert_eq!(replayed["difference"], Value::Null, "{replayed}");
    let run = &replayed["run"];
    assert_eq!(run["status"], "SUCCEEDED");
    let charge = &run["visits"][1];
    let effective = json!({ "total": 8 });
    let expected = [
        ("RawInput", effective.clone()),
        ("Result", json!({ "paid": 8.0 })),
        ("ResultSelector", json!({ "sum": 8.0 })),
        ("ResultPath", json!({ "total": 8, "charged": { "sum": 8.0 } })),
        ("Output", json!({ "total": 8, "charged": { "sum": 8.0 } })),
    ];
    let expected: Vec<_> = expected.iter().map(|(stage, value)| (*stage, value)).collect();
    assert_eq!(stages(charge), expected);
    let events = run["events"].as_array().unwrap();
    let moments = run["moments"].as_array().unwrap();
    assert_eq!(moments.last().unwrap()["events"][1], events.len());
    assert_eq!(run["calls"][0]["answer"]["result"], json!({ "paid": 8.0 }));
}

#[tokio::test]
async fn another_answer_leads_elsewhere() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 7 })).await;
    let replay = |forks: Value| server_replay(&server, forks);
    let refused = replay(json!([{ "call": 0, "answer": { "error": "NoCard" } }])).await;
    assert_eq!(
        (&refused["status"], &refused["error"]),
        (&json!("FAILED"), &json!("Refused"))
    );
    // What was never recorded is told, and can be answered too; until then the run waits there, and is no test.
    let busy = json!({ "call": 0, "answer": { "error": "Busy", "after": 3 } });
    let unknown = replay(json!([busy])).await;
    assert_eq!(
        (&unknown["calls"][1]["isUnknown"], &unknown["calls"][1]["answer"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(unknown["status"], "RUNNING");
    let no_test = json!({ "executionArn": EXECUTION, "forks": [busy] });
    assert_eq!(server.post("api/test-file", &no_test).await.body["__type"], "NoTest");
    let second = json!({ "call": 1, "answer": { "result": { "paid": 1 } } });
    let paid = replay(json!([busy, second])).await;
    assert_eq!(
        (&paid["status"], &paid["elapsed"]),
        (&json!("SUCCEEDED"), &json!(5_000))
    );
    for (fork, message) in [
        (json!({ "call": 9, "answer": { "result": 1 } }), "the run has no call 9"),
        (
            json!({ "call": 0, "answer": {} }),
            "an answer has one of `result`, `error`, `timeout`, `heartbeatLoss` and `never`: {}",
        ),
        (
            json!({ "call": 0, "answer": { "output": 1 } }),
            "an answer has no `output`: {\"output\":1}",
        ),
        (
            json!({ "answer": { "result": 1 } }),
            "a fork has the number of its `call`",
        ),
    ] {
        let refused = server
            .post("api/replay", &json!({ "executionArn": EXECUTION, "forks": [fork] }))
            .await;
        assert_eq!((refused.status, &refused.body["message"]), (400, &json!(message)));
    }
}

async fn server_replay(server: &Server, forks: Value) -> Value {
    let request = json!({ "executionArn": EXECUTION, "forks": forks });
    server.post("api/replay", &request).await.body["run"].clone()
}

#[tokio::test]
async fn what_runs_is_replayed_as_far_as_it_has_come() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let run = server_replay(&server, json!([])).await;
    assert_eq!(
        (&run["status"], &run["visits"][0]["end"]["kind"]),
        (&json!("RUNNING"), &json!("unfinished"))
    );
    assert_eq!(run["events"].as_array().unwrap().len(), 5);
    // Its token is another one, which is no difference.
    let replayed = server
        .post("api/replay", &json!({ "executionArn": EXECUTION }))
        .await
        .body;
    assert_eq!(
        (&replayed["difference"], &replayed["notes"]),
        (&Value::Null, &json!([]))
    );
    // A minute later, without a minute.
    let run = server_replay(&server, json!([{ "call": 0, "answer": { "timeout": true } }])).await;
    assert_eq!(
        (&run["status"], &run["error"], &run["elapsed"]),
        (&json!("FAILED"), &json!("States.Timeout"), &json!(60_000))
    );
}

#[tokio::test]
async fn variables_are_those_of_the_place() {
    let server = Server::start().await;
    let inner = json!({ "StartAt": "Inner", "States": { "Inner": {
        "Type": "Pass", "Assign": { "mine": "{% $item %}" }, "Next": "After" }, "After": { "Type": "Pass", "End": true }
    } });
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Set", "States": {
        "Set": { "Type": "Pass", "Assign": { "item": 1 }, "Next": "Both" },
        "Both": { "Type": "Parallel", "Branches": [inner], "Assign": { "item": 2 }, "Next": "Last" },
        "Last": { "Type": "Pass", "End": true }
    } });
    let simulated = server
        .post("api/simulate", &json!({ "definition": definition.to_string() }))
        .await
        .body;
    let visits = simulated["run"]["visits"].as_array().unwrap();
    let seen: Vec<_> = visits
        .iter()
        .map(|visit| (visit["state"].as_str().unwrap(), visit["variables"].clone()))
        .collect();
    let expected = [
        ("Set", json!({})),
        ("Both", json!({ "item": 1 })),
        ("Inner", json!({ "item": 1 })),
        ("After", json!({ "item": 1, "mine": 1 })),
        ("Last", json!({ "item": 2 })),
    ];
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn a_definition_runs_with_scripted_tasks() {
    let server = Server::start().await;
    let request = json!({
        "definition": orders().to_string(), "input": { "price": 1 },
        "tasks": { "Charge": [{ "error": "Busy" }, { "result": { "paid": 2 } }] }
    });
    let run = server.post("api/simulate", &request).await.body["run"].clone();
    assert_eq!((&run["status"], &run["elapsed"]), (&json!("SUCCEEDED"), &json!(2_000)));
    assert_eq!(
        run["visits"][1]["attempts"][0]["retry"],
        json!({ "retrier": 0, "number": 1, "delay": 2_000 })
    );
    // A call beyond the scripted ones is told, to be answered.
    let once = json!({ "definition": orders().to_string(), "input": { "price": 1 }, "tasks": { "Charge": [{ "error": "Busy" }] } });
    let run = server.post("api/simulate", &once).await.body["run"].clone();
    assert_eq!(
        (&run["calls"][0]["isUnknown"], &run["calls"][1]["isUnknown"]),
        (&json!(false), &json!(true))
    );
    let broken = server.post("api/simulate", &json!({ "definition": "{}" })).await.body;
    assert_eq!(broken["run"], Value::Null);
    assert!(!broken["diagnostics"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_fork_becomes_a_test_that_passes() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 7 })).await;
    let forks =
        json!([{ "call": 0, "answer": { "error": "Busy" } }, { "call": 1, "answer": { "result": { "paid": 8 } } }]);
    let request = json!({ "executionArn": EXECUTION, "forks": forks, "name": "a busy till: once" });
    let made = server.post("api/test-file", &request).await.body;
    let expected = "\
# Written by the console. Give the case a name that tells what it is about.
machine: Orders.asl.json
cases:
  - name: \"a busy till: once\"
    input: { price: 7 }
    tasks:
      Charge:
        - { error: Busy }
        - { result: { paid: 8 } }
    expect:
      output: { total: 8, charged: { sum: 8 } }
      path: [Add, Charge, Done]
";
    assert_eq!(made["text"], expected);
    // As it lies on a disk.
    let folder = std::env::temp_dir().join(format!("console-test-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(made["fileName"].as_str().unwrap());
    std::fs::write(&file, expected).unwrap();
    std::fs::write(
        folder.join(made["definitionFileName"].as_str().unwrap()),
        made["definition"].as_str().unwrap(),
    )
    .unwrap();
    let suite = asl_engine::test_file::Suite::open(&file).unwrap();
    assert!(
        suite
            .run_all()
            .iter()
            .all(asl_engine::test_file::CaseResult::has_passed)
    );
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn the_items_of_a_map_keep_their_answers() {
    let server = Server::start().await;
    let definition = json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemsPath": "$", "End": true, "ItemProcessor": { "StartAt": "Price", "States": { "Price": {
            "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true
        } } }
    } } });
    server
        .execution(&definition, &json!([{ "total": 1 }, { "total": 2 }]))
        .await;
    let made = server
        .post("api/test-file", &json!({ "executionArn": EXECUTION }))
        .await
        .body;
    let text = made["text"].as_str().unwrap_or_else(|| panic!("{made}"));
    assert!(
        text.contains(
            "      Price:\n        items:\n          \"0\": [{ result: { paid: 1.0 } }]\n          \"1\": [{"
        ),
        "{text}"
    );
}

#[tokio::test]
async fn an_expression_is_tried_on_the_data() {
    let server = Server::start().await;
    let context = json!({ "Execution": { "Id": "e-1" } });
    for (language, expression, expected) in [
        ("JSONPath", "$.a[?(@.b > 1)]", json!({ "value": [{ "b": 2 }] })),
        ("JSONPath", "States.Format('{}', $x)", json!({ "value": "3" })),
        ("JSONPath", "$$.Execution.Id", json!({ "value": "e-1" })),
        (
            "JSONPath",
            "$.a[?",
            json!({ "error": "InvalidPath", "cause": "expected `(`", "from": 5 }),
        ),
        ("JSONata", "$states.input.a[0].b + $x", json!({ "value": 4 })),
        (
            "JSONata",
            "{% $states.context.Execution.Id %}",
            json!({ "value": "e-1" }),
        ),
        (
            "JSONata",
            "$sum(",
            json!({ "error": "S0203", "cause": "Expected \")\" before end of expression", "from": 5 }),
        ),
        (
            "JSONata",
            "a",
            json!({ "error": "InvalidDefinition", "cause": "`a` cannot be used at the top level: a state has no input document" }),
        ),
    ] {
        let request = json!({
            "language": language, "expression": expression, "context": context,
            "input": { "a": [{ "b": 1 }, { "b": 2 }] }, "variables": { "x": 3 }
        });
        assert_eq!(
            server.post("api/evaluate", &request).await.body,
            expected,
            "{expression}"
        );
    }
    let request =
        json!({ "language": "JSONata", "expression": "$states.result.paid", "input": {}, "result": { "paid": 5 } });
    assert_eq!(server.post("api/evaluate", &request).await.body, json!({ "value": 5 }));
}

#[tokio::test]
async fn an_edited_definition_is_tried_on_what_runs() {
    let server = Server::start().await;
    server.execution(&approval(), &json!({})).await;
    let finish = async |definition: Value| {
        let request = json!({ "stateMachineArn": MACHINE, "definition": definition.to_string() });
        let told = server.post("api/finish", &request).await.body;
        let execution = &told["executions"][0];
        (
            execution["verdict"].as_str().unwrap().to_owned(),
            execution["reason"].as_str().unwrap().to_owned(),
        )
    };
    let mut slower = approval();
    slower["States"]["Ask"]["TimeoutSeconds"] = json!(600);
    assert_eq!(finish(slower).await.0, "same");
    let renamed = serde_json::from_str(
        &approval()
            .to_string()
            .replace("\"Ask\":", "\"Wait\":")
            .replace("\"StartAt\":\"Ask\"", "\"StartAt\":\"Wait\""),
    );
    let (verdict, reason) = finish(renamed.unwrap()).await;
    assert_eq!(
        (&*verdict, &*reason),
        ("cannot", "it is in `Ask`, which the edited definition does not have")
    );
    let mut elsewhere = approval();
    elsewhere["States"]["Ask"]["Resource"] = json!("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    elsewhere["States"]["Ask"]["Parameters"] = json!({ "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" });
    assert_eq!(finish(elsewhere).await.0, "cannot");
    let mut soon = approval();
    soon["States"]["Ask"]["Catch"] = json!([{ "ErrorEquals": ["States.ALL"], "Next": "Late" }]);
    soon["States"]["Late"] = json!({ "Type": "Pass", "End": true });
    assert_eq!(finish(soon).await.0, "same");
    let mut before = approval();
    before["StartAt"] = json!("First");
    before["States"]["First"] = json!({ "Type": "Pass", "Next": "Ask" });
    assert_eq!(finish(before).await.0, "other");
}

#[tokio::test]
async fn a_redriven_execution_says_that_it_is_not_replayed() {
    let server = Server::start().await;
    server.execution(&orders(), &json!({ "price": 700 })).await;
    server
        .call("RedriveExecution", json!({ "executionArn": EXECUTION }))
        .await;
    let refused = server.post("api/replay", &json!({ "executionArn": EXECUTION })).await;
    assert_eq!(
        (refused.status, &refused.body["__type"]),
        (400, &json!("ReplayImpossible")),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_fork_keeps_the_script_and_the_times_of_what_follows() {
    let server = Server::start().await;
    let task = |next: Value| {
        let mut task = json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge" });
        task.as_object_mut().unwrap().extend(next.as_object().unwrap().clone());
        task
    };
    let catch = json!({ "Catch": [{ "ErrorEquals": ["NoCard"], "Next": "Cash" }], "Next": "Ship" });
    let definition = json!({ "StartAt": "Card", "States": {
        "Card": task(catch), "Cash": task(json!({ "Next": "Ship" })), "Ship": task(json!({ "End": true }))
    } });
    let mut request = json!({ "definition": definition.to_string(), "tasks": {
        "Card": [{ "result": 1, "after": 10 }], "Cash": [{ "result": 2, "after": 1 }], "Ship": [{ "result": 3, "after": 5 }]
    } });
    let run = server.post("api/simulate", &request).await.body["run"].clone();
    assert_eq!((&run["output"], &run["elapsed"]), (&json!(3), &json!(15_000)));
    request["forks"] = json!([{ "call": 0, "answer": { "error": "NoCard" } }]);
    let run = server.post("api/simulate", &request).await.body["run"].clone();
    assert_eq!(
        (&run["status"], &run["output"], &run["elapsed"]),
        (&json!("SUCCEEDED"), &json!(3), &json!(6_000))
    );
}

/// A variable of an attempt that failed is not there in the next one.
#[tokio::test]
async fn an_attempt_begins_with_the_variables_around_it() {
    let server = Server::start().await;
    let task =
        json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "End": true });
    let branch = json!({ "StartAt": "Set", "States": {
        "Set": { "Type": "Pass", "Assign": { "mine": 1 }, "Next": "Try" }, "Try": task
    } });
    let definition = json!({ "QueryLanguage": "JSONata", "StartAt": "Both", "States": { "Both": {
        "Type": "Parallel", "Branches": [branch], "Retry": [{ "ErrorEquals": ["States.ALL"] }], "End": true
    } } });
    let request =
        json!({ "definition": definition.to_string(), "tasks": { "Try": [{ "error": "Busy" }, { "result": 1 }] } });
    let run = server.post("api/simulate", &request).await.body["run"].clone();
    let visits = run["visits"].as_array().unwrap().iter();
    let seen: Vec<_> = visits
        .map(|visit| (visit["state"].as_str().unwrap(), visit["variables"].clone()))
        .collect();
    let (none, one) = (json!({}), json!({ "mine": 1 }));
    let expected = [
        ("Both", &none),
        ("Set", &none),
        ("Try", &one),
        ("Set", &none),
        ("Try", &one),
    ];
    assert_eq!(
        seen.iter().map(|(state, seen)| (*state, seen)).collect::<Vec<_>>(),
        expected
    );
}
