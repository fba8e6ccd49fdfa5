//! Child executions that the driver runs, each as an execution of its own, do what they do inside their execution.

mod children;
mod driver;

use asl_engine::StateMachine;
use asl_engine::data::Random;
use asl_engine::execution::{MapRun, MapRunLog, Program, StartOptions, Task};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Display;
use std::sync::Arc;

use self::driver::{Answer, Told, drive};
use crate::machines::{definition, machine};

/// Every case with a distributed Map that needs no other state machine.
#[test]
fn cases_end_as_they_do_inside_their_execution() {
    let mut files: Vec<_> = std::fs::read_dir("tests/files/cases/distributed_map")
        .unwrap()
        .collect();
    files.sort_by_key(|file| file.as_ref().unwrap().path());
    let mut compared = 0;
    for file in files {
        let file = file.unwrap().path();
        let case: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        if case.get("machines").is_some() || case["definition"].is_string() {
            continue;
        }
        compared += 1;
        let inside = run_case(&case, None, false);
        for stores in [false, true] {
            assert_same(&file.display(), &inside, &run_case(&case, Some(10_000), stores));
        }
    }
    assert!(compared > 50, "{compared}");
}

fn run_case(case: &Value, separate: Option<usize>, stores: bool) -> Told {
    let machine: StateMachine = case["definition"].to_string().parse().unwrap();
    let mut options = StartOptions::new(case["input"].clone());
    options.separate_children = separate;
    let start = case["starts_at"]
        .as_str()
        .map_or(DateTime::UNIX_EPOCH, |at| at.parse().unwrap());
    let mut script = Script::of(case);
    let program = Arc::new(Program::compile(&machine));
    drive(&program, options, start, stores, |task| script.answer(task)).0
}

/// The answers of a case, and its S3.
struct Script {
    tasks: BTreeMap<String, VecDeque<Value>>,
    objects: Option<Map<String, Value>>,
}

impl Script {
    fn of(case: &Value) -> Self {
        let tasks = case["tasks"].as_object().into_iter().flatten();
        let answers = |answers: &Value| answers.as_array().unwrap().iter().cloned().collect();
        Self {
            tasks: tasks
                .map(|(name, scripted)| (name.clone(), answers(scripted)))
                .collect(),
            objects: case["objects"].as_object().cloned(),
        }
    }

    fn answer(&mut self, task: &Task) -> Option<Answer> {
        let arn = task.resource.arn();
        if let (Some(action), Some(objects)) = (arn.rsplit_once(":s3:").map(|(_, action)| action), &mut self.objects) {
            return Some((
                TimeDelta::zero(),
                s3(objects, action, task.request.effective_input.value()),
            ));
        }
        let name = [&*task.state, arn]
            .into_iter()
            .find(|name| self.tasks.contains_key(*name))?;
        let scripted = self.tasks.get_mut(name)?;
        let answer = if scripted.len() > 1 {
            scripted.pop_front()?
        } else {
            scripted.front()?.clone()
        };
        if answer == "never" {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, reason = "cases take some seconds")]
        let takes = TimeDelta::milliseconds((answer["after"].as_f64().unwrap_or(0.0) * 1000.0) as i64);
        let text = |name: &str| answer[name].as_str().map(str::to_owned);
        let error = ErrorOutput {
            error: text("error"),
            cause: text("cause").or(Some(String::new())),
        };
        Some((takes, answer.get("return").cloned().ok_or(error)))
    }
}

