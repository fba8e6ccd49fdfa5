//! New settings of running Map Runs (`UpdateMapRun`), and how they reach the run of their execution: by a signal, which may come any number of
//! times. Each brings an awakeable for its answer.

use restate_sdk::context::{DurableFuture, DurableFuturesUnordered};
use restate_sdk::endpoint::ContextInternal;
use restate_sdk::errors::TerminalError;
use serde::{Deserialize, Serialize};
use std::pin::Pin;

use super::awaited::told_of;
use super::client;
use super::messages::{Input, Message};
use super::place::Place;
use super::services::{Handler, Kind, handler};
use super::{RestateClient, UPDATE_MAP_RUN};
use crate::error::Error;
use crate::execution::MapRunUpdate;
use crate::store::written_text;

/// An update that somebody asks for.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Asked {
    pub(super) update: MapRunUpdate,
    /// The awakeable that is told whether the Map Run was running.
    pub(super) answer: String,
}

impl RestateClient {
    /// Gives a running Map Run of an execution new settings (`UpdateMapRun`), which count at once. Returns `false` if it does not
    /// run.
    ///
    /// # Errors
    ///
    /// [`Cluster`](crate::ErrorKind::Cluster).
    pub async fn update_map_run(&self, machine: &str, name: &str, update: &MapRunUpdate) -> Result<bool, Error> {
        self.update_map_run_at(&Place::of_machine(machine, name), update).await
    }

    pub(crate) async fn update_map_run_at(&self, place: &Place, update: &MapRunUpdate) -> Result<bool, Error> {
        let run = self.last_run(place).await?;
        self.read(client::handler(&run, UPDATE_MAP_RUN), written_text(update))
            .await
    }
}

pub(super) fn handlers() -> Vec<Handler> {
    vec![handler(UPDATE_MAP_RUN, Kind::Shared, ask)]
}

/// What comes next for a run.
pub(super) fn next(
    context: &ContextInternal,
) -> impl DurableFuture<Output = Result<Message<Asked>, TerminalError>> + Send + use<> {
    context.signal(UPDATE_MAP_RUN)
}

/// Answers an update, once all can see it.
pub(super) fn answer(context: &ContextInternal, answer: &str, was_running: bool) {
    context.resolve_awakeable(answer, Message(was_running));
}

/// Has the run take an update, and waits until it has.
async fn ask(context: ContextInternal) -> Result<bool, TerminalError> {
    type Waiting<'a> = Pin<Box<dyn DurableFuture<Output = bool> + Send + 'a>>;

    let (Message(update), _) = context.input::<Message<MapRunUpdate>>().await;
    let running = told_of(&context).await?.filter(|(_, ending)| ending.is_none());
    let Some(run) = running.and_then(|(facts, _)| facts.run) else {
        return Ok(false);
    };
    let (answer, answered) = context.awakeable::<Message<bool>>();
    context.resolve_signal(&run, UPDATE_MAP_RUN, Message(Asked { update, answer }));
    // A run that ends meanwhile, or is killed, answers nothing.
    let ended = context.attach_invocation::<Input>(run);
    let mut waiting: DurableFuturesUnordered<Waiting<'_>> = DurableFuturesUnordered::new();
    waiting.push(Box::pin(answered.map(|answer| answer.is_ok_and(|Message(was)| was))));
    waiting.push(Box::pin(ended.map(|_| false)));
    let first = waiting.next().await?;
    Ok(first.is_some_and(|(_, was_running)| was_running))
}
