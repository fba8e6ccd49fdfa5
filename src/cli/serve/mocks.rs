//! `--mock` and `--answer`: answers from files in place of the work of tasks.

use async_trait::async_trait;
use clap::Args;
use serde_json::Value;
use std::time::Duration;

use crate::TaskError;
use crate::cli::arguments::pair;
use crate::cli::failure::{Failure, reason};
use crate::cli::stores::tell;
use crate::handlers::{Handler, TaskContext};
use crate::history::ErrorOutput;
use crate::runtime::Interpreter;
use crate::server::StepFunctions;
use crate::simulation::{MockConfig, mocked_answer};

/// How often the mock file is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Options for mocks.
#[derive(Args)]
pub(super) struct Mocks {
    /// Mock file of Step Functions Local, followed when it changes: an execution that is started by
    /// `stateMachineArn#TestCase` uses the answers of the test case
    #[arg(long, value_name = "FILE", env = "SFN_MOCK_CONFIG", hide_env_values = true)]
    mock: Option<String>,
    /// File with the answer to every task of a resource, by the resource's ARN or the name of a Lambda function:
    /// `{"Return": …}` or `{"Throw": {"Error": …, "Cause": …}}`; may be given more than once
    #[arg(long, value_name = "RESOURCE=FILE", value_parser = pair)]
    answer: Vec<(String, String)>,
}

impl Mocks {
    /// Lets an interpreter answer the tasks of mocked resources.
    pub(super) fn serve(&self, mut interpreter: Interpreter, is_stored: bool) -> Result<Interpreter, Failure> {
        if let Some(file) = self.mock.as_deref().filter(|_| is_stored) {
            let message = format!(
                "`{file}` counts in memory how often a test case has answered, which executions in a store outlive"
            );
            return Err(Failure::new(message).help("leave out `--mock` and SFN_MOCK_CONFIG, or `--data`"));
        }
        for (resource, file) in &self.answer {
            let answer = mocked_answer(&text_of(file)?).map_err(|error| Failure::new(format!("`{file}`: {error}")))?;
            interpreter = if resource.starts_with("arn:") {
                interpreter.handler(resource, Mock(answer))
            } else {
                interpreter.function(resource, Mock(answer))
            };
        }
        Ok(interpreter)
    }

    /// The mock file; it is not read yet.
    pub(super) fn file(&self) -> MockFile {
        MockFile {
            file: self.mock.clone(),
            text: String::new(),
        }
    }
}

/// The mock file as it was read last.
pub(super) struct MockFile {
    file: Option<String>,
    text: String,
}

impl MockFile {
    /// Reads the file, if it has changed. Errors if it cannot be used.
    pub(super) fn read(&mut self, api: &StepFunctions) -> Result<(), Failure> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = text_of(file)?;
        if text != self.text {
            let mocks = MockConfig::parse(&text).map_err(|error| Failure::new(format!("`{file}`: {error}")))?;
            api.mocks(mocks);
            self.text = text;
        }
        Ok(())
    }

    /// Reads what changes in the file, for ever. If it cannot be used, that is told, and the last one goes on.
    pub(super) async fn watch(&mut self, api: &StepFunctions) {
        if self.file.is_none() {
            return std::future::pending().await;
        }
        let mut told = String::new();
        loop {
            tokio::time::sleep(PAUSE).await;
            let problem = self
                .read(api)
                .err()
                .map_or_else(String::new, |failure| failure.to_string());
            if !problem.is_empty() && problem != told {
                tell(&problem);
            }
            told = problem;
        }
    }
}

fn text_of(file: &str) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| Failure::new(format!("cannot read `{file}`: {}", reason(&error))))
}

/// Answers every task of a resource in the same way.
struct Mock(Result<Value, ErrorOutput>);

#[async_trait]
impl Handler for Mock {
    async fn call(&self, _input: Value, _context: TaskContext) -> Result<Value, TaskError> {
        let thrown = |error: ErrorOutput| {
            let ErrorOutput { error, cause } = error;
            TaskError::new(error.unwrap_or_default(), cause.unwrap_or_default())
        };
        self.0.clone().map_err(thrown)
    }
}
