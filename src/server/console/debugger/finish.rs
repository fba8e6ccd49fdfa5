//! What an edited definition would do with the executions that run: each is run again on it.

use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;

use super::super::checked::Checked;
use super::super::{Answer, Console, answered, apart, body, text};
use crate::data::StateMachineContext;
use crate::definition::StateMachine;
use crate::execution::Program;
use crate::history::HistoryEvent;
use crate::simulation::{Recording, Run, VisitEnd};

/// The most executions that are run again for one request.
const MOST: usize = 200;

pub(in crate::server::console) async fn finish(State(console): State<Arc<Console>>, request: Request) -> Response {
    let finished = async {
        let request = body(request).await?;
        let arn = text(&request, "stateMachineArn")?;
        let checked = Checked::read(&request)?;
        let diagnostics = checked.diagnostics();
        let Some(machine) = checked.machine else {
            return Ok(json!({ "diagnostics": diagnostics, "executions": null, "isCut": false }));
        };
        console.finish(arn, machine, diagnostics).await
    };
    answered(finished.await)
}

impl Console {
    async fn finish(&self, arn: &str, machine: StateMachine, diagnostics: Vec<Value>) -> Answer {
        let list = json!({ "stateMachineArn": arn, "statusFilter": "RUNNING", "maxResults": MOST });
        let listed = self.api.call("ListExecutions", list).await?;
        let is_cut = listed.get("nextToken").is_some();
        let (region, account) = self.service().interpreter.place();
        let name = arn.rsplit(':').next().unwrap_or_default();
        let context = Arc::new(StateMachineContext::new(region, account, name));
        let machine = Arc::new(machine);
        let mut executions = Vec::new();
        for execution in listed.get("executions").and_then(Value::as_array).into_iter().flatten() {
            let told = |member: &str| {
                execution
                    .get(member)
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned()
            };
            let (arn, name) = (told("executionArn"), told("name"));
            let known = self.service().execution(&arn).await?;
            let began = Arc::clone(&self.service().revision_of(&known).await?.definition);
            let history = self.history(&arn).await?;
            let (machine, context) = (Arc::clone(&machine), Arc::clone(&context));
            executions.push(
                apart(move || {
                    let now = Recording::so_far(&history).and_then(|recording| {
                        recording.replay_as(began.program.machine(), &name, Arc::clone(&context))
                    });
                    let stands = match &now {
                        Ok(replay) => standing(&replay.run),
                        Err(_) => standing_by_history(&history),
                    };
                    let verdict = judge(&began.program, &machine, &history, &stands, (&name, context));
                    Ok(json!({
                        "executionArn": arn,
                        "name": name,
                        "states": stands,
                        "verdict": verdict.0,
                        "reason": verdict.1,
                    }))
                })
                .await?,
            );
        }
        Ok(json!({ "diagnostics": diagnostics, "executions": executions, "isCut": is_cut }))
    }
}

/// The states in which an execution is.
fn standing(run: &Run) -> BTreeSet<String> {
    let open = run
        .visits()
        .iter()
        .filter(|visit| visit.end == VisitEnd::Unfinished || visit.end == VisitEnd::Aborted);
    open.map(|visit| visit.state.to_string()).collect()
}

/// The same without a replay: entered, and neither exited nor followed by another.
fn standing_by_history(history: &[HistoryEvent]) -> BTreeSet<String> {
    let mut open = BTreeSet::new();
    for event in history {
        let told = event.to_json();
        let members = told.as_object().into_iter().flatten();
        let name = members
            .filter(|(name, _)| name.ends_with("EventDetails"))
            .find_map(|(_, details)| details.get("name"));
        let Some(name) = name.and_then(Value::as_str) else {
            continue;
        };
        if event.event_type().ends_with("StateEntered") {
            open.insert(name.to_owned());
        } else if event.event_type().ends_with("StateExited") {
            open.remove(name);
        }
    }
    open
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
        Ok(replay) => match replay.difference.filter(|difference| difference.recorded.is_some()) {
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
