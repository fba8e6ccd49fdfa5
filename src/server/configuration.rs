//! Logging, tracing and encryption of a state machine: checked, kept and shown. Logging takes effect where `Reports` writes
//! logs; the rest has no effect here.

use serde_json::{Value, json};

use super::request::Request;
use super::with;
use crate::services::step_functions::{Configuration, StepFunctionsError};

impl Default for Configuration {
    fn default() -> Self {
        Self {
            logging: json!({ "includeExecutionData": false, "level": "OFF" }),
            tracing: json!({ "enabled": false }),
            encryption: json!({ "type": "AWS_OWNED_KEY" }),
        }
    }
}

impl Configuration {
    /// The members of a request that creates or updates a state machine.
    pub(super) const MEMBERS: [&str; 3] = [
        "loggingConfiguration",
        "tracingConfiguration",
        "encryptionConfiguration",
    ];

    /// Replaces the configurations in a request.
    pub(super) fn read(self, request: &Request<'_>) -> Result<Self, StepFunctionsError> {
        let read = |name, read: fn(&Value) -> Result<Value, StepFunctionsError>, kept| {
            request.value(name).map_or(Ok(kept), read)
        };
        Ok(Self {
            logging: read("loggingConfiguration", logging, self.logging)?,
            tracing: read("tracingConfiguration", tracing, self.tracing)?,
            encryption: read("encryptionConfiguration", encryption, self.encryption)?,
        })
    }
}

fn logging(value: &Value) -> Result<Value, StepFunctionsError> {
    let known = ["level", "includeExecutionData", "destinations"];
    let mut request = Request::inside("loggingConfiguration.", value, &known)?;
    let level = request
        .one_of("level", &["ALL", "ERROR", "FATAL", "OFF"])
        .unwrap_or("OFF");
    let include_execution_data = request.boolean("includeExecutionData").unwrap_or(false);
    let destinations = request.list("destinations", 0..=usize::MAX).unwrap_or_default();
    request.check()?;
    let is_complete = destinations.len() == 1 || (level == "OFF" && destinations.is_empty());
    if !is_complete {
        return Err(StepFunctionsError::invalid_logging(
            "Must specify exactly one Log Destination.",
        ));
    }
    destinations.iter().try_for_each(check_destination)?;
    let logging = json!({ "includeExecutionData": include_execution_data, "level": level });
    Ok(match request.value("destinations") {
        None => logging,
        Some(destinations) => with(logging, "destinations", destinations.clone()),
    })
}

fn check_destination(value: &Value) -> Result<(), StepFunctionsError> {
    let destination = Request::inside(
        "loggingConfiguration.destinations.1.member.",
        value,
        &["cloudWatchLogsLogGroup"],
    )?;
    let place = "loggingConfiguration.destinations.1.member.cloudWatchLogsLogGroup.";
    let group = destination.value("cloudWatchLogsLogGroup").unwrap_or(&Value::Null);
    if group.is_null() {
        return Err(StepFunctionsError::invalid_logging(
            "Must specify exactly one Log Destination.",
        ));
    }
    let mut group = Request::inside(place, group, &["logGroupArn"])?;
    let arn = group.required_text("logGroupArn", 1..=256);
    group.check()?;
    let parts: Vec<&str> = arn.split(':').collect();
    if matches!(parts.as_slice(), ["arn", _, "logs", _, _, "log-group", ..]) {
        return Ok(());
    }
    Err(StepFunctionsError::invalid_logging(&format!(
        "The Log Destination '{arn}' is not the ARN of a log group."
    )))
}

fn tracing(value: &Value) -> Result<Value, StepFunctionsError> {
    let mut request = Request::inside("tracingConfiguration.", value, &["enabled"])?;
    let is_enabled = request.boolean("enabled").unwrap_or(false);
    request.check()?;
    Ok(json!({ "enabled": is_enabled }))
}

