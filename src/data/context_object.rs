use std::borrow::Cow;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ExecutionContext, timestamp_text};

/// The context object, which paths read as `$$` (ASL: "The Context Object").
///
/// Everything is borrowed, and a member is built only when a path reads it: `$$.Execution.Input.order` costs no copy.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ContextObject<'a> {
    /// `$$.Execution`
    pub(crate) execution: &'a ExecutionContext,
    /// `$$.StateMachine`
    pub(crate) state_machine: &'a StateMachineContext,
    /// `$$.State`
    pub(crate) state: StateContext<'a>,
    /// `$$.Task.Token`, in a Task that waits for its token.
    pub(crate) task_token: Option<&'a str>,
    /// `$$.Map.Item`, inside a Map state's iteration.
    pub(crate) map_item: Option<MapItemContext<'a>>,
}

/// `$$.StateMachine`: the state machine that runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StateMachineContext {
    /// The state machine's ARN.
    pub id: String,
    /// The state machine's name.
    pub name: String,
}

impl StateMachineContext {
    /// A state machine with the ARN `arn:aws:states:REGION:ACCOUNT:stateMachine:NAME`.
    pub fn new(region: &str, account: &str, name: &str) -> Self {
        Self {
            id: format!("arn:aws:states:{region}:{account}:stateMachine:{name}"),
            name: name.to_owned(),
        }
    }

    /// The ARN of an execution, `arn:aws:states:REGION:ACCOUNT:execution:MACHINE:NAME`.
    pub fn execution_arn(&self, name: &str) -> String {
        self.arn_of("execution", &[":", name])
    }

    /// The ARN of an Express execution, `arn:aws:states:REGION:ACCOUNT:express:MACHINE:NAME:ID`.
    pub fn express_arn(&self, name: &str, id: &str) -> String {
        self.arn_of("express", &[":", name, ":", id])
    }

    /// The state machine that a Distributed Map's child executions belong to: `…:stateMachine:MACHINE/LABEL`.
    pub(crate) fn labelled(&self, label: &str) -> Self {
        // A label is unique in the whole state machine, so a Map inside a child execution adds its label to the
        // machine's name, not to the parent Map's label.
        let machine = |text: &str| text.split('/').next().unwrap_or_default().to_owned();
        Self {
            id: format!("{}/{label}", machine(&self.id)),
            name: format!("{}/{label}", machine(&self.name)),
        }
    }

    /// The ARN of a Map Run of a [labelled](Self::labelled) state machine.
    pub(crate) fn map_run_arn(&self, id: &str) -> String {
        self.arn_of("mapRun", &[":", id])
    }

    /// The ARN with another type of resource, and these texts at its end.
    fn arn_of(&self, resource_type: &str, end: &[&str]) -> String {
        // In one piece: every start needs it.
        let mut arn = String::with_capacity(self.id.len() + end.iter().map(|text| text.len()).sum::<usize>());
        match self.id.split_once(":stateMachine:") {
            Some((before, after)) => arn.extend([before, ":", resource_type, ":", after]),
            None => arn.push_str(&self.id),
        }
        arn.extend(end.iter().copied());
        arn
    }

    /// The region in the ARN; empty if the ARN has none.
    pub fn region(&self) -> &str {
        self.id.split(':').nth(3).unwrap_or_default()
    }
}

/// `$$.State`: the current state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StateContext<'a> {
    /// The state's name.
    pub(crate) name: &'a str,
    /// When the state was entered.
    pub(crate) entered_time: DateTime<Utc>,
    /// Retries made so far; `Some` in Task, Parallel and Map states only.
    pub(crate) retry_count: Option<u32>,
}

/// `$$.Map.Item`: the item of the current iteration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MapItemContext<'a> {
    /// The item's index in the array, from 0.
    pub(crate) index: usize,
    /// The item itself.
    pub(crate) value: Option<&'a Value>,
    /// The item's key, if the Map state iterates over an object.
    pub(crate) key: Option<&'a str>,
    /// The source that a Distributed Map read the item from.
    pub(crate) source: Option<&'a str>,
}

impl<'a> MapItemContext<'a> {
    /// An element of an array.
    pub(crate) fn element(index: usize, value: Option<&'a Value>) -> Self {
        Self {
            index,
            value,
            key: None,
            source: None,
        }
    }
}

/// Resolves `$$` (ASL: "The Context Object").
pub(crate) trait ContextScope {
    /// The context object. Called only when an expression reads it.
    fn context_object(&self) -> ContextObject<'_>;

    /// Data that replaces the whole context object, such as the one a `TestState` call supplies.
    fn given(&self) -> Option<&Value> {
        None
    }
}

impl ContextScope for ContextObject<'_> {
    fn context_object(&self) -> ContextObject<'_> {
        *self
    }
}

impl<'a> ContextObject<'a> {
    /// The whole object, with members in the order that AWS prints.
    pub(crate) fn to_value(self) -> Value {
        let mut members = Map::new();
        members.insert("Execution".to_owned(), self.execution.to_value());
        members.insert("StateMachine".to_owned(), self.state_machine.to_value());
        members.insert("State".to_owned(), self.state.to_value());
        if let Some(item) = self.map_item {
            members.insert("Map".to_owned(), object([("Item", item.to_value())]));
        }
        if let Some(token) = self.task_token {
            members.insert("Task".to_owned(), object([("Token", token.into())]));
        }
        Value::Object(members)
    }

