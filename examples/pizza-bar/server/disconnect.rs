//! `$disconnect`: deletes the session. An order that the connection made goes on.

use asl_engine::websocket::{ProxyEvent, ProxyResponse, RouteError};

use super::tables::Tables;

pub(crate) async fn disconnect(tables: Tables, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
    let connection_id = event.request_context.connection_id;
    tables
        .change(move |transaction| transaction.remove_session(&connection_id))
        .await?;
    Ok(ProxyResponse::ok())
}
