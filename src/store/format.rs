//! How the engine writes what a store keeps, and how it reads it again.
//!
//! Every text is a JSON array that begins with the number of its format. A release reads all formats up to its own.

mod text;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

use self::text::{FORMAT, damaged, parsed, read, written, written_within};
pub(crate) use self::text::{read_text, written_text};
use super::details::{append_details, with_type};
use super::{
    ChildEvents, End, HistoryRecord, JournalEntry, Start, StoreError, StoreErrorKind, StoredDefinition,
    StoredExecution, StoredMapRun, StoredRequest, StoredSnapshot,
};
use crate::data::{MAX_NESTING, StateMachineContext, nests_within};
use crate::definition::WorkflowType;
use crate::execution::{ChildEvent, Event, Limits, MapRun, Outcome, Program, Snapshot, StartOptions, TokenSecret};
use crate::history::{ErrorOutput, EventDetails, HistoryEvent, HistoryLevel};
use crate::loading::Loader;
use crate::services::step_functions::Lineage;

/// What stands in the place of an event.
const REDRIVE: &str = "Redrive";

/// The bytes that the options of a start have as a rule.
const OPTIONS: usize = 640;

/// All options of a start but the input and the name.
#[derive(Serialize, Deserialize)]
struct Options {
    state_machine_name: String,
    role_arn: Arc<str>,
    seed: u64,
    token_secret: TokenSecret,
    history: HistoryLevel,
    limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    express_id: Option<String>,
    #[serde(default)]
    is_synchronous: bool,
    is_redrivable: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    activities: Option<Arc<BTreeSet<String>>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    wait_time_scale: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    separate_children: Option<usize>,
    #[serde(default)]
    origin: StoredOrigin,
}

/// Where an execution comes from.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredOrigin {
    #[serde(default)]
    pub(crate) lineage: Lineage,
    /// The id of the attempt of a task that started it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) started_by: Option<Arc<str>>,
    /// What a service above was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<StoredRequest>,
    /// What was decided about its trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<StoredTrace>,
}

/// An execution's trace, for each process that it runs in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct StoredTrace {
    /// Whether it is traced.
    pub(crate) is_sampled: bool,
    /// The `traceparent` and `tracestate` of who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caller: Option<(String, String)>,
}

/// The part of [`Options`] that a listing looks at.
#[derive(Deserialize)]
struct OnlyOrigin {
    #[serde(default)]
    origin: StoredOrigin,
}

impl StoredDefinition {
    pub(crate) fn of(program: &Program) -> Self {
        let machine = program.machine();
        let workflow_type = match machine.workflow_type {
            WorkflowType::Standard => "STANDARD",
            WorkflowType::Express => "EXPRESS",
        };
        Self {
            fingerprint: program.id().to_owned(),
            text: written(&(FORMAT, workflow_type, machine.definition())),
        }
    }

    pub(crate) fn program(&self) -> Result<Program, StoreError> {
        let (workflow_type, definition): (String, Value) = self.read()?;
        let workflow_type = match workflow_type.as_str() {
            "STANDARD" => WorkflowType::Standard,
            "EXPRESS" => WorkflowType::Express,
            other => return Err(damaged("a definition", format!("there is no workflow type `{other}`"))),
        };
        let loader = Loader::new().workflow_type(workflow_type);
        let machine = loader
            .parse(&definition.to_string())
            .map_err(|problems| damaged("a definition", problems))?;
        let program = Program::compile(&machine);
        if program.id() == self.fingerprint {
            Ok(program)
        } else {
            Err(damaged("a definition", "it is not the one of its fingerprint"))
        }
    }

    fn read(&self) -> Result<(String, Value), StoreError> {
        let what = "a definition";
        let (_, workflow_type, definition): (u32, String, Value) = read(&self.text, what)?;
        Ok((workflow_type, definition))
    }
}

