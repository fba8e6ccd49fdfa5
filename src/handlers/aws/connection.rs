//! Sends requests over HTTP and HTTPS, and reads whole answers.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::HeaderMap;
use http_body_util::{BodyExt as _, Limited};
use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::error::Error;
use std::fmt;
use std::time::Duration;

/// The longest wait for a connection.
const LONGEST_CONNECTING: Duration = Duration::from_secs(10);
/// The longest wait for an answer: Lambda's quota. A task may have a shorter one in `TimeoutSeconds`.
const LONGEST_WAIT: Duration = Duration::from_mins(15);
/// How long a connection without requests stays open: less than servers wait before they close one, since a request that
/// crosses that would be lost.
const LONGEST_IDLE: Duration = Duration::from_secs(2);

/// A pool of connections; a clone shares them.
#[derive(Debug, Clone)]
pub(super) struct Connection {
    connector: SharedHttpConnector,
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

/// Whether requests may go by the proxies that `HTTPS_PROXY` and such name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proxies {
    None,
    OfEnvironment,
}

impl Connection {
    pub(super) fn new(tls: TlsContext, proxies: Proxies) -> Self {
        let settings = HttpConnectorSettings::builder().connect_timeout(LONGEST_CONNECTING);
        let connector = Connector::builder()
            .connector_settings(settings.build())
            .pool_idle_timeout(LONGEST_IDLE)
            .proxy_config(match proxies {
                Proxies::None => ProxyConfig::disabled(),
                Proxies::OfEnvironment => ProxyConfig::from_env(),
            })
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(tls)
            .build();
        Self {
            connector: SharedHttpConnector::new(connector),
        }
    }

    /// Sends a request and reads the answer, whatever its status. Errors with the reason if there is none, or if it is longer
    /// than `longest` bytes.
    pub(super) async fn send(&self, request: http::Request<Vec<u8>>, longest: usize) -> Result<Answer, String> {
        let request = HttpRequest::try_from(request.map(SdkBody::from)).map_err(|error| first_cause(&error))?;
        let answer = async {
            let response = self.connector.call(request).await;
            let response = response.map_err(|error| first_cause(&error))?;
            let response = response.try_into_http1x().map_err(|error| first_cause(&error))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, longest).collect().await;
            Ok(Answer {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.map_err(|error| first_cause(error.as_ref()))?.to_bytes(),
            })
        };
        let in_time = tokio::time::timeout(LONGEST_WAIT, answer).await;
        in_time.unwrap_or_else(|_| Err(format!("{LONGEST_WAIT:?} passed")))
    }
}

/// The certificates that are trusted: the system's, and those in the file that `AWS_CA_BUNDLE` names. Errors if there is no such
/// file.
pub(super) fn trusted() -> Result<TlsContext, String> {
    let mut store = TrustStore::default();
    if let Some(file) = std::env::var_os("AWS_CA_BUNDLE").filter(|file| !file.is_empty()) {
        let bundle = std::fs::read(&file);
        let unusable = |problem: &dyn fmt::Display| format!("`AWS_CA_BUNDLE` is `{}`: {problem}", file.display());
        let bundle = bundle.map_err(|error| unusable(&error))?;
        check_certificates(&bundle).map_err(|problem| unusable(&problem))?;
        store = store.with_pem_certificate(bundle);
    }
    let context = TlsContext::builder().with_trust_store(store).build();
    context.map_err(|error| first_cause(&error))
}

/// Errors if a file has no certificates, or has some that cannot be read: the client of HTTP would panic.
fn check_certificates(bundle: &[u8]) -> Result<(), String> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
    let certificates = certificates.map_err(|error| format!("it has no certificates that can be read: {error}"))?;
    if certificates.is_empty() {
        return Err("it has no certificates".to_owned());
    }
    for certificate in &certificates {
        let anchor = webpki::anchor_from_trusted_cert(certificate);
        anchor.map_err(|error| format!("it has a certificate that cannot be read: {error}"))?;
    }
    Ok(())
}

/// The client of HTTP for `aws-config`, which asks for credentials.
pub(super) fn client(tls: TlsContext) -> SharedHttpClient {
    let provider = Provider::Rustls(CryptoMode::Ring);
    Builder::new().tls_provider(provider).tls_context(tls).build_https()
}

pub(super) fn first_cause(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => first_cause(cause),
        None => error.to_string(),
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_without_certificates_is_refused() {
        let of_nothing = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        for (bundle, problem) in [
            ("", "it has no certificates"),
            (
                "-----BEGIN CERTIFICATE-----\nAAAA",
                "it has no certificates that can be read: ",
            ),
            (of_nothing, "it has a certificate that cannot be read: "),
        ] {
            let told = check_certificates(bundle.as_bytes()).unwrap_err();
            assert!(told.starts_with(problem), "{told}");
        }
    }

    /// Time is virtual: it jumps to the deadline.
    #[tokio::test(start_paused = true)]
    async fn an_endpoint_that_says_nothing_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let connection = Connection::new(TlsContext::default(), Proxies::None);
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let request = http::Request::builder().uri(url).body(Vec::new()).unwrap();
        let told = connection.send(request, 1).await.unwrap_err();
        assert_eq!(told, "900s passed");
    }
}
