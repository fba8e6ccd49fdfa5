//! Sequences of calls of the Step Functions API, made one after the other in paused time.
//!
//! Each response or exception that was recorded is compared; the other calls only have to go through, but for those that
//! delete, which may have come too late. An execution is waited for before the next call, as the recording tests did, unless
//! one is stopped or seen running. What services answered to tasks is not recorded: a task gets `{}`, and one that waits
//! for its token waits. What
//! a client refused before it sent anything says nothing about the service but that it was no request: it must be refused
//! here too. What [`placeholders`](crate::placeholders) stand for is told there.
//!
//! Machines that were deployed, and not created by a call, are created as their recorded description says.

use std::time::Duration;

use asl_engine::Interpreter;
use asl_engine::handlers::LocalS3;
use asl_engine::server::StepFunctions;
use regex_lite::Regex;
use serde_json::{Value, json};

use crate::case::Case;
use crate::front::{FRONTS, Front, Refused};
use crate::normalise::TIME;
use crate::placeholders::Placeholders;

/// What AWS shows since a day, and so do we.
const ADDED: [(&str, &str); 2] = [
    ("encryptionConfiguration", "2024-07-25"),
    ("redriveCount", "2023-11-15"),
];
/// The services whose answers were not recorded.
const SERVICES: [&str; 17] = [
    "arn:aws:lambda:*",
    "arn:aws:states:::apigateway:*",
    "arn:aws:states:::aws-sdk:dynamodb:*",
    "arn:aws:states:::aws-sdk:lambda:*",
    "arn:aws:states:::aws-sdk:s3:*",
    "arn:aws:states:::aws-sdk:secretsmanager:*",
    "arn:aws:states:::aws-sdk:sns:*",
    "arn:aws:states:::aws-sdk:sqs:*",
    "arn:aws:states:::batch:*",
    "arn:aws:states:::dynamodb:*",
    "arn:aws:states:::ecs:*",
    "arn:aws:states:::events:*",
    "arn:aws:states:::glue:*",
    "arn:aws:states:::http:*",
    "arn:aws:states:::lambda:*",
    "arn:aws:states:::sns:*",
    "arn:aws:states:::sqs:*",
];
/// For so long an execution is waited for: one may wait for a worker that the recording does not have.
const LONGEST: Duration = Duration::from_hours(1);
const SHORTLY: Duration = Duration::from_millis(10);

/// Makes the calls of a case and compares what is answered.
pub(crate) fn check(case: &Case) -> Result<(), String> {
    check_calls(case, case.json["steps"].as_array().unwrap())
}

/// The same for these calls, made by the library and over HTTP.
pub(crate) fn check_calls(case: &Case, steps: &[Value]) -> Result<(), String> {
    FRONTS.iter().try_for_each(|front| check_calls_by(*front, case, steps))
}

fn check_calls_by(front: Front, case: &Case, steps: &[Value]) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let interpreter = SERVICES.iter().fold(Interpreter::new(), |interpreter, service| {
            interpreter.task(service, |_: Value| async { Ok(json!({})) })
        });
        let interpreter = interpreter.region("us-east-1", "111111111111").s3(&objects(case));
        let mut calls = Calls {
            front,
            case,
            api: StepFunctions::seeded(interpreter, 1),
            placeholders: Placeholders::new(),
            longest: if is_seen_running(steps) { SHORTLY } else { LONGEST },
        };
        calls.deploy(&steps[0]).await?;
        for (number, step) in (1..).zip(steps) {
            let checked = calls.make(step).await;
            checked.map_err(|why| format!("call {number}, {}: {why}", step["op"]))?;
        }
        Ok(())
    })
}

struct Calls<'c> {
    front: Front,
    case: &'c Case,
    api: StepFunctions,
    placeholders: Placeholders,
    /// How long an execution is waited for.
    longest: Duration,
}

