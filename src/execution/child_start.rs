//! Child executions of distributed Maps that the driver runs.

use chrono::{DateTime, Utc};
use std::sync::Arc;

use super::program::GraphId;
use super::start_options::StartOptions;
use super::task::TaskId;

/// A child execution of a distributed Map that the driver is to run, by [`Execution::start_child`](super::Execution::start_child).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ChildStart {
    /// The id, needed to report its end.
    pub id: TaskId,
    /// Its Map Run.
    pub map_run_arn: Arc<str>,
    /// Everything that it starts with.
    pub options: StartOptions,
    /// The time of its start, or of its redrive.
    pub time: DateTime<Utc>,
    /// How often it was redriven. A Standard execution goes on then ([`Execution::redrive`](super::Execution::redrive)) if it did not succeed, and if it
    /// did, that is reported again; an Express execution starts over, under the same ARN.
    pub redrive_count: u32,
    pub(crate) graph: GraphId,
}
