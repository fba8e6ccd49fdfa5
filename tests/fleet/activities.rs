//! Activities: tasks for those who ask for them.

use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::{ActivityTask, StartRequest};
use asl_engine::{ErrorKind, Interpreter, Outcome};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::machine::{self, BAKE, OVEN};
use crate::round::until_served;
use crate::setup::Setup;

/// So many executions wait for so many workers.
const PIZZAS: usize = 12;
const OVENS: usize = 4;

pub(crate) async fn run(setup: &mut Setup) {
    let client = setup.client.clone();
    // It waits for a minute, beside all else.
    let idle = "arn:aws:states:us-east-1:123456789012:activity:Idle";
    let idle = tokio::spawn({
        let client = client.clone();
        async move { client.get_activity_task(idle, None).await }
    });
    a_task_is_as_on_one_machine(&client).await;
    a_task_goes_to_the_poll_that_waits(&client).await;
    a_task_that_is_over_is_not_handed_out(&client).await;
    a_poll_that_is_given_up_loses_no_task(&client).await;
    each_task_goes_to_one(setup).await;
    let refused = client.get_activity_task("Oven", None).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ActivityDoesNotExist, "{refused}");
    assert_eq!(idle.await.unwrap().unwrap(), None);
    // From now on, tokens and activities are at its worker, which ends.
    a_handler_goes_first(&client).await;
}

async fn order(client: &RestateClient, name: &str, seconds: u32) {
    let input = json!({ "seconds": seconds, "pizza": name });
    client.start(BAKE, name, &input).await.unwrap();
}

async fn ask(client: &RestateClient, oven: Option<&str>) -> ActivityTask {
    client.get_activity_task(OVEN, oven).await.unwrap().unwrap()
}

async fn a_task_is_as_on_one_machine(client: &RestateClient) {
    let interpreter = Arc::new(Interpreter::new().activity(OVEN));
    for (name, oven) in [("named", Some("oven-1")), ("nameless", None)] {
        order(client, name, 60).await;
        let task = ask(client, oven).await;
        assert_eq!(task.input, json!({ "seconds": 60, "pizza": name }));
        client.send_task_heartbeat(&task.token).await.unwrap();
        client.send_task_success(&task.token, json!("hot")).await.unwrap();

        let request = StartRequest::default().name(name).state_machine_name(BAKE);
        let here = interpreter.start_with(&machine::bake(), task.input, request).unwrap();
        let task = interpreter.get_activity_task(OVEN, oven).await.unwrap().unwrap();
        interpreter.send_task_success(&task.token, json!("hot")).unwrap();
        assert_eq!(client.outcome(BAKE, name).await.unwrap(), here.outcome().await);
        let history = client.history(BAKE, name).await.unwrap();
        assert_eq!(untimed(&history), untimed(&here.history()));
    }
}

async fn a_task_goes_to_the_poll_that_waits(client: &RestateClient) {
    let polling = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, None).await }
    });
    sleep(Duration::from_millis(300)).await;
    order(client, "awaited", 60).await;
    let task = polling.await.unwrap();
    let error = ErrorOutput {
        error: Some("Burnt".into()),
        cause: None,
    };
    client.send_task_failure(&task.token, error.clone()).await.unwrap();
    assert_eq!(client.outcome(BAKE, "awaited").await.unwrap(), Outcome::Failed(error));
}

async fn a_task_that_is_over_is_not_handed_out(client: &RestateClient) {
    order(client, "late", 1).await;
    order(client, "stopped", 60).await;
    let timed_out = client.outcome(BAKE, "late").await.unwrap();
    let error = timed_out.error().and_then(|error| error.error.clone());
    assert_eq!(error.as_deref(), Some("States.Timeout"), "{timed_out:?}");
    client.stop(BAKE, "stopped", ErrorOutput::default()).await.unwrap();
    client.outcome(BAKE, "stopped").await.unwrap();
    order(client, "in-time", 60).await;
    let task = ask(client, None).await;
    assert_eq!(task.input["pizza"], "in-time");
    client.send_task_success(&task.token, json!("hot")).await.unwrap();
    let late = client.send_task_heartbeat(&task.token).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut, "{late}");
}

