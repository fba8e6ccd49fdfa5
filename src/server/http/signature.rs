//! AWS Signature Version 4 of requests, checked by signing them again.
//!
//! Source: IAM user guide, "AWS Signature Version 4 for API requests".

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use std::fmt;
use std::time::SystemTime;

use crate::services::step_functions::StepFunctionsError;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
const DATE: &str = "x-amz-date";

/// How far a client's clock may be off.
const SKEW: TimeDelta = TimeDelta::minutes(5);

/// A key that requests are signed with.
#[derive(Clone)]
pub(super) struct AccessKey {
    id: String,
    secret: String,
}

impl AccessKey {
    pub(super) fn new(id: String, secret: String) -> Self {
        Self { id, secret }
    }
}

impl fmt::Debug for AccessKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessKey")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// The `Authorization` of a request.
struct Authorization<'r> {
    key_id: &'r str,
    date: &'r str,
    region: &'r str,
    service: &'r str,
    signed_headers: &'r str,
    signature: &'r str,
}

/// Errors if a request is not signed with one of the keys, or was signed too long ago.
pub(super) fn check(keys: &[AccessKey], head: &Parts, body: &[u8]) -> Result<(), StepFunctionsError> {
    let Some(authorization) = text(&head.headers, header::AUTHORIZATION.as_str()) else {
        return Err(StepFunctionsError::new(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        ));
    };
    let incomplete = || {
        let message = format!("Authorization header requires `{ALGORITHM}`, Credential, SignedHeaders and Signature");
        StepFunctionsError::new("IncompleteSignatureException", message)
    };
    let authorization = Authorization::read(authorization).ok_or_else(incomplete)?;
    let time = text(&head.headers, DATE).and_then(time).ok_or_else(incomplete)?;
    let Some(key) = keys.iter().find(|key| key.id == authorization.key_id) else {
        return Err(StepFunctionsError::new(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        ));
    };
    check_scope(&authorization, time)?;
    let signed = sign_again(key, &authorization, time, head, body);
    if signed.is_some_and(|signature| is_same(signature.as_bytes(), authorization.signature.as_bytes())) {
        return Ok(());
    }
    Err(invalid(
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and \
         signing method. Consult the service documentation for details.",
    ))
}

fn check_scope(authorization: &Authorization<'_>, time: DateTime<Utc>) -> Result<(), StepFunctionsError> {
    if authorization.service != "states" {
        return Err(invalid("Credential should be scoped to correct service: 'states'."));
    }
    if authorization.date != time.format("%Y%m%d").to_string() {
        return Err(invalid(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date.",
        ));
    }
    let signed = authorization.signed_headers.split(';');
    let needed = [header::HOST.as_str(), DATE, "x-amz-target"];
    if let Some(missing) = needed
        .iter()
        .find(|needed| !signed.clone().any(|signed| signed == **needed))
    {
        return Err(invalid(&format!(
            "'{missing}' must be a 'SignedHeader' in the AWS Authorization."
        )));
    }
    let now = now();
    if (now - time).abs() > SKEW {
        let (time, now) = (time.format("%Y%m%dT%H%M%SZ"), now.format("%Y%m%dT%H%M%SZ"));
        return Err(invalid(&format!(
            "Signature expired: {time} is more than {} min. away from {now}",
            SKEW.num_minutes()
        )));
    }
    Ok(())
}

impl<'r> Authorization<'r> {
    fn read(text: &'r str) -> Option<Self> {
        let parts = text.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let part = |name: &str| {
            let mut parts = parts.split(',').filter_map(|part| part.trim().split_once('='));
            parts.find_map(|(known, value)| (known == name).then_some(value))
        };
        // The id of a key may contain anything but a slash.
        let mut credential = part("Credential")?.split('/');
        let read = Self {
            key_id: credential.next()?,
            date: credential.next()?,
            region: credential.next()?,
            service: credential.next()?,
            signed_headers: part("SignedHeaders")?,
            signature: part("Signature")?,
        };
        (credential.next() == Some("aws4_request") && credential.next().is_none()).then_some(read)
    }
}

/// The signature that the request should have; `None` if it cannot be signed.
fn sign_again(
    key: &AccessKey,
    authorization: &Authorization<'_>,
    time: DateTime<Utc>,
    head: &Parts,
    body: &[u8],
) -> Option<String> {
    let credentials = Credentials::new(&key.id, &key.secret, None, None, "access-key").into();
    let params = v4::SigningParams::builder()
        .identity(&credentials)
        .region(authorization.region)
        .name(authorization.service)
        .time(SystemTime::from(time))
        .settings(SigningSettings::default())
        .build()
        .ok()?;
    let host = text(&head.headers, header::HOST.as_str())?;
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let uri = format!("http://{host}{path}");
    let mut headers = Vec::new();
    for name in authorization.signed_headers.split(';').filter(|name| *name != DATE) {
        headers.push((name, text(&head.headers, name)?));
    }
    let request = SignableRequest::new(
        head.method.as_str(),
        uri,
        headers.into_iter(),
        SignableBody::Bytes(body),
    )
    .ok()?;
    let signed = sign(request, &params.into()).ok()?;
    Some(signed.signature().to_owned())
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    let time = NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%SZ").ok()?;
    Some(time.and_utc())
}

fn text<'r>(headers: &'r HeaderMap, name: &str) -> Option<&'r str> {
    headers.get(name)?.to_str().ok()
}

/// Takes as long for any two texts of the same length.
fn is_same(left: &[u8], right: &[u8]) -> bool {
    let differences = left
        .iter()
        .zip(right)
        .fold(0, |all, (left, right)| all | (left ^ right));
    left.len() == right.len() && differences == 0
}

fn invalid(message: &str) -> StepFunctionsError {
    StepFunctionsError::new("InvalidSignatureException", message)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a server compares the time of a request with its own"
)]
fn now() -> DateTime<Utc> {
    Utc::now()
}