/// The encryption of a state machine's or activity's data, in AWS's form.
pub(super) fn encryption(value: &Value) -> Result<Value, StepFunctionsError> {
    let known = ["kmsKeyId", "kmsDataKeyReusePeriodSeconds", "type"];
    let mut request = Request::inside("encryptionConfiguration.", value, &known)?;
    request.require("type");
    let kind = request.one_of("type", &["AWS_OWNED_KEY", "CUSTOMER_MANAGED_KMS_KEY"]);
    let key = request.text("kmsKeyId", 1..=2048);
    let period = request.number("kmsDataKeyReusePeriodSeconds", 60..=900);
    request.check()?;
    let invalid = |problem: &str| {
        let message = format!("Invalid Encryption Configuration: {problem}");
        Err(StepFunctionsError::new("InvalidEncryptionConfiguration", message))
    };
    match (kind, key) {
        (Some("CUSTOMER_MANAGED_KMS_KEY"), None) => invalid("a customer managed key needs a `kmsKeyId`"),
        (Some("CUSTOMER_MANAGED_KMS_KEY"), Some(key)) => Ok(json!({
            "kmsDataKeyReusePeriodSeconds": period.unwrap_or(300),
            "kmsKeyId": key,
            "type": "CUSTOMER_MANAGED_KMS_KEY",
        })),
        (_, None) if period.is_none() => Ok(json!({ "type": "AWS_OWNED_KEY" })),
        _ => invalid("an AWS owned key has neither `kmsKeyId` nor `kmsDataKeyReusePeriodSeconds`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(request: &Value) -> Result<Configuration, StepFunctionsError> {
        Configuration::default().read(&Request::of(request, &Configuration::MEMBERS)?)
    }

    #[test]
    fn a_level_needs_a_destination() {
        assert_eq!(
            read(&json!({ "loggingConfiguration": {} })),
            Ok(Configuration::default())
        );
        // AWS shows the given members only.
        assert_eq!(
            read(&json!({ "loggingConfiguration": { "destinations": [] } }))
                .unwrap()
                .logging,
            json!({ "includeExecutionData": false, "level": "OFF", "destinations": [] })
        );
        let group = json!({ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:logs:us-east-1:1:log-group:g:*" } });
        for (destinations, is_fine) in [
            (json!([]), false),
            (json!([{}]), false),
            (json!([group]), true),
            (json!([group, group]), false),
        ] {
            let logging = json!({ "loggingConfiguration": { "level": "ALL", "destinations": destinations } });
            let error = read(&logging).err().map(|error| error.code());
            assert_eq!(error, (!is_fine).then_some("InvalidLoggingConfiguration"), "{logging}");
        }
        let elsewhere = json!({ "cloudWatchLogsLogGroup": { "logGroupArn": "arn:aws:s3:::bucket" } });
        let elsewhere = json!({ "loggingConfiguration": { "level": "ALL", "destinations": [elsewhere] } });
        assert_eq!(read(&elsewhere).unwrap_err().code(), "InvalidLoggingConfiguration");
    }

    #[test]
    fn a_key_of_ones_own_has_an_id() {
        let read = |encryption: Value| read(&json!({ "encryptionConfiguration": encryption }));
        let kind = "CUSTOMER_MANAGED_KMS_KEY";
        assert_eq!(
            read(json!({ "type": kind, "kmsKeyId": "alias/k" })).unwrap().encryption,
            json!({ "kmsDataKeyReusePeriodSeconds": 300, "kmsKeyId": "alias/k", "type": kind })
        );
        for wrong in [
            json!({ "type": kind }),
            json!({ "type": "AWS_OWNED_KEY", "kmsKeyId": "alias/k" }),
        ] {
            assert_eq!(read(wrong).unwrap_err().code(), "InvalidEncryptionConfiguration");
        }
        assert_eq!(read(json!({})).unwrap_err().code(), "ValidationException");
    }
}
