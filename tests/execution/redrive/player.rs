//! Plays executions with scripted tasks, through storage at every end.

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, MapRunLog, Program, StartOptions, Task};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::machines::driver::through_storage;

type Answer = Result<Value, &'static str>;

/// A Task state that is the last one.
pub(super) fn task() -> Value {
    json!({ "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true })
}

/// The state with another one after it; `null` for none.
pub(super) fn then(mut state: Value, next: &Value) -> Value {
    if next.is_null() {
        state["End"] = json!(true);
    } else {
        state.as_object_mut().unwrap().remove("End");
        state["Next"] = next.clone();
    }
    state
}

/// Plays one execution. A task without a scripted answer succeeds with the name of its state.
pub(super) struct Player {
    pub(super) execution: Execution,
    pub(super) history: Vec<HistoryEvent>,
    pub(super) map_runs: MapRunLog,
    /// The tasks that nobody answers.
    pub(super) open: Vec<Task>,
    /// Whether it goes through storage whenever it has ended.
    pub(super) is_stored: bool,
    calls: Vec<(String, Value)>,
    answers: HashMap<String, VecDeque<Answer>>,
    left_open: HashSet<String>,
    /// Which of the next tasks without a scripted answer fail.
    fails: VecDeque<bool>,
    now: DateTime<Utc>,
}

impl Player {
    pub(super) fn of(definition: &Value, input: Value) -> Self {
        Self::with(definition, input, |_| {})
    }

    pub(super) fn with(definition: &Value, input: Value, change: impl FnOnce(&mut StartOptions)) -> Self {
        let machine: StateMachine = definition.to_string().parse().unwrap();
        let mut options = StartOptions::new(input);
        change(&mut options);
        let now = DateTime::UNIX_EPOCH;
        Self {
            execution: Execution::start(Arc::new(Program::compile(&machine)), options, now),
            history: Vec::new(),
            map_runs: MapRunLog::default(),
            open: Vec::new(),
            is_stored: true,
            calls: Vec::new(),
            answers: HashMap::new(),
            left_open: HashSet::new(),
            fails: VecDeque::new(),
            now,
        }
    }

    /// Scripts the next answers of a state's task.
    pub(super) fn answer(&mut self, state: &str, answers: impl IntoIterator<Item = Answer>) {
        self.answers.entry(state.to_owned()).or_default().extend(answers);
    }

    /// Leaves the tasks of a state unanswered.
    pub(super) fn leave_open(&mut self, state: &str) {
        self.left_open.insert(state.to_owned());
    }

    /// Lets some of the tasks without a scripted answer fail.
    pub(super) fn fail_at(&mut self, fails: Vec<bool>) {
        self.fails = fails.into();
    }

    /// Goes on until the execution has ended, or waits for a task that is left open.
    pub(super) fn play(&mut self) {
        let mut tasks = VecDeque::new();
        loop {
            while let Some(command) = self.execution.poll_command() {
                match command {
                    Command::Invoke(task) => tasks.push_back(task),
                    Command::Cancel(id) => {
                        tasks.retain(|task| task.id != id);
                        self.open.retain(|task| task.id != id);
                    }
                    Command::Record(event) => self.history.push(event),
                    Command::RecordChild(event) => self.map_runs.record(*event),
                    Command::MapRun(map_run) => self.map_runs.update(*map_run),
                    _ => {}
                }
            }
            if !self.execution.is_running() {
                break;
            } else if self.execution.wants_turn() {
                self.execution.handle(self.now, Event::Turn);
            } else if let Some(task) = tasks.pop_front() {
                self.work(task);
            } else if let Some(deadline) = self.execution.next_deadline() {
                self.now = deadline;
                self.execution.handle(deadline, Event::DeadlineReached);
            } else {
                return;
            }
        }
        for (event, id) in self.history.iter().zip(1u64..) {
            assert_eq!(event.id, id);
        }
        if self.is_stored {
            let program = Arc::clone(self.execution.program());
            let placeholder = Execution::start(program, StartOptions::new(json!(null)), self.now);
            self.execution = through_storage(std::mem::replace(&mut self.execution, placeholder));
        }
    }

    fn work(&mut self, task: Task) {
        self.calls
            .push((task.state.to_string(), task.request.effective_input.value().clone()));
        if self.left_open.contains(&*task.state) {
            self.open.push(task);
            return;
        }
        let scripted = self.answers.get_mut(&*task.state).and_then(VecDeque::pop_front);
        let id = task.id;
        let unscripted = || match self.fails.pop_front() {
            Some(true) => Err("Broken"),
            _ => Ok(json!(*task.state)),
        };
        let event = match scripted.unwrap_or_else(unscripted) {
            Ok(raw_result) => Event::TaskSucceeded { task: id, raw_result },
            Err(error) => Event::TaskFailed {
                task: id,
                error: ErrorOutput {
                    error: Some(error.into()),
                    cause: None,
                },
            },
        };
        self.execution.handle(self.now, event);
    }

    /// Redrives the execution and goes on.
    pub(super) fn redrive(&mut self) {
        self.execution.redrive(self.now).unwrap();
        self.play();
    }

    pub(super) fn stop(&mut self) {
        self.execution.handle(self.now, Event::Stop(ErrorOutput::default()));
        self.play();
    }

    pub(super) fn succeed(&mut self, task: &Task, raw_result: Value) {
        let task = task.id;
        self.execution
            .handle(self.now, Event::TaskSucceeded { task, raw_result });
        self.play();
    }

    pub(super) fn wait(&mut self, seconds: i64) {
        self.now += TimeDelta::seconds(seconds);
    }

    pub(super) fn elapsed(&self) -> TimeDelta {
        self.now - DateTime::UNIX_EPOCH
    }

    pub(super) fn output(&self) -> Option<&Value> {
        self.execution.outcome()?.output()
    }

    pub(super) fn error(&self) -> Option<&str> {
        self.execution.outcome()?.error()?.error.as_deref()
    }

    /// What the tasks of a state were called with.
    pub(super) fn inputs_of(&self, state: &str) -> Vec<Value> {
        let calls = self.calls.iter().filter(|(called, _)| called == state);
        calls.map(|(_, input)| input.clone()).collect()
    }

    /// The types of the events from the last one of a type on.
    pub(super) fn types_from(&self, first: &str) -> Vec<&'static str> {
        let types: Vec<_> = self.history.iter().map(|event| event.details.event_type()).collect();
        let first = types.iter().rposition(|name| *name == first).unwrap();
        types[first..].to_vec()
    }

    /// The last event of a type.
    pub(super) fn event(&self, event_type: &str) -> Value {
        let mut events = self.history.iter().rev();
        let found = events.find(|event| event.details.event_type() == event_type);
        found.unwrap_or_else(|| panic!("no {event_type}")).to_json()
    }
}
