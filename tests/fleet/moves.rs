//! Executions that begin in a store, whose process is killed, and that go on over a cluster.

use asl_engine::durable::{Move, Moved, RestateClient};
use asl_engine::execution::MapRunStatus;
use asl_engine::history::HistoryEvent;
use asl_engine::runtime::StartRequest;
use asl_engine::store::testing::FaultyStore;
use asl_engine::store::{End, ExecutionStore, Filter, MemoryStore, SqliteStore, StoreErrorKind, verify};
use asl_engine::{ErrorKind, Interpreter};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tokio::time::sleep;

use crate::compare::untimed;
use crate::machine::note;
use crate::machine::{self, NAP};
use crate::moved_api;
use crate::moving::{self, CHILDREN, IN_FLIGHT, NOTED, STANDS, execution_arn};
use crate::process::Process;
use crate::setup::Setup;

const STORE: &str = "ASL_FLEET_STORE";
const CLUSTER: &str = "ASL_FLEET_CLUSTER";
const NOTES: &str = "ASL_FLEET_NOTES";

/// What a process of this program is, if it has a store: it runs executions, or moves them to a cluster.
pub(crate) fn has_played() -> bool {
    let Some(store) = std::env::var_os(STORE) else {
        return false;
    };
    let notes = std::env::var_os(NOTES).unwrap();
    match std::env::var(CLUSTER) {
        Ok(urls) => carry(store.as_ref(), notes.as_ref(), &urls),
        Err(_) => begin(store.as_ref(), notes.as_ref()),
    }
    true
}

/// Begins all executions, of which none ends here.
#[tokio::main]
async fn begin(store: &Path, notes: &Path) {
    let notes = notes.to_owned();
    let tell = move |line: &str| note(&notes, line);
    let interpreter = moving::with_steps(moving::with_machines(Interpreter::new()), tell.clone(), false);
    let interpreter = interpreter.store(SqliteStore::open(store).unwrap());
    moving::start_all(&interpreter).await;
    let request = StartRequest::default().name("taken").state_machine_name(NAP);
    let day = json!({ "seconds": 86_400 });
    interpreter.start_with(&machine::nap(), day, request).unwrap();
    tell(&format!("token Kneading {}", moving::take_one(&interpreter).await));
    std::future::pending::<()>().await;
}

/// Moves executions, and notes each.
#[tokio::main]
async fn carry(store: &Path, notes: &Path, urls: &str) {
    let (ingress, admin) = urls.split_once(' ').unwrap();
    let store = SqliteStore::open(store).unwrap();
    let moving = Move::new(&store, RestateClient::new(ingress, admin));
    moving.run(|moved| note(notes, &moved.name)).await.unwrap();
}

/// An interpreter that leaves all tasks to others.
fn idle() -> Interpreter {
    moving::with_steps(moving::with_machines(Interpreter::new()), |_: &str| (), false)
}

fn process(store: &Path, notes: &Path, cluster: Option<String>) -> Process {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(STORE, store).env(NOTES, notes);
    if let Some(urls) = cluster {
        command.env(CLUSTER, urls);
    }
    let mut process = Process::default();
    process.start(&mut command);
    process
}

#[tokio::main]
pub(crate) async fn run(program: &Path) {
    let mut setup = Setup::start(program, "moves", 1).await;
    let path = setup.folder.join("executions.db");
    let begun = setup.folder.join("begun");
    let mut first = process(&path, &begun, None);
    until_each_stands_where_it_should(&path, &begun).await;
    first.kill();
    let client = setup.client.clone();
    client.start(NAP, "taken", &json!({ "seconds": 1 })).await.unwrap();

    a_rehearsal_changes_nothing(&path, &client).await;
    another_cluster_is_not_meant(&path, &client).await;
    movers_die(&setup, &path).await;
    let moved = movement(&SqliteStore::open(&path).unwrap(), &client).await.unwrap();
    let stays = stays(&moved);
    assert_eq!(stays.len(), 2, "{moved:#?}");
    assert_eq!(
        stays[&*execution_arn("Spread", "one")],
        "a Map Run runs in it, and ends where it began"
    );
    assert_eq!(
        stays[&*execution_arn(NAP, "taken")],
        "the cluster has an execution of this name"
    );
    // Once more: what stays stays, and nothing else is there.
    let again = movement(&SqliteStore::open(&path).unwrap(), &client).await.unwrap();
    assert_eq!(
        again,
        moved
            .into_iter()
            .filter(|moved| moved.result.is_err())
            .collect::<Vec<_>>()
    );
    the_store_says_where_they_are(&path).await;

    all_end_as_on_one_machine(&mut setup, &begun).await;
    an_end_that_was_not_told_is_told(&client).await;
    moved_api::run(&setup).await;
    setup.end();
}

