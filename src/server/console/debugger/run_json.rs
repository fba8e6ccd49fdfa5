//! A run as the page has it.

use indexmap::IndexMap;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::data::Payload;
use crate::execution::Stage;
use crate::history::ErrorOutput;
use crate::simulation::{Attempt, Call, Happened, Moment, Run, Visit, VisitEnd};

/// The most bytes of data in one answer; what is beyond is left out, and says so.
const MOST_DATA: usize = 48 * 1024 * 1024;

/// Where nothing is recorded, and nothing more comes: the run ends there.
pub(super) const STUCK: &str = "Replay.Stuck";

/// The run; `is_cut` says that it was stopped where the execution is now.
pub(super) fn run_json(run: &Run, is_cut: bool) -> Value {
    let is_open = is_cut || run.error_name() == Some(STUCK);
    let mut moments = run.moments();
    let mut events = run.history();
    if let Some((last, before)) = moments.split_last().filter(|_| is_open) {
        // The stop, of which the execution knows nothing.
        events = events.get(..last.events.start).unwrap_or(events);
        moments = before;
    }
    let execution = run.execution();
    let mut writer = Writer {
        definition: execution.program.machine().definition(),
        room: MOST_DATA,
    };
    let variables = variables(run.visits());
    let error = run.error().filter(|_| !is_open);
    json!({
        "status": if is_open { "RUNNING" } else { run.outcome().status() },
        "input": run.input(),
        "output": run.output().filter(|_| !is_open),
        "error": error.and_then(|error| error.error.as_deref()),
        "cause": error.and_then(|error| error.cause.as_deref()),
        "start": run.history().first().map(|event| event.timestamp.to_rfc3339()),
        "elapsed": milliseconds(run.elapsed()),
        "events": events.iter().map(|event| writer.counted(event.to_json())).collect::<Vec<_>>(),
        "moments": moments.iter().map(moment).collect::<Vec<_>>(),
        "visits": run.visits().iter().zip(variables).map(|(visit, variables)| writer.visit(visit, variables)).collect::<Vec<_>>(),
        "calls": run.calls().iter().map(|call| writer.call(call)).collect::<Vec<_>>(),
        "isCut": writer.room == 0,
    })
}

/// A value that many visits see, with its bytes.
type Seen = Rc<(Value, usize)>;

/// The variables that each visit sees when it is entered: those of the state before it in its machine, branch or iteration, with
/// what that one assigned; at its start, those around it.
fn variables(visits: &[Visit]) -> Vec<IndexMap<&str, Seen>> {
    let mut lanes: HashMap<(Option<usize>, usize), usize> = HashMap::new();
    let mut all: Vec<IndexMap<&str, Seen>> = Vec::new();
    let mut after: Vec<IndexMap<&str, Seen>> = Vec::new();
    for (place, visit) in visits.iter().enumerate() {
        let lane = (visit.within, if visit.within.is_some() { visit.index } else { 0 });
        // The last state of an earlier attempt leads nowhere.
        let before = lanes.insert(lane, place).filter(|before| {
            let end = visits.get(*before).map(|before| &before.end);
            let next = match end {
                Some(VisitEnd::Exited { next }) => next.as_ref(),
                Some(VisitEnd::Caught { next, .. }) => Some(next),
                _ => None,
            };
            next == Some(&visit.state)
        });
        let seen = match (before, visit.within) {
            (Some(before), _) => after.get(before),
            (None, within) => within.and_then(|within| all.get(within)),
        };
        let seen = seen.cloned().unwrap_or_default();
        let mut then = seen.clone();
        for (name, value) in &visit.assigned {
            then.insert(name, Rc::new((value.clone(), value.to_string().len())));
        }
        all.push(seen);
        after.push(then);
    }
    all
}

/// Writes data as long as there is room.
struct Writer<'d> {
    definition: &'d Value,
    room: usize,
}

