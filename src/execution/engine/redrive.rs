//! Redrives: an execution that did not succeed goes on with the states that did not (developer guide, "Restarting state
//! machine executions with redrive").
//!
//! The frames of such an execution are kept as they were: what succeeded inside a Parallel or Map has its result in
//! them, and everything else starts anew with the raw input of its state and with all its retries.

use std::sync::Arc;

use super::Engine;
use crate::definition::State;
use crate::execution::core::{Activity, Child, Core, Frame, MapRunProgress, Stage, deadline};
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::MapRunStatus;
use crate::execution::not_redrivable::NotRedrivable;
use crate::execution::outcome::Outcome;
use crate::execution::program::{GraphId, Program};
use crate::execution::time::Timestamp;
use crate::execution::trace::{Trace, Traced};
use crate::execution::variables;
use crate::history::EventDetails;

/// The most redrives (developer guide, "Quotas").
const MOST_REDRIVES: u32 = 1_000;

/// The events for which a redrive needs room: `ExecutionRedriven` and what comes of it.
const EVENTS: u64 = 2;

impl Core {
    /// Whether the execution can be redriven at a time.
    pub(in crate::execution) fn check_redrivable(&self, now: Timestamp) -> Result<(), NotRedrivable> {
        match self.outcome.as_deref() {
            None => return Err(NotRedrivable::Running),
            Some(Outcome::Succeeded { .. }) => return Err(NotRedrivable::Succeeded),
            Some(_) => {}
        }
        if self.execution.is_express() {
            Err(NotRedrivable::Express)
        } else if self.remains.is_none() {
            Err(NotRedrivable::NotKept)
        } else if self.recorder.count().saturating_add(EVENTS) > self.recorder.limit() {
            Err(NotRedrivable::TooManyEvents)
        } else if now - self.now > NotRedrivable::PERIOD {
            Err(NotRedrivable::PeriodExceeded)
        } else if self.execution.redrive_count.unwrap_or(0) >= MOST_REDRIVES {
            Err(NotRedrivable::TooManyRedrives)
        } else {
            Ok(())
        }
    }

    /// Counts a redrive: from now on the execution runs.
    fn count_redrive(&mut self, timeout_seconds: Option<u32>, now: Timestamp) -> u32 {
        self.now = self.now.max(now);
        self.outcome = None;
        let count = self.execution.redrive_count.unwrap_or(0).saturating_add(1);
        self.execution.redrive_count = Some(count);
        self.execution.redrive_time = Some(self.now);
        self.deadline = deadline(timeout_seconds, self.execution.is_express(), self.now);
        if let Some(spans) = &mut self.spans {
            spans.redrive = count;
        }
        count
    }

    /// Puts the frames that are left back to work, in the order of their states; `previous` is the redrive's event.
    /// False if there is none, so that the execution starts over.
    fn revive(&mut self, program: &Program, previous: u64) -> bool {
        self.frames = *self.remains.take().unwrap_or_default();
        self.frames.renumber();
        let keys = self.frames.root_first();
        self.variable_bytes = 0;
        for key in &keys {
            self.revive_frame(*key, program, previous);
        }
        self.frames.count_again();
        !keys.is_empty()
    }

    fn revive_frame(&mut self, key: FrameKey, program: &Program, previous: u64) {
        let Some(frame) = self.frames.get_mut(key) else { return };
        frame.last_event = previous;
        frame.retry_count = 0;
        frame.retries.clear();
        self.variable_bytes += frame.variables.as_deref().map_or(0, variables::size);
        // That of a damaged snapshot may not exist.
        let state = program.has_state(frame.state).then(|| &program.node(frame.state).state);
        let has_work = matches!(state, Some(State::Task(_) | State::Parallel(_) | State::Map(_)));
        let next = match frame.activity() {
            Activity::Entering | Activity::Fork(_) | Activity::EndedMapRun(_) => None,
            _ if has_work => Some(Activity::Redriving),
            _ => Some(Activity::Entering),
        };
        if let Some(next) = next {
            // INVARIANT: it exists, as it was found above.
            let _ = self.frames.set_activity(key, next);
        }
        let Some(frame) = self.frames.get(key) else { return };
        let is_ready = frame.fork().is_none_or(|fork| fork.running.is_empty());
        if let Some(trace) = &mut self.trace {
            trace_redriven(trace, key, frame, self.now);
        }
        if let Some(spans) = &mut self.spans
            && !matches!(frame.activity(), Activity::Entering)
        {
            spans.begin_state(key, self.now);
        }
        if is_ready {
            self.ready.push_back(key);
        }
    }