async fn movement(store: &dyn ExecutionStore, client: &RestateClient) -> Result<Vec<Moved>, asl_engine::Error> {
    let mut all = Vec::new();
    Move::new(store, client.clone()).run(|moved| all.push(moved)).await?;
    Ok(all)
}

/// The reasons of those that stay.
fn stays(moved: &[Moved]) -> BTreeMap<&str, &str> {
    let stays = moved
        .iter()
        .filter_map(|moved| Some((&*moved.arn, &**moved.result.as_ref().err()?)));
    stays.collect()
}

fn statuses(store: &dyn ExecutionStore) -> BTreeMap<String, String> {
    let executions = store.executions(&Filter::default(), 1_000).unwrap();
    let status = |end: Option<End>| end.map_or_else(|| "RUNNING".to_owned(), |end| end.status);
    executions
        .into_iter()
        .map(|execution| (execution.start.arn, status(execution.end)))
        .collect()
}

/// Waits until each execution stands where it gets in the store, and its handlers have noted what they were asked.
async fn until_each_stands_where_it_should(path: &Path, notes: &Path) {
    let count = |machine: &str, event: &str| {
        let store = SqliteStore::open_read_only(path).ok()?;
        let number = store.execution(&execution_arn(machine, "one")).ok()??.start.number;
        let history = store.history(number, 0, 1_000).ok()?;
        Some(history.iter().filter(|record| record.event_type == event).count())
    };
    for (machine, event, wanted) in STANDS {
        while count(machine, event) != Some(wanted) {
            sleep(Duration::from_millis(20)).await;
        }
    }
    while fs::read_to_string(notes).unwrap_or_default().lines().count() < NOTED {
        sleep(Duration::from_millis(20)).await;
    }
}

async fn a_rehearsal_changes_nothing(path: &Path, client: &RestateClient) {
    let store = SqliteStore::open(path).unwrap();
    let before = statuses(&store);
    let mut all = Vec::new();
    let rehearsal = Move::new(&store, client.clone()).rehearsal();
    rehearsal.run(|moved| all.push(moved)).await.unwrap();
    assert_eq!(statuses(&store), before);
    assert_eq!(stays(&all).len(), 2, "{all:#?}");
    let mut only = Vec::new();
    let parent = Move::new(&store, client.clone())
        .rehearsal()
        .only([execution_arn("Nesting", "one")]);
    parent.run(|moved| only.push(moved.arn)).await.unwrap();
    let nest = execution_arn("Nesting", "one");
    assert_eq!(only.last(), Some(&nest), "the parent is behind its children: {only:?}");
    assert_eq!(only.len(), 3, "{only:?}");
}

/// Those that are on their way to a cluster are not sent to another one.
async fn another_cluster_is_not_meant(path: &Path, client: &RestateClient) {
    let store = FaultyStore::new(SqliteStore::open(path).unwrap());
    store.crash_after(1);
    movement(&store, client).await.unwrap_err();
    drop(store);
    let store = SqliteStore::open(path).unwrap();
    let moving = statuses(&store);
    assert!(moving.values().any(|status| status == End::MOVING), "{moving:?}");
    let other = RestateClient::new("http://127.0.0.1:1", "http://127.0.0.1:1");
    let refused = movement(&store, &other).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Store, "{refused}");
    assert!(
        refused.to_string().contains("are on their way to the cluster at"),
        "{refused}"
    );
    // A store that goes on leaves them alone.
    drop(store);
    let interpreter = idle();
    let interpreter = interpreter.store(SqliteStore::open(path).unwrap());
    let resumed = interpreter.resume().await.unwrap();
    assert_eq!((resumed.executions, resumed.waiting), (2, Vec::new()));
    interpreter.shutdown(Duration::ZERO).await;
}

