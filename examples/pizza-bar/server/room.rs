//! Looks whether there is room on the disk: executions wait for it, and say nothing to anybody.

use std::time::Duration;

use asl_engine::websocket::Connections;
use futures_util::future::join_all;
use tokio::time::sleep;

use super::messages;
use super::tables::{Tables, TablesError};

/// Tells the customers whose orders are not finished as soon as nothing can be written any more. Ends with the tables.
pub(crate) async fn look(tables: Tables, connections: Connections) {
    const EVERY: Duration = Duration::from_secs(1);

    let mut has_room = true;
    loop {
        sleep(EVERY).await;
        match tables.change(|transaction| transaction.try_room()).await {
            Ok(()) => {
                if !has_room {
                    tracing::warn!("the database is written again");
                }
                has_room = true;
            }
            Err(TablesError::Closed) => return,
            Err(error) => {
                if has_room {
                    tracing::error!(%error, "the database is not written now: orders wait");
                    tell(&tables, &connections).await;
                }
                has_room = false;
            }
        }
    }
}

async fn tell(tables: &Tables, connections: &Connections) {
    let waiting = tables.change(|transaction| transaction.followers_of_unfinished()).await;
    let waiting = waiting.unwrap_or_else(|error| {
        tracing::error!(%error, "nobody can be told");
        Vec::new()
    });
    let message = [messages::delayed()];
    join_all(waiting.iter().map(|id| messages::post(connections, id, &message))).await;
}
