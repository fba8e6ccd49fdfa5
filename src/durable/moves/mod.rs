//! Moves the running executions of a store to a cluster.
//!
//! An execution is marked in the store as on its way, started in the cluster by its key, and marked as moved. A store runs what is
//! neither; a cluster takes a key once. So an execution runs in one of the two, whenever the mover dies, and the next move
//! finishes what this one began.

mod families;
mod packing;
mod parcel;
mod sending;
mod source;

use std::collections::{BTreeMap, BTreeSet};

pub(super) use self::parcel::{Arrived, handlers, has_moved, receive};
#[cfg(test)]
pub(super) use self::parcel::{Parcel, Part, Rest};

use self::families::Families;
use self::sending::Sender;
use self::source::{Candidate, Source, moved_elsewhere};
use super::RestateClient;
use crate::error::{Error, ErrorKind};
use crate::store::{End, ExecutionStore, Filter, StoreError};

/// Moves the running executions of a store to a cluster, where they go on: with the states in which they are, the histories that they
/// have, their task tokens and the times of their timers. A task that is not answered is done again, as the same attempt. Nobody else
/// may run the store meanwhile.
///
/// ```no_run
/// use asl_engine::durable::{Move, RestateClient};
/// use asl_engine::store::SqliteStore;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::open("executions.db")?;
/// let client = RestateClient::new("http://10.0.0.1:8080", "http://10.0.0.1:9070");
/// Move::new(&store, client)
///     .run(|moved| match moved.result {
///         Ok(()) => println!("{} has moved", moved.name),
///         Err(reason) => println!("{} stays: {reason}", moved.name),
///     })
///     .await?;
/// # Ok(())
/// # }
/// ```
///
/// Afterwards the store has them as [`MOVED`](End::MOVED), with their histories up to then. If the process ends meanwhile, some are
/// [`MOVING`](End::MOVING): those run nowhere for certain, and the next move finishes them first. An execution
/// that a state machine of a [`RestateWorker`](super::RestateWorker) started is found by the machine's name, if the cluster has a
/// worker for that; any other by its ARN, as the API finds it.
///
/// What stays, each with its reason: executions with a running Map Run; those whose name the cluster has; and those that wait for one
/// that stays, or that one of these waits for. Executions that have ended stay where they are.
#[derive(Debug)]
#[must_use]
pub struct Move<'s> {
    store: &'s dyn ExecutionStore,
    client: RestateClient,
    only: Option<BTreeSet<String>>,
    is_rehearsal: bool,
    revisions: BTreeMap<u64, u64>,
}

/// What became of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moved {
    /// Its ARN.
    pub arn: String,
    /// Its name.
    pub name: String,
    /// Why it stays in the store, in a clause, if it does.
    pub result: Result<(), String>,
}

impl<'s> Move<'s> {
    /// A move of all executions that run.
    pub fn new(store: &'s dyn ExecutionStore, client: RestateClient) -> Self {
        Self {
            store,
            client,
            only: None,
            is_rehearsal: false,
            revisions: BTreeMap::new(),
        }
    }

    /// Moves only the executions of these ARNs, and those that wait for them or that they wait for.
    pub fn only(mut self, arns: impl IntoIterator<Item = String>) -> Self {
        self.only = Some(arns.into_iter().collect());
        self
    }

    /// Moves nothing: [`run`](Self::run) tells what would move.
    pub fn rehearsal(mut self) -> Self {
        self.is_rehearsal = true;
        self
    }

    /// The numbers that revisions of the API's state machines have in the cluster:
    /// [`StepFunctions::copy_to_restate`](crate::server::StepFunctions::copy_to_restate) returns them. Executions that the API started name
    /// a revision, for `DescribeStateMachineForExecution`.
    pub fn revisions(mut self, revisions: BTreeMap<u64, u64>) -> Self {
        self.revisions = revisions;
        self
    }

