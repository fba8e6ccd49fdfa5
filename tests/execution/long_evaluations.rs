//! JSONata that takes longer than a turn may has a turn of its own, and that changes nothing else.

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Program, Snapshot, StartOptions, TaskId};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::sync::Arc;

const START: DateTime<Utc> = DateTime::UNIX_EPOCH;
const WORK: &str = "arn:aws:lambda:us-east-1:123456789012:function:Work";

/// Some ten thousand steps, which would not fit the turns here; and a random number.
const LONG: &str =
    "{% ($f := function($n) { $n = 0 ? 0 : $f($n - 1) }; { 'n': $f(1000), 'x': $floor($random() * 1000) }) %}";

fn program(states: &Value) -> Arc<Program> {
    let start = states.as_object().unwrap().keys().next().unwrap();
    let definition = json!({ "QueryLanguage": "JSONata", "TimeoutSeconds": 60, "StartAt": start, "States": states });
    let machine: StateMachine = definition.to_string().parse().unwrap();
    (&machine).into()
}

/// The driver of an execution: it keeps the history, and the tasks.
struct Driver {
    execution: Execution,
    history: Vec<HistoryEvent>,
    tasks: Vec<TaskId>,
}

impl Driver {
    fn start(states: &Value, turn_work: usize) -> Self {
        let mut options = StartOptions::new(json!({ "id": 7 }));
        options.seed = 3;
        options.limits.turn_work = turn_work;
        let mut driver = Self {
            execution: Execution::start(program(states), options, START),
            history: Vec::new(),
            tasks: Vec::new(),
        };
        driver.poll();
        driver
    }

    fn poll(&mut self) {
        while let Some(command) = self.execution.poll_command() {
            match command {
                Command::Record(event) => self.history.push(event),
                Command::Invoke(task) => self.tasks.push(task.id),
                _ => {}
            }
        }
    }

    fn handle(&mut self, event: Event) {
        self.execution.handle(START, event);
        self.poll();
    }

    /// Gives turns until the next one takes long, or nothing is left to do; whether it takes long.
    fn goes_on_to_a_long_turn(&mut self) -> bool {
        while self.execution.wants_turn() && !self.execution.wants_long_turn() {
            self.handle(Event::Turn);
        }
        self.execution.wants_long_turn()
    }

    /// Gives all turns; how many of them take long.
    fn goes_on(&mut self) -> usize {
        let mut long = 0;
        while self.goes_on_to_a_long_turn() {
            long += 1;
            self.handle(Event::Turn);
        }
        long
    }

    fn answer(&mut self, task: usize) {
        let task = self.tasks[task];
        let raw_result = json!({ "answer": 42 });
        self.handle(Event::TaskSucceeded { task, raw_result });
    }

    fn output(&self) -> &Value {
        self.execution.outcome().and_then(|outcome| outcome.output()).unwrap()
    }
}

fn pass(fields: Value) -> Value {
    let mut state = json!({ "Type": "Pass", "End": true });
    state
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    state
}

#[test]
fn it_has_a_turn_of_its_own_and_the_history_of_any_other_turn() {
    let task = json!({ "Type": "Task", "Resource": WORK, "Output": LONG, "Next": "Choose" });
    let choice = json!({ "Condition": format!("{{% {} %}}", LONG.replace("{% ", "(").replace(" %}", ").n = 0")), "Next": "Last" });
    let states = json!({
        "First": { "Type": "Pass", "Output": LONG, "Next": "Work" },
        "Work": task,
        "Choose": { "Type": "Choice", "Choices": [choice], "Default": "First" },
        "Last": pass(json!({ "Assign": { "uuid": "{% $uuid() %}" }, "Output": LONG })),
    });
    let run = |turn_work| {
        let mut driver = Driver::start(&states, turn_work);
        let mut long = driver.goes_on();
        driver.answer(0);
        long += driver.goes_on();
        (long, driver.output().clone(), driver.history)
    };
    let (none, output, history) = run(usize::MAX);
    let (long, same, same_history) = run(100);
    assert_eq!((none, long), (0, 4));
    assert_eq!((output, history), (same, same_history));
}

