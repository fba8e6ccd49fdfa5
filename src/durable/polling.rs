//! Asks a cluster for tasks of activities.

use std::time::Duration;
use tokio::time::{Instant, sleep};

use super::activities::Lent;
use super::client::handler;
use super::messages::Delivery;
use super::place::Place;
use super::{POLL, RestateClient};
use crate::definition::{Resource, ResourceKind};
use crate::error::{Error, ErrorKind};
use crate::runtime::ActivityTask;
use crate::store::written_text;

/// How long a poll waits for a task, as on AWS.
const LONG_POLL: Duration = Duration::from_mins(1);

/// How long one poll of the cluster waits.
const POLL_SLICE: Duration = Duration::from_secs(10);

/// Between two tries to take a task, and how many there are.
const RECOVERY: Duration = Duration::from_millis(500);
const TRIES: u32 = 60;

impl RestateClient {
    /// Waits for a task of the activity of an ARN, for at most a minute (`GetActivityTask`); `None` if there was none. An
    /// activity need not be declared.
    ///
    /// Tasks are handed out in the order in which they were scheduled, to callers in the order of their polls. The worker's
    /// name, which may be `None`, goes into the history. A poll that is cancelled while it waits loses no task: another one gets it
    /// some seconds later. One that is cancelled in the moment in which it takes a task may lose it until its heartbeat or
    /// timeout is due, as on AWS a task whose connection breaks.
    ///
    /// Answer with [`send_task_success`](Self::send_task_success), [`send_task_failure`](Self::send_task_failure) and
    /// [`send_task_heartbeat`](Self::send_task_heartbeat).
    ///
    /// # Errors
    ///
    /// [`ActivityDoesNotExist`](ErrorKind::ActivityDoesNotExist) if this is no ARN of an activity,
    /// [`Cluster`](ErrorKind::Cluster) if the cluster cannot be reached, or no worker was registered.
    pub async fn get_activity_task<'w>(
        &self,
        activity: &str,
        worker_name: impl Into<Option<&'w str>>,
    ) -> Result<Option<ActivityTask>, Error> {
        if !Resource::parse(activity).is_some_and(|resource| *resource.kind() == ResourceKind::Activity) {
            let message = format!("`{activity}` is no ARN of an activity");
            return Err(Error::new(ErrorKind::ActivityDoesNotExist, message));
        }
        let worker_name = worker_name.into().map(str::to_owned);
        let path = handler(&Place::of_activity(activity), POLL);
        let until = Instant::now() + LONG_POLL;
        loop {
            let remaining = until.saturating_duration_since(Instant::now());
            // A poll outlives a caller that is gone, and would be lent a task: so it is a short one, again and again.
            let milliseconds = u64::try_from(remaining.min(POLL_SLICE).as_millis()).unwrap_or(u64::MAX);
            let lent: Option<Lent> = self.read(path.clone(), written_text(&milliseconds)).await?;
            let Some(Lent { token, input, poll }) = lent else {
                if remaining <= POLL_SLICE {
                    return Ok(None);
                }
                continue;
            };
            let started = Delivery::Started {
                worker_name: worker_name.clone(),
                poll,
            };
            if self.take(&token, &started).await? {
                let input = input.to_value();
                return Ok(Some(ActivityTask { token, input }));
            }
        }
    }

    /// Takes a task; false if it is over, or another has it. One that was taken without a word of it would wait for its
    /// timeout, so this is tried again.
    async fn take(&self, token: &str, started: &Delivery) -> Result<bool, Error> {
        let mut tries = 0;
        loop {
            let error = match self.deliver(token, started).await {
                Ok(()) => return Ok(true),
                Err(error) => error,
            };
            tries += 1;
            match error.kind() {
                ErrorKind::TaskTimedOut | ErrorKind::InvalidToken => return Ok(false),
                _ if tries == TRIES => return Err(error),
                _ => sleep(RECOVERY).await,
            }
        }
    }
}
