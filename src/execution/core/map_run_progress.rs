//! A Map Run that runs, and its child executions.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use super::Core;
use crate::data::{Payload, StateMachineContext, held_size};
use crate::definition::Transformation;
use crate::execution::frame_key::FrameKey;
use crate::execution::map_run::{Asked, Counts, Items, MapRunSettings, Reading, Writing};
use crate::execution::outcome::Outcome;
use crate::execution::program::GraphId;
use crate::execution::task::TaskId;
use crate::execution::time::Timestamp;
use crate::execution::trace::OutsideFrames;

/// The most child executions at once (developer guide, "Quotas").
const MOST_CHILDREN: usize = 10_000;

/// A Map Run between two events.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MapRunProgress {
    pub(crate) arn: Arc<str>,
    /// Its frame; its tasks are addressed by the frame's slot.
    pub(crate) frame: FrameKey,
    /// The state machine of its child executions.
    pub(crate) state_machine: Arc<StateMachineContext>,
    pub(crate) graph: GraphId,
    pub(crate) is_express: bool,
    pub(crate) transformation: Transformation,
    /// How many child executions the driver runs at once; `None` where they run inside the execution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) most_separate: Option<usize>,
    pub(crate) settings: MapRunSettings,
    /// The Map's effective input: `$` of the item selector.
    pub(crate) effective_input: Payload,
    pub(crate) start_date: Timestamp,
    pub(crate) stage: Stage,
    pub(crate) items: Items,
    /// The running child executions in the order of their starts.
    pub(crate) children: BTreeMap<u32, Child>,
    pub(crate) started: u32,
    /// The child executions that can go on.
    pub(crate) ready: VecDeque<u32>,
    /// The deadlines of the child executions.
    pub(crate) deadlines: BTreeSet<(Timestamp, u32)>,
    /// The tasks of child executions by their outer generation.
    pub(crate) tasks: BTreeMap<u32, (u32, TaskId)>,
    /// The child executions that the driver runs, by their outer generation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) separate: BTreeMap<u32, u32>,
    /// The results of the child executions in the order of their starts; `Null` until there is one.
    pub(crate) results: Vec<Value>,
    /// An estimate of the bytes of memory that they take.
    #[serde(skip)]
    pub(crate) results_held: usize,
    /// The failed ones.
    pub(crate) failed: BTreeSet<u32>,
    pub(crate) item_counts: Counts,
    pub(crate) execution_counts: Counts,
    /// The child executions that did not succeed, if the execution is redrivable.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) unsuccessful: BTreeMap<u32, Child>,
    /// The child executions that are redriven next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) pending_redrive: BTreeMap<u32, Child>,
    #[serde(default)]
    pub(crate) redrive_count: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) redrive_date: Option<Timestamp>,
    /// Whether its frame is in the ready queue.
    pub(crate) is_queued: bool,
}

/// The stage of a Map Run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Stage {
    Reading(Box<Reading>),
    Running,
    Writing(Box<Writing>),
}

/// A child execution.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) core: Box<Core>,
    /// The number of its items.
    pub(crate) items: usize,
    /// Its unanswered tasks with their outer generations.
    #[serde(with = "indexmap::map::serde_seq")]
    pub(crate) tasks: IndexMap<TaskId, u32>,
    /// Its deadline as noted by the Map Run.
    pub(crate) armed: Option<Timestamp>,
    /// Whether the driver runs it: its core is then no more than what it started with, and how it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) separate: Option<Separate>,
    /// Its frames in the trace, if one is kept.
    #[serde(skip)]
    pub(crate) traced_frames: Option<Box<OutsideFrames>>,
}

/// A child execution that the driver runs.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct Separate {
    /// Its outer generation, as that of a task.
    pub(crate) generation: u32,
    pub(crate) redrive_count: u32,
}

impl MapRunProgress {
    /// Whether something can be done at once.
    pub(crate) fn can_go_on(&self) -> bool {
        matches!(self.stage, Stage::Running) && (!self.ready.is_empty() || self.may_start())
    }

    /// Whether the end of a turn has interrupted a child execution, which goes on before all else.
    pub(crate) fn is_interrupted(&self) -> bool {
        let first = self.ready.front().and_then(|id| self.children.get(id));
        first.is_some_and(|child| child.core.wants_turn())
    }

    /// Whether the next child execution may start.
    pub(crate) fn may_start(&self) -> bool {
        let most = self.most_separate.unwrap_or(MOST_CHILDREN).clamp(1, MOST_CHILDREN);
        let limit = match self.settings.max_concurrency {
            0 => most,
            limit => limit.min(most),
        };
        matches!(self.stage, Stage::Running) && self.children.len() < limit && self.has_more()
    }

    /// Whether something will let it go on. While it reads or writes, that is the answer to a request.
    pub(crate) fn goes_on(&self) -> bool {
        match &self.stage {
            Stage::Running => {
                let awaits_answers = !self.tasks.is_empty() || !self.separate.is_empty();
                self.can_go_on() || !self.deadlines.is_empty() || awaits_answers
            }
            Stage::Reading(_) | Stage::Writing(_) => self.asked().is_some(),
        }
    }

    /// Whether a child execution is left to be started or redriven.
    fn has_more(&self) -> bool {
        !self.items.is_empty() || !self.pending_redrive.is_empty()
    }

