//! The result of `TestState`.

use serde_json::{Map, Value};
use std::fmt;

use super::InspectionLevel;
use crate::data::{JsonText, Payload};
use crate::execution::{End, Inspection, Stage};

/// The outcome of a tested state, with its inspection data (API reference, `TestState`, response syntax).
///
/// Data is JSON text, as on AWS: a text that no stage has touched is the caller's own, with its whitespace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestStateResult {
    /// The status.
    pub status: TestStatus,
    /// The output of a state that succeeded, or the output of its Catcher.
    pub output: Option<JsonText>,
    /// The name of the error, also if it was retried or caught.
    pub error: Option<String>,
    /// The cause of the error.
    pub cause: Option<String>,
    /// The next state; `None` if the state ends its graph, is retried or failed.
    pub next_state: Option<String>,
    /// The data after each stage; `None` at the level [`InspectionLevel::Info`].
    pub inspection_data: Option<InspectionData>,
}

/// The status of a tested state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TestStatus {
    /// `SUCCEEDED`
    Succeeded,
    /// `FAILED`
    Failed,
    /// `RETRIABLE`: a Retrier would retry it.
    Retriable,
    /// `CAUGHT_ERROR`: a Catcher caught the error.
    CaughtError,
}

impl TestStatus {
    /// The status on AWS.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Retriable => "RETRIABLE",
            Self::CaughtError => "CAUGHT_ERROR",
        }
    }
}

impl fmt::Display for TestStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The data after each stage, as JSON text (API reference, `InspectionData`). A stage that the state does not have, or
/// did not reach, is absent.
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct InspectionData {
    /// After `Arguments`, in JSONata.
    pub after_arguments: Option<JsonText>,
    /// After `InputPath`.
    pub after_input_path: Option<JsonText>,
    /// The input of each iteration, after `ItemSelector`.
    pub after_item_selector: Option<JsonText>,
    /// The items, after `ItemsPath`.
    pub after_items_path: Option<JsonText>,
    /// After `Parameters`.
    pub after_parameters: Option<JsonText>,
    /// After `ResultPath`.
    pub after_result_path: Option<JsonText>,
    /// After `ResultSelector`.
    pub after_result_selector: Option<JsonText>,
    /// The Retrier or Catcher that handled the error.
    pub error_details: Option<ErrorDetails>,
    /// The raw input.
    pub input: Option<JsonText>,
    /// A Map's `MaxConcurrency`; 0 sets no limit.
    pub max_concurrency: Option<u64>,
    /// The raw result.
    pub result: Option<JsonText>,
    /// A Map's `ToleratedFailureCount`.
    pub tolerated_failure_count: Option<u64>,
    /// A Map's `ToleratedFailurePercentage`.
    pub tolerated_failure_percentage: Option<f64>,
    /// The variables after the state, if there are any.
    pub variables: Option<JsonText>,
}

/// The Retrier or Catcher that handled an error, by its index (API reference, `InspectionErrorDetails`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetails {
    /// The Catcher that caught the error.
    pub catch_index: Option<usize>,
    /// The matching Retrier, even if its retries are used up.
    pub retry_index: Option<usize>,
    /// The delay before the retry in whole seconds.
    pub retry_backoff_interval_seconds: Option<i64>,
}

impl TestStateResult {
    /// The response in the form of AWS's API: data as text, members sorted by name.
    pub fn to_json(&self) -> Value {
        object([
            ("cause", self.cause.clone().map(Value::from)),
            ("error", self.error.clone().map(Value::from)),
            (
                "inspectionData",
                self.inspection_data.as_ref().map(InspectionData::to_json),
            ),
            ("nextState", self.next_state.clone().map(Value::from)),
            ("output", text(self.output.as_ref())),
            ("status", Some(self.status.as_str().into())),
        ])
    }

    /// The output as data.
    pub fn output_value(&self) -> Option<Value> {
        serde_json::from_str(self.output.as_ref()?.as_str()).ok()
    }
}

