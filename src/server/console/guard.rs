//! Who is let in.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256};
use std::net::IpAddr;
use std::sync::Arc;

use super::{Console, Refused};

/// Pages from elsewhere cannot send it: a browser would ask here first whether they may.
const OWN: &str = "x-asl-console";

/// What no page from elsewhere may do with the console's answers, and what the page itself may load.
const HEADERS: [(HeaderName, &str); 6] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// The text of HTTP's Basic authentication.
pub(super) fn credentials(id: &str, secret: &str) -> String {
    BASE64_STANDARD.encode(format!("{id}:{secret}"))
}

pub(super) async fn guard(State(console): State<Arc<Console>>, request: Request, next: Next) -> Response {
    let mut response = match console.check(&request) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    if response.status() == StatusCode::UNAUTHORIZED {
        let ask = HeaderValue::from_static("Basic realm=\"asl console: the id and the secret of an access key\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, ask);
    }
    response
}

impl Console {
    fn check(&self, request: &Request) -> Result<(), Refused> {
        let headers = request.headers();
        self.check_caller(headers, request.uri())?;
        let site = headers.get("sec-fetch-site").and_then(|site| site.to_str().ok());
        let is_navigation = headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate");
        if !matches!(site, None | Some("same-origin" | "none")) && !is_navigation {
            return Err(Refused::forbidden("only the console's own page may ask this"));
        }
        if request.method() == Method::GET {
            return Ok(());
        }
        let is_of_page = headers.contains_key(OWN);
        let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
        let host = host(headers, request.uri());
        let is_here =
            origin.is_none_or(|origin| origin.split_once("://").is_some_and(|(_, there)| Some(there) == host));
        if is_of_page && is_here {
            return Ok(());
        }
        Err(Refused::forbidden(format!(
            "only the console's own page may ask this; a program sends the header `{OWN}: 1`"
        )))
    }

    fn check_caller(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refused> {
        if self.credentials.is_empty() {
            return if host(headers, uri).is_some_and(is_this_machine) {
                Ok(())
            } else {
                Err(Refused::forbidden(
                    "without an access key the console answers only to a name of this machine, such as localhost",
                ))
            };
        }
        let given = headers.get(header::AUTHORIZATION).and_then(|given| given.to_str().ok());
        let given = given.and_then(|given| given.strip_prefix("Basic ")).unwrap_or_default();
        // Digests, so that the time of the comparison tells nothing of the secret.
        let is_known = |known: &String| Sha256::digest(known) == Sha256::digest(given);
        if self.credentials.iter().any(is_known) {
            return Ok(());
        }
        Err(Refused {
            status: StatusCode::UNAUTHORIZED,
            ..Refused::forbidden("the console needs the id and the secret of an access key")
        })
    }
}

/// The name and port by which the console is called.
fn host<'r>(headers: &'r HeaderMap, uri: &'r Uri) -> Option<&'r str> {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.or_else(|| uri.authority().map(Authority::as_str))
}

fn is_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let is_loopback = |name: &str| name.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost") || is_loopback(name)
}

#[cfg(test)]
mod tests {
    use super::is_this_machine;

    #[test]
    fn only_names_of_this_machine_are_of_this_machine() {
        for name in [
            "localhost",
            "LOCALHOST:8083",
            "127.0.0.1:1",
            "[::1]:8083",
            "[::1]",
            "asl.localhost:80",
            "127.8.8.8",
        ] {
            assert!(is_this_machine(name), "{name}");
        }
        for name in [
            "evil.example",
            "localhost.evil.example:8083",
            "10.0.0.1:8083",
            "[::2]:1",
            "",
            "127.0.0.1.evil.example",
        ] {
            assert!(!is_this_machine(name), "{name}");
        }
    }
}
