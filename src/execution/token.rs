//! Task tokens: unguessable texts that an execution can recompute instead of storing them.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize, Serializer};
use sha2::{Digest, Sha256};
use std::fmt;
use std::num::NonZeroU64;
use std::sync::Arc;

/// The secret that makes an execution's task tokens unguessable; it never appears in the execution's data or in
/// `Debug`.
///
/// A driver that accepts tokens from outside gives each execution its own random secret. The default is no secret: the
/// same execution then always has the same tokens, which suits tests.
#[derive(Clone, Default, Deserialize)]
#[serde(from = "Stored")]
pub struct TokenSecret {
    text: Arc<str>,
    /// What distinguishes it from others with the same text: its decimal digits follow the text.
    number: Option<NonZeroU64>,
}

impl TokenSecret {
    /// A secret; 128 random bits or more, in any form.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            text: secret.into().into(),
            number: None,
        }
    }

    /// One of many secrets that share the memory of their text.
    #[cfg_attr(not(feature = "runtime"), expect(dead_code, reason = "only drivers make many"))]
    pub(crate) fn numbered(text: Arc<str>, number: NonZeroU64) -> Self {
        Self {
            text,
            number: Some(number),
        }
    }

    fn text(&self) -> String {
        [&*self.text, &self.number_text()].concat()
    }

    fn number_text(&self) -> String {
        self.number.map(|number| number.to_string()).unwrap_or_default()
    }

    /// The token of an attempt: `serial` is its frame's, `entered_event` the visit to the state, `retry_count` the attempt.
    pub(crate) fn token(&self, execution_arn: &str, serial: u32, entered_event: u64, retry_count: u32) -> String {
        let mut hash = Sha256::new();
        // Each part is prefixed with its length, so that no two attempts hash the same bytes.
        let number = self.number_text();
        for (text, rest) in [(&*self.text, &*number), (execution_arn, "")] {
            hash.update(((text.len() + rest.len()) as u64).to_be_bytes());
            hash.update(text);
            hash.update(rest);
        }
        hash.update(serial.to_be_bytes());
        hash.update(entered_event.to_be_bytes());
        hash.update(retry_count.to_be_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(hash.finalize())
    }
}

impl PartialEq for TokenSecret {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl Eq for TokenSecret {}

/// A secret in a snapshot: its whole text.
#[derive(Deserialize)]
#[serde(transparent)]
struct Stored(String);

impl From<Stored> for TokenSecret {
    fn from(Stored(secret): Stored) -> Self {
        Self::new(secret)
    }
}

// As `Stored`, without a copy: every start under a store writes one.
impl Serialize for TokenSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number {
            None => serializer.serialize_str(&self.text),
            Some(number) => serializer.collect_str(&format_args!("{}{number}", self.text)),
        }
    }
}

impl fmt::Debug for TokenSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::StateMachine;
    use crate::execution::{Event, Execution, Program, Snapshot, StartOptions};
    use crate::history::ErrorOutput;
    use chrono::DateTime;
    use serde_json::json;
    use std::collections::HashSet;
    use std::sync::Arc;

    const START: DateTime<chrono::Utc> = DateTime::UNIX_EPOCH;

    /// An execution of two branches that wait for a token each, and try again at once.
    fn start(secret: &str, name: &str) -> Execution {
        let ask = |name: &str| {
            json!({ "StartAt": name, "States": { name: {
                "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": { "QueueUrl": "q", "MessageBody.$": "$$.Task.Token" },
                "Retry": [{ "ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2 }], "End": true
            }}})
        };
        let machine = json!({ "StartAt": "P", "States": { "P": { "Type": "Parallel", "Branches": [ask("A"), ask("B")], "End": true } } });
        let machine: StateMachine = machine.to_string().parse().unwrap();
        let mut options = StartOptions::new(json!({}));
        options.token_secret = TokenSecret::new(secret);
        options.name = name.into();
        Execution::start(Arc::new(Program::compile(&machine)), options, START)
    }

    fn tokens(execution: &mut Execution) -> Vec<String> {
        let tasks = execution.unanswered_tasks();
        for task in &tasks {
            assert_eq!(
                task.request.effective_input["MessageBody"].as_str(),
                task.request.token.as_deref()
            );
        }
        tasks
            .into_iter()
            .filter_map(|task| task.request.token.clone())
            .collect()
    }

    fn fail_all(execution: &mut Execution) {
        for task in execution.unanswered_tasks() {
            let error = ErrorOutput::default();
            execution.handle(START, Event::TaskFailed { task: task.id, error });
        }
        while execution.poll_command().is_some() {}
        let deadline = execution.next_deadline().unwrap();
        execution.handle(deadline, Event::DeadlineReached);
    }

    #[test]
    fn every_attempt_has_another_token() {
        let mut seen = HashSet::new();
        for (secret, name) in [("a", "1"), ("a", "2"), ("b", "1")] {
            let mut execution = start(secret, name);
            for _ in 0..2 {
                seen.extend(tokens(&mut execution));
                fail_all(&mut execution);
            }
        }
        assert_eq!(seen.len(), 3 * 2 * 2);
        assert!(seen.iter().all(|token| token.len() == 43), "{seen:?}");
    }

    #[test]
    fn a_restored_execution_goes_on_with_the_same_tokens() {
        let mut straight = start("a", "1");
        let stored = serde_json::to_string(&straight.snapshot()).unwrap();
        let snapshot: Snapshot = serde_json::from_str(&stored).unwrap();
        let mut restored = Execution::restore(Arc::clone(straight.program()), snapshot).unwrap();
        for _ in 0..2 {
            assert_eq!(tokens(&mut straight), tokens(&mut restored));
            fail_all(&mut straight);
            fail_all(&mut restored);
        }
    }

    #[test]
    fn the_secret_is_not_printed() {
        assert!(!format!("{:?}", start("hush", "1")).contains("hush"));
    }
}
