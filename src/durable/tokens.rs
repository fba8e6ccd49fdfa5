//! Task tokens: an object for each, at which what comes for its task waits until the execution takes it.

use restate_sdk::context::RequestTarget;
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

use super::drive::time;
use super::messages::{Delivered, Delivery, Message, Receipt};
use super::services::{Handler, Kind, handler};
use super::{CHECK, DELIVER, EXPECT, LISTEN, OVER, awaited, names};
use crate::runtime::Clock;

const FORGET: &str = "forget";

/// How long the token of a task that is over is known as such.
const REMEMBERED: Duration = Duration::from_hours(24);

const STATE: &str = "task";

/// A token's task.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Task {
    /// The awakeable for which the execution waits.
    listener: Option<String>,
    /// What has come while it did not.
    queue: Vec<Delivered>,
    /// The poll that has taken the task of an activity.
    #[serde(default)]
    poll: Option<String>,
    /// The run of an execution for which the task waits.
    #[serde(default)]
    child: Option<String>,
    is_over: bool,
}

/// The handlers of the service.
pub(super) fn handlers(clock: &Clock) -> Vec<Handler> {
    let clock = clock.clone();
    vec![
        handler(LISTEN, Kind::Exclusive, listen),
        handler(EXPECT, Kind::Exclusive, expect),
        handler(DELIVER, Kind::Exclusive, move |context| deliver(context, clock.clone())),
        handler(OVER, Kind::Exclusive, over),
        handler(CHECK, Kind::Shared, check),
        handler(FORGET, Kind::Exclusive, forget),
    ]
}

async fn listen(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(listener), _) = context.input::<Message<String>>().await;
    let mut task = task(&context).await?.unwrap_or_default();
    if task.queue.is_empty() {
        task.listener = Some(listener);
    } else {
        context.resolve_awakeable(&listener, Message(std::mem::take(&mut task.queue)));
    }
    context.set(STATE, Message(task));
    Ok(())
}

async fn expect(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(()), _) = context.input::<Message<()>>().await;
    if task(&context).await?.is_none() {
        context.set(STATE, Message(Task::default()));
    }
    Ok(())
}

async fn deliver(context: ContextInternal, clock: Clock) -> Result<Receipt, TerminalError> {
    let (Message(delivery), _) = context.input::<Message<Delivery>>().await;
    let Some(mut task) = task(&context).await? else {
        return Ok(Receipt::Unknown);
    };
    if task.is_over {
        return Ok(Receipt::TooLate);
    }
    if let Delivery::ExecutionStarted { run, .. } = &delivery {
        task.child = Some(run.clone());
    }
    if let Delivery::Started { poll, .. } = &delivery {
        match &task.poll {
            None => task.poll = Some(poll.clone()),
            Some(known) if known == poll => return Ok(Receipt::Taken),
            Some(_) => return Ok(Receipt::TooLate),
        }
    }
    task.is_over = matches!(delivery, Delivery::Succeeded(_) | Delivery::Failed(_));
    let time = time(&context, &clock).await?;
    let delivered = Delivered { time, delivery };
    if let Some(listener) = task.listener.take() {
        context.resolve_awakeable(&listener, Message(vec![delivered]));
    } else {
        // Of heartbeats in a row the last one says all.
        let is_heartbeat = |delivered: &Delivered| delivered.delivery == Delivery::Heartbeat;
        if is_heartbeat(&delivered) {
            task.queue.pop_if(|last| is_heartbeat(last));
        }
        task.queue.push(delivered);
    }
    context.set(STATE, Message(task));
    Ok(Receipt::Taken)
}

async fn over(context: ContextInternal) -> Result<(), TerminalError> {
    let (Message(token), _) = context.input::<Message<String>>().await;
    // A task that has its answer does not wait for an execution any more.
    let task = task(&context).await?.filter(|task| !task.is_over);
    if let Some(child) = task.and_then(|task| task.child) {
        awaited::stop(&context, &child);
    }
    let over = Task {
        is_over: true,
        ..Task::default()
    };
    context.set(STATE, Message(over));
    let forget = context.request::<_, Message<()>>(RequestTarget::object(names::TOKENS, token, FORGET), ());
    drop(forget.send_after(REMEMBERED));
    Ok(())
}

async fn forget(context: ContextInternal) -> Result<(), TerminalError> {
    let ((), _) = context.input::<()>().await;
    context.clear_all();
    Ok(())
}

/// What would become of a delivery.
async fn check(context: ContextInternal) -> Result<Receipt, TerminalError> {
    let (Message(()), _) = context.input::<Message<()>>().await;
    Ok(match task(&context).await? {
        None => Receipt::Unknown,
        Some(task) if task.is_over => Receipt::TooLate,
        Some(_) => Receipt::Taken,
    })
}

async fn task(context: &ContextInternal) -> Result<Option<Task>, TerminalError> {
    let task = context.get::<Message<Task>>(STATE).await?;
    Ok(task.map(|Message(task)| task))
}
