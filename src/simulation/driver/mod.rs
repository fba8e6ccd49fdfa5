//! The driver that jumps from deadline to deadline.

mod moments;
mod nested;
mod redrives;
mod tasks;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::call::Call;
use super::functions::invokes;
use super::moment::Moment;
use super::observer::Observer;
use super::run::{ExecutionRun, Run};
use super::script::Scripts;
use super::{Simulation, SimulationError, Unknown};
use crate::definition::Resource;
use crate::execution::{Command, Event, Execution, MapRunLog, Outcome, Program, Task, TaskId};
use crate::history::ErrorOutput;
use crate::services::Doubles;
use crate::services::step_functions::ClosedNames;

use nested::Member;
use redrives::Redrives;

/// The simulated execution; it starts all others.
pub(super) const ROOT: usize = 0;

/// The most Task states that an error lists.
const MOST_KNOWN: usize = 20;

/// So many heartbeats in a row end the run with an error: it would take too long to wait for what comes after them.
const MOST_BEATS: usize = 200_000;

/// Runs an execution to its end; with an error if answers are left over then.
pub(super) fn run(simulation: &Simulation, input: Value) -> Result<(Run, Option<SimulationError>), SimulationError> {
    let scripts = Scripts::of(&simulation.parts)?;
    let children = simulation.state_machines.iter().map(|(_, program)| program);
    let programs: Vec<_> = std::iter::once(&simulation.program).chain(children).collect();
    for (task, _) in &scripts.0 {
        let known = |(state, resource): (&str, &Resource)| state == task || resource.arn() == task;
        let resources = || programs.iter().flat_map(|program| program.resources());
        if !resources().any(known) && !programs.iter().any(|program| invokes(program, task)) {
            let states = resources().map(|(state, _)| state.to_owned());
            return Err(SimulationError::UnknownTask {
                task: task.clone(),
                known: states.take(MOST_KNOWN).collect(),
            });
        }
    }
    simulation.functions.check(&programs)?;
    let mut options = simulation.options.clone();
    options.input = simulation.program.payload(input);
    options.is_traced = true;
    let execution = Execution::start(Arc::clone(&simulation.program), options, simulation.start);
    let observer = observer(simulation, &simulation.program, simulation.start);
    let mut driver = Driver {
        simulation,
        members: BTreeMap::from([(ROOT, Member::root(execution, observer))]),
        deadlines: BTreeSet::new(),
        started: 0,
        scripts,
        now: simulation.start,
        answers: BTreeMap::new(),
        asked: 0,
        answered: HashMap::new(),
        beats: HashMap::new(),
        beats_in_a_row: 0,
        awaited: HashMap::new(),
        tokens: HashMap::new(),
        closed_names: ClosedNames::default(),
        map_runs: MapRunLog::default(),
        doubles: simulation.doubles.clone(),
        calls: Vec::new(),
        call_of: HashMap::new(),
        moments: vec![Moment::start()],
        ended: Vec::new(),
        redrives: Redrives::default(),
    };
    if let Some((time, error)) = &simulation.stop {
        driver.send(after(simulation.start, *time), ROOT, Event::Stop(error.clone()));
    }
    let outcome = driver.run()?;
    let left_over = driver.left_over(outcome.status());
    let run = driver.report(outcome)?;
    if left_over.is_none() {
        for coverage in &simulation.coverage {
            coverage.add(&run);
        }
    }
    Ok((run, left_over))
}

/// The observers of one execution.
fn observer(simulation: &Simulation, program: &Arc<Program>, start: DateTime<Utc>) -> Observer {
    let keeps = simulation.keeps_visits();
    let since = if start < simulation.start {
        start
    } else {
        simulation.start
    };
    Observer::new(Arc::clone(program), since, keeps)
}

/// The heartbeats of a task.
#[derive(Debug, Clone, Copy)]
struct Beats {
    every: Duration,
    until: DateTime<Utc>,
}

