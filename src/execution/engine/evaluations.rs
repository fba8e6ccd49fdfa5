//! Evaluations that take longer than a turn may: they have a turn of their own, or are done beside the execution.

#[cfg(feature = "runtime")]
use std::sync::Arc;

use super::Engine;
use super::view::Allowance;
use crate::execution::core::{Activity, Begun, Core, Evaluating};
use crate::execution::evaluated::{Came, Evaluated};
use crate::execution::frame_key::FrameKey;
use crate::execution::inspection::Inspection;
use crate::execution::invariant::Invariant;
use crate::execution::program::Program;
use crate::execution::states;

/// Expressions to evaluate with a copy of all that they may read.
#[derive(Debug)]
pub(in crate::execution) struct Evaluation {
    pub(in crate::execution) core: Core,
    /// The frame in this core.
    pub(in crate::execution) frame: FrameKey,
    pub(in crate::execution) begun: Begun,
    pub(in crate::execution) is_traced: bool,
}

/// An evaluation that is done beside its execution, while the execution handles events.
#[cfg(feature = "runtime")]
#[derive(Debug)]
pub(crate) struct LongEvaluation {
    pub(in crate::execution) program: Arc<Program>,
    pub(in crate::execution) evaluation: Evaluation,
    pub(in crate::execution) place: Place,
}

/// What came of a [`LongEvaluation`].
#[cfg(feature = "runtime")]
#[derive(Debug)]
pub(crate) struct LongEvaluated {
    pub(in crate::execution) evaluated: Evaluated,
    pub(in crate::execution) place: Place,
}

/// The frame of an evaluation, with the Map Runs and numbers that lead to its child execution, if it is of one.
#[cfg_attr(
    not(feature = "runtime"),
    expect(dead_code, reason = "only the tokio driver evaluates elsewhere")
)]
#[derive(Debug)]
pub(in crate::execution) struct Place {
    pub(in crate::execution) frame: FrameKey,
    pub(in crate::execution) path: Vec<(FrameKey, u32)>,
}

#[cfg(feature = "runtime")]
impl LongEvaluation {
    /// Evaluates the expressions: up to two seconds of work.
    pub(crate) fn run(self) -> LongEvaluated {
        LongEvaluated {
            evaluated: self.evaluation.run(&self.program),
            place: self.place,
        }
    }
}

impl Core {
    /// Whether this turn has begun with nothing yet, so that it may be one that takes long.
    pub(super) fn may_take_long(&self) -> bool {
        self.is_given_turn && self.turn_work == 0
    }

    /// The place of the evaluation that is next, with the core of its execution: this one or a child execution.
    pub(in crate::execution) fn next_evaluation(&self) -> Option<(&Self, Place)> {
        let mut core = self;
        let mut path = Vec::new();
        loop {
            // What was aborted has left its key behind.
            let mut ready = core.ready.iter();
            let (key, frame) = ready.find_map(|key| Some((*key, core.frames.get(*key)?)))?;
            match frame.activity() {
                Activity::Evaluating(_) => return Some((core, Place { frame: key, path })),
                Activity::MapRun(run) => {
                    let id = *run.ready.front()?;
                    core = &run.children.get(&id)?.core;
                    path.push((key, id));
                }
                _ => return None,
            }
        }
    }

    /// The evaluation of a frame.
    pub(in crate::execution) fn evaluation(&self, key: FrameKey) -> Result<Evaluation, Invariant> {
        let Activity::Evaluating(evaluating) = self.frames.at(key)?.activity() else {
            return Err(Invariant::QueuedFramesAreReady);
        };
        let (core, frame) = self.around(key)?;
        Ok(Evaluation {
            core,
            frame,
            begun: evaluating.begun.clone(),
            is_traced: self.trace.is_some(),
        })
    }

    /// Adds to the trace what an inspection has seen.
    #[cold]
    pub(super) fn see(&mut self, key: FrameKey, inspection: Inspection) {
        let now = self.now;
        if let Some(trace) = &mut self.trace {
            trace.see(now, key, inspection);
        }
    }
}

impl Evaluation {
    /// Evaluates the expressions.
    pub(in crate::execution) fn run(mut self, program: &Program) -> Evaluated {
        let random = self.core.random.clone();
        let inspection = self.is_traced.then(Inspection::of_execution);
        let seen = inspection.as_ref();
        let core = &mut self.core;
        let mut engine = Engine { program, core };
        let came = match self.begun {
            Begun::Enter { .. } => {
                Came::Intent(engine.with_seen_state(self.frame, Allowance::Whole, seen, states::enter))
            }
            Begun::Finish { raw_result } => Came::Exit(engine.with_seen_state(
                self.frame,
                Allowance::Whole,
                seen,
                |node, raw_input, view| states::finish(node, raw_input, raw_result, view),
            )),
        };
        let frame = core.frames.get_mut(self.frame);
        let attempt = frame
            .as_ref()
            .map_or((0, 0), |frame| (frame.entered_event, frame.retry_count));
        Evaluated {
            came,
            raw_input: frame.and_then(|frame| frame.raw_input.take()),
            attempt,
            random: (random, core.random.clone()),
            work: core.work,
            turn_work: core.turn_work,
            inspection,
        }
    }
}

impl Engine<'_> {
    /// Leaves the evaluation of a state for a turn of its own, and ends this turn.
    pub(super) fn postpone(&mut self, key: FrameKey, begun: Begun) -> Result<(), Invariant> {
        let core = &mut *self.core;
        let evaluating = Evaluating { begun, done: None };
        core.frames
            .set_activity(key, Activity::Evaluating(Box::new(evaluating)))?;
        core.frames.at_mut(key)?.deadline = None;
        // It changes no order.
        core.ready.push_front(key);
        core.spend(core.limits.turn_work.saturating_add(1));
        Ok(())
    }

    /// Goes on with a state whose expressions take long; evaluates them, unless that was done elsewhere.
    pub(super) fn evaluate(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let evaluation = self.core.evaluation(key)?;
        let Activity::Evaluating(evaluating) = self.core.frames.set_activity(key, Activity::Waiting)? else {
            return Err(Invariant::QueuedFramesAreReady);
        };
        let Evaluating { begun, done } = *evaluating;
        let done = match done.filter(|done| done.is_still_random(&self.core.random)) {
            Some(done) => *done,
            None => evaluation.run(self.program),
        };
        if done.has_drawn() {
            self.core.random = done.random.1;
        }
        self.core.work = self.core.work.saturating_add(done.work);
        self.core.spend(done.turn_work);
        if let Some(inspection) = done.inspection {
            self.core.see(key, inspection);
        }
        self.core.frames.at_mut(key)?.raw_input = done.raw_input;
        match (done.came, begun) {
            (Came::Intent(Ok(intent)), _) => self.carry_out(key, intent),
            (Came::Intent(Err(failure)), Begun::Enter { previous }) => self.fail_on_entry(key, failure, previous),
            (Came::Exit(Ok(exit)), _) => self.exit(key, exit),
            (Came::Intent(Err(failure)) | Came::Exit(Err(failure)), _) => self.fail(key, failure),
        }
    }
}
