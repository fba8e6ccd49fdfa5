//! Secrets stand in requests, and nowhere else: in no error, no history, no span, no log, no `Debug`.

use std::fmt::{self, Write as _};
use std::sync::{LazyLock, Mutex};

use asl_engine::Interpreter;
use asl_engine::handlers::aws::AwsServices;
use libtest_mimic::{Failed, Trial};
use serde_json::json;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

use super::MOTO;
use super::case::{in_runtime, machine};
use super::server::{Reply, Server};

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        Trial::test("the_keys_of_a_role_are_told_to_nobody", || {
            in_runtime(the_keys_of_a_role_are_told_to_nobody())
        }),
        Trial::test("the_secrets_of_a_connection_are_told_to_nobody", || {
            in_runtime(the_secrets_of_a_connection_are_told_to_nobody())
        }),
    ]
}

/// All that is told by `tracing`, at any level.
static TOLD: LazyLock<Mutex<String>> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(Everything)).unwrap();
    Mutex::default()
});

/// Writes all spans and events down, before any trial runs.
pub(crate) fn listen() {
    LazyLock::force(&TOLD);
}

/// Errors if one of the texts was told by `tracing`, or stands in a text.
pub(crate) fn check(secrets: &[&str], text: &str) -> Result<(), Failed> {
    let told = TOLD.lock().unwrap();
    assert!(told.contains("task state=Call"), "nothing was told: {told}");
    for secret in secrets {
        if told.contains(secret) || text.contains(secret) {
            return Err(format!("`{secret}` is told: {text}").into());
        }
    }
    Ok(())
}

struct Everything;

impl<S: tracing::Subscriber> Layer<S> for Everything {
    fn on_new_span(&self, span: &Attributes<'_>, _: &tracing::Id, _: Context<'_, S>) {
        write_down(span.metadata().name(), |fields| span.record(fields));
    }

    fn on_record(&self, _: &tracing::Id, values: &Record<'_>, _: Context<'_, S>) {
        write_down("", |fields| values.record(fields));
    }

    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        write_down(event.metadata().target(), |fields| event.record(fields));
    }
}

fn write_down(name: &str, record: impl FnOnce(&mut Fields)) {
    let mut fields = Fields(name.to_owned());
    record(&mut fields);
    TOLD.lock().unwrap().extend([&fields.0, "\n"]);
}

struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

const CLIENT_SECRET: &str = "yeast-of-the-client";
const ACCESS_TOKEN: &str = "token-of-the-client";
const HIDDEN: &str = "pin-of-the-connection";
const SECRET: &str = "wJalrXUtnFEMI-of-the-role";
const TOKEN: &str = "IQoJb3JpZ2luX2Vj-of-the-role";

async fn the_keys_of_a_role_are_told_to_nobody() -> Result<(), Failed> {
    let sts = Server::start(|_| {
        let credentials = format!(
            "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
             <Expiration>2999-01-01T00:00:00Z</Expiration>"
        );
        let result = format!("<AssumeRoleResult><Credentials>{credentials}</Credentials></AssumeRoleResult>");
        Some(Reply {
            status: 200,
            headers: Vec::new(),
            body: format!("<AssumeRoleResponse>{result}</AssumeRoleResponse>"),
        })
    });
    let mut refusing = Server::start(|_| {
        Some(Reply::error(
            403,
            &json!({ "__type": "AccessDeniedException", "message": "no" }),
        ))
    });
    let services = AwsServices::emulator(&sts.url, "us-east-1")?
        .service_endpoint_url("glue", &refusing.url)?
        .service_endpoint_url("dynamodb", "http://127.0.0.1:9")?;
    let interpreter = Interpreter::new().aws(services.clone());
    let mut texts = String::new();
    for (resource, parameters) in [
        ("glue:startJobRun", json!({ "JobName": "sum" })),
        (
            "dynamodb:getItem",
            json!({ "TableName": "T", "Key": { "id": { "S": "1" } } }),
        ),
        ("sqs:sendMessage", json!({ "QueueUrl": "q", "MessageBody": "b" })),
    ] {
        let resource = format!("arn:aws:states:::{resource}");
        let role = "arn:aws:iam::123456789012:role/Bar";
        let task = json!({ "Resource": resource, "Parameters": parameters, "Credentials": { "RoleArn": role } });
        let execution = interpreter.start(&machine(&task), json!({}))?;
        let outcome = execution.outcome().await;
        let _ = write!(
            texts,
            "{outcome:?} {:?} {}",
            execution.history(),
            json!(execution.history())
        );
    }
    let request = refusing.request().await;
    assert_eq!(request.header("x-amz-security-token"), Some(TOKEN));
    let _ = write!(texts, "{services:?} {services:#?} {interpreter:?}");
    check(&[SECRET, TOKEN], &texts)
}

