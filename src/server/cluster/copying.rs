//! State machines, activities and tags of a store, copied to a cluster.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::TRIES;
use crate::durable::{Place, RestateClient, SharedDocument};
use crate::error::{Error, ErrorKind};
use crate::server::StepFunctions;
use crate::server::documents::{
    ACTIVITY, DEFINITION, REDRIVE_TOKENS, REVISION, RevisionForm, STATE_MACHINE, StateMachineForm, missing,
};
use crate::services::step_functions::RedriveTokens;
use crate::store::{End, ExecutionStore, Filter, Start, StoreError, read_text, written_text};

/// How many executions are read at once.
const PAGE: usize = 500;

/// So many documents are written at once, or so many bytes of them, and the rest of one: the cluster takes 32 MB.
const DOCUMENTS: usize = 100;
const BYTES: usize = 4 * 1024 * 1024;

/// What was copied to a cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Copied {
    /// The ARNs of state machines and activities that the cluster has now.
    pub copied: Vec<String>,
    /// The ARNs of those that it had, which are as they were there.
    pub known: Vec<String>,
    /// The numbers that revisions of the store have in the cluster, for
    /// [`Move::revisions`](crate::durable::Move::revisions).
    pub revisions: BTreeMap<u64, u64>,
}

/// What a store has of a region and account.
#[derive(Default)]
struct Kept {
    state_machines: Vec<(String, StateMachineForm)>,
    activities: Vec<(String, String)>,
    /// The client tokens of executions that were redriven and run, by their ARNs, with the starts of these.
    redrive_tokens: Vec<(String, DateTime<Utc>, RedriveTokens)>,
    /// The numbers of revisions that state machines and running executions have.
    revisions: BTreeSet<u64>,
}

impl StepFunctions {
    /// Copies what [`StepFunctions::open`] has kept in a store to a cluster: state machines, versions, aliases, activities and tags. What
    /// the cluster has of the same ARN stays as it is there. Executions are moved by [`Move`](crate::durable::Move). A second
    /// call copies nothing twice.
    ///
    /// # Errors
    ///
    /// [`Store`](ErrorKind::Store) and [`Cluster`](ErrorKind::Cluster): some may have been copied then.
    pub async fn copy_to_restate(store: &dyn ExecutionStore, client: &RestateClient) -> Result<Copied, Error> {
        let mut copied = Copied::default();
        for (place, kept) in places(store).map_err(unreadable)? {
            for (arn, start, tokens) in &kept.redrive_tokens {
                let execution = Place::of_arn(arn);
                client.keep_redrive_tokens(&execution, *start, tokens.clone()).await?;
            }
            let mut tries = 0;
            loop {
                let changes = client.documents_after(&place, 0).await?;
                let there = changes.documents.into_iter();
                let there = there.filter_map(|document| Some(((document.kind, document.key), document.text?)));
                let plan = Plan::of(store, &kept, &there.collect()).map_err(unreadable)?;
                if write(client, &place, changes.version, &plan.documents).await? {
                    copied.copied.extend(plan.copied);
                    copied.known.extend(plan.known);
                    copied.revisions.extend(plan.revisions);
                    break;
                }
                tries += 1;
                if tries == TRIES {
                    let message = format!("others write to the documents of `{place}` all the time");
                    return Err(Error::new(ErrorKind::Cluster, message));
                }
            }
        }
        Ok(copied)
    }
}

/// What a store has, by region and account.
fn places(store: &dyn ExecutionStore) -> Result<BTreeMap<String, Kept>, StoreError> {
    let mut places: BTreeMap<String, Kept> = BTreeMap::new();
    for found in store.documents(STATE_MACHINE)? {
        let form: StateMachineForm = read_text(&found.text, &format!("the state machine `{}`", found.key))?;
        let kept = places.entry(place_of(&found.key)).or_default();
        kept.revisions.extend(form.revisions());
        kept.state_machines.push((found.key, form));
    }
    for found in store.documents(ACTIVITY)? {
        let kept = places.entry(place_of(&found.key)).or_default();
        kept.activities.push((found.key, found.text));
    }
    let mut redrive_tokens: HashMap<String, RedriveTokens> = HashMap::new();
    for found in store.documents(REDRIVE_TOKENS)? {
        let tokens = read_text(&found.text, &format!("the client tokens of `{}`", found.key))?;
        redrive_tokens.insert(found.key, tokens);
    }
    for status in ["RUNNING", End::MOVING] {
        let mut filter = Filter {
            status: Some(status.to_owned()),
            ..Filter::default()
        };
        loop {
            let page = store.executions(&filter, PAGE)?;
            let Some(last) = page.last() else { break };
            filter.after = Some(last.start.number);
            for execution in &page {
                if let Some(request) = execution.start.request()? {
                    let Start { arn, time, .. } = &execution.start;
                    let kept = places.entry(place_of(arn)).or_default();
                    kept.revisions.insert(request.revision);
                    let tokens = redrive_tokens.remove(arn);
                    kept.redrive_tokens
                        .extend(tokens.map(|tokens| (arn.clone(), *time, tokens)));
                }
            }
        }
    }
    Ok(places)
}

