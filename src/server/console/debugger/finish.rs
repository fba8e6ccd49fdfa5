//! What an edited definition would do with the executions that run: each is run again on it.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::checked::Checked;
use super::super::{Answer, Console, answered, apart, body, text};
use super::session::was_stopped;
use crate::data::StateMachineContext;
use crate::definition::StateMachine;
use crate::execution::Program;
use crate::history::{EventDetails, HistoryEvent};
use crate::server::with;
use crate::simulation::{Happened, Recording, Run};

/// The most executions that are run again for one request.
const MOST: usize = 200;

pub(in crate::server::console) async fn finish(State(console): State<Arc<Console>>, request: Request) -> Response {
    let finished = async {
        let request = body(request).await?;
        let arn = text(&request, "stateMachineArn")?.to_owned();
        let checked = apart(move || Checked::read(&request)).await?;
        let diagnostics = checked.diagnostics();
        let Some(machine) = checked.machine else {
            return Ok(json!({ "diagnostics": diagnostics, "executions": null, "isCut": false }));
        };
        console.finish(&arn, machine, diagnostics).await
    };
    answered(finished.await)
}

impl Console {
    async fn finish(&self, arn: &str, machine: StateMachine, diagnostics: Vec<Value>) -> Answer {
        let list = json!({ "stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": MOST });
        let listed = self.api.call("ListExecutions", list).await?;
        let is_cut = listed.get("nextToken").is_some();
        let machine = Arc::new(machine);
        let mut executions = Vec::new();
        for execution in listed.get("executions").and_then(Value::as_array).into_iter().flatten() {
            let told = |member: &str| execution.get(member).and_then(Value::as_str).unwrap_or_default();
            let (arn, name) = (told("executionArn"), told("name"));
            // One that cannot be looked at spoils no other.
            let judged = self.judged(arn, &machine).await.unwrap_or_else(|refused| {
                let reason = format!("it cannot be tried: {}", refused.message);
                json!({ "states": [], "verdict": "cannot", "reason": reason })
            });
            executions.push(with(with(judged, "name", name), "executionArn", arn));
        }
        Ok(json!({ "diagnostics": diagnostics, "executions": executions, "isCut": is_cut }))
    }

    /// Where an execution stands, and what becomes of it with a definition.
    async fn judged(&self, arn: &str, machine: &Arc<StateMachine>) -> Answer {
        let service = self.service();
        let known = service.execution(arn).await?;
        let began = Arc::clone(&service.revision_of(&known).await?.definition);
        let facts = known.facts();
        let history = self.history(arn).await?;
        let (region, account) = service.interpreter.place();
        let machine_name = facts.state_machine_arn.rsplit(':').next().unwrap_or_default();
        let context = Arc::new(StateMachineContext::new(region, account, machine_name));
        let (machine, name) = (Arc::clone(machine), facts.name);
        apart(move || {
            let now = Recording::so_far(&history)
                .and_then(|recording| recording.replay_as(began.program.machine(), &name, Arc::clone(&context)));
            let stands = match &now {
                Ok(replay) => standing(&replay.run),
                Err(_) => standing_by_history(&began.program, &history),
            };
            let (verdict, reason) = judge(&began.program, &machine, &history, &stands, (&name, context));
            Ok(json!({ "states": stands, "verdict": verdict, "reason": reason }))
        })
        .await
    }
}

/// The states in which an execution is, which was stopped there.
fn standing(run: &Run) -> BTreeSet<String> {
    let before = run
        .moments()
        .iter()
        .rev()
        .find(|moment| moment.happened != Happened::Stopped);
    let visits = before.into_iter().flat_map(|moment| &moment.running);
    let visits = visits.filter_map(|visit| run.visits().get(*visit));
    visits.map(|visit| visit.state.to_string()).collect()
}

/// The same without a replay: entered and not exited, and not inside of what was.
fn standing_by_history(program: &Program, history: &[HistoryEvent]) -> BTreeSet<String> {
    let pointer = |state: &str| {
        let mut nodes = program.nodes().map(|(_, node)| node);
        nodes
            .find(|node| *node.name == *state)
            .map(|node| Arc::clone(&node.pointer))
    };
    let mut open: BTreeMap<String, usize> = BTreeMap::new();
    for event in history {
        match &event.details {
            EventDetails::StateEntered { name, .. } => *open.entry(name.to_string()).or_default() += 1,
            EventDetails::StateExited { name, .. } => {
                if let Some(count) = open.get_mut(&**name) {
                    *count = count.saturating_sub(1);
                }
                if let Some(around) = pointer(name) {
                    let is_inside = |state: &String| {
                        pointer(state).is_some_and(|inner| {
                            inner
                                .strip_prefix(&*around)
                                .is_some_and(|rest| !rest.is_empty() && rest.starts_with('/'))
                        })
                    };
                    open.retain(|state, _| !is_inside(state));
                }
            }
            _ => {}
        }
    }
    open.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, _)| state)
        .collect()
}

/// Whether an execution would go on with a definition, and why not.
fn judge(
    began: &Program,
    machine: &StateMachine,
    history: &[HistoryEvent],
    stands: &BTreeSet<String>,
    (name, context): (&str, Arc<StateMachineContext>),
) -> (&'static str, String) {
    let edited = Program::compile(machine);
    for state in stands {
        let find = |program: &Program| {
            let mut nodes = program.nodes().map(|(_, node)| node);
            let node = nodes.find(|node| *node.name == **state)?;
            let resource = program
                .resources()
                .find(|(of, _)| of == state)
                .map(|(_, resource)| resource.arn().to_owned());
            Some((node.state.state_type(), node.pointer.to_string(), resource))
        };
        let Some((kind, pointer, resource)) = find(&edited) else {
            return (
                "cannot",
                format!("it is in `{state}`, which the edited definition does not have"),
            );
        };
        let Some((old_kind, old_pointer, old_resource)) = find(began) else {
            continue;
        };
        if kind != old_kind {
            let (old_kind, kind) = (old_kind.as_str(), kind.as_str());
            return (
                "cannot",
                format!("it is in `{state}`, which was a {old_kind} and is a {kind} now"),
            );
        }
        if pointer != old_pointer {
            return (
                "cannot",
                format!("it is in `{state}`, which has moved from {old_pointer} to {pointer}"),
            );
        }
        if resource != old_resource {
            let (old, new) = (old_resource.unwrap_or_default(), resource.unwrap_or_default());
            return (
                "cannot",
                format!("it waits in `{state}` for {old}, and the edited definition asks {new}"),
            );
        }
    }
    let recording = Recording::so_far(history);
    match recording.and_then(|recording| recording.replay_as(machine, name, context)) {
        // Where the history ends, the replay was stopped, unless it ended before by itself.
        Ok(replay) => match replay
            .difference
            .filter(|difference| difference.recorded.is_some() || !was_stopped(&replay.run))
        {
            None => (
                "same",
                "it has taken the path that the edited definition takes, and goes on".to_owned(),
            ),
            Some(difference) => (
                "other",
                format!("it goes on from where it is; from the start it would take another path:\n{difference}"),
            ),
        },
        Err(error) => (
            "other",
            format!("it goes on from where it is; its path cannot be compared: {error}"),
        ),
    }
}