/// moto keeps the secret of a connection in its Secrets Manager, as AWS does.
async fn the_secrets_of_a_connection_are_told_to_nobody() -> Result<(), Failed> {
    let Some(moto) = MOTO.get() else { return Ok(()) };
    let mut server = Server::start(|request| match request.path.split('?').next() {
        Some("/token") => Some(Reply::json(
            &json!({ "access_token": ACCESS_TOKEN, "expires_in": 3600 }),
        )),
        Some("/orders") => Some(Reply::error(418, &json!({ "message": "teapot" }))),
        _ => None,
    });
    let services = AwsServices::emulator(moto, "us-east-1")?;
    let client = json!({ "ClientID": "me", "ClientSecret": CLIENT_SECRET });
    let oauth = json!({ "ClientParameters": client, "AuthorizationEndpoint": format!("{}/token", server.url), "HttpMethod": "GET" });
    let hidden = |key: &str| json!([{ "Key": key, "Value": HIDDEN, "IsValueSecret": true }]);
    let added = json!({
        "HeaderParameters": hidden("Pin"), "QueryStringParameters": hidden("pin"), "BodyParameters": hidden("pin")
    });
    let parameters = json!({
        "Name": "hidden",
        "AuthorizationType": "OAUTH_CLIENT_CREDENTIALS",
        "AuthParameters": { "OAuthParameters": oauth, "InvocationHttpParameters": added },
    });
    let created = services.call("eventbridge", "createConnection", &parameters).await;
    let arn = created.map_err(|error| error.cause().to_owned())?["ConnectionArn"].clone();
    let interpreter = Interpreter::new().aws(services.clone());
    let mut texts = String::new();
    for (endpoint, body) in [
        (format!("{}/orders", server.url), json!({})),
        // The connection adds to a body that is an object alone.
        (format!("{}/orders", server.url), json!([])),
        ("http://127.0.0.1:9/orders".to_owned(), json!({})),
    ] {
        let parameters = json!({
            "ApiEndpoint": endpoint, "Method": "POST", "InvocationConfig": { "ConnectionArn": arn }, "RequestBody": body
        });
        let task = json!({ "Resource": "arn:aws:states:::http:invoke", "Parameters": parameters });
        let execution = interpreter.start(&machine(&task), json!({}))?;
        let outcome = execution.outcome().await;
        assert_eq!(outcome.status(), "FAILED");
        let _ = write!(texts, "{outcome:?} {}", json!(execution.history()));
    }
    let token = server.request().await;
    assert!(token.path.contains(CLIENT_SECRET), "{token:?}");
    let order = server.request().await;
    assert_eq!(order.header("authorization"), Some(&*format!("Bearer {ACCESS_TOKEN}")));
    assert!(order.path.contains(HIDDEN) && order.body.contains(HIDDEN), "{order:?}");
    let _ = write!(texts, "{services:?} {interpreter:?}");
    check(&[CLIENT_SECRET, ACCESS_TOKEN, HIDDEN], &texts)
}
