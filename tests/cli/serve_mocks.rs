//! `asl serve` in place of Step Functions Local: mock files and their test cases.

use serde_json::json;

use super::asl;
use super::serve::{Folder, Serve, invoke, wait_for};

const MOCKS: &str = "tests/kit/mocks/lambda_sqs.json";

/// The tutorial of AWS: the same file, the same environment variable, the same ARNs.
#[test]
fn a_mock_file_of_step_functions_local_is_used_as_it_is() {
    let definition = std::fs::read_to_string("tests/kit/machines/lambda_sqs.asl.json").unwrap();
    let definition: serde_json::Value = serde_json::from_str(&definition).unwrap();
    let folder = Folder::new("mocks");
    folder.write("queue.json", json!({ "Return": { "MessageId": "1" } }));
    let queue = format!("arn:aws:states:::sqs:sendMessage={}/queue.json", folder.0.display());
    let serve = Serve::of(asl(&["serve", "--port", "0", "--answer", &queue]).env("SFN_MOCK_CONFIG", MOCKS));
    let machine = serve.create("LambdaSQSIntegration", &definition);
    let machine = machine.as_str().unwrap();
    for (case, message) in [
        ("HappyPath", "3bcb6e8e-8b51-4375-b0bc-1a59812c6e51"),
        ("HybridPath", "1"),
    ] {
        let ended = serve.run(&json!(format!("{machine}#{case}")), &json!({ "name": "Ada" }));
        assert_eq!(
            (&ended["status"], &ended["stateMachineArn"]),
            (&json!("SUCCEEDED"), &json!(machine))
        );
        assert!(ended["output"].as_str().unwrap().contains(message), "{ended}");
    }
    let wrong = json!({ "stateMachineArn": format!("{machine}#SadPath") });
    assert_eq!(
        serve.call("StartExecution", &wrong).unwrap_err(),
        "ValidationException: In the mock file there is no test case `SadPath`; there is HappyPath, RetryPath, HybridPath"
    );
}

