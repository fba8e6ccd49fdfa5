//! Calls of a cluster's nodes, of which one after the other is tried.
//!
//! INVARIANT: whatever is called may arrive more than once, since a node may die between its work and its answer.

use axum::http::uri::InvalidUri;
use axum::http::{Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::error::{Error, ErrorKind};

/// The most that an answer may have: what Restate takes as one message.
const LONGEST_ANSWER: usize = 33 * 1024 * 1024;

/// How long a connection may be silent before the system asks whether somebody is there: an answer may take a year, and a
/// machine that is gone gives none.
const SILENCE: Duration = Duration::from_secs(20);

/// So often the system asks, and so long, before the connection is given up.
const QUESTIONS: u32 = 3;
const QUESTION: Duration = Duration::from_secs(5);

/// How long a node may take to accept a connection.
const CONNECTING: Duration = Duration::from_secs(5);

/// What a node says of a service that it does not know.
const UNKNOWN: &[u8] = b"make sure to register the service";

/// So often each node is asked while none answers: a cluster that has lost nodes chooses others to lead within seconds.
const ROUNDS: usize = 5;

/// After the first round, and twice as long after each other one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Which of a node's two interfaces is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Interface {
    Ingress,
    Admin,
}

/// What is called.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) interface: Interface,
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) body: Bytes,
    /// A header of its own.
    pub(super) header: Option<(&'static str, String)>,
    /// How long a node has for its answer before the next one is asked.
    pub(super) within: Option<Duration>,
    /// Whether the answer may take longer than that, so that nodes are asked in turn until one has it: one that is cut off from
    /// the others never has.
    pub(super) waits: bool,
}

impl Call {
    pub(super) fn get(path: String) -> Self {
        Self {
            method: Method::GET,
            ..Self::post(path, String::new())
        }
    }

    pub(super) fn post(path: String, body: String) -> Self {
        Self {
            interface: Interface::Ingress,
            method: Method::POST,
            path,
            body: body.into(),
            header: None,
            within: None,
            waits: false,
        }
    }
}

/// What a node has answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    url: String,
}

impl Answer {
    /// The body, if the call succeeded.
    pub(super) fn accepted(self) -> Result<Bytes, Error> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        let (url, status, text) = (self.url, self.status, String::from_utf8_lossy(&self.body));
        Err(failed(format!("Restate refused `{url}` with {status}: {text}")))
    }

    /// Whether another node may do better: this one, or a proxy before it, is overloaded or cut off, or it has just started and
    /// does not know yet which workers there are.
    fn is_unavailable(&self) -> bool {
        match self.status {
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => true,
            StatusCode::NOT_FOUND => self.body.windows(UNKNOWN.len()).any(|part| part == UNKNOWN),
            _ => false,
        }
    }
}

#[derive(Debug, Clone)]
struct Node {
    ingress: String,
    admin: String,
}

impl Node {
    fn interface(&self, interface: Interface) -> &str {
        match interface {
            Interface::Ingress => &self.ingress,
            Interface::Admin => &self.admin,
        }
    }
}

/// The nodes of a cluster; clones share their connections.
#[derive(Debug, Clone)]
pub(super) struct Nodes {
    all: Vec<Node>,
    /// The one that is asked first, since it answered last.
    first: Arc<AtomicUsize>,
    http: Client<HttpConnector, Full<Bytes>>,
}

impl Nodes {
    pub(super) fn new() -> Self {
        let mut connector = HttpConnector::new();
        connector.set_keepalive(Some(SILENCE));
        connector.set_keepalive_interval(Some(QUESTION));
        connector.set_keepalive_retries(Some(QUESTIONS));
        connector.set_connect_timeout(Some(CONNECTING));
        // The same for what was sent and is not acknowledged: the system itself tries for a quarter of an hour.
        #[cfg(target_os = "linux")]
        connector.set_tcp_user_timeout(Some(SILENCE + QUESTION * QUESTIONS));
        Self {
            all: Vec::new(),
            first: Arc::default(),
            http: Client::builder(TokioExecutor::new()).build(connector),
        }
    }

