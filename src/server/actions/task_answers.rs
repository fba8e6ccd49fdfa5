//! Answers of workers, by task token.

use serde_json::Value;

use super::DATA;
use crate::data::json::{NotJson, Source};
use crate::data::json_value;
use crate::error::{Error, ErrorKind};
use crate::history::ErrorOutput;
use crate::server::request::Request;
use crate::server::{Service, empty};
use crate::services::step_functions::{StepFunctionsError, TaskAnswer};

const TASK_TOKEN: std::ops::RangeInclusive<usize> = 1..=2_048;

impl Service {
    /// `SendTaskSuccess`
    pub(in crate::server) async fn send_task_success(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["taskToken", "output"])?;
        let token = request.required_data("taskToken", TASK_TOKEN);
        let output = request.required_data("output", DATA);
        request.check()?;
        // The token is checked first, as on AWS.
        self.check_token(token).await?;
        let output = json_value(output)
            .map_err(|_| StepFunctionsError::invalid_output(&NotJson::of(output).problem(Source::Quoted)))?;
        self.answer(token, TaskAnswer::Success(output)).await?;
        Ok(empty())
    }

    /// `SendTaskFailure`
    pub(in crate::server) async fn send_task_failure(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["taskToken", "error", "cause"])?;
        let token = request.required_data("taskToken", TASK_TOKEN);
        let error = request.data("error", 0..=256).map(str::to_owned);
        let cause = request.data("cause", 0..=32_768).map(str::to_owned);
        request.check()?;
        self.answer(token, TaskAnswer::Failure(ErrorOutput { error, cause }))
            .await?;
        Ok(empty())
    }

    /// `SendTaskHeartbeat`
    pub(in crate::server) async fn send_task_heartbeat(&self, request: &Value) -> Result<Value, StepFunctionsError> {
        let mut request = Request::of(request, &["taskToken"])?;
        let token = request.required_data("taskToken", TASK_TOKEN);
        request.check()?;
        self.answer(token, TaskAnswer::Heartbeat).await?;
        Ok(empty())
    }
}

impl Service {
    /// Errors if nobody waits for the answer of a token.
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(in crate::server) async fn check_token(&self, token: &str) -> Result<(), StepFunctionsError> {
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            return Ok(cluster.client.check_token(token).await?);
        }
        Ok(self.interpreter.check_token(token)?)
    }

    /// Whether a task of an execution waits for the answer of a token. Of a cluster it is only known that somebody does.
    #[cfg(feature = "console")]
    #[cfg_attr(
        not(feature = "restate"),
        expect(clippy::unused_async, reason = "a cluster is asked and waited for")
    )]
    pub(in crate::server) async fn is_token_of(&self, token: &str, execution_arn: &str) -> bool {
        #[cfg(feature = "restate")]
        if self.cluster().is_some() {
            return self.check_token(token).await.is_ok();
        }
        self.interpreter.is_token_of(token, execution_arn)
    }

    async fn answer(&self, token: &str, answer: TaskAnswer) -> Result<(), StepFunctionsError> {
        #[cfg(feature = "restate")]
        if let Some(cluster) = self.cluster() {
            let client = &cluster.client;
            match answer {
                TaskAnswer::Success(output) => client.send_task_success(token, output).await?,
                TaskAnswer::Failure(error) => client.send_task_failure(token, error).await?,
                TaskAnswer::Heartbeat => client.send_task_heartbeat(token).await?,
            }
            return Ok(());
        }
        let interpreter = &self.interpreter;
        match answer {
            TaskAnswer::Success(output) => interpreter.task_succeeded(token, output).await?,
            TaskAnswer::Failure(error) => interpreter.task_failed(token, error).await?,
            TaskAnswer::Heartbeat => interpreter.task_heartbeat(token).await?,
        }
        Ok(())
    }
}

impl From<Error> for StepFunctionsError {
    fn from(error: Error) -> Self {
        let code = match error.kind() {
            ErrorKind::InvalidToken => "InvalidToken",
            ErrorKind::TaskTimedOut => "TaskTimedOut",
            ErrorKind::ActivityDoesNotExist => "ActivityDoesNotExist",
            _ => return Self::internal(error.to_string()),
        };
        Self::new(code, error.to_string())
    }
}