/// A retry, a wait of a year and one that is scaled: no time passes here, and all of it in the history.
#[test]
fn waits_are_skipped_and_scaled() {
    let definition = json!({
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Charge", "Next": "Year",
                "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 60 }],
            },
            "Year": { "Type": "Wait", "Seconds": 31_536_000, "End": true },
        },
    });
    let folder = Folder::new("virtual-time");
    folder.write(
        "mocks.json",
        json!({
            "StateMachines": { "Orders": { "TestCases": { "Busy": { "Charge": "Busy" } } } },
            "MockedResponses": {
                "Busy": { "0-1": { "Throw": { "Error": "Busy", "Cause": "" } }, "2": { "Return": {} } },
            },
        }),
    );
    let mocks = folder.0.join("mocks.json").display().to_string();
    let serve =
        Serve::of(asl(&["serve", "--port", "0", "--virtual-time", "--mock", &mocks]).env("WAIT_TIME_SCALE", "0.5"));
    let machine = serve.create("Orders", &definition);
    let ended = serve.run(&json!(format!("{}#Busy", machine.as_str().unwrap())), &json!({}));
    let took = ended["stopDate"].as_f64().unwrap() - ended["startDate"].as_f64().unwrap();
    assert!((took - (60.0 + 120.0 + 31_536_000.0 / 2.0)).abs() < 0.001, "{took}");

    let refused = asl(&["serve", "--port", "0", "--virtual-time", "--data", "executions.db"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(!std::path::Path::new("executions.db").exists());
    let refused = asl(&["serve", "--port", "0"])
        .env("WAIT_TIME_SCALE", "-1")
        .output()
        .unwrap();
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(told.contains("write a number from 0, such as 0.01"), "{told}");
}

#[test]
fn a_mock_file_is_followed() {
    let folder = Folder::new("mocks-followed");
    let mocks = |answer: &str| {
        json!({
            "StateMachines": { "Orders": { "TestCases": { "Case": { "Charge": "Charged" } } } },
            "MockedResponses": { "Charged": { "0": { "Return": { "Payload": answer } } } },
        })
    };
    folder.write("mocks.json", mocks("first"));
    folder.write(
        "refund.json",
        json!({ "Throw": { "Error": "Broke", "Cause": "no money" } }),
    );
    let file = |name: &str| folder.0.join(name).display().to_string();
    let refund = format!("Refund={}", file("refund.json"));
    let serve = Serve::start(&["--mock", &file("mocks.json"), "--answer", &refund]);
    let machine = serve.create("Orders", &invoke("Charge"));
    let machine = json!(format!("{}#Case", machine.as_str().unwrap()));
    assert_eq!(serve.run(&machine, &json!({}))["output"], r#""first""#);
    folder.write("mocks.json", mocks("second"));
    wait_for(|| (serve.run(&machine, &json!({}))["output"] == r#""second""#).then_some(()));

    let ended = serve.run(&serve.create("Refunds", &invoke("Refund")), &json!({}));
    assert_eq!(
        (&ended["error"], &ended["cause"]),
        (&json!("Broke"), &json!("no money"))
    );
}

/// Its answer goes before what `asl serve` does itself, and is final where a task would wait for its token.
#[test]
fn an_answer_is_one_to_every_task_of_its_resource() {
    let folder = Folder::new("answers");
    folder.write("answer.json", json!({ "Return": { "Entries": "mocked" } }));
    let resources = [
        "arn:aws:states:::events:putEvents",
        "arn:aws:states:::aws-sdk:eventbridge:putEvents",
        "arn:aws:states:::states:startExecution.sync",
        "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "arn:aws:states:us-east-1:123456789012:activity:Bake",
    ];
    let mut command = asl(&["serve", "--port", "0"]);
    for resource in resources {
        command.args(["--answer", &format!("{resource}={}/answer.json", folder.0.display())]);
    }
    let serve = Serve::of(&mut command);
    serve.call("CreateActivity", &json!({ "name": "Bake" })).unwrap();
    for (number, resource) in resources.into_iter().enumerate() {
        let token = json!({ "QueueUrl": "q", "MessageBody": { "token.$": "$$.Task.Token" } });
        let parameters = if resource.contains("sqs") { token } else { json!({}) };
        let task = json!({ "Type": "Task", "Resource": resource, "Parameters": parameters, "End": true });
        let definition = json!({ "StartAt": "Ask", "States": { "Ask": task } });
        let machine = serve.create(&format!("Ask{number}"), &definition);
        assert_eq!(
            serve.run(&machine, &json!({}))["output"],
            r#"{"Entries":"mocked"}"#,
            "{resource}"
        );
    }
}

#[test]
fn mocks_that_cannot_be_used_are_told_at_the_start() {
    let folder = Folder::new("mocks-unusable");
    folder.write("answer.json", json!({ "Retrun": 1 }));
    folder.write("empty.json", "");
    folder.write("fine.json", json!({ "Return": 1 }));
    let answer = format!("Charge={}/answer.json", folder.0.display());
    let empty = format!("{}/empty.json", folder.0.display());
    let fine = |resource: &str| format!("{resource}={}/fine.json", folder.0.display());
    for (arguments, told) in [
        (&["--mock", "none.json"][..], "cannot read `none.json`"),
        (&["--mock", &empty], "the mock file cannot be read"),
        (&["--answer", &answer], "there must be either `Return` or `Throw`"),
        (
            &["--answer", &fine("arn:aws:states:::sqs:sendMesage")],
            "`--answer arn:aws:states:::sqs:sendMesage=…` names no resource of a task",
        ),
        (
            &["--answer", &fine("Charge"), "--answer", &fine("Charge")],
            "`--answer Charge=…` is given twice",
        ),
        (
            &["--answer", &fine("Charge"), "--function", "Charge=cat"],
            "`--answer Charge=…` and `--function Charge=…` both answer the function",
        ),
        (
            &[
                "--function",
                "arn:aws:lambda:*:*:function:Charge=cat",
                "--function",
                "Charge=cat",
            ],
            "two handlers are registered for",
        ),
        (&["--region", "us east"], "write a region such as us-east-1"),
        (
            &["--mock", MOCKS, "--data", "executions.db"],
            "counts in memory how often a test case has answered",
        ),
    ] {
        let refused = asl(&["serve", "--port", "0"]).args(arguments).output().unwrap();
        assert_eq!(refused.status.code(), Some(2));
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains(told), "{text}");
    }
}

/// Real functions first, one of which fails once; then nobody but the recording.
#[test]
fn what_tasks_were_answered_becomes_a_mock_file() {
    let folder = Folder::new("record");
    let file = folder.0.join("mocks.json").display().to_string();
    let tried = folder.0.join("tried").display().to_string();
    let definition = json!({
        "StartAt": "Charge",
        "States": {
            "Charge": {
                "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Next": "Each",
                "Parameters": { "FunctionName": "Charge", "Payload.$": "$" }, "ResultPath": "$.charged",
                "Retry": [{ "ErrorEquals": ["Busy"], "IntervalSeconds": 1 }],
            },
            "Each": {
                "Type": "Map", "ItemsPath": "$.pizzas", "MaxConcurrency": 1, "End": true,
                "ItemProcessor": { "StartAt": "Bake", "States": { "Bake": {
                    "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true,
                } } },
            },
        },
    });
    folder.write("orders.asl.json", &definition);
    let definition = folder.0.join("orders.asl.json").display().to_string();
    let charge = format!(
        "Charge=if mkdir {tried} 2>&-; then echo '{{\"errorType\":\"Busy\",\"errorMessage\":\"later\"}}'; exit 1; else echo '{{\"paid\":true}}'; fi"
    );
    let arn = "arn:aws:states:us-east-1:123456789012:stateMachine:orders";
    let input = json!({ "pizzas": ["funghi", "funghi", "marinara"] });
    let run = |serve: &Serve, arn: &str| {
        let request = json!({ "stateMachineArn": arn, "name": "Busy-once", "input": input.to_string() });
        let started = serve.call("StartExecution", &request).unwrap();
        serve.ended(&started["executionArn"])
    };
    let base = ["--virtual-time", "--machines", &definition];
    let serve = Serve::start(
        &[
            &base[..],
            &["--record", &file, "--function", &charge, "--function", "Bake=cat"],
        ]
        .concat(),
    );
    let real = run(&serve, arn);
    assert_eq!(real["status"], "SUCCEEDED", "{real}");
    assert_eq!(real["output"], input["pizzas"].to_string());
    let recorded = || serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(&file).unwrap()).unwrap();
    wait_for(|| {
        recorded()["MockedResponses"]["orders-Busy-once-Bake"]["2"]
            .is_object()
            .then_some(())
    });
    assert_eq!(serve.terminate(), Some(0));
    let baked = json!({ "0-1": { "Return": "funghi" }, "2": { "Return": "marinara" } });
    assert_eq!(recorded()["MockedResponses"]["orders-Busy-once-Bake"], baked);
    let charge = &recorded()["MockedResponses"]["orders-Busy-once-Charge"];
    assert_eq!(charge["0"]["Throw"]["Error"], "Busy");
    assert_eq!(charge["1"]["Return"]["Payload"], json!({ "paid": true }));

    // Recorded again, beside what is there.
    let serve = Serve::start(&[&base[..], &["--mock", &file, "--record", &file]].concat());
    let mocked = run(&serve, &format!("{arn}#Busy-once"));
    assert_eq!(
        (&mocked["status"], &mocked["output"]),
        (&real["status"], &real["output"]),
        "{mocked}"
    );
    drop(serve);
    let once = asl(&[
        "run",
        &definition,
        "--mock",
        &file,
        "--test-case",
        "orders#Busy-once",
        "--input",
        &input.to_string(),
    ])
    .output()
    .unwrap();
    assert!(once.status.success(), "{}", String::from_utf8_lossy(&once.stderr));

    folder.write("other.json", json!([]));
    let other = folder.0.join("other.json").display().to_string();
    for (arguments, told) in [
        (&["--record", &other][..], "there must be an object"),
        (&["--record", "none/mocks.json"], "cannot write `none/mocks.json`"),
        (
            &["--record", &file, "--data", "executions.db"],
            "leave out `--record` or `--data`",
        ),
    ] {
        let refused = asl(&["serve", "--port", "0"]).args(arguments).output().unwrap();
        let text = String::from_utf8(refused.stderr).unwrap();
        assert!(text.contains(told), "{text}");
    }
}

/// `a-b` of `c` and `a` of `b-c` have one name when they are put together, and so may a response that was there.
#[test]
fn what_is_recorded_has_a_name_of_its_own() {
    let folder = Folder::new("record-names");
    folder.write(
        "mocks.json",
        json!({
            "StateMachines": {
                "Other": { "TestCases": { "Case": { "Charge": "a-b-c-Charge" } } },
                "a": { "TestCases": { "b-c": { "Charge": "old" }, "kept": { "Charge": "kept" } } },
            },
            "MockedResponses": {
                "a-b-c-Charge": { "0": { "Return": "other" } }, "old": { "0": { "Return": "old" } },
                "kept": { "0": { "Return": "kept" } },
            },
        }),
    );
    let file = folder.0.join("mocks.json").display().to_string();
    let serve = Serve::start(&["--record", &file, "--function", "Charge=cat"]);
    for (machine, name) in [("a-b", "c"), ("a", "b-c")] {
        let arn = serve.create(machine, &invoke("Charge"));
        let input = json!(machine).to_string();
        let start = json!({ "stateMachineArn": arn, "name": name, "input": input });
        let started = serve.call("StartExecution", &start).unwrap();
        assert_eq!(serve.ended(&started["executionArn"])["output"], input);
    }
    assert_eq!(serve.terminate(), Some(0));
    let recorded: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
    let answer = |machine: &str, name: &str| {
        let response = &recorded["StateMachines"][machine]["TestCases"][name]["Charge"];
        recorded["MockedResponses"][response.as_str().unwrap()]["0"]["Return"].clone()
    };
    assert_eq!(answer("a-b", "c")["Payload"], "a-b");
    assert_eq!(answer("a", "b-c")["Payload"], "a");
    assert_eq!(
        (answer("Other", "Case"), answer("a", "kept")),
        (json!("other"), json!("kept"))
    );
    assert_eq!(
        recorded["MockedResponses"]["old"],
        json!(null),
        "nothing uses it any more"
    );
}
