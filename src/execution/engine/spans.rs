//! Begins and ends the spans of an execution whose driver asks for them.

use std::sync::Arc;

use super::children::of_child;
use crate::execution::core::{Child, Core, Frame, MapRunProgress};
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::outcome::Outcome;
use crate::execution::span::{Came, OfChild, Open, Span, Spans, TakenSpans};
use crate::execution::span_key::{SpanKey, SpanKind};

impl Core {
    /// Keeps spans from now on, or none any more. What runs already begins as far back as is known.
    #[cfg(feature = "otel")]
    pub(in crate::execution) fn keep_spans(&mut self, keeps: bool) {
        if !keeps {
            self.spans = None;
        } else if self.spans.is_none() {
            let mut spans = Spans {
                redrive: self.execution.redrive_count.unwrap_or(0),
                ..Spans::default()
            };
            for (key, frame) in self.frames.iter() {
                let is_entered = !matches!(frame.activity(), super::Activity::Entering);
                let is_attempted = matches!(frame.activity(), super::Activity::Task(_));
                if let Some(open) = spans.begin(key, frame.entered_time) {
                    open.state = is_entered.then_some(frame.entered_time);
                    open.attempt = is_attempted.then_some(frame.entered_time);
                }
            }
            self.spans = Some(Box::new(spans));
        }
        for (_, _, run) in self.frames.map_runs_mut() {
            for child in run.children.values_mut().filter(|child| child.separate.is_none()) {
                child.core.keep_spans(keeps);
            }
        }
    }

    pub(in crate::execution) fn take_spans(&mut self) -> TakenSpans {
        self.spans.as_mut().map(|spans| spans.take()).unwrap_or_default()
    }

    /// The key of a state's span, and of a span inside it.
    pub(super) fn span_key(&self, kind: SpanKind, frame: &Frame, index: usize) -> SpanKey {
        let is_inside = matches!(kind, SpanKind::Attempt | SpanKind::Graph);
        SpanKey {
            kind,
            redrive: match &self.spans {
                Some(spans) => spans.redrive,
                None => self.execution.redrive_count.unwrap_or(0),
            },
            event: frame.entered_event,
            retry: if is_inside { frame.retry_count } else { 0 },
            index: u32::try_from(index).unwrap_or(u32::MAX),
        }
    }

    /// A state is attempted.
    #[inline]
    pub(super) fn count_transition(&mut self) {
        if let Some(spans) = &mut self.spans {
            spans.transitions += 1;
        }
    }

    #[inline]
    pub(super) fn span_of_attempt_begins(&mut self, key: FrameKey) {
        let now = self.now;
        if let Some(open) = self.spans.as_mut().and_then(|spans| spans.of(key)) {
            open.attempt = Some(now);
        }
    }

    #[inline]
    pub(super) fn span_of_attempt_ends(&mut self, key: FrameKey, failure: Option<&Failure>) {
        if self.spans.is_some() {
            self.end_attempt(key, failure.map_or(Came::Succeeded, came));
        }
    }

    /// A Catcher goes on with a failure.
    #[inline]
    pub(super) fn note_caught(&mut self, key: FrameKey, failure: &Failure) {
        if let Some(open) = self.spans.as_mut().and_then(|spans| spans.of(key)) {
            open.caught = Some(name_of(failure));
        }
    }

    /// A state is exited, and perhaps its graph with it.
    #[inline]
    pub(super) fn span_of_state_ends(&mut self, key: FrameKey, ends_graph: bool) {
        if let Some(spans) = &mut self.spans {
            let caught = spans.of(key).and_then(|open| open.caught.take());
            self.end_state(key, caught.map_or(Came::Succeeded, Came::Caught));
            if ends_graph {
                self.end_graph_span(key, Came::Succeeded);
            }
        }
    }

    /// A branch or iteration fails.
    #[inline]
    pub(super) fn spans_of_frame_fail(&mut self, key: FrameKey, failure: &Failure) {
        if self.spans.is_some() {
            self.end_frame(key, &came(failure));
        }
    }

    /// A branch or iteration is aborted.
    #[inline]
    pub(super) fn spans_of_frame_are_aborted(&mut self, key: FrameKey) {
        if self.spans.is_some() {
            self.end_frame(key, &Came::Aborted);
        }
    }

    /// The execution ends, and everything in it.
    pub(super) fn all_spans_end(&mut self, outcome: &Outcome) {
        if self.spans.is_none() {
            return;
        }
        let came = match outcome {
            Outcome::Succeeded { .. } => Came::Succeeded,
            Outcome::Failed(error) => Came::Failed(error.error.as_deref().unwrap_or_default().into()),
            Outcome::TimedOut(_) => Came::TimedOut,
            Outcome::Aborted(_) => Came::Aborted,
        };
        let keys: Vec<(FrameKey, bool)> = self
            .frames
            .iter()
            .map(|(key, frame)| (key, frame.parent.is_none()))
            .collect();
        for (key, is_root) in keys {
            let of_frame = match &came {
                Came::Failed(_) if is_root => came.clone(),
                _ => Came::Aborted,
            };
            self.end_frame(key, &of_frame);
        }
        let (now, context) = (self.now, &self.execution);
        let start = context.redrive_time.unwrap_or(context.start_time);
        if let Some(spans) = &mut self.spans {
            spans.open.clear();
            spans.ended.push(Span {
                key: spans.execution(),
                parent: None,
                start,
                end: now,
                state: None,
                came,
                of_child: None,
            });
        }
    }

