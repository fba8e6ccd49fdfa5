//! Begins and ends Map Runs.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::Engine;
use crate::data::{MAX_NESTING, Payload, Random, StateMachineContext, nests_within};
use crate::definition::{DistributedMap, State, WorkflowType};
use crate::error::predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD;
use crate::execution::command::Command;
use crate::execution::core::{Activity, Core, Frame, MapRunProgress, Stage};
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::intent::MapRunRequest;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::{Counts, Items, MapRun, MapRunStatus, Writing};
use crate::execution::program::Program;
use crate::execution::states;
use crate::execution::task::{Task, TaskId};
use crate::execution::trace::Traced;
use crate::history::EventDetails;

impl<'a> Engine<'a> {
    /// Begins the Map Run of a distributed Map.
    pub(super) fn start_map_run(&mut self, key: FrameKey, request: MapRunRequest) -> Result<(), Invariant> {
        let map = self.distributed_map(key)?;
        let length = request.items.as_ref().map_or(0, Items::left);
        self.core.record_in(key, || EventDetails::MapStateStarted { length })?;
        let settings = match request.settings {
            Ok(settings) => settings,
            Err(failure) => return self.fail(key, failure),
        };
        let state_machine = self.child_state_machine(key, map)?;
        let arn = state_machine.map_run_arn(&self.core.random.uuid());
        let mut run = Box::new(MapRunProgress {
            arn: arn.into(),
            frame: key,
            state_machine: Arc::new(state_machine),
            graph: request.graph,
            is_express: map.execution_type == WorkflowType::Express,
            transformation: states::transformation(map),
            most_separate: self.core.separate_children,
            settings,
            effective_input: request.effective_input,
            start_date: self.core.now,
            stage: Stage::Running,
            items: Items::none(),
            children: BTreeMap::new(),
            started: 0,
            ready: VecDeque::new(),
            deadlines: BTreeSet::new(),
            tasks: BTreeMap::new(),
            separate: BTreeMap::new(),
            results: Vec::new(),
            results_held: 0,
            failed: BTreeSet::new(),
            item_counts: Counts::default(),
            execution_counts: Counts::default(),
            unsuccessful: BTreeMap::new(),
            pending_redrive: BTreeMap::new(),
            redrive_count: 0,
            redrive_date: None,
            is_queued: false,
        });
        let map_run_arn = Arc::clone(&run.arn);
        self.core
            .record_in(key, || EventDetails::MapRunStarted { map_run_arn })?;
        self.tell_map_run(key, &run, MapRunStatus::Running)?;
        let done = match request.items {
            Some(items) => {
                self.run_items(&mut run, items);
                Ok(())
            }
            None => self.begin_reading(key, &mut run),
        };
        self.settle_map_run(key, run, done)
    }

    /// Hands the items to the Map Run.
    pub(super) fn run_items(&mut self, run: &mut MapRunProgress, items: Items) {
        let total = items.left();
        self.core.trace(run.frame, || Traced::Forked { total });
        run.run(items);
    }

    /// Puts a Map Run back into its frame and ends it if it is complete.
    pub(super) fn settle_map_run(
        &mut self,
        key: FrameKey,
        run: Box<MapRunProgress>,
        done: Result<(), Failure>,
    ) -> Result<(), Invariant> {
        let failure = done.err().or_else(|| {
            run.is_over_threshold()
                .then(Failure::exceed_tolerated_failure_threshold)
        });
        match failure {
            Some(Failure::Broken(invariant)) => {
                // Back in its frame, it is aborted with the execution, and its tasks are cancelled.
                self.core.frames.set_activity(key, Activity::MapRun(run))?;
                Err(invariant)
            }
            Some(failure) => self.fail_map_run(key, run, failure),
            None if run.is_through() => self.items_are_through(key, run),
            None => self.put_map_run(key, run),
        }
    }