    /// The execution as it would be if it were redriven now, so that a snapshot of what is left can be checked.
    pub(in crate::execution) fn as_redriven(&self, program: &Program, timeout_seconds: Option<u32>) -> Option<Self> {
        let mut redriven = self.clone();
        redriven.count_redrive(timeout_seconds, self.now);
        redriven.revive(program, 0).then_some(redriven)
    }
}

impl Engine<'_> {
    /// Redrives the machine itself, or the child execution that runs a graph.
    pub(in crate::execution) fn redrive(&mut self, graph: GraphId, timeout_seconds: Option<u32>, now: Timestamp) {
        let ended = self.core.recorder.count();
        let redrive_count = self.core.count_redrive(timeout_seconds, now);
        let redriven = self
            .core
            .record(ended, || EventDetails::ExecutionRedriven { redrive_count });
        if self.core.revive(self.program, redriven) {
            self.turn(|engine| {
                engine.run()?;
                engine.goes_on()
            });
        } else {
            self.begin(graph, redriven);
        }
    }

    /// Goes on with a Map Run that did not succeed: with its child executions that did not, and those that had no turn.
    pub(super) fn redrive_map_run(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let Activity::EndedMapRun(mut run) = self.core.frames.set_activity(key, Activity::Waiting)? else {
            return Err(Invariant::MapRunExists);
        };
        self.core.trace(key, || Traced::Attempted);
        self.core
            .trace(key, || Traced::EffectiveInput(run.effective_input.clone()));
        run.redrive(self.core.now);
        let (map_run_arn, redrive_count) = (Arc::clone(&run.arn), run.redrive_count);
        self.core.record_in(key, || EventDetails::MapRunRedriven {
            map_run_arn,
            redrive_count,
        })?;
        self.tell_map_run(key, &run, MapRunStatus::Running)?;
        match run.stage {
            Stage::Writing(_) => self.write_next(key, run),
            Stage::Reading(_) | Stage::Running => {
                let total = run.pending_redrive.len().saturating_add(run.items.left());
                self.core.trace(key, || Traced::Forked { total });
                self.settle_map_run(key, run, Ok(()))
            }
        }
    }

    /// Redrives the next child execution of a Map Run. One of an Express workflow starts over, under the same ARN.
    pub(super) fn redrive_child(&mut self, run: &mut MapRunProgress, id: u32, mut child: Child) -> Result<(), Failure> {
        run.count_redriven_child(child.items);
        child.core.is_restored |= self.core.is_restored;
        let program = self.program;
        if run.is_express {
            let context = &child.core.execution;
            let mut options = self.child_options(run, context.input.clone());
            context.name().clone_into(&mut options.name);
            options.express_id = context.id.rsplit(':').next().map(str::to_owned);
            let mut core = Core::new(None, options, Arc::clone(&self.core.limits), self.core.now);
            core.is_restored = self.core.is_restored;
            if let Some(spans) = &mut core.spans {
                spans.redrive = run.redrive_count;
            }
            *child.core = core;
        }
        let now = self.core.now;
        if let Some(separate) = child.separate {
            if !run.is_express {
                child.core.count_redrive(None, now);
            }
            let redrive_count = separate.redrive_count.saturating_add(1);
            self.hand_out(run, id, child, redrive_count);
            return Ok(());
        }
        let core = &mut *child.core;
        core.turn_work = self.core.turn_work;
        core.is_given_turn = false;
        if run.is_express {
            Engine { program, core }.start(run.graph, false);
        } else {
            Engine { program, core }.redrive(run.graph, None, now);
        }
        self.take_commands(run, id, child)?;
        Ok(())
    }
}

/// Tells the trace of a state that goes on without being entered again.
fn trace_redriven(trace: &mut Trace, key: FrameKey, frame: &Frame, now: Timestamp) {
    if matches!(frame.activity(), Activity::Entering) {
        return;
    }
    trace.push(now, key, super::entered(frame));
    if let Some(fork) = frame.fork() {
        trace.push(now, key, Traced::Attempted);
        trace.push(now, key, Traced::Forked { total: fork.total });
    }
}
