//! Results and errors of services as AWS recorded them: the answers that they were made of give the same here.

use std::collections::BTreeSet;
use std::fs;

use asl_engine::handlers::aws::AwsServices;
use asl_engine::{Interpreter, Outcome};
use libtest_mimic::{Failed, Trial};
use serde_json::{Map, Value, json};

use super::case::{in_runtime, machine};
use super::recordings::{files, root};
use super::server::{Reply, Server};

/// Services whose answers can be made of what was recorded: their members are the same on the wire, but for the first letter.
const SERVICES: [&str; 6] = [
    "aws-sdk:dynamodb",
    "aws-sdk:secretsmanager",
    "dynamodb",
    "sns",
    "sqs",
    "states",
];

/// Services whose answers the recordings do not tell, whose requests have placeholders in their paths, or that answer here.
const OTHERS: [&str; 4] = ["apigateway", "aws-sdk:sfn", "events", "lambda"];

/// Headers that the server of the test sends otherwise.
const OF_THE_SERVER: [&str; 4] = ["connection", "content-length", "date", "transfer-encoding"];

pub(crate) fn trials() -> Vec<Trial> {
    vec![Trial::test("recorded_answers_give_what_was_recorded", || {
        in_runtime(recorded_answers_give_what_was_recorded())
    })]
}

/// A task, and the details of the event that tells what came of it.
struct Recorded {
    file: String,
    scheduled: Value,
    ended: Value,
}

async fn recorded_answers_give_what_was_recorded() -> Result<(), Failed> {
    let files = files(&root("ASL_CORPUS", "corpus"));
    if files.is_empty() {
        return Ok(());
    }
    let (mut problems, mut results, mut errors) = (Vec::new(), 0, 0);
    for file in files {
        let case: Value = serde_json::from_str(&fs::read_to_string(&file)?).unwrap_or_default();
        for recorded in tasks(&file.display().to_string(), &case) {
            let Some(reply) = recorded.reply() else { continue };
            match recorded.ended.get("error") {
                Some(_) => errors += 1,
                None => results += 1,
            }
            if let Err(problem) = recorded.check(reply).await {
                problems.push(format!("{}: {problem}", recorded.file));
            }
        }
    }
    assert!(results >= 20 && errors >= 5, "{results} results, {errors} errors");
    if problems.is_empty() {
        return Ok(());
    }
    Err(problems.join("\n").into())
}

/// The tasks of a recorded history whose services are among those.
fn tasks(file: &str, case: &Value) -> Vec<Recorded> {
    let mut scheduled = Value::Null;
    let mut found = Vec::new();
    for event in case["expected"]["history"].as_array().into_iter().flatten() {
        if let Some(details) = event.get("taskScheduledEventDetails") {
            scheduled = details.clone();
        }
        let ended = ["taskSucceededEventDetails", "taskFailedEventDetails"];
        let Some(ended) = ended.iter().find_map(|name| event.get(*name)) else {
            continue;
        };
        let service = ended["resourceType"].as_str().unwrap_or_default();
        let waits = ended["resource"].as_str().is_none_or(|action| action.contains('.'));
        let is_known = SERVICES.contains(&service) || ended.get("error").is_some();
        let is_pair = scheduled["resource"] == ended["resource"] && scheduled["resourceType"] == service;
        if !waits && is_known && is_pair && !OTHERS.contains(&service) {
            found.push(Recorded {
                file: file.to_owned(),
                scheduled: scheduled.clone(),
                ended: ended.clone(),
            });
        }
    }
    found
}

impl Recorded {
    fn service(&self) -> &str {
        self.ended["resourceType"].as_str().unwrap_or_default()
    }

    /// The answer over HTTP; `None` if the recording does not tell it.
    fn reply(&self) -> Option<Reply> {
        match self.ended.get("error") {
            Some(error) => self.error(error.as_str()?, self.cause()),
            None => Some(self.result()),
        }
    }

    /// The answer of an error, from a cause that quotes it.
    fn error(&self, error: &str, cause: &str) -> Option<Reply> {
        let (message, rest) = cause.rsplit_once(" (Service: ")?;
        let part = |name: &str| {
            let (_, rest) = rest.split_once(name)?;
            rest.split([';', ',', ')']).next()
        };
        let status = part("Status Code: ")?.parse().ok()?;
        let class = error.split('.').nth(1)?;
        let code = part("Error Code: ").unwrap_or(class.trim_end_matches("Exception"));
        let id = part("Request ID: ")?;
        let mut reply = Reply::error(status, &json!({ "__type": code, "message": message }));
        if self.service() == "sns" {
            let message = escaped(message);
            let error = format!("<Error><Code>{code}</Code><Message>{message}</Message></Error>");
            reply.body = format!("<ErrorResponse>{error}</ErrorResponse>");
        }
        reply.headers.push(("x-amzn-requestid".to_owned(), id.to_owned()));
        if let Some(id) = part("Extended Request ID: ") {
            reply.headers.push(("x-amz-id-2".to_owned(), id.to_owned()));
        }
        Some(reply)
    }

