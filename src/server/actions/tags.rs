//! Tags of state machines and activities.

use indexmap::IndexMap;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{ARN, only_arn};
use crate::server::activity::Activity;
use crate::server::arn::check_tagged;
use crate::server::change::Change;
use crate::server::draft::Draft;
use crate::server::registry::Registry;
use crate::server::request::Request;
use crate::server::state_machine::StateMachine;
use crate::server::{Service, empty};
use crate::services::step_functions::StepFunctionsError;

/// The most tags of a resource.
const MOST: usize = 50;
const KEY: std::ops::RangeInclusive<usize> = 1..=128;
const VALUE: std::ops::RangeInclusive<usize> = 0..=256;

impl Service {
    /// `TagResource`: an existing key gets the new value.
    pub(in crate::server) async fn tag_resource(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["resourceArn", "tags"])?;
        let arn = request.required_text("resourceArn", ARN);
        request.require("tags");
        let added = read(&mut request);
        request.check()?;
        let added = added?;
        let draft = self.draft().await;
        let mut tags = tags_of(&mut self.registry(), arn)?.clone();
        let new = added.keys().filter(|key| !tags.contains_key(*key)).count();
        if tags.len() + new > MOST {
            return Err(too_many(&format!("{arn} would have more than {MOST} tags")));
        }
        tags.extend(added);
        self.set_tags(draft, arn, tags).await
    }

    /// `UntagResource`: missing keys are ignored.
    pub(in crate::server) async fn untag_resource(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["resourceArn", "tagKeys"])?;
        let arn = request.required_text("resourceArn", ARN);
        let keys = request.required_list("tagKeys", 0..=usize::MAX);
        request.check()?;
        let keys: Option<Vec<&str>> = keys.iter().map(Value::as_str).collect();
        let keys = keys
            .ok_or_else(|| StepFunctionsError::new("SerializationException", "`tagKeys` must be a list of strings"))?;
        let draft = self.draft().await;
        let mut tags = tags_of(&mut self.registry(), arn)?.clone();
        for key in keys {
            tags.shift_remove(key);
        }
        self.set_tags(draft, arn, tags).await
    }

    async fn set_tags(
        &self,
        mut draft: Draft,
        arn: &str,
        tags: IndexMap<String, String>,
    ) -> Result<Value, StepFunctionsError> {
        {
            let registry = self.registry();
            if let Some(machine) = registry.state_machines.get(arn) {
                let tagged = StateMachine {
                    tags,
                    ..machine.clone()
                };
                draft.add(Change::StateMachine(Box::new(tagged)));
            } else if let Some(activity) = registry.activities.get(arn) {
                let tagged = Activity {
                    tags,
                    ..activity.clone()
                };
                draft.add(Change::Activity(arn.to_owned(), tagged));
            }
        }
        draft.commit().await?;
        Ok(empty())
    }

    /// `ListTagsForResource`, in the order of addition.
    pub(in crate::server) fn list_tags_for_resource(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let arn = only_arn(request, "resourceArn")?;
        let mut registry = self.registry();
        let tags = tags_of(&mut registry, arn)?.iter();
        let tags: Vec<Value> = tags.map(|(key, value)| json!({ "key": key, "value": value })).collect();
        Ok(json!({ "tags": tags }))
    }
}

/// Reads `tags`; if a key is there twice, the last value counts.
pub(super) fn read(request: &mut Request<'_>) -> Result<IndexMap<String, String>, StepFunctionsError> {
    let items = request.list("tags", 0..=usize::MAX).unwrap_or_default();
    let mut tags = IndexMap::new();
    for (index, item) in items.iter().enumerate() {
        let place = format!("tags.{}.member.", index + 1);
        let mut item = Request::inside(&place, item, &["key", "value"])?;
        let key = item.required_text("key", KEY);
        let value = item.text("value", VALUE).unwrap_or_default();
        item.check()?;
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(StepFunctionsError::validation(format!(
                "the tag key `{key}` begins with `aws:`, which is AWS's own"
            )));
        }
        tags.insert(key.to_owned(), value.to_owned());
    }
    if tags.len() > MOST {
        return Err(too_many(&format!("{} tags are more than {MOST}", tags.len())));
    }
    Ok(tags)
}

fn tags_of<'s>(registry: &'s mut Registry, arn: &str) -> Result<&'s IndexMap<String, String>, StepFunctionsError> {
    check_tagged(arn)?;
    registry.forget_deleted(arn);
    let machine = registry.state_machines.get(arn).map(|machine| &machine.tags);
    let tags = machine.or_else(|| registry.activities.get(arn).map(|activity| &activity.tags));
    tags.ok_or_else(|| StepFunctionsError::resource_not_found(arn))
}

fn too_many(problem: &str) -> StepFunctionsError {
    StepFunctionsError::new("TooManyTags", format!("Too Many Tags: '{problem}'"))
}
