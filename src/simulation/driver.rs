//! The driver that jumps from deadline to deadline.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::answer::Script;
use super::nested::Member;
use super::{Run, Simulation, SimulationError};
use crate::definition::{Resource, ResourceKind};
use crate::execution::{Command, Event, Execution, MapRunLog, Outcome, Task, TaskId};
use crate::services::s3::{Objects, S3Action};
use crate::services::step_functions::{ClosedNames, Operation};

/// The execution that the simulation is about; the others are started by it.
const ROOT: usize = 0;

pub(super) fn run(simulation: &Simulation, input: Value) -> Result<Run, SimulationError> {
    for (i, (task, _)) in simulation.scripts.iter().enumerate() {
        if simulation.scripts.iter().skip(i + 1).any(|(other, _)| other == task) {
            return Err(SimulationError::ScriptedTwice { task: task.clone() });
        }
        let known = |(state, resource): (&str, &Resource)| state == task || is_named(resource, task);
        let children = simulation.state_machines.iter().map(|(_, program)| program);
        let mut programs = std::iter::once(&simulation.program).chain(children);
        if !programs.any(|program| program.resources().any(known)) {
            return Err(SimulationError::UnknownTask { task: task.clone() });
        }
    }
    let mut options = simulation.options.clone();
    options.input = input;
    let execution = Execution::start(Arc::clone(&simulation.program), options, simulation.start);
    let mut driver = Driver {
        simulation,
        members: BTreeMap::from([(ROOT, Member::root(execution))]),
        deadlines: BTreeSet::new(),
        started: 0,
        scripts: simulation.scripts.clone(),
        now: simulation.start,
        answers: BTreeMap::new(),
        asked: 0,
        answered: HashMap::new(),
        awaited: HashMap::new(),
        tokens: HashMap::new(),
        closed_names: ClosedNames::default(),
        map_runs: MapRunLog::default(),
        objects: simulation.objects.clone(),
    };
    let outcome = driver.run()?;
    driver.report(outcome)
}

pub(super) struct Driver<'s> {
    pub(super) simulation: &'s Simulation,
    /// The executions that run, by the order of their starts.
    pub(super) members: BTreeMap<usize, Member>,
    /// When which execution wants to be woken.
    pub(super) deadlines: BTreeSet<(DateTime<Utc>, usize)>,
    /// How many executions were started by others.
    pub(super) started: usize,
    scripts: Vec<(String, Script)>,
    pub(super) now: DateTime<Utc>,
    /// What will be answered to which execution, by time and then in the order of asking.
    pub(super) answers: BTreeMap<(DateTime<Utc>, u64), (usize, Event)>,
    asked: u64,
    /// When which task is answered.
    answered: HashMap<(usize, TaskId), (DateTime<Utc>, u64)>,
    /// Which execution a task waits for.
    pub(super) awaited: HashMap<(usize, TaskId), usize>,
    /// Every task token that was given out.
    pub(super) tokens: HashMap<String, (usize, TaskId)>,
    pub(super) closed_names: ClosedNames,
    /// The Map Runs of the execution that the simulation is about.
    map_runs: MapRunLog,
    objects: Objects,
}

