//! The local doubles of services that are plain data, for drivers that ask them without a handler.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::s3::{Objects, S3Action};
use crate::TaskError;
use crate::definition::Resource;

/// One double for each service that has one; `None` where the driver was given none.
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
