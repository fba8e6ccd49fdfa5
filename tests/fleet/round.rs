//! Executions that are started while something goes wrong, and what has become of them.

use asl_engine::durable::RestateClient;
use asl_engine::history::HistoryEvent;
use asl_engine::runtime::Clock;
use asl_engine::{ErrorKind, Outcome};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fs;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::cluster::Cluster;
use crate::machine::{self, NAME};
use crate::map_rounds;
use crate::setup::Setup;

/// Longer than any execution may take, with all that dies meanwhile.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(crate) struct Sum {
    pub(crate) kills: usize,
    pub(crate) executions: usize,
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
    pub(crate) problems: Vec<String>,
}

impl AddAssign for Sum {
    fn add_assign(&mut self, other: Self) {
        self.kills += other.kills;
        self.executions += other.executions;
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.problems.extend(other.problems);
    }
}

/// Executions that run while something goes wrong.
pub(crate) struct Round {
    executions: usize,
    starts: JoinHandle<()>,
    map_starts: JoinHandle<()>,
    signs: JoinHandle<()>,
}

impl Round {
    /// Begins to start executions, and to answer their tokens. If the cluster is never out of reach, no call may fail.
    pub(crate) fn begin(setup: &Setup, executions: usize, is_in_reach: bool) -> Self {
        let client = &setup.client;
        Self {
            executions,
            starts: tokio::spawn(start_all(client.clone(), executions, is_in_reach)),
            map_starts: tokio::spawn(map_rounds::start_all(client.clone(), maps(executions), is_in_reach)),
            signs: tokio::spawn(sign_all(client.clone(), setup.effects.clone(), is_in_reach)),
        }
    }

    /// Waits until all have ended, and looks what has become of them after so many attempts may have been cut.
    pub(crate) async fn end(self, setup: &Setup, kills: usize) -> Sum {
        let mut sum = Sum {
            kills,
            executions: self.executions,
            ..Sum::default()
        };
        self.starts.await.unwrap();
        self.map_starts.await.unwrap();
        for order in 0..self.executions {
            assert!(!self.signs.is_finished(), "an answer was refused");
            if let Ok((outcome, history)) = timeout(PATIENCE, ended(&setup.client, order)).await {
                check(order, &outcome, &history, &mut sum).await;
            } else {
                sum.lost += 1;
                let unended = unended(&setup.cluster).await;
                sum.problems.push(format!("order-{order} has not ended, of {unended}"));
            }
        }
        map_rounds::check_all(&setup.client, maps(self.executions), &mut sum).await;
        self.signs.abort();
        let effects = fs::read_to_string(&setup.effects).unwrap();
        check_effects(&effects, &mut sum);
        sum
    }
}

/// So many distributed Maps run beside executions.
fn maps(executions: usize) -> usize {
    executions / 10
}

