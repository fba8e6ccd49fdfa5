//! Executions on many machines: the driver over a cluster of [Restate](https://restate.dev/) servers.
//!
//! An execution is deterministic, so its journal is what went into it. Here the journal is Restate's: replicated over its nodes,
//! and given to another worker when one dies. Between the core and Restate there is no lease, leader or queue of our own.
//!
//! | on AWS | over Restate |
//! |---|---|
//! | a state machine | a workflow service, `asl.NAME` |
//! | an execution | a run of that workflow; its key is the execution's name |
//! | a child execution of a distributed Map | a run of the workflow `asl-child`; its key is its ARN |
//! | a Task | a call of the service of its resource, `asl-task.ARN` (a colon becomes a dot) |
//! | an execution that another starts | a run of the workflow `asl-execution`; its key is its ARN |
//! | a task token | an object of the service `asl-token`, at which answers wait for their execution |
//! | an activity | an object of the service `asl-activity`, at which tasks wait for those who ask for them |
//! | an execution that comes from a store ([`Move`]) | the same run, which begins with what an object of the service `asl-move` has |
//! | a redrive | another run of the workflow, of the key `KEY#START.NUMBER`; an object of the service `asl-redrive` counts them |
//! | Wait, delays of retries, timeouts | durable timers |
//! | the history | the workflow's state, kept for 90 days |
//!
//! [`RestateWorker`] runs executions and does tasks; [`RestateClient`] starts executions and reads them.

mod activities;
mod awaited;
mod begun;
mod children;
mod client;
mod definitions;
mod documents;
mod drive;
mod existing;
mod hands;
mod listing;
mod map_runs;
mod messages;
mod moves;
mod names;
mod nested;
mod nodes;
mod place;
mod polling;
#[cfg(test)]
mod recorded;
mod redrive;
mod remains;
mod reports;
mod runs;
mod services;
mod serving;
mod tasks;
mod telling;
mod tokens;
mod updates;
mod worker;
mod workflow;

pub(crate) use begun::{Begun, Facts, Listed};
pub use client::{RestateClient, RestateExecution};
pub(crate) use documents::{Changes, SharedDocument};
pub(crate) use listing::{Found, Position};
pub(crate) use messages::Reported;
pub use moves::{Move, Moved};
pub(crate) use place::Place;
pub(crate) use reports::{Change, Reporter};
pub use worker::RestateWorker;

/// The handlers of a state machine's workflow.
const RUN: &str = "run";
/// Also the key of what it tells: which start the execution comes of.
const ORIGIN: &str = "origin";
const DESCRIBE: &str = "describe";
const HISTORY: &str = "history";
const MAP_RUNS: &str = "map_runs";
/// Also the promise that it fulfils.
const STOP: &str = "stop";
/// Also a promise, which its run fulfils.
const BEGUN: &str = "begun";
const ENDED: &str = "ended";
/// Gives a Map Run new settings.
const UPDATE_MAP_RUN: &str = "update_map_run";
/// Tells a task of the end.
const TELL: &str = "tell";

/// The code of the error that an await returns when the invocation was cancelled.
const CANCELLED: u16 = 409;

/// The header that tells starts of one name apart.
const ORIGIN_HEADER: &str = "asl-origin";

/// The header of a run that does nothing but take a name.
const HOLD_HEADER: &str = "asl-hold";

/// So many child executions of a Map Run run at once: whenever one ends, all are looked at.
const CHILDREN_AT_ONCE: usize = 500;

/// The most bytes of a message that is no payload, such as an object of S3: Restate takes 32 MB.
const LARGEST: usize = 31 * 1024 * 1024;

/// The handler of a service that does tasks.
const ATTEMPT: &str = "attempt";

/// The handlers of a task token: the execution waits for what comes next; something comes from outside; the task is over.
const LISTEN: &str = "listen";
const DELIVER: &str = "deliver";
const OVER: &str = "over";
const CHECK: &str = "check";
/// The execution is about to wait: what comes until then is kept.
const EXPECT: &str = "expect";

/// The handlers that redrive an execution, and tell how often that was done.
const REDRIVE: &str = "redrive";
const REDRIVES: &str = "redrives";

/// The handler of a workflow that tells what it knows of a redrive.
const REDRIVABLE: &str = "redrivable";

/// The handler of an activity that waits for a task.
const POLL: &str = "poll";

/// The keys of a workflow's state, besides those of its history.
const FACTS: &str = "facts";
/// The Map Run of a child execution.
const MAP_RUN: &str = "map-run";
const END: &str = "end";
const LISTED: &str = "listed";

/// The key of a Map Run.
fn map_run_key(arn: &str) -> String {
    format!("{MAP_RUN_PREFIX}{arn}")
}

const MAP_RUN_PREFIX: &str = "map-run-of-";

const HISTORY_PREFIX: &str = "history-";

/// The key of the events from an id on.
fn history_key(first: u64) -> String {
    format!("{HISTORY_PREFIX}{first:012}")
}

/// The id of the first event behind a key.
fn history_number(key: &str) -> Option<u64> {
    key.strip_prefix(HISTORY_PREFIX)?.parse().ok()
}
