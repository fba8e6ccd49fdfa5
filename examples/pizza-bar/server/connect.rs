//! `$connect`: stores the connection in the Sessions table.

use asl_engine::websocket::{ProxyEvent, ProxyResponse, RouteError};

use super::order::Session;
use super::tables::Tables;

pub(crate) async fn connect(tables: Tables, event: ProxyEvent) -> Result<ProxyResponse, RouteError> {
    let context = event.request_context;
    let session = Session {
        connection_id: context.connection_id,
        domain_name: context.domain_name,
        stage: context.stage,
        order_id: None,
    };
    tables
        .change_sessions(move |transaction| transaction.put_session(&session))
        .await?;
    Ok(ProxyResponse::ok())
}