    /// Handles the end of all items: writes the results if there is a `ResultWriter`.
    fn items_are_through(&mut self, key: FrameKey, mut run: Box<MapRunProgress>) -> Result<(), Invariant> {
        // A child execution that got lost has no result: `null` in its place would be a wrong one.
        Invariant::MapRunCounts.holds_if(run.execution_counts.running == 0 && run.item_counts.running == 0)?;
        let writer = self.distributed_map(key)?.result_writer.as_ref();
        match writer.filter(|writer| writer.export.is_some()) {
            None => {
                let results = run.take_results().into_iter().map(|(result, _)| result);
                let results = Value::Array(results.collect());
                self.end_map_run(key, &run, results)
            }
            Some(writer) => {
                let results = run.take_results();
                let to = run.settings.write.as_ref().map_or(&Value::Null, Payload::value);
                let writing = Writing::of(&run.arn, results, to, writer.output_type);
                run.stage = Stage::Writing(Box::new(writing));
                self.write_next(key, run)
            }
        }
    }

    /// Completes a Map Run that has succeeded.
    pub(super) fn end_map_run(&mut self, key: FrameKey, run: &MapRunProgress, result: Value) -> Result<(), Invariant> {
        let started = self.core.frames.at(key)?.last_event;
        self.leave_queue(key, run);
        // The exit event refers to the start of the Map Run, so these two events do not become the frame's last event.
        let succeeded = self.core.record(started, || EventDetails::MapRunSucceeded);
        self.core.record(succeeded, || EventDetails::MapStateSucceeded);
        self.tell_map_run(key, run, MapRunStatus::Succeeded)?;
        if !nests_within(&result, MAX_NESTING) {
            return self.fail(key, Failure::nested_too_deep());
        }
        self.finish(key, Payload::from(result))
    }

    /// Fails a Map Run and its Map state.
    pub(super) fn fail_map_run(
        &mut self,
        key: FrameKey,
        mut run: Box<MapRunProgress>,
        failure: Failure,
    ) -> Result<(), Invariant> {
        self.leave_queue(key, &run);
        self.stop_children(&mut run)?;
        let failure = self.named(key, failure)?;
        self.core
            .record_in(key, || EventDetails::MapRunFailed(failure.error_output()))?;
        self.tell_map_run(key, &run, MapRunStatus::Failed)?;
        // On AWS a Map Run that failed over its data is followed by another one, as one that never got its items.
        if run.is_over_threshold() || matches!(run.stage, Stage::Writing(_)) {
            self.keep_map_run(key, run)?;
        }
        self.fail_and_record(key, failure, true)
    }

    /// Removes the ended Map Run of a frame.
    fn leave_queue(&mut self, key: FrameKey, run: &MapRunProgress) {
        // Its frame lives on: an entry left behind would let it go on before its retry is due.
        if run.is_queued {
            self.core.ready.retain(|queued| *queued != key);
        }
    }

    /// Stops the Map Run of a frame that is being aborted.
    pub(super) fn abort_map_run(&mut self, key: FrameKey, previous: u64) -> Result<(), Invariant> {
        let mut run = self.core.frames.take_map_run(key)?;
        if let Some(asked) = run.asked() {
            let id = TaskId {
                frame: key.slot,
                generation: asked.generation,
            };
            self.core.commands.push(Command::Cancel(id));
        }
        self.stop_children(&mut run)?;
        self.core.record(previous, || EventDetails::MapRunAborted);
        self.tell_map_run(key, &run, MapRunStatus::Aborted)?;
        self.keep_map_run(key, run)
    }

    /// Keeps what is left of a Map Run for a redrive.
    fn keep_map_run(&mut self, key: FrameKey, mut run: Box<MapRunProgress>) -> Result<(), Invariant> {
        match &mut run.stage {
            _ if !self.core.is_redrivable => return Ok(()),
            Stage::Reading(_) => return Ok(()),
            Stage::Running => {}
            Stage::Writing(writing) => writing.ask_again(),
        }
        self.core.frames.set_activity(key, Activity::EndedMapRun(run))?;
        Ok(())
    }

