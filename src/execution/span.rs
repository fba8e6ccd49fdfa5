//! Spans: the stretches of time that a trace of an execution shows.
//!
//! They come from the execution itself, so their times are those of its history, and they are the same when it happens again
//! in another process. An execution keeps none unless its driver asks for them; then it pays for the names of errors and for
//! a few numbers a state, never for data.

use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::frame_key::FrameKey;
use super::program::StateId;
use super::span_key::SpanKey;
use super::task::ChildExecution;
use super::time::Timestamp;

/// A span that has ended.
#[derive(Debug, Clone)]
pub(crate) struct Span {
    pub(crate) key: SpanKey,
    /// `None` for the execution itself.
    pub(crate) parent: Option<SpanKey>,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// The state visited; of an attempt the Task, of a graph the Parallel or Map. `None` for the execution itself.
    pub(crate) state: Option<StateId>,
    pub(crate) came: Came,
    /// What only a few have.
    pub(crate) of_child: Option<Box<OfChild>>,
}

/// How a span ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Came {
    Succeeded,
    /// It failed with this error.
    Failed(Arc<str>),
    /// It failed with this error, and a Catcher went on.
    Caught(Arc<str>),
    /// The execution's time was over.
    TimedOut,
    /// Something around it ended first.
    Aborted,
}

/// The part of a span that child executions of distributed Maps have.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfChild {
    /// The child execution whose span it is; `None` if it is the driven execution's own.
    pub(crate) execution: Option<Arc<ChildExecution>>,
    /// Of a graph: the child execution that ran for it, with its own span.
    pub(crate) ran: Option<(Arc<ChildExecution>, SpanKey)>,
    /// Of a child execution itself: the execution and the graph that it ran for.
    pub(crate) ran_for: Option<(Arc<str>, SpanKey)>,
}

/// The spans of an execution: those that have not ended, and those that have since they were last taken.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Spans {
    /// How often the execution was redriven.
    pub(super) redrive: u32,
    /// By the frames' slots.
    pub(super) open: Vec<Option<Open>>,
    #[serde(skip)]
    pub(super) ended: Vec<Span>,
    #[serde(skip)]
    pub(super) transitions: u64,
}

/// The spans of a frame that have not ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Open {
    /// The number of the frame.
    pub(super) serial: u32,
    pub(super) graph: Timestamp,
    pub(super) state: Option<Timestamp>,
    pub(super) attempt: Option<Timestamp>,
    /// The error that a Catcher is about to go on with.
    #[serde(skip)]
    pub(super) caught: Option<Arc<str>>,
}

/// What has happened since spans were last taken.
#[derive(Debug, Default)]
pub(crate) struct TakenSpans {
    pub(crate) spans: Vec<Span>,
    /// The number of states entered, retried or redriven.
    pub(crate) transitions: u64,
}

impl Spans {
    pub(super) fn take(&mut self) -> TakenSpans {
        TakenSpans {
            spans: std::mem::take(&mut self.ended),
            transitions: std::mem::take(&mut self.transitions),
        }
    }

    pub(super) fn of(&mut self, key: FrameKey) -> Option<&mut Open> {
        let open = self.open.get_mut(key.slot as usize)?.as_mut();
        open.filter(|open| open.serial == key.serial)
    }

    /// The spans of a frame, whose graph begins now if it has none.
    pub(super) fn begin(&mut self, key: FrameKey, now: Timestamp) -> Option<&mut Open> {
        let slot = key.slot as usize;
        if self.open.len() <= slot {
            self.open.resize(slot + 1, None);
        }
        let place = self.open.get_mut(slot)?;
        place.take_if(|open| open.serial != key.serial);
        Some(place.get_or_insert(Open {
            serial: key.serial,
            graph: now,
            state: None,
            attempt: None,
            caught: None,
        }))
    }

    /// A state is entered, or goes on after a redrive.
    pub(super) fn begin_state(&mut self, key: FrameKey, now: Timestamp) {
        if let Some(open) = self.begin(key, now) {
            open.state = Some(now);
        }
    }

    pub(super) fn close(&mut self, key: FrameKey) -> Option<Open> {
        let place = self.open.get_mut(key.slot as usize)?;
        place.take_if(|open| open.serial == key.serial)
    }
}
