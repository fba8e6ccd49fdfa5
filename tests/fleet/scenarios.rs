//! What one server and one worker do, apart from dying at random.

use asl_engine::durable::{RestateClient, RestateWorker};
use asl_engine::handlers::TaskContext;
use asl_engine::history::ErrorOutput;
use asl_engine::{ErrorKind, Interpreter, Outcome, StateMachine};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::sleep;

use crate::machine::{self, ASK, JOB, LOOP, NAP, ODD, WIDE};
use crate::round::until_served;
use crate::setup::Setup;
use crate::{activities, express, nested};

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path, steps: usize) {
    let mut setup = Setup::start(program, "scenarios", 1).await;
    let client = setup.client.clone();
    names_are_taken_once(&client).await;
    a_stop_ends_a_wait(&client).await;
    a_history_may_be_long(&client).await;
    odd_answers_fail_as_on_one_machine(&client).await;
    a_token_is_answered_once(&mut setup).await;
    a_cancellation_stops(&setup).await;
    a_job_tells_of_itself(&client).await;
    nested::run(&mut setup).await;
    activities::run(&mut setup).await;
    a_forgotten_job_is_done_once(&setup).await;
    a_long_journal_replays(&mut setup, steps).await;
    a_definition_stays(&client).await;
    shared_out(&client).await;
    express::run(&client).await;
    what_does_not_run_is_refused().await;
    setup.end();
}

async fn names_are_taken_once(client: &RestateClient) {
    assert_eq!(client.execution(NAP, "one").await.unwrap(), None);
    client.start(NAP, "one", &json!({ "seconds": 0 })).await.unwrap();
    assert_eq!(
        client.outcome(NAP, "one").await.unwrap().output(),
        Some(&json!({ "seconds": 0 }))
    );
    let again = client.start(NAP, "one", &json!({ "seconds": 0 })).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::ExecutionAlreadyExists, "{again}");
    let known = client.execution(NAP, "one").await.unwrap().unwrap();
    assert_eq!(known.arn, "arn:aws:states:us-east-1:123456789012:execution:Nap:one");
    assert_eq!(known.input, json!({ "seconds": 0 }));
    let (outcome, end) = known.end.unwrap();
    assert!(outcome.output().is_some() && end >= known.start_time);

    let unknown = client.start("Nobody", "one", &json!({})).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Cluster, "{unknown}");
    let refused = client.start(NAP, "a name?", &json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidName, "{refused}");
    client.start(NAP, "large", &"x".repeat(300_000)).await.unwrap();
    let refused = client.outcome(NAP, "large").await.unwrap_err();
    assert!(refused.to_string().contains("more than the limit"), "{refused}");
}

/// A journal takes messages of 32 MB, and no nesting without end.
async fn odd_answers_fail_as_on_one_machine(client: &RestateClient) {
    let interpreter = machine::with_odd_answers(Interpreter::new());
    for odd in ["large", "deep", "panic", "error"] {
        client.start(ODD, odd, &odd).await.unwrap();
        let here = interpreter.start(&machine::odd(), odd).unwrap().outcome().await;
        assert!(matches!(here, Outcome::Failed(_)), "{odd}: {here:?}");
        assert_eq!(client.outcome(ODD, odd).await.unwrap(), here, "{odd}");
    }
    client.start(ODD, "verbose", &"verbose").await.unwrap();
    let outcome = client.outcome(ODD, "verbose").await.unwrap();
    assert_eq!(
        outcome.error().and_then(|error| error.error.as_deref()),
        Some("Verbose")
    );
}

