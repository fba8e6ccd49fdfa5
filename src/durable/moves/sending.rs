//! Sends executions to a cluster, so that each runs in one place, whenever the mover dies.

use chrono::{DateTime, SubsecRound as _, Utc};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tokio::task::{JoinError, JoinSet};

use super::families::Families;
use super::parcel::{FORGET, KEEP, Parcel, Part};
use super::source::{Candidate, Source};
use super::{Moved, unreadable};
use crate::durable::nodes::failed;
use crate::durable::place::Place;
use crate::durable::{EXPECT, OVER, RestateClient, names};
use crate::error::Error;
use crate::runtime::Clock;
use crate::store::{End, Record, StoreError, written_text};

/// So many executions are marked in one commit, and the rest of a family.
const MARKED: usize = 500;

const TAKEN: &str = "the cluster has an execution of this name";

/// So many calls are made at once.
const AT_ONCE: usize = 32;

pub(super) struct Sender<'s> {
    client: RestateClient,
    pub(super) source: Source<'s>,
    revisions: BTreeMap<u64, u64>,
    /// The services that the cluster has.
    services: BTreeSet<String>,
}

/// An execution that is ready to be sent.
struct Letter {
    place: Place,
    origin: String,
    parts: Vec<Part>,
    was_moving: bool,
}

impl<'s> Sender<'s> {
    pub(super) async fn new(
        client: RestateClient,
        source: Source<'s>,
        revisions: BTreeMap<u64, u64>,
    ) -> Result<Self, Error> {
        let services: BTreeSet<String> = client.services().await?.into_iter().collect();
        if !services.contains(names::MOVES) {
            let message = "no worker of the cluster takes executions of a store: register one of this release first";
            return Err(failed(message.to_owned()));
        }
        Ok(Self {
            client,
            source,
            revisions,
            services,
        })
    }

    /// Finds where executions go on, of those that no earlier move has begun to move.
    pub(super) fn address(&self, candidates: &mut [Candidate]) {
        let awaited: BTreeSet<String> = candidates
            .iter()
            .flat_map(|candidate| candidate.awaits.clone())
            .collect();
        for candidate in candidates.iter_mut().filter(|candidate| !candidate.is_moving) {
            let machine = Place::of_machine(&candidate.machine, &candidate.name);
            let origin = &candidate.origin;
            // Tasks find executions by their ARNs, and so does the API.
            let by_arn = awaited.contains(&candidate.arn) || origin.request.is_some() || origin.started_by.is_some();
            if !by_arn && !candidate.place.is_express() && self.services.contains(&machine.service) {
                candidate.place = machine;
            }
        }
    }

    /// The services that resources have of their own, for an execution whose other tasks are done by those that do any.
    fn services_for(&self, place: &Place) -> Option<BTreeSet<String>> {
        if !place.is_by_arn() || !self.services.contains(names::ANY) {
            return None;
        }
        let own = self
            .services
            .iter()
            .filter(|service| service.starts_with(names::RESOURCES));
        Some(own.cloned().collect())
    }

    /// Refuses an execution whose name another one has in the cluster.
    pub(super) async fn refuse_if_taken(&self, candidate: &mut Candidate) -> Result<(), Error> {
        let is_open = !candidate.is_moving && candidate.refusal.is_none();
        if is_open && self.client.has_ended(&candidate.place).await?.is_some() {
            candidate.refusal = Some(TAKEN.to_owned());
        }
        Ok(())
    }

    /// Marks executions as on their way: from now on the store does not run them.
    pub(super) fn mark(
        &self,
        families: &[Vec<usize>],
        candidates: &[Candidate],
        urls: &[String],
    ) -> Result<(), StoreError> {
        let time = now();
        let place = format!("the cluster at {}", urls.join(", "));
        let mut records = Vec::new();
        for family in families {
            let new = family
                .iter()
                .filter_map(|at| candidates.get(*at))
                .filter(|candidate| !candidate.is_moving);
            records.extend(new.map(|candidate| Record::End {
                execution: candidate.number,
                end: Box::new(End {
                    status: End::MOVING.to_owned(),
                    time,
                    output: None,
                    error: Some(candidate.place.service.clone()),
                    cause: Some(place.clone()),
                }),
            }));
            if records.len() >= MARKED {
                self.source.store.commit(&std::mem::take(&mut records))?;
            }
        }
        if records.is_empty() {
            Ok(())
        } else {
            self.source.store.commit(&records)
        }
    }

    /// Has the cluster take answers by token, also before the executions are there: one of them may answer another.
    pub(super) async fn expect_answers(&self, order: &[usize], candidates: &[Candidate]) -> Result<(), Error> {
        let mut tokens = Vec::new();
        for candidate in order.iter().filter_map(|at| candidates.get(*at)) {
            if candidate.is_moving && self.client.has_ended(&candidate.place).await?.is_some() {
                // They are known, or over and forgotten.
                continue;
            }
            tokens.extend(candidate.tokens.iter().cloned());
        }
        self.tell_tokens(tokens, EXPECT).await
    }