/// At each write, and at any moment.
async fn movers_die(setup: &Setup, path: &Path) {
    let client = &setup.client;
    for commit in [1, 2] {
        let store = FaultyStore::new(SqliteStore::open(path).unwrap());
        store.crash_after(commit);
        movement(&store, client).await.unwrap_err();
    }
    let store = FaultyStore::new(SqliteStore::open(path).unwrap());
    store.fail_only(2, StoreErrorKind::Unavailable);
    movement(&store, client).await.unwrap_err();
    drop(store);
    let notes = setup.folder.join("carried");
    let node = &setup.cluster.nodes[0];
    let urls = format!("{} {}", node.ingress(), node.admin());
    let mut mover = process(path, &notes, Some(urls));
    while !notes.exists() {
        sleep(Duration::from_millis(1)).await;
    }
    mover.kill();
}

async fn the_store_says_where_they_are(path: &Path) {
    let store = SqliteStore::open(path).unwrap();
    for (machine, _, _) in STANDS {
        let arn = execution_arn(machine, "one");
        let known = store.execution(&arn).unwrap().unwrap();
        verify(&store, &arn).unwrap();
        let Some(end) = known.end else {
            assert_eq!(machine, "Spread");
            continue;
        };
        assert_eq!(end.status, End::MOVED, "{machine}");
        let outcome = end.outcome().unwrap_err().to_string();
        assert!(
            outcome.starts_with("the execution was moved to the cluster at http"),
            "{outcome}"
        );
    }
    let interpreter = idle().store(store);
    assert_eq!(interpreter.resume().await.unwrap().executions, 2);
    assert!(interpreter.execution(&execution_arn("Holding", "one")).is_none());
    interpreter.shutdown(Duration::ZERO).await;
}

async fn all_end_as_on_one_machine(setup: &mut Setup, begun: &Path) {
    let client = setup.client.clone();
    let begun = fs::read_to_string(begun).unwrap();
    let token = |of: &str| {
        let prefix = format!("token {of} ");
        begun
            .lines()
            .find_map(|line| line.strip_prefix(&*prefix))
            .unwrap()
            .to_owned()
    };
    client.send_task_heartbeat(&token("Signing")).await.unwrap();
    client
        .send_task_success(&token("Signing"), json!("signed"))
        .await
        .unwrap();
    let late = client
        .send_task_success(&token("Signing"), json!("again"))
        .await
        .unwrap_err();
    assert_eq!(late.kind(), ErrorKind::TaskTimedOut, "{late}");
    while !has_submitted(&client.history("Posting", "one").await.unwrap()) {
        sleep(Duration::from_millis(20)).await;
    }
    client
        .send_task_success(&token("Posting"), json!("signed"))
        .await
        .unwrap();
    moving::bake(&client).await;
    // One of them had the task before.
    client
        .send_task_success(&token("Kneading"), json!("hot"))
        .await
        .unwrap();

    let here = moving::on_one_machine().await;
    for (machine, _, _) in STANDS {
        if machine == "Spread" {
            continue;
        }
        let outcome = client.outcome(machine, "one").await.unwrap();
        let history = client.history(machine, "one").await.unwrap();
        let (own_outcome, own_history) = &here[machine];
        assert_eq!(
            comparable(machine, &history),
            comparable(machine, own_history),
            "{machine}"
        );
        assert_eq!(outcome.status(), own_outcome.status(), "{machine}: {outcome:?}");
        times_are_those_of_the_definition(machine, &history);
    }
    attempts_are_the_same(&begun, &fs::read_to_string(&setup.effects).unwrap());
    what_is_told_is_whole(&client).await;
}

fn has_submitted(history: &[HistoryEvent]) -> bool {
    history.iter().any(|event| event.event_type() == "TaskSubmitted")
}

/// A history without its times, and without what is another text each time: the ARN of its Map Run, and tokens. Of those whose
/// branches run beside each other, also without the order of their events.
fn comparable(machine: &str, history: &[HistoryEvent]) -> Vec<Value> {
    let mut told = untimed(history);
    for event in told.iter_mut().filter_map(Value::as_object_mut) {
        event.retain(|member, _| member != "mapRunStartedEventDetails" && member != "taskScheduledEventDetails");
        if ["Mapping", "Nesting"].contains(&machine) {
            event.retain(|member, _| member != "id" && member != "previousEventId");
        }
    }
    if ["Mapping", "Nesting"].contains(&machine) {
        told.sort_by_key(Value::to_string);
    }
    told
}

