//! Answers tasks: from scripts, earlier answers or other executions, each at its time.

use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::{Beats, Driver, ROOT, after, stuck};
use crate::execution::{Event, Task};
use crate::services::step_functions::Operation;
use crate::simulation::answer::{Answer, End};
use crate::simulation::call::Call;
use crate::simulation::functions::is_function_of;
use crate::simulation::{SimulationError, Unknown};

/// So many heartbeats of one answer are all sent.
const FEW_BEATS: u32 = 1_000;

impl Driver<'_> {
    pub(super) fn invoke(
        &mut self,
        id: usize,
        task: Task,
        polled: &mut VecDeque<usize>,
    ) -> Result<(), SimulationError> {
        if let Some(token) = &task.request.token {
            self.tokens.insert(token.clone(), (id, task.id));
        }
        let call = self.call(id, &task);
        if let Some(fault) = self.simulation.faults.iter().find(|fault| fault.strikes(&call)) {
            return self.answer(call, &task, fault.answer());
        }
        let recorded = self.simulation.recorded.as_ref();
        if let Some(answer) = recorded.and_then(|recorded| recorded.first(&call)) {
            if let Some(script) = self.script_of(&task).filter(|_| self.simulation.unknown.ends()) {
                // It takes the place of the scripted one.
                let script = self.scripts.0.get_mut(script);
                script.and_then(|(_, script)| script.next(&call));
            }
            return self.answer(call, &task, answer);
        }
        if let Some(script) = self.script_of(&task) {
            let script = self.scripts.0.get_mut(script);
            let scripted = script.and_then(|(_, script)| script.next(&call));
            let answer = scripted.or_else(|| recorded?.last(&call));
            return match answer {
                Some(answer) => self.answer(call, &task, answer),
                None if self.simulation.unknown != Unknown::Refused => self.unknown(call, &task),
                None => Err(missing_answer(&call)),
            };
        }
        if let Some(answer) = recorded.and_then(|recorded| recorded.last(&call)) {
            return self.answer(call, &task, answer);
        }
        if let Some(answer) = self.simulation.functions.answer(&call) {
            return self.answer(call, &task, answer);
        }
        let input = &task.request.effective_input;
        if let Some(answer) = self.doubles.answer(&task.resource, input, self.now) {
            let event = match answer {
                Ok(raw_result) => Event::TaskSucceeded {
                    task: task.id,
                    raw_result,
                },
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
        let Some(operation) = operation else {
            return match self.simulation.otherwise.clone() {
                Some(answer) => self.answer(call, &task, answer),
                None if self.simulation.unknown != Unknown::Refused => self.unknown(call, &task),
                None => Err(missing_answer(&call)),
            };
        };
        self.calls.push(call);
        self.call_service(id, &task, operation, polled);
        Ok(())
    }

    /// An attempt as far as it is known.
    fn call(&mut self, id: usize, task: &Task) -> Call {
        let asked = self.members.get_mut(&id).map(|member| {
            member.observe();
            member.observer.asked(task.id)
        });
        let asked = asked.unwrap_or_default();
        Call {
            state: Arc::clone(&task.state),
            pointer: asked.pointer,
            resource: task.resource.clone(),
            request: Arc::clone(&task.request),
            visit: asked.number,
            attempt: asked.attempt,
            iterations: asked.iterations,
            asked: self.elapsed(),
            answer: None,
            round: asked.round,
            nth: asked.nth,
            member: id,
        }
    }

    /// The index of the script that answers a task. A script for its state goes first, then one for its function, then
    /// one for its resource.
    fn script_of(&self, task: &Task) -> Option<usize> {
        let scripts = &self.scripts.0;
        let input = &task.request.effective_input;
        let by_state = scripts.iter().position(|(name, _)| **name == *task.state);
        by_state
            .or_else(|| {
                let is_it = |(name, _): &(String, _)| is_function_of(&task.resource, input, name);
                scripts.iter().position(is_it)
            })
            .or_else(|| scripts.iter().position(|(name, _)| task.resource.arn() == name))
    }

    /// A call of a replay whose answer nobody knows: it fails; in the debugger the run ends there.
    fn unknown(&mut self, mut call: Call, task: &Task) -> Result<(), SimulationError> {
        if !self.simulation.unknown.ends() {
            return self.answer(call, task, Answer::not_recorded());
        }
        call.answer = Some(Answer::not_recorded());
        self.calls.push(call);
        self.send(self.now, ROOT, Event::Stop(stuck()));
        Ok(())
    }

    /// Schedules a task's answer.
    fn answer(&mut self, mut call: Call, task: &Task, answer: Answer) -> Result<(), SimulationError> {
        let id = call.member;
        let answer = answer.sent_by(&task.resource);
        let beat = beat_of(task, &answer)?;
        if let Some(worker) = &answer.worker {
            let worker_name = worker.name.clone();
            self.send(
                self.now,
                id,
                Event::TaskStarted {
                    task: task.id,
                    worker_name,
                },
            );
        }
        if let Some(output) = answer.first_output() {
            self.send(self.now, id, Event::TaskSubmitted { task: task.id, output });
        }
        if let Some(every) = beat.and_then(|every| needed(every, task, &answer)) {
            let until = answer
                .beats_for
                .map_or(DateTime::<Utc>::MAX_UTC, |time| after(self.now, time));
            let first = after(self.now, every);
            if first <= until {
                self.beats.insert((id, task.id), Beats { every, until });
                self.send(first, id, Event::TaskHeartbeat { task: task.id });
            }
        }
        let event = match answer.end.clone() {
            End::Success(raw_result) => Some(Event::TaskSucceeded {
                task: task.id,
                raw_result,
            }),
            End::Error(error) => Some(Event::TaskFailed { task: task.id, error }),
            End::Never | End::Timeout | End::HeartbeatLoss => None,
        };
        if let Some(event) = event {
            let earliest = after(self.simulation.start, answer.not_before);
            let at = after(self.now, answer.after).max(earliest);
            self.send(at.min(self.latest(task, &answer)), id, event);
        }
        self.call_of.insert((id, task.id), self.calls.len());
        call.answer = Some(answer);
        self.calls.push(call);
        Ok(())
    }

    /// The latest time of a recorded answer: on AWS it came in time, even if the state was entered slightly later
    /// there.
    fn latest(&self, task: &Task, answer: &Answer) -> DateTime<Utc> {
        let is_recorded = !answer.not_before.is_zero();
        match task.request.timeout_seconds.filter(|_| is_recorded) {
            Some(seconds) => after(self.now, Duration::from_secs(seconds.into())) - TimeDelta::milliseconds(1),
            None => DateTime::<Utc>::MAX_UTC,
        }
    }
}

/// The time between an answer's heartbeats. Errors if the task cannot end as scripted.
fn beat_of(task: &Task, answer: &Answer) -> Result<Option<Duration>, SimulationError> {
    let state = || task.state.to_string();
    let heartbeat = task.request.awaited_heartbeat(&task.resource);
    if answer.is_callback && task.request.token.is_none() {
        return Err(SimulationError::NoToken { state: state() });
    }
    match answer.end {
        End::Timeout => {
            let Some(timeout) = task.request.timeout_seconds else {
                return Err(SimulationError::NoTimeout { state: state() });
            };
            let needs_beats = |seconds: &u32| *seconds <= timeout;
            Ok(heartbeat
                .filter(needs_beats)
                .map(|seconds| Duration::from_secs(seconds.into()) / 2))
        }
        End::HeartbeatLoss if heartbeat.is_none() => Err(SimulationError::NoHeartbeat { state: state() }),
        _ => Ok(answer.beat),
    }
}

/// The interval of the heartbeats that matter: of very many, only those that come just before they would be missed; none
/// if the task waits for none.
fn needed(every: Duration, task: &Task, answer: &Answer) -> Option<Duration> {
    let ends_after = match answer.end {
        End::Success(_) | End::Error(_) => Some(answer.after),
        End::Timeout => task
            .request
            .timeout_seconds
            .map(|seconds| Duration::from_secs(seconds.into())),
        End::Never | End::HeartbeatLoss => answer.beats_for,
    };
    let are_few = ends_after.is_some_and(|time| time <= every.saturating_mul(FEW_BEATS));
    if are_few || every.is_zero() {
        return Some(every);
    }
    let heartbeat = Duration::from_secs(task.request.awaited_heartbeat(&task.resource)?.into());
    let every = match answer.end {
        // Nobody has scripted an interval.
        End::Timeout => Duration::from_millis(1),
        _ => every,
    };
    let beats = heartbeat.saturating_sub(Duration::from_nanos(1)).as_nanos() / every.as_nanos();
    Some(every.saturating_mul(u32::try_from(beats).unwrap_or(u32::MAX).max(1)))
}

fn missing_answer(call: &Call) -> SimulationError {
    SimulationError::MissingAnswer {
        state: call.state.to_string(),
        resource: call.resource.to_string(),
        effective_input: call.request.effective_input.to_string(),
        visit: call.visit,
        attempt: call.attempt,
    }
}
