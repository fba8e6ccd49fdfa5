//! Map Runs: the child executions of a distributed Map, as plain data.
//!
//! A Map Run lives in the frame of its Map state. Its child executions are cores of their own, over the same program:
//! with their own frames, timers, history, variables and limits. The engine advances one at a time and passes on their
//! commands as commands of the execution around them, so drivers need not know about them and a snapshot holds them.
//!
//! ```text
//! the machine: in the Map `Orders`
//! └── Map Run `…:mapRun:Shop/Orders:0d5b…`
//!     ├── child execution 0: an execution of the states in `ItemProcessor`
//!     │   └── in the Task `Charge`, waiting for an answer
//!     └── child execution 3: in the Wait `Cool`, until 12:00:05
//! ```

mod description;
mod failed_child;
mod items;
mod log;
mod reading;
mod record;
mod update;
mod writing;

use serde::{Deserialize, Serialize};

use crate::data::Payload;

pub use description::{ChildEvent, Counts, MapRun, MapRunStatus};
pub(crate) use failed_child::FailedChild;
pub(crate) use items::{Items, Selected};
pub(crate) use log::KEPT_CHILDREN;
pub use log::MapRunLog;
pub(crate) use reading::{Asked, Reading, Step};
pub(crate) use record::record_of;
pub use update::MapRunUpdate;
pub(crate) use writing::Writing;

/// The evaluated fields of a distributed Map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct MapRunSettings {
    /// The most child executions at once; 0 for no limit of its own.
    pub(crate) max_concurrency: usize,
    pub(crate) tolerated_failure_count: Option<u64>,
    pub(crate) tolerated_failure_percentage: Option<f64>,
    /// The most items to read; 0 for all.
    pub(crate) max_items: i64,
    pub(crate) batching: Option<Batching>,
    /// The request of the `ItemReader`.
    pub(crate) read: Option<Payload>,
    /// The destination of the `ResultWriter`.
    pub(crate) write: Option<Payload>,
}

/// An evaluated `ItemBatcher`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Batching {
    pub(crate) most_items: Option<usize>,
    pub(crate) most_bytes: Option<usize>,
    pub(crate) batch_input: Option<Payload>,
}
