//! Runs a recorded execution on the sans-IO core, with the recorded answers of its tasks.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use asl_engine::StateMachine;
use asl_engine::data::StateMachineContext;
use asl_engine::definition::ResourceKind;
use asl_engine::execution::{Command, Event, Execution, Outcome, Program, StartOptions, Task};
use asl_engine::history::{ErrorOutput, HistoryEvent};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::case::Case;

/// When every replay starts: the inputs that were computed from a date are computed from this one.
const START: &str = "2026-11-22T09:50:00Z";

/// No recording needs more; a machine that loops for ever is stopped.
const MOST_TURNS: usize = 100_000;

/// What a replayed execution did.
pub(crate) struct Replayed {
    pub(crate) outcome: Outcome,
    /// The events as `GetExecutionHistory` prints them.
    pub(crate) history: Vec<Value>,
    pub(crate) events: Vec<HistoryEvent>,
    /// The task tokens that were given out, each with the recording's name for it.
    pub(crate) tokens: Vec<(String, String)>,
}

/// Runs the case's execution to its end.
pub(crate) fn replay(case: &Case) -> Result<Replayed, String> {
    let machine = StateMachine::parse(&case.definition()).map_err(|invalid| {
        let first = &invalid.diagnostics()[0];
        let location = first.location.as_deref().unwrap_or(&first.pointer);
        format!("refused: {} at {location}", first.message)
    })?;
    let start: DateTime<Utc> = START.parse().unwrap();
    let program = Arc::new(Program::compile(&machine));
    let mut options = options(case);
    options.activities = Some(Arc::new(activities(case, &program)));
    let execution = Execution::start(program, options, start);
    let mut replay = Replay {
        case,
        execution,
        now: start,
        history: Vec::new(),
        events: Vec::new(),
        tokens: Vec::new(),
        answered: HashMap::new(),
        pending: Vec::new(),
        answers: VecDeque::new(),
    };
    let outcome = replay.run()?;
    Ok(Replayed {
        outcome,
        history: replay.history,
        events: replay.events,
        tokens: replay.tokens,
    })
}

fn options(case: &Case) -> StartOptions {
    let mut options = StartOptions::new(case.input());
    let context = &case.json["context"];
    let text = |member: &str| context[member].as_str().map(str::to_owned);
    let started = case.history().and_then(|events| events.first());
    let role = started.and_then(|event| event["executionStartedEventDetails"]["roleArn"].as_str());
    options.name = text("execution_name").unwrap_or(options.name);
    let name = text("state_machine_name").unwrap_or_else(|| options.state_machine.name.clone());
    options.state_machine = StateMachineContext::new("<region>", "111111111111", &name).into();
    if case.json["machine_type"] == "EXPRESS" {
        options.express_id = Some("<uuid>".to_owned());
        options.is_synchronous = case.json["op"] == "start_sync_execution";
    }
    if let Some(role) = text("role_arn").or(role.map(str::to_owned)) {
        options.role_arn = role.into();
    }
    options
}

/// The activities that there were: AWS scheduled nothing for one that was deleted.
fn activities(case: &Case, program: &Program) -> BTreeSet<String> {
    let was_scheduled = |state: &str| case.json["mock"].get(state).is_some();
    let activities = program
        .resources()
        .filter(|(state, resource)| *resource.kind() == ResourceKind::Activity && was_scheduled(state));
    activities.map(|(_, resource)| resource.arn().to_owned()).collect()
}

struct Replay<'a> {
    case: &'a Case,
    execution: Execution,
    now: DateTime<Utc>,
    history: Vec<Value>,
    events: Vec<HistoryEvent>,
    tokens: Vec<(String, String)>,
    /// How many attempts were answered, by state and iteration.
    answered: HashMap<(String, Option<Value>), usize>,
    pending: Vec<Pending<'a>>,
    /// What S3 has answered.
    answers: VecDeque<Event>,
}

/// A task that will be answered.
struct Pending<'a> {
    task: Task,
    attempt: &'a Value,
    /// The id of the recorded event that ended the attempt: answers come in this order.
    order: u64,
    is_started: bool,
}

