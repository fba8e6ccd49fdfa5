//! Where requests go: they are signed and sent, and the whole answer is read.
//!
//! Source: IAM user guide, "AWS Signature Version 4 for API requests".

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningInstructions, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{self, HeaderMap, Method, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

/// The longest answer that is read: Lambda's quota. A result may have 256 KiB.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024 + 100_000;
/// The longest object of S3 that is read: Maps read their items from objects.
const LONGEST_OBJECT: usize = 128 * 1024 * 1024;
/// The longest wait for a connection.
const LONGEST_CONNECTING: Duration = Duration::from_secs(10);
/// The longest wait for an answer: Lambda's quota. A task may have a shorter one in `TimeoutSeconds`.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How long a connection without requests stays open: less than servers wait before they close one, since a request that
/// crosses that would be lost.
const LONGEST_IDLE: Duration = Duration::from_secs(2);

/// The region and the keys that requests are signed for.
#[derive(Clone)]
pub(crate) struct Place {
    region: String,
    credentials: Credentials,
}

impl Place {
    /// A region with the keys of the environment, or such as emulators take.
    pub(crate) fn new(region: &str) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let id = variable("AWS_ACCESS_KEY_ID").unwrap_or_else(|| "test".to_owned());
        let secret = variable("AWS_SECRET_ACCESS_KEY").unwrap_or_else(|| "test".to_owned());
        let token = variable("AWS_SESSION_TOKEN");
        Self {
            region: region.to_owned(),
            credentials: Credentials::new(id, secret, token, None, "environment"),
        }
    }
}

/// An endpoint of one service or of many.
#[derive(Clone)]
pub(crate) struct Endpoint {
    url: String,
    client: Client<HttpConnector, Body>,
    place: Place,
}

/// A request without what is the same for all: the endpoint and the signature.
pub(crate) struct Request<'a> {
    /// The service that it is signed for: `sqs`, `states`.
    pub(crate) signing_name: &'a str,
    pub(crate) method: Method,
    /// `/path?query`, percent-encoded.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A response with its whole body.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The service's id of the request.
    pub(crate) fn request_id(&self) -> &str {
        let names = ["x-amzn-requestid", "x-amz-request-id"];
        names.into_iter().find_map(|name| self.header(name)).unwrap_or("local")
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint at a URL that [`Endpoint::url`] has accepted.
    pub(crate) fn new(url: &str, place: &Place) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(LONGEST_CONNECTING));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(LONGEST_IDLE)
            .build(connector);
        Self {
            url: url.trim_end_matches('/').to_owned(),
            client,
            place: place.clone(),
        }
    }

    /// A URL that can be called: `http://HOST:PORT`, perhaps with a path.
    pub(crate) fn url(text: &str) -> Result<String, String> {
        let uri: Uri = text.parse().map_err(|error| format!("it is no URL: {error}"))?;
        let is_bare = !text.contains(['?', '#', '@']);
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(_)) if is_bare => Ok(text.trim_end_matches('/').to_owned()),
            (Some("https"), _) => Err("only endpoints on `http://` can be called".to_owned()),
            _ => Err("write it as http://HOST:PORT".to_owned()),
        }
    }

    /// Signs a request, sends it and reads the answer, whatever its status. Errors with a sentence if there is no answer.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, String> {
        let signature = self.signature(&request).map_err(|error| unsent(&error))?;
        let longest = if request.signing_name == "s3" {
            LONGEST_OBJECT
        } else {
            LONGEST_ANSWER
        };
        let mut built = self.built(request).map_err(|error| unsent(&error))?;
        signature.apply_to_request_http1x(&mut built);
        self.answer(built, longest).await
    }

    /// The same without a signature.
    pub(crate) async fn send_unsigned(&self, request: Request<'_>) -> Result<Answer, String> {
        let built = self.built(request).map_err(|error| unsent(&error))?;
        self.answer(built, LONGEST_ANSWER).await
    }

    async fn answer(&self, request: http::Request<Body>, longest: usize) -> Result<Answer, String> {
        let unanswered = |problem: String| unsent(&format_args!("`{}` did not answer: {problem}", self.url));
        let answer = async {
            let response = self.client.request(request).await;
            let (head, body) = response.map_err(|error| unanswered(first_cause(&error)))?.into_parts();
            let body = to_bytes(Body::new(body), longest).await;
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.map_err(|error| unanswered(first_cause(&error)))?,
            })
        };
        let in_time = tokio::time::timeout(LONGEST_WAIT, answer).await;
        in_time.unwrap_or_else(|_| Err(unanswered(format!("{LONGEST_WAIT:?} passed"))))
    }

    fn uri(&self, request: &Request<'_>) -> String {
        format!("{}{}", self.url, request.path)
    }

    fn signature(&self, request: &Request<'_>) -> Result<SigningInstructions, Box<dyn Error + Send + Sync>> {
        let uri = self.uri(request);
        let mut settings = SigningSettings::default();
        if request.signing_name == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = self.place.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.place.region)
            .name(request.signing_name)
            .time(now())
            .settings(settings)
            .build()?;
        let headers = request.headers.iter();
        let signable = SignableRequest::new(
            request.method.as_str(),
            &uri,
            headers.map(|(name, value)| (name.as_str(), value.as_str())),
            SignableBody::Bytes(&request.body),
        )?;
        let (instructions, _) = sign(signable, &params.into())?.into_parts();
        Ok(instructions)
    }

    fn built(&self, request: Request<'_>) -> Result<http::Request<Body>, http::Error> {
        let uri = self.uri(&request);
        let mut built = http::Request::builder().method(request.method).uri(uri);
        for (name, value) in request.headers {
            built = built.header(name, value);
        }
        built.body(Body::from(request.body))
    }
}

fn unsent(problem: &dyn fmt::Display) -> String {
    format!("Unable to execute HTTP request: {problem}")
}

fn first_cause(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => first_cause(cause),
        None => error.to_string(),
    }
}

#[expect(clippy::disallowed_methods, reason = "a signature has the system's time")]
fn now() -> SystemTime {
    SystemTime::from(chrono::Utc::now())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Time is virtual: it jumps to the deadline.
    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_says_nothing_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", silent.local_addr().unwrap());
        let request = Request {
            signing_name: "sqs",
            method: Method::POST,
            path: "/".to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        };
        let told = Endpoint::new(&url, &Place::new("us-east-1")).send(request).await.err();
        let told = told.unwrap();
        let start = format!("Unable to execute HTTP request: `{url}` did not answer: ");
        assert!(told.starts_with(&start), "{told}");
    }
}