#[test]
fn stop_and_the_timeout_come_before_it() {
    let states = json!({ "Long": pass(json!({ "Output": LONG })) });
    let mut driver = Driver::start(&states, 100);
    assert!(driver.goes_on_to_a_long_turn());
    driver.handle(Event::Stop(ErrorOutput::default()));
    assert_eq!(driver.execution.outcome().unwrap().status(), "ABORTED");
    assert!(!driver.execution.wants_long_turn() && !driver.execution.wants_turn());

    let mut driver = Driver::start(&states, 100);
    assert!(driver.goes_on_to_a_long_turn());
    driver.execution.handle(START + TimeDelta::seconds(61), Event::Turn);
    assert_eq!(driver.execution.outcome().unwrap().status(), "TIMED_OUT");
}

#[test]
fn an_event_does_not_make_it_happen() {
    let branch = |state: Value| json!({ "StartAt": "A", "States": { "A": state } }).to_string();
    let task =
        branch(json!({ "Type": "Task", "Resource": WORK, "Output": "{% $states.result.answer %}", "End": true }));
    let long = branch(pass(json!({ "Output": LONG }))).replace("\"A\"", "\"B\"");
    let branches: Vec<Value> = [task, long].iter().map(|text| text.parse().unwrap()).collect();
    let states = json!({ "Both": { "Type": "Parallel", "Branches": branches, "End": true } });
    let mut driver = Driver::start(&states, 100);
    assert!(driver.goes_on_to_a_long_turn());
    let events = driver.history.len();
    driver.answer(0);
    assert!(driver.execution.wants_long_turn());
    assert!(driver.history.len() > events);
    assert_eq!(driver.goes_on(), 1);
    assert_eq!((&driver.output()[0], &driver.output()[1]["n"]), (&json!(42), &json!(0)));
}

#[test]
fn an_execution_is_stored_before_it() {
    let states = json!({ "Work": { "Type": "Task", "Resource": WORK, "Output": LONG, "End": true } });
    let mut straight = Driver::start(&states, 100);
    straight.answer(0);
    assert!(straight.goes_on_to_a_long_turn());
    let text = serde_json::to_string(&straight.execution.snapshot()).unwrap();
    let snapshot: Snapshot = serde_json::from_str(&text).unwrap();
    let mut stored = Driver {
        execution: Execution::restore(program(&states), snapshot).unwrap(),
        history: straight.history.clone(),
        tasks: Vec::new(),
    };
    assert_eq!((straight.goes_on(), stored.goes_on()), (1, 1));
    assert_eq!(
        (straight.output(), straight.history.clone()),
        (stored.output(), stored.history.clone())
    );
}

#[test]
fn child_executions_have_it_too() {
    let config = json!({ "Mode": "DISTRIBUTED", "ExecutionType": "STANDARD" });
    let inner = json!({ "Long": pass(json!({ "Output": LONG })) });
    let processor = json!({ "ProcessorConfig": config, "StartAt": "Long", "States": inner });
    let states = json!({ "Each": { "Type": "Map", "Items": [1, 2, 3], "ItemProcessor": processor, "End": true } });
    let (mut short, mut long) = (Driver::start(&states, usize::MAX), Driver::start(&states, 100));
    assert_eq!((short.goes_on(), long.goes_on()), (0, 3));
    assert_eq!(short.output(), long.output());
    assert_eq!(long.output().as_array().map(Vec::len), Some(3));
}

#[test]
fn a_failure_of_it_is_the_states() {
    let endless = "{% ($f := function($n) { $f($n + 1) }; $f(0)) %}";
    let catch = json!([{ "ErrorEquals": ["States.QueryEvaluationError"], "Output": "caught", "Next": "Done" }]);
    let branch = json!({ "StartAt": "E", "States": { "E": pass(json!({ "Output": endless })) } });
    let states = json!({
        "Try": { "Type": "Parallel", "Branches": [branch], "Catch": catch, "End": true },
        "Done": { "Type": "Succeed" },
    });
    let mut driver = Driver::start(&states, 100);
    assert_eq!((driver.goes_on(), driver.output()), (1, &json!("caught")));
}
