//! The region of a call: where the resources are that a task names.

use serde_json::Value;

use super::model::Model;
use crate::definition::Resource;

/// Members that name a resource by its ARN, besides those whose names end in `Arn`. Others hold data.
const NAMES: [&str; 9] = [
    "FunctionName",
    "Job",
    "JobDefinition",
    "JobQueue",
    "KeyId",
    "Name",
    "SecretId",
    "TableName",
    "Cluster",
];

/// The region in the task's `Resource`, or of the resource that its parameters name: by an ARN of the called service, such as
/// `FunctionName` or `TopicArn`, or by the URL of a queue. A call goes to that region; the account of such an ARN is the
/// service's own business.
pub(super) fn of_task<'t>(resource: &'t Resource, input: &'t Value, service: &str) -> Option<&'t str> {
    let namespace = Model::of(service).map_or("", Model::signing_name);
    let members = input.as_object().into_iter().flatten();
    let named = members.filter(|(name, _)| NAMES.contains(&name.as_str()) || name.to_lowercase().ends_with("arn"));
    let mut named = named.filter_map(|(_, value)| value.as_str());
    let in_parameters = || {
        let of_arn = named.find_map(|value| in_arn(value, namespace));
        of_arn.or_else(|| of_queue(input))
    };
    let of_resource = resource.arn().split(':').nth(3).filter(|region| !region.is_empty());
    of_resource.or_else(in_parameters)
}

/// The region in the URL of a queue of AWS: `https://sqs.eu-west-1.amazonaws.com/123456789012/Orders`.
fn of_queue(input: &Value) -> Option<&str> {
    let host = input.get("QueueUrl")?.as_str()?.strip_prefix("https://sqs.")?;
    host.split_once(".amazonaws.com").map(|(region, _)| region)
}

/// The region in an ARN of a service.
pub(super) fn in_arn<'t>(text: &'t str, namespace: &str) -> Option<&'t str> {
    let mut parts = text.split(':');
    let is_arn = parts.next() == Some("arn") && parts.next().is_some_and(|partition| partition.starts_with("aws"));
    let region = (is_arn && parts.next() == Some(namespace)).then(|| parts.next())??;
    (!region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_resource_is_called_where_it_is() {
        let region = |resource: &str, input: Value, service: &str| {
            let resource = Resource::parse(resource).unwrap();
            of_task(&resource, &input, service).map(str::to_owned)
        };
        let invoke = "arn:aws:states:::lambda:invoke";
        let function = "arn:aws:lambda:eu-west-1:123456789012:function:Charge";
        assert_eq!(
            region(invoke, json!({ "FunctionName": function }), "lambda").as_deref(),
            Some("eu-west-1")
        );
        assert_eq!(region(invoke, json!({ "FunctionName": "Charge" }), "lambda"), None);
        assert_eq!(region(function, json!({}), "lambda").as_deref(), Some("eu-west-1"));
        let other = "arn:aws:sns:us-east-2:123456789012:Other";
        let publish = json!({ "Message": other, "TopicArn": "arn:aws:sns:eu-central-1:123456789012:Kitchen" });
        assert_eq!(
            region("arn:aws:states:::sns:publish", publish, "sns").as_deref(),
            Some("eu-central-1")
        );
        let queue =
            json!({ "MessageBody": "x", "QueueUrl": "https://sqs.eu-west-3.amazonaws.com/123456789012/Orders" });
        assert_eq!(
            region("arn:aws:states:::sqs:sendMessage", queue, "sqs").as_deref(),
            Some("eu-west-3")
        );
        let bucket = json!({ "Bucket": "arn:aws:s3:::menu" });
        assert_eq!(region("arn:aws:states:::aws-sdk:s3:getObject", bucket, "s3"), None);
    }
}
