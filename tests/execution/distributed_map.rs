//! Distributed Maps where a case of `tests/files/cases/distributed_map` does not reach: on the core, and with many items.

use asl_engine::execution::{
    Command, Event, Execution, Limits, MapRunLog, MapRunStatus, Program, Snapshot, StartOptions, Task,
};
use asl_engine::history::{ErrorOutput, HistoryEvent, HistoryLevel};
use asl_engine::simulation::{Coverage, VisitEnd};
use asl_engine::{Simulation, StateMachine, TaskError};
use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};
use std::sync::Arc;

/// A Map over the input, whose items go through some states.
fn map(fields: Value, states: Value) -> Value {
    let start = states.as_object().unwrap().keys().next().unwrap().clone();
    let mut map = json!({
        "Type": "Map", "Label": "Orders", "End": true,
        "ItemProcessor": {
            "ProcessorConfig": { "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" }, "StartAt": start, "States": states
        }
    });
    map.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    map
}

fn machine(map: Value) -> StateMachine {
    let definition = json!({ "StartAt": "M", "States": { "M": map } }).to_string();
    definition.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn task() -> Value {
    json!({ "Bake": {
        "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:Bake", "End": true
    } })
}

fn pass() -> Value {
    json!({ "Note": { "Type": "Pass", "End": true } })
}

/// A driver that keeps all it is told.
struct Driver {
    execution: Execution,
    invoked: Vec<Task>,
    cancelled: usize,
    history: Vec<HistoryEvent>,
    log: MapRunLog,
}

impl Driver {
    fn start(machine: &StateMachine, input: Value) -> Self {
        let program = Arc::new(Program::compile(machine));
        let execution = Execution::start(program, StartOptions::new(input), DateTime::UNIX_EPOCH);
        let mut driver = Self {
            execution,
            invoked: Vec::new(),
            cancelled: 0,
            history: Vec::new(),
            log: MapRunLog::default(),
        };
        driver.take();
        driver
    }

    fn take(&mut self) {
        while let Some(command) = self.execution.poll_command() {
            match command {
                Command::Invoke(task) => self.invoked.push(task),
                Command::Cancel(id) => {
                    self.invoked.retain(|task| task.id != id);
                    self.cancelled += 1;
                }
                Command::Record(event) => self.history.push(event),
                Command::RecordChild(event) => self.log.record(*event),
                Command::MapRun(map_run) => self.log.update(*map_run),
                _ => {}
            }
        }
        if self.execution.wants_turn() {
            self.handle(Event::Turn);
        }
    }

    fn answer(&mut self, which: usize, output: Value) {
        let task = self.invoked.remove(which).id;
        self.handle(Event::TaskSucceeded {
            task,
            raw_result: output,
        });
    }

    fn handle(&mut self, event: Event) {
        self.execution
            .handle(DateTime::UNIX_EPOCH + TimeDelta::seconds(1), event);
        self.take();
    }

    fn types(&self) -> Vec<&'static str> {
        let types = self.history.iter().map(HistoryEvent::event_type);
        types.collect()
    }
}

