//! Child executions that the driver runs, each as an execution of its own: handed out, stopped and ended.

use std::sync::Arc;

use super::Engine;
use super::children::outside;
use crate::error::predefined_errors::RUNTIME;
use crate::execution::child_start::ChildStart;
use crate::execution::command::Command;
use crate::execution::core::{Activity, Child, Core, MapRunProgress, Separate};
use crate::execution::invariant::Invariant;
use crate::execution::outcome::Outcome;
use crate::execution::time::Timestamp;
use crate::history::ErrorOutput;

impl Core {
    /// What an execution knows of a child execution that its driver runs: how it starts, and nothing that would wake it.
    fn keep_no_more_than_start(&mut self) {
        self.deadline = None;
        self.remains = None;
        self.trace = None;
        self.spans = None;
    }
}

/// Only a Map Run that ends stops its child executions without a failure: otherwise a result would be missing among the others.
fn stopped_alone(error: ErrorOutput) -> ErrorOutput {
    ErrorOutput {
        error: error.error.or_else(|| Some(RUNTIME.into())),
        cause: error.cause.or_else(|| Some("The child execution was stopped.".into())),
    }
}

impl Engine<'_> {
    /// Hands a child execution that has not begun, or is redriven, to the driver.
    pub(super) fn hand_out(&mut self, run: &mut MapRunProgress, id: u32, mut child: Child, redrive_count: u32) {
        let generation = self.core.frames.next_serial();
        let separate = Separate {
            generation,
            redrive_count,
        };
        child.core.keep_no_more_than_start();
        child.separate = Some(separate);
        run.separate.insert(generation, id);
        let start = self.start_of(run, &child, separate);
        self.core.commands.push(Command::StartChild(Box::new(start)));
        run.children.insert(id, child);
    }

    /// Handles the end of a child execution.
    pub(super) fn separate_child_ended(
        &mut self,
        run: &mut MapRunProgress,
        generation: u32,
        outcome: Outcome,
        time: Timestamp,
    ) {
        // Late, as in `route`: it was stopped before.
        let Some(id) = run.separate.remove(&generation) else {
            return;
        };
        if let Some(child) = run.children.remove(&id) {
            let outcome = match outcome {
                Outcome::Aborted(error) => Outcome::Failed(stopped_alone(error)),
                outcome => outcome,
            };
            self.end_separate_child(run, id, child, outcome, time);
        }
    }

    /// Stops a child execution: for its Map Run it has ended.
    pub(super) fn stop_separate_child(&mut self, run: &mut MapRunProgress, id: u32) -> Result<(), Invariant> {
        let child = run.children.remove(&id).ok_or(Invariant::ChildIsKnown)?;
        let separate = child.separate.ok_or(Invariant::ChildIsKnown)?;
        run.separate.remove(&separate.generation);
        self.core
            .commands
            .push(Command::Cancel(outside(run, separate.generation)));
        let outcome = Outcome::Aborted(ErrorOutput::default());
        self.end_separate_child(run, id, child, outcome, self.core.now);
        Ok(())
    }

    fn end_separate_child(
        &mut self,
        run: &mut MapRunProgress,
        id: u32,
        mut child: Child,
        outcome: Outcome,
        time: Timestamp,
    ) {
        let core = &mut *child.core;
        core.now = core.now.max(time);
        if core.is_redrivable && outcome.error().is_some() {
            // Its driver has them.
            core.remains = Some(Box::default());
        }
        core.outcome = Some(Box::new(outcome.clone()));
        if let Outcome::Succeeded { output } = &outcome {
            self.core.grow(output.bound());
        }
        self.child_ended(run, id, child, outcome);
    }

    /// The child executions that the driver runs, in the order in which they were handed out.
    pub(in crate::execution) fn separate_children(&self) -> Vec<ChildStart> {
        let mut starts = Vec::new();
        for (_, frame) in self.core.frames.iter() {
            let Activity::MapRun(run) = frame.activity() else {
                continue;
            };
            for child in run.children.values() {
                starts.extend(child.separate.map(|separate| self.start_of(run, child, separate)));
            }
        }
        starts.sort_by_key(|start| start.id.generation);
        starts
    }

    fn start_of(&self, run: &MapRunProgress, child: &Child, separate: Separate) -> ChildStart {
        let (core, context) = (&*child.core, &child.core.execution);
        // An Express execution's ARN ends in its id.
        let express_id = context.id.rsplit(':').next().map(str::to_owned);
        let mut options = self.options_of_child(
            run,
            context.input.clone(),
            context.name().to_owned(),
            core.random.seed(),
            express_id.filter(|_| run.is_express),
        );
        options.limits = (*core.limits).clone();
        ChildStart {
            id: outside(run, separate.generation),
            map_run_arn: Arc::clone(&run.arn),
            options,
            time: context.redrive_time.unwrap_or(context.start_time),
            redrive_count: separate.redrive_count,
            graph: run.graph,
        }
    }
}