impl InspectionData {
    /// The member `inspectionData` of the response.
    pub fn to_json(&self) -> Value {
        object([
            ("afterArguments", text(self.after_arguments.as_ref())),
            ("afterInputPath", text(self.after_input_path.as_ref())),
            ("afterItemSelector", text(self.after_item_selector.as_ref())),
            ("afterItemsPath", text(self.after_items_path.as_ref())),
            ("afterParameters", text(self.after_parameters.as_ref())),
            ("afterResultPath", text(self.after_result_path.as_ref())),
            ("afterResultSelector", text(self.after_result_selector.as_ref())),
            ("errorDetails", self.error_details.map(ErrorDetails::to_json)),
            ("input", text(self.input.as_ref())),
            ("maxConcurrency", self.max_concurrency.map(Value::from)),
            ("result", text(self.result.as_ref())),
            ("toleratedFailureCount", self.tolerated_failure_count.map(Value::from)),
            (
                "toleratedFailurePercentage",
                self.tolerated_failure_percentage.map(Value::from),
            ),
            ("variables", text(self.variables.as_ref())),
        ])
    }

    /// The inspection data, if the level shows it.
    pub(super) fn of(
        level: InspectionLevel,
        seen: &Inspection,
        texts: &Texts,
        variables: Map<String, Value>,
        end: &End,
    ) -> Option<Self> {
        if level == InspectionLevel::Info {
            return None;
        }
        let at = |stage| seen.at(stage).map(|data| texts.of(&data));
        let number = |stage| seen.at(stage)?.as_u64();
        Some(Self {
            after_arguments: at(Stage::AfterArguments),
            after_input_path: at(Stage::AfterInputPath),
            after_item_selector: at(Stage::AfterItemSelector),
            after_items_path: at(Stage::AfterItemsPath),
            after_parameters: at(Stage::AfterParameters),
            after_result_path: at(Stage::AfterResultPath),
            after_result_selector: at(Stage::AfterResultSelector),
            error_details: ErrorDetails::of(end),
            input: Some(texts.input.1.clone()),
            max_concurrency: number(Stage::MaxConcurrency),
            result: at(Stage::Result),
            tolerated_failure_count: number(Stage::ToleratedFailureCount),
            tolerated_failure_percentage: seen
                .at(Stage::ToleratedFailurePercentage)
                .and_then(|percentage| percentage.as_f64()),
            variables: (!variables.is_empty()).then(|| Payload::from(Value::Object(variables)).to_text()),
        })
    }
}

impl ErrorDetails {
    fn of(end: &End) -> Option<Self> {
        match end {
            End::Left(_) | End::Failed { retrier: None } => None,
            End::Failed { retrier } => Some(Self {
                retry_index: *retrier,
                ..Self::default()
            }),
            End::Caught { catcher, retrier, .. } => Some(Self {
                catch_index: Some(*catcher),
                retry_index: *retrier,
                ..Self::default()
            }),
            End::Retried { retrier, delay } => Some(Self {
                retry_index: Some(*retrier),
                retry_backoff_interval_seconds: Some(delay.num_seconds()),
                ..Self::default()
            }),
        }
    }

    fn to_json(self) -> Value {
        object([
            ("catchIndex", self.catch_index.map(Value::from)),
            (
                "retryBackoffIntervalSeconds",
                self.retry_backoff_interval_seconds.map(Value::from),
            ),
            ("retryIndex", self.retry_index.map(Value::from)),
        ])
    }
}

/// Data that was given as text, with its text.
pub(super) struct Texts {
    pub(super) input: (Payload, JsonText),
    pub(super) result: Option<(Payload, JsonText)>,
}

impl Texts {
    /// The caller's own text if no stage has touched the data, else compact text.
    pub(super) fn of(&self, data: &Payload) -> JsonText {
        let given = [Some(&self.input), self.result.as_ref()];
        let same = given
            .into_iter()
            .flatten()
            .find(|(given, _)| given.address() == data.address());
        same.map_or_else(|| data.to_text(), |(_, text)| text.clone())
    }
}

fn text(text: Option<&JsonText>) -> Option<Value> {
    text.map(|text| text.as_str().into())
}

fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let present = members
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(present.collect())
}