#[test]
fn an_execution_goes_on_in_the_midst_of_a_map_run() {
    let machine = machine(map(json!({ "MaxConcurrency": 2 }), task()));
    let mut driver = Driver::start(&machine, json!(["a", "b", "c"]));
    driver.answer(0, json!("A"));
    let waiting: Vec<_> = driver
        .invoked
        .iter()
        .map(|task| task.request.effective_input.value().clone())
        .collect();
    assert_eq!(waiting, [json!("b"), json!("c")]);

    let stored = serde_json::to_string(&driver.execution.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
    let program = Arc::clone(driver.execution.program());
    driver.execution = Execution::restore(program, snapshot).unwrap();
    let before = std::mem::take(&mut driver.invoked);
    driver.take();
    assert_eq!(
        driver.invoked, before,
        "a restored execution dispatches its tasks again"
    );

    let counts = driver.execution.map_runs()[0].item_counts;
    assert_eq!((counts.succeeded, counts.running, counts.total), (1, 2, 3));
    driver.answer(1, json!("C"));
    driver.answer(0, json!("B"));
    assert_eq!(
        driver.execution.outcome().unwrap().output(),
        Some(&json!(["A", "B", "C"]))
    );
    assert_eq!(driver.log.map_runs()[0].status, MapRunStatus::Succeeded);
}

#[test]
fn the_tasks_of_child_executions_tell_whose_they_are() {
    let machine = machine(map(json!({}), task()));
    let driver = Driver::start(&machine, json!(["a"]));
    let child = driver.invoked[0].child.as_ref().unwrap();
    let prefix = "arn:aws:states:us-east-1:123456789012:execution:StateMachine/Orders:";
    assert!(child.arn.starts_with(prefix), "{}", child.arn);
    assert_eq!(
        child.state_machine_arn,
        "arn:aws:states:us-east-1:123456789012:stateMachine:StateMachine/Orders"
    );
    let map_run = &driver.log.map_runs()[0];
    let executions: Vec<_> = driver.log.executions(&map_run.map_run_arn).collect();
    assert_eq!(executions[0].0, &*child.arn);
}

#[test]
fn whoever_stops_an_execution_stops_its_child_executions() {
    let inner = json!({ "Inner": map(json!({ "Label": "Inner" }), task()) });
    let machine = machine(map(json!({}), inner));
    let mut driver = Driver::start(&machine, json!([["a", "b"], ["c"]]));
    assert_eq!(driver.invoked.len(), 3);
    driver.handle(Event::Stop(ErrorOutput::default()));
    assert_eq!((driver.invoked.len(), driver.cancelled), (0, 3));
    assert_eq!(driver.types()[4..], ["MapRunAborted", "ExecutionAborted"]);
    let map_runs = driver.log.map_runs();
    assert_eq!(map_runs.len(), 3);
    for map_run in map_runs {
        assert_eq!(map_run.status, MapRunStatus::Aborted);
        for (_, history) in driver.log.executions(&map_run.map_run_arn) {
            assert_eq!(history.last().unwrap().event_type(), "ExecutionAborted");
        }
    }
}

#[test]
fn a_late_answer_of_a_child_execution_is_ignored() {
    let machine = machine(map(json!({ "ToleratedFailureCount": 1 }), task()));
    let mut driver = Driver::start(&machine, json!(["a"]));
    let task = driver.invoked[0].id;
    driver.answer(0, json!(1));
    let ended = driver.history.len();
    driver.handle(Event::TaskSucceeded {
        task,
        raw_result: json!(2),
    });
    assert_eq!(driver.history.len(), ended);
    assert_eq!(driver.execution.outcome().unwrap().output(), Some(&json!([1])));
}

#[test]
fn a_hundred_thousand_items_take_bounded_memory() {
    let reader = json!({
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject", "Parameters": { "Bucket": "shop", "Key": "orders" },
            "ReaderConfig": { "InputType": "JSONL" }
        },
        "ResultSelector": { "n.$": "States.ArrayLength($)" }
    });
    let machine = machine(map(reader, pass()));
    let lines: Vec<String> = (0..100_000).map(|id| json!({ "id": id }).to_string()).collect();
    let run = Simulation::of(&machine)
        .object("shop", "orders", lines.join("\n"))
        .history(HistoryLevel::Off)
        .run(json!({}));
    assert_eq!(run.output(), Some(&json!({ "n": 100_000 })), "{:?}", run.outcome());
    assert_eq!(run.map_runs().map_runs()[0].item_counts.succeeded, 100_000);
}

/// As on AWS: the events of child executions are not those of the execution around them.
#[test]
fn child_executions_have_a_limit_of_events_of_their_own() {
    let mut limits = Limits::default();
    limits.history_events = Some(8);
    let machine = machine(map(json!({}), pass()));
    let run = Simulation::of(&machine).limits(limits.clone()).run(json!([1, 2, 3, 4]));
    assert_eq!(run.output(), Some(&json!([1, 2, 3, 4])), "{:?}", run.outcome());

    let steps: serde_json::Map<String, Value> = (0..4)
        .map(|i| {
            (
                format!("P{i}"),
                json!({ "Type": "Pass", "Next": format!("P{}", i + 1) }),
            )
        })
        .chain([("P4".to_owned(), json!({ "Type": "Pass", "End": true }))])
        .collect();
    let machine = self::machine(map(json!({}), Value::Object(steps)));
    let run = Simulation::of(&machine).limits(limits).run(json!([1]));
    let map_run = run.map_runs().map_runs()[0].map_run_arn.clone();
    let (_, history) = run.map_runs().executions(&map_run).next().unwrap();
    let last = history.last().unwrap().to_json();
    assert_eq!(
        last["executionFailedEventDetails"]["cause"],
        "The execution reached the maximum number of history events (8)."
    );
}

#[test]
fn child_executions_that_loop_for_ever_come_to_an_end() {
    let circle = json!({
        "A": { "Type": "Choice", "Choices": [{ "Variable": "$", "IsNull": true, "Next": "End" }], "Default": "B" },
        "B": { "Type": "Pass", "Next": "A" },
        "End": { "Type": "Succeed" }
    });
    let mut limits = Limits::default();
    limits.history_events = None;
    limits.work = 10_000_000;
    let run = Simulation::of(&machine(map(json!({ "ToleratedFailureCount": 9 }), circle)))
        .limits(limits)
        .history(HistoryLevel::Off)
        .run(json!([1, 2]));
    let cause = run.error().and_then(|error| error.cause.as_deref()).unwrap_or_default();
    assert_eq!(cause, "The execution has worked for too long without a Wait or a Task.");
}