async fn a_stop_ends_a_wait(client: &RestateClient) {
    client.start(NAP, "long", &json!({ "seconds": 86_400 })).await.unwrap();
    while client.history(NAP, "long").await.unwrap().is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    let error = ErrorOutput {
        error: Some("Enough".into()),
        cause: Some("it is morning".into()),
    };
    client.stop(NAP, "long", error.clone()).await.unwrap();
    assert_eq!(client.outcome(NAP, "long").await.unwrap(), Outcome::Aborted(error));
    let history = client.history(NAP, "long").await.unwrap();
    let types: Vec<_> = history.iter().map(|event| event.event_type().to_owned()).collect();
    assert_eq!(types, ["ExecutionStarted", "WaitStateEntered", "ExecutionAborted"]);
    client.stop(NAP, "long", ErrorOutput::default()).await.unwrap();

    let unknown = client.stop(NAP, "later", ErrorOutput::default()).await.unwrap_err();
    assert!(unknown.to_string().contains("there is no execution"), "{unknown}");
    client.start(NAP, "later", &json!({ "seconds": 0 })).await.unwrap();
    assert_eq!(
        client.outcome(NAP, "later").await.unwrap().output(),
        Some(&json!({ "seconds": 0 }))
    );
}

/// Wherever it comes: before the execution's first step, while its token is made, or while it waits.
async fn a_cancellation_stops(setup: &Setup) {
    let client = &setup.client;
    for pause in [0, 2, 5, 10, 20, 40, 80, 160] {
        for machine in [ASK, NAP] {
            let name = format!("cancelled-{pause}");
            client
                .start(machine, &name, &json!({ "seconds": 86_400 }))
                .await
                .unwrap();
            sleep(Duration::from_millis(pause)).await;
            setup.cluster.cancel(machine, &name).await;
            let aborted = Outcome::Aborted(ErrorOutput::default());
            assert_eq!(client.outcome(machine, &name).await.unwrap(), aborted, "{name}");
            let history = client.history(machine, &name).await.unwrap();
            let last = history.last().map(|event| event.event_type().to_owned());
            assert_eq!(last.as_deref(), Some("ExecutionAborted"), "{name}");
        }
    }
}

async fn a_history_may_be_long(client: &RestateClient) {
    let input = json!({ "text": "x".repeat(200_000), "items": vec![0; 200] });
    client.start(WIDE, "one", &input).await.unwrap();
    let outcome = client.outcome(WIDE, "one").await.unwrap();
    assert_eq!(outcome.output(), Some(&json!(vec![0; 200])), "{outcome:?}");
    let history = client.history(WIDE, "one").await.unwrap();
    let ids = history.iter().map(|event| event.id);
    assert!(ids.eq(1..=history.len() as u64));
    assert_eq!(
        history.last().map(|event| event.event_type().to_owned()).as_deref(),
        Some("ExecutionSucceeded")
    );
}

/// The worker dies while a person thinks; heartbeats keep the task alive for longer than it could be silent.
async fn a_token_is_answered_once(setup: &mut Setup) {
    let client = setup.client.clone();
    client.start(ASK, "one", &json!({})).await.unwrap();
    let token = machine::token(&setup.effects).await;
    for _ in 0..3 {
        sleep(Duration::from_secs(1)).await;
        setup.worker.kill();
        setup.worker.start();
        client.send_task_heartbeat(&token).await.unwrap();
    }
    client.send_task_success(&token, json!("yes")).await.unwrap();
    let late = client.send_task_success(&token, json!("no")).await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut, "{late}");
    assert_eq!(client.outcome(ASK, "one").await.unwrap().output(), Some(&json!("yes")));
    let late = client
        .send_task_failure(&token, ErrorOutput::default())
        .await
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut, "{late}");
    for unknown in ["", "nobody's", "a/b?c"] {
        let unknown = client.send_task_heartbeat(unknown).await.unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::InvalidToken, "{unknown}");
    }

    client.start(ASK, "silent", &json!({})).await.unwrap();
    let silent = client.outcome(ASK, "silent").await.unwrap();
    assert_eq!(
        silent.error().and_then(|error| error.error.as_deref()),
        Some("States.Timeout"),
        "{silent:?}"
    );
}

