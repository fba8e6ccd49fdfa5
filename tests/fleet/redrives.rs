//! Executions that go on after their ends.

use asl_engine::durable::RestateClient;
use asl_engine::history::ErrorOutput;
use asl_engine::runtime::StartRequest;
use asl_engine::{ErrorKind, Interpreter, Outcome, StateMachine, TaskError};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::machine::{self, NAP};
use crate::redriven_maps;
use crate::setup::Setup;

pub(crate) const MEND: &str = "Mend";
const LADEN: &str = "Laden";

/// So many iterations of an inline Map run at once.
const AT_ONCE: usize = 25;

/// The file that says that all is well.
pub(crate) fn mended(effects: &Path) -> PathBuf {
    effects.with_file_name("mended")
}

/// Fails until it is mended, then rests for a second.
fn mend() -> StateMachine {
    let function = |name: &str| format!("arn:aws:lambda:us-east-1:123456789012:function:{name}");
    let definition = json!({ "StartAt": "Charge", "States": {
        "Charge": { "Type": "Task", "Resource": function("Charge"), "ResultPath": "$.receipt", "Next": "Both" },
        "Both": { "Type": "Parallel", "ResultPath": "$.both", "Next": "Rest", "Branches": [
            { "StartAt": "Keep", "States": { "Keep": { "Type": "Pass", "Result": "kept", "End": true } } },
            { "StartAt": "Fix", "States": { "Fix": { "Type": "Task", "Resource": function("Fix"), "End": true } } }
        ] },
        "Rest": { "Type": "Wait", "Seconds": 1, "End": true }
    } });
    definition.to_string().parse().unwrap()
}

/// Iterations that wait for a day with more data than is read at once.
fn laden() -> StateMachine {
    let definition = json!({ "StartAt": "Each", "States": { "Each": {
        "Type": "Map", "ItemsPath": "$.items", "ItemSelector": { "text.$": "$.text" }, "End": true,
        "ItemProcessor": { "StartAt": "W", "States": { "W": { "Type": "Wait", "Seconds": 86_400, "End": true } } }
    } } });
    definition.to_string().parse().unwrap()
}

pub(crate) fn machines() -> [(&'static str, StateMachine); 2] {
    [(MEND, mend()), (LADEN, laden())]
}

pub(crate) fn with_fix(interpreter: Interpreter, effects: &Path) -> Interpreter {
    let mended = mended(effects);
    interpreter.function("Fix", move |_: Value| {
        let is_mended = mended.exists();
        async move {
            if is_mended {
                Ok(json!("fixed"))
            } else {
                Err(TaskError::new("Broken", "the oven"))
            }
        }
    })
}

#[tokio::main(flavor = "current_thread")]
pub(crate) async fn run(program: &Path) {
    let mut setup = Setup::start(program, "redrives", 1).await;
    what_cannot_be_redriven_says_why(&setup.client).await;
    a_redrive_is_as_on_one_machine(&mut setup).await;
    one_of_two_redrives_is_refused(&setup.client).await;
    a_redriven_wait_is_stopped(&setup.client).await;
    much_may_be_left(&mut setup).await;
    redriven_maps::run(&mut setup).await;
    setup.end();
}

fn name_of(outcome: &Outcome) -> Option<&str> {
    outcome.error().and_then(|error| error.error.as_deref())
}

async fn what_cannot_be_redriven_says_why(client: &RestateClient) {
    let unknown = client.redrive(NAP, "nobody").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Cluster, "{unknown}");
    for (name, seconds, status) in [("done", 0, "SUCCEEDED"), ("running", 86_400, "RUNNING")] {
        client.start(NAP, name, &json!({ "seconds": seconds })).await.unwrap();
        while client.history(NAP, name).await.unwrap().is_empty() {
            sleep(Duration::from_millis(20)).await;
        }
        if seconds == 0 {
            client.outcome(NAP, name).await.unwrap();
        }
        let refused = client.redrive(NAP, name).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::NotRedrivable, "{refused}");
        assert_eq!(
            refused.to_string(),
            format!("Execution is {status} and cannot be redriven")
        );
    }
}

