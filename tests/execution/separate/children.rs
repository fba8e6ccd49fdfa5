//! What only a driver sees of child executions that it runs.

use asl_engine::StateMachine;
use asl_engine::execution::{ChildStart, Command, Event, Execution, MapRunStatus, Program, StartOptions, Task};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;

use super::driver::{Answer, drive};

/// A Map over the input, whose items are baked.
fn program(execution_type: &str, fields: &Value) -> Arc<Program> {
    let mut map = json!({
        "Type": "Map", "Label": "Orders", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": execution_type }, "StartAt": "Knead",
            "States": {
                "Knead": { "Type": "Pass", "Next": "Bake" },
                "Bake": {
                    "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true
                }
            }
        }
    });
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    let machine: StateMachine = json!({ "StartAt": "M", "States": { "M": map } })
        .to_string()
        .parse()
        .unwrap();
    Arc::new(Program::compile(&machine))
}

fn options(input: Value, most: usize) -> StartOptions {
    let mut options = StartOptions::new(input);
    options.separate_children = Some(most);
    options
}

/// Each item takes as many seconds as it says.
fn in_time(task: &Task) -> Answer {
    let seconds = task.request.effective_input.value();
    (TimeDelta::seconds(seconds.as_i64().unwrap()), Ok(seconds.clone()))
}

fn failure() -> ErrorOutput {
    ErrorOutput {
        error: Some("Burnt".into()),
        cause: None,
    }
}

fn types(history: &[HistoryEvent]) -> Vec<&str> {
    history.iter().map(HistoryEvent::event_type).collect()
}

#[test]
fn no_more_run_at_once_than_the_driver_takes() {
    let program = program("STANDARD", &json!({}));
    let items = json!([3, 1, 2, 5, 4, 1, 1]);
    let (told, _) = drive(
        &program,
        options(items.clone(), 2),
        DateTime::UNIX_EPOCH,
        false,
        |task| Some(in_time(task)),
    );
    assert_eq!(told.outcome.unwrap().output(), Some(&items));
    assert_eq!(told.most, 3, "the execution itself and two child executions");
    let (told, _) = drive(
        &program,
        options(items.clone(), 0),
        DateTime::UNIX_EPOCH,
        false,
        |task| Some(in_time(task)),
    );
    assert_eq!((told.outcome.unwrap().output(), told.most), (Some(&items), 2));
}

/// The second fails, so that the first is stopped, and the fourth never began.
fn redriven(execution_type: &str, stores: bool) -> (super::driver::Told, super::driver::Told) {
    let program = program(execution_type, &json!({ "MaxConcurrency": 3 }));
    let mut is_hot = true;
    let bake = move |task: &Task| {
        let burns = *task.request.effective_input.value() == 1 && std::mem::replace(&mut is_hot, false);
        let (takes, baked) = in_time(task);
        Some((takes, if burns { Err(failure()) } else { baked }))
    };
    let (told, driver) = drive(
        &program,
        options(json!([5, 1, 2, 3]), 9),
        DateTime::UNIX_EPOCH,
        stores,
        bake,
    );
    let (again, _) = driver.redrive(told.clone());
    (told, again)
}

#[test]
fn a_redrive_goes_on_with_those_that_were_stopped() {
    for stores in [false, true] {
        let (told, again) = redriven("STANDARD", stores);
        assert_eq!(told.elapsed, TimeDelta::seconds(1));
        assert_eq!(
            types(&told.history)[4..],
            ["MapRunFailed", "MapStateFailed", "ExecutionFailed"]
        );
        assert_eq!(again.outcome.as_ref().unwrap().output(), Some(&json!([5, 1, 2, 3])));
        let [run] = again.log.map_runs() else {
            panic!("one Map Run")
        };
        assert_eq!((run.status, run.redrive_count), (MapRunStatus::Succeeded, 1));
        assert_eq!((run.item_counts.succeeded, run.execution_counts.total), (4, 4));
        let histories: Vec<_> = again
            .log
            .executions(&run.map_run_arn)
            .map(|(_, history)| types(history))
            .collect();
        let redriven = [
            "ExecutionStarted",
            "PassStateEntered",
            "PassStateExited",
            "TaskStateEntered",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "ExecutionAborted",
            "ExecutionRedriven",
            "LambdaFunctionScheduled",
            "LambdaFunctionStarted",
            "LambdaFunctionSucceeded",
            "TaskStateExited",
            "ExecutionSucceeded",
        ];
        assert_eq!(histories[0], redriven);
        assert_eq!(
            histories[1][6..9],
            ["LambdaFunctionFailed", "ExecutionFailed", "ExecutionRedriven"]
        );
        assert_eq!(histories[2], redriven);
        assert!(!histories[3].contains(&"ExecutionRedriven"));
    }
}

#[test]
fn express_ones_start_over_under_the_same_arn() {
    let (told, again) = redriven("EXPRESS", true);
    let [run] = again.log.map_runs() else {
        panic!("one Map Run")
    };
    let before: Vec<_> = told
        .log
        .executions(&run.map_run_arn)
        .map(|(arn, _)| arn.to_owned())
        .collect();
    let after: Vec<_> = again.log.executions(&run.map_run_arn).collect();
    assert_eq!(again.outcome.as_ref().unwrap().output(), Some(&json!([5, 1, 2, 3])));
    assert_eq!((before.len(), after.len()), (3, 4));
    for (arn, (known, history)) in before.iter().zip(after) {
        assert_eq!(arn, known);
        let starts = types(history).into_iter().filter(|kind| *kind == "ExecutionStarted");
        assert_eq!(starts.count(), 2, "{arn}");
    }
}