    /// Moves executions, and tells of each.
    ///
    /// # Errors
    ///
    /// [`Cluster`](ErrorKind::Cluster), also if no worker of this release serves it; [`Store`](ErrorKind::Store). Those that were not
    /// told then are in the store: as they were, or for the next move to finish.
    pub async fn run(self, mut tell: impl FnMut(Moved)) -> Result<(), Error> {
        let urls = self.client.ingresses();
        self.check_destination(&urls).map_err(unreadable)?;
        let mut sender = Sender::new(self.client, Source::new(self.store), self.revisions).await?;
        let mut candidates = sender.source.candidates(&urls).map_err(unreadable)?;
        let families = Families::of(&candidates);
        sender.address(&mut candidates);
        refuse_orphans(&mut candidates);
        let only = self.only.as_ref();
        let is_meant = |place: usize| {
            let candidate = candidates.get(place);
            candidate.is_some_and(|it| it.is_moving || only.is_none_or(|only| only.contains(&it.arn)))
        };
        let meant = families.with(is_meant);
        for place in meant.iter().flatten() {
            if let Some(candidate) = candidates.get_mut(*place) {
                sender.refuse_if_taken(candidate).await?;
            }
        }
        let mut going = Vec::new();
        for family in meant {
            let culprit = family.iter().find_map(|place| {
                let candidate = candidates.get(*place)?;
                candidate.refusal.is_some().then(|| candidate.arn.clone())
            });
            let Some(culprit) = culprit else {
                going.push(family);
                continue;
            };
            for place in family {
                if let Some(candidate) = candidates.get(place) {
                    let with_it = || format!("it belongs to `{culprit}`, which stays");
                    let reason = candidate.refusal.clone().unwrap_or_else(with_it);
                    tell(candidate.told(Err(reason)));
                }
            }
        }
        if self.is_rehearsal {
            let going = going.iter().flatten().filter_map(|place| candidates.get(*place));
            going.for_each(|candidate| tell(candidate.told(Ok(()))));
            return Ok(());
        }
        sender.mark(&going, &candidates, &urls).map_err(unreadable)?;
        let order: Vec<usize> = going.into_iter().flatten().collect();
        sender.expect_answers(&order, &candidates).await?;
        sender.send(&order, &candidates, &families, &mut tell).await
    }

    /// Errors if executions are on their way to another cluster.
    fn check_destination(&self, urls: &[String]) -> Result<(), StoreError> {
        let filter = Filter {
            status: Some(End::MOVING.to_owned()),
            ..Filter::default()
        };
        let on_their_way = self.store.executions(&filter, 1)?;
        match on_their_way
            .first()
            .and_then(|execution| moved_elsewhere(execution, urls))
        {
            None => Ok(()),
            Some(place) => {
                let message = format!("executions of the store are on their way to {place}: finish that move first");
                Err(StoreError::new(crate::store::StoreErrorKind::Refused, message))
            }
        }
    }
}

impl Candidate {
    fn told(&self, result: Result<(), String>) -> Moved {
        Moved {
            arn: self.arn.clone(),
            name: self.name.clone(),
            result,
        }
    }
}

/// An execution whose parent has given it up, in the moment when the process ended, has to be stopped.
fn refuse_orphans(candidates: &mut [Candidate]) {
    let awaited: BTreeSet<String> = candidates
        .iter()
        .flat_map(|candidate| candidate.awaits.clone())
        .collect();
    for candidate in candidates {
        let is_standard = !super::Place::of_arn(&candidate.arn).is_express();
        if is_standard
            && !candidate.is_moving
            && candidate.origin.lineage.is_awaited()
            && !awaited.contains(&candidate.arn)
        {
            let reason = "the execution that waited for it does not any more: let the store stop it";
            candidate.refusal.get_or_insert_with(|| reason.to_owned());
        }
    }
}

fn unreadable(error: StoreError) -> Error {
    Error::new(ErrorKind::Store, error.to_string())
}
