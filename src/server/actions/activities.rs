//! Activities and their workers.

use serde_json::{Value, json};
use std::sync::Arc;

use super::{ARN, NAME, TOKEN, check_name, only_arn, tags};
use crate::runtime::ActivityTask;
use crate::server::activity::Activity;
use crate::server::arn::check_activity;
use crate::server::change::Change;
use crate::server::configuration::encryption;
use crate::server::page::Page;
use crate::server::registry::MOST_ACTIVITIES;
use crate::server::request::Request;
use crate::server::{Service, empty, seconds, with};
use crate::services::step_functions::{Configuration, StepFunctionsError};

impl Service {
    /// `CreateActivity`: the same request again returns the existing activity.
    pub(in crate::server) async fn create_activity(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["name", "tags", "encryptionConfiguration"])?;
        let name = request.required_text("name", NAME);
        let tags = tags::read(&mut request);
        request.check()?;
        check_name(name)?;
        let tags = tags?;
        let encryption = match request.value("encryptionConfiguration") {
            Some(value) => encryption(value)?,
            None => Configuration::default().encryption,
        };
        let arn = self.arn("activity", name);
        let mut draft = self.draft().await;
        let (known, count) = {
            let registry = self.registry();
            (registry.activities.get(&arn).cloned(), registry.activities.len())
        };
        if let Some(known) = known {
            if known.encryption != encryption {
                let message = format!("Activity Already Exists: '{arn}'");
                return Err(StepFunctionsError::new("ActivityAlreadyExists", message));
            }
            return Ok(created(&arn, &known));
        }
        if count >= MOST_ACTIVITIES {
            let message = format!("there are {MOST_ACTIVITIES} activities already, which is the most");
            return Err(StepFunctionsError::new("ActivityLimitExceeded", message));
        }
        let activity = Activity {
            name: name.to_owned(),
            created: self.interpreter.now(),
            encryption,
            tags,
        };
        let answer = created(&arn, &activity);
        draft.add(Change::Activity(arn, activity));
        draft.commit().await?;
        Ok(answer)
    }

    /// `DescribeActivity`
    pub(in crate::server) fn describe_activity(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let arn = only_arn(request, "activityArn")?;
        check_activity(arn)?;
        let registry = self.registry();
        let activity = registry.activities.get(arn);
        let activity = activity.ok_or_else(|| StepFunctionsError::activity_does_not_exist(arn))?;
        let (item, encryption) = (activity.list_item(arn), activity.encryption.clone());
        Ok(with(item, "encryptionConfiguration", encryption))
    }

    /// `DeleteActivity`: succeeds if there is no such activity.
    pub(in crate::server) async fn delete_activity(
        self: &Arc<Self>,
        request: &Value,
    ) -> Result<Value, StepFunctionsError> {
        let arn = only_arn(request, "activityArn")?;
        check_activity(arn)?;
        let mut draft = self.draft().await;
        if self.registry().activities.contains_key(arn) {
            draft.add(Change::NoActivity(arn.to_owned()));
        }
        draft.commit().await?;
        Ok(empty())
    }

    /// `ListActivities`, sorted by name.
    pub(in crate::server) fn list_activities(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["maxResults", "nextToken"])?;
        let page = Page::read(&mut request, TOKEN);
        request.check()?;
        let registry = self.registry();
        let activities = registry.activities.iter();
        let items = activities.map(|(arn, activity)| (activity.name.clone(), activity.list_item(arn)));
        page.of("activities", "ListActivities", items)
    }

    async fn activity_task(
        &self,
        arn: &str,
        worker_name: Option<&str>,
    ) -> Result<Option<ActivityTask>, StepFunctionsError> {
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            return Ok(cluster.client.get_activity_task(arn, worker_name).await?);
        }
        Ok(self.interpreter.get_activity_task(arn, worker_name).await?)
    }

    /// `GetActivityTask`: waits for a task for at most a minute.
    pub(in crate::server) async fn take_activity_task(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["activityArn", "workerName"])?;
        let arn = request.required_text("activityArn", ARN);
        let worker_name = request.text("workerName", NAME);
        request.check()?;
        check_activity(arn)?;
        worker_name.map_or(Ok(()), check_name)?;
        if !self.registry().activities.contains_key(arn) {
            return Err(StepFunctionsError::activity_does_not_exist(arn));
        }
        let task = self.activity_task(arn, worker_name).await?;
        Ok(task.map_or_else(
            empty,
            |task| json!({ "taskToken": task.token, "input": task.input.to_string() }),
        ))
    }
}

fn created(arn: &str, activity: &Activity) -> Value {
    json!({ "activityArn": arn, "creationDate": seconds(activity.created) })
}

impl Activity {
    fn list_item(&self, arn: &str) -> Value {
        json!({ "activityArn": arn, "name": self.name, "creationDate": seconds(self.created) })
    }
}