#[test]
fn a_listing_that_goes_on_for_ever_is_refused() {
    let reader = json!({ "Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": { "Bucket": "shop" } });
    let machine = machine(map(json!({ "ItemReader": reader }), pass()));
    let cause = |contents: Value, limits: Limits| {
        let answer = json!({ "Contents": contents, "NextContinuationToken": "again" });
        let run = Simulation::of(&machine)
            .limits(limits)
            .always("M", answer)
            .run(json!({}));
        run.error().and_then(|error| error.cause.clone()).unwrap_or_default()
    };
    assert_eq!(
        cause(json!([]), Limits::default()),
        "The listing has more than 100000 parts."
    );
    let mut limits = Limits::default();
    limits.held_bytes = 1_000_000;
    assert_eq!(
        cause(json!([{ "Key": "order.json" }]), limits),
        "The items take more memory than the limit of 1000000 bytes."
    );
}

#[test]
fn child_executions_inside_each_other_fit_on_a_small_stack() {
    let deepest = (0..30).fold(pass(), |states, depth| {
        json!({ format!("M{depth}"): map(json!({ "Label": format!("L{depth}"), "ItemsPath": "$$.Execution.Input" }), states) })
    });
    let definition = json!({ "StartAt": "M29", "States": deepest }).to_string();
    let run = move || {
        let machine: StateMachine = definition.parse().unwrap_or_else(|error| panic!("{error}"));
        let input = (0..40).fold(json!(7), |input, _| json!([input]));
        let mut driver = Driver::start(&machine, input);
        let stored = serde_json::to_value(driver.execution.snapshot()).unwrap();
        assert!(stored.is_object());
        driver.take();
        driver.execution.outcome().map(|outcome| outcome.status().to_owned())
    };
    let thread = std::thread::Builder::new()
        .stack_size(2 * 1024 * 1024)
        .spawn(run)
        .unwrap();
    assert_eq!(thread.join().unwrap().as_deref(), Some("SUCCEEDED"));
}

#[test]
fn a_damaged_map_run_is_refused() {
    let machine = machine(map(json!({}), task()));
    let driver = Driver::start(&machine, json!(["a"]));
    let whole = serde_json::to_value(driver.execution.snapshot()).unwrap();
    let run = "/core/frames/slots/0/activity/MapRun";
    assert!(whole.pointer(run).is_some(), "{whole}");
    for (pointer, damaged) in [
        ("/graph", json!(77)),
        ("/items/all", json!("no array")),
        ("/children/0/core/frames/slots/0/state", json!(99)),
        ("/children/0/core/outcome", json!({ "Aborted": {} })),
    ] {
        let mut snapshot = whole.clone();
        *snapshot.pointer_mut(&format!("{run}{pointer}")).unwrap() = damaged;
        let snapshot: Snapshot = serde_json::from_value(snapshot).unwrap();
        let program = Arc::clone(driver.execution.program());
        assert!(Execution::restore(program, snapshot).is_err(), "{pointer}");
    }
}

#[test]
fn a_run_tells_what_child_executions_did() {
    let inner = json!({ "Inner": map(json!({ "Label": "Inner" }), task()) });
    let machine = machine(map(json!({ "ToleratedFailureCount": 1 }), inner));
    let coverage = Coverage::of(&machine);
    let run = Simulation::of(&machine)
        .task_fn("Bake", |input| match input.as_str() {
            Some("b") => Err(TaskError::new("Burnt", "too hot")),
            _ => Ok(input.clone()),
        })
        .coverage(&coverage)
        .run(json!([["a"], ["b", "c"]]));
    assert_eq!(run.outcome().status(), "SUCCEEDED");
    let bakes: Vec<_> = run.visits().iter().filter(|visit| &*visit.state == "Bake").collect();
    let seen: Vec<_> = bakes
        .iter()
        .map(|visit| (visit.iterations.clone(), visit.raw_input.value().clone()))
        .collect();
    assert_eq!(
        seen,
        [
            (vec![0, 0], json!("a")),
            (vec![1, 0], json!("b")),
            (vec![1, 1], json!("c"))
        ]
    );
    assert_eq!(bakes[0].pointer.split('/').next_back(), Some("Bake"));
    let entered = coverage
        .states()
        .into_iter()
        .find(|state| state.pointer.ends_with("/Bake"));
    assert_eq!(entered.unwrap().count, 3);
    assert_eq!(bakes[2].end, VisitEnd::Aborted);
}

#[test]
fn answers_are_scripted_by_item() {
    let machine = machine(map(json!({ "MaxConcurrency": 1 }), task()));
    let run = Simulation::of(&machine)
        .item("Bake", 1, [json!("second")])
        .item("Bake", 0, [json!("first")])
        .run(json!(["a", "b"]));
    assert_eq!(run.output(), Some(&json!(["first", "second"])));
}
