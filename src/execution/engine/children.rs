//! Starts, advances and ends child executions, one at a time.

use indexmap::IndexMap;
use std::sync::Arc;

use super::Engine;
use crate::definition::Transformation;
use crate::execution::command::Command;
use crate::execution::core::{Activity, Child, Core, MapRunProgress};
use crate::execution::event::Event;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::{ChildEvent, KEPT_CHILDREN, Selected, record_of};
use crate::execution::outcome::Outcome;
use crate::execution::task::{ChildExecution, TaskId};
use crate::execution::time::Timestamp;
use crate::execution::trace::Traced;
use crate::history::ErrorOutput;

impl Engine<'_> {
    /// Puts a Map Run back into its frame and queues the frame if the Map Run can go on.
    pub(super) fn put_map_run(&mut self, key: FrameKey, mut run: Box<MapRunProgress>) -> Result<(), Invariant> {
        let deadline = run.next_deadline();
        let goes_on = run.goes_on();
        let is_to_queue = run.can_go_on() && !run.is_queued;
        let is_interrupted = run.is_interrupted();
        run.is_queued |= is_to_queue;
        self.core.frames.set_activity(key, Activity::MapRun(run))?;
        match deadline {
            Some(at) => self.wake_at(key, at)?,
            None => self.core.frames.at_mut(key)?.deadline = None,
        }
        if is_to_queue && is_interrupted {
            // The end of a turn changes no order.
            self.core.ready.push_front(key);
        } else if is_to_queue {
            self.core.ready.push_back(key);
        }
        Invariant::MapRunGoesOn.holds_if(goes_on)
    }

    /// Starts or advances one child execution: only one, so that the frames around the Map get their turn.
    pub(super) fn go_on_with_map_run(&mut self, key: FrameKey) -> Result<(), Invariant> {
        let mut run = self.core.frames.take_map_run(key)?;
        run.is_queued = false;
        let done = match run.ready.pop_front() {
            Some(id) if run.children.contains_key(&id) => self.resume(&mut run, id, None).map_err(Failure::from),
            None if run.may_start() => self.start_child(key, &mut run),
            // Nothing is left to start; or the queued child execution has already ended after an answer.
            None | Some(_) => Ok(()),
        };
        self.settle_map_run(key, run, done)
    }

    /// Handles the answer to a child execution's task.
    pub(super) fn happen_in_map_run(
        &mut self,
        key: FrameKey,
        task: TaskId,
        event: Event,
        is_too_deep: bool,
    ) -> Result<(), Invariant> {
        let mut run = self.core.frames.take_map_run(key)?;
        if run.asked().is_some_and(|asked| asked.generation == task.generation) {
            return self.request_answered(key, run, event, is_too_deep);
        }
        if let Event::ChildEnded { outcome, time, .. } = event {
            let outcome = if is_too_deep { too_deep() } else { outcome };
            self.separate_child_ended(&mut run, task.generation, outcome, time);
            return self.settle_map_run(key, run, Ok(()));
        }
        let done = self.happen_in_child(&mut run, task, event, is_too_deep);
        self.settle_map_run(key, run, done.map_err(Failure::from))
    }

    fn happen_in_child(
        &mut self,
        run: &mut MapRunProgress,
        task: TaskId,
        mut event: Event,
        is_too_deep: bool,
    ) -> Result<(), Invariant> {
        // Late, as in `route`: the child execution has cancelled it, or has ended.
        let Some((id, inner)) = run.tasks.get(&task.generation).copied() else {
            return Ok(());
        };
        let child = run.children.get(&id).ok_or(Invariant::ChildIsKnown)?;
        Invariant::TaskOfChildIsKnown.holds_if(child.tasks.contains_key(&inner))?;
        let is_answer = matches!(event, Event::TaskSucceeded { .. } | Event::TaskFailed { .. });
        if let Some(task) = event.task() {
            *task = inner;
        }
        self.resume(run, id, Some((event, is_too_deep)))?;
        // Only now: a task whose deadline had passed was cancelled instead, by its number.
        if is_answer
            && run.tasks.remove(&task.generation).is_some()
            && let Some(child) = run.children.get_mut(&id)
        {
            child.tasks.swap_remove(&inner);
        }
        Ok(())
    }

    /// Wakes the child executions that are due.
    pub(super) fn wake_children(&mut self, key: FrameKey, at: Timestamp) -> Result<(), Invariant> {
        let mut run = self.core.frames.take_map_run(key)?;
        let mut done = Ok(());
        while let Some(&(due, id)) = run.deadlines.first()
            && due <= at
        {
            run.deadlines.pop_first();
            match run.children.get_mut(&id) {
                Some(child) => child.armed = None,
                None => done = Err(Invariant::ChildIsKnown),
            }
            run.ready.push_back(id);
        }
        self.settle_map_run(key, run, done.map_err(Failure::from))
    }

    /// Starts the next child execution.
    fn start_child(&mut self, key: FrameKey, run: &mut MapRunProgress) -> Result<(), Failure> {
        if let Some((id, child)) = run.pending_redrive.pop_first() {
            return self.redrive_child(run, id, child);
        }
        let Some(Selected { input, items }) = self.next_input(key, run)? else {
            return Ok(());
        };
        if input.exceeds(self.core.limits.payload_bytes) {
            return Err(Failure::data_limit_exceeded(&self.node_of(key)?.name));
        }
        self.core.grow(input.bound());
        // No timeout of its own: the machine's timeout applies to the execution around it.
        let limits = Arc::clone(&self.core.limits);
        let mut core = Core::new(None, self.child_options(run, input), limits, self.core.now);
        core.is_restored = self.core.is_restored;
        let id = run.started;
        run.started = run.started.saturating_add(1);
        run.count_start(items);
        let mut child = Child {
            core: Box::new(core),
            items,
            tasks: IndexMap::new(),
            armed: None,
            separate: None,
            traced_frames: None,
        };
        if run.most_separate.is_some() {
            self.hand_out(run, id, child, 0);
            return Ok(());
        }
        child.core.turn_work = self.core.turn_work;
        let (program, core) = (self.program, &mut *child.core);
        Engine { program, core }.start(run.graph, false);
        self.take_commands(run, id, child)?;
        Ok(())
    }

    /// Advances a child execution.
    pub(super) fn resume(
        &mut self,
        run: &mut MapRunProgress,
        id: u32,
        event: Option<(Event, bool)>,
    ) -> Result<(), Invariant> {
        let mut child = run.children.remove(&id).ok_or(Invariant::ChildIsKnown)?;
        if let Some(at) = child.armed.take() {
            run.deadlines.remove(&(at, id));
        }
        child.core.now = child.core.now.max(self.core.now);
        child.core.turn_work = self.core.turn_work;
        child.core.is_given_turn = self.core.is_given_turn && event.is_none();
        let mut engine = Engine {
            program: self.program,
            core: &mut child.core,
        };
        if let Some((event, is_too_deep)) = event {
            engine.happen(event, is_too_deep);
        }
        engine.go_on();
        self.take_commands(run, id, child)
    }

    /// Passes on the commands of a child execution as commands of this one.
    ///
    /// A rule that is broken in a child execution is broken in this one: how many failures of items a Map tolerates
    /// says nothing of it.
    pub(super) fn take_commands(
        &mut self,
        run: &mut MapRunProgress,
        id: u32,
        mut child: Child,
    ) -> Result<(), Invariant> {
        let mut outcome = None;
        let mut broken = child.core.broken;
        while let Some(command) = child.core.commands.pop() {
            let command = match command {
                Command::Record(event) => Command::RecordChild(Box::new(ChildEvent {
                    map_run_arn: Arc::clone(&run.arn),
                    execution_arn: Arc::clone(&child.core.execution.id),
                    event,
                })),
                Command::Invoke(mut task) => {
                    let generation = self.core.frames.next_serial();
                    let is_taken = run.tasks.insert(generation, (id, task.id)).is_some();
                    if child.tasks.insert(task.id, generation).is_some() || is_taken {
                        broken = broken.or(Some(Invariant::TaskOfChildIsKnown));
                    }
                    task.id = outside(run, generation);
                    task.child.get_or_insert_with(|| of_child(&child.core));
                    Command::Invoke(task)
                }
                Command::Cancel(task) => match child.tasks.swap_remove(&task) {
                    None => {
                        broken = broken.or(Some(Invariant::TaskOfChildIsKnown));
                        continue;
                    }
                    Some(generation) => {
                        if run.tasks.remove(&generation).is_none() {
                            broken = broken.or(Some(Invariant::TaskOfChildIsKnown));
                        }
                        Command::Cancel(outside(run, generation))
                    }
                },
                Command::Complete(ended) => {
                    outcome = Some(ended);
                    continue;
                }
                of_its_own @ (Command::RecordChild(_) | Command::MapRun(_) | Command::StartChild(_)) => of_its_own,
            };
            self.core.commands.push(command);
        }
        child.core.commands.release_if_empty();
        self.account_for(&mut child.core, (id as usize) < KEPT_CHILDREN);
        self.take_trace(run, id, &mut child);
        self.core.take_spans_of_child(run, id, &mut child);
        if let Some(outcome) = outcome {
            self.child_ended(run, id, child, outcome);
            return broken.map_or(Ok(()), Err);
        }
        if child.core.ready.is_empty() {
            child.core.ready = std::collections::VecDeque::new();
        }
        if child.core.wants_turn() && !run.ready.contains(&id) {
            run.ready.push_front(id);
        }
        child.armed = child.core.next_deadline();
        run.deadlines.extend(child.armed.map(|at| (at, id)));
        run.children.insert(id, child);
        broken.map_or(Ok(()), Err)
    }

    /// Passes on the trace of a child execution, if there is a trace.
    fn take_trace(&mut self, run: &MapRunProgress, id: u32, child: &mut Child) {
        let (Some(trace), Some(of_child)) = (&mut self.core.trace, &mut child.core.trace) else {
            return;
        };
        let tasks = &child.tasks;
        let task = |inner: TaskId| {
            let generation = tasks.get(&inner);
            generation.map_or(inner, |generation| outside(run, *generation))
        };
        let frames = child.traced_frames.get_or_insert_default();
        trace.take_over(of_child.take(), frames, (run.frame, id as usize), task);
    }

    /// Counts the child execution's work and data for this execution too; and its history, if that is kept.
    fn account_for(&mut self, child: &mut Core, is_kept: bool) {
        let core = &mut *self.core;
        core.queued_bytes = core
            .queued_bytes
            .saturating_add(std::mem::take(&mut child.queued_bytes));
        core.work = core.work.saturating_add(std::mem::take(&mut child.work));
        core.grow_with(child);
        let recorded = std::mem::take(&mut child.recorded_bytes);
        if is_kept {
            core.recorded_bytes = core.recorded_bytes.saturating_add(recorded);
        }
        core.turn_work = child.turn_work;
    }

    pub(super) fn child_ended(&mut self, run: &mut MapRunProgress, id: u32, mut child: Child, outcome: Outcome) {
        for generation in child.tasks.values() {
            run.tasks.remove(generation);
        }
        run.count_end(child.items, &outcome);
        self.core.span_of_child_ends(run, id, &child, &outcome);
        let now = child.core.now;
        let record = |outcome: &Outcome| record_of(&child.core.execution, &child.core.state_machine, outcome, now);
        let is_kept = self.core.is_redrivable && outcome.error().is_some();
        let result = match outcome {
            Outcome::Succeeded { output } if run.transformation != Transformation::None => Some(output.into_value()),
            Outcome::Succeeded { .. } => Some(record(&outcome)),
            Outcome::Aborted(_) => None,
            Outcome::Failed(_) | Outcome::TimedOut(_) => {
                let index = id as usize;
                self.core.trace(run.frame, || Traced::GraphFailed { index });
                run.failed.insert(id);
                Some(record(&outcome))
            }
        };
        if let Some(result) = result {
            run.keep(id, result);
        }
        if is_kept {
            child.tasks.clear();
            run.unsuccessful.insert(id, child);
        }
    }

    /// Stops what runs of a Map Run: all of it, also where one child execution is broken.
    pub(super) fn stop_children(&mut self, run: &mut MapRunProgress) -> Result<(), Invariant> {
        let mut stopped = Ok(());
        let running: Vec<u32> = run.children.keys().copied().collect();
        for id in running {
            if let Some(child) = run.children.get_mut(&id).filter(|child| child.core.trace.is_some()) {
                let frames: Vec<FrameKey> = child.core.frames.iter().map(|(key, _)| key).collect();
                for key in frames {
                    child.core.trace(key, || Traced::Aborted);
                }
            }
            let is_separate = run.children.get(&id).is_some_and(|child| child.separate.is_some());
            let one = if is_separate {
                self.stop_separate_child(run, id)
            } else {
                self.resume(run, id, Some((Event::Stop(ErrorOutput::default()), false)))
            };
            stopped = stopped.and(one);
        }
        run.ready.clear();
        stopped
    }
}

/// How a child execution ends whose driver reports an output that nests too deeply.
fn too_deep() -> Outcome {
    Outcome::Failed(Failure::nested_too_deep().error_output())
}

/// A child execution's task under its outer id; its frame is the Map's.
pub(super) fn outside(run: &MapRunProgress, generation: u32) -> TaskId {
    TaskId {
        frame: run.frame.slot,
        generation,
    }
}

pub(super) fn of_child(core: &Core) -> Arc<ChildExecution> {
    Arc::new(ChildExecution {
        arn: Arc::clone(&core.execution.id),
        state_machine_arn: core.state_machine.id.clone(),
    })
}
