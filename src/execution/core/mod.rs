//! The whole state of an execution except its program, as plain data that serialises.
//!
//! Only the engine changes it; a snapshot stores it.

mod command_queue;
mod frames;
mod map_run_progress;
mod recorder;

use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use super::frame_key::FrameKey;
use super::invariant::Invariant;
use super::limits::Limits;
use super::outcome::Outcome;
use super::span::Spans;
use super::start_options::StartOptions;
use super::time::{Timestamp, seconds_later};
use super::timers::Timers;
use super::token::TokenSecret;
use super::trace::Trace;
use crate::data::{ExecutionContext, Random, StateMachineContext};
use crate::history::HistoryLevel;

pub(super) use command_queue::CommandQueue;
pub(super) use frames::{Activity, Begun, Evaluating, ForkProgress, Frame, Frames, TaskAttempt, VisibleVariables};
pub(super) use map_run_progress::{Child, MapRunProgress, Separate, Stage};
pub(super) use recorder::Recorder;

/// The longest time of an Express execution in seconds (developer guide, "Quotas").
const LONGEST_EXPRESS: u32 = 300;

/// The whole state of an execution except its program: plain, serialisable data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Core {
    pub(crate) execution: ExecutionContext,
    pub(crate) state_machine: Arc<StateMachineContext>,
    pub(crate) now: Timestamp,
    pub(crate) deadline: Option<Timestamp>,
    pub(crate) frames: Frames,
    pub(crate) ready: VecDeque<FrameKey>,
    pub(crate) timers: Timers,
    /// The frames whose tasks have timed out, and which fail one after the other; true where it was for a heartbeat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[expect(
        clippy::box_collection,
        reason = "most executions never have one, and should not take the memory"
    )]
    pub(crate) late: Option<Box<VecDeque<(FrameKey, bool)>>>,
    #[serde(skip)]
    pub(crate) commands: CommandQueue,
    /// The bytes of the unpolled commands.
    #[serde(skip)]
    pub(crate) queued_bytes: usize,
    /// The work done since the last event from outside, in the units of [`Limits::work`].
    #[serde(skip)]
    pub(crate) work: u64,
    /// The work done in this turn, in the units of [`Limits::turn_work`].
    #[serde(skip)]
    pub(in crate::execution) turn_work: usize,
    /// Whether the driver gave this turn, and no event from outside: only then may it take long.
    #[serde(skip)]
    pub(in crate::execution) is_given_turn: bool,
    /// The bytes that it held when they were last counted, its history included.
    #[serde(skip)]
    pub(super) held_bytes: usize,
    /// The bytes of memory, at most, for data made since then.
    #[serde(skip)]
    pub(super) grown_bytes: usize,
    /// The bytes of its history, as a driver keeps it.
    #[serde(default)]
    pub(in crate::execution) recorded_bytes: usize,
    /// Where the text of the last event lies that shows one.
    #[serde(skip)]
    pub(super) last_text: usize,
    pub(crate) recorder: Recorder,
    pub(crate) random: Random,
    pub(crate) token_secret: TokenSecret,
    pub(crate) limits: Arc<Limits>,
    pub(crate) variable_bytes: usize,
    // Boxed, since executions that run have none.
    pub(crate) outcome: Option<Box<Outcome>>,
    /// Whether it keeps what a redrive needs.
    #[serde(default)]
    pub(crate) is_redrivable: bool,
    /// The frames of an execution that did not succeed, as a redrive finds them; without a frame if it starts over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) remains: Option<Box<Frames>>,
    /// The rule of the engine that the execution failed over.
    #[serde(skip)]
    pub(super) broken: Option<Invariant>,
    /// Whether it comes from a snapshot, where anybody may have written: a broken rule may be no defect of ours.
    #[serde(skip)]
    pub(crate) is_restored: bool,
    /// The existing activities; `None` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) activities: Option<Arc<BTreeSet<String>>>,
    /// What the times of Wait states are multiplied by; `None` for 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) wait_time_scale: Option<f64>,
    /// How many child executions of a Map Run the driver runs at once; `None` where they run inside this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) separate_children: Option<usize>,
    /// The trace, if one is kept.
    #[serde(skip)]
    pub(crate) trace: Option<Box<Trace>>,
    /// The spans, if they are kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::execution) spans: Option<Box<Spans>>,
}

impl Core {
    /// `timeout_seconds` is the machine's timeout, if it has one; `limits` takes the place of the options' own.
    pub(super) fn new(
        timeout_seconds: Option<u32>,
        options: StartOptions,
        limits: Arc<Limits>,
        now: Timestamp,
    ) -> Self {
        let is_express = options.express_id.is_some();
        let execution = ExecutionContext::new(
            options.execution_arn().into(),
            &options.name,
            options.input,
            Some(options.role_arn),
            now,
            !is_express || !options.is_synchronous,
        );
        let recorder = Recorder::new(options.history, limits.history_events);
        Self {
            deadline: deadline(timeout_seconds, is_express, now),
            random: Random::seeded(options.seed),
            token_secret: options.token_secret,
            activities: options.activities,
            is_redrivable: options.is_redrivable && !is_express,
            wait_time_scale: options.wait_time_scale,
            separate_children: options.separate_children,
            trace: options.is_traced.then(Box::default),
            spans: options.keeps_spans.then(Box::default),
            ..Self::idle(execution, options.state_machine, recorder, limits, now)
        }
    }

    /// A core that has nothing to do yet.
    fn idle(
        execution: ExecutionContext,
        state_machine: Arc<StateMachineContext>,
        recorder: Recorder,
        limits: Arc<Limits>,
        now: Timestamp,
    ) -> Self {
        Self {
            execution,
            state_machine,
            now,
            deadline: None,
            frames: Frames::default(),
            ready: VecDeque::new(),
            timers: Timers::default(),
            late: None,
            commands: CommandQueue::default(),
            queued_bytes: 0,
            work: 0,
            turn_work: 0,
            is_given_turn: false,
            held_bytes: 0,
            grown_bytes: 0,
            recorded_bytes: 0,
            last_text: 0,
            recorder,
            random: Random::seeded(0),
            token_secret: TokenSecret::default(),
            limits,
            variable_bytes: 0,
            outcome: None,
            is_redrivable: false,
            remains: None,
            broken: None,
            is_restored: false,
            activities: None,
            wait_time_scale: None,
            separate_children: None,
            trace: None,
            spans: None,
        }
    }

    /// A core with no more than the expressions of one frame may read, and the frame's key in it.
    pub(super) fn around(&self, key: FrameKey) -> Result<(Self, FrameKey), Invariant> {
        let (frames, key) = self.frames.around(key)?;
        let (execution, state_machine) = (self.execution.clone(), Arc::clone(&self.state_machine));
        let recorder = Recorder::new(HistoryLevel::Off, None);
        let core = Self {
            frames,
            random: self.random.clone(),
            token_secret: self.token_secret.clone(),
            is_restored: self.is_restored,
            ..Self::idle(execution, state_machine, recorder, Arc::clone(&self.limits), self.now)
        };
        Ok((core, key))
    }
}

/// The deadline of an execution by its time of start, or of its last redrive.
pub(in crate::execution) fn deadline(
    timeout_seconds: Option<u32>,
    is_express: bool,
    start: Timestamp,
) -> Option<Timestamp> {
    let seconds = match timeout_seconds {
        Some(seconds) if is_express => Some(seconds.min(LONGEST_EXPRESS)),
        None if is_express => Some(LONGEST_EXPRESS),
        seconds => seconds,
    };
    seconds.map(|seconds| seconds_later(start, seconds))
}
