//! What the API tells of an execution.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::sync::Arc;

use super::seconds;
use crate::execution::Outcome;
use crate::history::ErrorOutput;

/// An execution at one moment, without its output.
#[derive(Debug)]
pub(super) struct Facts {
    /// Counts executions in the order of their starts.
    pub(super) number: u64,
    pub(super) arn: String,
    pub(super) state_machine_arn: String,
    pub(super) name: String,
    pub(super) status: String,
    pub(super) start_time: DateTime<Utc>,
    pub(super) stop_time: Option<DateTime<Utc>>,
    pub(super) version_arn: Option<Arc<str>>,
    pub(super) alias_arn: Option<Arc<str>>,
    /// The input's text as given.
    pub(super) input: Arc<str>,
    pub(super) trace_header: Option<Arc<str>>,
    pub(super) redrive_count: u32,
    pub(super) redrive_time: Option<DateTime<Utc>>,
}

/// Some of the events of a history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Events {
    /// The id of the last event before them, in this order.
    pub(super) after: Option<u64>,
    pub(super) is_reverse: bool,
    pub(super) most: usize,
}

impl Facts {
    /// The members of a list of executions.
    pub(super) fn list_item(&self) -> Value {
        let mut members = self.identity();
        self.tell_redrives(&mut members);
        members.into()
    }

    /// The response of `DescribeExecution`. `METADATA_ONLY` leaves the data out.
    pub(super) fn describe(&self, outcome: Option<&Outcome>, redrivable: Result<(), String>, is_whole: bool) -> Value {
        let mut members = self.identity();
        data(&mut members, &self.input, outcome, is_whole);
        if outcome.is_none_or(|outcome| outcome.output().is_none()) {
            members.shift_remove("outputDetails");
        }
        if let Some(trace_header) = &self.trace_header {
            members.insert("traceHeader".to_owned(), (**trace_header).into());
        }
        self.tell_redrives(&mut members);
        let status = match redrivable {
            Ok(()) => "REDRIVABLE",
            Err(reason) => {
                members.insert("redriveStatusReason".to_owned(), reason.into());
                "NOT_REDRIVABLE"
            }
        };
        members.insert("redriveStatus".to_owned(), status.into());
        members.into()
    }

    fn tell_redrives(&self, members: &mut Map<String, Value>) {
        members.insert("redriveCount".to_owned(), self.redrive_count.into());
        if let Some(time) = self.redrive_time {
            members.insert("redriveDate".to_owned(), seconds(time));
        }
    }

    fn identity(&self) -> Map<String, Value> {
        let mut members = identity(&self.arn, &self.state_machine_arn, &self.name, &self.status);
        times(&mut members, self.start_time, self.stop_time);
        let mut set = |member: &str, arn: &Option<Arc<str>>| {
            if let Some(arn) = arn {
                members.insert(member.to_owned(), (**arn).into());
            }
        };
        set("stateMachineVersionArn", &self.version_arn);
        set("stateMachineAliasArn", &self.alias_arn);
        members
    }
}

/// An execution of which `StartSyncExecution` tells.
#[derive(Debug)]
pub(super) struct Sync<'s> {
    pub(super) arn: &'s str,
    pub(super) state_machine_arn: &'s str,
    pub(super) name: &'s str,
    pub(super) status: &'s str,
    pub(super) start_time: DateTime<Utc>,
    pub(super) stop_time: Option<DateTime<Utc>>,
    /// The input's text as given.
    pub(super) input: &'s str,
    pub(super) trace_header: Option<&'s str>,
}

impl Sync<'_> {
    /// The response of `StartSyncExecution`.
    pub(super) fn describe(&self, outcome: Option<&Outcome>, is_whole: bool) -> Value {
        let mut members = identity(self.arn, self.state_machine_arn, self.name, self.status);
        times(&mut members, self.start_time, self.stop_time);
        data(&mut members, self.input, outcome, is_whole);
        if let Some(trace_header) = self.trace_header {
            members.insert("traceHeader".to_owned(), trace_header.into());
        }
        let took = self.stop_time.unwrap_or(self.start_time) - self.start_time;
        let billing = json!({
            "billedDurationInMilliseconds": (took.num_milliseconds().max(1) + 99) / 100 * 100,
            "billedMemoryUsedInMB": 64,
        });
        members.insert("billingDetails".to_owned(), billing);
        members.into()
    }
}

fn identity(arn: &str, state_machine_arn: &str, name: &str, status: &str) -> Map<String, Value> {
    let mut members = Map::new();
    let mut set = |member: &str, value: &str| drop(members.insert(member.to_owned(), value.into()));
    set("executionArn", arn);
    set("stateMachineArn", state_machine_arn);
    set("name", name);
    set("status", status);
    members
}

fn times(members: &mut Map<String, Value>, start: DateTime<Utc>, stop: Option<DateTime<Utc>>) {
    members.insert("startDate".to_owned(), seconds(start));
    if let Some(stop) = stop {
        members.insert("stopDate".to_owned(), seconds(stop));
    }
}

/// The input, output, error and cause.
fn data(members: &mut Map<String, Value>, input: &str, outcome: Option<&Outcome>, is_whole: bool) {
    let mut set = |member: &str, value: Value| drop(members.insert(member.to_owned(), value));
    if is_whole {
        set("input", input.into());
    }
    set("inputDetails", json!({ "included": is_whole }));
    if let Some(output) = outcome.and_then(Outcome::output).filter(|_| is_whole) {
        set("output", output.to_string().into());
    }
    set("outputDetails", json!({ "included": is_whole }));
    // AWS shows neither error nor cause of a timeout.
    if let Some(Outcome::Failed(ErrorOutput { error, cause }) | Outcome::Aborted(ErrorOutput { error, cause })) =
        outcome
    {
        if let Some(error) = error {
            set("error", error.as_str().into());
        }
        if let Some(cause) = cause {
            set("cause", cause.as_str().into());
        }
    }
}
