//! Calls that change state machines and activities: in the store first, then in memory.

use std::sync::Arc;
use tokio::sync::OwnedMutexGuard;

use super::Service;
use super::change::Change;
use crate::services::step_functions::StepFunctionsError;

/// What a call is about to change. As long as there is one, no other call changes anything.
pub(super) struct Draft {
    service: Arc<Service>,
    turn: Turn,
    changes: Vec<Change>,
    /// What of a cluster was seen before.
    #[cfg(feature = "restate")]
    seen: u64,
}

/// The right to write, which one call at a time has.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Service {
    /// Waits until no other call writes.
    pub(super) async fn turn(&self) -> Turn {
        Arc::clone(&self.writing).lock_owned().await
    }

    /// The same for a call that changes state machines or activities.
    pub(super) async fn draft(self: &Arc<Self>) -> Draft {
        let turn = self.turn().await;
        Draft {
            #[cfg(feature = "restate")]
            seen: self.cluster().map_or(0, super::cluster::Cluster::seen),
            service: Arc::clone(self),
            turn,
            changes: Vec::new(),
        }
    }

    fn show(&self, changes: Vec<Change>) {
        let mut registry = self.registry();
        for change in changes {
            match change {
                Change::StateMachine(machine) => {
                    registry.state_machines.insert(machine.arn().to_owned(), *machine);
                }
                Change::NoStateMachine(arn) => {
                    registry.state_machines.remove(&arn);
                }
                Change::Activity(arn, activity) => {
                    self.interpreter.create_activity(&arn);
                    registry.activities.insert(arn, activity);
                }
                Change::NoActivity(arn) => {
                    if registry.activities.remove(&arn).is_some() {
                        self.interpreter.delete_activity(&arn);
                    }
                }
                Change::Revision { .. } => {}
            }
        }
    }
}

impl Draft {
    pub(super) fn add(&mut self, change: Change) {
        self.changes.push(change);
    }

    /// Changes it. If the store does not write, nothing is changed.
    #[cfg_attr(
        not(feature = "store"),
        expect(clippy::unused_async, reason = "a store is waited for, and may not write")
    )]
    pub(super) async fn commit(self) -> Result<(), StepFunctionsError> {
        let Self {
            service, turn, changes, ..
        } = self;
        if changes.is_empty() {
            return Ok(());
        }
        #[cfg(feature = "restate")]
        if let Some(cluster) = service.cluster() {
            return service.write_clustered(cluster, self.seen, &changes).await;
        }
        #[cfg(feature = "store")]
        if let Some(documents) = &service.documents {
            let ack = documents.write(super::documents::records(&changes));
            // A caller may go away, and what is written has to be seen all the same.
            let written = tokio::spawn(async move {
                ack.wait().await?;
                service.show(changes);
                drop(turn);
                Ok(())
            });
            let gone = |_| StepFunctionsError::internal("the tokio runtime shuts down");
            return written.await.map_err(gone)?;
        }
        service.show(changes);
        drop(turn);
        Ok(())
    }
}
