//! Where requests go: they are signed and sent, and the whole answer is read.
//!
//! Source: IAM user guide, "AWS Signature Version 4 for API requests".

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningSettings, UriPathNormalizationMode,
    sign,
};
use aws_sigv4::sign::v4;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{self, HeaderMap, Method, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;

/// The longest answer that is read: Lambda's quota. A result may have 256 KiB.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024 + 100_000;

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
        Self {
            url: url.trim_end_matches('/').to_owned(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            place: place.clone(),
        }
    }

    /// A URL that can be called: `http://HOST:PORT`, perhaps with a path.
    pub(crate) fn url(text: &str) -> Result<String, String> {
        let uri: Uri = text.parse().map_err(|error| format!("it is no URL: {error}"))?;
        let is_bare = uri.query().is_none();
        match (uri.scheme_str(), uri.authority()) {
            (Some("http"), Some(_)) if is_bare => Ok(text.trim_end_matches('/').to_owned()),
            (Some("https"), _) => Err("only endpoints on `http://` can be called".to_owned()),
            _ => Err("write it as http://HOST:PORT".to_owned()),
        }
    }

    /// Sends a request and reads the answer, whatever its status. Errors with a sentence if there is no answer.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, String> {
        let unsent = |problem: &dyn fmt::Display| format!("Unable to execute HTTP request: {problem}");
        let request = self.signed(request).map_err(|error| unsent(&error))?;
        let unanswered =
            |error: &dyn Error| unsent(&format_args!("`{}` did not answer: {}", self.url, first_cause(error)));
        let response = self.client.request(request).await.map_err(|error| unanswered(&error))?;
        let (head, body) = response.into_parts();
        let body = to_bytes(Body::new(body), LONGEST_ANSWER).await;
        Ok(Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: body.map_err(|error| unanswered(&error))?,
        })
    }

    fn signed(&self, request: Request<'_>) -> Result<http::Request<Body>, Box<dyn Error + Send + Sync>> {
        let uri = format!("{}{}", self.url, request.path);
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
        let mut built = http::Request::builder().method(request.method).uri(&uri);
        for (name, value) in &request.headers {
            built = built.header(name, value);
        }
        let mut built = built.body(Body::from(request.body))?;
        instructions.apply_to_request_http1x(&mut built);
        Ok(built)
    }
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
