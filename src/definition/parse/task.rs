//! Task states.

use super::retry::MAXIMUM;
use super::{Fields, Place, Reported, values};
use crate::definition::{Resource, TaskDuration, TaskState};

pub(super) fn task_state(mut fields: Fields<'_, '_>) -> Result<TaskState, Reported> {
    let comment = fields.comment();
    let resource = resource(&mut fields);
    let input_path = fields.input_output_path("InputPath");
    let parameters = fields.payload_template("Parameters");
    let credentials = fields.payload_template("Credentials");
    let timeout = duration(&mut fields, "TimeoutSeconds", "TimeoutSecondsPath");
    let heartbeat = duration(&mut fields, "HeartbeatSeconds", "HeartbeatSecondsPath");
    let result_selector = fields.payload_template("ResultSelector");
    let result_path = fields.result_path();
    let output_path = fields.input_output_path("OutputPath");
    let assign = fields.assign();
    let retry = fields.retry();
    let catch = fields.catch();
    let transition = fields.transition();
    Ok(TaskState {
        comment: comment?,
        resource: resource?,
        input_path: input_path?,
        parameters: parameters?,
        credentials: credentials?,
        timeout: timeout?,
        heartbeat: heartbeat?,
        result_selector: result_selector?,
        result_path: result_path?,
        output_path: output_path?,
        assign: assign?,
        retry: retry?,
        catch: catch?,
        transition: transition?,
    })
}

fn resource(fields: &mut Fields<'_, '_>) -> Result<Resource, Reported> {
    let node = fields.required("Resource")?;
    let arn = values::string(node, fields.report)?;
    Resource::parse(arn).ok_or_else(|| {
        let message = format!(
            "The resource provided {arn} is not recognized. The value is not a valid resource ARN, or the resource is \
             not available in this region."
        );
        let help = Resource::advice(arn, |name, known| fields.report.similar(name, known));
        fields.report.schema(Place::value(node), message).help(help);
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