async fn a_job_tells_of_itself(client: &RestateClient) {
    client.start(JOB, "one", &json!({})).await.unwrap();
    let outcome = client.outcome(JOB, "one").await.unwrap();
    let done = json!({ "Build": { "BuildStatus": "SUCCEEDED" } });
    assert_eq!(outcome.output(), Some(&done), "{outcome:?}");
    let history = client.history(JOB, "one").await.unwrap();
    let types: Vec<_> = history.iter().map(|event| event.event_type().to_owned()).collect();
    let expected = [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ];
    assert_eq!(types[..6], expected, "{types:?}");
}

/// Its task has timed out so long ago that its token is not known any more.
async fn a_forgotten_job_is_done_once(setup: &Setup) {
    let client = &setup.client;
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let forgotten = Arc::new(Notify::new());
    let is_forgotten = Arc::clone(&forgotten);
    let job = "arn:aws:states:::codebuild:startBuild.sync";
    let interpreter = Interpreter::new().task(job, move |_: Value, context: TaskContext| {
        let (tell, is_forgotten) = (tell.clone(), Arc::clone(&is_forgotten));
        async move {
            context.submitted(json!({}));
            tell.send(context.request.token.clone().unwrap()).unwrap();
            is_forgotten.notified().await;
            context.heartbeat();
            Ok(json!({}))
        }
    });
    let worker = RestateWorker::new(interpreter)
        .client(client.clone())
        .machine("Forgotten", &machine::job());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serving = tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    client.start("Forgotten", "one", &json!({})).await.unwrap();
    let token = told.recv().await.unwrap();
    let outcome = client.outcome("Forgotten", "one").await.unwrap();
    assert_eq!(
        outcome.error().and_then(|error| error.error.as_deref()),
        Some("States.Timeout")
    );
    // As it is a day later.
    let empty = json!({ "object_key": token, "new_state": {} });
    let emptied = setup
        .cluster
        .administer("POST", "/services/asl-token/state", &empty)
        .await;
    assert!(emptied.starts_with("HTTP/1.1 202"), "{emptied}");
    loop {
        let known = client.send_task_heartbeat(&token).await.unwrap_err();
        if known.kind() == ErrorKind::InvalidToken {
            break;
        }
    }
    forgotten.notify_one();
    let unfinished = "SELECT id FROM sys_invocation WHERE target_handler_name = 'attempt' AND status <> 'completed'";
    let unfinished = json!({ "query": unfinished });
    while setup
        .cluster
        .administer("POST", "/query", &unfinished)
        .await
        .contains("inv_")
    {
        assert!(told.try_recv().is_err(), "the job is done twice");
        sleep(Duration::from_millis(20)).await;
    }
    assert!(told.try_recv().is_err(), "the job is done twice");
    serving.abort();
}

/// Two states and four entries a step; HTTP/2's small frames end a connection after a thousand, unless its window is large.
async fn a_long_journal_replays(setup: &mut Setup, steps: usize) {
    let client = setup.client.clone();
    client
        .start(LOOP, "long", &json!({ "n": 0, "steps": steps }))
        .await
        .unwrap();
    let done = |effects: &Path| {
        fs::read_to_string(effects)
            .unwrap_or_default()
            .matches(" Count")
            .count()
    };
    while done(&setup.effects) < steps * 9 / 10 {
        sleep(Duration::from_millis(50)).await;
    }
    setup.worker.kill();
    setup.worker.start();
    let outcome = client.outcome(LOOP, "long").await.unwrap();
    assert_eq!(
        outcome.output().map(|output| output["n"] == json!(steps)),
        Some(true),
        "{outcome:?}"
    );
    // The one that was being done when the worker died may have been done twice.
    assert!((steps..=steps + 1).contains(&done(&setup.effects)));
}