impl Writer<'_> {
    fn counted(&mut self, json: Value) -> Value {
        if self.take(json.to_string().len()) { json } else { cut() }
    }

    fn variables(&mut self, variables: IndexMap<&str, Seen>) -> Value {
        let value = |(name, seen): (&str, Seen)| {
            let (value, bytes) = &*seen;
            (name.to_owned(), if self.take(*bytes) { value.clone() } else { cut() })
        };
        Value::Object(variables.into_iter().map(value).collect())
    }

    fn data(&mut self, data: &Payload) -> Value {
        if self.take(data.bound()) {
            data.value().clone()
        } else {
            cut()
        }
    }

    fn take(&mut self, bytes: usize) -> bool {
        let is_there = bytes <= self.room;
        self.room = if is_there { self.room - bytes } else { 0 };
        is_there
    }

    fn visit(&mut self, visit: &Visit, variables: IndexMap<&str, Seen>) -> Value {
        let mut stages = vec![json!({ "stage": "RawInput", "value": self.data(&visit.raw_input) })];
        let state = self.definition.pointer(&visit.pointer);
        // A field that the state does not have changes nothing.
        let told = visit.stages.iter().filter(|(stage, _)| {
            fields(*stage)
                .is_none_or(|(field, other)| state.is_none_or(|state| state.get(field).or(state.get(other)).is_some()))
        });
        for (stage, data) in told {
            stages.push(json!({ "stage": stage_name(*stage), "value": self.data(data) }));
        }
        if let Some(output) = &visit.output {
            stages.push(json!({ "stage": "Output", "value": self.data(output) }));
        }
        json!({
            "state": &*visit.state,
            "pointer": &*visit.pointer,
            "type": visit.state_type.as_str(),
            "number": visit.number,
            "iterations": visit.iterations,
            "within": visit.within,
            "index": visit.index,
            "event": visit.event,
            "entered": milliseconds(visit.entered),
            "ended": visit.ended.map(milliseconds),
            "stages": stages,
            "variables": self.variables(variables),
            "assigned": self.counted(visit.assigned.clone().into()),
            "attempts": visit.attempts.iter().map(|attempt| self.attempt(attempt)).collect::<Vec<_>>(),
            "rules": visit.rules.iter().map(|rule| json!({ "index": rule.index, "isTrue": rule.is_true })).collect::<Vec<_>>(),
            "graphs": visit.graphs,
            "failedGraphs": visit.failed_graphs,
            "end": end(&visit.end),
        })
    }

    fn attempt(&mut self, attempt: &Attempt) -> Value {
        let retry = attempt.retry.map(
            |retry| json!({ "retrier": retry.retrier, "number": retry.number, "delay": milliseconds(retry.delay) }),
        );
        json!({
            "began": milliseconds(attempt.began),
            "ended": attempt.ended.map(milliseconds),
            "input": attempt.effective_input.as_ref().map(|input| self.data(input)),
            "error": attempt.error.as_ref().and_then(|error| error.error.as_deref()),
            "cause": attempt.error.as_ref().and_then(|error| error.cause.as_deref()),
            "retry": retry,
            "exhausted": attempt.exhausted,
            "missedHeartbeat": attempt.missed_heartbeat,
        })
    }

    fn call(&mut self, call: &Call) -> Value {
        json!({
            "state": &*call.state,
            "pointer": &*call.pointer,
            "resource": call.resource.arn(),
            "visit": call.visit,
            "attempt": call.attempt,
            "iterations": call.iterations,
            "asked": milliseconds(call.asked),
            "input": self.data(&call.request.effective_input),
            "answer": call.answer.as_ref().filter(|_| !call.is_unknown()).map(|answer| self.counted(answer.to_json(call.asked))),
            "isUnknown": call.is_unknown(),
        })
    }
}

/// What stands for data that is left out.
fn cut() -> Value {
    json!("… left out: all data of this run is too much for one answer")
}

fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::AfterInputPath => "InputPath",
        Stage::AfterParameters => "Parameters",
        Stage::AfterArguments => "Arguments",
        Stage::AfterItemsPath => "ItemsPath",
        Stage::AfterItemSelector => "ItemSelector",
        Stage::MaxConcurrency => "MaxConcurrency",
        Stage::ToleratedFailureCount => "ToleratedFailureCount",
        Stage::ToleratedFailurePercentage => "ToleratedFailurePercentage",
        Stage::Result => "Result",
        Stage::AfterResultSelector => "ResultSelector",
        Stage::AfterResultPath => "ResultPath",
    }
}

/// The fields of a state that a stage is about, if it is about some: in its present form, and in an older one.
fn fields(stage: Stage) -> Option<(&'static str, &'static str)> {
    match stage {
        Stage::AfterItemsPath => Some(("ItemsPath", "Items")),
        Stage::AfterItemSelector => Some(("ItemSelector", "Parameters")),
        Stage::MaxConcurrency => Some(("MaxConcurrency", "MaxConcurrencyPath")),
        Stage::ToleratedFailureCount => Some(("ToleratedFailureCount", "ToleratedFailureCountPath")),
        Stage::ToleratedFailurePercentage => Some(("ToleratedFailurePercentage", "ToleratedFailurePercentagePath")),
        Stage::Result => None,
        other => Some((stage_name(other), stage_name(other))),
    }
}

fn moment(moment: &Moment) -> Value {
    let (happened, call) = match moment.happened {
        Happened::Started => ("started", None),
        Happened::Answered { call } => ("answered", call),
        Happened::TakenUp { call } => ("takenUp", call),
        Happened::Heartbeat { call } => ("heartbeat", call),
        Happened::TimePassed => ("timePassed", None),
        Happened::Stopped => ("stopped", None),
        Happened::Redriven => ("redriven", None),
    };
    json!({
        "at": milliseconds(moment.at),
        "happened": happened,
        "call": call,
        "events": [moment.events.start, moment.events.end],
        "running": moment.running,
    })
}

fn end(end: &VisitEnd) -> Value {
    let told = |kind: &str| json!({ "kind": kind });
    match end {
        VisitEnd::Unfinished => told("unfinished"),
        VisitEnd::Exited { next } => json!({ "kind": "exited", "next": next.as_deref() }),
        VisitEnd::Caught { catcher, next } => json!({ "kind": "caught", "catcher": catcher, "next": &**next }),
        VisitEnd::Failed => told("failed"),
        VisitEnd::CatcherFailed {
            catcher,
            error: ErrorOutput { error, cause },
        } => json!({ "kind": "catcherFailed", "catcher": catcher, "error": error, "cause": cause }),
        VisitEnd::Aborted => told("aborted"),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