struct Driver<'s> {
    simulation: &'s Simulation,
    /// The running executions, in the order of their starts.
    members: BTreeMap<usize, Member>,
    /// The deadlines of the executions.
    deadlines: BTreeSet<(DateTime<Utc>, usize)>,
    /// The number of executions that others started.
    started: usize,
    scripts: Scripts,
    now: DateTime<Utc>,
    /// The answers to come, by time and then by the order of their requests.
    answers: BTreeMap<(DateTime<Utc>, u64), (usize, Event)>,
    asked: u64,
    /// The time of each task's answer.
    answered: HashMap<(usize, TaskId), (DateTime<Utc>, u64)>,
    /// The tasks that send heartbeats, with their intervals.
    beats: HashMap<(usize, TaskId), Beats>,
    beats_in_a_row: usize,
    /// The execution that each task waits for.
    awaited: HashMap<(usize, TaskId), usize>,
    /// Every task token handed out.
    tokens: HashMap<String, (usize, TaskId)>,
    closed_names: ClosedNames,
    /// The Map Runs of the simulated execution.
    map_runs: MapRunLog,
    doubles: Doubles,
    /// The calls so far.
    calls: Vec<Call>,
    /// The call of each waiting task.
    call_of: HashMap<(usize, TaskId), usize>,
    moments: Vec<Moment>,
    /// The ended executions that others had started.
    ended: Vec<ExecutionRun>,
    redrives: Redrives,
}

