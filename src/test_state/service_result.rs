//! Checks a mock against the API of its service.
//!
//! `.ci/service-results.py` makes the files in `api` from AWS's public models, one for each service.

use serde_json::Value;

use super::error::TestStateError;
use crate::definition::{IntegrationPattern, Resource};

/// How a mocked result is checked against the API of the service (API reference, `MockInput`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FieldValidationMode {
    /// `STRICT`, the default: required members must be present, and known members must have their type and range.
    #[default]
    Strict,
    /// `PRESENT`: members that are present must have their type and range.
    Present,
    /// `NONE`: no check.
    None,
}

/// The models by service, named as in `aws-sdk:` resources.
const MODELS: &[(&str, &str)] = &[
    ("athena", include_str!("api/athena.txt")),
    ("batch", include_str!("api/batch.txt")),
    ("bedrockruntime", include_str!("api/bedrockruntime.txt")),
    ("cloudwatch", include_str!("api/cloudwatch.txt")),
    ("codebuild", include_str!("api/codebuild.txt")),
    ("comprehend", include_str!("api/comprehend.txt")),
    ("databrew", include_str!("api/databrew.txt")),
    ("dynamodb", include_str!("api/dynamodb.txt")),
    ("ecs", include_str!("api/ecs.txt")),
    ("eventbridge", include_str!("api/eventbridge.txt")),
    ("firehose", include_str!("api/firehose.txt")),
    ("glue", include_str!("api/glue.txt")),
    ("kinesis", include_str!("api/kinesis.txt")),
    ("kms", include_str!("api/kms.txt")),
    ("lambda", include_str!("api/lambda.txt")),
    ("rekognition", include_str!("api/rekognition.txt")),
    ("s3", include_str!("api/s3.txt")),
    ("sagemaker", include_str!("api/sagemaker.txt")),
    ("scheduler", include_str!("api/scheduler.txt")),
    ("secretsmanager", include_str!("api/secretsmanager.txt")),
    ("sesv2", include_str!("api/sesv2.txt")),
    ("sfn", include_str!("api/sfn.txt")),
    ("sns", include_str!("api/sns.txt")),
    ("sqs", include_str!("api/sqs.txt")),
    ("ssm", include_str!("api/ssm.txt")),
    ("sts", include_str!("api/sts.txt")),
    ("textract", include_str!("api/textract.txt")),
    ("translate", include_str!("api/translate.txt")),
];

/// Optimised integrations whose model has another name.
const OTHER_NAMES: [(&str, &str); 2] = [("states", "sfn"), ("events", "eventbridge")];

/// Optimised integrations that pass on any answer of the other side.
const FREE: [&str; 2] = ["apigateway", "http"];

/// Checks a resource's mocked result.
pub(super) fn check(resource: &Resource, mode: FieldValidationMode, result: &Value) -> Result<(), TestStateError> {
    let Some((resource_type, action)) = resource.service() else {
        return Ok(());
    };
    // The holder of the token may answer anything.
    let has_token = resource.pattern() == IntegrationPattern::WaitForTaskToken;
    if mode == FieldValidationMode::None || has_token || FREE.contains(&resource_type) {
        return Ok(());
    }
    let (service, is_sdk) = match resource_type.strip_prefix("aws-sdk:") {
        Some(service) => (service, true),
        None => (resource_type, false),
    };
    let other = OTHER_NAMES.iter().find(|(name, _)| !is_sdk && *name == service);
    let service = other.map_or(service, |(_, model)| model);
    let (operation, free): (&str, &[&str]) = match (service, action) {
        // The integration parses the answers of functions and executions.
        ("lambda", "invoke") if !is_sdk => ("invoke", &["Payload"]),
        ("sfn", "startExecution.sync" | "startExecution.sync:2") => ("describeExecution", &["Input", "Output"]),
        (_, action) => (action, &[]),
    };
    let model = MODELS
        .iter()
        .find(|(name, _)| *name == service)
        .map(|(_, model)| Model(model));
    let Some((model, shape)) = model.and_then(|model| Some((model, model.result_of(operation)?))) else {
        return Err(TestStateError::validation(format!(
            "The mock cannot be checked: what {resource_type}:{action} answers is not known here. Specify the field \
             validation mode NONE to test without that check."
        )));
    };
    let Value::Object(_) = result else {
        return Err(refused("Mock result must be a JSON object"));
    };
    if shape == "-" {
        return Ok(());
    }
    let check = Check { model, mode, free };
    check.value("", shape, result)
}