    fn result(&self) -> Reply {
        let output = plain(&self.ended["output"]);
        let headers = self.ended["output"]["SdkHttpMetadata"]["AllHttpHeaders"].as_object();
        let headers = headers.into_iter().flatten();
        let headers = headers.filter(|(name, _)| !OF_THE_SERVER.contains(&name.to_lowercase().as_str()));
        let headers = headers.map(|(name, values)| (name.clone(), text_of(values)));
        let body = match self.service() {
            "sns" => {
                let members = output.iter();
                let members: Vec<_> = members
                    .map(|(name, value)| format!("<{name}>{}</{name}>", escaped(&text_of(value))))
                    .collect();
                let result = members.concat();
                format!("<PublishResponse><PublishResult>{result}</PublishResult></PublishResponse>")
            }
            "states" => {
                let members = output.iter();
                let small = members.map(|(name, value)| {
                    let (first, rest) = name.split_at(1);
                    (first.to_lowercase() + rest, value.clone())
                });
                Value::Object(small.collect()).to_string()
            }
            _ => Value::Object(output).to_string(),
        };
        Reply {
            status: 200,
            headers: headers.collect(),
            body,
        }
    }

    /// Runs the task where the service gives an answer, and compares what comes of it.
    async fn check(&self, reply: Reply) -> Result<(), String> {
        let server = Server::start(move |_| Some(reply.clone()));
        let services = AwsServices::emulator(&server.url, "us-east-1").map_err(|error| error.to_string())?;
        let resource = format!(
            "arn:aws:states:::{}:{}",
            self.service(),
            self.ended["resource"].as_str().unwrap_or_default()
        );
        let task = json!({ "Resource": resource, "InputPath": "$" });
        let execution = Interpreter::new()
            .aws(services)
            .start(&machine(&task), &self.scheduled["parameters"]);
        let outcome = execution.map_err(|error| error.to_string())?.outcome().await;
        match (self.ended.get("error"), &outcome) {
            (Some(error), Outcome::Failed(failed)) => {
                let cause = failed.cause.as_deref().unwrap_or_default();
                // The SDK of older recordings did not count.
                let causes = [cause, cause.trim_end_matches(" (SDK Attempt Count: 1)")];
                let is_same = failed.error.as_deref() == error.as_str() && causes.contains(&self.cause());
                is_same
                    .then_some(())
                    .ok_or_else(|| format!("{failed:?}, recorded {}", self.ended))
            }
            (None, Outcome::Succeeded { .. }) => {
                let output = outcome.output().cloned().unwrap_or_default();
                let recorded = &self.ended["output"];
                let is_same = plain(&output) == plain(recorded)
                    && members(&output) == members(recorded)
                    && headers(&output) == headers(recorded);
                is_same
                    .then_some(())
                    .ok_or_else(|| format!("{output}, recorded {recorded}"))
            }
            (_, outcome) => Err(format!("{outcome:?}")),
        }
    }

    fn cause(&self) -> &str {
        self.ended["cause"].as_str().unwrap_or_default()
    }
}

/// A result without the metadata of the SDK, and without times, in whose place the recordings have names.
fn plain(result: &Value) -> Map<String, Value> {
    let mut members = result.as_object().cloned().unwrap_or_default();
    members.retain(|name, _| !name.starts_with("Sdk") && !name.ends_with("Date"));
    members
}

/// The members of a result but the times.
fn members(result: &Value) -> BTreeSet<&String> {
    let names = result.as_object().into_iter().flat_map(Map::keys);
    names.filter(|name| !name.ends_with("Date")).collect()
}

/// The headers that a result tells of, as they are spelt.
fn headers(result: &Value) -> BTreeSet<&String> {
    let headers = result["SdkHttpMetadata"]["HttpHeaders"].as_object();
    let names = headers.into_iter().flat_map(Map::keys);
    names
        .filter(|name| !OF_THE_SERVER.contains(&name.to_lowercase().as_str()))
        .collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A header's value, of which recordings have a list or a placeholder.
fn text_of(value: &Value) -> String {
    match value {
        Value::Array(values) => values.first().map(text_of).unwrap_or_default(),
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}
