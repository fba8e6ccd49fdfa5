//! The route `getOrder`: tells of an order to whoever has its token, and lets the connection follow it.

use asl_engine::websocket::{Connections, ProxyEvent, ProxyResponse, RouteError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::messages;
use super::order::Session;
use super::tables::{Tables, TablesError, Transaction};

/// `{"action":"getOrder","orderId":"…","token":"…"}`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    order_id: String,
    token: String,
}

pub(crate) async fn get_order(
    tables: Tables,
    connections: Connections,
    event: ProxyEvent,
) -> Result<ProxyResponse, RouteError> {
    let body = event.body.unwrap_or_default();
    let answer = match serde_json::from_str::<Request>(&body) {
        Err(_) => Err(messages::error("`orderId` and `token` must be texts")),
        Ok(Request { order_id, token }) => {
            let session = Session::of(&event.request_context);
            let followed = tables.change(move |transaction| follow(transaction, session, &order_id, &token));
            match followed.await {
                Err(error) if error.may_pass() => Err(messages::error(messages::NO_ROOM)),
                followed => followed?,
            }
        }
    };
    let (status, message) = match answer {
        Ok(message) => (200, message),
        Err(message) => (404, message),
    };
    // A client that is gone needs no answer.
    messages::post(&connections, &event.request_context.connection_id, &[message]).await;
    Ok(ProxyResponse::status(status))
}

/// Lets a connection follow the order of a token, and gives the message that tells of it, or why not.
pub(crate) fn follow(
    transaction: &dyn Transaction,
    session: Session,
    order_id: &str,
    token: &str,
) -> Result<Result<String, String>, TablesError> {
    // The hashes are compared: how long that takes says nothing of the token.
    let is_owner = transaction.token_hash(order_id)? == Some(hash(token));
    let order = transaction.order(order_id)?.filter(|_| is_owner);
    let Some(order) = order else {
        return Ok(Err(messages::no_such_order(order_id)));
    };
    let own = transaction.running(&session.connection_id)?;
    if own.is_some_and(|own| own.order_id != order_id) {
        let message = "this connection has an order of its own in the oven";
        return Ok(Err(messages::error(message)));
    }
    transaction.put_session(&Session {
        order_id: Some(order_id.to_owned()),
        ..session
    })?;
    let statuses = transaction.statuses(order_id)?;
    Ok(Ok(messages::known_order(&order, token, &statuses)))
}

/// What is kept of a token: whoever reads the file of the tables learns none.
pub(crate) fn hash(token: &str) -> String {
    STANDARD.encode(Sha256::digest(token))
}