impl<'a> Replay<'a> {
    fn run(&mut self) -> Result<Outcome, String> {
        for _ in 0..MOST_TURNS {
            while let Some(command) = self.execution.poll_command() {
                match command {
                    Command::Record(event) => {
                        self.history.push(event.to_json());
                        self.events.push(event);
                    }
                    Command::Invoke(task) => self.invoked(task)?,
                    // Recordings show the execution alone.
                    Command::RecordChild(_) | Command::MapRun(_) => {}
                    Command::Cancel(id) => self.pending.retain(|pending| pending.task.id != id),
                    Command::Complete(outcome) => return Ok(outcome),
                    other => return Err(format!("the replay does not know the command {other:?}")),
                }
            }
            let event = if self.execution.wants_turn() {
                Event::Turn
            } else {
                self.next_event()?
            };
            self.execution.handle(self.now, event);
        }
        Err("the execution does not come to an end".to_owned())
    }

    /// Finds the recorded answer of an attempt.
    fn invoked(&mut self, task: Task) -> Result<(), String> {
        if let Some(answer) = self.object(&task) {
            self.answers.push_back(answer);
            return Ok(());
        }
        let attempts = self.case.json["mock"][&*task.state].as_array();
        let iteration = self.iteration();
        let of_iteration: Vec<&'a Value> = attempts
            .into_iter()
            .flatten()
            .filter(|attempt| attempt.get("iteration").is_none() || attempt.get("iteration") == iteration.as_ref())
            .collect();
        let shared = of_iteration.iter().all(|attempt| attempt.get("iteration").is_none());
        let key = (task.state.to_string(), if shared { None } else { iteration });
        let turn = self.answered.entry(key).or_default();
        let Some(attempt) = of_iteration.get(*turn) else {
            return Err(format!(
                "`{}` is invoked {} times, more than recorded; input {}",
                task.state,
                *turn + 1,
                task.request.effective_input
            ));
        };
        *turn += 1;
        if let Some(token) = &task.request.token {
            let name = name_of_token(
                token,
                &task.request.effective_input,
                attempt.get("parameters").unwrap_or(&Value::Null),
            );
            self.tokens.push((token.clone(), name.unwrap_or("<token>").to_owned()));
        }
        let order = self.end_of(attempt);
        self.pending.push(Pending {
            task,
            attempt,
            order,
            is_started: false,
        });
        Ok(())
    }

    /// What S3 answers to an `ItemReader`, as far as the case holds its objects, and to a `ResultWriter`, whose objects no
    /// recording shows.
    fn object(&self, task: &Task) -> Option<Event> {
        let ResourceKind::Service {
            resource_type,
            resource,
        } = task.resource.kind()
        else {
            return None;
        };
        if &**resource_type != "s3" {
            return None;
        }
        if &**resource == "putObject" {
            let output = json!({});
            return Some(Event::TaskSucceeded {
                task: task.id,
                raw_result: output,
            });
        }
        let objects = self.case.json["s3_objects"].as_array()?;
        let bucket = task.request.effective_input["Bucket"].as_str()?;
        let bucket = self.case.json["placeholders"][bucket].as_str().unwrap_or(bucket);
        let mut of_bucket = objects.iter().filter(|object| object["bucket"] == bucket);
        let output = match &**resource {
            "getObject" => {
                let object = of_bucket.find(|object| object["key"] == task.request.effective_input["Key"])?;
                json!({ "Body": object["body"] })
            }
            "listObjectsV2" => {
                let listed = of_bucket.map(|object| {
                    let (key, body) = (object["key"].as_str()?, object["body"].as_str()?);
                    // As the recordings show what changes with each bucket.
                    Some(json!({
                        "ETag": format!("<Etag-{key}>"), "LastModified": "<date>", "Key": key, "Size": body.len(),
                        "StorageClass": "STANDARD"
                    }))
                });
                json!({ "Contents": listed.collect::<Option<Vec<Value>>>()? })
            }
            _ => return None,
        };
        Some(Event::TaskSucceeded {
            task: task.id,
            raw_result: output,
        })
    }

    /// The inline Map iterations around the attempt that was scheduled last, as `mock` names them.
    fn iteration(&self) -> Option<Value> {
        let mut iterations = serde_json::Map::new();
        let mut event = self.history.last()?;
        let mut inner = 0_usize;
        loop {
            match event["type"].as_str().unwrap_or_default() {
                "MapStateExited" => inner += 1,
                "MapStateEntered" => inner = inner.saturating_sub(1),
                "MapIterationStarted" if inner == 0 => {
                    let details = &event["mapIterationStartedEventDetails"];
                    let name = details["name"].as_str().unwrap_or_default().to_owned();
                    iterations.entry(name).or_insert_with(|| details["index"].clone());
                }
                _ => {}
            }
            let previous = event["previousEventId"].as_u64()?;
            let Some(at) = previous.checked_sub(1) else { break };
            event = self.history.get(usize::try_from(at).ok()?)?;
        }
        (!iterations.is_empty()).then_some(Value::Object(iterations))
    }