    /// Adds a Map Run's unanswered tasks to the list.
    pub(super) fn add_tasks_of_map_run(&mut self, key: FrameKey, tasks: &mut Vec<Task>) {
        // Most frames have none.
        let Ok(mut run) = self.core.frames.take_map_run(key) else {
            return;
        };
        tasks.extend(self.request_at(key, &run));
        for child in run.children.values_mut() {
            let mut engine = Engine {
                program: self.program,
                core: &mut child.core,
            };
            for mut task in engine.unanswered_tasks() {
                // INVARIANT: it has one, by the check of snapshots and by how the engine hands commands on.
                let Some(generation) = child.tasks.get(&task.id) else {
                    continue;
                };
                task.id = TaskId {
                    frame: key.slot,
                    generation: *generation,
                };
                task.child.get_or_insert_with(|| super::children::of_child(&child.core));
                tasks.push(task);
            }
        }
        if let Err(invariant) = self.core.frames.set_activity(key, Activity::MapRun(run)) {
            self.core.assert_kept(invariant);
        }
    }

    /// Sends the driver the current state of a Map Run.
    pub(super) fn tell_map_run(
        &mut self,
        key: FrameKey,
        run: &MapRunProgress,
        status: MapRunStatus,
    ) -> Result<(), Invariant> {
        let frame = self.core.frames.at(key)?;
        let map_run = self.core.describe(self.program, frame, run, status);
        self.core.commands.push(Command::MapRun(Box::new(map_run)));
        Ok(())
    }

    pub(super) fn distributed_map(&self, key: FrameKey) -> Result<&'a DistributedMap, Invariant> {
        let map = match &self.node_of(key)?.state {
            State::Map(map) => map.distributed.as_deref(),
            _ => None,
        };
        map.ok_or(Invariant::MapRunIsOfItsMap)
    }

    /// The state machine of child executions: the machine itself with the Map's label.
    fn child_state_machine(&self, key: FrameKey, map: &DistributedMap) -> Result<StateMachineContext, Invariant> {
        let label = if let Some(label) = &map.label {
            label.clone()
        } else {
            // The label is the same in every execution of the machine, as on AWS.
            let number = u64::from(self.core.frames.at(key)?.state.number());
            Random::seeded(self.program.fingerprint().wrapping_add(number)).uuid()
        };
        Ok(self.core.state_machine.labelled(&label))
    }
}

impl Core {
    /// The running Map Runs.
    pub(in crate::execution) fn map_runs(&self, program: &Program) -> Vec<MapRun> {
        let frames = self.frames.iter();
        let runs = frames.filter_map(|(_, frame)| match frame.activity() {
            Activity::MapRun(run) => Some(self.describe(program, frame, run, MapRunStatus::Running)),
            _ => None,
        });
        runs.collect()
    }

    fn describe(&self, program: &Program, frame: &Frame, run: &MapRunProgress, status: MapRunStatus) -> MapRun {
        let settings = &run.settings;
        MapRun {
            map_run_arn: Arc::clone(&run.arn),
            execution_arn: Arc::clone(&self.execution.id),
            state: Arc::clone(&program.node(frame.state).name),
            status,
            start_date: run.start_date,
            stop_date: (status != MapRunStatus::Running).then_some(self.now),
            max_concurrency: settings.max_concurrency,
            tolerated_failure_count: settings.tolerated_failure_count.unwrap_or(0),
            tolerated_failure_percentage: settings.tolerated_failure_percentage.unwrap_or(0.0),
            redrive_count: run.redrive_count,
            redrive_date: run.redrive_date,
            item_counts: run.item_counts,
            execution_counts: run.execution_counts,
        }
    }
}

impl Failure {
    fn exceed_tolerated_failure_threshold() -> Self {
        Self::error(
            EXCEED_TOLERATED_FAILURE_THRESHOLD,
            "The specified tolerated failure threshold was exceeded",
        )
    }
}
