//! The HTTP client of the exporters.
//!
//! They call it on threads of their own, outside of any tokio runtime, and wait there. So it brings a runtime, which works while one
//! of them waits, and a program's own may end before the last export.

use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use std::io;
use std::sync::{Mutex, PoisonError};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{Duration, timeout};

/// The longest answer that is read.
const LONGEST: usize = 4 * 1024 * 1024;

/// How long an answer may take where the exporter has set no time: as the specification says.
const TO_ANSWER: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Client {
    client: legacy::Client<HttpConnector, Full<Bytes>>,
    /// `None` only while it is dropped.
    runtime: Mutex<Option<Runtime>>,
}

impl Client {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self {
            client: legacy::Client::builder(TokioExecutor::new()).build_http(),
            runtime: Mutex::new(Some(runtime)),
        })
    }
}

impl Drop for Client {
    /// A runtime may not be dropped inside of another one, as it waits for its end.
    fn drop(&mut self) {
        let runtime = self.runtime.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(runtime) = runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Whether it can reach a URL.
pub(super) fn is_plain(url: &str) -> bool {
    let url = url.parse::<hyper::Uri>();
    url.is_ok_and(|url| url.scheme_str() == Some("http") && url.host().is_some_and(|host| !host.is_empty()))
}

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = self.runtime.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = async {
            let answer = self.client.request(request.map(Full::new)).await?;
            let (head, body) = answer.into_parts();
            let body = Limited::new(body, LONGEST).collect().await?;
            Ok::<_, HttpError>(Response::from_parts(head, body.to_bytes()))
        };
        let runtime = runtime.as_ref().ok_or("the exporter has ended")?;
        runtime.block_on(async { timeout(TO_ANSWER, answer).await })?
    }
}
