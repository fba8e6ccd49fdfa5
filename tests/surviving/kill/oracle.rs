//! Compares a store with what the processes had written down.

use asl_engine::store::{ExecutionStore, Filter, SqliteStore, verify};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::{Sum, bar};

/// What the processes of a round had written down.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    pub(crate) started: BTreeSet<String>,
    pub(crate) effects: BTreeSet<String>,
    pub(crate) answered: BTreeSet<String>,
}

impl Logs {
    pub(crate) fn read(folder: &Path) -> Self {
        let lines = |name| -> BTreeSet<String> {
            let text = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
            text.lines().map(str::to_owned).collect()
        };
        Self {
            started: lines("started"),
            effects: lines("effects"),
            answered: lines("answered"),
        }
    }
}

/// Everything that is wrong with a round, a sentence each.
pub(crate) fn check(folder: &Path, sum: &mut Sum) -> Vec<String> {
    let store = SqliteStore::open(folder.join("executions.db")).unwrap();
    compare(&store, &Logs::read(folder), bar::EXECUTIONS, sum)
}

/// Everything that is wrong with a store in which so many executions were started from outside, a sentence each.
pub(crate) fn compare(store: &dyn ExecutionStore, logs: &Logs, expected: usize, sum: &mut Sum) -> Vec<String> {
    let executions = store.executions(&Filter::default(), usize::MAX).unwrap();
    let mut problems = Vec::new();
    let mut by_arn: BTreeMap<&str, usize> = BTreeMap::new();
    for execution in &executions {
        *by_arn.entry(&execution.start.arn).or_default() += 1;
    }
    for (arn, times) in &by_arn {
        if *times > 1 {
            sum.doubled += 1;
            problems.push(format!("{arn} was started {times} times"));
        }
    }
    for arn in &logs.started {
        if !by_arn.contains_key(arn.as_str()) {
            sum.lost += 1;
            problems.push(format!("{arn} was acknowledged and is not there"));
        }
    }
    let begun = executions
        .iter()
        .filter(|execution| !execution.start.arn.contains(":Child:"));
    if begun.clone().count() != expected {
        problems.push(format!("{} executions instead of {expected}", begun.count()));
    }
    let mut answered = logs.answered.clone();
    let mut children = 0;
    for execution in &executions {
        let arn = &execution.start.arn;
        children += usize::from(arn.contains(":Child:"));
        if execution.end.is_none() {
            sum.lost += 1;
            problems.push(format!("{arn} did not end"));
            continue;
        }
        if let Err(error) = verify(store, arn) {
            problems.push(error.to_string());
        }
        let history = store.history(execution.start.number, 0, usize::MAX).unwrap();
        let is_end =
            |kind: &str| kind.starts_with("Execution") && kind != "ExecutionStarted" && kind != "ExecutionRedriven";
        let ends = history.iter().filter(|event| is_end(&event.event_type)).count();
        if ends != execution.redrive_count as usize + 1 {
            sum.doubled += 1;
            problems.push(format!(
                "{arn} ended {ends} times, and was redriven {} times",
                execution.redrive_count
            ));
        }
        for event in &history {
            let Some(output) = output(&event.details) else { continue };
            if let Some(attempt) = output.get("attempt").and_then(Value::as_str)
                && !logs.effects.contains(attempt)
            {
                problems.push(format!("{attempt} was answered by nobody"));
            }
            if let Some(token) = output.get("token").and_then(Value::as_str) {
                answered.remove(token);
            }
        }
    }
    for token in answered {
        sum.lost += 1;
        problems.push(format!("the answer to the token {token} was accepted and is not there"));
    }
    let parents = executions
        .iter()
        .filter(|execution| execution.start.arn.contains(":Parent:"))
        .count();
    if children != parents {
        sum.doubled += children.saturating_sub(parents);
        problems.push(format!("{parents} executions have started {children} others"));
    }
    sum.executions += executions.len();
    problems
}

/// The output in the details of an event.
fn output(details: &str) -> Option<Value> {
    let details: Value = serde_json::from_str(details).ok()?;
    serde_json::from_str(details.get("output")?.as_str()?).ok()
}