/// The worker dies between, and while the execution is redriven.
async fn a_redrive_is_as_on_one_machine(setup: &mut Setup) {
    let client = setup.client.clone();
    let input = json!({ "order": 2 });
    let folder = setup.folder.join("here");
    fs::create_dir_all(&folder).unwrap();
    let effects = folder.join("effects");
    let interpreter = with_fix(machine::interpreter(|_| (), Duration::ZERO), &effects);
    let request = StartRequest::default().name("one").state_machine_name(MEND);
    let here = interpreter.start_with(&mend(), input.clone(), request).unwrap();
    here.outcome().await;
    here.redrive().unwrap();
    here.outcome().await;
    fs::write(mended(&effects), "").unwrap();
    here.redrive().unwrap();

    client.start(MEND, "one", &input).await.unwrap();
    let broken = client.outcome(MEND, "one").await.unwrap();
    assert_eq!(name_of(&broken), Some("Broken"), "{broken:?}");
    let first = client.redrive(MEND, "one").await.unwrap();
    assert_eq!(client.outcome(MEND, "one").await.unwrap(), broken);
    let known = client.execution(MEND, "one").await.unwrap().unwrap();
    assert_eq!((known.redrive_count, known.redrive_time), (1, Some(first)));

    fs::write(mended(&setup.effects), "").unwrap();
    setup.worker.kill();
    let redriving = tokio::spawn({
        let client = client.clone();
        async move { client.redrive(MEND, "one").await }
    });
    sleep(Duration::from_millis(300)).await;
    setup.worker.start();
    let second = redriving.await.unwrap().unwrap();
    let known = client.execution(MEND, "one").await.unwrap().unwrap();
    assert_eq!(known.end, None);
    setup.worker.kill();
    setup.worker.start();
    assert_eq!(client.outcome(MEND, "one").await.unwrap(), here.outcome().await);
    let history = client.history(MEND, "one").await.unwrap();
    assert_eq!(untimed(&history), untimed(&here.history()));
    let known = client.execution(MEND, "one").await.unwrap().unwrap();
    assert_eq!((known.redrive_count, known.redrive_time), (2, Some(second)));
    let refused = client.redrive(MEND, "one").await.unwrap_err();
    assert_eq!(refused.to_string(), "Execution is SUCCEEDED and cannot be redriven");
    let told = fs::read_to_string(&setup.effects).unwrap();
    let charges = told
        .lines()
        .filter(|line| line.contains(":Mend:one#") && line.ends_with(" Charge"));
    assert_eq!(charges.count(), 1, "{told}");
    fs::remove_file(mended(&setup.effects)).unwrap();
}

async fn one_of_two_redrives_is_refused(client: &RestateClient) {
    let hold = json!({ "seconds": 86_400 });
    client.start(NAP, "raced", &hold).await.unwrap();
    client.stop(NAP, "raced", ErrorOutput::default()).await.unwrap();
    client.outcome(NAP, "raced").await.unwrap();
    let (one, two) = tokio::join!(client.redrive(NAP, "raced"), client.redrive(NAP, "raced"));
    let (done, refused) = if one.is_ok() { (one, two) } else { (two, one) };
    done.unwrap();
    assert_eq!(
        refused.unwrap_err().to_string(),
        "Execution is RUNNING and cannot be redriven"
    );
}

async fn a_redriven_wait_is_stopped(client: &RestateClient) {
    let input = json!({ "seconds": 86_400 });
    let interpreter = Interpreter::new();
    let request = StartRequest::default().name("again").state_machine_name(NAP);
    let here = interpreter.start_with(&machine::nap(), &input, request).unwrap();
    client.start(NAP, "again", &input).await.unwrap();
    for stop in 0..3 {
        if stop > 0 {
            client.redrive(NAP, "again").await.unwrap();
            here.redrive().unwrap();
        }
        while client.history(NAP, "again").await.unwrap().len() < here.history().len() {
            sleep(Duration::from_millis(20)).await;
        }
        client.stop(NAP, "again", ErrorOutput::default()).await.unwrap();
        here.stop(None, None);
        let aborted = Outcome::Aborted(ErrorOutput::default());
        assert_eq!(client.outcome(NAP, "again").await.unwrap(), aborted);
    }
    let history = client.history(NAP, "again").await.unwrap();
    assert_eq!(untimed(&history), untimed(&here.history()));
}

/// More than is read at once.
async fn much_may_be_left(setup: &mut Setup) {
    let client = setup.client.clone();
    let input = json!({ "text": "x".repeat(200_000), "items": vec![0; AT_ONCE] });
    client.start(LADEN, "one", &input).await.unwrap();
    let mut entered = 0;
    for round in 0..2 {
        while entered < AT_ONCE * (round + 1) {
            sleep(Duration::from_millis(100)).await;
            let history = client.history(LADEN, "one").await.unwrap();
            let waits = history.iter().filter(|event| event.event_type() == "WaitStateEntered");
            entered = waits.count();
        }
        client.stop(LADEN, "one", ErrorOutput::default()).await.unwrap();
        let aborted = Outcome::Aborted(ErrorOutput::default());
        assert_eq!(client.outcome(LADEN, "one").await.unwrap(), aborted);
        if round == 0 {
            client.redrive(LADEN, "one").await.unwrap();
        }
    }
}
