//! `ItemReader` and `ResultWriter`: they send requests like Tasks do, but leave no events.

use std::sync::Arc;

use super::Engine;
use crate::data::{ItemFormat, Payload};
use crate::definition::Reads;
use crate::error::predefined_errors::{ITEM_READER_FAILED, RESULT_WRITER_FAILED};
use crate::execution::command::Command;
use crate::execution::core::{MapRunProgress, Stage};
use crate::execution::event::Event;
use crate::execution::failure::Failure;
use crate::execution::frame_key::FrameKey;
use crate::execution::invariant::Invariant;
use crate::execution::map_run::{Asked, Reading, Step};
use crate::execution::span_key::SpanKind;
use crate::execution::task::{Task, TaskId};
use crate::execution::task_request::TaskRequest;

impl Engine<'_> {
    /// Sends the first request of an `ItemReader`.
    pub(super) fn begin_reading(&mut self, key: FrameKey, run: &mut MapRunProgress) -> Result<(), Failure> {
        if run.settings.max_items < 0 {
            let cause = "field MaxItems must be positive";
            return Err(Failure::error(ITEM_READER_FAILED, cause));
        }
        let arguments = run.settings.read.take().unwrap_or_else(Payload::empty_object);
        let reader = self.distributed_map(key).ok().and_then(|map| map.item_reader.as_ref());
        let reads_parquet = reader.is_some_and(|reader| {
            matches!(
                &reader.reads,
                Reads::Object(ItemFormat::Parquet)
                    | Reads::ListedObjects {
                        format: ItemFormat::Parquet,
                        ..
                    }
            )
        });
        if reads_parquet && arguments.get("VersionId").is_some() {
            let cause = "S3 Version ID selection is not currently supported for PARQUET files";
            return Err(Failure::error(ITEM_READER_FAILED, cause));
        }
        let reading = Reading::begin(&arguments, run.settings.max_items, self.core.limits.held_bytes);
        run.stage = Stage::Reading(Box::new(reading));
        self.ask(key, run, arguments)?;
        Ok(())
    }

    /// Handles the answer to a request.
    pub(super) fn request_answered(
        &mut self,
        key: FrameKey,
        mut run: Box<MapRunProgress>,
        event: Event,
        is_too_deep: bool,
    ) -> Result<(), Invariant> {
        let answer = match event {
            Event::TaskSucceeded { .. } if is_too_deep => Err("The answer nests arrays and objects too deeply.".into()),
            Event::TaskSucceeded { raw_result, .. } => Ok(raw_result),
            Event::TaskFailed { error, .. } => Err(error.cause.or(error.error).unwrap_or_default()),
            // Heartbeats and similar events have no effect: the request has no timeout and leaves no events.
            _ => return self.put_map_run(key, run),
        };
        match &mut run.stage {
            Stage::Reading(reading) => {
                let reader = self.distributed_map(key)?.item_reader.as_ref();
                let reader = reader.ok_or(Invariant::RequestIsOfItsMap)?;
                let step = answer.and_then(|answer| reading.answered(reader, answer));
                let done = match step {
                    Err(cause) => Err(Failure::error(ITEM_READER_FAILED, cause)),
                    Ok(Step::Ask(request)) => self.ask(key, &mut run, request).map_err(Failure::from),
                    Ok(Step::Done(items)) => {
                        self.core.grow(items.all().bound());
                        self.run_items(&mut run, items);
                        Ok(())
                    }
                };
                self.settle_map_run(key, run, done)
            }
            Stage::Writing(writing) => match answer {
                Ok(_) => {
                    writing.asked = None;
                    self.write_next(key, run)
                }
                Err(cause) => self.fail_map_run(key, run, Failure::error(RESULT_WRITER_FAILED, cause)),
            },
            Stage::Running => Err(Invariant::RequestIsOfItsMap),
        }
    }

    /// Writes the next object of the results; after the last one, the Map Run has succeeded.
    pub(super) fn write_next(&mut self, key: FrameKey, mut run: Box<MapRunProgress>) -> Result<(), Invariant> {
        let Stage::Writing(writing) = &mut run.stage else {
            return Err(Invariant::RequestIsOfItsMap);
        };
        if let Some(request) = writing.next_request() {
            self.ask(key, &mut run, request)?;
            return self.put_map_run(key, run);
        }
        let result = writing.result.value().clone();
        self.end_map_run(key, &run, result)
    }

    /// Sends a request.
    fn ask(&mut self, key: FrameKey, run: &mut MapRunProgress, input: Payload) -> Result<(), Invariant> {
        let generation = self.core.frames.next_serial();
        let asked = Some(Asked { generation, input });
        match &mut run.stage {
            Stage::Reading(reading) => reading.asked = asked,
            Stage::Writing(writing) => writing.asked = asked,
            Stage::Running => return Err(Invariant::RequestIsOfItsMap),
        }
        let task = self.request_at(key, run).ok_or(Invariant::RequestIsOfItsMap)?;
        self.core.commands.push(Command::Invoke(task));
        Ok(())
    }

    /// The unanswered request, if there is one.
    pub(super) fn request_at(&self, key: FrameKey, run: &MapRunProgress) -> Option<Task> {
        let asked = run.asked()?;
        let map = self.distributed_map(key).ok()?;
        let resource = match &run.stage {
            Stage::Reading(reading) => reading.resource(map.item_reader.as_ref()?),
            Stage::Writing(_) => &map.result_writer.as_ref()?.export.as_ref()?.0,
            Stage::Running => return None,
        };
        let frame = self.core.frames.get(key)?;
        Some(Task {
            id: TaskId {
                frame: key.slot,
                generation: asked.generation,
            },
            state: Arc::clone(&self.node_of(key).ok()?.name),
            resource: resource.clone(),
            request: Arc::new(TaskRequest::new(asked.input.clone())),
            retry_count: frame.retry_count,
            is_submitted: false,
            child: None,
            // Those of a reader or writer have none of their own.
            span: self.core.span_key(SpanKind::State, frame, 0),
        })
    }
}