    /// The child execution of a Map Run has ended; the spans that it kept itself are taken already.
    pub(super) fn span_of_child_ends(&mut self, run: &MapRunProgress, id: u32, child: &Child, outcome: &Outcome) {
        if self.spans.is_none() {
            return;
        }
        let Some(frame) = self.frames.get(run.frame) else {
            return;
        };
        let context = &child.core.execution;
        let redrive = child.core.spans.as_ref().map_or(0, |spans| spans.redrive);
        let key = self.graph_of_child(frame, run, id);
        let span = Span {
            key,
            parent: Some(self.span_key(SpanKind::State, frame, 0)),
            start: context.redrive_time.unwrap_or(context.start_time),
            end: child.core.now,
            state: Some(frame.state),
            came: match outcome {
                Outcome::Succeeded { .. } => Came::Succeeded,
                Outcome::Failed(error) => Came::Failed(error.error.as_deref().unwrap_or_default().into()),
                Outcome::TimedOut(_) => Came::TimedOut,
                Outcome::Aborted(_) => Came::Aborted,
            },
            of_child: Some(Box::new(OfChild {
                ran: Some((
                    of_child(&child.core),
                    SpanKey {
                        redrive,
                        ..SpanKey::default()
                    },
                )),
                ..OfChild::default()
            })),
        };
        self.push_span(span);
    }

    /// Takes over the spans of a child execution.
    #[inline]
    pub(super) fn take_spans_of_child(&mut self, run: &MapRunProgress, id: u32, child: &mut Child) {
        if self.spans.is_some() && child.core.spans.is_some() {
            self.take_over(run, id, child);
        }
    }

    fn take_over(&mut self, run: &MapRunProgress, id: u32, child: &mut Child) {
        let TakenSpans { spans, transitions } = child.core.take_spans();
        let Some(frame) = self.frames.get(run.frame) else {
            return;
        };
        let ran_for = (Arc::clone(&self.execution.id), self.graph_of_child(frame, run, id));
        let Some(own) = &mut self.spans else { return };
        own.transitions += transitions;
        let mut execution = None;
        for mut span in spans {
            let of_child = span.of_child.get_or_insert_default();
            // Otherwise it comes from further inside.
            if of_child.execution.is_none() {
                let execution = execution.get_or_insert_with(|| super::children::of_child(&child.core));
                of_child.execution = Some(Arc::clone(execution));
                if span.key.kind == SpanKind::Execution {
                    of_child.ran_for = Some(ran_for.clone());
                }
            }
            own.ended.push(span);
        }
    }

    fn graph_of_child(&self, frame: &Frame, run: &MapRunProgress, id: u32) -> SpanKey {
        SpanKey {
            redrive: run.redrive_count,
            ..self.span_key(SpanKind::Graph, frame, id as usize)
        }
    }

    fn end_frame(&mut self, key: FrameKey, came: &Came) {
        self.end_attempt(key, Came::Aborted);
        self.end_state(key, came.clone());
        self.end_graph_span(key, came.clone());
    }

    fn end_attempt(&mut self, key: FrameKey, came: Came) {
        let began = self.spans.as_mut().and_then(|spans| spans.of(key)?.attempt.take());
        let (Some(start), Some(frame)) = (began, self.frames.get(key)) else {
            return;
        };
        let span = Span {
            key: self.span_key(SpanKind::Attempt, frame, 0),
            parent: Some(self.span_key(SpanKind::State, frame, 0)),
            start,
            end: self.now,
            state: Some(frame.state),
            came,
            of_child: None,
        };
        self.push_span(span);
    }

    fn end_state(&mut self, key: FrameKey, came: Came) {
        let began = self.spans.as_mut().and_then(|spans| spans.of(key)?.state.take());
        let (Some(start), Some(frame)) = (began, self.frames.get(key)) else {
            return;
        };
        let around = frame.parent.and_then(|parent| self.frames.get(parent));
        let span = Span {
            key: self.span_key(SpanKind::State, frame, 0),
            parent: match around {
                Some(around) => Some(self.span_key(SpanKind::Graph, around, frame.index)),
                None => self.spans.as_ref().map(|spans| spans.execution()),
            },
            start,
            end: self.now,
            state: Some(frame.state),
            came,
            of_child: None,
        };
        self.push_span(span);
    }

    /// Ends the span of a branch or iteration; the machine itself has none besides the execution's.
    fn end_graph_span(&mut self, key: FrameKey, came: Came) {
        let began: Option<Open> = self.spans.as_mut().and_then(|spans| spans.close(key));
        let (Some(open), Some(frame)) = (began, self.frames.get(key)) else {
            return;
        };
        let Some(around) = frame.parent.and_then(|parent| self.frames.get(parent)) else {
            return;
        };
        let span = Span {
            key: self.span_key(SpanKind::Graph, around, frame.index),
            parent: Some(self.span_key(SpanKind::State, around, 0)),
            start: open.graph,
            end: self.now,
            state: Some(around.state),
            came,
            of_child: None,
        };
        self.push_span(span);
    }

    fn push_span(&mut self, span: Span) {
        if let Some(spans) = &mut self.spans {
            spans.ended.push(span);
        }
    }
}

impl Spans {
    fn execution(&self) -> SpanKey {
        SpanKey {
            redrive: self.redrive,
            ..SpanKey::default()
        }
    }
}

fn came(failure: &Failure) -> Came {
    Came::Failed(name_of(failure))
}

fn name_of(failure: &Failure) -> Arc<str> {
    failure.error_output().error.unwrap_or_default().into()
}
