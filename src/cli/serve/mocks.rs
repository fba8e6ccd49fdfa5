//! `--mock`: a mock file of Step Functions Local.

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use std::time::Duration;

use crate::cli::failure::{Failure, reason};
use crate::cli::stores::tell;
use crate::server::StepFunctions;
use crate::simulation::MockConfig;

/// How often the mock file is looked at.
const PAUSE: Duration = Duration::from_millis(500);

/// Options for mocks.
#[derive(Args)]
pub(super) struct MockOptions {
    /// Mock file of Step Functions Local, followed when it changes: an execution that is started by
    /// `stateMachineArn#TestCase` uses the answers of the test case
    #[arg(long, value_name = "FILE", env = "SFN_MOCK_CONFIG", hide_env_values = true, value_parser = NonEmptyStringValueParser::new())]
    mock: Option<String>,
}

impl MockOptions {
    pub(super) fn are_given(&self) -> bool {
        self.mock.is_some()
    }

    /// Errors with a store, which test cases do not outlive.
    pub(super) fn check(&self, is_stored: bool) -> Result<(), Failure> {
        let Some(file) = self.mock.as_deref().filter(|_| is_stored) else {
            return Ok(());
        };
        let message = format!(
            "`{file}` counts in memory how often a test case has answered, which executions in a store outlive"
        );
        Err(Failure::new(message).help("leave out `--mock` and SFN_MOCK_CONFIG, or `--data`"))
    }

    /// The mock file; it is not read yet.
    pub(super) fn file(&self) -> MockFile {
        MockFile {
            file: self.mock.clone(),
            text: None,
        }
    }
}

/// The mock file as it was read last.
pub(super) struct MockFile {
    file: Option<String>,
    text: Option<String>,
}

impl MockFile {
    /// Reads the file, if it has changed. Errors if it cannot be used.
    pub(super) fn read(&mut self, api: &StepFunctions) -> Result<(), Failure> {
        let Some(file) = &self.file else { return Ok(()) };
        let text = text_of(file)?;
        if self.text.as_ref() != Some(&text) {
            let mocks = MockConfig::parse(&text).map_err(|error| Failure::new(format!("`{file}`: {error}")))?;
            api.mocks(mocks);
            self.text = Some(text);
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
