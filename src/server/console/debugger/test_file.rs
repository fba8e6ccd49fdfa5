//! A run as a file for `asl test`.

use axum::extract::{Request, State};
use axum::response::Response;
use chrono::SecondsFormat;
use indexmap::IndexMap;
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::Arc;

use super::super::{Answer, Console, Refused, answered, apart, body};
use super::run_json::STUCK;
use super::session::Session;
use crate::definition::WorkflowType;
use crate::loading::template::Format;
use crate::simulation::{Call, Run};
use crate::test_file::{Suite, TestFile, Verdict, json, key};

pub(in crate::server::console) async fn test_file(State(console): State<Arc<Console>>, request: Request) -> Response {
    let made = async {
        let request = body(request).await?;
        let name = request
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or("what happened")
            .to_owned();
        if request.contains_key("executionArn") {
            let session = Session::of_execution(&console, &request).await?;
            return apart(move || made(&session, &name)).await;
        }
        apart(move || match Session::of_definition(&request)? {
            Ok(session) => made(&session, &name),
            Err(_) => Err(Refused::validation("the definition has errors")),
        })
        .await
    };
    answered(made.await)
}

fn made(session: &Session, name: &str) -> Answer {
    let ran = session.run()?;
    if let Some(call) = ran.run.calls().iter().find(|call| call.is_unknown()) {
        let message = format!("a call of `{}` has no answer yet: give it one first", call.state);
        return Err(Refused::new("NoTest", message));
    }
    if ran.run.error_name() == Some(STUCK) {
        return Err(Refused::new("NoTest", "the run waits for an answer that never comes"));
    }
    let stem: String = session
        .name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let definition_file = format!("{stem}.asl.json");
    let mut problem = String::new();
    // Times only where it is not the same without.
    for with_times in [false, true] {
        let text = text(session, &ran.run, name, &definition_file, with_times);
        match check(session, &text) {
            Ok(()) => {
                return Ok(serde_json::json!({
                    "fileName": format!("{stem}.asl-test.yaml"),
                    "text": text,
                    "definitionFileName": definition_file,
                    "definition": session.definition,
                }));
            }
            Err(found) => problem = found,
        }
    }
    Err(Refused::new(
        "NoTest",
        format!("this run cannot be told as a test: {problem}"),
    ))
}

/// Runs the file. Errors with what is not as it says.
fn check(session: &Session, text: &str) -> Result<(), String> {
    let file = TestFile::parse(text, Format::Yaml).map_err(|error| error.to_string())?;
    let results = Suite::of_machine(file, &session.machine).run_all();
    let problem = results.into_iter().find_map(|result| match result.verdict {
        Verdict::Passed => None,
        Verdict::Failed(found) => found
            .first()
            .map(|found| format!("{:?} is {}, not {}", found.what, found.actual, found.expected)),
        Verdict::Broken(problem) => Some(problem),
    });
    problem.map_or(Ok(()), Err)
}

/// The text of a file with one case: what happened in a run.
fn text(session: &Session, run: &Run, name: &str, machine: &str, with_times: bool) -> String {
    let mut text = String::from("# Written by the console. Give the case a name that tells what it is about.\n");
    let mut line = |indent: usize, name: &str, value: &str| {
        // Writing to a `String` cannot fail.
        let _ = writeln!(
            text,
            "{:indent$}{name}{}{value}",
            "",
            if value.is_empty() { "" } else { " " }
        );
    };
    line(0, "machine:", &json(&machine.into()));
    if session.machine.workflow_type == WorkflowType::Express {
        line(0, "type:", "EXPRESS");
    }
    line(0, "cases:", "");
    line(2, "- name:", &json(&name.into()));
    line(4, "input:", &json(run.input()));
    if let Some(started) = run.history().first().filter(|_| with_times) {
        let time = started.timestamp.to_rfc3339_opts(SecondsFormat::Millis, true);
        line(4, "startsAt:", &json(&time.into()));
    }
    let calls = calls(run);
    if !calls.is_empty() {
        line(4, "tasks:", "");
    }
    let answer = |call: &Call| {
        let mut told = call
            .answer
            .as_ref()
            .map(|answer| answer.to_json(call.asked))
            .unwrap_or_default();
        if let Some(told) = told.as_object_mut().filter(|_| !with_times) {
            told.remove("after");
        }
        json(&told)
    };
    for (state, calls) in calls {
        line(6, &format!("{}:", key(state)), "");
        if !calls.iter().all(|call| call.iterations.len() == 1) {
            for call in calls {
                line(8, "-", &answer(call));
            }
            continue;
        }
        line(8, "items:", "");
        let mut items: IndexMap<usize, Vec<String>> = IndexMap::new();
        for call in calls {
            items
                .entry(call.item().unwrap_or_default())
                .or_default()
                .push(answer(call));
        }
        for (item, answers) in items {
            line(10, &format!("\"{item}\":"), &format!("[{}]", answers.join(", ")));
        }
    }
    line(4, "expect:", "");
    match (run.outcome().status(), run.output()) {
        ("SUCCEEDED", Some(output)) => line(6, "output:", &json(output)),
        (status, _) => {
            line(6, "status:", status);
            if let Some(error) = run.error_name() {
                line(6, "error:", &json(&error.into()));
            }
        }
    }
    line(6, "path:", &json(&run.path().into()));
    text
}

/// The answered calls of each state, in their order.
fn calls(run: &Run) -> IndexMap<&str, Vec<&Call>> {
    let mut calls: IndexMap<&str, Vec<&Call>> = IndexMap::new();
    for call in run.calls().iter().filter(|call| call.answer.is_some()) {
        calls.entry(&call.state).or_default().push(call);
    }
    calls
}
