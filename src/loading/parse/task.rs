//! Task states.

use super::retry::MAXIMUM;
use super::{Fields, values};
use crate::data::json::Place;
use crate::definition::{Code, JsonPathTask, JsonataTask, QueryLanguage, Resource, TaskData, TaskDuration, TaskState};
use crate::loading::report::Reported;

pub(super) fn task_state(mut fields: Fields<'_, '_>, language: QueryLanguage) -> Result<TaskState, Reported> {
    let comment = fields.comment();
    let resource = resource(&mut fields);
    let data = match language {
        QueryLanguage::JsonPath => json_path(&mut fields).map(TaskData::JsonPath),
        QueryLanguage::Jsonata => jsonata(&mut fields).map(TaskData::Jsonata),
    };
    let retry = fields.retry();
    let catch = fields.catch(language);
    let transition = fields.transition();
    Ok(TaskState {
        comment: comment?,
        resource: resource?,
        data: data?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

fn json_path(fields: &mut Fields<'_, '_>) -> Result<JsonPathTask, Reported> {
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template_of_any_type("Parameters");
    let credentials = fields.payload_template("Credentials");
    let timeout = duration(fields, "TimeoutSeconds", "TimeoutSecondsPath");
    let heartbeat = duration(fields, "HeartbeatSeconds", "HeartbeatSecondsPath");
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    Ok(JsonPathTask {
        input_path: input_path?,
        parameters: parameters?,
        credentials: credentials?,
        timeout: timeout?,
        heartbeat: heartbeat?,
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
    })
}

fn jsonata(fields: &mut Fields<'_, '_>) -> Result<JsonataTask, Reported> {
    let arguments = fields.jsonata("Arguments");
    let credentials = fields.jsonata("Credentials");
    let timeout = fields.jsonata_integer("TimeoutSeconds", 1, MAXIMUM);
    let heartbeat = fields.jsonata_integer("HeartbeatSeconds", 1, MAXIMUM);
    let exit = fields.exit();
    Ok(JsonataTask {
        arguments: arguments?,
        credentials: credentials?,
        timeout: timeout?,
        heartbeat: heartbeat?,
        exit: exit?,
    })
}

fn resource(fields: &mut Fields<'_, '_>) -> Result<Resource, Reported> {
    let node = fields.required("Resource")?;
    if node.unresolved {
        // A text that stands in for an ARN is one itself.
        let stand_in = node
            .as_str()
            .filter(|arn| !arn.contains("${"))
            .and_then(Resource::parse);
        return stand_in.ok_or_else(|| fields.reading.not_judged(node));
    }
    let arn = values::string(node, fields.reading)?;
    let report = &mut fields.reading.report;
    if let Some(resource) = Resource::parse(arn) {
        if let Some((service, help)) = resource.unknown_service(|name, known| report.similar(name, known)) {
            let message = format!("`{service}` is no service that this version knows");
            report
                .warning(Code::UnknownService, Place::value(node), message)
                .help(help);
        }
        return Ok(resource);
    }
    Err({
        let message = format!(
            "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is \
             not available in this region."
        );
        let help = Resource::advice(arn, |name, known| report.similar(name, known));
        report.schema(Place::value(node), message).help(help);
        Reported
    })
}

/// A number of seconds, or the path to one.
fn duration(fields: &mut Fields<'_, '_>, seconds: &str, path: &str) -> Result<Option<TaskDuration>, Reported> {
    let seconds = fields.integer(seconds, 1, MAXIMUM);
    let path = fields.reference_path(path);
    let (seconds, path) = (seconds?, path?);
    Ok(seconds.map(TaskDuration::Seconds).or(path.map(TaskDuration::Path)))
}

#[cfg(test)]
mod tests {
    use super::super::testing::state;
    use super::*;
    use crate::definition::{CatcherData, JitterStrategy, ResultPath, State};

    #[test]
    fn a_task_has_retriers_with_their_defaults() {
        let State::Task(task) = state(
            r#"{ "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "TimeoutSeconds": 60,
                "HeartbeatSecondsPath": "$.beat", "End": true,
                "Retry": [{ "ErrorEquals": ["Busy"] }, { "ErrorEquals": ["States.ALL"], "IntervalSeconds": 3, "MaxAttempts": 0,
                    "BackoffRate": 1, "MaxDelaySeconds": 9, "JitterStrategy": "FULL" }],
                "Catch": [{ "ErrorEquals": ["States.ALL"], "Next": "Y", "ResultPath": "$.error" }] }"#,
        ) else {
            panic!()
        };
        let TaskData::JsonPath(data) = &task.data else { panic!() };
        assert!(matches!(data.timeout, Some(TaskDuration::Seconds(60))));
        assert!(matches!(data.heartbeat, Some(TaskDuration::Path(_))));
        let [first, second] = task.retry.as_slice() else {
            panic!()
        };
        assert_eq!(
            (first.interval_seconds, first.max_attempts, first.backoff_rate),
            (1, 3, 2.0)
        );
        assert_eq!(
            (second.interval_seconds, second.max_attempts, second.backoff_rate),
            (3, 0, 1.0)
        );
        assert_eq!((first.max_delay_seconds, second.max_delay_seconds), (None, Some(9)));
        assert_eq!(
            (first.jitter_strategy, second.jitter_strategy),
            (JitterStrategy::None, JitterStrategy::Full)
        );
        assert_eq!(task.catch[0].next, "Y");
        let CatcherData::JsonPath(catcher) = &task.catch[0].data else {
            panic!()
        };
        assert!(matches!(catcher.result_path, ResultPath::At(_)));
    }
}
