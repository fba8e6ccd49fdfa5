//! `$$.Execution`: one run of a state machine.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::Arc;

use super::Payload;

/// `$$.Execution`: one run of a state machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "Members", into = "Members")]
#[non_exhaustive]
pub struct ExecutionContext {
    /// The execution's ARN.
    pub id: Arc<str>,
    /// The whole input that the execution was started with.
    pub input: Payload,
    name: Name,
    /// The ARN of the role that the state machine runs as; `None` in a `TestState` call without one.
    pub role_arn: Option<Arc<str>>,
    /// When the execution was started.
    pub start_time: DateTime<Utc>,
    /// How often the execution was redriven; `None` in Express executions whose caller waits for the end.
    pub redrive_count: Option<u32>,
    /// When it was redriven last.
    pub redrive_time: Option<DateTime<Utc>>,
}

/// A name that the ARN contains takes no memory of its own.
#[derive(Clone, Debug, PartialEq)]
enum Name {
    InId(Range<u32>),
    Other(Box<str>),
}

/// Its members as they are stored.
#[derive(Serialize, Deserialize)]
struct Members {
    id: Arc<str>,
    input: Payload,
    name: String,
    role_arn: Option<Arc<str>>,
    start_time: DateTime<Utc>,
    redrive_count: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    redrive_time: Option<DateTime<Utc>>,
}

impl ExecutionContext {
    /// An execution that was not redriven; it `counts` redrives, or not.
    pub(crate) fn new(
        id: Arc<str>,
        name: &str,
        input: Payload,
        role_arn: Option<Arc<str>>,
        start_time: DateTime<Utc>,
        counts: bool,
    ) -> Self {
        Self {
            name: Name::of(&id, name),
            id,
            input,
            role_arn,
            start_time,
            redrive_count: counts.then_some(0),
            redrive_time: None,
        }
    }

    /// The execution's name.
    pub fn name(&self) -> &str {
        match &self.name {
            Name::InId(place) => self
                .id
                .get(place.start as usize..place.end as usize)
                .unwrap_or_default(),
            Name::Other(name) => name,
        }
    }
}

impl Name {
    fn of(id: &str, name: &str) -> Self {
        let in_id = id.rfind(name).and_then(|start| {
            let end = start.checked_add(name.len())?;
            Some(u32::try_from(start).ok()?..u32::try_from(end).ok()?)
        });
        in_id.map_or_else(|| Self::Other(name.into()), Self::InId)
    }
}

impl From<Members> for ExecutionContext {
    fn from(members: Members) -> Self {
        Self {
            name: Name::of(&members.id, &members.name),
            id: members.id,
            input: members.input,
            role_arn: members.role_arn,
            start_time: members.start_time,
            redrive_count: members.redrive_count,
            redrive_time: members.redrive_time,
        }
    }
}

impl From<ExecutionContext> for Members {
    fn from(context: ExecutionContext) -> Self {
        Self {
            name: context.name().to_owned(),
            id: context.id,
            input: context.input,
            role_arn: context.role_arn,
            start_time: context.start_time,
            redrive_count: context.redrive_count,
            redrive_time: context.redrive_time,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ExecutionContext;
    use chrono::DateTime;
    use serde_json::json;

    #[test]
    fn a_name_is_the_same_whether_the_arn_has_it_or_not() {
        for id in [
            "arn:execution:Shop:order-7",
            "arn:express:Shop:order-7:0d5b",
            "arn:other",
        ] {
            let input = json!({}).into();
            let context = ExecutionContext::new(
                id.into(),
                "order-7",
                input,
                Some("role".into()),
                DateTime::UNIX_EPOCH,
                true,
            );
            assert_eq!(context.name(), "order-7");
            let stored = serde_json::to_value(&context).unwrap();
            assert_eq!(stored["name"], "order-7");
            assert_eq!(serde_json::from_value::<ExecutionContext>(stored).unwrap(), context);
        }
    }
}