    pub(super) fn push(&mut self, ingress: String, admin: String) {
        let url = |url: String| url.trim_end_matches('/').to_owned();
        self.all.push(Node {
            ingress: url(ingress),
            admin: url(admin),
        });
    }

    pub(super) fn ingresses(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|node| &*node.ingress)
    }

    /// Calls one node after the other until one answers. The answer is an error, too, if the last one gave it.
    pub(super) async fn call(&self, call: Call) -> Result<Answer, Error> {
        loop {
            match self.call_in_rounds(&call).await {
                Err(Unanswered::Silent(error)) if call.waits => {
                    tracing::debug!(%error, "the next node is asked for what takes long");
                }
                Err(Unanswered::Silent(error) | Unanswered::Unreached(error)) => return Err(error),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    async fn call_in_rounds(&self, call: &Call) -> Result<Answer, Unanswered> {
        let first = self.first.load(Ordering::Relaxed);
        let mut pause = FIRST_PAUSE;
        let mut last = Err(Unanswered::Unreached(failed("the cluster has no nodes".to_owned())));
        for round in 0..ROUNDS {
            if round > 0 {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            for tried in 0..self.all.len() {
                let place = (first + tried) % self.all.len();
                let Some(node) = self.all.get(place) else { break };
                last = self.try_one(node.interface(call.interface), call).await;
                match &last {
                    Ok(answer) if !answer.is_unavailable() => {
                        self.first.store(place, Ordering::Relaxed);
                        return last;
                    }
                    Ok(answer) => tracing::debug!(url = answer.url, status = %answer.status, "a node is unavailable"),
                    Err(Unanswered::Silent(_)) if call.waits => {
                        self.first.store((place + 1) % self.all.len(), Ordering::Relaxed);
                        return last;
                    }
                    Err(Unanswered::Silent(error) | Unanswered::Unreached(error)) => {
                        tracing::debug!(%error, "a node does not answer");
                    }
                }
            }
        }
        last
    }

    async fn try_one(&self, base: &str, call: &Call) -> Result<Answer, Unanswered> {
        let url = format!("{base}{}", call.path);
        let error = |why: String| failed(format!("Restate at `{url}` cannot be reached: {why}"));
        let unreached = |why: String| Unanswered::Unreached(error(why));
        let uri: Uri = url.parse().map_err(|error: InvalidUri| unreached(error.to_string()))?;
        let mut request = Request::builder().method(&call.method).uri(uri);
        request = request.header(header::ACCEPT, "application/json");
        if !call.body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        if let Some((name, value)) = &call.header {
            request = request.header(*name, value);
        }
        let request = request
            .body(Full::from(call.body.clone()))
            .map_err(|error| unreached(error.to_string()))?;
        let answering = async {
            let response = self.http.request(request).await.map_err(|error| with_sources(&error))?;
            let status = response.status();
            let body = Limited::new(response.into_body(), LONGEST_ANSWER).collect().await;
            let body = body.map_err(|error| with_sources(&*error))?.to_bytes();
            Ok::<_, String>((status, body))
        };
        let answered = match call.within {
            Some(within) => tokio::time::timeout(within, answering).await.map_err(|_| {
                let why = format!("there is no answer within {} s", within.as_secs());
                Unanswered::Silent(error(why))
            })?,
            None => answering.await,
        };
        let (status, body) = answered.map_err(unreached)?;
        Ok(Answer { status, body, url })
    }
}

/// Why there is no answer.
enum Unanswered {
    /// The node has taken the call, as far as anybody can tell, and has not answered in time.
    Silent(Error),
    Unreached(Error),
}

/// An error of the cluster.
pub(super) fn failed(message: String) -> Error {
    Error::new(ErrorKind::Cluster, message)
}

/// The error with what it comes of, which its own text leaves out.
fn with_sources(error: &dyn std::error::Error) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