/// The region and account of an ARN.
fn place_of(arn: &str) -> String {
    let mut parts = arn.split(':').skip(3);
    let (region, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{region}:{account}")
}

/// What is to be written.
#[derive(Default)]
struct Plan {
    documents: Vec<SharedDocument>,
    copied: Vec<String>,
    known: Vec<String>,
    revisions: BTreeMap<u64, u64>,
}

impl Plan {
    /// `there` is what the cluster has.
    fn of(
        store: &dyn ExecutionStore,
        kept: &Kept,
        there: &HashMap<(String, String), String>,
    ) -> Result<Self, StoreError> {
        let mut plan = Self::default();
        plan.add_revisions(store, &kept.revisions, there)?;
        let is_there = |kind: &str, key: &str| there.contains_key(&(kind.to_owned(), key.to_owned()));
        for (arn, form) in &kept.state_machines {
            if is_there(STATE_MACHINE, arn) {
                plan.known.push(arn.clone());
                continue;
            }
            plan.copied.push(arn.clone());
            let text = written_text(&form.renumbered(&plan.revisions));
            plan.add(STATE_MACHINE, arn, text);
        }
        for (arn, text) in &kept.activities {
            if is_there(ACTIVITY, arn) {
                plan.known.push(arn.clone());
                continue;
            }
            plan.copied.push(arn.clone());
            plan.add(ACTIVITY, arn, text.clone());
        }
        Ok(plan)
    }

    /// A revision is the same as one in the cluster if all of it is: it has an id, and a date in microseconds.
    fn add_revisions(
        &mut self,
        store: &dyn ExecutionStore,
        numbers: &BTreeSet<u64>,
        there: &HashMap<(String, String), String>,
    ) -> Result<(), StoreError> {
        let known = there.iter().filter(|((kind, _), _)| kind == REVISION);
        let known = known.filter_map(|((_, key), text)| Some((text.as_str(), key.parse().ok()?)));
        let known: HashMap<&str, u64> = known.collect();
        let mut last = known.values().copied().max().unwrap_or(0);
        let mut definitions = BTreeSet::new();
        for number in numbers {
            let what = format!("the revision {number}");
            let found = store.document(REVISION, &number.to_string())?;
            let text = found.ok_or_else(|| missing(&what))?.text;
            if let Some(same) = known.get(text.as_str()) {
                self.revisions.insert(*number, *same);
                continue;
            }
            let form: RevisionForm = read_text(&text, &what)?;
            let key = form.definition;
            if !there.contains_key(&(DEFINITION.to_owned(), key.clone())) && definitions.insert(key.clone()) {
                let definition = store.document(DEFINITION, &key)?;
                let definition = definition.ok_or_else(|| missing(&format!("the definition `{key}`")))?;
                self.add(DEFINITION, &key, definition.text);
            }
            last += 1;
            self.revisions.insert(*number, last);
            self.add(REVISION, &last.to_string(), text);
        }
        Ok(())
    }

    fn add(&mut self, kind: &str, key: &str, text: String) {
        self.documents.push(SharedDocument {
            kind: kind.to_owned(),
            key: key.to_owned(),
            text: Some(text),
        });
    }
}

/// Writes documents on top of a write, in their order; `false` if another has written meanwhile.
async fn write(
    client: &RestateClient,
    place: &str,
    mut version: u64,
    documents: &[SharedDocument],
) -> Result<bool, Error> {
    let mut left = documents.iter().peekable();
    while left.peek().is_some() {
        let (mut some, mut bytes) = (Vec::new(), 0);
        while some.len() < DOCUMENTS
            && bytes < BYTES
            && let Some(document) = left.next()
        {
            bytes += document.text.as_ref().map_or(0, String::len);
            some.push(document.clone());
        }
        match client.write_documents(place, version, some).await? {
            Some(written) => version = written,
            None => return Ok(false),
        }
    }
    Ok(true)
}

fn unreadable(error: StoreError) -> Error {
    Error::new(ErrorKind::Store, error.to_string())
}
