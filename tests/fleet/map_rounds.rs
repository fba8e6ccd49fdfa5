//! Distributed Maps that run while something goes wrong.

use asl_engine::durable::RestateClient;
use asl_engine::history::HistoryEvent;
use asl_engine::{ErrorKind, Outcome};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{sleep, timeout};

use crate::maps::{NESTED, lines, on_one_machine};
use crate::round::{PATIENCE, Sum};

/// Lists whose items are child executions of child executions.
fn input() -> Value {
    json!([["dough", "tomato", "cheese"], ["box"], []])
}

fn name(map: usize) -> String {
    format!("map-{map}")
}

/// Starts Maps one after the other, each until the cluster has taken it.
pub(crate) async fn start_all(client: RestateClient, maps: usize, is_in_reach: bool) {
    for map in 0..maps {
        loop {
            match client.start(NESTED, &name(map), &input()).await {
                Ok(()) => break,
                Err(error) if is_in_reach => panic!("{} is not started: {error}", name(map)),
                // The only server had died after it had taken the start, and before it said so.
                Err(error) if error.kind() == ErrorKind::ExecutionAlreadyExists => break,
                Err(_) => sleep(Duration::from_millis(50)).await,
            }
        }
        sleep(Duration::from_millis(700)).await;
    }
}

/// Waits until all have ended, and compares them with the same on one machine.
pub(crate) async fn check_all(client: &RestateClient, maps: usize, sum: &mut Sum) {
    let (outcome, history, _) = on_one_machine(NESTED, input()).await;
    for map in 0..maps {
        sum.executions += 1;
        let Ok(found) = timeout(PATIENCE, ended(client, &name(map))).await else {
            sum.lost += 1;
            sum.problems.push(format!("{} has not ended", name(map)));
            continue;
        };
        if found.outcome != outcome {
            sum.problems.push(format!("{} ended {:?}", name(map), found.outcome));
        }
        let (found_lines, known) = (lines(&found.history), lines(&history));
        if found_lines != known {
            sum.problems.push(format!(
                "the history of {}: {found_lines:#?}, not {known:#?}",
                name(map)
            ));
        }
        if let Err(problem) = check_children(found.children) {
            sum.problems.push(format!("{problem} in {}", name(map)));
        }
    }
}

struct Ended {
    outcome: Outcome,
    history: Vec<HistoryEvent>,
    /// Those of its Map Run: their inputs and histories.
    children: Vec<(Value, Vec<HistoryEvent>)>,
}

/// Each list is one child execution, which is done once.
fn check_children(mut children: Vec<(Value, Vec<HistoryEvent>)>) -> Result<(), String> {
    let types = [
        "ExecutionStarted",
        "MapStateEntered",
        "MapRunStarted",
        "MapRunSucceeded",
        "MapStateExited",
        "ExecutionSucceeded",
    ];
    for (_, history) in &children {
        let found: Vec<_> = history.iter().map(HistoryEvent::event_type).collect();
        // A Map without items has a Map Run, too.
        if found[..2] != types[..2] || found[found.len() - 2..] != types[4..] {
            return Err(format!("a child execution has {found:?}"));
        }
    }
    children.sort_by_key(|(input, _)| input.to_string());
    let found: Vec<_> = children.into_iter().map(|(input, _)| input).collect();
    let mut known = input().as_array().unwrap().clone();
    known.sort_by_key(Value::to_string);
    if found == known {
        Ok(())
    } else {
        Err(format!("child executions of {found:?}"))
    }
}

async fn ended(client: &RestateClient, name: &str) -> Ended {
    loop {
        if let Ok(ended) = read(client, name).await {
            return ended;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn read(client: &RestateClient, name: &str) -> Result<Ended, asl_engine::Error> {
    let outcome = client.outcome(NESTED, name).await?;
    let history = client.history(NESTED, name).await?;
    let mut children = Vec::new();
    for run in client.map_runs(NESTED, name).await? {
        for child in client.child_executions(&run.map_run_arn).await? {
            let known = client.child_execution(&child).await?.unwrap();
            children.push((known.input, client.child_history(&child).await?));
        }
    }
    Ok(Ended {
        outcome,
        history,
        children,
    })
}