impl Calls<'_> {
    /// Creates the machine of a stack, whose ARN is an output of it.
    async fn deploy(&mut self, step: &Value) -> Result<(), String> {
        let output = step["params"]["stateMachineArn"].as_str().unwrap_or_default();
        if !output.contains(":auto:") {
            return Ok(());
        }
        let description = recorded(step)
            .first()
            .map(|(_, answer)| answer.clone())
            .unwrap_or_default();
        let mut params = json!({ "definition": description["definition"].to_string() });
        for member in [
            "name",
            "roleArn",
            "type",
            "loggingConfiguration",
            "tracingConfiguration",
        ] {
            params[member] = description[member].clone();
        }
        let request = self.placeholders.request(&params, &description);
        let created = self.front.call(&self.api, "CreateStateMachine", request).await;
        let created = created.map_err(|error| format!("the deployed machine: {error}"))?;
        self.placeholders
            .deployed(output, created["stateMachineArn"].as_str().unwrap());
        Ok(())
    }

    async fn make(&mut self, step: &Value) -> Result<(), String> {
        let op = step["op"].as_str().unwrap();
        let recorded = recorded(step);
        let request = self.placeholders.request(&step["params"], &step["expected"]);
        let answer = self.front.call(&self.api, &action(op), request).await;
        if let Ok(answer) = &answer {
            self.placeholders.answered(op, answer);
            if op == "start_execution" {
                let execution = answer["executionArn"]
                    .as_str()
                    .and_then(|arn| self.api.interpreter().execution(arn));
                if let Some(execution) = execution {
                    drop(tokio::time::timeout(self.longest, execution.outcome()).await);
                }
            }
        }
        let is_refused = step["raises"] == true;
        match answer {
            Ok(answer) if is_refused => Err(format!("got {answer}, wanted {}", step["expected"])),
            Ok(answer) => {
                let answer = self.as_of_then(answer);
                let mut recorded = recorded.iter();
                recorded.try_for_each(|(_, recorded)| self.same("", "", recorded, &answer))
            }
            Err(error) if is_refused => {
                let mut recorded = recorded.iter();
                recorded.try_for_each(|(_, recorded)| self.same_error(recorded, &error))
            }
            Err(_) if recorded.is_empty() && op.starts_with("delete_") => Ok(()),
            Err(error) => Err(format!("got {error}, wanted {}", step["expected"])),
        }
    }

    /// An answer without what AWS did not show yet; a case without a date wants today's.
    fn as_of_then(&self, mut answer: Value) -> Value {
        let date = self.case.json["aws_validated"].as_str();
        for (member, since) in ADDED {
            if date.is_some_and(|date| date < since) {
                remove(&mut answer, member);
            }
        }
        answer
    }

    fn same_error(&mut self, recorded: &Value, error: &Refused) -> Result<(), String> {
        let texts = [&recorded["exception_value"], &recorded["Error"]["Message"], recorded];
        let text = texts.into_iter().find_map(Value::as_str).unwrap_or_default();
        if text.starts_with("Parameter validation failed:") {
            return Ok(());
        }
        let code = [&recorded["exception_typename"], &recorded["Error"]["Code"]];
        let code = code.into_iter().find_map(Value::as_str);
        let (code, message) = match text.strip_prefix("An error occurred (") {
            Some(rest) => {
                let (code, rest) = rest.split_once(") when calling the ").unwrap_or_default();
                (code, rest.split_once(" operation: ").unwrap_or_default().1)
            }
            None => (code.unwrap_or_default(), text),
        };
        if error.code == code && self.placeholders.matches("", message, &error.message) {
            return Ok(());
        }
        Err(format!("\n   got {error}\nwanted {code}: {message}"))
    }

    /// Errors at the first member that differs.
    fn same(&mut self, place: &str, name: &str, recorded: &Value, answered: &Value) -> Result<(), String> {
        let differs = || Err(format!("{place}\n   got {answered}\nwanted {recorded}"));
        match (recorded, answered) {
            (Value::Object(_), Value::String(text)) => match serde_json::from_str::<Value>(text) {
                Ok(answered @ Value::Object(_)) => self.same(place, name, recorded, &answered),
                _ => differs(),
            },
            (Value::Object(members), Value::Object(others)) => {
                let members = members.iter().filter(|(name, _)| *name != "ResponseMetadata");
                let members: Vec<_> = members.collect();
                if let Some(other) = others
                    .keys()
                    .find(|name| !members.iter().any(|(known, _)| known == name))
                {
                    return Err(format!("{place}/{other} was not recorded: {}", others[other]));
                }
                members.into_iter().try_for_each(|(name, recorded)| {
                    let answered = others.get(name).unwrap_or(&Value::Null);
                    self.same(&format!("{place}/{name}"), name, recorded, answered)
                })
            }
            // Some tests kept the list alone, without what was there before.
            (Value::Array(_), Value::Object(members)) if place.is_empty() => {
                let list = members.values().find(|member| member.is_array());
                self.same("/", name, recorded, list.unwrap_or(&Value::Null))
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                let mut pairs = items.iter().zip(others).enumerate();
                pairs.try_for_each(|(i, (item, other))| self.same(&format!("{place}/{i}"), name, item, other))
            }
            (Value::String(date), Value::Number(_)) if name == "timestamp" && date == name => Ok(()),
            (Value::String(date), Value::Number(_)) if name.ends_with("Date") => {
                if date == "datetime" || self.placeholders.matches_number(date, answered) {
                    return Ok(());
                }
                differs()
            }
            (Value::String(text), Value::String(other)) => {
                let is_time = match text.as_str() {
                    "timestamp" => name.to_lowercase().contains("timestamp"),
                    "date" => Regex::new(TIME).unwrap().is_match(other),
                    _ => false,
                };
                if is_time || self.placeholders.matches(name, text, other) {
                    return Ok(());
                }
                differs()
            }
            (recorded, answered) if recorded == answered => Ok(()),
            _ => differs(),
        }
    }
}

/// The objects that a case holds.
fn objects(case: &Case) -> LocalS3 {
    let s3 = LocalS3::new();
    for object in case.json["s3_objects"].as_array().into_iter().flatten() {
        let text = |member: &str| object[member].as_str().unwrap_or_default();
        // A request names it without the brackets of a placeholder.
        s3.put(text("bucket").trim_matches(['<', '>']), text("key"), text("body"));
    }
    s3
}

/// Whether an execution is stopped, or described while it runs.
fn is_seen_running(steps: &[Value]) -> bool {
    steps
        .iter()
        .any(|step| step["op"] == "stop_execution" || step["expected"].to_string().contains("\"status\":\"RUNNING\""))
}

/// What was recorded of a call, by the names of the snapshots.
fn recorded(step: &Value) -> Vec<(String, Value)> {
    let answers = step["expected"].as_object().into_iter().flatten();
    answers.map(|(name, answer)| (name.clone(), answer.clone())).collect()
}

/// `create_state_machine` is `CreateStateMachine`.
fn action(op: &str) -> String {
    let words = op.split('_').map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_uppercase() + rest
    });
    words.collect()
}

fn remove(value: &mut Value, member: &str) {
    match value {
        Value::Object(members) => {
            members.shift_remove(member);
            members.values_mut().for_each(|value| remove(value, member));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove(item, member)),
        _ => {}
    }
}
