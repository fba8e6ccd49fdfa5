//! Executions are kept for a while after their last ends, and their names with them.

use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::StartRequest;
use asl_engine::{ErrorKind, Interpreter, Outcome};
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::machine::{self, NAP};
use crate::round::until_served;
use crate::setup::Setup;

const KEPT: Duration = Duration::from_secs(3);

/// What a redriven execution takes, longer than what has ended is kept.
const LONG: u64 = 16;

#[tokio::main]
pub(crate) async fn run(program: &Path) {
    let setup = Setup::start(program, "kept", 1).await;
    let client = &setup.client;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let worker = RestateWorker::new(Interpreter::new())
        .machine(NAP, &machine::nap())
        .kept(KEPT);
    tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    a_redriven_execution_is_kept_after_its_last_run(&setup).await;
    a_name_comes_again(client).await;
    setup.end();
}

/// The first run is gone long before.
async fn a_redriven_execution_is_kept_after_its_last_run(setup: &Setup) {
    let client = &setup.client;
    let input = json!({ "seconds": LONG });
    let request = StartRequest::default().name("one").state_machine_name(NAP);
    let here = Interpreter::new().start_with(&machine::nap(), &input, request).unwrap();
    client.start(NAP, "one", &input).await.unwrap();
    for run in 0..2 {
        while client.history(NAP, "one").await.unwrap().len() < here.history().len() {
            sleep(Duration::from_millis(20)).await;
        }
        client.stop(NAP, "one", ErrorOutput::default()).await.unwrap();
        here.stop(None, None);
        assert_eq!(client.outcome(NAP, "one").await.unwrap(), here.outcome().await);
        client.redrive(NAP, "one").await.unwrap();
        here.redrive().unwrap();
        let known = client.execution(NAP, "one").await.unwrap().unwrap();
        assert_eq!((known.redrive_count, known.end), (run + 1, None));
    }
    while setup.cluster.has_run(NAP, "one").await {
        let known = client.execution(NAP, "one").await.unwrap().unwrap();
        assert_eq!((known.redrive_count, known.end), (2, None));
        sleep(Duration::from_millis(100)).await;
    }
    // A run that does nothing holds its name from now on.
    while !setup.cluster.has_run(NAP, "one").await {
        sleep(Duration::from_millis(20)).await;
    }
    let refused = client.start(NAP, "one", &input).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists, "{refused}");
    let known = client.execution(NAP, "one").await.unwrap().unwrap();
    assert_eq!((known.redrive_count, known.end), (2, None));
    let refused = client.redrive(NAP, "one").await.unwrap_err();
    assert_eq!(refused.to_string(), "Execution is RUNNING and cannot be redriven");
    assert_eq!(client.outcome(NAP, "one").await.unwrap(), here.outcome().await);
    let history = client.history(NAP, "one").await.unwrap();
    assert_eq!(untimed(&history), untimed(&here.history()));
}

/// Nothing is told of the one before.
async fn a_name_comes_again(client: &RestateClient) {
    while client.execution(NAP, "one").await.unwrap().is_some() {
        sleep(Duration::from_millis(100)).await;
    }
    assert!(client.history(NAP, "one").await.unwrap().is_empty());
    let hold = json!({ "seconds": 86_400 });
    while let Err(refused) = client.start(NAP, "one", &hold).await {
        assert_eq!(refused.kind(), ErrorKind::ExecutionAlreadyExists, "{refused}");
        sleep(Duration::from_millis(100)).await;
    }
    client.stop(NAP, "one", ErrorOutput::default()).await.unwrap();
    let aborted = Outcome::Aborted(ErrorOutput::default());
    assert_eq!(client.outcome(NAP, "one").await.unwrap(), aborted);
    let known = client.execution(NAP, "one").await.unwrap().unwrap();
    assert_eq!((known.redrive_count, known.redrive_time), (0, None));
    let length = client.history(NAP, "one").await.unwrap().len();
    let time = client.redrive(NAP, "one").await.unwrap();
    let known = client.execution(NAP, "one").await.unwrap().unwrap();
    assert_eq!((known.redrive_count, known.redrive_time), (1, Some(time)));
    assert_eq!(known.input, hold);
    while client.history(NAP, "one").await.unwrap().len() <= length {
        sleep(Duration::from_millis(20)).await;
    }
    client.stop(NAP, "one", ErrorOutput::default()).await.unwrap();
    assert_eq!(client.outcome(NAP, "one").await.unwrap(), aborted);
}
