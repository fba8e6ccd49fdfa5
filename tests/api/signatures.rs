//! Requests that have to be signed with AWS Signature Version 4.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use asl_engine::Interpreter;
use asl_engine::server::StepFunctions;
use asl_engine::server::http::HttpApi;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;

use crate::client::{Server, post};

const TARGET: &str = "AWSStepFunctions.ListActivities";
const KEY: (&str, &str) = ("AKIDBAR", "wholemeal/flour+water");

async fn server() -> Server {
    let api = StepFunctions::new(Interpreter::new());
    Server::of(
        HttpApi::new(api)
            .access_key("AKIDOTHER", "rye")
            .access_key(KEY.0, KEY.1),
    )
    .await
}

/// What a client changes of a right request.
struct Client {
    key: (&'static str, &'static str),
    service: &'static str,
    time: SystemTime,
    signed_body: &'static str,
}

#[expect(clippy::disallowed_methods, reason = "a signature is of its moment")]
fn now() -> SystemTime {
    SystemTime::now()
}

impl Client {
    fn new() -> Self {
        Self {
            key: KEY,
            service: "states",
            time: now(),
            signed_body: "{}",
        }
    }

    /// The header lines of a request, signed as the SDKs of AWS do.
    fn headers(&self) -> String {
        let identity = Credentials::new(self.key.0, self.key.1, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region("eu-central-1")
            .name(self.service)
            .time(self.time)
            .settings(SigningSettings::default())
            .build()
            .unwrap();
        let headers = [("host", "localhost"), ("x-amz-target", TARGET)];
        let request = SignableRequest::new(
            "POST",
            "http://localhost/",
            headers.into_iter(),
            SignableBody::Bytes(self.signed_body.as_bytes()),
        );
        let (signed, _) = sign(request.unwrap(), &params.into()).unwrap().into_parts();
        let (signed, _) = signed.into_parts();
        let mut lines = format!("X-Amz-Target: {TARGET}\r\n");
        for header in signed {
            write!(lines, "{}: {}\r\n", header.name(), header.value()).unwrap();
        }
        lines
    }
}

#[tokio::test]
async fn a_signed_request_is_answered() {
    let server = server().await;
    let response = server.send(post(&Client::new().headers(), "{}")).await;
    assert_eq!(response.status, 200, "{response:?}");
    server.end().await;
}

#[tokio::test]
async fn others_are_refused() {
    let server = server().await;
    let client = Client::new;
    let hours = Duration::from_hours(1);
    for (client, code) in [
        (
            Client {
                key: ("AKIDBAR", "wholemeal"),
                ..client()
            },
            "InvalidSignatureException",
        ),
        (
            Client {
                key: ("AKIDNOBODY", KEY.1),
                ..client()
            },
            "UnrecognizedClientException",
        ),
        (
            Client {
                service: "sqs",
                ..client()
            },
            "InvalidSignatureException",
        ),
        (
            Client {
                signed_body: "{ }",
                ..client()
            },
            "InvalidSignatureException",
        ),
        (
            Client {
                time: now() - hours,
                ..client()
            },
            "InvalidSignatureException",
        ),
        (
            Client {
                time: now() + hours,
                ..client()
            },
            "InvalidSignatureException",
        ),
    ] {
        let response = server.send(post(&client.headers(), "{}")).await;
        assert_eq!((response.status, response.code().as_str()), (400, code), "{response:?}");
    }
    server.end().await;
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let server = server().await;
    let signed = Client::new().headers();
    let target = format!("X-Amz-Target: {TARGET}\r\n");
    let bearer = format!("{target}Authorization: Bearer abc\r\n");
    let cut = signed.replace("Signature=", "Signatur=");
    let other_target = signed.replace("ListActivities", "ListStateMachines");
    for (headers, code) in [
        (&target, "MissingAuthenticationTokenException"),
        (&bearer, "IncompleteSignatureException"),
        (&cut, "IncompleteSignatureException"),
        (&other_target, "InvalidSignatureException"),
    ] {
        let response = server.send(post(headers, "{}")).await;
        assert_eq!((response.status, response.code().as_str()), (400, code), "{response:?}");
    }
    server.end().await;
}