fn s3(objects: &mut Map<String, Value>, action: &str, request: &Value) -> Result<Value, ErrorOutput> {
    let text = |name: &str| request[name].as_str().unwrap_or_default();
    let place = format!("{}/{}", text("Bucket"), text("Key"));
    match action {
        "putObject" => {
            objects.insert(place, request["Body"].clone());
            Ok(json!({}))
        }
        "getObject" => {
            let body = objects
                .get(&place)
                .map(|body| body.as_str().map_or_else(|| body.to_string(), str::to_owned));
            let missing = ErrorOutput {
                error: Some("S3.NoSuchKeyException".into()),
                cause: Some("none".into()),
            };
            body.map(|body| json!({ "Body": body })).ok_or(missing)
        }
        _ => {
            let prefix = format!("{}/{}", text("Bucket"), text("Prefix"));
            let found = objects.iter().filter(|(place, _)| place.starts_with(&prefix));
            let listed = found.map(|(place, _)| json!({ "Key": place.split_once('/').unwrap().1, "Size": 1 }));
            Ok(json!({ "Contents": listed.collect::<Vec<_>>() }))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_global_rejects: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random machines, whose tasks fail and take time as their inputs say.
    #[test]
    fn random_machines_end_as_they_do_inside_their_execution(machine in orderly_machine(), seed in any::<u64>()) {
        let program = Arc::new(Program::compile(&machine));
        let run = |separate, stores| {
            let mut options = StartOptions::new(json!({ "items": [1, "two"], "flag": true }));
            (options.seed, options.separate_children) = (seed, separate);
            drive(&program, options, DateTime::UNIX_EPOCH, stores, |task| Some(by_chance(seed, task))).0
        };
        let inside = run(None, false);
        for stores in [false, true] {
            let separate = run(Some(10_000), stores);
            prop_assume!(!is_cut_short(&inside, &separate));
            assert_same(&"a random machine", &inside, &separate);
        }
    }

    /// The same, with the redrives of what did not succeed.
    #[test]
    fn random_machines_are_redriven_as_they_are_inside_their_execution(machine in orderly_machine(), seed in any::<u64>()) {
        let program = Arc::new(Program::compile(&machine));
        let run = |separate, stores| {
            let mut options = StartOptions::new(json!({ "items": [1, "two"], "flag": true }));
            (options.seed, options.separate_children) = (seed, separate);
            let mut redrives = 0;
            let (mut told, mut driver) =
                drive(&program, options, DateTime::UNIX_EPOCH, stores, |task| Some(by_chance(seed, task)));
            while redrives < 3 && told.outcome.as_ref().is_some_and(|outcome| outcome.output().is_none()) {
                redrives += 1;
                (told, driver) = driver.redrive(told);
            }
            told
        };
        let inside = run(None, false);
        for stores in [false, true] {
            let separate = run(Some(10_000), stores);
            prop_assume!(!is_cut_short(&inside, &separate));
            assert_same(&"a random machine", &inside, &separate);
        }
    }
}

/// A machine of which no two states run beside each other but in child executions: what they do in one moment has no order.
/// For the same reason it has no timeout of its own.
fn orderly_machine() -> impl Strategy<Value = StateMachine> {
    machine().prop_filter_map("states run beside each other", |machine| {
        let mut definition: Value = serde_json::from_str(&definition(&machine)).unwrap();
        definition.as_object_mut().unwrap().remove("TimeoutSeconds");
        let text = definition.to_string();
        let maps = text.matches(r#""Type":"Map""#).count();
        let is_orderly = !text.contains(r#""Parallel""#) && text.matches("DISTRIBUTED").count() == maps;
        is_orderly.then(|| text.parse().unwrap())
    })
}

/// An answer that follows from the task alone, not from what was done before it.
fn by_chance(seed: u64, task: &Task) -> Answer {
    let arn = task.resource.arn();
    if arn.ends_with(":s3:getObject") {
        return (TimeDelta::zero(), Ok(json!({ "Body": "1\n2\n3\n" })));
    }
    let input = task.request.effective_input.value().to_string();
    // A token depends on how many tasks and child executions an execution had before.
    let input = task
        .request
        .token
        .as_ref()
        .map_or(input.clone(), |token| input.replace(token, ""));
    let text = format!("{} {input} {}", task.state, task.retry_count);
    let drawn = Random::seeded(text.bytes().fold(seed, |sum, byte| {
        Random::seeded(sum.wrapping_add(u64::from(byte))).next_u64()
    }));
    let takes = TimeDelta::milliseconds(drawn.below(5_000).cast_signed());
    let error = ErrorOutput {
        error: Some("Broken".into()),
        cause: None,
    };
    (
        takes,
        if drawn.below(4) == 0 {
            Err(error)
        } else {
            Ok(json!(drawn.below(100)))
        },
    )
}

/// Both do the same; where no Map Run was cut short, in all Map Runs and child executions.
fn assert_same(name: &dyn Display, inside: &Told, separate: &Told) {
    assert_eq!(inside.outcome, separate.outcome, "{name}");
    assert_eq!(
        lines(inside, &inside.history),
        lines(separate, &separate.history),
        "{name}"
    );
    assert_eq!(inside.elapsed, separate.elapsed, "{name}");
    if is_cut_short(inside, separate) {
        return;
    }
    assert_eq!(map_runs(&inside.log), map_runs(&separate.log), "{name}");
    let found = histories(&separate.log);
    for (arn, history) in histories(&inside.log) {
        assert_eq!(lines(inside, history), lines(separate, found[arn]), "{name}");
    }
}

/// Whether a Map Run was cut short: one of both may have started more child executions at that time, and has drawn other
/// random numbers afterwards.
fn is_cut_short(inside: &Told, separate: &Told) -> bool {
    inside.is_cut_short || separate.is_cut_short
}

/// The events as text, without the tokens of tasks, which depend on how many tasks an execution had before.
fn lines(told: &Told, history: &[HistoryEvent]) -> String {
    let lines: Vec<_> = history.iter().map(|event| event.to_json().to_string()).collect();
    told.tokens
        .iter()
        .fold(lines.join("\n"), |lines, token| lines.replace(token, "TOKEN"))
}

/// The Map Runs by their ARNs: those of different child executions begin in no order.
fn map_runs(log: &MapRunLog) -> BTreeMap<&str, &MapRun> {
    let runs = log.map_runs().iter();
    runs.map(|run| (&*run.map_run_arn, run)).collect()
}

/// The histories of all child executions.
fn histories(log: &MapRunLog) -> BTreeMap<&str, &[HistoryEvent]> {
    let runs = log.map_runs().iter();
    runs.flat_map(|run| log.executions(&run.map_run_arn)).collect()
}
