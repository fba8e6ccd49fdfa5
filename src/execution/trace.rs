//! The trace of an execution: details that its history lacks, such as false Choice Rules, the deciding Retrier, and the
//! effective input.
//!
//! Without a trace, an execution pays only for the check.

use serde_json::Value;
use std::collections::HashMap;

use super::frame_key::FrameKey;
use super::inspection::{Inspection, Stage};
use super::intent::Assigned;
use super::program::{Next, StateId};
use super::task::TaskId;
use super::time::Timestamp;
use crate::data::Payload;
use crate::history::ErrorOutput;

/// An entry of the trace: something that happened in a frame.
#[derive(Debug, Clone)]
pub(crate) struct TraceEntry {
    pub(crate) at: Timestamp,
    pub(crate) frame: FrameKey,
    pub(crate) traced: Traced,
}

/// The kinds of entries.
#[derive(Debug, Clone)]
pub(crate) enum Traced {
    /// A state was entered; `event` is the id of its `…StateEntered`.
    Entered {
        state: StateId,
        parent: Option<FrameKey>,
        index: usize,
        raw_input: Payload,
        event: u64,
    },
    /// An attempt starts.
    Attempted,
    /// The effective input of the attempt.
    EffectiveInput(Payload),
    /// A Choice Rule was evaluated.
    Rule { index: usize, is_true: bool },
    /// A task was invoked.
    Invoked(TaskId),
    /// The graphs of a Parallel or Map start.
    Forked { total: usize },
    /// The raw result of the state.
    RawResult(Payload),
    /// The data after a stage other than the raw result.
    Stage(Stage, Payload),
    /// The attempt failed.
    Failed { error: ErrorOutput, missed_heartbeat: bool },
    /// A Retrier retries the state after a delay; `number` counts its retries from 1.
    Retried {
        retrier: usize,
        number: u32,
        delay: chrono::TimeDelta,
    },
    /// A Retrier matches the error but has no retries left.
    Exhausted { retrier: usize },
    /// A Catcher catches the error.
    Caught { catcher: usize },
    /// A Catcher matches the error but fails itself.
    CatcherFailed { catcher: usize, error: ErrorOutput },
    /// The state was exited.
    Exited {
        output: Payload,
        assigned: Assigned,
        next: Next,
    },
    /// A branch or iteration failed.
    GraphFailed { index: usize },
    /// The state was aborted: a sibling failed.
    Aborted,
}

/// The most bytes of data that a trace keeps, as texts; shared data counts each time.
const MOST_DATA: usize = 256 * 1024 * 1024;

/// The trace of an execution since it was last taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trace {
    entries: Vec<TraceEntry>,
    /// The bytes of data added so far.
    data_bytes: usize,
    /// The number of frames of child executions that have names in it.
    children: u32,
}

/// The names of a child execution's frames in the trace of the execution around it.
pub(crate) type OutsideFrames = HashMap<FrameKey, FrameKey>;

impl Trace {
    #[cold]
    pub(crate) fn push(&mut self, at: Timestamp, frame: FrameKey, mut traced: Traced) {
        self.data_bytes = self.data_bytes.saturating_add(traced.data_bytes());
        if self.is_cut() {
            traced.drop_data();
        }
        self.entries.push(TraceEntry { at, frame, traced });
    }

    /// Whether data was dropped.
    pub(crate) fn is_cut(&self) -> bool {
        self.data_bytes > MOST_DATA
    }

    pub(crate) fn take(&mut self) -> Vec<TraceEntry> {
        std::mem::take(&mut self.entries)
    }

    /// Adds the trace of a child execution, as if its graph ran in the frame `map` of its Map as the item at `index`.
    ///
    /// `task` maps its tasks to their outer ids.
    #[cold]
    pub(crate) fn take_over(
        &mut self,
        entries: Vec<TraceEntry>,
        frames: &mut OutsideFrames,
        (map, index): (FrameKey, usize),
        task: impl Fn(TaskId) -> TaskId,
    ) {
        for TraceEntry { at, frame, traced } in entries {
            let mut outside = |frame: FrameKey| *frames.entry(frame).or_insert_with(|| self.next_child());
            let traced = match traced {
                Traced::Entered {
                    state,
                    parent,
                    index: own_index,
                    raw_input,
                    event: _,
                } => Traced::Entered {
                    state,
                    parent: Some(parent.map_or(map, &mut outside)),
                    index: parent.map_or(index, |_| own_index),
                    raw_input,
                    // Its history is another one.
                    event: 0,
                },
                Traced::Invoked(inner) => Traced::Invoked(task(inner)),
                traced => traced,
            };
            let frame = outside(frame);
            self.push(at, frame, traced);
        }
    }

    /// A name that no frame of the execution uses.
    fn next_child(&mut self) -> FrameKey {
        self.children = self.children.wrapping_add(1);
        FrameKey {
            slot: u32::MAX,
            serial: self.children,
        }
    }

    /// Adds the inspection of a state's entry.
    #[cold]
    pub(crate) fn see(&mut self, at: Timestamp, frame: FrameKey, inspection: Inspection) {
        let (stages, rules) = inspection.into_seen();
        for (stage, data) in stages {
            if stage != Stage::Result {
                self.push(at, frame, Traced::Stage(stage, data.clone()));
            }
            match stage {
                Stage::AfterInputPath | Stage::AfterParameters | Stage::AfterArguments => {
                    self.push(at, frame, Traced::EffectiveInput(data));
                }
                Stage::Result => self.push(at, frame, Traced::RawResult(data)),
                _ => {}
            }
        }
        for (index, is_true) in rules {
            self.push(at, frame, Traced::Rule { index, is_true });
        }
    }
}

impl Traced {
    fn data_bytes(&self) -> usize {
        match self {
            Self::Entered { raw_input: data, .. }
            | Self::EffectiveInput(data)
            | Self::RawResult(data)
            | Self::Stage(_, data) => data.bound(),
            Self::Exited { output, assigned, .. } => {
                let assigned = assigned.iter().map(|(_, value)| value.size());
                output.bound().saturating_add(assigned.sum())
            }
            _ => 0,
        }
    }

    fn drop_data(&mut self) {
        match self {
            Self::Entered { raw_input: data, .. }
            | Self::EffectiveInput(data)
            | Self::RawResult(data)
            | Self::Stage(_, data) => {
                *data = Payload::from(Value::Null);
            }
            Self::Exited { output, assigned, .. } => {
                *output = Payload::from(Value::Null);
                *assigned = Box::default();
            }
            _ => {}
        }
    }
}
