//! Tags of state machines and activities.

use indexmap::IndexMap;
use serde_json::{Value, json};

use super::{ARN, only_arn};
use crate::server::arn::check_tagged;
use crate::server::registry::Registry;
use crate::server::request::Request;
use crate::server::{Service, empty};
use crate::services::step_functions::StepFunctionsError;

/// The most tags of a resource.
const MOST: usize = 50;
const KEY: std::ops::RangeInclusive<usize> = 1..=128;
const VALUE: std::ops::RangeInclusive<usize> = 0..=256;

impl Service {
    /// `TagResource`: an existing key gets the new value.
    pub(in crate::server) fn tag_resource(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["resourceArn", "tags"])?;
        let arn = request.required_text("resourceArn", ARN);
        request.require("tags");
        let added = read(&mut request);
        request.check()?;
        let added = added?;
        let mut registry = self.registry();
        let tags = tags_of(&mut registry, arn)?;
        let new = added.keys().filter(|key| !tags.contains_key(*key)).count();
        if tags.len() + new > MOST {
            return Err(too_many(&format!("{arn} would have more than {MOST} tags")));
        }
        tags.extend(added);
        Ok(empty())
    }

    /// `UntagResource`: missing keys are ignored.
    pub(in crate::server) fn untag_resource(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["resourceArn", "tagKeys"])?;
        let arn = request.required_text("resourceArn", ARN);
        let keys = request.required_list("tagKeys", 0..=usize::MAX);
        request.check()?;
        let keys: Option<Vec<&str>> = keys.iter().map(Value::as_str).collect();
        let keys = keys
            .ok_or_else(|| StepFunctionsError::new("SerializationException", "`tagKeys` must be a list of strings"))?;
        let mut registry = self.registry();
        let tags = tags_of(&mut registry, arn)?;
        for key in keys {
            tags.shift_remove(key);
        }
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

fn tags_of<'s>(registry: &'s mut Registry, arn: &str) -> Result<&'s mut IndexMap<String, String>, StepFunctionsError> {
    check_tagged(arn)?;
    registry.forget_deleted(arn);
    let Registry {
        state_machines,
        activities,
        ..
    } = registry;
    let machine = state_machines.get_mut(arn).map(|machine| &mut machine.tags);
    let tags = machine.or_else(|| activities.get_mut(arn).map(|activity| &mut activity.tags));
    tags.ok_or_else(|| StepFunctionsError::resource_not_found(arn))
}

fn too_many(problem: &str) -> StepFunctionsError {
    StepFunctionsError::new("TooManyTags", format!("Too Many Tags: '{problem}'"))
}
