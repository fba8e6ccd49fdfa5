//! `$connect`: stores the connection in the Sessions table.

use asl_engine::websocket::{ProxyEvent, ProxyResponse, RouteError};

use super::order::Session;
use super::tables::Tables;

pub(crate) async fn connect(tables: Tables, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
    let session = Session::of(&event.request_context);
    let stored = tables.change(move |transaction| transaction.put_session(&session));
    match stored.await {
        // The customer is let in, to be told. The session is stored with the first order that is.
        Err(error) if error.may_pass() => tracing::warn!(%error, "a session is not stored"),
        stored => stored?,
    }
    Ok(ProxyResponse::ok())
}
