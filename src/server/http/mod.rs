//! The API over HTTP, as AWS's SDKs and its command line speak it: AWS JSON 1.0 over [`axum`].
//!
//! ```no_run
//! use asl_engine::Interpreter;
//! use asl_engine::server::StepFunctions;
//! use asl_engine::server::http::{HttpApi, serve};
//! use tokio::net::TcpListener;
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let api = StepFunctions::new(Interpreter::new());
//! let listener = TcpListener::bind("127.0.0.1:8083").await?;
//! serve(listener, HttpApi::new(api).into_router(), async { /* until Ctrl-C */ }).await
//! # }
//! ```
//!
//! A client needs this endpoint, a region, and any access key: `boto3.client("stepfunctions",
//! endpoint_url="http://127.0.0.1:8083")`. For `StartSyncExecution` and `TestState` clients put `sync-` before the host
//! of the endpoint, unless they are told not to (boto3: `Config(inject_host_prefix=False)`).
//!
//! # What a request is answered
//!
//! `POST /` with the header `X-Amz-Target: AWSStepFunctions.<action>` and the request as JSON calls
//! [`StepFunctions::call`]. An error has the status 400, or 500 for a fault of the server, its code in `__type` and in the
//! header `x-amzn-ErrorType`, and a `message`. Every answer has an `x-amzn-RequestId`. `GET /health` answers `200` as soon as
//! calls are served.
//!
//! # Who may call
//!
//! Without an [access key](HttpApi::access_key) everybody who reaches the address may do everything, so bind it to the
//! loopback address then. A page in a browser may not: requests with an `Origin` that is not this machine are refused.

mod access;
mod attended;
mod call;
mod protocol;
mod request_id;
mod serving;
mod signature;

use axum::Router;
use axum::routing::{get, post};
use std::fmt;
use std::sync::Arc;

use super::StepFunctions;
use request_id::RequestIds;
use signature::AccessKey;

pub use access::Access;
#[cfg(feature = "console")]
pub(in crate::server) use serving::Ending;
pub use serving::serve;

/// The API as an axum service, and who may call it.
#[derive(Clone)]
#[must_use]
pub struct HttpApi {
    api: StepFunctions,
    keys: Vec<AccessKey>,
    log: Option<Arc<Log>>,
    request_ids: RequestIds,
}

type Log = dyn Fn(&Access) + Send + Sync;

impl HttpApi {
    /// The service of an API, which everybody may call who reaches it.
    pub fn new(api: StepFunctions) -> Self {
        Self {
            api,
            keys: Vec::new(),
            log: None,
            request_ids: RequestIds::new(),
        }
    }

    /// Lets only requests in that are signed with this access key, or another one that was added (AWS Signature Version 4).
    pub fn access_key(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.keys.push(AccessKey::new(id.into(), secret.into()));
        self
    }

    /// Calls this after every request. It should return at once: the client's answer waits for it.
    pub fn on_access(mut self, log: impl Fn(&Access) + Send + Sync + 'static) -> Self {
        self.log = Some(Arc::new(log));
        self
    }

    /// The service, for [`serve`] or inside another axum service.
    pub fn into_router(self) -> Router {
        Router::new()
            .route("/", post(call::call).fallback(call::elsewhere))
            .route("/health", get(call::health).fallback(call::elsewhere))
            .fallback(call::elsewhere)
            .with_state(Arc::new(self))
    }
}

impl fmt::Debug for HttpApi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpApi")
            .field("api", &self.api)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

/// The service of an API, which everybody may call who reaches it.
pub fn router(api: StepFunctions) -> Router {
    HttpApi::new(api).into_router()
}
