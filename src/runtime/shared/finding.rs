//! Finds executions and tasks, in memory and in the store.

use chrono::{DateTime, Utc};
use serde_json::Value;
use std::sync::Arc;
use tokio::time::{Duration, sleep};

use super::Shared;
#[cfg(not(feature = "store"))]
use crate::error::Error;
#[cfg(not(feature = "store"))]
use crate::execution::TaskId;
use crate::runtime::running::Running;
#[cfg(not(feature = "store"))]
use crate::runtime::task_tokens::{Key, Waiting};
use crate::services::step_functions::StepFunctionsError;

/// How long a shutdown waits before it looks again for executions that are in the store alone.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

impl Shared {
    /// The running execution of an ARN, if it is in memory.
    pub(in crate::runtime) fn execution_here(&self, arn: &str) -> Option<Arc<Running>> {
        self.executions.part_of(arn).find(arn)
    }

    /// The execution that already has a name: the running one if the input is the same, otherwise an error.
    pub(in crate::runtime) fn execution_of_name(
        self: &Arc<Self>,
        arn: &str,
        input: &Value,
        now: DateTime<Utc>,
    ) -> Option<Result<Arc<Running>, StepFunctionsError>> {
        // It stays in memory for as long as it is in hand. A start that takes it for new is refused by the store.
        #[cfg(feature = "store")]
        let _known = self.execution(arn);
        let part = self.executions.part_of(arn);
        let Some(known) = part.find(arn) else {
            let is_closed = self.names().closed.contains(arn, now);
            return is_closed.then(|| Err(StepFunctionsError::execution_already_exists(arn)));
        };
        drop(part);
        let is_same = known.has_input(input);
        #[cfg(feature = "store")]
        let is_same = is_same && !known.has_stored_end();
        Some(if is_same {
            Ok(known)
        } else {
            Err(StepFunctionsError::execution_already_exists(arn))
        })
    }

    /// The execution of an ARN, running or kept.
    pub(in crate::runtime) fn known_execution(self: &Arc<Self>, arn: &str) -> Option<Arc<Running>> {
        let part = self.executions.part_of(arn);
        let known = part.find(arn).or_else(|| self.ended.upgrade()?.find(arn));
        drop(part);
        #[cfg(feature = "store")]
        let known = known.or_else(|| self.stored_execution(arn));
        known
    }

    /// The executions: those that are kept, in the order of their ends, then the running ones.
    pub(in crate::runtime) fn known_executions(self: &Arc<Self>) -> Vec<Arc<Running>> {
        #[cfg(feature = "store")]
        let _in_hand = self.recall_all();
        let parts = self.executions.all_parts();
        let mut executions = self.ended.upgrade().map_or_else(Vec::new, |ended| ended.all());
        executions.extend(parts.iter().flat_map(|part| part.iter()).cloned());
        executions
    }

    pub(in crate::runtime) fn running(&self) -> usize {
        let parts = self.executions.all_parts();
        let here: usize = parts.iter().map(|part| part.len()).sum();
        here + self.stored_count()
    }

    /// How many running executions are in the store alone.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_self, reason = "none is without a store")
    )]
    pub(in crate::runtime) fn stored_count(&self) -> usize {
        #[cfg(feature = "store")]
        return self.paging.len();
        #[cfg(not(feature = "store"))]
        0
    }

    /// Waits until nothing runs any more.
    pub(in crate::runtime) async fn all_ended(&self) {
        loop {
            while let Some(execution) = self.executions.first() {
                execution.finished().await;
            }
            if self.stored_count() == 0 {
                return;
            }
            // The timer brings them back when their time comes.
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Lets no execution come from the store or go back any more. Returns those in memory, and how many are in the store
    /// alone.
    pub(in crate::runtime) fn seal(&self) -> (Vec<Arc<Running>>, usize) {
        let parts = self.executions.all_parts();
        #[cfg(feature = "store")]
        let stored = self.paging.seal();
        #[cfg(not(feature = "store"))]
        let stored = 0;
        (parts.iter().flat_map(|part| part.iter()).cloned().collect(), stored)
    }

    /// The task waiting for a token.
    #[cfg(not(feature = "store"))]
    pub(in crate::runtime) fn task_of(&self, token: &str) -> Result<(Arc<Running>, TaskId), Error> {
        let Waiting::Here(running, task) = self.names().tokens.task_of(Key::of(token))?;
        Ok((running, task))
    }
}
