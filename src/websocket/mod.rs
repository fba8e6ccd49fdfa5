//! API Gateway's WebSocket API as an [`axum`] service.
//!
//! [`WebSocketApi`] is the API: routes, the route selection expression, limits. [`Connections`] is its `@connections`
//! API: it posts to any open connection from anywhere in the program, and is cheap to clone. A route handler is an
//! async closure from the [`ProxyEvent`] that a Lambda function would get to a [`ProxyResponse`].
//!
//! ```no_run
//! use asl_engine::websocket::{Limits, ProxyEvent, ProxyResponse, WebSocketApi, serve};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let api = WebSocketApi::new();
//! let connections = api.connections();
//! let router = api
//!     .route("order", {
//!         let connections = connections.clone();
//!         move |event: ProxyEvent| {
//!             let connections = connections.clone();
//!             async move {
//!                 let id = &event.request_context.connection_id;
//!                 connections.post_to_connection(id, r#"{"status":"order accepted"}"#).await?;
//!                 Ok(ProxyResponse::ok())
//!             }
//!         }
//!     })
//!     .into_router("/ws")?;
//!
//! let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
//! serve(listener, router, Limits::default(), async { /* ctrl-c */ }).await;
//! connections.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! # The life of a connection
//!
//! 1. An upgrade request passes the checks of the handshake and of [`AllowedOrigins`], then waits for `$connect`. A status
//!    other than 2xx refuses it with that status, a failure with 500. Posts to the connection are `Gone` until it is open.
//! 2. Messages are handled one after another, in the order they came, by the route that the
//!    [`RouteSelectionExpression`] selects.
//! 3. Whatever ends the connection, `$disconnect` runs exactly once for each `$connect` that let it in, after the last
//!    message handler has returned.
//!
//! Each connection has its own reader, handler and writer tasks and bounded queues between them, so a client that does not
//! read, or a handler that takes long, holds up nobody else. What the bounds are is in [`Limits`]; [`serve`] holds HTTP
//! connections to them too, before they are upgraded. The router works with `axum::serve` as well, which does not.
//!
//! DIFFERENCE: by default a browser may connect only from a page of the same host; API Gateway does not check.

mod allowed_origins;
mod api;
mod closure;
mod connection;
mod connection_description;
mod connections;
mod connections_http;
mod connections_registry;
mod handshake;
mod limits;
mod notifier;
mod open_files;
mod post_to_connection;
mod proxy_event;
mod proxy_response;
mod reader;
mod route;
mod route_selection;
mod serve;
mod stage;
mod system;
mod upgrade;
mod writer;

pub use allowed_origins::AllowedOrigins;
pub use api::{InvalidWebSocketApi, WebSocketApi};
pub use connection_description::ConnectionDescription;
pub use connections::{ConnectionGone, Connections};
pub use connections_http::connections_router;
pub use limits::Limits;
pub use notifier::Notifier;
pub use post_to_connection::PostToConnectionError;
pub use proxy_event::{EventType, Identity, ProxyEvent, RequestContext};
pub use proxy_response::ProxyResponse;
pub use route::{RouteError, RouteHandler};
pub use route_selection::{InvalidRouteSelectionExpression, RouteSelectionExpression};
pub use serve::serve;