/// An execution with its child executions handed out, and the rest of its commands.
struct Handed {
    execution: Execution,
    starts: Vec<ChildStart>,
    others: Vec<Command>,
}

impl Handed {
    fn of(program: Arc<Program>, input: Value) -> Self {
        let execution = Execution::start(program, options(input, 9), DateTime::UNIX_EPOCH);
        let mut handed = Self {
            execution,
            starts: Vec::new(),
            others: Vec::new(),
        };
        handed.take();
        handed
    }

    fn take(&mut self) {
        loop {
            match self.execution.poll_command() {
                Some(Command::StartChild(start)) => self.starts.push(*start),
                Some(other) => self.others.push(other),
                None if self.execution.wants_turn() => self.execution.handle(DateTime::UNIX_EPOCH, Event::Turn),
                None => return,
            }
        }
    }

    fn end(&mut self, which: usize, output: impl Into<asl_engine::data::Payload>, second: i64) {
        let time = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let outcome = asl_engine::Outcome::Succeeded { output: output.into() };
        let child = self.starts[which].id;
        self.execution.handle(time, Event::ChildEnded { child, outcome, time });
        self.take();
    }
}

#[test]
fn what_ends_late_has_been_stopped() {
    let mut handed = Handed::of(program("STANDARD", &json!({})), json!([1, 2]));
    assert_eq!(handed.starts.len(), 2);
    handed.end(1, json!("two"), 2);
    handed
        .execution
        .handle(DateTime::UNIX_EPOCH, Event::Stop(ErrorOutput::default()));
    handed.take();
    let first = handed.starts[0].id;
    assert!(handed.others.contains(&Command::Cancel(first)));
    let told = handed.others.len();
    handed.end(0, json!("one"), 3);
    assert_eq!(handed.others.len(), told);
    let last = handed.others.iter().rev().find_map(|command| match command {
        Command::MapRun(run) => Some(run.execution_counts),
        _ => None,
    });
    let counts = last.unwrap();
    assert_eq!((counts.succeeded, counts.aborted, counts.total), (1, 1, 2));
}

#[test]
fn an_end_counts_at_its_own_time_and_once() {
    let writes = json!({ "ResultWriter": { "WriterConfig": { "OutputType": "JSON", "Transformation": "NONE" } } });
    let mut handed = Handed::of(program("STANDARD", &writes), json!([1, 2]));
    handed.end(1, json!("two"), 7);
    handed.end(0, json!("one"), 5);
    handed.end(0, json!("another"), 6);
    let output = handed.execution.outcome().unwrap().output().unwrap();
    let told = |record: &Value| (record["Output"].clone(), record["StopDate"].clone());
    assert_eq!(told(&output[0]), (json!("\"one\""), json!("1970-01-01T00:00:05Z")));
    assert_eq!(told(&output[1]), (json!("\"two\""), json!("1970-01-01T00:00:07Z")));
}

#[test]
fn one_that_is_stopped_alone_fails() {
    let mut handed = Handed::of(
        program("STANDARD", &json!({ "ToleratedFailureCount": 1 })),
        json!([1, 2]),
    );
    handed.end(0, json!("one"), 1);
    let (child, time) = (handed.starts[1].id, DateTime::UNIX_EPOCH + TimeDelta::seconds(2));
    let outcome = asl_engine::Outcome::Aborted(ErrorOutput::default());
    handed
        .execution
        .handle(time, Event::ChildEnded { child, outcome, time });
    let output = handed.execution.outcome().unwrap().output().unwrap();
    assert_eq!(output[0], "one");
    let failed = ["Status", "Error", "Cause"].map(|member| output[1][member].as_str().unwrap());
    assert_eq!(failed, ["FAILED", "States.Runtime", "The child execution was stopped."]);
}

#[test]
fn an_output_that_nests_too_deeply_fails() {
    let mut handed = Handed::of(program("STANDARD", &json!({})), json!([1]));
    handed.end(
        0,
        (0..100_000).fold(Value::Null, |inner, _| Value::Array(vec![inner])),
        1,
    );
    let outcome = handed.execution.outcome().unwrap();
    assert_eq!(
        outcome.error().and_then(|error| error.error.as_deref()),
        Some("States.ExceedToleratedFailureThreshold")
    );
}

#[test]
fn a_child_execution_starts_as_it_is_told() {
    let handed = Handed::of(program("EXPRESS", &json!({})), json!([{ "n": 1 }]));
    let start = handed.starts[0].clone();
    assert_eq!((start.redrive_count, start.time), (0, DateTime::UNIX_EPOCH));
    assert!(
        start.map_run_arn.contains(":mapRun:StateMachine/Orders:"),
        "{}",
        start.map_run_arn
    );
    let arn = start.options.execution_arn();
    let mut child = Execution::start_child(Arc::clone(handed.execution.program()), start);
    assert_eq!(**child.arn(), *arn);
    assert!(arn.contains(":express:StateMachine/Orders:"), "{arn}");
    // Five minutes, as every Express execution.
    assert_eq!(
        child.next_deadline(),
        Some(DateTime::UNIX_EPOCH + TimeDelta::minutes(5))
    );
    let commands: Vec<_> = std::iter::from_fn(|| child.poll_command()).collect();
    assert!(
        commands
            .iter()
            .any(|command| matches!(command, Command::Invoke(task) if &*task.state == "Bake"))
    );
}