    /// Calls a handler of the objects of tokens.
    async fn tell_tokens(&self, tokens: Vec<String>, handler: &'static str) -> Result<(), Error> {
        let mut telling = JoinSet::new();
        for token in tokens {
            if telling.len() >= AT_ONCE
                && let Some(told) = telling.join_next().await
            {
                joined(told)?;
            }
            let client = self.client.clone();
            telling.spawn(async move {
                let at = (names::TOKENS, token.as_str(), handler);
                match handler {
                    OVER => client.call_object::<()>(at, &token).await,
                    _ => client.call_object::<()>(at, &()).await,
                }
            });
        }
        while let Some(told) = telling.join_next().await {
            joined(told)?;
        }
        Ok(())
    }

    /// Sends executions, those first that others wait for, and tells of each.
    pub(super) async fn send(
        &mut self,
        order: &[usize],
        candidates: &[Candidate],
        families: &Families,
        tell: &mut impl FnMut(Moved),
    ) -> Result<(), Error> {
        let mut left: VecDeque<usize> = order.iter().copied().collect();
        let mut refused = BTreeSet::new();
        while !left.is_empty() {
            let mut batch = Vec::new();
            while let Some(place) = left.front().copied()
                && batch.len() < AT_ONCE
                && !families.awaited_by(place).iter().any(|awaited| batch.contains(awaited))
            {
                batch.push(place);
                left.pop_front();
            }
            let mut sending = JoinSet::new();
            for place in batch {
                let Some(candidate) = candidates.get(place) else {
                    continue;
                };
                let stays = families
                    .awaited_by(place)
                    .iter()
                    .find(|awaited| refused.contains(*awaited));
                if let Some(stays) = stays.and_then(|stays| candidates.get(*stays)) {
                    refused.insert(place);
                    self.give_back(candidate).await?;
                    tell(candidate.told(Err(format!("it belongs to `{}`, which stays", stays.arn))));
                    continue;
                }
                let letter = self.letter(candidate).await?;
                let client = self.client.clone();
                sending.spawn(async move { Ok((place, letter.send(&client).await?)) });
            }
            let mut failure = None;
            while let Some(sent) = sending.join_next().await {
                let (place, has_arrived) = match joined(sent) {
                    Ok(sent) => sent,
                    Err(error) => {
                        failure = Some(error);
                        continue;
                    }
                };
                let Some(candidate) = candidates.get(place) else {
                    continue;
                };
                if has_arrived {
                    self.note(candidate, true).map_err(unreadable)?;
                    tell(candidate.told(Ok(())));
                } else {
                    refused.insert(place);
                    self.give_back(candidate).await?;
                    tell(candidate.told(Err(TAKEN.to_owned())));
                }
            }
            if let Some(error) = failure {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn letter(&mut self, candidate: &Candidate) -> Result<Letter, Error> {
        let services = self.services_for(&candidate.place);
        let mut runs = BTreeMap::new();
        for arn in &candidate.awaits {
            let place = Place::of_arn(arn);
            // It may have been redriven since it came there: how its first run ends is waited for.
            self.client.told_of_taken(&place).await?;
            let told = self.client.told_of_run(&place).await?;
            runs.extend(told.and_then(|(facts, _)| Some((arn.clone(), facts.run?))));
        }
        let packed = self.source.pack(candidate.number, services, &runs, &self.revisions);
        let parts = packed.map_err(unreadable)?;
        Ok(Letter {
            place: candidate.place.clone(),
            origin: candidate.start_origin.clone(),
            parts,
            was_moving: candidate.is_moving,
        })
    }

    /// Another execution of the name began meanwhile: this one runs in the store again.
    async fn give_back(&self, candidate: &Candidate) -> Result<(), Error> {
        self.tell_tokens(candidate.tokens.clone(), OVER).await?;
        let Place { service, key } = candidate.place.parcel();
        self.client.call_object::<()>((&service, &key, FORGET), &()).await?;
        self.note(candidate, false).map_err(unreadable)
    }

    fn note(&self, candidate: &Candidate, has_arrived: bool) -> Result<(), StoreError> {
        let execution = candidate.number;
        self.source.store.commit(&[Record::Move { execution, has_arrived }])
    }
}

impl Letter {
    /// Returns whether the execution goes on in the cluster: another may have its name.
    async fn send(self, client: &RestateClient) -> Result<bool, Error> {
        if self.was_moving && client.has_ended(&self.place).await?.is_some() {
            return Ok(client.origin(&self.place).await? == Some(self.origin));
        }
        let Place { service, key } = self.place.parcel();
        for part in self.parts.iter().enumerate() {
            client.call_object::<()>((&service, &key, KEEP), &part).await?;
        }
        let parcel = Parcel {
            parts: self.parts.len(),
        };
        client
            .send_start_as(&self.place, written_text(&parcel), self.origin)
            .await
    }
}

fn now() -> DateTime<Utc> {
    Clock::system().now().trunc_subsecs(6)
}

fn joined<T>(joined: Result<Result<T, Error>, JoinError>) -> Result<T, Error> {
    joined.unwrap_or_else(|error| Err(failed(error.to_string())))
}