/// The lines of a file; its first line explains the format.
#[derive(Clone, Copy)]
struct Model(&'static str);

impl Model {
    /// The shape of an operation's response; `-` if it has none.
    fn result_of(self, operation: &str) -> Option<&'static str> {
        self.line("=", operation)?.next()
    }

    /// A shape's description, which begins with its kind.
    fn shape(self, name: &str) -> Option<(&'static str, impl Iterator<Item = &'static str> + Clone)> {
        self.0.lines().find_map(|line| {
            let mut words = line.split(' ');
            let kind = words.next().filter(|kind| !matches!(*kind, "=" | "#"))?;
            (words.next() == Some(name)).then_some((kind, words))
        })
    }

    fn line(self, kind: &str, name: &str) -> Option<impl Iterator<Item = &'static str>> {
        self.0.lines().find_map(|line| {
            let mut words = line.split(' ');
            (words.next() == Some(kind) && words.next() == Some(name)).then_some(words)
        })
    }
}

struct Check<'a> {
    model: Model,
    mode: FieldValidationMode,
    /// Members of the result that hold anything.
    free: &'a [&'a str],
}

impl Check<'_> {
    /// Checks the value of a field. The recursion is bounded: values nest only as deep as the parser allows.
    fn value(&self, field: &str, shape: &str, value: &Value) -> Result<(), TestStateError> {
        let Some((kind, mut words)) = self.model.shape(shape) else {
            return Ok(());
        };
        if value.is_null() {
            return Ok(());
        }
        let wrong = |wanted: &str| Err(refused(&format!("Field '{field}' {wanted}")));
        match (kind, value) {
            ("{", Value::Object(_)) => self.structure(field, words, value),
            ("%", Value::Object(members)) => {
                let of = words.next().unwrap_or_default();
                members.values().try_for_each(|value| self.value(field, of, value))
            }
            ("{" | "%", _) => wrong("must be an object"),
            ("[", Value::Array(items)) => {
                let of = words.next().unwrap_or_default();
                length(field, items.len(), words)?;
                items.iter().try_for_each(|item| self.value(field, of, item))
            }
            ("[", _) => wrong("must be an array"),
            ("s" | "x", Value::String(text)) => {
                length(field, text.chars().count(), words.clone())?;
                match words.nth(2) {
                    Some(values) if !values.split('|').any(|value| value == text) => wrong("is not an expected value"),
                    _ => Ok(()),
                }
            }
            ("s" | "x" | "t", value) if !value.is_string() => wrong("must be a string"),
            ("n", Value::Number(number)) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let mut bound = || words.next().and_then(|bound| bound.parse::<f64>().ok());
                match (bound(), bound()) {
                    (Some(least), _) if number < least => wrong("is less than the minimum value"),
                    (_, Some(most)) if number > most => wrong("exceeds the maximum value"),
                    _ => Ok(()),
                }
            }
            ("n", _) => wrong("must be a number"),
            ("b", value) if !value.is_boolean() => wrong("must be a boolean"),
            _ => Ok(()),
        }
    }

    /// Checks the known members of a structure; others may be present too.
    fn structure<'w>(
        &self,
        field: &str,
        mut words: impl Iterator<Item = &'w str>,
        value: &Value,
    ) -> Result<(), TestStateError> {
        while let (Some(name), Some(shape)) = (words.next(), words.next()) {
            let plain = name.trim_start_matches('!');
            let is_required = plain.len() < name.len() && self.mode == FieldValidationMode::Strict;
            match value.get(plain) {
                Some(_) if field.is_empty() && self.free.contains(&plain) => {}
                None | Some(Value::Null) if is_required => {
                    return Err(refused(&format!("Required field '{plain}' is missing")));
                }
                None => {}
                Some(value) => self.value(plain, shape, value)?,
            }
        }
        Ok(())
    }
}

fn length<'w>(field: &str, length: usize, mut bounds: impl Iterator<Item = &'w str>) -> Result<(), TestStateError> {
    let mut bound = || bounds.next().and_then(|bound| bound.parse::<usize>().ok());
    match (bound(), bound()) {
        (Some(least), _) if length < least => {
            Err(refused(&format!("Field '{field}' is smaller than the minimum length")))
        }
        (_, Some(most)) if length > most => Err(refused(&format!("Field '{field}' exceeds the maximum length"))),
        _ => Ok(()),
    }
}

fn refused(problem: &str) -> TestStateError {
    TestStateError::validation(format!("Mock result schema validation error: {problem}"))
}
