//! Every file under `tests/files/server` is a test: calls of the Step Functions API one after the other, and what each answers,
//! called by the library and over HTTP.
//!
//! ```json
//! {
//!   "comment": "what the case teaches",
//!   "mocks": { "StateMachines": { }, "MockedResponses": { } },
//!   "functions": { "Bake": { "after": 5, "return": { } } },
//!   "calls": [
//!     { "action": "CreateStateMachine", "request": { "definition": { } }, "response": { "stateMachineArn": "<arn>" } },
//!     { "sleep": 5 },
//!     { "action": "DescribeStateMachine", "request": { "stateMachineArn": "<arn>" }, "error": "Code: message" }
//!   ]
//! }
//! ```
//!
//! JSON may stand where the API takes JSON text, and is compared with such text. `<name>` in a response is bound to what
//! stands there, a number too; later it is the same, in requests as well. A call has its whole `response`, some of its
//! members as `has`, or its `error`. `<role>` and `<definition>` are given. A function answers after so many seconds with what it is to
//! `return`, or fails with `error` and `cause`; `mocks` is a mock file. Time is paused and jumps when everything waits; `sleep` lets it pass.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

#[path = "../api/front.rs"]
mod front;
mod trials;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use asl_engine::server::StepFunctions;
use asl_engine::{Interpreter, TaskError};
use front::{FRONTS, Front};
use libtest_mimic::{Arguments, Failed};
use serde_json::{Map, Value, json};
use trials::{files, trials};

const FOLDER: &str = "tests/files/server";

/// The members that are JSON text.
const TEXTS: [&str; 5] = ["context", "definition", "input", "output", "parameters"];
const ROLE: &str = "arn:aws:iam::123456789012:role/Orders";
const DEFINITION: &str = r#"{"StartAt":"Rest","States":{"Rest":{"Type":"Pass","End":true}}}"#;

fn main() {
    libtest_mimic::run(&Arguments::from_args(), trials(FOLDER, files(FOLDER), check)).exit();
}

fn check(file: &Path) -> Result<(), Failed> {
    let case: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
    FRONTS.iter().try_for_each(|front| check_by(*front, &case))
}

fn check_by(front: Front, case: &Value) -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let functions = case["functions"].as_object().into_iter().flatten();
        let interpreter = functions.fold(Interpreter::new(), |interpreter, (name, answer)| {
            function(interpreter, name, answer.clone())
        });
        let api = StepFunctions::seeded(interpreter, 7);
        if let Some(mocks) = case.get("mocks") {
            api.mocks(mocks.to_string().parse()?);
        }
        let mut names = Names::default();
        for (number, call) in (1..).zip(case["calls"].as_array().ok_or("no calls")?) {
            let checked = step(front, &api, &mut names, call).await;
            checked.map_err(|why| format!("call {number}, {}: {why}", call["action"]))?;
        }
        Ok(())
    })
}

fn function(interpreter: Interpreter, name: &str, answer: Value) -> Interpreter {
    interpreter.function(name, move |_: Value| {
        let answer = answer.clone();
        async move {
            let seconds = answer["after"].as_u64().unwrap_or(0);
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            match answer["error"].as_str() {
                Some(error) => Err(TaskError::new(error, answer["cause"].as_str().unwrap_or_default())),
                None => Ok(answer["return"].clone()),
            }
        }
    })
}

async fn step(front: Front, api: &StepFunctions, names: &mut Names, call: &Value) -> Result<(), String> {
    if let Some(seconds) = call["sleep"].as_u64() {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        return Ok(());
    }
    let request = names.put_in("", &call["request"]);
    let answer = front.call(api, call["action"].as_str().unwrap(), request).await;
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            let wanted = names.put_in("", &call["error"]);
            let error = error.to_string();
            return if wanted == error {
                Ok(())
            } else {
                Err(format!("\n   got {error}\nwanted {call}"))
            };
        }
    };
    let has = call["has"].as_object().into_iter().flatten();
    for (member, wanted) in has {
        names.same(member, wanted, &answer[member])?;
    }
    match &call["response"] {
        Value::Null if call.get("has").is_some() => Ok(()),
        Value::Null => Err(format!("\n   got {answer}\nwanted {call}")),
        wanted => names.same("", wanted, &answer),
    }
}

/// What `<name>` stands for.
#[derive(Default)]
struct Names(BTreeMap<String, Value>);

impl Names {
    /// A request, or a text, by what its names stand for.
    fn put_in(&self, member: &str, value: &Value) -> Value {
        match value {
            Value::String(text) => self.named(text).unwrap_or_else(|| self.put_in_text(text).into()),
            json @ (Value::Object(_) | Value::Array(_)) if TEXTS.contains(&member) => {
                self.put_in_text(&json.to_string()).into()
            }
            Value::Object(members) => {
                let members = members
                    .iter()
                    .map(|(name, value)| (name.clone(), self.put_in(name, value)));
                members.collect::<Map<_, _>>().into()
            }
            Value::Array(items) => items.iter().map(|item| self.put_in("", item)).collect(),
            other => other.clone(),
        }
    }

    fn put_in_text(&self, text: &str) -> String {
        let known = self
            .0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str().unwrap_or_default()));
        let given = [("<role>", ROLE), ("<definition>", DEFINITION)];
        known
            .chain(given)
            .fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    fn named(&self, text: &str) -> Option<Value> {
        self.0.get(text).cloned()
    }

    /// Errors at what differs, and binds names that stand for nothing yet.
    fn same(&mut self, place: &str, wanted: &Value, got: &Value) -> Result<(), String> {
        let differs = || Err(format!("{place}\n   got {got}\nwanted {wanted}"));
        match (wanted, got) {
            (Value::String(name), got) if name.starts_with('<') && name.ends_with('>') && !got.is_null() => {
                let known = self.named(name).or_else(|| {
                    let given = self.put_in_text(name);
                    (given != *name).then(|| given.into())
                });
                match known {
                    Some(known) if known == *got => Ok(()),
                    Some(known) => Err(format!("{place}\n   got {got}\nwanted {name}, which is {known}")),
                    None => {
                        self.0.insert(name.clone(), got.clone());
                        Ok(())
                    }
                }
            }
            (Value::String(wanted), Value::String(got)) if self.put_in_text(wanted) == *got => Ok(()),
            (Value::Object(_) | Value::Array(_), Value::String(text)) => {
                let Ok(got) = serde_json::from_str(text) else {
                    return differs();
                };
                self.same(place, wanted, &got)
            }
            (Value::Object(members), Value::Object(others)) => {
                let all = members.keys().chain(others.keys());
                let mut all = all.map(|name| (name, members.get(name), others.get(name)));
                all.try_for_each(|(name, wanted, got)| {
                    let place = format!("{place}/{name}");
                    match (wanted, got) {
                        (Some(wanted), Some(got)) => self.same(&place, wanted, got),
                        (wanted, got) => Err(format!("{place}\n   got {}\nwanted {}", json!(got), json!(wanted))),
                    }
                })
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                let mut pairs = items.iter().zip(others).enumerate();
                pairs.try_for_each(|(i, (wanted, got))| self.same(&format!("{place}/{i}"), wanted, got))
            }
            (wanted, got) if wanted == got => Ok(()),
            _ => differs(),
        }
    }
}