async fn a_poll_that_is_given_up_loses_no_task(client: &RestateClient) {
    let given_up = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, Some("away")).await }
    });
    sleep(Duration::from_millis(300)).await;
    given_up.abort();
    order(client, "kept", 60).await;
    let task = ask(client, Some("here")).await;
    client.send_task_success(&task.token, json!("hot")).await.unwrap();
    assert_eq!(
        client.outcome(BAKE, "kept").await.unwrap().output(),
        Some(&json!("hot"))
    );
    let history = client.history(BAKE, "kept").await.unwrap();
    let started = history.iter().find(|event| event.event_type() == "ActivityStarted");
    let started = started.unwrap().to_json();
    assert_eq!(started["activityStartedEventDetails"]["workerName"], "here");
}

/// The worker that runs the executions dies between.
async fn each_task_goes_to_one(setup: &mut Setup) {
    let client = setup.client.clone();
    let mut ovens = JoinSet::new();
    for oven in 0..OVENS {
        let client = client.clone();
        ovens.spawn(async move {
            let mut baked = Vec::new();
            while baked.len() < PIZZAS / OVENS {
                let task = ask(&client, Some(&format!("oven-{oven}"))).await;
                sleep(Duration::from_millis(50)).await;
                let pizza = task.input["pizza"].clone();
                client.send_task_success(&task.token, pizza.clone()).await.unwrap();
                baked.push(pizza);
            }
            baked
        });
    }
    for pizza in 0..PIZZAS {
        if pizza % 4 == 2 {
            setup.worker.kill();
            setup.worker.start();
        }
        order(&client, &format!("pizza-{pizza}"), 60).await;
        sleep(Duration::from_millis(50)).await;
    }
    let baked = ovens.join_all().await.into_iter().flatten();
    let baked: HashSet<String> = baked.map(|pizza| pizza.as_str().unwrap().to_owned()).collect();
    assert_eq!(baked.len(), PIZZAS);
    for pizza in baked {
        let outcome = client.outcome(BAKE, &pizza).await.unwrap();
        assert_eq!(outcome.output(), Some(&json!(pizza)));
        let history = client.history(BAKE, &pizza).await.unwrap();
        let types: Vec<_> = history.iter().map(|event| event.event_type().to_owned()).collect();
        let expected = [
            "ExecutionStarted",
            "TaskStateEntered",
            "ActivityScheduled",
            "ActivityStarted",
            "ActivitySucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ];
        assert_eq!(types, expected, "{pizza}");
    }
}

/// A worker with a handler for the activity: nobody is asked.
async fn a_handler_goes_first(client: &RestateClient) {
    let interpreter = || Interpreter::new().task(OVEN, |input: Value| async move { Ok(input["pizza"].clone()) });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let worker = RestateWorker::new(interpreter()).machine("Handled", &machine::bake());
    let refused = worker.serve(listener, std::future::pending()).await.unwrap_err();
    assert!(refused.to_string().contains("give the worker a client"), "{refused}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let worker = RestateWorker::new(interpreter())
        .client(client.clone())
        .machine("Handled", &machine::bake());
    let serving = tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    let input = json!({ "seconds": 60, "pizza": "funghi" });
    client.start("Handled", "one", &input).await.unwrap();
    let request = StartRequest::default().name("one").state_machine_name("Handled");
    let here = interpreter().start_with(&machine::bake(), input, request).unwrap();
    assert_eq!(client.outcome("Handled", "one").await.unwrap(), here.outcome().await);
    let history = client.history("Handled", "one").await.unwrap();
    assert_eq!(untimed(&history), untimed(&here.history()));
    serving.abort();
}
