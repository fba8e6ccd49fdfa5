//! Mock files of AWS Step Functions Local.

use asl_engine::Simulation;
use asl_engine::simulation::{Answer, MockConfig, SimulationError};
use serde_json::{Value, json};

use crate::{machine, text};

const NAME: &str = "LambdaSQSIntegration";

fn mocks() -> MockConfig {
    text("tests/kit/mocks/lambda_sqs.json").parse().unwrap()
}

fn case(name: &str) -> Simulation {
    mocks().simulation(NAME, name, &machine("lambda_sqs")).unwrap()
}

fn file(response: Value) -> Result<MockConfig, String> {
    let json = json!({
        "StateMachines": { "M": { "TestCases": { "C": { "Look up": "R" } } } },
        "MockedResponses": { "R": response }
    });
    MockConfig::parse(&json.to_string()).map_err(|error| error.to_string())
}

#[test]
fn the_file_says_what_is_in_it() {
    let mocks = mocks();
    assert_eq!(mocks.state_machines().collect::<Vec<_>>(), [NAME]);
    assert_eq!(
        mocks.test_cases(NAME).collect::<Vec<_>>(),
        ["HappyPath", "RetryPath", "HybridPath"]
    );
    assert_eq!(
        mocks.unused_responses().collect::<Vec<_>>(),
        ["LambdaMockedResourceNotReady"]
    );
}

#[test]
fn mocked_results_go_through_the_stages_of_their_states() {
    let run = case("HappyPath").run(json!({ "name": "Ada" }));
    assert_eq!(
        run.output().unwrap()["MessageId"],
        "3bcb6e8e-8b51-4375-b0bc-1a59812c6e51"
    );
    assert_eq!(run.visit("SQSState").raw_input["Payload"]["body"], "Hello from Lambda!");
}

#[test]
fn mocked_errors_go_through_retry() {
    let mut machine: Value = serde_json::from_str(&text("tests/kit/machines/lambda_sqs.asl.json")).unwrap();
    let path = |machine: &Value| {
        let machine = machine.to_string().parse().unwrap();
        mocks()
            .deny_left_over()
            .simulation(NAME, "RetryPath", &machine)
            .unwrap()
            .try_run(json!({}))
    };
    // One retry of a timeout is too few for the two that the file has.
    assert!(matches!(
        path(&machine),
        Err(SimulationError::LeftOverAnswers { count: 1, .. })
    ));
    machine["States"]["LambdaState"]["Retry"][1]["MaxAttempts"] = json!(2);
    let run = path(&machine).unwrap();
    assert_eq!(run.attempts("LambdaState").count(), 4);
    assert_eq!(run.elapsed().as_secs(), 2 + 1 + 2);
}

#[test]
fn what_a_test_case_leaves_out_must_be_scripted() {
    let hybrid = case("HybridPath");
    let error = hybrid.try_run(json!({})).unwrap_err();
    assert!(
        matches!(&error, SimulationError::MissingAnswer { state, .. } if state == "SQSState"),
        "{error}"
    );
    let run = hybrid.task("SQSState", [json!({ "MessageId": "1" })]).run(json!({}));
    assert_eq!(run.output().unwrap()["MessageId"], "1");
}

#[test]
fn invocations_are_counted_over_iterations_and_retries() {
    let mocks = file(json!({
        "0": { "Return": 10 }, "2": { "Return": 30 }, "1": { "Throw": { "Error": "Busy" } }, "3-1000000000": { "Return": 20 }
    }));
    let simulation = mocks.unwrap().simulation("M", "C", &machine("till")).unwrap();
    let run = simulation.run(json!({ "lines": ["a", "b", "c"] }));
    assert_eq!(run.output().unwrap()["prices"], json!([10, 20, 30]));
    assert_eq!(
        run.calls_of("Look up")
            .map(|call| call.item().unwrap())
            .collect::<Vec<_>>(),
        [0, 1, 2, 1]
    );
}

#[test]
fn a_hundred_thousand_entries_are_found_quickly() {
    let entries = (0..100_000).map(|i| (i.to_string(), json!({ "Return": i + 10 })));
    let mocks = file(entries.collect::<serde_json::Map<_, _>>().into()).unwrap();
    let simulation = mocks.simulation("M", "C", &machine("till")).unwrap();
    let run = simulation.run(json!({ "lines": ["a", "b", "c"] }));
    assert_eq!(run.output().unwrap()["prices"], json!([10, 11, 12]));
}