    /// The id of the event that ended a recorded attempt, found by following the chain from its schedule.
    fn end_of(&self, attempt: &Value) -> u64 {
        let mut id = attempt["scheduled_id"].as_u64().unwrap_or(u64::MAX);
        for event in self.case.history().into_iter().flatten() {
            let kind = event["type"].as_str().unwrap_or_default();
            let follows = event["previousEventId"] == id && (kind.starts_with("Task") || is_of_attempt(kind));
            if follows && !kind.starts_with("TaskState") {
                id = event["id"].as_u64().unwrap_or(id);
            }
        }
        id
    }

    /// What happens next: somebody stops the execution, a task is answered, or time goes on.
    fn next_event(&mut self) -> Result<Event, String> {
        if let Some(answer) = self.answers.pop_front() {
            return Ok(answer);
        }
        if self.case.json["status"] == "ABORTED" {
            let aborted = self.case.history().and_then(|events| events.last());
            let details = aborted.map(|event| &event["executionAbortedEventDetails"]);
            return Ok(Event::Stop(details.map(error_of).unwrap_or_default()));
        }
        let next = (0..self.pending.len())
            .filter(|&i| !self.pending[i].is_over())
            .min_by_key(|&i| self.pending[i].order);
        if let Some(i) = next {
            let worker = self.worker_of(self.pending[i].attempt);
            let event = self.pending[i].next_event(worker);
            if matches!(event, Event::TaskSucceeded { .. } | Event::TaskFailed { .. }) {
                self.pending.remove(i);
            }
            return Ok(event);
        }
        let Some(deadline) = self.execution.next_deadline() else {
            return Err("nothing will ever happen again".to_owned());
        };
        self.now = self.now.max(deadline);
        Ok(Event::DeadlineReached)
    }

    /// The recorded `ActivityStarted` of an attempt.
    fn worker_of(&self, attempt: &Value) -> Option<&'a Value> {
        let scheduled = &attempt["scheduled_id"];
        let mut events = self.case.history()?.iter();
        events.find(|event| event["type"] == "ActivityStarted" && event["previousEventId"] == *scheduled)
    }
}

impl Pending<'_> {
    /// Whether nothing more is to come but a timeout.
    fn is_over(&self) -> bool {
        self.is_started && !self.has_answer()
    }

    fn has_answer(&self) -> bool {
        let timed_out = self.attempt["event"]
            .as_str()
            .is_some_and(|event| event.ends_with("TimedOut"));
        self.attempt.get("unfinished").is_none() && !timed_out
    }

    /// The attempt's next event.
    fn next_event(&mut self, started: Option<&Value>) -> Event {
        let task = self.task.id;
        if !self.is_started {
            self.is_started = true;
            if let Some(output) = self.attempt.get("submitted") {
                return Event::TaskSubmitted {
                    task,
                    output: output.clone(),
                };
            }
            if let Some(event) = started {
                let name = event["activityStartedEventDetails"]["workerName"].as_str();
                return Event::TaskStarted {
                    task,
                    worker_name: name.map(str::to_owned),
                };
            }
            if !self.has_answer() {
                return Event::DeadlineReached;
            }
        }
        match self.attempt.get("output") {
            Some(output) => Event::TaskSucceeded {
                task,
                raw_result: output.clone(),
            },
            None => Event::TaskFailed {
                task,
                error: error_of(self.attempt),
            },
        }
    }
}

/// What a recording calls the token that stands somewhere in a task's parameters.
fn name_of_token<'v>(token: &str, parameters: &Value, recorded: &'v Value) -> Option<&'v str> {
    match (parameters, recorded) {
        (Value::String(text), Value::String(name)) if text == token => Some(name),
        (Value::Object(members), Value::Object(recorded)) => members
            .iter()
            .find_map(|(name, value)| name_of_token(token, value, recorded.get(name)?)),
        (Value::Array(items), Value::Array(recorded)) => items
            .iter()
            .zip(recorded)
            .find_map(|(value, recorded)| name_of_token(token, value, recorded)),
        _ => None,
    }
}

fn is_of_attempt(kind: &str) -> bool {
    kind.starts_with("LambdaFunction") || kind.starts_with("Activity")
}

fn error_of(json: &Value) -> ErrorOutput {
    ErrorOutput {
        error: json["error"].as_str().map(str::to_owned),
        cause: match &json["cause"] {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            parsed => Some(parsed.to_string()),
        },
    }
}
