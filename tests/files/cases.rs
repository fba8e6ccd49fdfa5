//! Every file under `tests/files/cases` is a test: a definition with its input and scripted tasks, and what must come out.
//!
//! ```json
//! {
//!   "comment": "what the case teaches",
//!   "definition": { },
//!   "input": { },
//!   "tasks": { "State": [{ "return": 1 }, { "error": "Busy", "cause": "try later", "after": 2.5 }, "never"] },
//!   "expect": {
//!     "status": "SUCCEEDED", "output": { }, "error": "…", "cause": "…", "elapsed": 5.0,
//!     "path": ["First", "Second"], "history": ["1<-0 ExecutionStarted", "2<-0 PassStateEntered"],
//!     "events": { "2": { "stateEnteredEventDetails": { } } }
//!   }
//! }
//! ```
//!
//! `definition` may also be the path of a file, with the values of its `${Name}` placeholders in `substitutions`.
//! `"type": "EXPRESS"` makes it an Express workflow, and `activities` are the ARNs of those that exist, which otherwise are all.
//! `starts_at` is the time of the start, else 1970-01-01T00:00:00Z.
//! `objects` are those of S3, by `BUCKET/KEY`; what is no text is written as JSON.
//! `machines` are those that the machine may start, by their names, each with a `definition` and perhaps a `type`.
//! Members of `expect` that are absent are not compared; `events` holds the details of events by their ids.
//! `map_runs` are the Map Runs, of which only the members that are given are compared, `children` the histories of all their
//! child executions, `child_events` the details of all events of the first of them that has such, and `objects` those of S3
//! at the end, whose JSON is parsed. Outputs are compared as text: the order of keys counts.

#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

mod case;
mod trials;

use asl_engine::Simulation;
use asl_engine::history::HistoryEvent;
use asl_engine::simulation::Run;
use case::{answer, machine_of};
use chrono::DateTime;
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use trials::{files, trials};

const FOLDER: &str = "tests/files/cases";

fn main() {
    let cases = files(FOLDER);
    let samples = every_sample_has_a_case(&cases);
    let mut trials = trials(FOLDER, cases, check);
    trials.push(Trial::test("every_sample_has_a_case", move || samples));
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Every machine of `asl-samples` is run by a case, but for the one that is there to be refused.
fn every_sample_has_a_case(cases: &[PathBuf]) -> Result<(), Failed> {
    let texts: Vec<_> = cases
        .iter()
        .map(|case| std::fs::read_to_string(case).expect("a case can be read"))
        .collect();
    for sample in files("asl-samples") {
        let name = sample.file_name().expect("a file").display().to_string();
        let is_machine = name.ends_with(".asl.json") && !name.contains(".verbatim.");
        if is_machine && !texts.iter().any(|text| text.contains(&format!("asl-samples/{name}"))) {
            return Err(format!("no case runs asl-samples/{name}").into());
        }
    }
    Ok(())
}

fn check(file: &Path) -> Result<(), Failed> {
    let case: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    let start = match case["starts_at"].as_str() {
        Some(start) => start.parse()?,
        None => DateTime::UNIX_EPOCH,
    };
    let mut simulation = Simulation::of(&machine_of(&case)?).starting_at(start);
    for (name, machine) in case["machines"].as_object().into_iter().flatten() {
        simulation = simulation.state_machine(name, &machine_of(machine)?);
    }
    if let Some(activities) = case["activities"].as_array() {
        let arns = activities.iter().filter_map(Value::as_str).map(str::to_owned);
        simulation = simulation.activities(arns);
    }
    for (task, answers) in case["tasks"].as_object().into_iter().flatten() {
        simulation = simulation.task(
            task,
            answers.as_array().expect("answers are an array").iter().map(answer),
        );
    }
    for (place, body) in case["objects"].as_object().into_iter().flatten() {
        let (bucket, key) = place.split_once('/').ok_or("an object has a bucket and a key")?;
        let body = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        simulation = simulation.object(bucket, key, body);
    }
    let run = simulation.try_run(case["input"].clone())?;
    for (member, wanted) in case["expect"].as_object().ok_or("`expect` is missing")? {
        let got = match member.as_str() {
            "status" => run.outcome().status().into(),
            "output" => run.output().cloned().unwrap_or(Value::Null),
            "error" => run.error().and_then(|error| error.error.clone()).into(),
            "cause" => run.error().and_then(|error| error.cause.clone()).into(),
            "elapsed" => run.elapsed().as_secs_f64().into(),
            "path" => run.path().into_iter().map(Value::from).collect(),
            "history" => lines(run.history()),
            "map_runs" => map_runs(&run, wanted),
            "children" => children(&run).map(lines).collect(),
            "child_events" => children(&run)
                .flatten()
                .map(|event| without_envelope(event.to_json()))
                .filter(|details| *details != json!({}))
                .collect(),
            "objects" => objects(&run),
            "events" => wanted
                .as_object()
                .ok_or("`events` is no object")?
                .keys()
                .map(|id| (id.clone(), details(&run, id)))
                .collect(),
            other => return Err(format!("`expect` has no member `{other}`").into()),
        };
        let texts: (String, String) = (got.to_string(), wanted.to_string());
        if texts.0 != texts.1 {
            return Err(format!(
                "{member}\n     got {got}\n  wanted {wanted}\noutcome {:?}",
                run.outcome()
            )
            .into());
        }
    }
    Ok(())
}

/// A line for each event.
fn lines(history: &[HistoryEvent]) -> Value {
    let line = |event: &HistoryEvent| format!("{}<-{} {}", event.id, event.previous_event_id, event.event_type());
    history.iter().map(line).collect()
}

/// The histories of all child executions, by Map Run and then in the order of their starts.
fn children(run: &Run) -> impl Iterator<Item = &[HistoryEvent]> {
    let map_runs = run.map_runs().map_runs().iter();
    let executions = map_runs.flat_map(|map_run| run.map_runs().executions(&map_run.map_run_arn));
    executions.map(|(_, history)| history)
}

/// The Map Runs, with the members that are wanted of each.
fn map_runs(run: &Run, wanted: &Value) -> Value {
    let printed = |(i, map_run)| {
        let map_run = serde_json::to_value(map_run).expect("a Map Run is data");
        let wanted = wanted[i].as_object().cloned().unwrap_or_default();
        picked(&map_run, &wanted)
    };
    run.map_runs().map_runs().iter().enumerate().map(printed).collect()
}

fn picked(from: &Value, wanted: &Map<String, Value>) -> Value {
    let member = |(name, wanted): (&String, &Value)| {
        let member = match wanted.as_object() {
            Some(wanted) => picked(&from[name], wanted),
            None => from[name].clone(),
        };
        (name.clone(), member)
    };
    wanted.iter().map(member).collect()
}

/// The objects of S3 at the end.
fn objects(run: &Run) -> Value {
    let object = |(bucket, key): (&str, &str)| {
        let body = run.object(bucket, key).unwrap_or_default();
        let parsed: Value = serde_json::from_str(body).unwrap_or_else(|_| body.into());
        (format!("{bucket}/{key}"), parsed)
    };
    run.objects().map(object).collect()
}

/// The details of the event with an id, as AWS prints them.
fn details(run: &Run, id: &str) -> Value {
    let event = run.history().iter().find(|event| event.id.to_string() == id);
    without_envelope(event.map_or(Value::Null, HistoryEvent::to_json))
}

fn without_envelope(mut printed: Value) -> Value {
    if let Some(members) = printed.as_object_mut() {
        members.retain(|name, _| name.ends_with("EventDetails"));
    }
    printed
}