impl Driver<'_> {
    fn run(&mut self) -> Result<Outcome, SimulationError> {
        let mut polled = VecDeque::from([ROOT]);
        loop {
            while let Some(id) = polled.pop_front() {
                if let Some(outcome) = self.carry_out(id, &mut polled)?
                    && !self.plans_redrive()
                {
                    self.moment_ends();
                    return Ok(outcome);
                }
            }
            self.moment_ends();
            polled.push_back(self.next_event()?);
        }
    }

    /// Carries out an execution's commands; returns the outcome of the simulated execution once it has ended.
    fn carry_out(&mut self, id: usize, polled: &mut VecDeque<usize>) -> Result<Option<Outcome>, SimulationError> {
        while let Some(member) = self.members.get_mut(&id) {
            match member.execution.poll_command() {
                Some(Command::Invoke(task)) => self.invoke(id, task, polled)?,
                Some(Command::Cancel(task)) => self.cancel(id, task, polled),
                Some(Command::Record(event)) => {
                    member.history.push(event);
                    // The trace is taken together with the history, so it cannot grow beyond the history's limit.
                    member.observe();
                }
                Some(Command::RecordChild(event)) if id == ROOT => self.map_runs.record(*event),
                Some(Command::MapRun(map_run)) if id == ROOT => self.map_runs.update(*map_run),
                // Map Runs of executions that others started are not reported. Child executions run inside their execution.
                Some(Command::RecordChild(_) | Command::MapRun(_) | Command::StartChild(_)) => {}
                Some(Command::Complete(outcome)) if id == ROOT => return Ok(Some(outcome)),
                Some(Command::Complete(outcome)) => self.child_ended(id, &outcome),
                // Nobody waits for a turn of their own in virtual time.
                None if member.execution.wants_turn() => member.execution.handle(self.now, Event::Turn),
                None => break,
            }
        }
        self.arm(id);
        Ok(None)
    }

    /// Notes the next deadline of an execution.
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

    /// Delivers the next event; returns the execution that got it.
    fn next_event(&mut self) -> Result<usize, SimulationError> {
        loop {
            if self.redrives_next() {
                return Ok(ROOT);
            }
            let (at, id, event) = self.next_due()?;
            if let Event::TaskHeartbeat { task } = event {
                // Heartbeats scripted by an answer repeat; those sent by other executions come once.
                let due = (id, task);
                self.beats_in_a_row += 1;
                if let Some(beats) = self.beats.get(&due).copied() {
                    if self.beats_in_a_row > MOST_BEATS {
                        return Err(self.only_heartbeats());
                    }
                    let next = after(at, beats.every);
                    if next <= beats.until {
                        self.send(next, id, Event::TaskHeartbeat { task });
                    }
                } else if !self.answered_by_token(due) {
                    continue;
                }
            } else {
                self.beats_in_a_row = 0;
            }
            self.now = self.now.max(at);
            self.moment_begins(id, &event);
            if let Some(member) = self.members.get_mut(&id) {
                member.execution.handle(self.now, event);
            }
            return Ok(id);
        }
    }

    fn next_due(&mut self) -> Result<(DateTime<Utc>, usize, Event), SimulationError> {
        let deadline = self.deadlines.first().copied();
        let answer = self
            .answers
            .first_entry()
            .filter(|answer| deadline.is_none_or(|(at, _)| answer.key().0 <= at));
        match (answer, deadline) {
            (Some(answer), _) => {
                let ((at, _), (id, event)) = answer.remove_entry();
                if let Some(task) = answered(&event) {
                    self.answered.remove(&(id, task));
                    self.beats.remove(&(id, task));
                }
                Ok((at, id, event))
            }
            (None, Some((at, id))) => Ok((at, id, Event::DeadlineReached)),
            (None, None) if self.simulation.unknown != Unknown::Refused => Ok((self.now, ROOT, Event::Stop(stuck()))),
            (None, None) => Err(self.stuck()),
        }
    }

    /// Whether a task has a token, so a heartbeat may have been sent by it.
    fn answered_by_token(&self, due: (usize, TaskId)) -> bool {
        self.tokens.values().any(|holder| *holder == due)
    }

    fn stuck(&mut self) -> SimulationError {
        let tasks = self
            .members
            .values_mut()
            .flat_map(|member| member.execution.unanswered_tasks());
        // The latest starts go first: the earlier executions wait for them.
        let state = tasks.last().map(|task| task.state.to_string());
        SimulationError::Stuck {
            state: state.unwrap_or_default(),
        }
    }

    /// The error after too many heartbeats in a row.
    fn only_heartbeats(&mut self) -> SimulationError {
        let (beats, answered) = (&self.beats, &self.answered);
        let members = self.members.iter_mut();
        let tasks =
            members.flat_map(|(id, member)| member.execution.unanswered_tasks().into_iter().map(|task| (*id, task)));
        let beating: Vec<_> = tasks.filter(|(id, task)| beats.contains_key(&(*id, task.id))).collect();
        let is_endless = |(id, task): &&(usize, Task)| {
            task.request.timeout_seconds.is_none() && !answered.contains_key(&(*id, task.id))
        };
        let state = |(_, task): &(usize, Task)| task.state.to_string();
        match beating.iter().find(is_endless) {
            Some(task) => SimulationError::Stuck { state: state(task) },
            None => SimulationError::OnlyHeartbeats {
                state: beating.first().map(state).unwrap_or_default(),
                count: MOST_BEATS,
            },
        }
    }

    /// Schedules an event.
    fn send(&mut self, at: DateTime<Utc>, id: usize, event: Event) {
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
        self.beats.remove(&(id, task));
        self.stop_child(id, task, polled);
    }

    fn elapsed(&self) -> Duration {
        (self.now - self.simulation.start).to_std().unwrap_or(Duration::ZERO)
    }

    /// The error if answers are left over at the end.
    fn left_over(&self, status: &'static str) -> Option<SimulationError> {
        if self.simulation.allows_left_over {
            return None;
        }
        let scripts = &self.scripts.0;
        if let Some((task, script)) = scripts.iter().find(|(_, script)| script.left_over() > 0) {
            return Some(SimulationError::LeftOverAnswers {
                task: task.clone(),
                count: script.left_over(),
                status,
                failure: None,
            });
        }
        let (task, _) = scripts.iter().find(|(_, script)| script.is_unused())?;
        Some(SimulationError::UnusedFunction {
            task: task.clone(),
            status,
            failure: None,
        })
    }

    fn report(mut self, outcome: Outcome) -> Result<Run, SimulationError> {
        let elapsed = self.elapsed();
        let mut children = std::mem::take(&mut self.ended);
        let mut root = None;
        for (id, mut member) in std::mem::take(&mut self.members) {
            member.observe();
            if id == ROOT {
                root = Some(member.into_run(Some(outcome.clone())));
            } else {
                children.push(member.into_run(None));
            }
        }
        let Some(root) = root else { return Err(self.stuck()) };
        Ok(Run {
            outcome,
            elapsed,
            root,
            children,
            map_runs: self.map_runs,
            doubles: self.doubles,
            calls: self.calls,
            first_moment: Moment::start(),
            moments: self.moments,
            simulation: Arc::new(self.simulation.clone()),
        })
    }
}

fn after(at: DateTime<Utc>, time: Duration) -> DateTime<Utc> {
    let time = TimeDelta::from_std(time).unwrap_or(TimeDelta::MAX);
    at.checked_add_signed(time).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// Why a replay is stopped that would wait for ever.
fn stuck() -> ErrorOutput {
    ErrorOutput {
        error: Some("Replay.Stuck".to_owned()),
        cause: Some("nothing more was recorded, and the execution waits".to_owned()),
    }
}

fn answered(event: &Event) -> Option<TaskId> {
    match event {
        Event::TaskSucceeded { task, .. } | Event::TaskFailed { task, .. } => Some(*task),
        _ => None,
    }
}
