//! Activities: tasks that wait until a worker asks for them (developer guide, "Activities").

use chrono::TimeDelta;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use super::Interpreter;
use super::activity_queue::{ActivityQueue, ActivityTask, Closed};
use crate::error::{Error, ErrorKind};

/// How long a poll waits for a task, in seconds, as on AWS.
const LONG_POLL: i64 = 60;

/// The declared activities with their tasks, by ARN or by name.
#[derive(Debug, Default)]
pub(super) struct Activities(RwLock<HashMap<String, Arc<ActivityQueue>>>);

impl Activities {
    pub(super) fn declare(&self, activity: &str) {
        let mut declared = self.0.write().unwrap_or_else(PoisonError::into_inner);
        declared.entry(activity.to_owned()).or_default();
    }

    /// Ends all activities: waiting workers get no more tasks, and their polls end in time.
    pub(super) fn delete(&self, activity: &str) {
        let mut declared = self.0.write().unwrap_or_else(PoisonError::into_inner);
        declared.remove(activity);
    }

    /// The activity of an ARN or name. A declaration by ARN takes precedence over one by name.
    pub(super) fn find(&self, activity: &str) -> Option<Arc<ActivityQueue>> {
        let declared = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let by_name = || declared.get(activity.split_once(":activity:")?.1);
        declared.get(activity).or_else(by_name).cloned()
    }

    pub(super) fn close(&self) {
        for queue in self.0.read().unwrap_or_else(PoisonError::into_inner).values() {
            queue.close();
        }
    }
}

impl Interpreter {
    /// Declares an activity by its ARN, or by its name alone for any region and account. A Task state with this
    /// activity waits until a worker gets the task with [`Interpreter::get_activity_task`].
    ///
    /// The state's `TimeoutSeconds` and `HeartbeatSeconds` count from the time when the task is scheduled. A handler
    /// registered for the ARN takes precedence; workers then get no tasks.
    ///
    /// ```
    /// use asl_engine::{Interpreter, StateMachine};
    /// use serde_json::json;
    /// use std::sync::Arc;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let machine: StateMachine = r#"{
    ///   "StartAt": "Bake",
    ///   "States": {
    ///     "Bake": { "Type": "Task", "Resource": "arn:aws:states:us-east-1:123456789012:activity:Bake", "End": true }
    ///   }
    /// }"#.parse()?;
    /// let interpreter = Arc::new(Interpreter::new().activity("Bake"));
    ///
    /// let kitchen = Arc::clone(&interpreter);
    /// let worker = tokio::spawn(async move {
    ///     while let Some(task) = kitchen.get_activity_task("Bake", "oven-1").await? {
    ///         let pizza = json!({ "baked": task.input["pizza"] });
    ///         kitchen.send_task_success(&task.token, pizza)?;
    ///     }
    ///     Ok::<(), asl_engine::Error>(())
    /// });
    ///
    /// let pizza: serde_json::Value = interpreter.run(&machine, json!({ "pizza": "funghi" })).await?;
    /// assert_eq!(pizza, json!({ "baked": "funghi" }));
    /// # worker.abort();
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn activity(self, activity: impl Into<String>) -> Self {
        self.with(|settings| settings.activities.push(activity.into()))
    }

    /// Waits for a task of an activity, for at most a minute of the interpreter's clock (`GetActivityTask`); `None` if
    /// there was none.
    ///
    /// Tasks are handed out in the order they were scheduled, to workers in the order of their polls. The worker's
    /// name, which may be `None`, goes into the history. Cancelling a poll loses no task: the next worker gets it.
    ///
    /// Answer with [`Interpreter::send_task_success`], [`Interpreter::send_task_failure`] and
    /// [`Interpreter::send_task_heartbeat`]. They refuse the token of a task that has timed out or has been cancelled
    /// ([`ErrorKind::TaskTimedOut`]).
    ///
    /// Errors if the activity was not declared ([`ErrorKind::ActivityDoesNotExist`]), if the interpreter has shut down
    /// ([`ErrorKind::ShutDown`]), and outside a tokio runtime with a timer ([`ErrorKind::NoTimer`]).
    pub async fn get_activity_task<'w>(
        &self,
        activity: &str,
        worker_name: impl Into<Option<&'w str>>,
    ) -> Result<Option<ActivityTask>, Error> {
        let worker_name = worker_name.into();
        let shared = self.shared();
        let Some(queue) = shared.activities.find(activity) else {
            let message = format!("Activity Does Not Exist: '{activity}'; declare it with `.activity(\"{activity}\")`");
            return Err(Error::new(ErrorKind::ActivityDoesNotExist, message));
        };
        let clock = &shared.host()?.clock;
        let until = clock.instant_of(clock.now() + TimeDelta::seconds(LONG_POLL));
        let polled = queue.poll(worker_name, until).await;
        polled.map_err(|Closed| {
            Error::new(
                ErrorKind::ShutDown,
                "the interpreter is shut down and has no tasks any more",
            )
        })
    }
}
