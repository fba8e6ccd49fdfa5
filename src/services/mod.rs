//! AWS's services as plain data: requests from a task's parameters, responses and errors, in AWS's words.
//!
//! Nothing here does I/O. Drivers and handlers do, using the requests and responses from here.

pub mod event_bridge;
pub(crate) mod lambda;
pub(crate) mod parameters;
pub(crate) mod s3;
pub mod step_functions;

use chrono::{DateTime, SecondsFormat, SubsecRound as _, Utc};
use serde_json::Value;

use crate::TaskError;
use crate::definition::Resource;
use s3::{Objects, S3Action};

/// Local doubles of services, for drivers without handlers; `None` for a service that the driver does not have.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Doubles {
    pub(crate) s3: Option<Objects>,
}

impl Doubles {
    /// Answers a request, in the spelling of Step Functions; `None` where no double serves the resource.
    pub(crate) fn answer(
        &mut self,
        resource: &Resource,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Option<Result<Value, TaskError>> {
        let objects = self.s3.as_mut()?;
        let action = S3Action::of(resource)?;
        Some(objects.answer(action, input, now))
    }
}

/// A time as the SDK spells it in results: to the millisecond, without a zero fraction.
pub(crate) fn iso_8601(time: DateTime<Utc>) -> String {
    time.trunc_subsecs(3).to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