impl Driver<'_> {
    fn run(&mut self) -> Result<Outcome, SimulationError> {
        let mut polled = VecDeque::from([ROOT]);
        loop {
            while let Some(id) = polled.pop_front() {
                if let Some(outcome) = self.carry_out(id, &mut polled)? {
                    return Ok(outcome);
                }
            }
            polled.push_back(self.next_event()?);
        }
    }

    /// Carries the commands of an execution out; how the one that the simulation is about has ended.
    fn carry_out(&mut self, id: usize, polled: &mut VecDeque<usize>) -> Result<Option<Outcome>, SimulationError> {
        while let Some(member) = self.members.get_mut(&id) {
            match member.execution.poll_command() {
                Some(Command::Invoke(task)) => self.invoke(id, task, polled)?,
                Some(Command::Cancel(task)) => self.cancel(id, task, polled),
                Some(Command::Record(event)) => member.history.push(event),
                Some(Command::RecordChild(event)) if id == ROOT => self.map_runs.record(*event),
                Some(Command::MapRun(map_run)) if id == ROOT => self.map_runs.update(*map_run),
                // What others have started is not reported.
                Some(Command::RecordChild(_) | Command::MapRun(_)) => {}
                Some(Command::Complete(outcome)) if id == ROOT => return Ok(Some(outcome)),
                Some(Command::Complete(outcome)) => self.child_ended(id, &outcome),
                None => break,
            }
        }
        self.arm(id);
        Ok(None)
    }

    /// Takes the next deadline of an execution down.
    fn arm(&mut self, id: usize) {
        let Some(member) = self.members.get_mut(&id) else {
            return;
        };
        let deadline = member.execution.next_deadline();
        if deadline != member.armed {
            if let Some(at) = member.armed {
                self.deadlines.remove(&(at, id));
            }
            self.deadlines.extend(deadline.map(|at| (at, id)));
            member.armed = deadline;
        }
    }

    /// Lets the next thing happen; to which execution.
    fn next_event(&mut self) -> Result<usize, SimulationError> {
        let deadline = self.deadlines.first().copied();
        let answer = self
            .answers
            .first_entry()
            .filter(|answer| deadline.is_none_or(|(at, _)| answer.key().0 <= at));
        let (at, id, event) = match (answer, deadline) {
            (Some(answer), _) => {
                let ((at, _), (id, event)) = answer.remove_entry();
                if let Some(task) = answered(&event) {
                    self.answered.remove(&(id, task));
                }
                (at, id, event)
            }
            (None, Some((at, id))) => (at, id, Event::DeadlineReached),
            (None, None) => return Err(self.stuck()),
        };
        self.now = self.now.max(at);
        if let Some(member) = self.members.get_mut(&id) {
            member.execution.handle(self.now, event);
        }
        Ok(id)
    }

    fn stuck(&mut self) -> SimulationError {
        let tasks = self
            .members
            .values_mut()
            .flat_map(|member| member.execution.unanswered_tasks());
        // Those that were started last are waited for by the others.
        let state = tasks.last().map(|task| task.state.to_string());
        SimulationError::Stuck {
            state: state.unwrap_or_default(),
        }
    }

    fn invoke(&mut self, id: usize, task: Task, polled: &mut VecDeque<usize>) -> Result<(), SimulationError> {
        if let Some(token) = &task.token {
            self.tokens.insert(token.clone(), (id, task.id));
        }
        if let Some(i) = self.script_of(&task) {
            return self.answer(id, task, i);
        }
        if let Some(action) = S3Action::of(&task.resource).filter(|_| self.simulation.has_objects) {
            let event = match self.objects.answer(action, &task.input, self.now) {
                Ok(output) => Event::TaskSucceeded { task: task.id, output },
                Err(error) => Event::TaskFailed {
                    task: task.id,
                    error: error.into(),
                },
            };
            self.send(self.now, id, event);
            return Ok(());
        }
        let operation = Operation::of(&task.resource)
            .filter(|operation| !operation.starts_executions() || !self.simulation.state_machines.is_empty());
        match operation {
            Some(operation) => self.call(id, &task, operation, polled),
            None => return Err(missing_answer(&task)),
        }
        Ok(())
    }

    /// The place of the script that answers a task; one of its state goes first.
    fn script_of(&self, task: &Task) -> Option<usize> {
        let by_state = self.scripts.iter().position(|(name, _)| **name == *task.state);
        by_state.or_else(|| self.scripts.iter().position(|(name, _)| is_named(&task.resource, name)))
    }

    /// Looks up what the script answers to a task, and when.
    fn answer(&mut self, id: usize, task: Task, script: usize) -> Result<(), SimulationError> {
        let script = self.scripts.get_mut(script);
        let Some(answer) = script.and_then(|(_, script)| script.next(&task.input)) else {
            return Err(missing_answer(&task));
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
        self.send(at, id, event);
        Ok(())
    }

    /// Lets an event happen then.
    pub(super) fn send(&mut self, at: DateTime<Utc>, id: usize, event: Event) {
        if let Some(task) = answered(&event) {
            self.answered.insert((id, task), (at, self.asked));
        }
        self.answers.insert((at, self.asked), (id, event));
        self.asked += 1;
    }

    fn cancel(&mut self, id: usize, task: TaskId, polled: &mut VecDeque<usize>) {
        if let Some(answer) = self.answered.remove(&(id, task)) {
            self.answers.remove(&answer);
        }
        self.stop_child(id, task, polled);
    }

    fn report(mut self, outcome: Outcome) -> Result<Run, SimulationError> {
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
        let elapsed = (self.now - self.simulation.start).to_std().unwrap_or(Duration::ZERO);
        let root = self.members.remove(&ROOT);
        Ok(Run {
            outcome,
            elapsed,
            history: root.map(|root| root.history).unwrap_or_default(),
            map_runs: self.map_runs,
            objects: self.objects,
        })
    }
}

fn missing_answer(task: &Task) -> SimulationError {
    SimulationError::MissingAnswer {
        state: task.state.to_string(),
        resource: task.resource.to_string(),
        input: task.input.to_string(),
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