/// A worker with another definition, which takes over: what has begun ends with its own.
async fn a_definition_stays(client: &RestateClient) {
    client.start(NAP, "old", &json!({ "seconds": 2 })).await.unwrap();
    while client.history(NAP, "old").await.unwrap().is_empty() {
        sleep(Duration::from_millis(20)).await;
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let newer: StateMachine =
        r#"{ "StartAt": "New", "States": { "New": { "Type": "Pass", "Result": "new", "End": true } } }"#
            .parse()
            .unwrap();
    let worker = RestateWorker::new(Interpreter::new()).machine(NAP, &newer);
    let serving = tokio::spawn(worker.serve(listener, std::future::pending()));
    until_served(client, &url).await;
    client.start(NAP, "new", &json!({})).await.unwrap();
    assert_eq!(client.outcome(NAP, "new").await.unwrap().output(), Some(&json!("new")));
    assert_eq!(
        client.outcome(NAP, "old").await.unwrap().output(),
        Some(&json!({ "seconds": 2 }))
    );
    serving.abort();
}

async fn what_does_not_run_is_refused() {
    let task = |resource: &str| {
        let definition =
            json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": resource, "End": true } } });
        definition.to_string()
    };
    let refused: [(String, &str); 2] = [
        (
            task("arn:aws:states:::sqs:sendMessage.waitForTaskToken"),
            "give the worker a client",
        ),
        (task("arn:aws:states:::ecs:runTask.sync"), "give the worker a client"),
    ];
    for (definition, why) in refused {
        let machine: StateMachine = definition.parse().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let worker = RestateWorker::new(Interpreter::new()).machine("M", &machine);
        let error = worker.serve(listener, std::future::pending()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Misconfigured);
        assert!(error.to_string().contains(why), "{error}");
    }
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let charge = "arn:aws:lambda:us-east-1:123456789012:function:Charge";
    let worker = RestateWorker::new(Interpreter::new()).resource(charge);
    let error = worker.serve(listener, std::future::pending()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingHandler, "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let worker = RestateWorker::new(machine::with_others(Interpreter::new(), |_| {}))
        .resource("arn:aws:states:::codebuild:startBuild.sync");
    let error = worker.serve(listener, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("give the worker a client"), "{error}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let worker = RestateWorker::new(Interpreter::new()).resource(machine::OVEN);
    let error = worker.serve(listener, std::future::pending()).await.unwrap_err();
    assert!(error.to_string().contains("go to those who ask"), "{error}");

    for (names, kind) in [
        (["M", "M"], ErrorKind::Misconfigured),
        (["M", "a name?"], ErrorKind::InvalidName),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let worker = names
            .into_iter()
            .fold(RestateWorker::new(Interpreter::new()), |worker, name| {
                worker.machine(name, &machine::nap())
            });
        let error = worker.serve(listener, std::future::pending()).await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
    }
}

/// The tasks of one execution, done by two workers: one runs it, the other has the handler.
async fn shared_out(client: &RestateClient) {
    let function = "arn:aws:lambda:us-east-1:123456789012:function:Elsewhere";
    let definition =
        json!({ "StartAt": "T", "States": { "T": { "Type": "Task", "Resource": function, "End": true } } });
    let machine: StateMachine = definition.to_string().parse().unwrap();
    let there = Interpreter::new().function("Elsewhere", |input: Value| async move { Ok(json!({ "done": input })) });
    // Names of the longest and oddest kind.
    let name = "é".repeat(80);
    let workers = [
        RestateWorker::new(Interpreter::new()).machine(&*name, &machine),
        RestateWorker::new(there).resource(function),
    ];
    let mut serving = Vec::new();
    for worker in workers {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        serving.push(tokio::spawn(worker.serve(listener, std::future::pending())));
        until_served(client, &url).await;
    }
    client.start(&name, "Zoë.1+(2)=3!@'", &json!(7)).await.unwrap();
    assert_eq!(
        client.outcome(&name, "Zoë.1+(2)=3!@'").await.unwrap().output(),
        Some(&json!({ "done": 7 }))
    );
    for worker in serving {
        worker.abort();
    }
}
