//! The driver that jumps from deadline to deadline.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::answer::Script;
use super::{Run, Simulation, SimulationError};
use crate::definition::{Resource, ResourceKind};
use crate::execution::{Command, Event, Execution, Task, TaskId};
use crate::history::HistoryEvent;

pub(super) fn run(simulation: &Simulation, input: Value) -> Result<Run, SimulationError> {
    for (i, (task, _)) in simulation.scripts.iter().enumerate() {
        if simulation.scripts.iter().skip(i + 1).any(|(other, _)| other == task) {
            return Err(SimulationError::ScriptedTwice { task: task.clone() });
        }
        let known = |(state, resource): (&str, &Resource)| state == task || is_named(resource, task);
        if !simulation.program.resources().any(known) {
            return Err(SimulationError::UnknownTask { task: task.clone() });
        }
    }
    let mut options = simulation.options.clone();
    options.input = input;
    let execution = Execution::start(Arc::clone(&simulation.program), options, simulation.start);
    let mut driver = Driver {
        execution,
        scripts: simulation.scripts.clone(),
        now: simulation.start,
        answers: BTreeMap::new(),
        asked: 0,
        history: Vec::new(),
    };
    driver.run()?;
    driver.report(simulation.start)
}

struct Driver {
    execution: Execution,
    scripts: Vec<(String, Script)>,
    now: DateTime<Utc>,
    /// What will be answered, by time and then in the order of asking.
    answers: BTreeMap<(DateTime<Utc>, u64), Event>,
    asked: u64,
    history: Vec<HistoryEvent>,
}

impl Driver {
    fn run(&mut self) -> Result<(), SimulationError> {
        loop {
            while let Some(command) = self.execution.poll_command() {
                match command {
                    Command::Invoke(task) => self.answer(task)?,
                    Command::Cancel(task) => self.answers.retain(|_, answer| answered(answer) != Some(task)),
                    Command::Record(event) => self.history.push(event),
                    Command::Complete(_) => return Ok(()),
                }
            }
            let deadline = self.execution.next_deadline();
            let answer = self
                .answers
                .first_entry()
                .filter(|answer| deadline.is_none_or(|at| answer.key().0 <= at));
            match (answer, deadline) {
                (Some(answer), _) => {
                    self.now = self.now.max(answer.key().0);
                    let event = answer.remove();
                    self.execution.handle(self.now, event);
                }
                (None, Some(deadline)) => {
                    self.now = self.now.max(deadline);
                    self.execution.handle(self.now, Event::DeadlineReached);
                }
                (None, None) => {
                    let state = self
                        .execution
                        .unanswered_tasks()
                        .first()
                        .map(|task| task.state.to_string());
                    return Err(SimulationError::Stuck {
                        state: state.unwrap_or_default(),
                    });
                }
            }
        }
    }

    /// Looks up what the script answers to a task, and when.
    fn answer(&mut self, task: Task) -> Result<(), SimulationError> {
        let by_state = self.scripts.iter().position(|(name, _)| **name == *task.state);
        let found = by_state.or_else(|| self.scripts.iter().position(|(name, _)| is_named(&task.resource, name)));
        let script = found.and_then(|i| self.scripts.get_mut(i));
        let Some(answer) = script.and_then(|(_, script)| script.next(&task.input)) else {
            return Err(SimulationError::MissingAnswer {
                state: task.state.to_string(),
                resource: task.resource.to_string(),
                input: task.input.to_string(),
            });
        };
        let event = match answer.result {
            None => return Ok(()),
            Some(Ok(output)) => Event::TaskSucceeded { task: task.id, output },
            Some(Err(error)) => Event::TaskFailed {
                task: task.id,
                error: error.into(),
            },
        };
        let after = TimeDelta::from_std(answer.after).unwrap_or(TimeDelta::MAX);
        let at = self.now.checked_add_signed(after).unwrap_or(DateTime::<Utc>::MAX_UTC);
        self.answers.insert((at, self.asked), event);
        self.asked += 1;
        Ok(())
    }

    fn report(self, start: DateTime<Utc>) -> Result<Run, SimulationError> {
        let Some(outcome) = self.execution.outcome().cloned() else {
            return Err(SimulationError::Stuck { state: String::new() });
        };
        if let Some((task, script)) = self.scripts.iter().find(|(_, script)| script.left_over() > 0) {
            return Err(SimulationError::LeftOverAnswers {
                task: task.clone(),
                count: script.left_over(),
                status: outcome.status(),
            });
        }
        if let Some((task, _)) = self.scripts.iter().find(|(_, script)| script.is_unused()) {
            return Err(SimulationError::UnusedFunction {
                task: task.clone(),
                status: outcome.status(),
            });
        }
        let elapsed = (self.now - start).to_std().unwrap_or(Duration::ZERO);
        Ok(Run {
            outcome,
            elapsed,
            history: self.history,
        })
    }
}

fn answered(event: &Event) -> Option<TaskId> {
    match event {
        Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => Some(*task),
        _ => None,
    }
}

/// Whether a script's name is the resource's ARN, or the function's name at its end.
fn is_named(resource: &Resource, name: &str) -> bool {
    let function = || resource.arn().split(':').nth(6);
    resource.arn() == name || (*resource.kind() == ResourceKind::LambdaFunction && function() == Some(name))
}
