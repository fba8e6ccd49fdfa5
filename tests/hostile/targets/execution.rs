//! Executions: mutated definitions, run with mutated inputs and answers in any order.

use asl_engine::StateMachine;
use asl_engine::execution::{Command, Event, Execution, Program, StartOptions, TaskId};
use asl_engine::history::{ErrorOutput, HistoryLevel};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::sync::Arc;

use super::corpus::{self, Sample};
use super::definition::new_value;
use super::{Dice, grammar};

pub(crate) fn execution(dice: &Dice) -> bool {
    let Some((mut driver, mut execution)) = Driver::start(dice, true) else {
        return false;
    };
    for _ in 0..60 {
        if !driver.drive(dice, &mut execution) {
            break;
        }
    }
    true
}

/// Answers tasks, or lets time go on.
pub(crate) struct Driver {
    sample: &'static Sample,
    pub(crate) now: DateTime<Utc>,
    waiting: Vec<TaskId>,
    last_event: u64,
    /// Somebody wrote into the execution: it need not make sense any more.
    pub(crate) is_damaged: bool,
}

impl Driver {
    /// The errors with which tasks fail.
    pub(crate) const ERROR_NAMES: [&str; 8] = [
        "Busy",
        "E",
        "Broken",
        "States.ALL",
        "States.Timeout",
        "States.HeartbeatTimeout",
        "States.Runtime",
        "",
    ];

    /// Starts an execution of a sample; `None` where the mutated definition is refused.
    pub(crate) fn start(dice: &Dice, mutates: bool) -> Option<(Self, Execution)> {
        let samples = corpus::samples();
        let sample = &samples[dice.below(samples.len())];
        let mut definition = sample.definition.clone();
        let mut input = sample.input.clone();
        if mutates {
            for _ in 0..dice.below(4) {
                dice.mutate(&mut definition, &new_value);
            }
            for _ in 0..dice.below(3) {
                dice.mutate(&mut input, &|dice, _| dice.json(3));
            }
        }
        let machine = StateMachine::parse(&definition.to_string()).ok()?;
        Some(Self::of(dice, sample, &machine, input))
    }

    /// Starts an execution of a machine that was made of a sample.
    pub(crate) fn of(dice: &Dice, sample: &'static Sample, machine: &StateMachine, input: Value) -> (Self, Execution) {
        let mut options = StartOptions::new(input);
        options.seed = dice.below(100) as u64;
        options.limits.history_events = if dice.chance(90) { Some(400) } else { None };
        options.limits.work = 3_000_000;
        if dice.chance(30) {
            options.history = HistoryLevel::Off;
        }
        let now = *dice.pick(&[
            &DateTime::UNIX_EPOCH,
            &DateTime::<Utc>::MAX_UTC,
            &DateTime::<Utc>::MIN_UTC,
        ]);
        let execution = Execution::start(Arc::new(Program::compile(machine)), options, now);
        let driver = Self {
            sample,
            now,
            waiting: Vec::new(),
            last_event: 0,
            is_damaged: false,
        };
        (driver, execution)
    }

    /// Carries out what the execution wants, and reports one thing; false where nothing is left to report.
    pub(crate) fn drive(&mut self, dice: &Dice, execution: &mut Execution) -> bool {
        while let Some(command) = execution.poll_command() {
            match command {
                Command::Invoke(task) => self.waiting.push(task.id),
                Command::Cancel(task) => self.waiting.retain(|known| *known != task),
                Command::Record(event) => {
                    assert!(event.id > self.last_event || self.is_damaged, "ids go up");
                    self.last_event = event.id;
                    let _ = event.to_json();
                }
                Command::Complete(outcome) if !self.is_damaged => assert_eq!(execution.outcome(), Some(&outcome)),
                _ => {}
            }
        }
        if !execution.is_running() {
            assert_eq!(execution.next_deadline(), None);
            return false;
        }
        if execution.wants_turn() {
            execution.handle(self.now, Event::Turn);
            return true;
        }
        let is_woken = execution.next_deadline().is_some() || !execution.unanswered_tasks().is_empty();
        assert!(is_woken, "it hangs");
        let event = self.event(dice);
        if matches!(event, Event::DeadlineReached) {
            let Some(deadline) = execution.next_deadline() else {
                return !self.waiting.is_empty();
            };
            self.now = self.now.max(deadline);
        } else {
            let pause = TimeDelta::milliseconds(i64::try_from(dice.below(100_000)).unwrap());
            self.now = self.now.checked_add_signed(pause).unwrap_or(DateTime::<Utc>::MAX_UTC);
        }
        execution.handle(self.now, event);
        true
    }

    fn event(&mut self, dice: &Dice) -> Event {
        if self.waiting.is_empty() || dice.chance(25) {
            return Event::DeadlineReached;
        }
        let task = self.waiting[dice.below(self.waiting.len())];
        match dice.below(16) {
            0 => Event::TaskHeartbeat { task },
            1 => Event::TaskStarted {
                task,
                worker_name: None,
            },
            2 => Event::TaskSubmitted {
                task,
                output: dice.json(3),
            },
            3 if dice.chance(10) => Event::Stop(ErrorOutput::default()),
            4..=7 => Event::TaskFailed {
                task,
                error: ErrorOutput {
                    error: dice.chance(90).then(|| error_name(dice)),
                    cause: dice.chance(50).then(|| grammar::path(dice)),
                },
            },
            _ => Event::TaskSucceeded {
                task,
                raw_result: self.answer(dice),
            },
        }
    }

    /// What the tasks of the sample return.
    pub(crate) fn scripted(&self) -> Vec<&'static Value> {
        let answers = self.sample.answers.iter();
        answers.filter_map(|answer| answer.get("return")).collect()
    }

    fn answer(&self, dice: &Dice) -> Value {
        let scripted = self.scripted();
        if scripted.is_empty() || dice.chance(30) {
            return dice.json(3);
        }
        let mut answer = scripted[dice.below(scripted.len())].clone();
        if dice.chance(30) {
            dice.mutate(&mut answer, &|dice, _| dice.json(2));
        }
        answer
    }
}

fn error_name(dice: &Dice) -> String {
    dice.pick(&Driver::ERROR_NAMES).to_owned()
}
