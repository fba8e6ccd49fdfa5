//! Activities: an object for each, at which tasks wait for those who ask for them, and these for tasks.
//!
//! A task that is handed out is lent: it comes back unless its execution says in time that somebody has taken it. So none is
//! lost with a caller that goes away before it takes it, and since a token takes one start, none is done by two.

use restate_sdk::context::{DurableFuture, DurableFuturesUnordered, RequestTarget};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::pin::Pin;
use std::time::Duration;

use super::messages::Message;
use super::services::{Handler, Kind, handler};
use super::{POLL, names};
use crate::data::Payload;

/// The handlers, besides [`POLL`]: a task comes; a poll waits for one; it does so no longer; a task comes back; it is taken, or
/// over.
const OFFER: &str = "offer";
const ASK: &str = "ask";
const LEAVE: &str = "leave";
const RETURN: &str = "return";
const WITHDRAW: &str = "withdraw";

/// How long a task is lent. One that is taken later still is so, unless another has taken it before.
const LENT: Duration = Duration::from_secs(5);

const STATE: &str = "queue";

/// A task that waits for a worker of its activity.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Offer {
    token: String,
    input: Payload,
}

/// A task that is lent to a poll.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Lent {
    pub(super) token: String,
    pub(super) input: Payload,
    /// Its awakeable, which no other poll has.
    pub(super) poll: String,
}

/// INVARIANT: never both tasks and polls, except while a handler works.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Queue {
    /// The number of tasks so far.
    tasks: u64,
    /// The numbers of those that are not lent; each task has a key of its own.
    waiting: BTreeSet<u64>,
    /// The awakeables of the polls that wait.
    polls: VecDeque<String>,
}

/// The handlers of the service.
pub(super) fn handlers() -> Vec<Handler> {
    vec![
        handler(OFFER, Kind::Exclusive, offer),
        handler(ASK, Kind::Exclusive, ask),
        handler(LEAVE, Kind::Exclusive, leave),
        handler(RETURN, Kind::Exclusive, give_back),
        handler(WITHDRAW, Kind::Exclusive, withdraw),
        handler(POLL, Kind::Shared, poll),
    ]
}

/// Offers a task to those who ask the activity.
pub(super) fn offer_task(context: &ContextInternal, activity: &str, token: &str, input: &Payload) {
    let offer = Offer {
        token: token.to_owned(),
        input: input.clone(),
    };
    let target = RequestTarget::object(names::ACTIVITIES, activity, OFFER);
    drop(context.request::<_, Message<()>>(target, Message(offer)).send());
}

/// A task is for nobody any more: it was taken, or is over.
pub(super) fn withdraw_task(context: &ContextInternal, activity: &str, token: &str) {
    let target = RequestTarget::object(names::ACTIVITIES, activity, WITHDRAW);
    drop(
        context
            .request::<_, Message<()>>(target, Message(token.to_owned()))
            .send(),
    );
}

async fn offer(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(offer), metadata) = context.input::<Message<Offer>>().await;
    let mut queue = queue(&context).await?;
    queue.tasks += 1;
    let number = queue.tasks;
    context.set(&number_key(&offer.token), Message(number));
    context.set(&task_key(number), Message(offer));
    queue.waiting.insert(number);
    hand_out(&context, &metadata.key, queue).await
}

async fn ask(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(poll), metadata) = context.input::<Message<String>>().await;
    let mut queue = queue(&context).await?;
    queue.polls.push_back(poll);
    hand_out(&context, &metadata.key, queue).await
}

/// Answers whether the poll was still waiting: it has a task otherwise.
async fn leave(context: ContextInternal) -> Result<bool, TerminalError> {
    let (Message(poll), _) = context.input::<Message<String>>().await;
    let mut queue = queue(&context).await?;
    let place = queue.polls.iter().position(|waiting| *waiting == poll);
    let was_waiting = place.and_then(|place| queue.polls.remove(place)).is_some();
    context.set(STATE, Message(queue));
    Ok(was_waiting)
}

/// A task that was lent goes back to its place, unless it was withdrawn.
async fn give_back(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(number), metadata) = context.input::<Message<u64>>().await;
    let mut queue = queue(&context).await?;
    queue.waiting.insert(number);
    hand_out(&context, &metadata.key, queue).await
}

async fn withdraw(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(token), _) = context.input::<Message<String>>().await;
    let key = number_key(&token);
    let Some(Message(number)) = context.get::<Message<u64>>(&key).await? else {
        return Ok(());
    };
    context.clear(&key);
    context.clear(&task_key(number));
    let mut queue = queue(&context).await?;
    if queue.waiting.remove(&number) {
        context.set(STATE, Message(queue));
    }
    Ok(())
}

/// Waits for a task for so many milliseconds.
async fn poll(context: ContextInternal) -> Result<Option<Lent>, TerminalError> {
    type Waiting<'a> = Pin<Box<dyn DurableFuture<Output = Result<Option<Lent>, TerminalError>> + Send + 'a>>;

    let (Message(milliseconds), metadata) = context.input::<Message<u64>>().await;
    let at_activity = |handler| RequestTarget::object(names::ACTIVITIES, metadata.key.as_str(), handler);
    let (poll, lent) = context.awakeable::<Message<Lent>>();
    let Message(()) = context.request(at_activity(ASK), Message(poll.clone())).call().await?;
    let over = context.sleep(Duration::from_millis(milliseconds));
    let mut waiting: DurableFuturesUnordered<Waiting<'_>> = DurableFuturesUnordered::new();
    waiting.push(Box::pin(lent.map(|lent| lent.map(|Message(lent)| Some(lent)))));
    waiting.push(Box::pin(over.map(|over| over.map(|()| None))));
    while let Some((_, came)) = waiting.next().await? {
        if let Some(lent) = came? {
            return Ok(Some(lent));
        }
        let Message(was_waiting) = context
            .request(at_activity(LEAVE), Message(poll.clone()))
            .call()
            .await?;
        if was_waiting {
            break;
        }
    }
    Ok(None)
}

async fn queue(context: &ContextInternal) -> Result<Queue, TerminalError> {
    let queue = context.get::<Message<Queue>>(STATE).await?;
    Ok(queue.map(|Message(queue)| queue).unwrap_or_default())
}

/// Lends the first tasks to the first polls, and keeps the rest.
async fn hand_out(context: &ContextInternal, activity: &str, mut queue: Queue) -> Result<(), TerminalError> {
    while !queue.polls.is_empty()
        && let Some(number) = queue.waiting.pop_first()
    {
        // What comes back after it was withdrawn is not there any more.
        let Some(Message(offer)) = context.get::<Message<Offer>>(&task_key(number)).await? else {
            continue;
        };
        let Some(poll) = queue.polls.pop_front() else { break };
        let lent = Lent {
            token: offer.token,
            input: offer.input,
            poll: poll.clone(),
        };
        context.resolve_awakeable(&poll, Message(lent));
        let target = RequestTarget::object(names::ACTIVITIES, activity, RETURN);
        let returned = context.request::<_, Message<()>>(target, Message(number));
        drop(returned.send_after(LENT));
    }
    context.set(STATE, Message(queue));
    Ok(())
}

fn task_key(number: u64) -> String {
    format!("task-{number:012}")
}

fn number_key(token: &str) -> String {
    format!("number-{token}")
}