/// Waits until the server runs, and knows the worker at a URL.
pub(crate) async fn until_served(client: &RestateClient, worker: &str) {
    let registered = async {
        while let Err(error) = client.register(worker).await {
            assert_eq!(error.kind(), ErrorKind::Cluster);
            sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(PATIENCE, registered).await.unwrap();
}

/// Starts the orders one after the other, each until the cluster has taken it.
async fn start_all(client: RestateClient, executions: usize, is_in_reach: bool) {
    for order in 0..executions {
        loop {
            match client
                .start(NAME, &format!("order-{order}"), &machine::input(order))
                .await
            {
                Ok(()) => break,
                Err(error) if is_in_reach => panic!("order-{order} is not started: {error}"),
                // The only server had died after it had taken the start, and before it said so.
                Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => break,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Answers every token that a worker has handed out; one that was handed out twice is known already.
async fn sign_all(client: RestateClient, effects: PathBuf, is_in_reach: bool) {
    let mut signed = HashSet::new();
    loop {
        let told = fs::read_to_string(&effects).unwrap_or_default();
        let tokens = told.lines().filter_map(|line| line.strip_prefix("token "));
        for token in tokens {
            if signed.contains(token) {
                continue;
            }
            match client.send_task_success(token, json!("signed")).await {
                Ok(()) => drop(signed.insert(token.to_owned())),
                Err(error) if is_in_reach => panic!("{token} is not answered: {error}"),
                // The only server had died after it had taken the answer, and before it said so.
                Err(error) if error.kind() == ErrorKind::TaskTimedOut => drop(signed.insert(token.to_owned())),
                Err(error) => assert_eq!(error.kind(), ErrorKind::Cluster, "{error}"),
            }
        }
        sleep(Duration::from_millis(50)).await;
    }
}

async fn ended(client: &RestateClient, order: usize) -> (Outcome, Vec<HistoryEvent>) {
    let name = format!("order-{order}");
    loop {
        let outcome = client.outcome(NAME, &name).await;
        let history = client.history(NAME, &name).await;
        if let (Ok(outcome), Ok(history)) = (outcome, history) {
            return (outcome, history);
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// What the server has of all that has not ended.
async fn unended(cluster: &Cluster) -> String {
    let sql = "SELECT target, status, retry_count, last_failure FROM sys_invocation WHERE status <> 'completed'";
    cluster.administer("POST", "/query", &json!({ "query": sql })).await
}

/// Compares an execution with the same one on one machine.
async fn check(order: usize, outcome: &Outcome, history: &[HistoryEvent], sum: &mut Sum) {
    let (expected_outcome, expected) = on_one_machine(order).await;
    if *outcome != expected_outcome {
        sum.problems.push(format!("order-{order} ended {outcome:?}"));
    }
    let (found, expected) = (by_place(history), by_place(&expected));
    if found != expected {
        sum.problems
            .push(format!("the history of order-{order}: {found:#?}, not {expected:#?}"));
    }
    let ends = history
        .iter()
        .filter(|event| event.event_type() == "ExecutionSucceeded")
        .count();
    if ends > 1 {
        sum.doubled += 1;
        sum.problems.push(format!("order-{order} has ended {ends} times"));
    }
    if let Some(gap) = history.iter().zip(1..).find(|(event, id)| event.id != *id) {
        sum.problems
            .push(format!("the ids of order-{order} do not rise by one: {gap:?}"));
    }
}

/// How often each event happened in each state: branches run beside each other, so that their order is left to chance.
fn by_place(history: &[HistoryEvent]) -> Vec<(String, usize)> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for event in history {
        // An answer by the token may be there before its service's, which then goes nowhere.
        if event.event_type() == "TaskSubmitted" {
            continue;
        }
        let mut told = event.to_json();
        let place = told["stateEnteredEventDetails"]["name"].take();
        let exited = told["stateExitedEventDetails"].take();
        let (name, output): (&Value, &Value) = (&exited["name"], &exited["output"]);
        *counts
            .entry(format!("{} {place} {name} {output}", event.event_type()))
            .or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_unstable();
    counts
}

/// The same execution on one machine, in virtual time.
async fn on_one_machine(order: usize) -> (Outcome, Vec<HistoryEvent>) {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let tell = move |line: &str| drop(tell.send(line.to_owned()));
    let interpreter = machine::interpreter(tell.clone(), Duration::ZERO).clock(Clock::virtual_time());
    let interpreter = machine::with_others(interpreter, tell);
    let execution = interpreter.start(&machine::machine(), machine::input(order)).unwrap();
    while let Some(line) = told.recv().await {
        if let Some(token) = line.strip_prefix("token ") {
            // It counts once its handler has answered.
            sleep(Duration::from_millis(5)).await;
            interpreter.send_task_success(token, json!("signed")).unwrap();
            break;
        }
    }
    (execution.outcome().await, execution.history())
}

/// An attempt is done again only when a worker or the server died while it was done: no more often than there were kills.
fn check_effects(effects: &str, sum: &mut Sum) {
    let mut done: HashMap<&str, usize> = HashMap::new();
    for attempt in effects.lines() {
        *done.entry(attempt).or_default() += 1;
    }
    for (attempt, times) in done {
        if times > sum.kills + 1 {
            sum.problems.push(format!("{attempt} was done {times} times"));
        }
    }
}
