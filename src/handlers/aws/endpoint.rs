//! An endpoint of a service: requests are signed and sent there.
//!
//! Source: IAM user guide, "AWS Signature Version 4 for API requests".

use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials as _, SharedCredentialsProvider};
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SigningInstructions, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{Method, Uri};
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use super::connection::{Answer, Connection, first_cause};
use super::hosts;

/// The longest answer that is read: Lambda's quota. A result may have 256 KiB.
const LONGEST_ANSWER: usize = 6 * 1024 * 1024 + 100_000;
/// The longest object of S3 that is read: Maps read their items from objects.
const LONGEST_OBJECT: usize = 128 * 1024 * 1024;

/// An endpoint of one service or of many.
#[derive(Clone)]
pub(crate) struct Endpoint {
    url: String,
    /// The region that requests are signed for.
    region: String,
    credentials: SharedCredentialsProvider,
    connection: Connection,
    /// In bytes.
    longest_answer: usize,
    /// Whether it is AWS's own, at the host of the service.
    is_of_aws: bool,
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

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("url", &self.url)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl Endpoint {
    /// An endpoint at a URL that [`Endpoint::url`] has accepted.
    pub(super) fn new(
        url: &str,
        region: String,
        credentials: SharedCredentialsProvider,
        connection: Connection,
    ) -> Self {
        Self {
            url: url.trim_end_matches('/').to_owned(),
            region,
            credentials,
            connection,
            longest_answer: LONGEST_ANSWER,
            is_of_aws: false,
        }
    }

    /// AWS's own endpoint at a host.
    pub(super) fn of_aws(
        host: &str,
        region: String,
        credentials: SharedCredentialsProvider,
        connection: Connection,
    ) -> Self {
        Self {
            is_of_aws: true,
            ..Self::new(&format!("https://{host}"), region, credentials, connection)
        }
    }

    /// The endpoint for an action, which may have a host of its own at AWS.
    pub(super) fn for_action(&self, service: &str, action: &str) -> Cow<'_, Self> {
        match hosts::prefix(service, action).filter(|_| self.is_of_aws) {
            None => Cow::Borrowed(self),
            Some(prefix) => Cow::Owned(Self {
                url: self.url.replace("https://", &format!("https://{prefix}")),
                ..self.clone()
            }),
        }
    }

    /// A URL that can be called: `http://HOST:PORT` or with `https`, perhaps with a path.
    pub(crate) fn url(text: &str) -> Result<String, String> {
        let uri: Uri = text.parse().map_err(|error| format!("it is no URL: {error}"))?;
        let is_bare = !text.contains(['?', '#', '@']);
        match (uri.scheme_str(), uri.authority()) {
            (Some("http" | "https"), Some(_)) if is_bare => Ok(text.trim_end_matches('/').to_owned()),
            _ => Err("write it as http://HOST:PORT".to_owned()),
        }
    }

    /// The same endpoint for requests with other credentials.
    pub(super) fn with_credentials(self, credentials: SharedCredentialsProvider) -> Self {
        Self { credentials, ..self }
    }

    /// The same endpoint for objects of S3 that a Map reads.
    pub(super) fn of_objects(self) -> Self {
        Self {
            longest_answer: LONGEST_OBJECT,
            ..self
        }
    }

    /// Signs a request, sends it and reads the answer, whatever its status. Errors with a sentence if there is no answer.
    pub(crate) async fn send(&self, request: Request<'_>) -> Result<Answer, String> {
        let credentials = self.credentials.provide_credentials().await;
        let credentials = credentials.map_err(|error| {
            let reason = first_cause(&error);
            format!("Unable to load credentials: {reason}")
        })?;
        let signature = self.signature(&request, credentials);
        let signature = signature.map_err(|error| unsent(&error))?;
        let mut built = self.built(request).map_err(|error| unsent(&error))?;
        signature.apply_to_request_http1x(&mut built);
        self.answer(built).await
    }

    /// The same without a signature.
    pub(crate) async fn send_unsigned(&self, request: Request<'_>) -> Result<Answer, String> {
        let built = self.built(request).map_err(|error| unsent(&error))?;
        self.answer(built).await
    }

    async fn answer(&self, request: http::Request<Vec<u8>>) -> Result<Answer, String> {
        let answer = self.connection.send(request, self.longest_answer).await;
        answer.map_err(|problem| unsent(&format_args!("`{}` did not answer: {problem}", self.url)))
    }

    fn uri(&self, request: &Request<'_>) -> String {
        format!("{}{}", self.url, request.path)
    }

    fn signature(
        &self,
        request: &Request<'_>,
        credentials: Credentials,
    ) -> Result<SigningInstructions, Box<dyn Error + Send + Sync>> {
        let uri = self.uri(request);
        let mut settings = SigningSettings::default();
        if request.signing_name == "s3" {
            settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
            settings.percent_encoding_mode = PercentEncodingMode::Single;
            settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        }
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
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

    fn built(&self, request: Request<'_>) -> Result<http::Request<Vec<u8>>, http::Error> {
        let uri = self.uri(&request);
        let mut built = http::Request::builder().method(request.method).uri(uri);
        for (name, value) in request.headers {
            built = built.header(name, value);
        }
        built.body(request.body)
    }
}

fn unsent(problem: &dyn fmt::Display) -> String {
    format!("Unable to execute HTTP request: {problem}")
}

#[expect(clippy::disallowed_methods, reason = "a signature has the system's time")]
fn now() -> SystemTime {
    SystemTime::from(chrono::Utc::now())
}