    /// Whether all items are processed.
    pub(crate) fn is_through(&self) -> bool {
        matches!(self.stage, Stage::Running) && self.children.is_empty() && !self.has_more()
    }

    pub(crate) fn next_deadline(&self) -> Option<Timestamp> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// Sets the items.
    pub(crate) fn run(&mut self, items: Items) {
        self.item_counts.total = items.left() as u64;
        self.item_counts.pending = self.item_counts.total;
        self.items = items;
        self.stage = Stage::Running;
    }

    /// Whether more items failed than tolerated; a failed child execution counts with all its items.
    pub(crate) fn is_over_threshold(&self) -> bool {
        let failed = self.item_counts.failures();
        if failed == 0 {
            return false;
        }
        let (count, percentage) = (
            self.settings.tolerated_failure_count,
            self.settings.tolerated_failure_percentage,
        );
        if count.is_none() && percentage.is_none() {
            return true;
        }
        #[expect(clippy::cast_precision_loss, reason = "there are at most 100,000,000 items")]
        let share = failed as f64 * 100.0 / self.item_counts.total.max(1) as f64;
        count.is_some_and(|most| failed > most) || percentage.is_some_and(|most| share > most)
    }

    /// Counts the start of a child execution.
    pub(crate) fn count_start(&mut self, items: usize) {
        let items = items as u64;
        self.item_counts.pending = self.item_counts.pending.saturating_sub(items);
        self.item_counts.running = self.item_counts.running.saturating_add(items);
        let executions = &mut self.execution_counts;
        executions.running = executions.running.saturating_add(1);
        executions.total = executions.total.saturating_add(1);
    }

    /// Counts the end of a child execution.
    pub(crate) fn count_end(&mut self, items: usize, outcome: &Outcome) {
        self.item_counts.end(items as u64, outcome);
        self.execution_counts.end(1, outcome);
    }

    /// Redrives the child executions that did not succeed, as far as they can be redriven.
    pub(crate) fn redrive(&mut self, now: Timestamp) {
        self.redrive_count = self.redrive_count.saturating_add(1);
        self.redrive_date = Some(now);
        self.ready.clear();
        self.is_queued = false;
        for (id, child) in std::mem::take(&mut self.unsuccessful) {
            let outcome = child.core.outcome.as_deref();
            let Some(outcome) = outcome.filter(|_| self.is_express || child.core.check_redrivable(now).is_ok()) else {
                self.unsuccessful.insert(id, child);
                continue;
            };
            self.item_counts.await_redrive(child.items as u64, outcome);
            self.execution_counts.await_redrive(1, outcome);
            self.failed.remove(&id);
            if let Some(result) = self.results.get_mut(id as usize) {
                self.results_held = self.results_held.saturating_sub(held_size(result));
                *result = Value::Null;
            }
            self.pending_redrive.insert(id, child);
        }
    }

    /// Counts the redrive of a child execution.
    pub(crate) fn count_redriven_child(&mut self, items: usize) {
        self.item_counts.redrive(items as u64);
        self.execution_counts.redrive(1);
    }

    /// Keeps the result of a child execution.
    pub(crate) fn keep(&mut self, id: u32, result: Value) {
        self.results_held = self.results_held.saturating_add(held_size(&result));
        let index = id as usize;
        if self.results.len() <= index {
            self.results.resize(index + 1, Value::Null);
        }
        if let Some(place) = self.results.get_mut(index) {
            *place = result;
        }
    }

    /// The results, each with whether its child execution failed. If they are flattened, array outputs are replaced by
    /// their elements.
    pub(crate) fn take_results(&mut self) -> Vec<(Value, bool)> {
        self.results_held = 0;
        let mut results = Vec::with_capacity(self.results.len());
        for (id, result) in (0u32..).zip(std::mem::take(&mut self.results)) {
            let has_failed = self.failed.contains(&id);
            match result {
                Value::Array(elements) if self.transformation == Transformation::Flatten && !has_failed => {
                    results.extend(elements.into_iter().map(|element| (element, false)));
                }
                result => results.push((result, has_failed)),
            }
        }
        results
    }

    /// All data in it, except that of its child executions.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = &Payload> {
        let batching = self.settings.batching.as_ref();
        let settings = [
            self.settings.read.as_ref(),
            self.settings.write.as_ref(),
            batching.and_then(|batching| batching.batch_input.as_ref()),
            Some(&self.effective_input),
            Some(self.items.all()),
        ];
        settings.into_iter().flatten()
    }

    /// All data of its stage.
    pub(crate) fn stage_values(&self) -> impl Iterator<Item = &Value> {
        let (reading, writing) = match &self.stage {
            Stage::Reading(reading) => (Some(reading.values()), None),
            Stage::Running => (None, None),
            Stage::Writing(writing) => (None, Some(writing.values())),
        };
        reading.into_iter().flatten().chain(writing.into_iter().flatten())
    }

    /// The unanswered request to a service.
    pub(crate) fn asked(&self) -> Option<&Asked> {
        match &self.stage {
            Stage::Reading(reading) => reading.asked.as_ref(),
            Stage::Running => None,
            Stage::Writing(writing) => writing.asked.as_ref(),
        }
    }
}