impl Start {
    pub(crate) fn of(
        number: u64,
        program: &Program,
        options: &StartOptions,
        limits: &Limits,
        mut origin: StoredOrigin,
        time: DateTime<Utc>,
    ) -> Self {
        let given = origin.request.as_mut().and_then(StoredRequest::take_input);
        let texts = Options {
            state_machine_name: options.state_machine.name.clone(),
            role_arn: Arc::clone(&options.role_arn),
            seed: options.seed,
            token_secret: options.token_secret.clone(),
            history: options.history,
            limits: limits.clone(),
            express_id: options.express_id.clone(),
            is_synchronous: options.is_synchronous,
            is_redrivable: options.is_redrivable,
            activities: options.activities.clone(),
            wait_time_scale: options.wait_time_scale,
            separate_children: options.separate_children,
            origin,
        };
        Self {
            number,
            arn: options.execution_arn(),
            name: options.name.clone(),
            state_machine_arn: options.state_machine.id.clone(),
            definition: program.id().to_owned(),
            time,
            input: given.unwrap_or_else(|| options.input.to_text().as_str().to_owned()),
            options: written_within(OPTIONS, &(FORMAT, texts)),
        }
    }

    /// The options of the start, with the limits in them, and where it came from.
    pub(crate) fn read(&self, program: &Program) -> Result<(StartOptions, StoredOrigin), StoreError> {
        let what = "how an execution started";
        let (_, read): (u32, Options) = read(&self.options, what)?;
        let input: Value = self.input()?;
        let mut options = StartOptions::new(program.payload(input));
        options.name.clone_from(&self.name);
        options.state_machine = Arc::new(StateMachineContext {
            id: self.state_machine_arn.clone(),
            name: read.state_machine_name,
        });
        options.role_arn = read.role_arn;
        options.seed = read.seed;
        options.token_secret = read.token_secret;
        options.history = read.history;
        options.limits = read.limits;
        options.express_id = read.express_id;
        options.is_synchronous = read.is_synchronous;
        options.is_redrivable = read.is_redrivable;
        options.activities = read.activities;
        options.wait_time_scale = read.wait_time_scale;
        options.separate_children = read.separate_children;
        #[cfg(feature = "otel")]
        {
            options.keeps_spans = read.origin.trace.is_some();
        }
        Ok((options, read.origin))
    }

    /// What a service above was asked for, if one was.
    pub(crate) fn request(&self) -> Result<Option<StoredRequest>, StoreError> {
        Ok(self.origin()?.request)
    }

    /// Where it came from.
    pub(crate) fn origin(&self) -> Result<StoredOrigin, StoreError> {
        let (_, OnlyOrigin { origin }): (u32, _) = read(&self.options, "how an execution started")?;
        Ok(origin)
    }

    /// Changes the number of the revision in the request of a service above.
    #[cfg(feature = "restate")]
    pub(crate) fn set_revision(&mut self, revision: u64) -> Result<(), StoreError> {
        let (_, mut options): (u32, Options) = read(&self.options, "how an execution started")?;
        if let Some(request) = &mut options.origin.request {
            request.revision = revision;
        }
        self.options = written_within(OPTIONS, &(FORMAT, options));
        Ok(())
    }

    fn input(&self) -> Result<Value, StoreError> {
        parsed(&self.input, "the input of an execution")
    }
}

impl JournalEntry {
    /// `events` is the number of events in the history before this one was handled.
    pub(crate) fn of(number: u64, time: DateTime<Utc>, events: u64, event: &Event) -> Self {
        let text = match event {
            Event::TaskSucceeded { task, raw_result } if !nests_within(raw_result, MAX_NESTING) => {
                let (task, raw_result) = (*task, too_deep());
                written(&(FORMAT, time, events, Event::TaskSucceeded { task, raw_result }))
            }
            Event::TaskSubmitted { task, output } if !nests_within(output, MAX_NESTING) => {
                let (task, output) = (*task, too_deep());
                written(&(FORMAT, time, events, Event::TaskSubmitted { task, output }))
            }
            event => written(&(FORMAT, time, events, event)),
        };
        Self { number, text }
    }

    /// The entry of a redrive.
    pub(crate) fn of_redrive(number: u64, time: DateTime<Utc>, events: u64) -> Self {
        let text = written(&(FORMAT, time, events, REDRIVE));
        Self { number, text }
    }