    /// The part that a path starting with these two names reads, if the object holds it. Large parts are borrowed,
    /// small ones built. Any other path reads [`ContextObject::to_value`].
    pub(super) fn part(&self, names: (&str, &str)) -> Option<Cow<'a, Value>> {
        let text = |text: &str| Some(Cow::Owned(text.into()));
        match names {
            ("Execution", "Id") => text(&self.execution.id),
            ("Execution", "Input") => Some(Cow::Borrowed(self.execution.input.value())),
            ("Execution", "Name") => text(self.execution.name()),
            ("Execution", "RoleArn") => Some(Cow::Owned(self.execution.role())),
            ("Execution", "StartTime") => text(&timestamp_text(self.execution.start_time)),
            ("StateMachine", "Id") => text(&self.state_machine.id),
            ("StateMachine", "Name") => text(&self.state_machine.name),
            ("State", "Name") => text(self.state.name),
            ("State", "EnteredTime") => text(&timestamp_text(self.state.entered_time)),
            ("Execution", "RedriveCount") => self.execution.redrive_count.map(|count| Cow::Owned(count.into())),
            ("Execution", "RedriveTime") => self
                .execution
                .redrive_time
                .map(|time| Cow::Owned(timestamp_text(time).into())),
            ("Map", "Item") => self.map_item.map(|item| Cow::Owned(item.to_value())),
            ("State", "RetryCount") => self.state.retry_count.map(|count| Cow::Owned(count.into())),
            ("Task", "Token") => self.task_token.and_then(text),
            _ => None,
        }
    }

    /// The item that `$$.Map.Item.Value` reads.
    pub(super) fn map_item_value(&self) -> Option<&'a Value> {
        self.map_item.and_then(|item| item.value)
    }
}

impl ExecutionContext {
    /// Whether the ARN is that of an Express execution.
    pub(crate) fn is_express(&self) -> bool {
        self.id.split(':').nth(5) == Some("express")
    }

    fn role(&self) -> Value {
        self.role_arn.as_deref().map_or(Value::Null, Value::from)
    }

    /// AWS prints an Express execution's members in the order of their names.
    fn to_value(&self) -> Value {
        let id = ("Id", (&*self.id).into());
        let input = ("Input", self.input.to_value());
        let start_time = ("StartTime", timestamp_text(self.start_time).into());
        let name = ("Name", self.name().into());
        let role_arn = ("RoleArn", self.role());
        let Some(count) = self.redrive_count else {
            return object([id, input, name, role_arn, start_time]);
        };
        let mut members = object([id, input, start_time, name, role_arn, ("RedriveCount", count.into())]);
        insert_some(&mut members, "RedriveTime", self.redrive_time.map(timestamp_text));
        members
    }
}

impl StateMachineContext {
    fn to_value(&self) -> Value {
        object([("Id", self.id.as_str().into()), ("Name", self.name.as_str().into())])
    }
}

impl StateContext<'_> {
    fn to_value(self) -> Value {
        let mut members = object([
            ("Name", self.name.into()),
            ("EnteredTime", timestamp_text(self.entered_time).into()),
        ]);
        insert_some(&mut members, "RetryCount", self.retry_count);
        members
    }
}

impl MapItemContext<'_> {
    fn to_value(self) -> Value {
        let mut members = object([("Index", self.index.into())]);
        insert_some(&mut members, "Value", self.value.cloned());
        insert_some(&mut members, "Key", self.key);
        insert_some(&mut members, "Source", self.source);
        members
    }
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Value {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

fn insert_some(object: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Value::Object(members), Some(value)) = (object, value) {
        members.insert(name.to_owned(), value.into());
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use serde_json::{Value, json};

    use crate::data::{Budget, JsonPath, sample};

    #[test]
    fn every_path_reads_the_same_as_in_the_whole_object() {
        sample::in_scope(&Value::Null, |scope| {
            let whole = scope.context.context_object().to_value();
            for path in [
                "$$",
                "$$.Execution",
                "$$.Execution.Id",
                "$$.Execution.Input",
                "$$.Execution.Input.table",
                "$$.Execution.Name",
                "$$.Execution.RoleArn",
                "$$.Execution.StartTime",
                "$$.Execution.RedriveCount",
                "$$.Execution.RedriveTime",
                "$$.StateMachine.Id",
                "$$.StateMachine.Name",
                "$$.State.Name",
                "$$.State.EnteredTime",
                "$$.State.RetryCount",
                "$$.Task.Token",
                "$$.Map.Item",
                "$$.Map.Item.Index",
                "$$.Map.Item.Value",
                "$$.Map.Item.Value.slice",
                "$$..Name",
                "$$.Nope",
                "$$.Execution.Nope",
                "$$.Execution.Id.x",
                "$$.Execution.Input.x",
                "$$.Execution.Input.table.x",
                "$$.State.Name[0]",
            ] {
                let path = JsonPath::parse(path).unwrap();
                assert_eq!(
                    path.evaluate(scope, &Budget::new()),
                    path.evaluate_in(&whole),
                    "{}",
                    path.as_str()
                );
            }
        });
    }

    #[test]
    fn large_parts_are_borrowed() {
        sample::in_scope(&json!(null), |scope| {
            for path in [
                "$$.Execution.Input.table",
                "$$.Execution.Input",
                "$$.Map.Item.Value.slice",
            ] {
                assert!(
                    matches!(
                        JsonPath::parse(path).unwrap().evaluate(scope, &Budget::new()),
                        Ok(Cow::Borrowed(_))
                    ),
                    "{path}"
                );
            }
        });
    }
}