/// Waits and timeouts end when they would have without a move.
fn times_are_those_of_the_definition(machine: &str, history: &[HistoryEvent]) {
    let (from, to, seconds) = match machine {
        "Resting" => ("WaitStateEntered", "WaitStateExited", 12),
        "Late" => ("LambdaFunctionScheduled", "LambdaFunctionTimedOut", 13),
        "Again" => ("LambdaFunctionFailed", "LambdaFunctionScheduled", 11),
        _ => return,
    };
    let begin = history.iter().position(|event| event.event_type() == from).unwrap();
    let end = history[begin..].iter().find(|event| event.event_type() == to).unwrap();
    let took = end.timestamp - history[begin].timestamp;
    assert_eq!(took.num_seconds(), seconds, "{machine}");
}

/// A task that was in flight is done once more, as the same attempt; no other is done twice.
fn attempts_are_the_same(begun: &str, moved: &str) {
    let attempts = |notes: &str| {
        let mut attempts: BTreeMap<String, usize> = BTreeMap::new();
        for line in notes.lines().filter_map(|line| line.strip_prefix("attempt ")) {
            *attempts.entry(line.to_owned()).or_default() += 1;
        }
        attempts
    };
    let (begun, moved) = (attempts(begun), attempts(moved));
    let of = |attempts: &BTreeMap<String, usize>, machine: &str| {
        let is_of = |attempt: &&String| attempt.contains(&format!(":execution:{machine}:"));
        attempts.keys().filter(is_of).cloned().collect::<Vec<_>>()
    };
    for (machine, in_flight) in IN_FLIGHT {
        let (before, after) = (of(&begun, machine), of(&moved, machine));
        assert_eq!(before.len(), in_flight, "{machine}: {before:?}");
        assert!(
            before.iter().all(|attempt| after.contains(attempt)),
            "{machine}: {before:?} {after:?}"
        );
    }
    let twice: Vec<_> = moved.iter().filter(|(_, count)| **count != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
}

async fn what_is_told_is_whole(client: &RestateClient) {
    let rest = client.execution("Resting", "one").await.unwrap().unwrap();
    let history = client.history("Resting", "one").await.unwrap();
    assert_eq!(rest.input, json!({ "of": "Resting", "items": [0, 1, 2] }));
    assert!(rest.start_time <= history[0].timestamp, "{rest:?}");
    let redriven = client.execution("Twice", "one").await.unwrap().unwrap();
    assert_eq!(redriven.redrive_count, 1);
    assert!(redriven.redrive_time.is_some());
    client.redrive("Twice", "one").await.unwrap();
    client.outcome("Twice", "one").await.unwrap();
    let redriven = client.execution("Twice", "one").await.unwrap().unwrap();
    assert_eq!(redriven.redrive_count, 2);
    // Its Map Run began after the move: its child executions are executions of their own.
    let [run] = &client.map_runs("Later", "one").await.unwrap()[..] else {
        panic!("there is another number of Map Runs");
    };
    assert_eq!(run.status, MapRunStatus::Succeeded);
    let children = client.child_executions(&run.map_run_arn).await.unwrap();
    assert_eq!(children.len(), CHILDREN);
}

/// The process ended after the end of a child execution was written, and before its parent knew.
async fn an_end_that_was_not_told_is_told(client: &RestateClient) {
    let whole = MemoryStore::new();
    let interpreter = moving::with_steps(moving::with_machines(Interpreter::new()), |_: &str| (), true);
    let interpreter = interpreter.store(whole.open().unwrap());
    let request = StartRequest::default().name("told").state_machine_name("Asking");
    let parent = interpreter.start_with(&moving::asking(), json!(7), request).unwrap();
    let outcome = parent.outcome().await;
    let history = parent.history();
    let is_between = |store: &MemoryStore| {
        let statuses = statuses(store);
        let is = |machine: &str, status: &str| statuses.iter().any(|(arn, is)| arn.contains(machine) && is == status);
        is(":Asking:", "RUNNING") && is(":Child:", "SUCCEEDED")
    };
    let mut stores = (0..=whole.commits()).map(|commits| whole.as_of(commits));
    let store = stores.find(is_between).unwrap();
    let moved = movement(&store, client).await.unwrap();
    assert_eq!((moved.len(), &moved[0].result), (1, &Ok(())));
    assert_eq!(client.outcome("Asking", "told").await.unwrap(), outcome);
    assert_eq!(
        untimed(&client.history("Asking", "told").await.unwrap()),
        untimed(&history)
    );
}

/// The interpreter of a process that ends by itself.
pub(crate) fn with_steps(interpreter: Interpreter, effects: &Path) -> Interpreter {
    let effects = effects.to_owned();
    moving::with_steps(interpreter, move |line: &str| note(&effects, line), true)
}
