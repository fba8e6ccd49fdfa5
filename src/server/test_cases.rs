//! Executions with the answers of a test case: `stateMachineArn#TestCase`, as in Step Functions Local.

use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Service, StepFunctions};
use crate::execution::Task;
use crate::history::ErrorOutput;
use crate::runtime::{Mocks, Resolved};
use crate::services::step_functions::StepFunctionsError;
use crate::simulation::{MockConfig, TestCase};

impl StepFunctions {
    /// Sets the mock file whose test cases answer tasks, in place of an earlier one. Running executions are unaffected.
    ///
    /// An execution uses a test case if it is started by `stateMachineArn#TestCase`, by a task too. States that the test
    /// case does not name do their work as usual.
    ///
    /// ```
    /// use asl_engine::Interpreter;
    /// use asl_engine::server::StepFunctions;
    /// use asl_engine::simulation::MockConfig;
    /// use serde_json::json;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mocks: MockConfig = r#"{
    ///   "StateMachines": { "Orders": { "TestCases": { "Paid": { "Charge": "Paid" } } } },
    ///   "MockedResponses": { "Paid": { "0": { "Return": { "paid": true } } } }
    /// }"#.parse()?;
    /// let api = StepFunctions::new(Interpreter::new());
    /// api.mocks(mocks);
    /// # let definition = json!({ "StartAt": "Charge", "States": { "Charge": { "Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:F", "End": true } } });
    /// # api.call("CreateStateMachine", json!({ "name": "Orders", "definition": definition.to_string(), "roleArn": "arn:aws:iam::123456789012:role/R", "type": "EXPRESS" })).await?;
    /// let ended = api.call("StartSyncExecution", json!({
    ///     "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:Orders#Paid"
    /// })).await?;
    /// assert_eq!(ended["output"], r#"{"paid":true}"#);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The invocations are counted in memory, so an API over a store refuses such a start.
    pub fn mocks(&self, mocks: MockConfig) {
        *self.service.mocks.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(mocks));
    }
}

/// The ARN of a state machine without `#TestCase`.
pub(super) fn without_test_case(arn: &str) -> &str {
    arn.split_once('#').map_or(arn, |(arn, _)| arn)
}

impl Service {
    /// The state machine of an ARN, which may end in `#TestCase`.
    pub(super) fn resolve_for_start(&self, arn: &str) -> Result<Resolved, StepFunctionsError> {
        let (arn, test_case) = match arn.split_once('#') {
            Some((arn, test_case)) => (arn, Some(test_case)),
            None => (arn, None),
        };
        let target = self.registry().target(arn)?;
        let Some(test_case) = test_case else {
            return Ok(Resolved { target, mocks: None });
        };
        if self.is_stored() {
            let message = "Test cases are counted in memory, and executions in a store outlive it: start without `#`";
            return Err(StepFunctionsError::validation(message));
        }
        let mocks = self.mocks.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mocks = mocks.ok_or_else(|| {
            StepFunctionsError::validation(format!("There is no mock file with a test case `{test_case}`"))
        })?;
        let test_case = mocks
            .test_case(&target.state_machine.name, test_case, &target.program)
            .map_err(|error| StepFunctionsError::validation(format!("In the mock file {error}")))?;
        let mocks = Some(Arc::new(Counted(Mutex::new(test_case))) as Arc<dyn Mocks>);
        Ok(Resolved { target, mocks })
    }
}

/// The test case of one execution.
#[derive(Debug)]
struct Counted(Mutex<TestCase>);

impl Mocks for Counted {
    fn answer(&self, task: &Task) -> Option<Result<Value, ErrorOutput>> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .answer(&task.state)
    }
}
