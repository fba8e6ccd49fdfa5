//! From a test to its result.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::definition::{STATE_NAME, Tested};
use super::error::{Exception, TestStateError};
use super::result::{InspectionData, TestStateResult, TestStatus, Texts};
use super::{TestState, context, json};
use crate::data::{
    ExecutionContext, JsonText, MAX_NESTING, Payload, StateMachineContext, nests_within, within_nesting,
};
use crate::definition::{Code, IntegrationPattern, ResourceKind, State, StateMachine};
use crate::error::predefined_errors;
use crate::execution::{End, Failure, Inspection, Program, SingleState, Stage, StartOptions, Surroundings, Work};
use crate::history::ErrorOutput;

/// The longest input, in bytes.
const LONGEST_INPUT: usize = 262_144;

impl TestState<'_> {
    /// Runs the state.
    ///
    /// Errors where AWS answers with an exception: the definition is not valid, or the arguments do not fit together. A
    /// failing state is a normal result.
    pub fn run(mut self) -> Result<TestStateResult, TestStateError> {
        self.check_mock()?;
        let tested = Tested::read(&self.definition, self.state_name.as_deref())?;
        let program = Program::compile(&tested.machine);
        let Some(state) = program.state_named(&tested.name).map(|node| &node.state) else {
            return Err(TestStateError::validation("State not found in definition"));
        };
        self.check_support(state)?;
        self.check_configuration(&tested, state)?;
        let input = execution_input(&self.input)?;
        let raw_result = match &self.mock {
            Some(mock) => mock.result_for(&tested, state)?.map(Payload::from),
            None => None,
        };
        let mut inspection = Inspection::new(self.given_context(state)?, self.given_items(&tested)?);
        inspection.state_name = Some(STATE_NAME);
        let texts = Texts {
            input: (input.clone(), JsonText::from(self.input.as_str())),
            result: raw_result.clone().zip(self.mocked_text()),
        };
        let surroundings = self.surroundings(&input)?;
        let Some(single) = SingleState::new(&program, &tested.name, surroundings, &inspection) else {
            return Err(TestStateError::validation("State not found in definition"));
        };
        let level = self.level;
        let ended = single.run(&input, |work| self.worked(work, raw_result, &inspection))?;
        let inspection_data = InspectionData::of(level, &inspection, &texts, ended.variables, &ended.end);
        let (status, left) = match ended.end {
            End::Left(left) => (TestStatus::Succeeded, Some(left)),
            End::Caught { left, .. } => (TestStatus::CaughtError, Some(left)),
            End::Retried { .. } => (TestStatus::Retriable, None),
            End::Failed { .. } => (TestStatus::Failed, None),
        };
        let ErrorOutput { error, cause } = ended.error.unwrap_or_default();
        Ok(TestStateResult {
            status,
            output: left.as_ref().map(|left| texts.of(&left.output)),
            error,
            cause,
            next_state: left.and_then(|left| left.next).map(|next| next.to_string()),
            inspection_data,
        })
    }

    fn check_mock(&self) -> Result<(), TestStateError> {
        let Some(mock) = &self.mock else { return Ok(()) };
        if self.reveals_secrets {
            return Err(TestStateError::validation(
                "TestState does not support RevealSecrets when a mock is specified.",
            ));
        }
        mock.check()
    }

    /// Checks that a state of this type may be tested with, or without, a mock.
    fn check_support(&self, state: &State) -> Result<(), TestStateError> {
        let has_work = matches!(state, State::Task(_) | State::Parallel(_) | State::Map(_));
        if self.mock.is_some() {
            if has_work {
                return Ok(());
            }
            let state_type = state.state_type();
            return Err(TestStateError::validation(format!(
                "State type '{state_type}' is not supported when a mock is specified"
            )));
        }
        if self.configuration.map_iteration_failure_count.is_some() {
            return Err(TestStateError::validation(
                "TestState does not support MapIterationFailureCount when a mock is not specified.",
            ));
        }
        match state {
            State::Task(task) => {
                let kind = task.resource.kind();
                if task.resource.pattern() != IntegrationPattern::RequestResponse || *kind == ResourceKind::Activity {
                    return Err(TestStateError::definition(
                        "TestState API does not support activities, '.sync' and '.waitForTaskToken' when a mock is not \
                         specified.",
                    ));
                }
                if self.role_arn.is_none() {
                    return Err(TestStateError::validation(
                        "RoleArn must be specified when testing a Task state",
                    ));
                }
                if self.task.is_none() {
                    return Err(TestStateError::validation(
                        "the Task has neither a mock nor a handler: nobody does its work",
                    ));
                }
                Ok(())
            }
            State::Parallel(_) | State::Map(_) => Err(TestStateError::definition(
                "TestState API does not support Map or Parallel states. Supported state types include: [Task, Wait, \
                 Pass, Succeed, Fail, Choice]",
            )),
            _ => Ok(()),
        }
    }

    fn check_configuration(&self, tested: &Tested, state: &State) -> Result<(), TestStateError> {
        let is_map = matches!(state, State::Map(_));
        if let Some(name) = &self.configuration.error_caused_by_state
            && !tested.holds(name)
        {
            return Err(TestStateError::validation(format!(
                "ErrorCausedByState names '{name}', which is no state inside '{}'",
                tested.name
            )));
        }
        if self.configuration.map_iteration_failure_count.is_some() && !is_map {
            return Err(TestStateError::validation(
                "MapIterationFailureCount is supported for Map states only",
            ));
        }
        let reads_items = is_map && tested.has("ItemReader");
        if reads_items != self.configuration.map_item_reader_data.is_some() {
            return Err(TestStateError::validation(if reads_items {
                "MapItemReaderData must be specified when testing a Map state with an ItemReader"
            } else {
                "MapItemReaderData is supported for Map states with an ItemReader only"
            }));
        }
        Ok(())
    }

    fn given_context(&self, state: &State) -> Result<Option<Value>, TestStateError> {
        let Some(text) = &self.context else { return Ok(None) };
        if self.mock.is_none() {
            return Err(TestStateError::validation(
                "TestState does not support Context when a mock is not specified.",
            ));
        }
        let has_token = match state {
            State::Task(task) => task.resource.pattern() != IntegrationPattern::RequestResponse,
            _ => false,
        };
        context::read(text, has_token).map(Some)
    }

    fn given_items(&self, tested: &Tested) -> Result<Option<Payload>, TestStateError> {
        let Some(text) = &self.configuration.map_item_reader_data else {
            return Ok(None);
        };
        match json::read(text) {
            Some(items @ Value::Array(_)) => Ok(Some(Payload::from(items))),
            _ => Err(TestStateError::validation(format!(
                "MapItemReaderData of '{}' must be a valid JSON array",
                tested.name
            ))),
        }
    }

    fn mocked_text(&self) -> Option<JsonText> {
        let text = self.mock.as_ref()?.result.as_deref()?;
        Some(JsonText::from(text))
    }

    /// The context object of a test as on AWS: an Express execution in the account of the role.
    fn surroundings(&self, input: &Payload) -> Result<Surroundings, TestStateError> {
        let options = StartOptions::new(Value::Null);
        let role_arn: Option<Arc<str>> = self.role_arn.as_deref().map(Into::into);
        let account = role_arn
            .as_ref()
            .unwrap_or(&options.role_arn)
            .split(':')
            .nth(4)
            .unwrap_or_default();
        let state_machine =
            StateMachineContext::new(options.state_machine.region(), account, &options.state_machine.name);
        let variables = match self.variables.as_deref().map(json::read) {
            None => Map::new(),
            Some(Some(Value::Object(variables))) => variables,
            Some(_) => return Err(TestStateError::validation("Variables must be a valid JSON object")),
        };
        let id = state_machine
            .execution_arn(&options.name)
            .replacen(":execution:", ":express:", 1);
        Ok(Surroundings {
            execution: ExecutionContext::new(id.into(), &options.name, input.clone(), role_arn, self.now, false),
            state_machine,
            variables,
            retries: self.configuration.retrier_retry_count.unwrap_or(0),
            seed: self.seed,
            now: self.now,
        })
    }

    /// The outcome of the state's work.
    fn worked(
        &mut self,
        work: Work<'_>,
        raw_result: Option<Payload>,
        inspection: &Inspection,
    ) -> Result<Result<Payload, Failure>, TestStateError> {
        if let Work::Iterations(items) = work {
            let iterations = items.as_array().map_or(0, Vec::len);
            if let Some(error) = self.too_many_failures(iterations, raw_result.is_some(), inspection)? {
                return Ok(Err(Failure::Error(error)));
            }
        }
        if let Some(raw_result) = raw_result {
            let is_too_deep = !nests_within(&raw_result, MAX_NESTING);
            return Ok(if is_too_deep {
                Err(Failure::nested_too_deep())
            } else {
                Ok(raw_result)
            });
        }
        if let Some(error) = self.mock.as_mut().and_then(|mock| mock.error_output.take()) {
            return Ok(Err(Failure::Error(error)));
        }
        match (work, self.task.take()) {
            (Work::Task(effective_input), Some(handler)) => Ok(match handler(effective_input) {
                Ok(raw_result) => within_nesting(raw_result)
                    .map(Payload::from)
                    .ok_or_else(Failure::nested_too_deep),
                Err(error) => Err(Failure::Error(error.into())),
            }),
            _ => Err(TestStateError::validation("nobody does the work of the state")),
        }
    }

    /// The error of a Map with more failures than it tolerates. A mocked error takes precedence.
    fn too_many_failures(
        &self,
        iterations: usize,
        has_result: bool,
        inspection: &Inspection,
    ) -> Result<Option<ErrorOutput>, TestStateError> {
        let Some(failures) = self.configuration.map_iteration_failure_count else {
            return Ok(None);
        };
        if usize::try_from(failures).is_ok_and(|failures| failures > iterations) {
            return Err(TestStateError::validation(
                "Map iteration failure count must be less than or equal to the number of Map iterations",
            ));
        }
        let tolerated = |stage| inspection.at(stage).and_then(|number| number.as_f64());
        let failures = f64::from(failures);
        let percentage = failures * 100.0 / f64::from(u32::try_from(iterations.max(1)).unwrap_or(u32::MAX));
        let exceeds = tolerated(Stage::ToleratedFailureCount).is_some_and(|tolerated| failures > tolerated)
            || tolerated(Stage::ToleratedFailurePercentage).is_some_and(|tolerated| percentage > tolerated);
        Ok((exceeds && has_result).then(|| ErrorOutput {
            error: Some(predefined_errors::EXCEED_TOLERATED_FAILURE_THRESHOLD.into()),
            cause: Some("The specified tolerated failure threshold was exceeded".into()),
        }))
    }
}

/// The input, or AWS's error for a text that is not JSON.
fn execution_input(text: &str) -> Result<Payload, TestStateError> {
    if text.len() > LONGEST_INPUT {
        return Err(TestStateError::validation(format!(
            "1 validation error detected: Value at 'input' failed to satisfy constraint: Member must have length less \
             than or equal to {LONGEST_INPUT}"
        )));
    }
    let invalid = |problem: &str| {
        Err(TestStateError::new(
            Exception::InvalidExecutionInput,
            format!("Invalid State Machine Execution Input: '{problem}'"),
        ))
    };
    let error = match serde_json::from_str::<Value>(text).map(within_nesting) {
        Ok(Some(input)) => return Ok(Payload::from(input)),
        Ok(None) => return invalid(&format!("it nests arrays and objects deeper than {MAX_NESTING} levels")),
        Err(error) => error,
    };
    let diagnostics = StateMachine::validate(text);
    let problem = diagnostics
        .iter()
        .find(|diagnostic| diagnostic.code == Code::InvalidJsonDescription)
        .map(|diagnostic| {
            diagnostic
                .message
                .split("\n at [")
                .next()
                .unwrap_or_default()
                .to_owned()
        });
    invalid(&problem.unwrap_or_else(|| error.to_string()))
}