#[test]
fn an_invocation_without_an_entry_is_an_error_and_an_entry_without_an_invocation_where_it_is_denied() {
    let order = json!({ "lines": ["a", "b", "c"] });
    let gap = file(json!({ "0": { "Return": 10 }, "2": { "Return": 30 } })).unwrap();
    let error = gap
        .simulation("M", "C", &machine("till"))
        .unwrap()
        .try_run(order.clone())
        .unwrap_err();
    assert!(
        matches!(error, SimulationError::MissingAnswer { visit: 1, .. }),
        "{error}"
    );
    let more = file(json!({ "0-2": { "Return": 10 }, "3-4": { "Return": 30 } })).unwrap();
    let simulation = more.simulation("M", "C", &machine("till")).unwrap();
    assert!(simulation.try_run(order.clone()).is_ok());
    let strict = more.deny_left_over();
    let simulation = strict.simulation("M", "C", &machine("till")).unwrap();
    let error = simulation.try_run(order.clone()).unwrap_err();
    assert!(
        matches!(error, SimulationError::LeftOverAnswers { count: 1, .. }),
        "{error}"
    );
    assert!(simulation.allow_left_over().try_run(order).is_ok());
}

#[test]
fn names_that_are_not_there_are_refused() {
    let mocks = mocks();
    let refused = |name: &str, case: &str, machine_name: &str| {
        mocks
            .simulation(name, case, &machine(machine_name))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        refused("Orders", "A", "till"),
        "there is no state machine `Orders`; there is LambdaSQSIntegration"
    );
    assert_eq!(
        refused(NAME, "A", "till"),
        "there is no test case `A`; there is HappyPath, RetryPath, HybridPath"
    );
    assert_eq!(
        refused(NAME, "HappyPath", "till"),
        "there is no Task state `LambdaState`; there is Ask the bank, Look up"
    );
}

#[test]
fn a_file_that_is_wrong_is_refused_with_the_place() {
    for (response, wanted) in [
        (json!([]), "/MockedResponses/R: there must be an object"),
        (json!({ "a": { "Return": 1 } }), "/MockedResponses/R/a: the key must be"),
        (
            json!({ "2-1": { "Return": 1 } }),
            "/MockedResponses/R/2-1: the key must be",
        ),
        (
            json!({ "+1": { "Return": 1 } }),
            "/MockedResponses/R/+1: the key must be",
        ),
        (
            json!({ "0-2": { "Return": 1 }, "2": { "Return": 1 } }),
            "R: two keys answer the invocation 2",
        ),
        (
            json!({ "0": { "Return": 1, "Throw": {} } }),
            "R/0: there must be either `Return` or `Throw`",
        ),
        (json!({ "0": {} }), "R/0: there must be either `Return` or `Throw`"),
        (
            json!({ "0": { "Throw": { "Cause": "c" } } }),
            "R/0/Throw: `Error` is missing",
        ),
        (
            json!({ "0": { "Throw": { "Error": 1 } } }),
            "R/0/Throw: `Error` must be a text",
        ),
        (
            json!({ "0": { "Throw": { "Error": "E", "Code": "" } } }),
            "R/0/Throw: `Code` is unknown here",
        ),
    ] {
        let error = file(response).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
    for (text, wanted) in [
        ("{", "the mock file cannot be read: EOF"),
        (
            r#"{ "MockedResponses": { "R": { "0": { "Return": 1 }, "0": { "Return": 2 } } } }"#,
            "the mock file cannot be read: the member `0` stands twice at line 1",
        ),
        ("[]", "the mock file is wrong at the top: there must be an object"),
        (
            r#"{ "Machines": {} }"#,
            "`Machines` is unknown here; there may be StateMachines and MockedResponses",
        ),
        (
            r#"{ "StateMachines": { "M": { "TestCases": { "C": { "A/B": "R" } } } } }"#,
            "/StateMachines/M/TestCases/C/A~1B: there is no response `R` in `MockedResponses`",
        ),
        (
            r#"{ "StateMachines": { "M": { "TestCases": { "C": { "A": 1 } } } } }"#,
            "the response of `A` must be a name",
        ),
    ] {
        let error = MockConfig::parse(text).unwrap_err().to_string();
        assert!(error.contains(wanted), "{error}");
    }
}

#[test]
fn more_can_be_scripted_beside_a_mock_file() {
    let twice = case("HappyPath").task("LambdaState", [Answer::never()]);
    assert_eq!(
        twice.try_run(json!({})),
        Err(SimulationError::ScriptedTwice {
            task: "LambdaState".into()
        })
    );
}