    /// The time, the number of events before it, and the event; `None` for a redrive.
    pub(crate) fn read(&self) -> Result<(DateTime<Utc>, u64, Option<Event>), StoreError> {
        let what = "an event of an execution";
        // No event is written so: each of them has members, or another name.
        if self.text.ends_with(r#","Redrive"]"#) {
            let (_, time, events, _): (u32, _, _, String) = read(&self.text, what)?;
            return Ok((time, events, None));
        }
        let (_, time, events, event): (u32, _, _, Event) = read(&self.text, what)?;
        Ok((time, events, Some(event)))
    }
}

/// A value that nests more deeply than an execution takes: what came was deeper, and is not written.
pub(crate) fn too_deep() -> Value {
    (0..=MAX_NESTING).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

impl StoredSnapshot {
    pub(crate) fn of(entry: u64, snapshot: &Snapshot) -> Self {
        let text = written(&(FORMAT, snapshot));
        Self { entry, text }
    }

    pub(crate) fn read(&self) -> Result<Snapshot, StoreError> {
        let (_, snapshot): (u32, _) = read(&self.text, "the state of an execution")?;
        Ok(snapshot)
    }
}

impl HistoryRecord {
    pub(crate) fn of(event: &HistoryEvent) -> Self {
        Self {
            id: event.id,
            previous_event_id: event.previous_event_id,
            time: event.timestamp,
            event_type: event.event_type().to_owned(),
            details: {
                let mut details = Vec::new();
                append_details(&mut details, &event.details);
                String::from_utf8(details).unwrap_or_default()
            },
        }
    }

    /// The event. Errors if the details are damaged.
    pub fn event(&self) -> Result<HistoryEvent, StoreError> {
        let details = with_type(&self.event_type, &self.details);
        let details: EventDetails = parsed(&details, "an event of a history")?;
        Ok(HistoryEvent::new(self.id, self.previous_event_id, self.time, details))
    }
}

impl ChildEvents {
    pub(crate) fn of(event: &ChildEvent) -> Self {
        Self {
            map_run_arn: event.map_run_arn.to_string(),
            arn: event.execution_arn.to_string(),
            events: vec![HistoryRecord::of(&event.event)],
        }
    }
}

impl StoredExecution {
    /// How often it was redriven, and when last.
    pub(crate) fn redrives(&self) -> (u32, Option<DateTime<Utc>>) {
        (self.redrive_count, self.redrive_time)
    }
}

impl StoredMapRun {
    pub(crate) fn of(map_run: &MapRun) -> Self {
        Self {
            arn: map_run.map_run_arn.to_string(),
            text: written(&(FORMAT, map_run)),
        }
    }

    pub(crate) fn read(&self) -> Result<MapRun, StoreError> {
        let (_, map_run): (u32, _) = read(&self.text, "a Map Run")?;
        Ok(map_run)
    }
}

impl End {
    pub(crate) fn of(outcome: &Outcome, time: DateTime<Utc>) -> Self {
        let ErrorOutput { error, cause } = outcome.error().cloned().unwrap_or_default();
        Self {
            status: outcome.status().to_owned(),
            time,
            output: match outcome {
                Outcome::Succeeded { output } => Some(output.to_text().as_str().to_owned()),
                _ => None,
            },
            error,
            cause,
        }
    }

    /// The outcome. Errors if the output is damaged, and if the execution goes on [elsewhere](Self::is_elsewhere).
    pub fn outcome(&self) -> Result<Outcome, StoreError> {
        let error = || ErrorOutput {
            error: self.error.clone(),
            cause: self.cause.clone(),
        };
        match (self.status.as_str(), &self.output) {
            ("SUCCEEDED", Some(output)) => {
                let output: Value = parsed(output, "the output of an execution")?;
                Ok(Outcome::Succeeded { output: output.into() })
            }
            ("FAILED", None) => Ok(Outcome::Failed(error())),
            ("TIMED_OUT", None) => Ok(Outcome::TimedOut(error())),
            ("ABORTED", None) => Ok(Outcome::Aborted(error())),
            (Self::MOVING | Self::MOVED, _) => {
                let place = self.cause.as_deref().unwrap_or("another place");
                let message = format!("the execution was moved to {place}");
                Err(StoreError::new(StoreErrorKind::Refused, message))
            }
            (status, _) => Err(damaged("the end of an execution", format!("its status is `{status}`"))),
        }
    }
}

#[cfg(test)]
mod tests;
